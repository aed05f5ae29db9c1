package edge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestParentProxy: other names go out by the parent proxy, ours never.
func TestParentProxy(t *testing.T) {
	target := echoServer(t)
	var asked []string
	parent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	real := NewProxy(ProxyOptions{Ours: func(string, int) (string, bool) { return "", false },
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			asked = append(asked, addr)
			return (&net.Dialer{}).DialContext(ctx, network, target) // whatever the name
		}})
	authorised := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNz" {
			http.Error(w, "who are you", http.StatusProxyAuthRequired)
			return
		}
		real.ServeHTTP(w, r)
	})}
	go func() { _ = authorised.Serve(parent) }()
	t.Cleanup(func() { authorised.Close() })

	b := newBench(t, nil)
	by := func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		addr, _ := startProxy(t, b, func(o *ProxyOptions) { o.Parent = func(*url.URL) (*url.URL, error) { return u, nil } })
		return addr
	}
	through := by("http://user:pass@" + parent.Addr().String())
	c, err := net.Dial("tcp", through)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "CONNECT pypi.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\nhello ")
	r := bufio.NewReader(c)
	if line, _ := r.ReadString('\n'); !strings.Contains(line, "200") {
		t.Fatalf("CONNECT: %q", line)
	}
	_, _ = r.ReadString('\n')
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "hello end" || err != nil {
		t.Fatalf("through both: %q %v", got, err)
	}
	if strings.Join(asked, " ") != "pypi.example.com:443" {
		t.Fatalf("the parent was asked for %q", asked)
	}
	response, err := proxied(b, through).Get("https://kv.vault.azure.net/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if len(asked) != 1 {
		t.Fatalf("the parent was asked for a name of ours: %q", asked)
	}
	for text, want := range map[string]string{
		"http://" + parent.Addr().String(): "502 ",
		"socks5://127.0.0.1:1":             "502 ",
	} {
		if status := firstLine(t, by(text), "CONNECT pypi.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.Contains(status, want) {
			t.Errorf("by %s: %q, want %s", text, status, want)
		}
	}
}
