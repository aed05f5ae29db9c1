package vault

import (
	"context"
	"crypto/rsa"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// KeyResult is the outcome of using a key.
type KeyResult struct {
	Name, Version string // of the key that was used
	Value         []byte
}

// Sign signs a digest.
func (s *Service) Sign(ctx context.Context, caller identity.Caller, vault, name, version, alg string, digest []byte) (*KeyResult, error) {
	return run(ctx, s, caller, OpSign, vault, name, func(c *call) (*KeyResult, error) {
		k, err := c.usableKey(version)
		if err != nil {
			return nil, err
		}
		a, err := k.material.algorithm(alg, digest)
		if err != nil {
			return nil, err
		}
		key, err := s.keys.get(k.record, k.revision, k.material)
		if err != nil {
			return nil, err
		}
		value, err := sign(key, a, digest)
		return k.result(value), err
	})
}

// Verify reports whether a signature of a digest is the key's.
func (s *Service) Verify(ctx context.Context, caller identity.Caller, vault, name, version, alg string, digest, signature []byte) (bool, error) {
	return run(ctx, s, caller, OpVerify, vault, name, func(c *call) (bool, error) {
		k, err := c.usableKey(version)
		if err != nil {
			return false, err
		}
		a, err := k.material.algorithm(alg, digest)
		if err != nil {
			return false, err
		}
		key, err := s.keys.get(k.record, k.revision, k.material)
		if err != nil {
			return false, err
		}
		return verify(key, a, digest, signature), nil
	})
}

// Encrypt encrypts one block.
func (s *Service) Encrypt(ctx context.Context, caller identity.Caller, vault, name, version, alg string, value []byte) (*KeyResult, error) {
	return s.useRSA(ctx, caller, OpEncrypt, vault, name, version, alg, value, encrypt)
}

// Decrypt decrypts one block.
func (s *Service) Decrypt(ctx context.Context, caller identity.Caller, vault, name, version, alg string, value []byte) (*KeyResult, error) {
	return s.useRSA(ctx, caller, OpDecrypt, vault, name, version, alg, value, decrypt)
}

// WrapKey encrypts a symmetric key.
func (s *Service) WrapKey(ctx context.Context, caller identity.Caller, vault, name, version, alg string, value []byte) (*KeyResult, error) {
	return s.useRSA(ctx, caller, OpWrapKey, vault, name, version, alg, value, encrypt)
}

// UnwrapKey decrypts a symmetric key.
func (s *Service) UnwrapKey(ctx context.Context, caller identity.Caller, vault, name, version, alg string, value []byte) (*KeyResult, error) {
	return s.useRSA(ctx, caller, OpUnwrapKey, vault, name, version, alg, value, decrypt)
}

func (s *Service) useRSA(ctx context.Context, caller identity.Caller, op *Operation, vault, name, version, alg string, value []byte,
	use func(*rsa.PrivateKey, string, []byte) ([]byte, error)) (*KeyResult, error) {
	return run(ctx, s, caller, op, vault, name, func(c *call) (*KeyResult, error) {
		k, err := c.usableKey(version)
		if err != nil {
			return nil, err
		}
		if err := k.material.encryption(alg); err != nil {
			return nil, err
		}
		if len(value) == 0 {
			return nil, badParameter("value is missing or empty.")
		}
		key, err := s.keys.get(k.record, k.revision, k.material)
		if err != nil {
			return nil, err
		}
		out, err := use(key.(*rsa.PrivateKey), alg, value)
		return k.result(out), err
	})
}

func (k *loadedKey) result(value []byte) *KeyResult {
	return &KeyResult{Name: k.view.Name, Version: k.view.Version, Value: value}
}

// usableKey loads a key that may do the operation now. What was made with an
// expired key can still be verified and decrypted:
// https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations
func (c *call) usableKey(version string) (*loadedKey, error) {
	k, err := c.loadKey(version)
	if err == nil {
		err = c.weigh(k.material.weight())
	}
	if err != nil {
		return nil, err
	}
	a, verb := &k.view.Attributes, c.op.verb
	if !a.Enabled {
		return nil, azerr.KVKeyDisabled.New(verb)
	}
	if !slices.Contains(k.view.Ops, verb) {
		return nil, azerr.KVKeyOpNotAllowed.New(verb, strings.Join(k.view.Ops, ", "))
	}
	if verb == "verify" || verb == "decrypt" || verb == "unwrapKey" {
		return k, nil
	}
	if a.NotBefore != nil && c.now.Unix() < *a.NotBefore {
		return nil, azerr.KVKeyNotYetValid.New(verb, time.Unix(*a.NotBefore, 0).UTC().Format(time.RFC3339))
	}
	if a.Expires != nil && c.now.Unix() >= *a.Expires {
		return nil, azerr.KVKeyExpired.New(verb, time.Unix(*a.Expires, 0).UTC().Format(time.RFC3339))
	}
	return k, nil
}
