package gateway

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// target is a place that requests are forwarded to. It never changes; err says why
// it can't be used.
type target struct {
	base  string // path of the URL, without "/" at its end
	host  string // Host field
	query string // of the backend's credentials
	extra []policy.Field
	pool  *upstream.Pool
	key   poolKey
	cert  *tls.Certificate // the client's; nil: none
	err   error

	members []member // of a pool, by priority
	breaker *breaker // nil: none
}

// poolKey is all that a connection depends on: exchanges with equal keys share connections.
type poolKey struct {
	addr, serverName string
	tls              bool
	certificate      [sha256.Size]byte // of the client's leaf and chain; zero: none
	trust            [sha256.Size]byte // of the service's own trust stores
	chain, name      bool
	proxy            policy.Proxy // zero: none
}

// pools owns the connection pools and the targets made from plain URLs.
type pools struct {
	o       *Options
	mu      sync.RWMutex
	pools   map[poolKey]*upstream.Pool
	targets map[plainKey]*target
	roots   atomic.Pointer[x509.CertPool] // beside the system's
}

// plainKey is a base URL under the trust stores of a service.
type plainKey struct {
	url   string
	trust [sha256.Size]byte
}

// maxPlain bounds the targets made from plain URLs.
const maxPlain = 4096

func (p *pools) init(o *Options) {
	p.o, p.pools, p.targets = o, map[poolKey]*upstream.Pool{}, map[plainKey]*target{}
	p.roots.Store(o.Roots)
}

// plain is the target of a base URL without a backend entity: no client
// certificate, strict verification.
func (p *pools) plain(rawURL string, tr *trust) *target {
	key := plainKey{url: rawURL, trust: tr.sum()}
	p.mu.RLock()
	t := p.targets[key]
	p.mu.RUnlock()
	if t != nil {
		return t
	}
	key.url = strings.Clone(rawURL)
	t = p.target(key.url, nil, tr, true, true)
	if u, err := url.Parse(key.url); err == nil {
		t.query = u.RawQuery // a base-url may have one
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if was := p.targets[key]; was != nil {
		return was
	}
	if len(p.targets) < maxPlain {
		p.targets[key] = t
	}
	return t
}

// backend is the target of a backend entity.
func (p *pools) backend(s *snapshot.Service, tr *trust, b *snapshot.Backend) *target {
	cert, err := clientCertificate(s, b)
	if err != nil {
		return &target{err: err}
	}
	t := p.target(b.URL, cert, tr, b.ValidateChain, b.ValidateName)
	if b.Proxy != nil {
		t = t.with(p, tr, nil, &policy.Proxy{URL: b.Proxy.URL, Username: b.Proxy.Username, Password: b.Proxy.Password})
	}
	t.extra = credentials(b.Header)
	if b.AuthorizationScheme != "" {
		t.extra = append(t.extra, policy.Field{Name: "Authorization", Value: strings.TrimSpace(b.AuthorizationScheme + " " + b.AuthorizationParameter)})
	}
	t.query = url.Values(b.Query).Encode()
	return t
}

func credentials(m map[string][]string) (list []policy.Field) {
	for name, values := range m {
		for _, v := range values {
			list = append(list, policy.Field{Name: name, Value: v})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// clientCertificate is the certificate that a backend's credentials name, nil for none.
func clientCertificate(s *snapshot.Service, b *snapshot.Backend) (*tls.Certificate, error) {
	switch {
	case len(b.CertificateIDs) > 0:
		id := b.CertificateIDs[0]
		id = id[strings.LastIndexByte(id, '/')+1:]
		return usable(s.Certificates[strings.ToLower(id)], "id", id)
	case len(b.CertificateThumbprints) > 0:
		return usable(withThumbprint(s, b.CertificateThumbprints[0]), "thumbprint", b.CertificateThumbprints[0])
	}
	return nil, nil
}

func withThumbprint(s *snapshot.Service, thumbprint string) *snapshot.Certificate {
	for _, c := range s.Certificates {
		if strings.EqualFold(c.Thumbprint, thumbprint) {
			return c
		}
	}
	return nil
}

func usable(c *snapshot.Certificate, by, name string) (*tls.Certificate, error) {
	switch {
	case c == nil:
		return nil, fmt.Errorf("Certificate with %s '%s' not found.", by, name)
	case c.TLS == nil || c.TLS.PrivateKey == nil || len(c.TLS.Certificate) == 0:
		return nil, fmt.Errorf("Certificate with %s '%s' does not contain private key.", by, name)
	}
	return c.TLS, nil
}

// target is resolve for URLs that policies and backends name.
func (p *pools) target(rawURL string, cert *tls.Certificate, tr *trust, chain, name bool) *target {
	if u, err := url.Parse(strings.TrimSpace(rawURL)); err == nil && p.o.Forbidden != nil && p.o.Forbidden(strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))) {
		return &target{err: fmt.Errorf("the host '%s' may not be a backend: it is one of the control plane", u.Hostname())}
	}
	return p.resolve(rawURL, cert, tr, chain, name)
}

// resolve makes a target; its err is set when the URL can't be used.
func (p *pools) resolve(rawURL string, cert *tls.Certificate, tr *trust, chain, name bool) *target {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	switch {
	case err != nil:
		return &target{err: errors.New("the backend's URL can't be read")}
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "wss" && u.Scheme != "ws" || u.Hostname() == "":
		return &target{err: fmt.Errorf("the backend's URL '%s' must begin with https:// or http:// and name a host", rawURL)}
	}
	secure := u.Scheme == "https" || u.Scheme == "wss"
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "443", false: "80"}[secure]
	}
	t := &target{base: strings.TrimRight(u.EscapedPath(), "/"), host: u.Host}
	t.key = poolKey{addr: net.JoinHostPort(u.Hostname(), port), tls: secure}
	if secure {
		t.key.serverName, t.key.chain, t.key.name = u.Hostname(), chain, name
		t.key.trust = tr.sum()
		if cert != nil {
			t.key.certificate = sumOf(cert)
		}
	}
	t.cert, t.pool = cert, p.pool(t.key, cert, tr)
	return t
}

