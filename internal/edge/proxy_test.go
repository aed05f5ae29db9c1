package edge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// startProxy serves a proxy that sends our names to b's listener, on port 443.
func startProxy(t *testing.T, b *bench, change func(*ProxyOptions)) (addr string, p *Proxy) {
	t.Helper()
	o := ProxyOptions{
		Logger: slog.New(slog.DiscardHandler),
		Ours: func(host string, port int) (string, bool) {
			return b.addr, port == 443 && Reserved(host)
		},
	}
	if change != nil {
		change(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = NewProxy(o)
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String(), p
}

func TestProxyOurs(t *testing.T) {
	b := newBench(t, nil)
	addr, _ := startProxy(t, b, nil)
	client := proxied(b, addr)
	for host, want := range map[string]string{
		"management.azure.com": "management", "kv.vault.azure.net": "vault", "apim.azure-api.net": "engine",
	} {
		response, err := client.Get("https://" + host + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if !strings.HasPrefix(string(body), want) {
			t.Errorf("%s says %q, want %q", host, body, want)
		}
	}
}

func TestProxyTunnelsOthers(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "theirs") }))
	defer other.Close()
	addr, _ := startProxy(t, newBench(t, nil), nil)
	client := other.Client()
	client.Transport.(*http.Transport).Proxy = proxied(newBench(t, nil), addr).Transport.(*http.Transport).Proxy
	response, err := client.Get(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != "theirs" {
		t.Fatalf("the other server says %q", body)
	}
}

func TestProxyRefuses(t *testing.T) {
	dialled := make(chan string, 1)
	addr, _ := startProxy(t, newBench(t, nil), func(o *ProxyOptions) {
		o.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			dialled <- addr
			return nil, fmt.Errorf("nobody listens")
		}
		o.HeaderTimeout = 200 * time.Millisecond
	})
	for name, c := range map[string]struct{ send, want string }{
		"our name on another port": {"CONNECT kv.vault.azure.net:8443 HTTP/1.1\r\nHost: x\r\n\r\n", "403 "},
		"in another spelling":      {"CONNECT KV.Vault.Azure.Net.:444 HTTP/1.1\r\nHost: x\r\n\r\n", "403 "},
		"plain http":               {"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "405 "},
		"no port":                  {"CONNECT example.com HTTP/1.1\r\nHost: x\r\n\r\n", "400 "},
		"port zero":                {"CONNECT example.com:0 HTTP/1.1\r\nHost: x\r\n\r\n", "400 "},
		"garbage":                  {"\x16\x03\x01\x00\x00\r\n\r\n", "400 "},
	} {
		if status := firstLine(t, addr, c.send); !strings.Contains(status, c.want) {
			t.Errorf("%s: %q, want %s", name, status, c.want)
		}
	}
	select {
	case addr := <-dialled:
		t.Fatalf("a refused request was dialled: %s", addr)
	default:
	}
	if status := firstLine(t, addr, "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.Contains(status, "502 ") {
		t.Errorf("an unreachable host: %q, want 502", status)
	}
	if status := firstLine(t, addr, "CONNECT slow.exa"); strings.Contains(status, "200") {
		t.Errorf("half a header: %q", status)
	}
}

func firstLine(t *testing.T, addr, send string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(c, send)
	line, err := bufio.NewReader(c).ReadString('\n')
	if isTimeout(err) {
		t.Fatalf("%q: no answer and no end", send)
	}
	return line
}

func TestProxyLoopbackOnly(t *testing.T) {
	p := NewProxy(ProxyOptions{Ours: func(string, int) (string, bool) { return "", false }})
	for remote, want := range map[string]int{"192.0.2.7:1234": 403, "[2001:db8::1]:1": 403, "": 403, "127.0.0.1:1": 405, "[::1]:1": 405, "[::ffff:127.0.0.1]:1": 405} {
		r := httptest.NewRequest("GET", "http://example.com/", nil)
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %q: %d, want %d", remote, w.Code, want)
		}
	}
}

// echoServer sends back what it gets, and ends when its client's side has ended.
func echoServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
				_, _ = io.WriteString(c, "end")
			}()
		}
	}()
	return l.Addr().String()
}

// TestTunnel: bytes sent along with CONNECT arrive, and an end of one direction leaves the other open.
func TestTunnel(t *testing.T) {
	target := echoServer(t)
	addr, _ := startProxy(t, newBench(t, nil), nil)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\nearly ", target)
	r := bufio.NewReader(c)
	if line, _ := r.ReadString('\n'); !strings.Contains(line, "200") {
		t.Fatalf("CONNECT: %q", line)
	}
	_, _ = r.ReadString('\n')
	fmt.Fprint(c, "late ")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "early late end" || err != nil {
		t.Fatalf("through the tunnel: %q %v", got, err)
	}
}

func TestTunnelEnds(t *testing.T) {
	target := echoServer(t)
	open := func(addr string) *bufio.Reader {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", target)
		r := bufio.NewReader(c)
		if line, _ := r.ReadString('\n'); !strings.Contains(line, "200") {
			t.Fatalf("CONNECT: %q", line)
		}
		return r
	}
	t.Run("when idle", func(t *testing.T) {
		addr, _ := startProxy(t, newBench(t, nil), func(o *ProxyOptions) { o.IdleTimeout = 100 * time.Millisecond })
		if _, err := io.ReadAll(open(addr)); isTimeout(err) {
			t.Fatal("an idle tunnel was left open")
		}
	})
	t.Run("at shutdown", func(t *testing.T) {
		addr, p := startProxy(t, newBench(t, nil), nil)
		r := open(addr)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); isTimeout(err) {
			t.Fatal("a tunnel outlived its proxy")
		}
	})
}
