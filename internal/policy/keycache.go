package policy

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeyCache keeps the OpenID configurations and signing keys that validate-jwt fetches. It
// outlives a change of the policies. https://openid.net/specs/openid-connect-discovery-1_0.html
type KeyCache struct {
	sender Sender
	now    func() time.Time

	mu      sync.Mutex
	entries map[string]*keyEntry // by URL of the configuration
}

// issuerKeys is what a configuration says.
type issuerKeys struct {
	issuer string
	keys   []jose.JSONWebKey
}

type keyEntry struct {
	mu      sync.Mutex // held while fetching
	keys    *issuerKeys
	fetched time.Time
	failed  time.Time
	err     error
}

// How long answers are kept, and how soon they may be asked again for a key that is not there.
const (
	keepKeys     = time.Hour
	askAgain     = 5 * time.Minute
	askFailed    = 10 * time.Second
	keyTimeout   = 10 * time.Second
	maxKeys      = 1 << 20
	maxEndpoints = 256
)

// NewKeyCache makes an empty one that fetches through sender; now nil is time.Now.
func NewKeyCache(sender Sender, now func() time.Time) *KeyCache {
	if now == nil {
		now = time.Now
	}
	return &KeyCache{sender: sender, now: now, entries: map[string]*keyEntry{}}
}

// get is what the configuration at address says. With missing, a key was looked for in what is
// kept and not found, so that it may be fetched again.
func (k *KeyCache) get(ctx context.Context, address string, missing bool) (*issuerKeys, error) {
	k.mu.Lock()
	e := k.entries[address]
	if e == nil {
		if len(k.entries) >= maxEndpoints {
			clear(k.entries)
		}
		e = &keyEntry{}
		k.entries[address] = e
	}
	k.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	now := k.now()
	age := now.Sub(e.fetched)
	switch {
	case e.keys != nil && age < keepKeys && (!missing || age < askAgain):
		return e.keys, nil
	case e.err != nil && now.Sub(e.failed) < askFailed:
		return e.keys, e.stale()
	}
	// The exchange's end must not fail the others that wait for the same answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyTimeout)
	defer cancel()
	keys, err := k.fetch(ctx, address)
	if err != nil {
		e.err, e.failed = err, now
		return e.keys, e.stale()
	}
	e.keys, e.fetched, e.err = keys, now, nil
	return keys, nil
}

// stale is the error of a fetch; keys that were had once stay good while it fails.
func (e *keyEntry) stale() error {
	if e.keys != nil {
		return nil
	}
	return e.err
}

func (k *KeyCache) fetch(ctx context.Context, address string) (*issuerKeys, error) {
	var config struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := k.read(ctx, address, &config); err != nil {
		return nil, err
	}
	if u, err := url.Parse(config.Keys); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("the OpenID configuration at %s names no jwks_uri", address)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := k.read(ctx, config.Keys, &set); err != nil {
		return nil, err
	}
	out := &issuerKeys{issuer: config.Issuer}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil { // of a kind that is not known
			continue
		}
		if _, secret := key.Key.([]byte); !secret && key.IsPublic() { // a public set holds no secret
			out.keys = append(out.keys, key)
		}
	}
	if len(out.keys) == 0 {
		return nil, fmt.Errorf("%s has no key for signatures", config.Keys)
	}
	return out, nil
}

func (k *KeyCache) read(ctx context.Context, address string, v any) error {
	if k.sender == nil {
		return errors.New("the gateway has no way to fetch keys")
	}
	r, err := k.sender.Send(ctx, &Message{Method: http.MethodGet, URL: address, MaxBody: maxKeys})
	if err != nil {
		return err
	}
	if r.Status != http.StatusOK {
		return fmt.Errorf("%s answered with status %d", address, r.Status)
	}
	return json.Unmarshal([]byte(r.Body.Data), v)
}

// signingKey is a key that a policy gives for checking signatures.
type signingKey struct {
	id  string
	key crypto.PublicKey // or []byte
}
