package upstream

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// body reads a response's body and frees the connection at its end. It belongs to the
// exchange, not to the connection, which may be another exchange's as soon as it is
// freed: a late Close must not reach that.
type body struct {
	c       *conn
	prefix  []byte // already read
	left    int64  // of the length or of the current chunk; -1: until the connection ends
	chunked bool
	first   bool // no chunk was read yet
	done    bool // the connection is free
	streams bool // failed is told to the client: it has a part of the body
	failed  error
	trailer http.Header // nil: none

	patience
}

func (b *body) reset(c *conn, f framing, p patience) {
	*b = body{c: c, left: f.length, chunked: f.chunked, first: true, patience: p}
	if f.chunked {
		b.left = 0
	}
}

// finish ends the exchange: the connection is free.
func (b *body) finish() {
	if !b.done {
		c := b.c
		b.done, b.c = true, nil
		c.release()
	}
}

// Close ends the exchange; a body that was not read to its end costs the connection.
func (b *body) Close() error {
	if !b.done {
		b.c.keep = false
		b.finish()
	}
	return nil
}

func (b *body) Read(p []byte) (int, error) {
	if len(b.prefix) > 0 {
		n := copy(p, b.prefix)
		b.prefix = b.prefix[n:]
		return n, nil
	}
	if b.failed != nil {
		return 0, b.failed
	}
	if b.done {
		return 0, io.EOF
	}
	n, err := b.read(p)
	if err == io.EOF {
		b.finish()
	} else if err != nil {
		b.fail(err)
		err = b.failed
	}
	return n, err
}

// fail ends the exchange before the body's end.
func (b *body) fail(err error) {
	if isTimeout(err) {
		err = stalled{b.quiet}
	}
	b.failed = err
	b.c.keep = false
	b.finish()
	if b.streams && b.client != nil {
		b.client.CutOff(err)
	}
}

// await waits for the next piece: when it returns without an error, the deadline for reading it is set.
func (b *body) await() error {
	if b.c.r.Buffered() > 0 {
		return nil
	}
	b.c.streamed = true
	_ = b.c.arm(time.Now(), b.quiet) // a connection that is gone says so when it is read
	if !b.endless {
		return nil
	}
	for {
		_, err := b.c.r.Peek(1)
		if err == nil || err == io.EOF {
			return b.c.arm(time.Now(), b.quiet) // for what is left of the piece
		}
		if !isTimeout(err) || !b.goesOn() {
			return err
		}
		if err = b.c.arm(time.Now(), b.quiet); err != nil {
			return err
		}
	}
}

func (b *body) read(p []byte) (int, error) {
	if b.chunked && b.left == 0 {
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	if err := b.await(); err != nil {
		return 0, err
	}
	n, err := b.c.r.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err == nil && b.left == 0 && !b.chunked {
			err = io.EOF
		}
	}
	return n, err
}

// nextChunk reads the line before a chunk; after the last one io.EOF.
func (b *body) nextChunk() error {
	if !b.first {
		if err := b.expectLineEnd(); err != nil {
			return err
		}
	}
	b.first = false
	line, err := b.line()
	if err != nil {
		return err
	}
	size, _, _ := bytes.Cut(line, []byte(";"))
	size = bytes.TrimRight(size, " \t")
	n, ok := parseHex(size)
	if !ok {
		return malformed("a chunk's size is not a number")
	}
	if n > 0 {
		b.left = n
		return nil
	}
	for total := 0; ; total += len(line) {
		if line, err = b.line(); err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if total > maxHead {
			return malformed("its trailers are longer than %d bytes", maxHead)
		}
		if err = b.trail(unsafeString(line)); err != nil {
			return err
		}
	}
}

func (b *body) expectLineEnd() error {
	line, err := b.line()
	if err == nil && len(line) > 0 {
		err = malformed("a chunk is longer than its size")
	}
	return err
}

func (b *body) line() ([]byte, error) {
	if err := b.await(); err != nil {
		return nil, err
	}
	line, err := b.c.r.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

func parseHex(s []byte) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 15 {
		return 0, false
	}
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, true
}

func formatLength(n int64) string { return strconv.FormatInt(n, 10) }

// WriteTo copies in pieces that fill TLS records.
func (b *body) WriteTo(w io.Writer) (total int64, err error) {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	for {
		n, err := b.Read(*buf)
		if n > 0 {
			m, werr := w.Write((*buf)[:n])
			total += int64(m)
			if werr != nil {
				return total, werr
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Upgraded is a connection that speaks another protocol after 101.
type Upgraded struct{ c *conn }

func (c *conn) upgrade() (*Upgraded, error) {
	if c.sent != nil {
		return nil, errors.New("the backend changed the protocol before it had the request")
	}
	return &Upgraded{c}, c.Conn.SetDeadline(time.Time{})
}

// Read, Write and Close are those of the backend's connection.
func (u *Upgraded) Read(p []byte) (int, error)  { return u.c.r.Read(p) }
func (u *Upgraded) Write(p []byte) (int, error) { return u.c.Conn.Write(p) }

// Close closes the connection.
func (u *Upgraded) Close() error {
	u.c.keep = false
	u.c.release()
	return nil
}

// Interrupt ends Splice from outside.
func (u *Upgraded) Interrupt() { u.c.close() }

// Splice carries bytes both ways until one side ends.
func (u *Upgraded) Splice(client net.Conn) {
	done := make(chan struct{}, 2)
	pipe := func(dst io.Writer, src io.Reader) {
		buf := copyBuffers.Get().(*[]byte)
		_, _ = io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, *buf) // either end may close at any time
		copyBuffers.Put(buf)
		done <- struct{}{}
	}
	go pipe(u, client)
	go pipe(client, u)
	<-done
	_ = u.Close()
	_ = client.Close()
	<-done
}
