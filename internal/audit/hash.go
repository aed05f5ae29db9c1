package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// Hasher names values in records without giving them away: equal values have equal
// names, and without the key a guess can't be checked. Its key is secret.
type Hasher struct {
	macs sync.Pool // keyed and empty: keying one costs more than a short value
}

// NewHasher makes a Hasher with a key of 32 bytes.
func NewHasher(key []byte) *Hasher {
	return &Hasher{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// Hash is HMAC-SHA256 of value. A nil Hasher gives "".
func (h *Hasher) Hash(value []byte) string {
	if h == nil {
		return ""
	}
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	mac.Write(value)
	const label = "hmac-sha256:"
	var sum [sha256.Size]byte
	text := append(make([]byte, 0, len(label)+2*len(sum)), label...)
	return string(hex.AppendEncode(text, mac.Sum(sum[:0])))
}
