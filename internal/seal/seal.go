// Package seal encrypts what the store holds. Start at Open.
package seal

import (
	"context"
	"errors"

	"gatehouse/internal/store"
)

// Errors of this package, wrapped.
var (
	// ErrTampered: a stored value was changed, or moved from another key.
	ErrTampered = errors.New("seal: a stored value was changed outside Gatehouse")
	// ErrRootKey: the store was sealed under another root key.
	ErrRootKey = errors.New("seal: this is not the root key that the store was sealed under")
)

// KeyWrapper protects the data keys: a RootKey file, or later a KMS or HSM.
type KeyWrapper interface {
	// ID names the key without revealing it; it is kept beside what was wrapped.
	ID() string
	Wrap(ctx context.Context, plaintext, associated []byte) ([]byte, error)
	Unwrap(ctx context.Context, ciphertext, associated []byte) ([]byte, error)
}

// RootKey is a KeyWrapper from a file.
type RootKey struct{ KeyWrapper }

// LoadOrCreateRootKey reads the root key at path, or makes one with mode 0600.
func LoadOrCreateRootKey(path string) (*RootKey, error) { return nil, errors.New("seal: not built yet") }

// Store is a store.Store whose values are encrypted in the one below.
type Store struct{ store.Store }

// Open seals st.
func Open(ctx context.Context, st store.Store, root KeyWrapper) (*Store, error) {
	return nil, errors.New("seal: not built yet")
}
