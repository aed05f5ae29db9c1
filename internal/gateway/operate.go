package gateway

import (
	"crypto/x509"
	"sync/atomic"
	"time"
)

// SetRoots changes whom the gateway trusts for backends. Connections that were made under the
// old trust carry no further request, and no TLS session of theirs is good any more than its
// certificates are (upstream.ClientConfig).
func (g *Gateway) SetRoots(roots *x509.CertPool) {
	g.pools.roots.Store(roots)
	g.pools.mu.RLock()
	defer g.pools.mu.RUnlock()
	for _, p := range g.pools.pools {
		p.Refresh()
	}
}

// rootsOf are the gateway's roots at the time of each handshake, and those of a service.
func (p *pools) rootsOf(tr *trust) func() *x509.CertPool {
	type made struct{ base, pool *x509.CertPool }
	var last atomic.Pointer[made]
	return func() *x509.CertPool {
		base := p.roots.Load()
		if m := last.Load(); m != nil && m.base == base {
			return m.pool
		}
		m := &made{base, tr.backendRoots(base)}
		last.Store(m)
		return m.pool
	}
}

// Certificate is one that a service presents, for those who watch its end.
type Certificate struct {
	Service, ID string
	Expires     time.Time
}

// Certificates are those of all services that can be presented to backends, and those of their
// host names.
func (g *Gateway) Certificates() (list []Certificate) {
	for _, s := range g.state.Load().services {
		for _, c := range s.snap.Certificates {
			if c.TLS == nil {
				continue
			}
			leaf := c.TLS.Leaf
			if leaf == nil {
				leaf, _ = x509.ParseCertificate(c.TLS.Certificate[0]) // it was parsed when it came
			}
			if leaf != nil {
				list = append(list, Certificate{s.snap.Name, c.ID, leaf.NotAfter})
			}
		}
		for _, h := range s.snap.Hosts {
			if h.Certificate != nil && h.Certificate.Leaf != nil {
				list = append(list, Certificate{s.snap.Name, h.Name, h.Certificate.Leaf.NotAfter})
			}
		}
	}
	return list
}

// PoolUse is the use of the connections to one address.
type PoolUse struct {
	Address    string
	Idle, Busy int
}

// Pools are the pools of connections to backends.
func (g *Gateway) Pools() (list []PoolUse) {
	g.pools.mu.RLock()
	defer g.pools.mu.RUnlock()
	for key, p := range g.pools.pools {
		idle, busy := p.Use()
		list = append(list, PoolUse{key.addr, idle, busy})
	}
	return list
}
