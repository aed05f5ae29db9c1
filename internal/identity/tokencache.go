package identity

import (
	"crypto/sha256"
	"sync"
)

// tokenCache remembers tokens whose signature has been verified, by their hash, in two
// generations: when the young one is full it becomes the old one, and the old one is
// forgotten. So it is bounded, and what is used stays.
type tokenCache struct {
	mu         sync.Mutex
	young, old map[[32]byte]claims
}

const tokensPerGeneration = 4096

// keyOf is the hash of a token. The copy of one of usual length needs no memory of its own.
func keyOf(token string) [32]byte {
	var buffer [2048]byte
	return sha256.Sum256(append(buffer[:0], token...))
}

func (t *tokenCache) get(token string) (claims, bool) {
	k := keyOf(token)
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.young[k]; ok {
		return c, true
	}
	c, ok := t.old[k]
	if ok {
		t.add(k, c)
	}
	return c, ok
}

func (t *tokenCache) put(token string, c claims) {
	k := keyOf(token)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(k, c)
}

func (t *tokenCache) add(k [32]byte, c claims) {
	if t.young == nil || len(t.young) >= tokensPerGeneration {
		t.old, t.young = t.young, make(map[[32]byte]claims)
	}
	t.young[k] = c
}
