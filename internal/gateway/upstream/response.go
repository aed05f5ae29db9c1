package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unsafe"

	"gatehouse/internal/policy"
)

// Limits of what a backend may send.
const (
	maxHead          = 64 << 10
	maxFields        = 200
	maxInformational = 8
	eagerBody        = 32 << 10 // a body up to this is read at once, so that its connection is free early
	bufferedChunks   = 8 << 10  // forward-request's buffer-response
)

var errMalformed = errors.New("the backend's response is malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
}

// receive reads the response's head, and its body when that is small.
func (c *conn) receive(q *Request, resp *policy.Response, b *Buffers) (*Upgraded, error) {
	f, err := c.head(resp, b)
	for n := 0; err == nil && resp.Status >= 100 && resp.Status < 200 && resp.Status != 101; n++ {
		if n == maxInformational {
			return nil, malformed("more than %d informational responses", maxInformational)
		}
		f, err = c.head(resp, b)
	}
	if err != nil {
		return nil, err
	}
	if err := c.bodySent(); err != nil {
		return nil, err
	}
	if resp.Status == 101 {
		if !q.Upgrade {
			return nil, malformed("101 Switching Protocols without a request for it")
		}
		return c.upgrade()
	}
	c.keep = c.keep && !f.close
	return nil, c.setBody(q, resp, f, b)
}

// bodySent notes whether the request's body is already all sent.
func (c *conn) bodySent() error {
	if c.sent == nil {
		return nil
	}
	select {
	case err := <-c.sent:
		c.sent = nil
		if err != nil {
			c.keep = false // the backend answered without reading all; its answer stands
		}
	default:
	}
	return nil
}

// framing is what a head says of the message's body and connection.
type framing struct {
	length  int64 // -1: none given
	chunked bool
	close   bool
}

// head reads a status line and fields into resp; their text lies in b.
func (c *conn) head(resp *policy.Response, b *Buffers) (framing, error) {
	if err := c.readHead(b); err != nil {
		return framing{}, err
	}
	text := unsafeString(b.head)
	line, rest := cutLine(text)
	f := framing{length: -1}
	if err := parseStatus(line, resp, &f); err != nil {
		return f, err
	}
	resp.Header.Reset()
	b.declared = ""
	connection := ""
	for n := 0; rest != ""; n++ {
		if line, rest = cutLine(rest); line == "" {
			break
		}
		if n == maxFields {
			return f, malformed("more than %d fields", maxFields)
		}
		name, value, err := parseField(line)
		if err != nil {
			return f, err
		}
		if kind := hopByHop(name); kind != "" {
			if err := f.set(kind, value); err != nil {
				return f, err
			}
			switch kind {
			case "Connection":
				connection = value
			case "Trailer":
				b.declared = value
			}
			continue
		}
		resp.Header.Add(name, value)
	}
	dropNamed(&resp.Header, connection)
	return f, nil
}

// readHead reads to the empty line.
func (c *conn) readHead(b *Buffers) error {
	b.head = b.head[:0]
	if whole := c.wholeHead(); len(whole) > 0 {
		b.head = append(b.head, whole...)
		_, err := c.r.Discard(len(whole))
		return err
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if len(line) > 0 {
			c.started = true
		}
		b.head = append(b.head, line...)
		if len(b.head) > maxHead {
			return malformed("its head is longer than %d bytes", maxHead)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if len(line) <= 2 && (line[0] == '\n' || line[0] == '\r') && len(b.head) > len(line) && endsLine(b.head[:len(b.head)-len(line)]) {
			return nil
		}
	}
}

// wholeHead is a head that has come in one piece, as most do, and still lies in the reader; nil
// where it has not, or where its end is not "\r\n\r\n": then it is read line by line.
func (c *conn) wholeHead() []byte {
	if _, err := c.r.Peek(1); err != nil {
		return nil // reading line by line meets it again
	}
	c.started = true
	there, _ := c.r.Peek(c.r.Buffered()) // what is buffered can be peeked at
	end := bytes.Index(there, []byte("\n\r\n"))
	if end < 0 || there[0] == '\r' || bytes.Contains(there[:end+1], []byte("\n\n")) {
		return nil
	}
	return there[:end+len("\n\r\n")]
}

func endsLine(b []byte) bool { return b[len(b)-1] == '\n' }

// cutLine cuts at "\n" and takes "\r" away.
func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

func parseStatus(line string, resp *policy.Response, f *framing) error {
	if len(line) < 12 || line[:7] != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return malformed("the first line is not an HTTP/1.1 status line")
	}
	f.close = line[7] == '0'
	status := 0
	for _, d := range []byte(line[9:12]) {
		if d < '0' || d > '9' {
			return malformed("the status is not a number")
		}
		status = status*10 + int(d-'0')
	}
	if status < 100 {
		return malformed("the status is %d", status)
	}
	resp.Status, resp.Reason = status, ""
	if len(line) > 13 && policy.IsFieldValue(line[13:]) {
		resp.Reason = line[13:]
	}
	return nil
}