func sumOf(cert *tls.Certificate) [sha256.Size]byte {
	return sha256.Sum256(bytes.Join(cert.Certificate, nil))
}

func (p *pools) pool(key poolKey, cert *tls.Certificate, tr *trust) *upstream.Pool {
	return p.poolBy(key, cert, tr, p.o.Dial)
}

func (p *pools) poolBy(key poolKey, cert *tls.Certificate, tr *trust, dial dialer) *upstream.Pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pool := p.pools[key]; pool != nil {
		return pool
	}
	o := upstream.Options{Addr: key.addr, Dial: dial}
	if key.tls {
		o.Trust = &upstream.TLSOptions{ServerName: key.serverName, Certificate: cert,
			ValidateChain: key.chain, ValidateName: key.name, Roots: p.rootsOf(tr), NoSystem: p.o.NoSystemRoots, Intermediates: tr.backendIntermediates(), Now: p.o.Now}
		o.TLS = upstream.ClientConfig(*o.Trust)
		tr.restrict(o.TLS)
	}
	pool := upstream.NewPool(o)
	p.pools[key] = pool
	return pool
}

// retireUnused closes the pools that no target uses any more: those of certificates
// and URLs that have changed.
func (p *pools) retireUnused(st *state) {
	used := map[poolKey]bool{}
	for _, s := range st.services {
		for _, t := range s.backends {
			used[t.key] = true
			for _, m := range t.members {
				used[m.target.key] = true // may be the last good one of a backend that is gone
			}
		}
		for _, a := range s.apis {
			if a.target != nil {
				used[a.target.key] = true
			}
		}
	}
	p.mu.Lock()
	for _, t := range p.targets {
		used[t.key] = true
	}
	var retired []*upstream.Pool
	for key, pool := range p.pools {
		if !used[key] {
			retired = append(retired, pool)
			delete(p.pools, key)
		}
	}
	p.mu.Unlock()
	for _, pool := range retired {
		pool.Retire()
	}
}

func (p *pools) retireAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pool := range p.pools {
		pool.Retire()
	}
}
