package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

const idleClient = "GATEHOUSE_TEST_IDLE_CLIENT" // address of the gateway, in the process that TestIdleConnections starts

// idleConnections is what a gateway must hold; they are another process's, since each end takes a descriptor.
const idleConnections = 10_000

// TestIdleConnections measures what a kept connection of which nothing is asked costs.
func TestIdleConnections(t *testing.T) {
	if addr := os.Getenv(idleClient); addr != "" {
		holdConnections(t, addr)
		return
	}
	b := newBench(t, echo)
	get(t, b.client(engines[0], nil), "/status-0123456789abcdef")
	memory := func() (uint64, uint64) {
		runtime.GC()
		runtime.GC() // what a pool held goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	heap, stack := memory()
	client := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIdleConnections$")
	client.Env = append(os.Environ(), idleClient+"="+b.gateway)
	client.Stderr = os.Stderr
	in, _ := client.StdinPipe()
	out, _ := client.StdoutPipe()
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q %v", line, err)
	}
	heap2, stack2 := memory()
	per := (heap2 + stack2 - heap - stack) / idleConnections
	t.Logf("%d idle connections take %d KiB each: %d of heap, %d of stack", idleConnections, per>>10, (heap2-heap)/idleConnections>>10, (stack2-stack)/idleConnections>>10)
	if per > 64<<10 {
		t.Errorf("an idle connection takes %d KiB", per>>10)
	}
	if resp, _ := get(t, b.client(engines[0], nil), "/status-0123456789abcdef"); resp.StatusCode != 200 {
		t.Errorf("beside them: %d", resp.StatusCode)
	}
	in.Close()
	go io.Copy(io.Discard, out)
	if err := client.Wait(); err != nil {
		t.Error(err)
	}
}

func holdConnections(t *testing.T, addr string) {
	cfg := &tls.Config{InsecureSkipVerify: true, ServerName: clientHost, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	conns := make([]net.Conn, idleConnections)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			buf := make([]byte, 4096)
			for i := next.Add(1) - 1; i < idleConnections; i = next.Add(1) - 1 {
				c, err := tls.Dial("tcp", addr, cfg)
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprintf(c, "GET /status-0123456789abcdef HTTP/1.1\r\nHost: %s\r\n\r\n", clientHost)
				if n, err := c.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200") {
					t.Errorf("%q %v", buf[:n], err)
					return
				}
				conns[i] = c
			}
		})
	}
	wg.Wait()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(conns)
}

// TestChainBomb: a client that sends a hundred certificates, each signed by the next, costs no
// more than another, and neither does a backend that does.
func TestChainBomb(t *testing.T) {
	b := newBench(t, echo)
	bomb := *b.ca.issue(t, "Bomb", "localhost")
	key := b.ca.key
	for i := range 60 { // of the same name and key: each can be the issuer of each
		template := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1000)), Subject: pkix.Name{CommonName: "Bomb"}, NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
		der, err := x509.CreateCertificate(nilRand{}, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		bomb.Certificate = append(bomb.Certificate, der)
	}
	for _, e := range engines {
		begin := time.Now()
		resp, _ := get(t, b.client(e, &bomb), "/status-0123456789abcdef")
		if resp.StatusCode != 200 || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %d after %v", e.name, resp.StatusCode, time.Since(begin))
		}
	}
	backend := tlsListener(t, &tls.Config{Certificates: []tls.Certificate{bomb}}, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	b.apply(forwarding("https://localhost:" + backend))
	begin := time.Now()
	if resp, _ := get(t, b.client(engines[0], nil), "/x"); resp.StatusCode != 200 || time.Since(begin) > 5*time.Second {
		t.Errorf("from a backend: %d after %v\n%s", resp.StatusCode, time.Since(begin), b.logs)
	}
}

// TestHugeCertificates: a client's certificate of thousands of names is judged in time, and one over the limit
// of a handshake's messages ends the handshake.
func TestHugeCertificates(t *testing.T) {
	b := newBench(t, echo)
	names := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("host-%d.contoso.example", i)
		}
		return list
	}
	const judge = `<validate-client-certificate validate-revocation="false" ignore-error="false"><identities><identity dns-name="host-4999.contoso.example" /></identities></validate-client-certificate>` +
		`<return-response><set-body>@(context.Request.Certificate.Subject + context.Request.Certificate.VerifyNoRevocation())</set-body></return-response>`
	b.apply(&snapshot.Service{SKU: snapshot.SKUDeveloper, Roots: []*x509.Certificate{b.ca.cert}, APIs: []*snapshot.API{{ID: "a", Policy: snapshot.Policy{Text: inboundPolicy(judge)},
		Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}}}}})
	many, most := b.ca.issue(t, "Many", names(5000)...), b.ca.issue(t, "Most", names(20_000)...)
	for _, e := range engines {
		begin := time.Now()
		if resp, body := get(t, b.client(e, many), "/x"); resp.StatusCode != 200 || body != "CN=ManyTrue" || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %d %s after %v", e.name, resp.StatusCode, body, time.Since(begin))
		}
		if resp, err := b.client(e, most).Get("https://" + clientHost + "/x"); err == nil {
			t.Errorf("%s: %d for a certificate of %d KiB", e.name, resp.StatusCode, len(most.Certificate[0])>>10)
		}
		if resp, body := get(t, b.client(e, nil), "/x"); resp.StatusCode != 401 {
			t.Errorf("%s: beside it: %d %s", e.name, resp.StatusCode, body)
		}
	}
}

