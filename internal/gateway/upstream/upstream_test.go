package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/policy"
)

// script is a backend that plays one list of replies for each connection.
type script struct {
	t     *testing.T
	conns [][]string // reply to each request of a connection; after the last it closes
	l     net.Listener
	seen  chan string
}

func newScript(t *testing.T, conns ...[]string) *script {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, conns: conns, l: l, seen: make(chan string, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for _, replies := range conns {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.play(c, replies)
		}
	}()
	return s
}

func (s *script) play(c net.Conn, replies []string) {
	defer c.Close()
	r := bufio.NewReader(c)
	for _, reply := range replies {
		var head strings.Builder
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
			if line == "\r\n" {
				break
			}
		}
		s.seen <- head.String()
		io.WriteString(c, reply)
	}
}

func (s *script) pool() *Pool {
	return NewPool(Options{Addr: s.l.Addr().String(), Dial: (&net.Dialer{}).DialContext})
}

func do(p *Pool, method string) (*policy.Response, string, error) {
	var resp policy.Response
	var b Buffers
	q := &Request{Method: method, Target: "/x", Host: "h", Body: &policy.Body{}, Buffered: true,
		Fields: []policy.Field{{Name: "Connection", Value: "close"}, {Name: "X-A", Value: "1"}, {Name: "x-forwarded-for", Value: "10.0.0.1"}}, ForwardedFor: "192.0.2.1"}
	_, err := p.Do(context.Background(), q, &resp, &b)
	if err != nil {
		return &resp, "", err
	}
	body := resp.Body.Data
	if resp.Body.Stream != nil {
		var data []byte
		data, err = io.ReadAll(resp.Body.Stream)
		body = string(data)
	}
	return &resp, body, err
}

func TestResponses(t *testing.T) {
	long := strings.Repeat("y", 0x3000)
	for _, c := range []struct {
		method, reply, body string
		status              int
		keeps               bool
	}{
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", 200, true},
		{"GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", 200, true},
		{"GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "", 204, true},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2 \r\nde\r\n0\r\nTrailer: x\r\n\r\n", "abcde", 200, true},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3000\r\n" + long + "\r\n0\r\n\r\n", long, 200, true},
		{"GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end", 200, false},
		{"GET", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na", "a", 200, false},
		{"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a", 200, false},
		{"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", "a", 200, true},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "", 200, true},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "", 304, true},
		{"GET", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", "a", 200, true},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", "a", 200, false},
	} {
		s := newScript(t, []string{c.reply, c.reply})
		if !c.keeps {
			s = newScript(t, []string{c.reply})
		}
		p := s.pool()
		resp, body, err := do(p, c.method)
		if err != nil || resp.Status != c.status || body != c.body {
			t.Errorf("%.60q: %d %.60q %v", c.reply, resp.Status, body, err)
		}
		if kept := p.Idle() == 1; kept != c.keeps {
			t.Errorf("%.60q: the connection is kept: %v", c.reply, kept)
		}
	}
}

