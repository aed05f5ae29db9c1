package gateway

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/valyala/fasthttp"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
)

// Limits and timeouts of clients.
const (
	maxHeader  = 16 << 10
	smallBody  = 8 << 10  // a request body up to this is read before anything is done
	drainBody  = 64 << 10 // a body that nobody wants is read up to this, to keep the connection
	drainTime  = time.Second
	maxOldBody = 4 << 20 // a body of unknown length for an HTTP/1.0 client
)

// newServer is the HTTP/1.1 engine.
func (g *Gateway) newServer() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                       g.fastHandler,
		StreamRequestBody:             true,
		MaxRequestBodySize:            math.MaxInt,
		DisablePreParseMultipartForm:  true,
		DisableHeaderNamesNormalizing: true,
		NoDefaultServerHeader:         true,
		NoDefaultContentType:          true,
		SecureErrorLogMessage:         true,
		ReadBufferSize:                maxHeader,
		WriteBufferSize:               8 << 10,
		ConnState:                     g.connState,
		Logger:                        discard{},
		ErrorHandler:                  fastError,
		ExpectHandler:                 g.expect,
	}
}

type discard struct{}

func (discard) Printf(string, ...any) {}

// fastError answers a request that fasthttp could not read.
func fastError(ctx *fasthttp.RequestCtx, err error) {
	status, message := http.StatusBadRequest, "The request is malformed."
	var small *fasthttp.ErrSmallBuffer
	var netErr net.Error
	switch {
	case errors.As(err, &small):
		status, message = http.StatusRequestHeaderFieldsTooLarge, "The request's header is too large."
	case errors.As(err, &netErr) && netErr.Timeout():
		status, message = http.StatusRequestTimeout, "The request did not arrive in time."
	}
	ex := policy.Exchange{LastError: policy.Error{Status: status, Message: message}}
	policy.DefaultAnswer(&ex)
	writeFast(ctx, &ex.Response)
	ctx.SetConnectionClose()
}

// ServeConn serves HTTP/1.1 on a connection whose TLS handshake is done, and closes it.
func (g *Gateway) ServeConn(c net.Conn) error {
	if g.closing.Load() {
		return c.Close()
	}
	cc := newClientConn(c, g.timeouts.Load(), &g.peers)
	g.conns.add(cc)
	defer g.conns.remove(cc)
	err := g.fast.ServeConn(cc)
	cc.endUpgrade()
	return err
}

// expect answers Expect: 100-continue: the body is asked for only when the request is for an
// operation that its subscription opens.
func (g *Gateway) expect(ctx *fasthttp.RequestCtx) int {
	cc, ok := ctx.Conn().(*clientConn)
	if !ok {
		return http.StatusInternalServerError
	}
	c := g.take(ctx, cc, g.o.Now())
	if err := c.fromFast(ctx, cc); err != nil {
		c.answer(http.StatusBadRequest, "The request is malformed: "+err.Error()+".")
	} else if c.expected() {
		g.ended(cc) // the handler begins anew, with the body
		return http.StatusContinue
	}
	c.finish()
	c.toFast(ctx, cc)
	cc.linger = true
	return c.Response.Status
}

// take makes the call of a request.
func (g *Gateway) take(ctx *fasthttp.RequestCtx, cc *clientConn, begun time.Time) *call {
	c := g.acquire(begun)
	cc.call, cc.phase = c, readBody
	cc.use.Store(serving)
	c.conn, c.client, c.Request.Remote, c.secure = cc, cc.client, cc.remote, cc.secure
	if p := cc.peer; p != nil {
		c.Request.Certificate, c.Request.Chain, c.Request.Shown = p.leaf, p.chain, p.shown
	}
	return c
}

func (g *Gateway) fastHandler(ctx *fasthttp.RequestCtx) {
	cc, ok := ctx.Conn().(*clientConn)
	if !ok {
		ctx.Error("", http.StatusInternalServerError) // ServeConn is the only way in
		return
	}
	defer func() {
		if p := recover(); p != nil {
			g.o.Logger.Error("gateway: panic outside of a request's program", "panic", fmt.Sprint(p))
			ctx.Error("", http.StatusInternalServerError)
			ctx.SetConnectionClose()
		}
	}()
	begun := ctx.Time() // read by fasthttp just now: a clock costs as much as a small policy
	if !g.wallClock {
		begun = g.o.Now()
	}
	c := g.take(ctx, cc, begun)
	if err := c.fromFast(ctx, cc); err != nil {
		c.answer(http.StatusBadRequest, "The request is malformed: "+err.Error()+".")
		ctx.SetConnectionClose()
	} else {
		c.serve()
	}
	if now := c.finish(); g.wallClock && c.Response.Body.Stream == nil {
		cc.now = now // its one write follows at once
	}
	c.toFast(ctx, cc)
	if g.closing.Load() {
		ctx.SetConnectionClose()
	}
}

// fromFast fills Request from what fasthttp read. Names and values point into its buffers.
func (c *call) fromFast(ctx *fasthttp.RequestCtx, cc *clientConn) error {
	h := &ctx.Request.Header
	r := &c.Request
	r.Method, r.Scheme = unsafeString(h.Method()), "https"
	if !isMethod(r.Method) {
		return errors.New("its method is not a token")
	}
	if err := c.setURI(unsafeString(h.RequestURI())); err != nil {
		return err
	}
	f, err := readFields(unsafeString(h.RawHeaders()), &r.Header)
	if err != nil {
		return err
	}
	if f.hosts > 1 || f.hosts == 0 && h.IsHTTP11() || f.host == "" && h.IsHTTP11() {
		return errors.New("it needs one Host")
	}
	if f.chunked && !h.IsHTTP11() {
		return errors.New("HTTP/1.0 has no Transfer-Encoding")
	}
	r.Host = f.host
	if f.close {
		ctx.SetConnectionClose() // fasthttp sees it only when it stands alone
	}
	c.upgrade = f.upgrades() && h.IsHTTP11()
	c.interrupt = cc.interrupt
	return c.fastBody(ctx, cc, f)
}

