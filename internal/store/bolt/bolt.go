// Package bolt keeps a store.Store in one bbolt file, for one process. Start at Open.
package bolt

import (
	"errors"

	"gatehouse/internal/store"
)

// Options configure Open. The zero value is right for production.
type Options struct {
	NoSync bool // tests only: do not wait for the disk
}

// Store is a store.Store in a file.
type Store struct{ store.Store }

// Open opens or creates the file at path. It returns store.ErrLocked when another
// process has it open, store.ErrVersion when another version wrote it.
func Open(path string, o Options) (*Store, error) { return nil, errors.New("bolt: not built yet") }
