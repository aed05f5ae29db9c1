package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"gatehouse/internal/policy"
)

// Request is what goes on the wire.
type Request struct {
	Method string
	Base   string // path of the backend's URL, without "/" at its end
	Target string // path after it
	Query  string // without "?"
	Host   string
	Fields []policy.Field // hop-by-hop and framing fields are left out
	Extra  []policy.Field // sent in place of fields of the same name
	Body   *policy.Body

	ForwardedFor string // the client's address, added to X-Forwarded-For
	Upgrade      bool   // ask for the protocol that the client asked for

	Trailer  http.Header   // names of fields after a streamed Body; the values are there when it has ended. nil: none
	Continue time.Duration // a streamed Body waits for 100 Continue this long; 0: it does not

	Timeout  time.Duration // for the response's head; 0: DefaultTimeout
	Quiet    time.Duration // between two pieces of a body, see patience.go; 0: DefaultQuiet
	Client   Client        // asked and told while the response's body streams; nil: nobody
	Buffered bool          // collect up to 8 KiB of a chunked response before it goes on

	// Interrupt ends a pending read of Body; used when the backend answers and closes
	// before it has read all.
	Interrupt func()
}

// Buffers are the memory of one exchange: Response's fields and small bodies point into
// it, and a streamed body is part of it. They may be used for another exchange when
// nothing of the response is needed any more.
type Buffers struct {
	head, data []byte
	body       body
	declared   string // the Trailer field
}

// conn is one connection to a backend.
type conn struct {
	net.Conn // TLS or plain
	raw      net.Conn
	pool     *Pool
	r        *bufio.Reader
	w        *bufio.Writer
	used     time.Time
	deadline time.Time // that is set on the connection; zero: not known
	reused   bool
	streamed bool       // a body of this exchange came or went in pieces
	started  bool       // a byte of the response has come
	keep     bool       // may be used again after this exchange
	sent     chan error // the end of a body that is sent beside reading the response; nil: none
	stop     func() bool
	cutOff   func() // ends a pending read of the request's body
	closed   atomic.Bool
	witness  *witness // of its handshake; nil without TLS
}

const (
	readBuffer  = 16 << 10
	writeBuffer = 8 << 10
)

func newConn(p *Pool, c, raw net.Conn) *conn {
	p.open.Add(1)
	return &conn{Conn: c, raw: raw, pool: p, r: bufio.NewReaderSize(c, readBuffer), w: bufio.NewWriterSize(c, writeBuffer)}
}

func (c *conn) close() {
	if c.closed.CompareAndSwap(false, true) {
		c.pool.open.Add(-1)
	}
	_ = c.Conn.Close() // there is nobody to tell
}

// release ends the exchange.
func (c *conn) release() {
	if c.stop != nil && !c.stop() {
		c.keep = false // the context ended: its function closes the connection
	}
	c.stop = nil
	if c.sent != nil {
		// The backend answered before it had the whole request.
		c.keep = false
		_ = c.endSending()
	}
	c.cutOff = nil
	if !c.keep || c.r.Buffered() > 0 {
		c.close()
		return
	}
	if c.streamed {
		c.used, c.deadline = time.Now(), time.Time{} // both may be long ago
	}
	c.reused = true
	c.pool.put(c)
}

// endSending makes a request's body that is still being sent end, and waits for that.
func (c *conn) endSending() error {
	if c.cutOff != nil {
		c.cutOff()
	}
	_ = c.Conn.SetWriteDeadline(time.Unix(1, 0))
	err := <-c.sent
	c.sent = nil
	return err
}

// alive reports whether an idle connection has neither been closed nor been sent
// anything that nobody asked for. It costs a system call, so it is used only where a
// retry is not possible.
func (c *conn) alive() bool {
	s, ok := c.raw.(syscall.Conn)
	if !ok || c.r.Buffered() > 0 {
		return c.r.Buffered() == 0
	}
	rc, err := s.SyscallConn()
	if err != nil {
		return false
	}
	alive := false
	var b [1]byte
	err = rc.Read(func(fd uintptr) bool {
		_, _, e := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = e == syscall.EAGAIN
		return true
	})
	return err == nil && alive
}

// Do sends q and fills resp. The response's body holds the connection until it is
// read or discarded. upgraded is set after 101 Switching Protocols.
func (p *Pool) Do(ctx context.Context, q *Request, resp *policy.Response, b *Buffers) (upgraded *Upgraded, err error) {
	if !isURL(q.Target) || !isURL(q.Query) || !isURL(q.Host) {
		return nil, &Error{Stage: "request", Addr: p.o.Addr, Err: errURL}
	}
	now := time.Now()
	replayable := q.Body.Stream == nil
	for {
		c := p.take(now)
		if c != nil && (!replayable || !isIdempotent(q.Method)) && !c.alive() {
			c.close()
			continue
		}
		if c == nil {
			if c, err = p.dial(ctx, timeoutOf(q)); err != nil {
				return nil, err
			}
			now = time.Now()
		}
		upgraded, err = c.exchange(ctx, now, q, resp, b)
		if err == nil {
			return upgraded, nil
		}
		// RFC 9110 section 9.2.2 and 9112 section 9.3.1: a kept connection may have been
		// closed by the backend while we wrote; a request that it has not begun to answer
		// is sent again when it is idempotent and its body is still at hand.
		if !c.reused || c.started || !replayable || !isIdempotent(q.Method) || ctx.Err() != nil || isTimeout(err) {
			return nil, err
		}
	}
}

