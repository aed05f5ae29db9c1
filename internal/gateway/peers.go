package gateway

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"

	"gatehouse/internal/policy"
)

// peers makes one value of equal chains that clients send: what is found out of a certificate, such
// as whom it chains to, is kept by its pointer, and so holds for its next connection, too. Equal
// means all of them: what the leaf was sent with may decide about it.
type peers struct {
	mu    sync.RWMutex
	known map[[sha256.Size]byte]*peer
}

// peer is a chain that clients send, and its leaf as expressions see it.
type peer struct {
	leaf  *x509.Certificate
	chain []*x509.Certificate // after leaf
	shown *policy.ShownCertificate
}

const maxPeers = 4096

func (p *peers) one(chain []*x509.Certificate) *peer {
	h := sha256.New()
	for _, c := range chain {
		sum := sha256.Sum256(c.Raw) // of each apart, so that lengths count
		h.Write(sum[:])
	}
	var key [sha256.Size]byte
	h.Sum(key[:0])
	p.mu.RLock()
	known, ok := p.known[key]
	p.mu.RUnlock()
	if ok {
		return known
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= maxPeers {
		p.known = map[[sha256.Size]byte]*peer{}
	}
	known = &peer{leaf: chain[0], chain: chain[1:], shown: policy.ShowCertificate(chain[0])}
	p.known[key] = known
	return known
}
