package gateway_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	shakes "gatehouse/internal/handshake"
	"gatehouse/internal/snapshot"
)

// backendURL starts a backend over TLS, of localhost.
func (b *bench) backendURL(h2 bool, handler http.HandlerFunc) string {
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{*b.ca.issue(b.t, "backend", "localhost")}}
	s.EnableHTTP2 = h2
	s.StartTLS()
	b.t.Cleanup(s.Close)
	return "https://localhost" + s.Listener.Addr().String()[len("127.0.0.1"):]
}

// forwardingBy is forwarding with attributes of forward-request.
func forwardingBy(url, attributes string) *snapshot.Service {
	s := forwarding(url)
	s.APIs[0].Policy.Text = strings.Replace(s.APIs[0].Policy.Text, "<backend><base /></backend>", "<backend><forward-request "+attributes+" /></backend>", 1)
	return s
}

// TestHTTPVersions: what forward-request asks for, and what the backend then hears; trailers go both
// ways between all of them.
func TestHTTPVersions(t *testing.T) {
	b := newBench(t, echo)
	tell := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %s", r.Proto, len(body), r.Trailer.Get("X-Count"))
		if len(body) > 100 {
			io.WriteString(w, strings.Repeat(".", 50_000))
		}
		w.Header().Set("X-Sum", "42")
	}
	plain := httptest.NewUnstartedServer(http.HandlerFunc(tell))
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetHTTP1(true)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	t.Cleanup(plain.Close)
	both, old := b.backendURL(true, tell), b.backendURL(false, tell)
	for _, c := range []struct{ url, version, want string }{
		{both, "1", "HTTP/1.1"}, {both, "2or1", "HTTP/2.0"}, {both, "2", "HTTP/2.0"},
		{old, "1", "HTTP/1.1"}, {old, "2or1", "HTTP/1.1"}, {old, "2", ""},
		{plain.URL, "1", "HTTP/1.1"}, {plain.URL, "2or1", "HTTP/1.1"}, {plain.URL, "2", "HTTP/2.0"},
	} {
		b.apply(forwardingBy(c.url, `http-version="`+c.version+`"`))
		for _, e := range engines {
			for _, size := range []int{3, 100_000} {
				r, _ := http.NewRequest("POST", "https://"+clientHost+"/x", struct{ io.Reader }{bytes.NewReader(make([]byte, size))})
				r.Trailer = http.Header{"X-Count": {"7"}}
				resp, err := b.client(e, nil).Do(r)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				name := fmt.Sprintf("%s, %s of %s, %d bytes", e.name, c.version, c.want, size)
				if c.want == "" {
					if resp.StatusCode != 500 {
						t.Errorf("%s: %d %s", name, resp.StatusCode, got)
					}
					continue
				}
				if want := fmt.Sprintf("%s %d 7", c.want, size); err != nil || !strings.HasPrefix(string(got), want) || resp.Trailer.Get("X-Sum") != "42" {
					t.Errorf("%s: %.60s %v trailer %v header %v\n%s", name, got, err, resp.Trailer, resp.Header, b.logs)
				}
			}
		}
	}
	if !strings.Contains(b.logs.String(), "the backend does not speak HTTP/2") {
		t.Errorf("the log does not say what is missing:\n%s", b.logs)
	}
}

// TestForbiddenTrailers: what comes after a body is no header, and can't frame another message.
func TestForbiddenTrailers(t *testing.T) {
	var seen atomic.Int64
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "header=%q trailer=%q", r.Header.Get("X-A")+r.Header.Get("Authorization"), r.Trailer)
	})
	head := "POST /backend/a HTTP/1.1\r\nHost: " + clientHost + "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
	for text, want := range map[string]string{
		"Trailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n":                                   `header="" trailer=map["X-A":["1"]]`,
		"\r\n3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n":                                                   `header="" trailer=map[]`, // not announced
		"Trailer: Authorization, Content-Length, Host\r\n\r\n3\r\nabc\r\n0\r\n\r\n":             "",
		"X-A: h\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: t\r\n\r\n":                         `header="h" trailer=map["X-A":["t"]]`,
		"Trailer: x-a, x-b\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\nX-A: 2\r\n\r\n":                    `header="" trailer=map["X-A":["1" "2"] "X-B":[]]`,
		"\r\n3\r\nabc\r\n0\r\nContent-Length: 50\r\n\r\n":                                       "",
		"\r\n3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n":                               "",
		"Trailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n": "",
	} {
		got := b.raw(clientHost, head+text)
		if want == "" && strings.HasPrefix(got, "HTTP/1.1 200") || want != "" && !strings.HasSuffix(got, want) {
			t.Errorf("%.80q: %q, want %q", text, got, want)
		}
	}
}