func TestRequestOnTheWire(t *testing.T) {
	s := newScript(t, []string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"})
	if _, _, err := do(s.pool(), "POST"); err != nil {
		t.Fatal(err)
	}
	if got, want := <-s.seen, "POST /x HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.1\r\nContent-Length: 0\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestStaleConnection: the backend closed a kept connection. GET is sent again by itself;
// POST goes to a new connection because the old one is looked at first.
func TestStaleConnection(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
	for _, method := range []string{"GET", "POST"} {
		s := newScript(t, []string{ok}, []string{ok})
		p := s.pool()
		if _, _, err := do(p, method); err != nil {
			t.Fatal(err)
		}
		waitClosed(t, p)
		if _, body, err := do(p, method); err != nil || body != "a" {
			t.Errorf("%s on a stale connection: %q %v", method, body, err)
		}
	}
}

// waitClosed waits until the end of the idle connection has arrived here.
func waitClosed(t *testing.T, p *Pool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for p.idle[0].alive() {
		if time.Now().After(deadline) {
			t.Fatal("the connection stays alive")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestLateClose: closing a body that was read to its end does not reach the exchange that
// has the connection now.
func TestLateClose(t *testing.T) {
	long := "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + strings.Repeat("x", 40000)
	s := newScript(t, []string{long, long})
	p := s.pool()
	ask := func(b *Buffers) *policy.Response {
		resp := &policy.Response{}
		if _, err := p.Do(context.Background(), &Request{Method: "GET", Target: "/", Host: "h", Body: &policy.Body{}}, resp, b); err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := ask(&Buffers{})
	if n, err := io.Copy(io.Discard, first.Body.Stream); n != 40000 || err != nil {
		t.Fatal(n, err)
	}
	second := ask(&Buffers{})
	first.Body.Discard()
	if n, err := io.Copy(io.Discard, second.Body.Stream); n != 40000 || err != nil || p.Idle() != 1 {
		t.Errorf("the second body: %d bytes, %v, %d idle", n, err, p.Idle())
	}
}

// TestNoRetryAfterAnswer: a request that the backend began to answer is not sent twice.
func TestNoRetryAfterAnswer(t *testing.T) {
	s := newScript(t, []string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2"}, []string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"})
	p := s.pool()
	if _, _, err := do(p, "GET"); err != nil {
		t.Fatal(err)
	}
	_, _, err := do(p, "GET")
	var up *Error
	if !errors.As(err, &up) || up.Stage != "response" || len(s.seen) != 2 {
		t.Errorf("%v, %d requests", err, len(s.seen))
	}
}

func TestTimeout(t *testing.T) {
	s := newScript(t, []string{"", ""})
	p := s.pool()
	_, err := p.Do(context.Background(), &Request{Method: "GET", Host: "h", Target: "/", Body: &policy.Body{}, Timeout: 20 * time.Millisecond}, &policy.Response{}, &Buffers{})
	var up *Error
	if !errors.As(err, &up) || !up.Timeout() {
		t.Errorf("%v", err)
	}
}

func TestCancel(t *testing.T) {
	s := newScript(t, []string{"", ""})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-s.seen; cancel() }()
	if _, err := s.pool().Do(ctx, &Request{Method: "GET", Host: "h", Target: "/", Body: &policy.Body{}}, &policy.Response{}, &Buffers{}); err == nil {
		t.Error("a cancelled request succeeded")
	}
}

func TestRetire(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	s := newScript(t, []string{ok, ok}, []string{ok, ok})
	p := s.pool()
	if _, _, err := do(p, "GET"); err != nil {
		t.Fatal(err)
	}
	p.Retire()
	if _, _, err := do(p, "GET"); err != nil || p.Idle() != 0 {
		t.Errorf("after Retire: %v, %d idle", err, p.Idle())
	}
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), false)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), true)
	f.Add([]byte("HTTP/1.1 100 C\r\n\r\nHTTP/1.0 204 N\nA: b\n\n"), false)
	f.Fuzz(func(t *testing.T, wire []byte, buffered bool) {
		c := newConn(NewPool(Options{}), &memory{data: wire}, nil)
		c.keep = true
		var resp policy.Response
		_, err := c.receive(&Request{Method: "GET", Buffered: buffered}, &resp, &Buffers{})
		if err != nil {
			return
		}
		if resp.Body.Stream != nil {
			_, _ = io.Copy(io.Discard, resp.Body.Stream)
			resp.Body.Discard()
		}
		for _, x := range resp.Header.Fields() {
			if strings.ContainsAny(x.Name+x.Value, "\r\n\x00") {
				t.Fatalf("%q got through", x)
			}
		}
	})
}

// FuzzHead: a head that comes in one piece ends where one that comes byte by byte does.
func FuzzHead(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\n\n", "HTTP/1.1 200 OK\nA: b\n\nx\r\n\r\n", "\r\n\r\n", "\n\n\r\n", "a\n\r\r\n\r\n", "a\r\n\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		var heads [2]string
		var errs [2]error
		for i, most := range []int{0, 1} {
			c, b := newConn(NewPool(Options{}), &memory{data: wire, most: most}, nil), Buffers{}
			errs[i] = c.readHead(&b)
			heads[i] = string(b.head)
		}
		if heads[0] != heads[1] || errs[0] != errs[1] {
			t.Errorf("in one piece %q (%v), byte by byte %q (%v)", heads[0], errs[0], heads[1], errs[1])
		}
	})
}

// memory is a connection that gives fixed bytes, most at a time (0: all).
type memory struct {
	net.Conn
	data []byte
	most int
}

func (m *memory) Read(p []byte) (int, error) {
	if len(m.data) == 0 {
		return 0, io.EOF
	}
	if m.most > 0 {
		p = p[:min(len(p), m.most)]
	}
	n := copy(p, m.data)
	m.data = m.data[n:]
	return n, nil
}
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }
func (m *memory) Close() error                     { return nil }
