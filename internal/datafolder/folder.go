// Package datafolder is the folder that holds an instance: which files it has, how they
// are opened together, copied while in use (backup.go) and put back (restore.go). It
// knows nothing of what the store's records mean. Start at Open.
package datafolder

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"gatehouse/internal/audit"
	"gatehouse/internal/seal"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

// The files that make an instance. Only the audit records stand in plain text; they hold
// no secret values. What else lies in the folder is made again at a start.
const (
	StoreFile = "data.db"
	RootFile  = "root.key"
	AuditFile = "audit.jsonl" // and audit.000001.jsonl and so on, when it was full
)

// Folder is an instance's folder, opened. It is this process's until Close.
type Folder struct {
	Dir    string
	Store  store.Store // seals what it keeps
	Audit  *audit.Log
	Hasher *audit.Hasher // of secret values in audit records

	bolt     *bolt.Store
	sealed   *seal.Store
	root     *seal.RootKey
	rotating sync.Mutex
}

// Rest gives back the memory that reading the store has taken, which is there again when it is needed.
func (f *Folder) Rest(ctx context.Context) error { return f.bolt.Rest(ctx) }

// Open opens the folder, or makes one.
func Open(ctx context.Context, dir string, p seal.Passphrase) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f := &Folder{Dir: dir}
	if err := f.open(ctx, p); err != nil {
		return nil, errors.Join(explain(dir, err), f.Close())
	}
	return f, nil
}

func (f *Folder) open(ctx context.Context, p seal.Passphrase) (err error) {
	if err = f.openStore(ctx, p); err != nil {
		return err
	}
	if f.Hasher, err = loadHasher(ctx, f.Store); err != nil {
		return err
	}
	f.Audit, err = audit.Open(ctx, f.path(AuditFile), audit.Options{Anchor: anchor{f.Store}})
	return err
}

func (f *Folder) openStore(ctx context.Context, p seal.Passphrase) (err error) {
	if f.bolt, err = bolt.Open(f.path(StoreFile), bolt.Options{}); err != nil {
		return err
	}
	if err = f.checkRootKey(ctx); err != nil {
		return err
	}
	if f.root, err = seal.OpenRootKey(f.path(RootFile), p); err != nil {
		return err
	}
	if f.sealed, err = seal.Open(ctx, f.bolt, f.root); err != nil {
		return err
	}
	f.Store = f.sealed
	return nil
}

// checkRootKey keeps a new root key from being made for old data, which it could not open.
func (f *Folder) checkRootKey(ctx context.Context) error {
	if _, err := os.Stat(f.path(RootFile)); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	old, err := f.bolt.Range(ctx, store.RangeOptions{Limit: 1, KeysOnly: true})
	if err != nil {
		return err
	}
	if len(old.Records) > 0 {
		return fmt.Errorf("the root key file %s is missing, and the data is encrypted under it; put the file back from your copy", f.path(RootFile))
	}
	return nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.Dir, name) }

// explain says what to do about errors that people meet.
func explain(dir string, err error) error {
	switch {
	case errors.Is(err, store.ErrLocked):
		return &inUseError{dir, err}
	case errors.Is(err, store.ErrVersion):
		return fmt.Errorf("the data folder %s was written by another version of gatehouse, and nothing in it was changed; use that version, or another folder with --data: %w", dir, err)
	case errors.Is(err, store.ErrNoSpace):
		return fmt.Errorf("the disk of the data folder %s is full; free some space and start again: %w", dir, err)
	}
	return fmt.Errorf("data folder %s: %w", dir, err)
}

// inUseError says all that there is to say of store.ErrLocked.
type inUseError struct {
	dir string
	err error
}

func (e *inUseError) Error() string {
	return "the data folder " + e.dir + " is in use by another gatehouse; stop that one, or choose another folder with --data"
}

func (e *inUseError) Unwrap() error { return e.err }

// Close closes what is open.
func (f *Folder) Close() error {
	var errs []error
	if f.Audit != nil {
		errs = append(errs, f.Audit.Close())
	}
	if f.bolt != nil {
		errs = append(errs, f.bolt.Close())
	}
	return errors.Join(errs...)
}

// RotateKeys makes a new root key and new data keys, while others use the folder (see
// seal.Rotate). A passphrase that is not nil protects the root key file from now on.
func (f *Folder) RotateKeys(ctx context.Context, passphrase []byte) (keyspaces int, err error) {
	f.rotating.Lock()
	defer f.rotating.Unlock()
	if passphrase != nil {
		if err := f.root.Protect(passphrase); err != nil {
			return 0, err
		}
	}
	return seal.Rotate(ctx, f.sealed, f.root)
}

// The records of this package in the store.
const (
	headKey   = "audit/head"
	hasherKey = "audit/hashkey"
)

// anchor keeps the head of the audit log in the store, sealed. Who puts the whole folder
// back to an older state, store and log, is not found out.
type anchor struct{ st store.Store }

func (a anchor) Load(ctx context.Context) (h audit.Head, known bool, err error) {
	r, err := a.st.Get(ctx, headKey)
	if errors.Is(err, store.ErrNotFound) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	return h, true, json.Unmarshal(r.Value, &h)
}

func (a anchor) Save(ctx context.Context, h audit.Head) error {
	value, err := json.Marshal(h)
	if err == nil {
		_, err = a.st.Txn(ctx, nil, []store.Op{store.Put(headKey, value)})
	}
	return err
}

// loadHasher reads the key of hashes in audit records, or makes it on the first start. It
// is not rotated: the same value has the same hash for as long as the instance lives.
func loadHasher(ctx context.Context, st store.Store) (*audit.Hasher, error) {
	r, err := st.Get(ctx, hasherKey)
	if err == nil {
		return audit.NewHasher(r.Value), nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails (crypto/rand)
	_, err = st.Txn(ctx, []store.Condition{{Key: hasherKey}}, []store.Op{store.Put(hasherKey, key)})
	return audit.NewHasher(key), err
}

// VerifyAudit checks the audit log of a folder that no server uses.
func VerifyAudit(ctx context.Context, dir string, p seal.Passphrase) (audit.Report, error) {
	if _, err := os.Stat(filepath.Join(dir, StoreFile)); err != nil {
		return audit.Report{}, fmt.Errorf("%s is not a data folder: %w", dir, err)
	}
	f := &Folder{Dir: dir}
	defer f.Close()
	if err := f.openStore(ctx, p); err != nil {
		return audit.Report{}, explain(dir, err)
	}
	head, known, err := anchor{f.Store}.Load(ctx)
	if err != nil {
		return audit.Report{}, explain(dir, err)
	}
	if !known {
		return audit.VerifyFiles(f.path(AuditFile), nil, false)
	}
	return audit.VerifyFiles(f.path(AuditFile), &head, false)
}
