package gateway

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"gatehouse/internal/snapshot"
)

// trust is what a service trusts of its own: its certificates[], for the chains of
// backends here and for those of clients in policies. Nil: nothing of its own.
type trust struct {
	id            [sha256.Size]byte
	roots         []*x509.Certificate
	intermediates []*x509.Certificate
	tls           snapshot.TLS // customProperties for backends
}

func trustOf(s *snapshot.Service) *trust {
	if len(s.Roots)+len(s.Intermediates) == 0 && s.BackendTLS.MinVersion == 0 && s.BackendTLS.CipherSuites == nil {
		return nil
	}
	h := sha256.New()
	for _, c := range s.Roots {
		sum := sha256.Sum256(c.Raw)
		h.Write(sum[:])
	}
	h.Write([]byte("|"))
	for _, c := range s.Intermediates {
		sum := sha256.Sum256(c.Raw)
		h.Write(sum[:])
	}
	fmt.Fprint(h, "|", s.BackendTLS)
	t := &trust{tls: s.BackendTLS, roots: s.Roots, intermediates: s.Intermediates}
	h.Sum(t.id[:0])
	return t
}

// sum identifies the stores.
func (t *trust) sum() [sha256.Size]byte {
	if t == nil {
		return [sha256.Size]byte{}
	}
	return t.id
}

// backendRoots are base and the service's own.
func (t *trust) backendRoots(base *x509.CertPool) *x509.CertPool {
	if t == nil || len(t.roots) == 0 {
		return base
	}
	pool := x509.NewCertPool()
	if base != nil {
		pool = base.Clone()
	}
	for _, c := range t.roots {
		pool.AddCert(c)
	}
	return pool
}

func (t *trust) backendIntermediates() []*x509.Certificate {
	if t == nil {
		return nil
	}
	return t.intermediates
}

// restrict applies the versions and ciphers of customProperties.
func (t *trust) restrict(c *tls.Config) {
	if t == nil {
		return
	}
	if t.tls.MinVersion != 0 {
		c.MinVersion = t.tls.MinVersion
	}
	c.CipherSuites = t.tls.CipherSuites
}

// TrustOf identifies whom the service of a host name trusts. Sessions of TLS are good while it
// stays the same.
func (g *Gateway) TrustOf(host string) string {
	s := g.state.Load().service(host)
	if s == nil {
		return ""
	}
	sum := s.trust.sum()
	return string(sum[:])
}
