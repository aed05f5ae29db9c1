package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Snapshot copies the store as it is at one moment to a file without a name, beside the
// store, while others read and write. A reader of the copy, however slow, holds nobody up;
// the room on the disk is free again when it is closed.
func (s *Store) Snapshot(ctx context.Context) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(s.path), ".snapshot-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", s.path, noSpace(err))
	}
	removed := os.Remove(f.Name())
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err = errors.Join(noSpace(err), removed); err != nil {
		f.Close()
		return nil, fmt.Errorf("store %s: copying: %w", s.path, err)
	}
	return f, nil
}

// Check reads every page of the store at path, which nobody may have open, and reports
// what does not fit together.
func Check(path string) error {
	db, err := openFile(path, Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := checkFormat(db); err != nil {
		return fmt.Errorf("store %s: %w", path, err)
	}
	return db.View(func(tx *bbolt.Tx) error {
		var all error
		for err := range tx.Check() {
			all = errors.Join(all, err)
		}
		return all
	})
}
