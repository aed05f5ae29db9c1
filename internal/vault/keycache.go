package vault

import "sync"

// keyCache keeps parsed private keys, since parsing one costs more than a
// signature. An entry counts only for the revision of the record that it was
// parsed from, which the caller has just read: a key that was disabled or purged
// is never used from here.
type keyCache struct {
	mu    sync.Mutex
	limit int
	keys  map[string]cachedKey
}

type cachedKey struct {
	revision int64
	key      any
}

func newKeyCache(limit int) *keyCache {
	return &keyCache{limit: limit, keys: make(map[string]cachedKey)}
}

// get returns the key of m, parsed at most once for a revision.
func (c *keyCache) get(record string, revision int64, m *material) (any, error) {
	c.mu.Lock()
	k, ok := c.keys[record]
	c.mu.Unlock()
	if ok && k.revision == revision {
		return k.key, nil
	}
	key, err := m.private()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) >= c.limit {
		for other := range c.keys { // any one: a map's order is random
			delete(c.keys, other)
			break
		}
	}
	c.keys[record] = cachedKey{revision, key}
	return key, nil
}