// parseField is RFC 9112 section 5: no space before the colon, no folded lines.
func parseField(line string) (name, value string, err error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return "", "", malformed("a header field without name")
	}
	if !policy.IsToken(name) {
		return "", "", malformed("a header field's name holds a character that is not allowed")
	}
	value = policy.TrimOWS(value)
	if !policy.IsFieldValue(value) {
		return "", "", malformed("the header field %s holds a control character", name)
	}
	return name, value, nil
}

func (f *framing) set(kind, value string) error {
	switch kind {
	case "Content-Length":
		n, ok := policy.ParseLength(value)
		if !ok || f.length >= 0 && f.length != n {
			return malformed("Content-Length is not one number")
		}
		f.length = n
	case "Transfer-Encoding":
		if f.chunked || !strings.EqualFold(value, "chunked") {
			return malformed("Transfer-Encoding is not chunked")
		}
		f.chunked = true
	case "Connection":
		f.close = f.close && !policy.HasToken(value, "keep-alive") || policy.HasToken(value, "close")
	}
	return nil
}

// dropNamed deletes the fields that a Connection field names.
func dropNamed(h *policy.Header, connection string) {
	for connection != "" {
		var name string
		name, connection, _ = strings.Cut(connection, ",")
		if name = strings.Trim(name, " \t"); name != "" && !IsHopByHop(name) {
			h.Delete(name)
		}
	}
}

// setBody gives the response its body, which ends the exchange when it is at hand.
func (c *conn) setBody(q *Request, resp *policy.Response, f framing, b *Buffers) error {
	length := f.length
	if f.chunked {
		length = -1
	}
	b.body.reset(c, f, patienceFor(q, resp, length))
	switch {
	case q.Method == "HEAD" || resp.Status == 204 || resp.Status == 304:
		if f.length >= 0 && resp.Status != 204 {
			resp.Header.Add("Content-Length", formatLength(f.length)) // what a GET would have
		}
		b.body.finish()
	case f.chunked && f.length >= 0:
		// RFC 9112 section 6.3: may be an attempt at smuggling.
		return malformed("both Content-Length and Transfer-Encoding")
	case !f.chunked && f.length >= 0 && f.length <= eagerBody:
		return c.eager(int(f.length), resp, b)
	case f.chunked && q.Buffered && !isEventStream(resp):
		return c.eager(bufferedChunks, resp, b)
	case f.chunked || f.length >= 0:
		b.body.streams = true
		resp.Body.SetStream(&b.body, f.length)
	default:
		c.keep, b.body.streams = false, true
		resp.Body.SetStream(&b.body, -1)
	}
	return nil
}

func isEventStream(resp *policy.Response) bool {
	const eventStream = "text/event-stream"
	t := resp.Header.Get("Content-Type")
	return len(t) >= len(eventStream) && strings.EqualFold(t[:len(eventStream)], eventStream)
}

// eager reads up to limit bytes; when the body has more, the rest stays a stream.
func (c *conn) eager(limit int, resp *policy.Response, b *Buffers) error {
	if cap(b.data) < limit {
		b.data = make([]byte, 0, max(limit, 4<<10))
	}
	b.data = b.data[:0]
	if limit == 0 {
		b.body.finish()
	}
	for len(b.data) < limit && !b.body.done {
		n, err := b.body.Read(b.data[len(b.data):limit])
		b.data = b.data[:len(b.data)+n]
		if err != nil && err != io.EOF {
			return err
		}
	}
	if b.body.done && b.body.trailer == nil {
		resp.Body.Set(unsafeString(b.data))
		return nil
	}
	b.body.prefix, b.body.streams = b.data, true
	resp.Body.SetStream(&b.body, -1)
	return nil
}

// unsafeString is b as a string without a copy: it lives as long as b stays unchanged.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
