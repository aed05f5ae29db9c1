package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	"gatehouse/internal/counter"
	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/pki"
	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// What policies ask of the gateway beside forwarding: counters and cache, which outlive a
// snapshot, and for each service whom it trusts and how its requests are sent.

// shared is what all services' policies share for as long as the gateway runs.
type shared struct {
	counters   counter.Counters
	cache      counter.Cache
	revocation *pki.Revocation
	keys       *policy.KeyCache
	system     *x509.CertPool // the system's roots, for the chains of clients; nil: none
}

func (g *Gateway) newShared() shared {
	s := shared{counters: g.o.Counters, cache: g.o.Cache}
	if s.counters == nil || s.cache == nil {
		memory := counter.NewMemory(counter.MemoryOptions{Now: g.o.Now})
		if s.counters == nil {
			s.counters = memory
		}
		if s.cache == nil {
			s.cache = memory
		}
	}
	s.keys = policy.NewKeyCache(&sender{g: g, identity: true}, g.o.Now)
	s.revocation = pki.NewRevocation(pki.RevocationOptions{Client: &http.Client{Transport: &http.Transport{DialContext: g.o.Dial}, CheckRedirect: noRedirect}, Now: g.o.Now})
	if !g.o.NoSystemRoots {
		s.system, _ = x509.SystemCertPool() // a system without roots trusts nobody
	}
	return s
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// environment is the surroundings of a service's policies.
func (b *builder) environment() *policy.Environment {
	g, snap := b.g, b.snap
	env := &policy.Environment{Name: strings.ToLower(snap.Name), Sender: &sender{g: g, trust: b.s.trust}, Counters: g.shared.counters, Cache: g.shared.cache,
		Keys: g.shared.keys, Sink: sink{g.o.Logger}, Now: g.o.Now, Trust: b.clientTrust(), Schemas: schemas(snap), Loggers: g.loggers(snap)}
	if g.o.Sink != nil {
		env.Sink = g.o.Sink
	}
	if g.o.Tokens != nil {
		env.Tokens = g.o.Tokens(snap.ResourceID)
	}
	for _, c := range snap.Certificates {
		leaf, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			continue // the provider takes none that can't be read
		}
		env.Certificates = append(env.Certificates, &policy.Certificate{ID: c.ID, Thumbprint: c.Thumbprint, Leaf: leaf, TLS: c.TLS})
	}
	sort.Slice(env.Certificates, func(i, j int) bool { return env.Certificates[i].ID < env.Certificates[j].ID })
	return env
}

// clientTrust is whom certificates of clients are checked against; with the same stores as
// before it is the same, with the results that it knows.
func (b *builder) clientTrust() *pki.Trust {
	if b.was != nil && b.was.env != nil && b.was.trust.sum() == b.s.trust.sum() {
		return b.was.env.Trust
	}
	return pki.NewTrust(pki.TrustOptions{Roots: b.snap.Roots, Intermediates: b.snap.Intermediates, System: b.g.shared.system,
		Revocation: b.g.shared.revocation})
}

// sender sends the requests of policies through the pools of backends.
type sender struct {
	g        *Gateway
	trust    *trust
	identity bool // for keys of tokens: may also reach the identity names
}

// Send implements policy.Sender.
func (s *sender) Send(ctx context.Context, m *policy.Message) (*policy.Response, error) {
	u, err := url.Parse(m.URL)
	if err != nil {
		return nil, err
	}
	t := s.target(u.Scheme+"://"+u.Host, m)
	if t.err != nil {
		return nil, t.err
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	body := &policy.Body{Data: m.Body}
	q := &upstream.Request{Method: m.Method, Target: path, Query: u.RawQuery, Host: t.host, Fields: m.Header.Fields(), Body: body, Timeout: m.Timeout, Buffered: true}
	if h := m.Header.Get("Host"); h != "" {
		q.Host = h
	}
	var buffers upstream.Buffers
	r := &policy.Response{}
	up, err := t.pool.Do(ctx, q, r, &buffers)
	if up != nil {
		_ = up.Close() // nobody asked for another protocol
	}
	if err == nil {
		err = s.collect(r, m.MaxBody)
	}
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // it closed the connection, which is all that err knows
	}
	return r, err
}

// collect makes the response's body text, which is the sender's own.
func (s *sender) collect(r *policy.Response, limit int64) error {
	if limit == 0 {
		limit = policy.DefaultMaxBody
	}
	if r.Body.Stream == nil {
		r.Body.Set(strings.Clone(r.Body.Data))
		return nil
	}
	data, err := readAll(r.Body.Stream, limit)
	if err != nil {
		r.Body.Discard()
		return err
	}
	r.Body.Set(string(data))
	return nil
}

func (s *sender) target(base string, m *policy.Message) *target {
	switch {
	case s.identity:
		return s.g.pools.resolve(base, nil, s.trust, true, true)
	case m.Certificate != nil || m.Proxy != nil:
		return s.g.pools.plain(base, s.trust).with(&s.g.pools, s.trust, m.Certificate, m.Proxy)
	}
	return s.g.pools.plain(base, s.trust)
}

// with is t under another client certificate and through a proxy; nil leaves each as it is.
func (t *target) with(p *pools, tr *trust, cert *tls.Certificate, proxy *policy.Proxy) *target {
	if t.err != nil || cert == nil && proxy == nil {
		return t
	}
	own := *t
	if cert != nil && own.key.tls {
		own.cert, own.key.certificate = cert, sumOf(cert)
	}
	if proxy != nil {
		own.key.proxy = *proxy
	}
	dial := p.o.Dial
	if own.key.proxy != (policy.Proxy{}) {
		dial = throughProxy(dial, &own.key.proxy, p.o.Forbidden)
	}
	own.pool = p.poolBy(own.key, own.cert, tr, dial)
	return &own
}

// sink logs what policies report.
type sink struct{ log *slog.Logger }

// Trace implements policy.Sink.
func (s sink) Trace(ex *policy.Exchange, t policy.Trace) {
	level := map[string]slog.Level{"error": slog.LevelError, "information": slog.LevelInfo}[t.Severity]
	if t.Severity == "verbose" {
		level = slog.LevelDebug
	}
	if s.log.Enabled(ex.Context, level) {
		s.log.Log(ex.Context, level, "policy trace", "requestId", strings.Clone(ex.ID), "source", t.Source, "message", t.Message, "metadata", fieldsText(t.Metadata))
	}
}

// Metric implements policy.Sink.
func (s sink) Metric(ex *policy.Exchange, m policy.Metric) {
	s.log.Debug("policy metric", "namespace", m.Namespace, "name", m.Name, "value", m.Value, "dimensions", fieldsText(m.Dimensions))
}

func fieldsText(list []policy.Field) string {
	var b strings.Builder
	for i, f := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.Name + "=" + f.Value)
	}
	return b.String()
}

// fragments gives policy fragments to the compiler.
func (b *builder) fragment(id string) (text, format string, ok bool) {
	f, ok := b.snap.Fragments[strings.ToLower(id)]
	return f.Text, f.Format, ok
}

// sameFragments reports whether the fragments are those of the last state.
func sameFragments(a, b map[string]snapshot.Policy) bool {
	if len(a) != len(b) {
		return false
	}
	for id, f := range a {
		if b[id] != f {
			return false
		}
	}
	return true
}

// proxyTimeout is how long a proxy may take to connect.
const proxyTimeout = 15 * time.Second