var errURL = errors.New("the URL holds a character that is not allowed; is a parameter of rewrite-uri not escaped?")

// isURL reports whether s can stand in a request line: what a policy made of a URL must
// not end the line (RFC 9112 section 3.2).
func isURL(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func isIdempotent(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// exchange sends the request and reads the response's head; on an error the connection is closed.
func (c *conn) exchange(ctx context.Context, now time.Time, q *Request, resp *policy.Response, b *Buffers) (*Upgraded, error) {
	c.started, c.keep, c.streamed, c.sent, c.used = false, true, q.Body.Stream != nil, nil, now
	if ctx.Done() != nil {
		c.stop = context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
	}
	if err := c.arm(now, timeoutOf(q)); err != nil {
		return nil, c.abort("request", err)
	}
	if err := c.send(q); err != nil {
		return nil, c.abort("request", err)
	}
	if c.waits(q) {
		if done, err := c.awaitContinue(q, resp, b); err != nil {
			return nil, c.abort("response", err)
		} else if done {
			return nil, nil
		}
	}
	up, err := c.receive(q, resp, b)
	if err != nil {
		return nil, c.abort("response", err)
	}
	return up, nil
}

// arm gives what comes next d, or up to an eighth more: setting a deadline costs about as much
// as all parsing of a small exchange, so one that is good for many exchanges is set.
func (c *conn) arm(now time.Time, d time.Duration) error {
	if left := c.deadline.Sub(now); left >= d && left <= d+d/8 {
		return nil
	}
	c.deadline = now.Add(d + d/8)
	return c.Conn.SetDeadline(c.deadline)
}

func (c *conn) abort(stage string, err error) error {
	c.keep = false
	err = c.alert(err)
	if c.sent != nil {
		if sendErr := c.endSending(); errors.Is(sendErr, ErrClient) && isTimeout(err) {
			err = sendErr
		}
	}
	c.release()
	return &Error{Stage: stage, Addr: c.pool.o.Addr, Err: err, Handshake: c.refused(err)}
}

// send writes the request. A body that is not at hand is sent by a goroutine of its
// own, since a backend may answer before it has read all of it.
func (c *conn) send(q *Request) error {
	c.writeHead(q)
	c.cutOff = q.Interrupt
	if q.Body.Stream == nil {
		c.w.WriteString(q.Body.Data)
		return c.w.Flush()
	}
	if err := c.w.Flush(); err != nil {
		return err
	}
	if !c.waits(q) {
		c.startBody(q)
	}
	return nil
}

func (c *conn) startBody(q *Request) {
	sent := make(chan error, 1)
	c.sent = sent
	body, trailer, timeout, quiet := q.Body, q.Trailer, timeoutOf(q), quietOf(q)
	go func() {
		err := c.sendBody(body, trailer, timeout, quiet)
		switch {
		case err == nil:
			_ = c.Conn.SetReadDeadline(time.Now().Add(timeout))
		case errors.Is(err, ErrClient):
			_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // the request can't be completed
		default:
			_ = c.Conn.SetReadDeadline(time.Now().Add(answerGrace)) // its answer may be on the way
		}
		sent <- err
	}()
}

// ErrClient is in the chain of an error that came from reading the request's body.
var ErrClient = errors.New("the request's body can't be read")

// answerGrace is how long a backend that stopped reading a request may take to answer it.
const answerGrace = time.Second

func timeoutOf(q *Request) time.Duration {
	if q.Timeout == 0 {
		return DefaultTimeout
	}
	return q.Timeout
}

// sendBody writes a streamed body, chunked when its length is not known or trailers follow. The time for the
// response begins anew with each piece: an upload may take long while it moves. A backend that takes
// nothing for quiet ends it.
func (c *conn) sendBody(b *policy.Body, trailer http.Header, timeout, quiet time.Duration) error {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	chunked, left := b.Length < 0 || len(trailer) > 0, b.Length
	var until time.Time
	for chunked || left > 0 {
		piece := *buf
		if !chunked && int64(len(piece)) > left {
			piece = piece[:left]
		}
		n, err := b.Stream.Read(piece)
		if n > 0 {
			left -= int64(n)
			if now := time.Now(); until.Sub(now) < quiet {
				until = now.Add(quiet + quiet/8)
				_ = c.Conn.SetReadDeadline(until.Add(patienceOfUpload(timeout, nil))) // a connection that is gone says so when it is written
				_ = c.Conn.SetWriteDeadline(until)
			}
			if werr := c.writePiece(piece[:n], chunked); werr != nil {
				return werr
			}
		}
		if err == io.EOF && (chunked || left == 0) {
			break
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrClient, err)
		}
	}
	if chunked {
		c.w.WriteString("0\r\n")
		c.writeTrailer(trailer)
		c.w.WriteString("\r\n")
	}
	return c.w.Flush()
}

func (c *conn) writePiece(piece []byte, chunked bool) error {
	if chunked {
		c.writeHex(len(piece))
		c.w.WriteString("\r\n")
	}
	c.w.Write(piece)
	if chunked {
		c.w.WriteString("\r\n")
		return c.w.Flush() // the backend may be waiting for it
	}
	_, err := c.w.Write(nil)
	return err
}

func (c *conn) writeHex(n int) {
	c.w.Write(strconv.AppendInt(c.w.AvailableBuffer(), int64(n), 16))
}

// writeHead writes request line and fields; errors stay in the writer until Flush.
func (c *conn) writeHead(q *Request) {
	w := c.w
	w.WriteString(q.Method)
	w.WriteByte(' ')
	w.WriteString(q.Base)
	if !strings.HasPrefix(q.Target, "/") && q.Base == "" {
		w.WriteByte('/')
	}
	w.WriteString(q.Target)
	if q.Query != "" {
		w.WriteByte('?')
		w.WriteString(q.Query)
	}
	w.WriteString(" HTTP/1.1\r\nHost: ")
	w.WriteString(q.Host)
	w.WriteString("\r\n")
	trailers := false
	for i := range q.Fields {
		f := &q.Fields[i]
		if IsHopByHop(f.Name) || q.replaced(f.Name) {
			trailers = trailers || len(f.Name) == 2 && policy.HasToken(f.Value, "trailers") // TE
			continue
		}
		if q.ForwardedFor != "" && strings.EqualFold(f.Name, "X-Forwarded-For") {
			c.field("X-Forwarded-For", f.Value, ", ", q.ForwardedFor)
			q.ForwardedFor = ""
			continue
		}
		c.field(f.Name, f.Value)
	}
	for _, f := range q.Extra {
		c.field(f.Name, f.Value)
	}
	if q.ForwardedFor != "" {
		c.field("X-Forwarded-For", q.ForwardedFor)
	}
	if trailers && !q.Upgrade {
		c.field("Connection", "TE")
		c.field("TE", "trailers")
	}
	c.writeFraming(q)
	w.WriteString("\r\n")
}

func (q *Request) replaced(name string) bool {
	for i := range q.Extra {
		if strings.EqualFold(q.Extra[i].Name, name) {
			return true
		}
	}
	return false
}

func (c *conn) field(name string, values ...string) {
	c.w.WriteString(name)
	c.w.WriteString(": ")
	for _, v := range values {
		c.w.WriteString(v)
	}
	c.w.WriteString("\r\n")
}

func (c *conn) writeFraming(q *Request) {
	w := c.w
	if q.Upgrade {
		for i := range q.Fields {
			if strings.EqualFold(q.Fields[i].Name, "Upgrade") {
				c.field("Connection", "Upgrade")
				c.field("Upgrade", q.Fields[i].Value)
			}
		}
	}
	length := q.Body.Length
	if c.waits(q) {
		c.field("Expect", "100-continue")
	}
	switch {
	case q.Body.Stream != nil && (length < 0 || len(q.Trailer) > 0):
		w.WriteString("Transfer-Encoding: chunked\r\n")
		c.declareTrailer(q.Trailer)
		return
	case q.Body.Stream == nil:
		length = int64(len(q.Body.Data))
		// RFC 9110 section 8.6: no length is needed where the method gives a body no meaning.
		if length == 0 && q.Method != "POST" && q.Method != "PUT" && q.Method != "PATCH" {
			return
		}
	}
	w.WriteString("Content-Length: ")
	w.Write(strconv.AppendInt(w.AvailableBuffer(), length, 10))
	w.WriteString("\r\n")
}

// IsHopByHop reports whether a field belongs to one connection (RFC 9110 section
// 7.6.1) or to the framing, which this package writes itself. Fields that Connection
// names are taken away before.
func IsHopByHop(name string) bool { return hopByHop(name) != "" }

// hopByHop is the canonical name of such a field, "" for others.
func hopByHop(name string) string {
	switch len(name) {
	case 2:
		return oneOf(name, "TE", "")
	case 4:
		return oneOf(name, "Host", "")
	case 6:
		return oneOf(name, "Expect", "")
	case 7:
		return oneOf(name, "Upgrade", "Trailer")
	case 10:
		return oneOf(name, "Connection", "Keep-Alive")
	case 14:
		return oneOf(name, "Content-Length", "")
	case 16:
		return oneOf(name, "Proxy-Connection", "")
	case 17:
		return oneOf(name, "Transfer-Encoding", "")
	case 19:
		return oneOf(name, "Proxy-Authorization", "")
	}
	return ""
}

// oneOf is the one of a and b that name is in any case, "" for neither.
func oneOf(name, a, b string) string {
	switch {
	case strings.EqualFold(name, a):
		return a
	case b != "" && strings.EqualFold(name, b):
		return b
	}
	return ""
}
