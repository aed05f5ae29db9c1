package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/store"
)

// signingKeys holds the tenant's RS256 key; ready is closed when it is there or err is set.
type signingKeys struct {
	ready  chan struct{}
	key    *rsa.PrivateKey
	id     string
	signer jose.Signer
	err    error
}

func (s *Service) loadSigningKey(ctx context.Context, done func()) {
	defer done()
	s.keys.key, s.keys.err = s.readOrMakeKey(ctx)
	if s.keys.err != nil {
		s.keys.err = fmt.Errorf("identity: signing key: %w", s.keys.err)
		return
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&s.keys.key.PublicKey))
	s.keys.id = base64.RawURLEncoding.EncodeToString(sum[:20])
	s.keys.signer, s.keys.err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.keys.key},
		(&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", s.keys.id).WithHeader("x5t", s.keys.id))
}

func (s *Service) readOrMakeKey(ctx context.Context) (*rsa.PrivateKey, error) {
	k, err := s.readKey(ctx)
	if !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	if k, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, err
	}
	_, err = s.st.Txn(ctx, []store.Condition{{Key: keySigning}}, []store.Op{store.Put(keySigning, der)})
	if errors.Is(err, store.ErrConflict) {
		return s.readKey(ctx) // another replica was first
	}
	return k, err
}

func (s *Service) readKey(ctx context.Context) (*rsa.PrivateKey, error) {
	r, err := s.st.Get(ctx, keySigning)
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKCS8PrivateKey(r.Value)
	if err != nil {
		return nil, err
	}
	rsaKey, ok := k.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("holds a %T, not an RSA key", k)
	}
	return rsaKey, nil
}

func (s *Service) wait(ctx context.Context) error {
	select {
	case <-s.keys.ready:
		return s.keys.err
	case <-ctx.Done():
		return fmt.Errorf("identity: waiting for the signing key: %w", ctx.Err())
	}
}

func (s *Service) publicKey(kid string) (*rsa.PublicKey, error) {
	<-s.keys.ready
	if s.keys.err != nil {
		return nil, s.keys.err
	}
	if kid != s.keys.id {
		return nil, fmt.Errorf("%w: key id %q is not known", ErrSignature, kid)
	}
	return &s.keys.key.PublicKey, nil
}

// JWKS is the public part of the signing keys, for the discovery documents.
func (s *Service) JWKS(ctx context.Context) (jose.JSONWebKeySet, error) {
	if err := s.wait(ctx); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &s.keys.key.PublicKey, KeyID: s.keys.id, Algorithm: "RS256", Use: "sig"}}}, nil
}
