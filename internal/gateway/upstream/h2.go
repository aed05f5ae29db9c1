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
	"time"

	"gatehouse/internal/policy"
)

// h2 is the HTTP/2 side of a pool, made when something first asks for it. HTTP/1.1 costs a third
// of its CPU time, so that exchanges come here only where they need HTTP/2: gRPC, and
// forward-request's http-version.
type h2 struct {
	once      sync.Once
	transport *http.Transport

	mu        sync.Mutex
	fresh     *witness // of the last handshake, until its first answer
	freshConn *tls.Conn
	speaks    bool      // what SpeaksHTTP2 was told
	asked     time.Time // when
	spare     *tls.Conn // that it was told on, for the transport to take
	spareAt   time.Time
}

// A connection that was silent this long is asked whether it lives.
const (
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// ErrNoHTTP2 says that the backend's TLS did not agree on HTTP/2.
var ErrNoHTTP2 = errors.New("the backend does not speak HTTP/2")

func (p *Pool) http2() *http.Transport {
	p.h2.once.Do(func() {
		t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHead}
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return p.connect(ctx) }
		t.DialTLSContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dialHTTP2(ctx) }
		t.Protocols.SetUnencryptedHTTP2(p.o.TLS == nil) // both sides know beforehand (RFC 9113 section 3.3)
		t.Protocols.SetHTTP2(p.o.TLS != nil)
		t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
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
	if c := h.takeSpare(); c != nil {
		_ = c.Close() // it carried nothing
	}
}

// What SpeaksHTTP2 learnt holds this long, and the connection that it learnt it on.
const (
	spokenTime = 5 * time.Minute
	spareTime  = time.Second
)

// SpeaksHTTP2 asks the backend's TLS whether it prefers HTTP/2 (RFC 7301), and remembers the answer. The
// connection is used for the exchange of q that follows. In clear text nobody can be asked.
func (p *Pool) SpeaksHTTP2(ctx context.Context, q *Request) (bool, error) {
	if p.o.TLS == nil {
		return false, nil
	}
	h := &p.h2
	h.mu.Lock()
	known, speaks := time.Since(h.asked) < spokenTime, h.speaks
	h.mu.Unlock()
	if known {
		return speaks, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeoutOf(q))
	defer cancel()
	var w witness
	raw, c, err := p.dialTLS(ctx, &w, "h2", "http/1.1")
	if err != nil {
		return false, err
	}
	speaks = c.ConnectionState().NegotiatedProtocol == "h2"
	if speaks {
		h.made(&w, c)
		h.keepSpare(c)
	} else {
		made := newConn(p, c, raw)
		made.witness, made.used = &w, time.Now()
		p.put(made)
	}
	h.mu.Lock()
	h.speaks, h.asked = speaks, time.Now()
	h.mu.Unlock()
	return speaks, nil
}

// forget makes SpeaksHTTP2 ask again.
func (h *h2) forget() {
	h.mu.Lock()
	h.asked = time.Time{}
	h.mu.Unlock()
}

func (h *h2) keepSpare(c *tls.Conn) {
	old := h.takeSpare()
	h.mu.Lock()
	h.spare, h.spareAt = c, time.Now()
	h.mu.Unlock()
	if old != nil {
		_ = old.Close() // it carried nothing
	}
}

// takeSpare is nil when there is none that was made just now.
func (h *h2) takeSpare() *tls.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.spare
	h.spare = nil
	if c != nil && time.Since(h.spareAt) > spareTime {
		_ = c.Close() // the backend waits in vain for its first frame
		return nil
	}
	return c
}

func (p *Pool) dialHTTP2(ctx context.Context) (net.Conn, error) {
	if c := p.h2.takeSpare(); c != nil {
		return c, nil
	}
	w := &witness{}
	raw, c, err := p.dialTLS(ctx, w, "h2")
	if err != nil {
		return nil, err
	}
	if c.ConnectionState().NegotiatedProtocol != "h2" {
		_ = raw.Close() // the missing protocol is what to tell
		return nil, &Error{Stage: "TLS handshake", Addr: p.o.Addr, Err: ErrNoHTTP2, Handshake: w.record(p, ErrNoHTTP2)}
	}
	p.h2.made(w, c)
	return c, nil
}

