package gateway

import (
	"crypto/x509"
	"time"
)

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
