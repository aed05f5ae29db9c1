package app

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/datafolder"
	"gatehouse/internal/pki"
	"gatehouse/internal/seal"
)

// The files that a start writes into the data folder for clients to trust; they hold
// certificates only. The others are datafolder's.
const (
	caFile     = "ca.pem"
	bundleFile = "ca-bundle.pem"
)

// state is the opened data folder and what of it belongs to no other room.
type state struct {
	*datafolder.Folder
	ca *pki.CA
}

// openState opens the data folder, or makes one. It is this process's until Close. The private CA
// is good for the domains, nil for Azure's names.
func openState(ctx context.Context, dir string, p seal.Passphrase, domains []string) (*state, error) {
	folder, err := datafolder.Open(ctx, dir, p)
	if err != nil {
		return nil, err
	}
	s := &state{Folder: folder}
	if s.ca, err = loadCA(ctx, s.Store, domains); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s: %w", dir, err), s.Close())
	}
	return s, nil
}
