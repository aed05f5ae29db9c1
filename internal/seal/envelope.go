package seal

import (
	"context"
	"fmt"
)

// A sealed value is one byte of format and a Tink ciphertext, which names its key of
// the keyset. Its associated data is the format's label and the record's key.
const (
	envelopeFormat = 1
	envelopeLabel  = "gatehouse/value/1\x00"
)

func associated(key string) []byte { return append([]byte(envelopeLabel), key...) }

func (s *Store) seal(ctx context.Context, key string, value []byte) ([]byte, error) {
	primitive, err := s.keys.forWriting(ctx, KeyspaceOf(key))
	if err != nil {
		return nil, err
	}
	ciphertext, err := primitive.Encrypt(value, associated(key))
	if err != nil {
		return nil, fmt.Errorf("seal: encrypting %q: %w", key, err)
	}
	return append([]byte{envelopeFormat}, ciphertext...), nil
}

func (s *Store) open(ctx context.Context, key string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != envelopeFormat {
		return nil, fmt.Errorf("%w: %q is not sealed; restore the data folder from a backup", ErrTampered, key)
	}
	keyspace := KeyspaceOf(key)
	keys, err := s.keys.forReading(ctx, keyspace)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", key, err)
	}
	value, err := keys.Decrypt(sealed[1:], associated(key))
	if err == nil {
		return value, nil
	}
	if newer, _ := s.keys.changed(ctx, keyspace, keys); newer != nil {
		if value, err = newer.Decrypt(sealed[1:], associated(key)); err == nil {
			return value, nil
		}
	}
	return nil, fmt.Errorf("%w: %q does not open; restore the data folder from a backup", ErrTampered, key)
}
