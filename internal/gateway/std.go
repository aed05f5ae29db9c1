package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
)

// ServeHTTP serves a request of net/http: HTTP/2, and connections without the name of a gateway.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.running.Add(1)
	defer g.running.Done()
	c := g.acquire(g.o.Now())
	defer g.release(c)
	c.Context = r.Context()
	if err := c.fromStd(w, r); err != nil {
		c.answer(http.StatusBadRequest, "The request is malformed: "+err.Error()+".")
	} else {
		c.serve()
	}
	c.finish()
	c.toStd(w, r)
}

// fromStd fills Request from net/http's.
func (c *call) fromStd(w http.ResponseWriter, r *http.Request) error {
	q := &c.Request
	q.Method, q.Scheme, q.Host = r.Method, "https", r.Host
	if !isMethod(q.Method) {
		return errors.New("its method is not allowed")
	}
	uri := r.RequestURI
	if uri == "" {
		uri = r.URL.RequestURI()
	}
	if err := c.setURI(uri); err != nil {
		return err
	}
	for name, values := range r.Header {
		for _, v := range values {
			q.Header.Add(name, v)
		}
	}
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		q.Remote, c.client = a, a.Addr().Unmap().String()
	}
	if r.TLS != nil {
		c.secure = secureOf(r.TLS)
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		q.Certificate, q.Chain = r.TLS.PeerCertificates[0], r.TLS.PeerCertificates[1:]
	}
	f := fields{upgrade: policy.HasToken(r.Header.Get("Connection"), "upgrade"), to: r.Header.Get("Upgrade"), length: r.ContentLength}
	c.upgrade = r.ProtoMajor == 1 && f.upgrades() && r.ContentLength == 0
	c.sentTrailers = r.Trailer
	if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
		b := &stdBody{r: r.Body, control: http.NewResponseController(w), timeout: c.g.timeouts.Load().BodyTimeout}
		c.interrupt = b.interrupt
		q.Body.SetStream(b, r.ContentLength)
	}
	return nil
}

// stdBody is a request's body whose client has BodyTimeout for each piece.
type stdBody struct {
	r           io.Reader
	control     *http.ResponseController
	timeout     time.Duration
	deadline    time.Time // that is set
	interrupted atomic.Bool
}

func (b *stdBody) Read(p []byte) (int, error) {
	if now := time.Now(); b.timeout > 0 && b.deadline.Sub(now) < b.timeout && !b.interrupted.Load() {
		b.deadline = now.Add(b.timeout + b.timeout/8)
		_ = b.control.SetReadDeadline(b.deadline) // not every writer can
		if b.interrupted.Load() {
			b.interrupt() // it came between
		}
	}
	return b.r.Read(p)
}

// interrupt ends a pending read.
func (b *stdBody) interrupt() {
	b.interrupted.Store(true)
	_ = b.control.SetReadDeadline(time.Unix(1, 0)) // not every writer can
}

// toStd writes Response. A stream is flushed piece by piece when its length is unknown,
// so that events reach the client as they come.
func (c *call) toStd(w http.ResponseWriter, r *http.Request) {
	if c.upgraded != nil {
		c.upgradeStd(w)
		return
	}
	h := w.Header()
	for _, f := range c.Response.Header.Fields() {
		if !upstream.IsHopByHop(f.Name) || r.Method == http.MethodHead && strings.EqualFold(f.Name, "Content-Length") {
			h.Add(strings.Clone(f.Name), strings.Clone(f.Value))
		}
	}
	body := &c.Response.Body
	out := newPaced(w, c.g.timeouts.Load().BodyTimeout)
	if body.Stream == nil {
		if r.Method != http.MethodHead && c.Response.Status >= 200 && c.Response.Status != 204 && c.Response.Status != 304 {
			h.Set("Content-Length", strconv.Itoa(len(body.Data)))
		}
		w.WriteHeader(c.Response.Status)
		_, _ = io.WriteString(out, body.Data) // the client may have gone
		return
	}
	if body.Length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(body.Length, 10))
	}
	w.WriteHeader(c.Response.Status)
	if body.Length < 0 {
		_ = http.NewResponseController(w).Flush() // the first piece may be long in coming
	}
	if err := copyFlushing(out, body.Stream, body.Length < 0); err != nil {
		panic(http.ErrAbortHandler) // the client must see that the response is cut off
	}
	if c.target != nil {
		c.trailStd(h)
	}
}

// paced is a response whose client has a time for each piece: over HTTP/2 it may grant no window for more.
type paced struct {
	w       io.Writer
	control *http.ResponseController
	timeout time.Duration
	slow    *time.Timer // ends a write that waits
}

func newPaced(w http.ResponseWriter, timeout time.Duration) *paced {
	p := &paced{w: w, control: http.NewResponseController(w), timeout: timeout}
	if timeout > 0 {
		p.slow = time.AfterFunc(timeout, func() { _ = p.control.SetWriteDeadline(time.Unix(1, 0)) }) // not every writer can
		p.slow.Stop()
	}
	return p
}

func (p *paced) begin() {
	if p.slow != nil {
		p.slow.Reset(p.timeout)
	}
}

func (p *paced) end() {
	if p.slow != nil {
		p.slow.Stop()
	}
}

func (p *paced) Write(b []byte) (int, error) {
	p.begin()
	defer p.end()
	return p.w.Write(b)
}

func (p *paced) flush() error {
	p.begin()
	defer p.end()
	return p.control.Flush()
}

func copyFlushing(w *paced, r io.Reader, flush bool) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return werr
			}
			if flush {
				if ferr := w.flush(); ferr != nil {
					return ferr
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// upgradeStd writes the backend's 101 on the bare connection and carries bytes both ways.
func (c *call) upgradeStd(w http.ResponseWriter) {
	up := c.upgraded
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = up.Close()
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + c.Request.Header.Get("Upgrade") + "\r\n")
	for _, f := range c.Response.Header.Fields() {
		rw.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	rw.WriteString("\r\n")
	if err := rw.Flush(); err != nil {
		_ = up.Close()
		_ = conn.Close()
		return
	}
	c.g.splice(up, bufferedConn{conn, rw})
}

// bufferedConn reads what net/http has read ahead first.
type bufferedConn struct {
	net.Conn
	r io.Reader
}

func (b bufferedConn) Read(p []byte) (int, error) { return b.r.Read(p) }