type nilRand struct{}

func (nilRand) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i*7 + 1)
	}
	return len(p), nil
}

// forwarding is a service that sends all to one URL.
func forwarding(url string) *snapshot.Service {
	return &snapshot.Service{Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: url, ValidateChain: true, ValidateName: true}},
		APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
			Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b" />`)}}}}
}

// tlsListener serves connections and returns its port.
func tlsListener(t *testing.T, cfg *tls.Config, serve func(net.Conn)) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
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
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestBadBackends: each fails its request within the time, and none the ones after it.
func TestBadBackends(t *testing.T) {
	b := newBench(t, echo)
	request := func(c net.Conn) { http.ReadRequest(bufio.NewReader(c)) }
	cert := tls.Config{Certificates: []tls.Certificate{*b.ca.issue(t, "backend", "localhost")}}
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		want  string // prefix of status and body
		cut   bool   // the response comes and is cut off
	}{
		{"stalls before the handshake", func(c net.Conn) { <-t.Context().Done() }, "500", false},
		{"stalls in the handshake", func(c net.Conn) {
			raw := c.(*tls.Conn).NetConn()
			raw.Read(make([]byte, 4096))
			raw.Write([]byte{22, 3, 3, 1, 0, 2})
			<-t.Context().Done()
		}, "500", false},
		{"resets in the handshake", func(c net.Conn) {
			raw := c.(*tls.Conn).NetConn().(*net.TCPConn)
			raw.Read(make([]byte, 5))
			raw.SetLinger(0)
			raw.Close()
		}, "500", false},
		{"stalls before the answer", func(c net.Conn) { request(c); <-t.Context().Done() }, "500", false},
		{"stalls in the header", func(c net.Conn) { request(c); io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "); <-t.Context().Done() }, "500", false},
		{"resets", func(c net.Conn) {
			request(c)
			c.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
			c.(*tls.Conn).NetConn().Close()
		}, "500", false},
		{"closes", request, "500", false},
		{"ends too early", func(c net.Conn) { request(c); io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort") }, "500", false},
		{"ends a long body too early", func(c net.Conn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 50_000))
		}, "200", true},
		{"sends more than it says", func(c net.Conn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
			time.Sleep(10 * time.Millisecond)
		}, "200 ok", false},
		{"two lengths", func(c net.Conn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!")
		}, "500", false},
		{"length and chunks", func(c net.Conn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
		}, "500", false},
		{"an endless header", func(c net.Conn) {
			request(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for _, err := io.WriteString(c, "X: "); err == nil; _, err = io.WriteString(c, strings.Repeat("x", 1000)) {
			}
		}, "500", false},
		{"informational without end", func(c net.Conn) {
			request(c)
			for _, err := io.WriteString(c, ""); err == nil; _, err = io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n") {
			}
		}, "500", false},
		{"another protocol", func(c net.Conn) { request(c); io.WriteString(c, "SSH-2.0-x\r\n\r\n") }, "500", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sound atomic.Bool
			port := tlsListener(t, &cert, func(conn net.Conn) {
				if sound.Load() {
					request(conn)
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
					return
				}
				c.serve(conn)
			})
			s := forwarding("https://localhost:" + port)
			s.APIs[0].Policy.Text = strings.Replace(s.APIs[0].Policy.Text, "<backend><base /></backend>", `<backend><forward-request timeout="1" /></backend>`, 1)
			b.apply(s)
			client := b.client(engines[0], nil)
			begin := time.Now()
			r, _ := http.NewRequest("GET", "https://"+clientHost+"/x", nil)
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if got := fmt.Sprintf("%d %s", resp.StatusCode, body); !strings.HasPrefix(got, c.want) || (err != nil) != c.cut || time.Since(begin) > 6*time.Second {
				t.Errorf("%.200s %v after %v", got, err, time.Since(begin))
			}
			sound.Store(true)
			if resp, body := get(t, client, "/x"); resp.StatusCode != 200 || body != "fine" {
				t.Errorf("the next request: %d %s", resp.StatusCode, body)
			}
		})
	}
}