// made notes a connection that has carried nothing yet.
func (h *h2) made(w *witness, c *tls.Conn) {
	h.mu.Lock()
	h.fresh, h.freshConn = w, c
	h.mu.Unlock()
}

// answered: the handshake is well on both sides.
func (h *h2) answered() {
	h.mu.Lock()
	h.fresh, h.freshConn = nil, nil
	h.mu.Unlock()
}

// unestablished is net/http's error where a connection ended before its first frame came; it hides why.
const unestablished = "client conn could not be established"

// ended is the handshake of a connection that err ended before its first answer, and what did so:
// crypto/tls keeps it. Nil where it was something else.
func (h *h2) ended(err error) (*witness, error) {
	h.mu.Lock()
	w, c := h.fresh, h.freshConn
	h.mu.Unlock()
	if c == nil || !strings.Contains(err.Error(), unestablished) {
		return w, err
	}
	h.answered()
	_ = c.SetReadDeadline(time.Unix(1, 0)) // nothing more comes
	if _, read := c.Read(make([]byte, 1)); read != nil {
		err = read
	}
	return w, err
}

// DoHTTP2 is Do over HTTP/2. The response's body streams.
func (p *Pool) DoHTTP2(ctx context.Context, q *Request, resp *policy.Response) (Trailers, error) {
	if !isURL(q.Target) || !isURL(q.Query) || !isURL(q.Host) {
		return nil, &Error{Stage: "request", Addr: p.o.Addr, Err: errURL}
	}
	ctx, cancel := context.WithCancel(ctx)
	r := p.request2(q).WithContext(ctx)
	limit := newClock(cancel)
	guard, _ := r.Body.(*guarded)
	if guard != nil {
		guard.moved = func(err error) { limit.moved(patienceOfUpload(timeoutOf(q), err)) }
	}
	limit.start(timeoutOf(q))
	got, err := p.http2().RoundTrip(r)
	slow := limit.stop()
	if err != nil {
		cancel()
		guard.detach(q.Interrupt)
		if slow {
			err = errSlow{}
		}
		return nil, p.failed2(err)
	}
	p.h2.answered()
	resp.Status, resp.Reason = got.StatusCode, ""
	for name, values := range got.Header {
		if IsHopByHop(name) {
			continue
		}
		for _, v := range values {
			resp.Header.Add(name, v)
		}
	}
	body := &body2{ReadCloser: got.Body, cancel: cancel, detach: func() { guard.detach(q.Interrupt) },
		clock: limit, patience: patienceFor(q, resp, got.ContentLength)}
	limit.goesOn = body.goesOn
	resp.Body.SetStream(body, got.ContentLength)
	return func() http.Header { return got.Trailer }, nil
}

// failed2 is the error of an exchange, with what a fresh connection's handshake says of it.
func (p *Pool) failed2(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		if errors.Is(err, ErrNoHTTP2) {
			p.h2.forget()
		}
		return own
	}
	own = &Error{Stage: "request", Addr: p.o.Addr, Err: err}
	w, ended := p.h2.ended(err)
	if w != nil {
		own.Err, own.Handshake = ended, w.refused(p, ended)
	}
	return own
}

func (p *Pool) request2(q *Request) *http.Request {
	target := q.Base + q.Target
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	scheme := "https"
	if p.o.TLS == nil {
		scheme = "http"
	}
	r := &http.Request{Method: q.Method, Host: q.Host, Proto: "HTTP/2.0", ProtoMajor: 2, Header: http.Header{},
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
		r.Body, r.ContentLength, r.Trailer = &guarded{r: q.Body.Stream}, q.Body.Length, q.Trailer
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
	clock  *clock
	patience
}

func (b *body2) Read(p []byte) (int, error) {
	b.clock.start(b.quiet)
	n, err := b.ReadCloser.Read(p)
	if late := b.clock.stop(); late && err != nil {
		err = stalled{b.quiet}
	}
	if err != nil && err != io.EOF && b.client != nil {
		b.client.CutOff(err)
	}
	return n, err
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
	moved func(error) // called with each piece; nil: nobody is interested
}

func (g *guarded) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.r == nil {
		return 0, ErrClient
	}
	n, err := g.r.Read(p)
	if g.moved != nil {
		g.moved(err)
	}
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
