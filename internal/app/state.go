package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gatehouse/internal/audit"
	"gatehouse/internal/pki"
	"gatehouse/internal/seal"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

// The files of a data folder. Only what is public stands in plain text: the
// certificates, and the audit records, which hold no secret values.
const (
	storeFile  = "data.db"
	rootFile   = "root.key"
	auditFile  = "audit.jsonl"
	caFile     = "ca.pem"
	bundleFile = "ca-bundle.pem"
)

// state is what a data folder holds, opened.
type state struct {
	dir   string
	bolt  *bolt.Store
	store store.Store // seals what it keeps
	audit *audit.Log
	ca    *pki.CA
}

// openState opens the data folder, or makes one. It is this process's until close.
func openState(ctx context.Context, dir string) (*state, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &state{dir: dir}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(explain(dir, err), s.close())
	}
	return s, nil
}

func (s *state) open(ctx context.Context) error {
	var err error
	if s.bolt, err = bolt.Open(filepath.Join(s.dir, storeFile), bolt.Options{}); err != nil {
		return err
	}
	root, err := seal.LoadOrCreateRootKey(filepath.Join(s.dir, rootFile))
	if err != nil {
		return err
	}
	if s.store, err = seal.Open(ctx, s.bolt, root); err != nil {
		return err
	}
	if s.audit, err = audit.Open(filepath.Join(s.dir, auditFile)); err != nil {
		return err
	}
	s.ca, err = loadCA(ctx, s.store)
	return err
}

// explain says what to do about errors that people meet.
func explain(dir string, err error) error {
	switch {
	case errors.Is(err, store.ErrLocked):
		return fmt.Errorf("the data folder %s is in use by another gatehouse; stop that one, or choose another folder with --data: %w", dir, err)
	case errors.Is(err, store.ErrVersion):
		return fmt.Errorf("the data folder %s was written by another version of gatehouse, and nothing in it was changed; use that version, or another folder with --data: %w", dir, err)
	case errors.Is(err, store.ErrNoSpace):
		return fmt.Errorf("the disk of the data folder %s is full; free some space and start again: %w", dir, err)
	}
	return fmt.Errorf("data folder %s: %w", dir, err)
}

func (s *state) close() error {
	var errs []error
	if s.audit != nil {
		errs = append(errs, s.audit.Close())
	}
	if s.bolt != nil {
		errs = append(errs, s.bolt.Close())
	}
	return errors.Join(errs...)
}
