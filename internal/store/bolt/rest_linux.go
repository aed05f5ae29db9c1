package bolt

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// Rest gives back the memory that the file takes of this process since it was read. What was read stays in the system's
// cache, and is mapped again when it is needed.
func (s *Store) Rest(ctx context.Context) error {
	return s.view(ctx, func(tx *bbolt.Tx) error {
		// The mapping stays where it is while a transaction reads. It is shared, and written by write(2) only: pages
		// that are dropped from it lose nothing (madvise(2)).
		if _, _, e := unix.Syscall(unix.SYS_MADVISE, s.db.Info().Data, uintptr(tx.Size()), unix.MADV_DONTNEED); e != 0 {
			return fmt.Errorf("store %s: madvise: %w", s.path, e)
		}
		return nil
	})
}
