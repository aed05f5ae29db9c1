package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/policy"
)

// Trailers are what came after a body: complete when its reader has returned io.EOF.
type Trailers func() http.Header

// h2 is the HTTP/2 side of a pool, made when something first asks for it. HTTP/1.1 costs a third
// of its CPU time, so that exchanges come here only where they need HTTP/2: gRPC, and
// forward-request's http-version.
type h2 struct {
	once      sync.Once
	transport *http.Transport
}

// ErrNoHTTP2 says that the backend's TLS did not agree on HTTP/2.
var ErrNoHTTP2 = errors.New("the backend does not speak HTTP/2")

func (p *Pool) http2() *http.Transport {
	p.h2.once.Do(func() {
		t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHead}
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return p.o.Dial(ctx, network, p.o.Addr)
		}
		t.Protocols.SetUnencryptedHTTP2(p.o.TLS == nil)
		t.Protocols.SetHTTP2(p.o.TLS != nil)
		if p.o.TLS != nil {
			config := p.o.TLS.Clone()
			config.NextProtos = []string{"h2"}
			config.Renegotiation = tls.RenegotiateNever // RFC 9113 section 9.2.1
			t.DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return p.dialHTTP2(ctx, network, config)
			}
		}
		p.h2.transport = t
	})
	return p.h2.transport
}

// retire closes idle connections; streams under way end first.
func (h *h2) retire() {
	h.once.Do(func() {}) // a transport made from now on is idle for its time alone
	if h.transport != nil {
		h.transport.CloseIdleConnections()
	}
}

func (p *Pool) dialHTTP2(ctx context.Context, network string, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout+handshakeTimeout)
	defer cancel()
	raw, err := p.o.Dial(ctx, network, p.o.Addr)
	if err != nil {
		return nil, &Error{Stage: "connect", Addr: p.o.Addr, Err: err}
	}
	c := tls.Client(raw, config)
	err = c.HandshakeContext(ctx)
	if err == nil && c.ConnectionState().NegotiatedProtocol != "h2" {
		err = ErrNoHTTP2
	}
	if err != nil {
		_ = raw.Close() // the handshake's error is the one to tell
		return nil, &Error{Stage: "TLS handshake", Addr: p.o.Addr, Err: err}
	}
	return c, nil
}

// DoHTTP2 is Do over HTTP/2. The response's body streams; trailers go both ways.
func (p *Pool) DoHTTP2(ctx context.Context, q *Request, resp *policy.Response, trailer http.Header) (Trailers, error) {
	if !isURL(q.Target) || !isURL(q.Query) || !isURL(q.Host) {
		return nil, &Error{Stage: "request", Addr: p.o.Addr, Err: errURL}
	}
	ctx, cancel := context.WithCancel(ctx)
	r := p.request2(q, trailer).WithContext(ctx)
	guard, _ := r.Body.(*guarded)
	var slow atomic.Bool
	timer := time.AfterFunc(timeoutOf(q), func() { slow.Store(true); cancel() })
	got, err := p.http2().RoundTrip(r)
	timer.Stop()
	if err != nil {
		cancel()
		guard.detach(q.Interrupt)
		if slow.Load() {
			err = errSlow{}
		}
		var own *Error
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, &Error{Stage: "request", Addr: p.o.Addr, Err: err}
	}
	resp.Status, resp.Reason = got.StatusCode, ""
	for name, values := range got.Header {
		if IsHopByHop(name) {
			continue
		}
		for _, v := range values {
			resp.Header.Add(name, v)
		}
	}
	resp.Body.SetStream(&body2{got.Body, cancel, func() { guard.detach(q.Interrupt) }}, got.ContentLength)
	return func() http.Header { return got.Trailer }, nil
}

func (p *Pool) request2(q *Request, trailer http.Header) *http.Request {
	target := q.Base + q.Target
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	scheme := "https"
	if p.o.TLS == nil {
		scheme = "http"
	}
	r := &http.Request{Method: q.Method, Host: q.Host, Proto: "HTTP/2.0", ProtoMajor: 2, Header: http.Header{}, Trailer: trailer,
		URL: &url.URL{Scheme: scheme, Host: p.o.Addr, Opaque: "//" + p.o.Addr + target, RawQuery: q.Query}}
	for _, f := range q.Fields {
		if !q.replaced(f.Name) && (!IsHopByHop(f.Name) || strings.EqualFold(f.Name, "TE") && policy.HasToken(f.Value, "trailers")) {
			r.Header.Add(strings.Clone(f.Name), strings.Clone(f.Value)) // the transport may outlive the exchange's memory
		}
	}
	for _, f := range q.Extra {
		r.Header.Add(f.Name, f.Value)
	}
	if q.ForwardedFor != "" {
		r.Header.Set("X-Forwarded-For", strings.TrimPrefix(r.Header.Get("X-Forwarded-For")+", "+q.ForwardedFor, ", "))
	}
	switch {
	case q.Body.Stream != nil:
		r.Body, r.ContentLength = &guarded{r: q.Body.Stream}, q.Body.Length
	case q.Body.Data != "":
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(q.Body.Data)), int64(len(q.Body.Data))
	}
	return r
}

// body2 ends the stream when it is closed, and takes the request's body from the transport,
// which may go on sending it: it belongs to the exchange.
type body2 struct {
	io.ReadCloser
	cancel context.CancelFunc
	detach func()
}

func (b *body2) Close() error {
	b.cancel()
	err := b.ReadCloser.Close()
	b.detach()
	return err
}

// guarded is a request's body that can be taken away from who reads it.
type guarded struct {
	mu    sync.Mutex
	r     io.Reader
	ended bool
}

func (g *guarded) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.r == nil {
		return 0, ErrClient
	}
	n, err := g.r.Read(p)
	g.ended = g.ended || err != nil
	return n, err
}

// Close is the transport's word that it needs no more.
func (g *guarded) Close() error { return nil }

func (g *guarded) detach(interrupt func()) {
	if g == nil {
		return
	}
	if !g.mu.TryLock() {
		if interrupt != nil {
			interrupt()
		}
		g.mu.Lock()
	}
	g.r = nil
	g.mu.Unlock()
}

// errSlow is the end of the time for a response's header.
type errSlow struct{}

func (errSlow) Error() string { return "no response in time" }
func (errSlow) Timeout() bool { return true }