// TestContinue: with continue-timeout a body that its client held back waits for the backend's word, too.
func TestContinue(t *testing.T) {
	b := newBench(t, echo)
	cert := tls.Config{Certificates: []tls.Certificate{*b.ca.issue(t, "backend", "localhost")}}
	const size = 20_000
	for _, c := range []struct {
		name  string
		serve func(net.Conn, *bufio.Reader, *http.Request)
		want  string
	}{
		{"goes on", func(c net.Conn, r *bufio.Reader, req *http.Request) {
			io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
			n, _ := io.Copy(io.Discard, req.Body)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n%d", n)
		}, "200 20000"},
		{"refuses", func(c net.Conn, r *bufio.Reader, _ *http.Request) {
			io.WriteString(c, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
			c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
			if _, err := r.ReadByte(); err == nil {
				t.Error("the body came all the same")
			}
		}, "417 no"},
		{"says nothing", func(net.Conn, *bufio.Reader, *http.Request) { <-t.Context().Done() }, "500 "},
	} {
		port := tlsListener(t, &cert, func(conn net.Conn) {
			r := bufio.NewReader(conn)
			if req, err := http.ReadRequest(r); err == nil {
				if req.Header.Get("Expect") != "100-continue" {
					t.Errorf("%s: Expect is %q", c.name, req.Header.Get("Expect"))
				}
				c.serve(conn, r, req)
			}
		})
		b.apply(forwardingBy("https://localhost:"+port, `continue-timeout="1"`))
		r, _ := http.NewRequest("PUT", "https://"+clientHost+"/x", bytes.NewReader(make([]byte, size)))
		r.Header.Set("Expect", "100-continue")
		begin := time.Now()
		resp, err := b.client(engines[0], nil).Do(r)
		if err != nil {
			t.Fatal(c.name, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := fmt.Sprint(resp.StatusCode, " ", string(body)); !strings.HasPrefix(got, c.want) || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %s after %v", c.name, got, time.Since(begin))
		}
	}
}

// TestHTTP2HandshakeIsExplained: a handshake for HTTP/2 that fails leaves the same record as one for HTTP/1.1.
func TestHTTP2HandshakeIsExplained(t *testing.T) {
	log := shakes.NewLog(8, nil)
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.Handshakes = log })
	for _, c := range []struct {
		name   string
		change func(*tls.Config)
		reason string
	}{
		{"another name", func(c *tls.Config) { c.Certificates = []tls.Certificate{*b.ca.issue(t, "other", "other.example.com")} }, "the backend's certificate 'CN=other' is for 'other.example.com' and not for 'localhost'"},
		{"no HTTP/2", func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }, "the backend does not speak HTTP/2"},
		{"a certificate required", func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, b.ca.pool }, "the backend (requires a client certificate, and none was presented|asked for a client certificate, none was presented, and it ended the connection without saying why); it accepts: 'CN=Contoso Test Root'"},
	} {
		words := regexp.MustCompile("^" + c.reason)
		cfg := &tls.Config{Certificates: []tls.Certificate{*b.ca.issue(t, "backend", "localhost")}, NextProtos: []string{"h2"}}
		c.change(cfg)
		port := tlsListener(t, cfg, func(conn net.Conn) { io.Copy(io.Discard, conn) })
		for _, version := range []string{"2", "2or1"} {
			if version == "2or1" && c.name == "no HTTP/2" {
				continue
			}
			b.apply(forwardingBy("https://localhost:"+port, `timeout="5" http-version="`+version+`"`))
			if resp, body := get(t, b.client(engines[0], nil), "/x"); resp.StatusCode != 500 {
				t.Errorf("%s: %d %s", c.name, resp.StatusCode, body)
			}
			records := log.Records(shakes.Filter{Limit: 1})
			if len(records) != 1 || !words.MatchString(records[0].Reason) {
				t.Errorf("%s, %s: %+v\n%s", c.name, version, records, b.logs)
			}
		}
	}
}
