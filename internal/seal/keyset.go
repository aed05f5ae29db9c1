package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"gatehouse/internal/store"
)

// KeyWrapper protects the data keys: a RootKey from a file, or later a KMS or an HSM.
// It wraps with its newest key and unwraps with any that it has.
type KeyWrapper interface {
	// Wrap encrypts. id names the key that did, without revealing it; it is kept beside the ciphertext.
	Wrap(ctx context.Context, plaintext, associated []byte) (id string, ciphertext []byte, err error)
	// Unwrap opens what the key named id wrapped; ErrRootKey when it has no such key.
	Unwrap(ctx context.Context, id string, ciphertext, associated []byte) ([]byte, error)
}

// keysetPrefix and a keyspace's name make the key of its keyset.
const keysetPrefix = reserved + "seal/keyset/"

// wrappedKeyset is what is stored for a keyspace.
type wrappedKeyset struct {
	Root   string `json:"root"` // ID of the key that wrapped it
	Keyset []byte `json:"keyset"`
}

// keysets makes, finds and keeps the AEADs of the keyspaces. Making one costs a read
// and an unwrap; using one that is kept costs a lookup.
type keysets struct {
	store  store.Store
	root   KeyWrapper
	kept   sync.Map // keyspace → *dataKeys
	making sync.Mutex
}

// dataKeys is a keyspace's keyset, opened. revision is that of its record.
type dataKeys struct {
	tink.AEAD
	revision int64
}

// forReading returns the keys of a keyspace that must have a keyset, since it has a value.
func (k *keysets) forReading(ctx context.Context, keyspace string) (*dataKeys, error) {
	if kept, ok := k.kept.Load(keyspace); ok {
		return kept.(*dataKeys), nil
	}
	keys, err := k.load(ctx, keyspace)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: the data key of %q is missing", ErrTampered, keyspace)
	}
	return keys, err
}

// forWriting returns the keys of a keyspace and makes its keyset at the first write.
func (k *keysets) forWriting(ctx context.Context, keyspace string) (*dataKeys, error) {
	if kept, ok := k.kept.Load(keyspace); ok {
		return kept.(*dataKeys), nil
	}
	k.making.Lock()
	defer k.making.Unlock()
	keys, err := k.load(ctx, keyspace)
	if !errors.Is(err, store.ErrNotFound) {
		return keys, err
	}
	err = k.create(ctx, keyspace)
	if err != nil && !errors.Is(err, store.ErrConflict) { // a conflict: another replica made it first
		return nil, err
	}
	return k.load(ctx, keyspace)
}

// changed loads the keys again when their record is newer than the ones given: another
// replica has rotated them. It returns nil when it is not.
func (k *keysets) changed(ctx context.Context, keyspace string, than *dataKeys) (*dataKeys, error) {
	record, err := k.store.Get(ctx, keysetPrefix+keyspace)
	if err != nil || record.Revision == than.revision {
		return nil, err
	}
	return k.load(ctx, keyspace)
}

func (k *keysets) load(ctx context.Context, keyspace string) (*dataKeys, error) {
	record, err := k.store.Get(ctx, keysetPrefix+keyspace)
	if err != nil {
		return nil, err
	}
	handle, err := k.unwrap(ctx, keyspace, record.Value)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("seal: the data key of %q: %w", keyspace, err)
	}
	keys := &dataKeys{AEAD: primitive, revision: record.Revision}
	k.kept.Store(keyspace, keys)
	return keys, nil
}

func (k *keysets) create(ctx context.Context, keyspace string) error {
	handle, err := keyset.NewHandle(dataKeyTemplate())
	if err != nil {
		return fmt.Errorf("seal: making a data key: %w", err)
	}
	value, err := k.wrap(ctx, keyspace, handle)
	if err != nil {
		return err
	}
	key := keysetPrefix + keyspace
	_, err = k.store.Txn(ctx, []store.Condition{{Key: key}}, []store.Op{store.Put(key, value)})
	return err
}

// dataKeyTemplate has nonces of 192 bits, so that random ones never run out however
// much a vault writes.
func dataKeyTemplate() *tinkpb.KeyTemplate { return aead.XAES256GCM192BitNonceKeyTemplate() }

func (k *keysets) wrap(ctx context.Context, keyspace string, handle *keyset.Handle) ([]byte, error) {
	var out bytes.Buffer
	w := &wrapper{root: k.root}
	if err := handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&out), w, keysetLabel(keyspace)); err != nil {
		return nil, fmt.Errorf("seal: wrapping the data key of %q: %w", keyspace, errors.Join(err, w.err))
	}
	return json.Marshal(wrappedKeyset{Root: w.id, Keyset: out.Bytes()})
}

func (k *keysets) unwrap(ctx context.Context, keyspace string, value []byte) (*keyset.Handle, error) {
	var wrapped wrappedKeyset
	if err := json.Unmarshal(value, &wrapped); err != nil {
		return nil, fmt.Errorf("%w: the data key of %q is not readable", ErrTampered, keyspace)
	}
	w := &wrapper{root: k.root, id: wrapped.Root}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped.Keyset)), w, keysetLabel(keyspace))
	switch {
	case errors.Is(w.err, ErrRootKey):
		return nil, w.err
	case err != nil:
		return nil, fmt.Errorf("%w: the data key of %q does not open: %w", ErrTampered, keyspace, err)
	}
	return handle, nil
}

// keysetLabel binds a wrapped keyset to its keyspace.
func keysetLabel(keyspace string) []byte { return []byte("gatehouse/keyset/1\x00" + keyspace) }

// wrapper gives Tink a KeyWrapper in its own terms. Tink has no place for the key's name
// and does not wrap errors, so it holds both.
type wrapper struct {
	root KeyWrapper
	id   string // of the key that wrapped, or is to unwrap
	err  error
}

func (w *wrapper) EncryptWithContext(ctx context.Context, plaintext, associated []byte) (out []byte, err error) {
	w.id, out, w.err = w.root.Wrap(ctx, plaintext, associated)
	return out, w.err
}

func (w *wrapper) DecryptWithContext(ctx context.Context, ciphertext, associated []byte) (out []byte, err error) {
	out, w.err = w.root.Unwrap(ctx, w.id, ciphertext, associated)
	return out, w.err
}
