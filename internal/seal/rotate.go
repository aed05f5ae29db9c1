package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"gatehouse/internal/store"
)

// Rotate makes a new root key and, for every keyspace, a new data key that seals what is
// written from now on; what was sealed before stays readable. It runs while the store
// serves. One that was interrupted leaves both root keys in the file, and everything
// readable; the next one completes it. It returns the number of keyspaces.
//
// The root key is rotated where it is ours, a RootKey; another KeyWrapper, such as a KMS
// with a schedule of its own, is asked to wrap the new data keys.
func Rotate(ctx context.Context, s *Store, root KeyWrapper) (int, error) {
	if s.keys.root != root {
		return 0, errors.New("seal: the store is not sealed under this root key")
	}
	// No keyspace may begin meanwhile: it could be wrapped by the key that is about to go.
	s.keys.making.Lock()
	defer s.keys.making.Unlock()
	own, ours := root.(*RootKey)
	if ours {
		if err := own.add(); err != nil {
			return 0, err
		}
	}
	n, err := s.keys.rotateAll(ctx)
	if err != nil {
		return n, fmt.Errorf("seal: rotating keys ended early, everything stays readable; run it again: %w", err)
	}
	if ours {
		err = own.keepFirst()
	}
	return n, err
}

// Still runs fn while no rotation is under way and no keyspace begins: what fn copies of
// the root key and the store below fits together.
func (s *Store) Still(fn func() error) error {
	s.keys.making.Lock()
	defer s.keys.making.Unlock()
	return fn()
}

func (k *keysets) rotateAll(ctx context.Context) (int, error) {
	page, err := k.store.Range(ctx, store.RangeOptions{Prefix: keysetPrefix, KeysOnly: true})
	if err != nil {
		return 0, err
	}
	for i, r := range page.Records {
		if err := k.rotate(ctx, strings.TrimPrefix(r.Key, keysetPrefix)); err != nil {
			return i, err
		}
	}
	return len(page.Records), nil
}

// rotate adds a key to a keyset, makes it the one that seals, and wraps the keyset anew.
func (k *keysets) rotate(ctx context.Context, keyspace string) error {
	for {
		record, err := k.store.Get(ctx, keysetPrefix+keyspace)
		if err != nil {
			return err
		}
		handle, err := k.unwrap(ctx, keyspace, record.Value)
		if err != nil {
			return err
		}
		if handle, err = withNewKey(handle); err != nil {
			return fmt.Errorf("a new data key for %q: %w", keyspace, err)
		}
		value, err := k.wrap(ctx, keyspace, handle)
		if err != nil {
			return err
		}
		_, err = k.store.Txn(ctx, []store.Condition{{Key: record.Key, Revision: record.Revision}}, []store.Op{store.Put(record.Key, value)})
		if errors.Is(err, store.ErrConflict) { // another replica rotates too
			continue
		}
		if err == nil {
			_, err = k.load(ctx, keyspace)
		}
		return err
	}
}

func withNewKey(handle *keyset.Handle) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(dataKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, err
	}
	return manager.Handle()
}
