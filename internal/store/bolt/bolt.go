// Package bolt keeps a store.Store in one bbolt file, for one process. Transactions
// that arrive while the disk is busy are committed together, each under its own
// revision; a Txn returns when it is on the disk.
//
// It is not a cluster (that is store/etcd), and encrypts nothing (that is seal). The
// history for watches lives in memory: after a restart a watcher ranges again. Start
// at Open; commit.go writes, watch.go delivers, format.go is what the file looks like.
package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"

	"gatehouse/internal/store"
)

// Options configure Open. The zero value is right for production.
type Options struct {
	NoSync       bool // tests only: do not wait for the disk
	HistoryCount int  // transactions kept for watchers; 0: 4096
	HistoryBytes int  // their size; 0: 8 MiB
}

// Store is a store.Store in a file. Make it with Open.
type Store struct {
	db      *bbolt.DB
	path    string
	history *history
	queue   chan *request
	closing chan struct{} // closed by Close
	written chan struct{} // closed when the writer has ended
	once    sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens or creates the file at path, its mode 0600. It returns store.ErrLocked
// when another process has it open, store.ErrVersion when another version wrote it,
// both without a change to the file.
func Open(path string, o Options) (*Store, error) {
	db, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	revision, err := checkFormat(db)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("store %s: %w", path, noSpace(err))
	}
	s := &Store{
		db: db, path: path,
		history: newHistory(revision, o),
		queue:   make(chan *request, maxGroup),
		closing: make(chan struct{}),
		written: make(chan struct{}),
	}
	go s.write(revision)
	return s, nil
}

func openFile(path string, o Options) (*bbolt.DB, error) {
	options := &bbolt.Options{
		Timeout:      time.Millisecond, // one attempt: bbolt tries at once and then every 50 ms
		NoSync:       o.NoSync,
		FreelistType: bbolt.FreelistMapType,
	}
	if runtime.GOOS == "linux" {
		options.InitialMmapSize = 256 << 20 // address space only; growing it later waits for readers
	}
	db, err := openOrCreate(path, options)
	switch {
	case err == nil:
		db.AllocSize = 1 << 20 // bytes by which the file grows; bbolt's 16 MiB is much for a laptop
		return db, nil
	case errors.Is(err, bberrors.ErrTimeout):
		return nil, fmt.Errorf("store %s: %w; stop the Gatehouse that runs on this data folder, or choose another folder", path, store.ErrLocked)
	case errors.Is(err, bberrors.ErrVersionMismatch):
		return nil, fmt.Errorf("store %s: %w of the file format; use the Gatehouse version that wrote it", path, store.ErrVersion)
	case errors.Is(err, bberrors.ErrInvalid), errors.Is(err, bberrors.ErrChecksum), errors.Is(err, errCutShort):
		return nil, fmt.Errorf("store %s: this is not a Gatehouse store, or it is damaged; restore it from a backup, or choose another data folder: %w", path, err)
	}
	return nil, fmt.Errorf("store %s: %w", path, noSpace(err))
}

// Get returns the record at key, or store.ErrNotFound.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	var record store.Record
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		value := tx.Bucket(dataBucket).Get([]byte(key))
		if value == nil {
			return fmt.Errorf("%w: %s", store.ErrNotFound, key)
		}
		var err error
		record, err = decodeRecord(key, value, true)
		return err
	})
	return record, err
}

// Range returns records in key order.
func (s *Store) Range(ctx context.Context, o store.RangeOptions) (store.Page, error) {
	var page store.Page
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		page.Revision = readRevision(tx)
		prefix := []byte(o.Prefix)
		cursor := tx.Bucket(dataBucket).Cursor()
		for k, v := seekAfter(cursor, o); k != nil && bytes.HasPrefix(k, prefix); k, v = cursor.Next() {
			if o.Limit > 0 && len(page.Records) == o.Limit {
				page.More = true
				return nil
			}
			record, err := decodeRecord(string(k), v, !o.KeysOnly)
			if err != nil {
				return err
			}
			page.Records = append(page.Records, record)
			if len(page.Records)%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// seekAfter puts the cursor on the first key that has o.Prefix or lies beyond, and is greater than o.After.
func seekAfter(cursor *bbolt.Cursor, o store.RangeOptions) (k, v []byte) {
	if o.After < o.Prefix {
		return cursor.Seek([]byte(o.Prefix))
	}
	k, v = cursor.Seek([]byte(o.After))
	if o.After != "" && bytes.Equal(k, []byte(o.After)) {
		return cursor.Next()
	}
	return k, v
}

// Revision is that of the last transaction.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var revision int64
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		revision = readRevision(tx)
		return nil
	})
	return revision, err
}

func (s *Store) view(ctx context.Context, read func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.db.View(read)
	if errors.Is(err, bberrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return err
}

// Close waits for the transactions under way, ends the watches and closes the file.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		<-s.written
		s.history.close()
		err = s.db.Close()
	})
	return err
}
