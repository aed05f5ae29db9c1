// Package seal stands in front of a store and encrypts every value in it: envelope
// encryption with Tink AEAD keysets, one a keyspace, which lie in the same store
// wrapped by a root key that does not. The key of a record is the associated data of
// its value, so a value that was changed, or moved to another key, is refused.
//
// It hides values, not keys: names of records stay readable in the file. It does not
// notice a whole file put back to an older state. Start at Open; rootkey.go is the
// root key in a file, and KeyWrapper what a KMS implements in its place.
package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/store"
)

// Errors of this package, wrapped.
var (
	// ErrTampered: a stored value was changed, or moved from another key.
	ErrTampered = errors.New("seal: a stored value was changed outside Gatehouse")
	// ErrRootKey: the store was sealed under another root key.
	ErrRootKey = errors.New("seal: this is not the root key that the store was sealed under")
)

// MaxValue is the largest value that a sealed store takes; the rest is the envelope's.
const MaxValue = store.MaxValue - 64

// reserved begins the keys that are this package's own. Callers do not see them.
const reserved = "\x00"

// KeyspaceOf names the keyset that seals the value at key: each vault has its own, so
// that one can be rotated, or destroyed with its vault; the rest share "main". It must
// give the same answer for as long as the record exists.
func KeyspaceOf(key string) string {
	if rest, found := strings.CutPrefix(key, "vault/"); found {
		if name, _, found := strings.Cut(rest, "/"); found && name != "" {
			return "vault/" + name
		}
	}
	return "main"
}

// Store is a store.Store whose values are encrypted in the one below. Make it with Open.
type Store struct {
	below store.Store
	keys  *keysets
}

var _ store.Store = (*Store)(nil)

// Open seals st under root. On an empty store it makes the first keyset; otherwise it
// returns ErrRootKey when root is not the key that st was sealed under.
func Open(ctx context.Context, st store.Store, root KeyWrapper) (*Store, error) {
	s := &Store{below: st, keys: &keysets{store: st, root: root}}
	if _, err := s.keys.forWriting(ctx, KeyspaceOf("")); err != nil {
		return nil, err
	}
	return s, nil
}

// Get returns the record at key with its value in the clear.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if strings.HasPrefix(key, reserved) {
		return store.Record{}, fmt.Errorf("%w: %q", store.ErrNotFound, key)
	}
	record, err := s.below.Get(ctx, key)
	if err != nil {
		return store.Record{}, err
	}
	record.Value, err = s.open(ctx, key, record.Value)
	return record, err
}

// Range returns records with their values in the clear.
func (s *Store) Range(ctx context.Context, o store.RangeOptions) (store.Page, error) {
	if strings.HasPrefix(o.Prefix, reserved) {
		revision, err := s.below.Revision(ctx)
		return store.Page{Revision: revision}, err
	}
	o.After = max(o.After, reserved+"\xff") // keys of our own sort first
	page, err := s.below.Range(ctx, o)
	if err != nil || o.KeysOnly {
		return page, err
	}
	for i := range page.Records {
		r := &page.Records[i]
		if r.Value, err = s.open(ctx, r.Key, r.Value); err != nil {
			return store.Page{}, err
		}
	}
	return page, nil
}

// Txn seals the values of ops and applies them.
func (s *Store) Txn(ctx context.Context, conditions []store.Condition, ops []store.Op) (int64, error) {
	if err := store.CheckTxn(conditions, ops); err != nil {
		return 0, err
	}
	sealed := make([]store.Op, len(ops))
	for i, op := range ops {
		if strings.HasPrefix(op.Key, reserved) {
			return 0, fmt.Errorf("seal: the key %q is reserved", op.Key)
		}
		if len(op.Value) > MaxValue {
			return 0, fmt.Errorf("%w: the value of %q has %d bytes, at most %d", store.ErrTooLarge, op.Key, len(op.Value), MaxValue)
		}
		sealed[i] = op
		if op.Delete {
			continue
		}
		var err error
		if sealed[i].Value, err = s.seal(ctx, op.Key, op.Value); err != nil {
			return 0, err
		}
	}
	return s.below.Txn(ctx, conditions, sealed)
}

// Watch delivers later transactions with their values in the clear. It ends at a value
// that does not open: ranging again then says which.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (<-chan store.Batch, error) {
	below, err := s.below.Watch(ctx, prefix, from)
	if err != nil {
		return nil, err
	}
	out := make(chan store.Batch)
	go func() {
		defer close(out)
		for batch := range below {
			if err := s.openBatch(ctx, &batch); err != nil {
				return
			}
			if len(batch.Events) == 0 {
				continue
			}
			select {
			case out <- batch:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// openBatch opens the values, and drops the events of our own keys.
func (s *Store) openBatch(ctx context.Context, b *store.Batch) (err error) {
	kept := b.Events[:0]
	for _, e := range b.Events {
		if strings.HasPrefix(e.Record.Key, reserved) {
			continue
		}
		if !e.Deleted {
			if e.Record.Value, err = s.open(ctx, e.Record.Key, e.Record.Value); err != nil {
				return err
			}
		}
		kept = append(kept, e)
	}
	b.Events = kept
	return nil
}

// Revision is that of the store below.
func (s *Store) Revision(ctx context.Context) (int64, error) { return s.below.Revision(ctx) }

// Close closes the store below.
func (s *Store) Close() error { return s.below.Close() }