// TestBackendChangesCertificate: a backend that comes back with another's certificate gets nothing.
func TestBackendChangesCertificate(t *testing.T) {
	b := newBench(t, echo)
	var current atomic.Pointer[tls.Certificate]
	current.Store(b.ca.issue(t, "backend", "localhost"))
	var served atomic.Int64
	port := tlsListener(t, &tls.Config{SessionTicketsDisabled: true, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }}, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		served.Add(1)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	b.apply(forwarding("https://localhost:" + port))
	client := b.client(engines[0], nil)
	if resp, _ := get(t, client, "/x"); resp.StatusCode != 200 {
		t.Fatal(resp.StatusCode)
	}
	for name, cert := range map[string]*tls.Certificate{"another name": b.ca.issue(t, "backend", "other.example.com"), "another root": newAuthority(t, "Other").issue(t, "backend", "localhost")} {
		served.Store(0)
		current.Store(cert)
		if resp, _ := get(t, client, "/x"); resp.StatusCode != 500 || served.Load() > 0 {
			t.Errorf("%s: %d, the backend saw %d requests", name, resp.StatusCode, served.Load())
		}
	}
}

// TestPaths: what a path means is decided once, and it goes on as it was decided.
func TestPaths(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	s := b.service()
	s.APIs = []*snapshot.API{
		{ID: "open", Path: "open", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b1" />`)}, Operations: []*snapshot.Operation{
			{ID: "item", Method: "GET", URLTemplate: "/items/{id}"}, {ID: "files", Method: "GET", URLTemplate: "/files/{*path}"}}},
		{ID: "secret", Path: "secret", SubscriptionRequired: true, Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b1" />`)}, Operations: []*snapshot.Operation{{ID: "any", Method: "GET", URLTemplate: "/*"}}},
	}
	b.apply(s)
	for path, want := range map[string]string{
		"/open/items/7":                  "200 /base/items/7",
		"/open/items/a%2fb":              "200 /base/items/a%2fb", // one segment
		"/open/items/..%2f..%2fx":        "200 /base/items/..%2f..%2fx",
		"/open/items/a/b":                "404",
		"/open/files/a/b%2e%2e/c":        "200 /base/files/a/b%2e%2e/c",
		"/open/files/../../secret/x":     "401",
		"/open/files/%2e%2e/%2E./secret": "401",
		"/open/%2e%2e/secret/x":          "401",
		"/open/../../../secret/x":        "401",
		"/open/files/./x":                "200 /base/files/x",
		"//open/items/7":                 "404",
		"/open//items/7":                 "404",
		"/open/items/%00":                "200 /base/items/%00",
		"/secret":                        "401",
		"/SECRET/x":                      "401",
		"/secret%2fx":                    "404",
		"/%73ecret/x":                    "404", // as it is written: never another API by decoding
	} {
		got := b.raw(clientHost, "GET "+path+" HTTP/1.1\r\nHost: "+clientHost+"\r\nConnection: close\r\n\r\n")
		status, rest, _ := strings.Cut(strings.TrimPrefix(got, "HTTP/1.1 "), " ")
		_, body, _ := strings.Cut(rest, "\r\n\r\n")
		if got := strings.TrimSpace(status + " " + body); got != want && !(len(want) == 3 && status == want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestHeaderInjection: what a policy takes from a request can't become another field or request.
func TestHeaderInjection(t *testing.T) {
	var fields atomic.Value
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { fields.Store(r.Header.Clone()) })
	s := b.service()
	s.NamedValues["bad"] = &snapshot.NamedValue{Name: "bad", Value: "x\r\nX-Injected: yes"}
	s.APIs = []*snapshot.API{{ID: "a", Path: "a", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b1" />`)}, Operations: []*snapshot.Operation{
		{ID: "o", Method: "GET", URLTemplate: "/{id}", Policy: snapshot.Policy{Text: inboundPolicy(`<set-header name="X-A" exists-action="override"><value>{{bad}}</value></set-header>`)}}}}}
	s.Name, s.Hostnames = "contoso-client", []string{clientHost}
	b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}) // may refuse it already
	resp, _ := get(t, b.client(engines[0], nil), "/a/x")
	if h, _ := fields.Load().(http.Header); h.Get("X-Injected") != "" || resp.Header.Get("X-Injected") != "" {
		t.Errorf("%d %v", resp.StatusCode, h)
	}
}

// TestGarbage: a gateway's connection that speaks no HTTP ends, and others go on.
func TestGarbage(t *testing.T) {
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.HeaderTimeout = 300 * time.Millisecond })
	for _, text := range []string{"\x00\x00\x00\x00", "\r\n\r\n\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", strings.Repeat("\xff", 40_000), "GET", "G"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		done := make(chan string, 1)
		go func() { done <- b.raw(clientHost, text) }()
		select {
		case got := <-done:
			if strings.Contains(got, "HTTP/1.1 2") {
				t.Errorf("%.20q: %.100s", text, got)
			}
		case <-ctx.Done():
			t.Errorf("%.20q: the connection stays open", text)
		}
		cancel()
	}
}
