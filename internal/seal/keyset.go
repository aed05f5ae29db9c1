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
	"github.com/tink-crypto/tink-go/v2/tink"

	"gatehouse/internal/store"
)

// KeyWrapper protects the data keys: a RootKey from a file, or later a KMS or an HSM.
type KeyWrapper interface {
	// ID names the key without revealing it; it is kept beside what was wrapped.
	ID() string
	Wrap(ctx context.Context, plaintext, associated []byte) ([]byte, error)
	Unwrap(ctx context.Context, ciphertext, associated []byte) ([]byte, error)
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
	store store.Store
	root  KeyWrapper
	kept  sync.Map // keyspace → tink.AEAD
	make  sync.Mutex
}

// forReading returns the AEAD of a keyspace that must have a keyset, since it has a value.
func (k *keysets) forReading(ctx context.Context, keyspace string) (tink.AEAD, error) {
	if kept, ok := k.kept.Load(keyspace); ok {
		return kept.(tink.AEAD), nil
	}
	primitive, err := k.load(ctx, keyspace)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: the data key of %q is missing", ErrTampered, keyspace)
	}
	return primitive, err
}

// forWriting returns the AEAD of a keyspace and makes its keyset at the first write.
func (k *keysets) forWriting(ctx context.Context, keyspace string) (tink.AEAD, error) {
	if kept, ok := k.kept.Load(keyspace); ok {
		return kept.(tink.AEAD), nil
	}
	k.make.Lock()
	defer k.make.Unlock()
	primitive, err := k.load(ctx, keyspace)
	if !errors.Is(err, store.ErrNotFound) {
		return primitive, err
	}
	err = k.create(ctx, keyspace)
	if err != nil && !errors.Is(err, store.ErrConflict) { // a conflict: another replica made it first
		return nil, err
	}
	return k.load(ctx, keyspace)
}

func (k *keysets) load(ctx context.Context, keyspace string) (tink.AEAD, error) {
	record, err := k.store.Get(ctx, keysetPrefix+keyspace)
	if err != nil {
		return nil, err
	}
	var wrapped wrappedKeyset
	if err := json.Unmarshal(record.Value, &wrapped); err != nil {
		return nil, fmt.Errorf("%w: the data key of %q is not readable", ErrTampered, keyspace)
	}
	if wrapped.Root != k.root.ID() {
		return nil, fmt.Errorf("%w: the data was sealed under root key %s, the one given is %s; put the right root key file back", ErrRootKey, wrapped.Root, k.root.ID())
	}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped.Keyset)), wrapper{k.root}, keysetLabel(keyspace))
	if err != nil {
		return nil, fmt.Errorf("%w: the data key of %q does not open: %w", ErrTampered, keyspace, err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("seal: the data key of %q: %w", keyspace, err)
	}
	k.kept.Store(keyspace, primitive)
	return primitive, nil
}

func (k *keysets) create(ctx context.Context, keyspace string) error {
	// Nonces of 192 bits, so that random ones never run out however much a vault writes.
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return fmt.Errorf("seal: making a data key: %w", err)
	}
	var out bytes.Buffer
	if err := handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&out), wrapper{k.root}, keysetLabel(keyspace)); err != nil {
		return fmt.Errorf("seal: wrapping the data key of %q: %w", keyspace, err)
	}
	value, err := json.Marshal(wrappedKeyset{Root: k.root.ID(), Keyset: out.Bytes()})
	if err != nil {
		return err
	}
	key := keysetPrefix + keyspace
	_, err = k.store.Txn(ctx, []store.Condition{{Key: key}}, []store.Op{store.Put(key, value)})
	return err
}

// keysetLabel binds a wrapped keyset to its keyspace.
func keysetLabel(keyspace string) []byte { return []byte("gatehouse/keyset/1\x00" + keyspace) }

// wrapper gives Tink a KeyWrapper in its own terms.
type wrapper struct{ KeyWrapper }

func (w wrapper) EncryptWithContext(ctx context.Context, plaintext, associated []byte) ([]byte, error) {
	return w.Wrap(ctx, plaintext, associated)
}

func (w wrapper) DecryptWithContext(ctx context.Context, ciphertext, associated []byte) ([]byte, error) {
	return w.Unwrap(ctx, ciphertext, associated)
}