// fastBody takes a small body at once and lets all else stream.
func (c *call) fastBody(ctx *fasthttp.RequestCtx, cc *clientConn, f fields) error {
	if !f.chunked && f.length <= 0 {
		return nil
	}
	b := &c.stream
	b.r, b.conn, b.length = ctx.RequestBodyStream(), cc, f.length
	if c.stream.r == nil {
		return nil
	}
	if f.chunked || f.length > smallBody {
		length := f.length
		if f.chunked {
			length = -1
			c.expectTrailers(&ctx.Request.Header, f.trailer)
		}
		c.Request.Body.SetStream(&c.stream, length)
		return nil
	}
	if cap(c.body) < smallBody {
		c.body = make([]byte, 0, smallBody)
	}
	c.body = c.body[:f.length]
	if _, err := io.ReadFull(&c.stream, c.body); err != nil {
		return errors.New("its body ends early")
	}
	c.stream.ended.Store(true)
	c.Request.Body.Set(unsafeString(c.body))
	return nil
}

// requestBody is a request's body on its way from the client.
type requestBody struct {
	r     io.Reader
	conn  *clientConn
	ended atomic.Bool // may be read while upstream still sends it

	length int64 // -1: not known

	trailers *sentTrailers // nil: none are announced
}

func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		if b.trailers != nil && !b.ended.Load() {
			b.trailers.take()
		}
		b.ended.Store(true)
	}
	return n, err
}

// drain reads the rest of a small body that nobody wanted, so that the connection can
// be kept; false when that would take long.
func (b *requestBody) drain(length int64) bool {
	if b.r == nil || b.ended.Load() {
		return true
	}
	if length < 0 || length > drainBody {
		return false
	}
	b.conn.phase = readFixed
	b.conn.set(time.Now().Add(drainTime))
	_, err := io.Copy(io.Discard, struct{ io.Reader }{b})
	return err == nil && b.ended.Load()
}

// toFast hands Response to fasthttp.
func (c *call) toFast(ctx *fasthttp.RequestCtx, cc *clientConn) {
	if c.upgraded != nil && c.Response.Status == http.StatusSwitchingProtocols {
		c.hijack(ctx, cc)
		return
	}
	if c.upgraded != nil {
		_ = c.upgraded.Close() // a policy answered otherwise
	}
	forwarded := c.target != nil // then the rest of the body may be long in coming
	if c.stream.r != nil && !c.stream.ended.Load() && (forwarded || !c.stream.drain(c.stream.length)) {
		ctx.SetConnectionClose()
		cc.linger = true
	}
	if !ctx.Request.Header.IsHTTP11() && c.Response.Body.Stream != nil && c.Response.Body.Length < 0 {
		c.collect(ctx)
	}
	if body := &c.Response.Body; body.Stream != nil && (body.Length < 0 || c.trailers != nil) && ctx.Request.Header.IsHTTP11() {
		c.trailFast(&ctx.Response.Header)
	}
	writeFast(ctx, &c.Response)
}

// collect reads a body of unknown length for a client that knows no chunks.
func (c *call) collect(ctx *fasthttp.RequestCtx) {
	data, err := readAll(c.Response.Body.Stream, maxOldBody)
	if err != nil {
		c.Response.Reset()
		c.answer(http.StatusBadGateway, "The response is too long for HTTP/1.0.")
		ctx.SetConnectionClose()
		return
	}
	c.Response.Body.Set(string(data))
}

// writeFast copies fields and hands the body over.
func writeFast(ctx *fasthttp.RequestCtx, r *policy.Response) {
	resp := &ctx.Response
	resp.SetStatusCode(r.Status)
	if r.Reason != "" && r.Reason != http.StatusText(r.Status) {
		resp.Header.SetStatusMessage(unsafeBytes(r.Reason))
	}
	for _, f := range r.Header.Fields() {
		if !upstream.IsHopByHop(f.Name) || ctx.IsHead() && strings.EqualFold(f.Name, "Content-Length") {
			resp.Header.AddBytesKV(unsafeBytes(f.Name), unsafeBytes(f.Value))
		}
	}
	if r.Body.Stream != nil {
		resp.ImmediateHeaderFlush = r.Body.Length < 0 // the first piece may be long in coming
		resp.SetBodyStream(r.Body.Stream, int(r.Body.Length))
		r.Body.Stream = nil // fasthttp closes it
		return
	}
	resp.SetBodyRaw(unsafeBytes(r.Body.Data))
}

// hijack sends the backend's 101 and carries bytes both ways.
func (c *call) hijack(ctx *fasthttp.RequestCtx, cc *clientConn) {
	up := c.upgraded
	c.upgraded = nil
	writeFast(ctx, &c.Response)
	ctx.Response.Header.Set("Connection", "Upgrade")
	ctx.Response.Header.Set("Upgrade", strings.Clone(c.Request.Header.Get("Upgrade")))
	g := c.g
	cc.upgrade, cc.spliced = up, make(chan struct{})
	ctx.Hijack(func(conn net.Conn) {
		defer close(cc.spliced)
		g.splice(up, takenConn{conn, cc})
	})
}

var errTooLong = policy.ErrTooLong

// readAll reads up to limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(struct{ io.Reader }{r}, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLong
	}
	return data, err
}

// unsafeString and unsafeBytes change the type without a copy; what they return lives
// as long as the buffer it points into and must not be changed.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func unsafeBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
