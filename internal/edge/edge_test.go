package edge

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// fakeGateway answers on both engines with what it sees.
type fakeGateway struct{ entered, release chan struct{} } // of requests for /wait

func (g *fakeGateway) Serves(host string) bool { return host == "api.contoso.com" }

func (g *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "gateway h%d %s", r.ProtoMajor, client(r.TLS))
}

func (g *fakeGateway) ServeConn(c net.Conn) error {
	state := c.(*tls.Conn).ConnectionState()
	reader := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return err
		}
		if r.URL.Path == "/wait" {
			g.entered <- struct{}{}
			<-g.release
		}
		body := "engine h1 " + client(&state)
		if _, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			return err
		}
	}
}

func client(state *tls.ConnectionState) string {
	if len(state.PeerCertificates) == 0 {
		return "no certificate"
	}
	return pki.DistinguishedName(state.PeerCertificates[0].RawSubject)
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s h%d %s", text, r.ProtoMajor, client(r.TLS))
	})
}

type bench struct {
	t       *testing.T
	ca      *pki.CA
	server  *Server
	gateway *fakeGateway
	addr    string
	served  chan error
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	ca, err := pki.NewCA(pki.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, ca: ca, gateway: &fakeGateway{entered: make(chan struct{}, 1), release: make(chan struct{})}, served: make(chan error, 1)}
	o := Options{
		CA:      ca,
		Control: map[string]http.Handler{"management.azure.com": says("management"), "login.microsoftonline.com": says("login")},
		Suffix:  map[string]http.Handler{".vault.azure.net": says("vault")},
		Default: says("default"), Gateway: b.gateway,
		Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.server, b.addr = New(o), l.Addr().String()
	go func() { b.served <- b.server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.server.Shutdown(ctx)
	})
	return b
}

// call is one request, with server name and Host apart.
type call struct {
	sni, host string
	h2        bool
	cert      *tls.Certificate
	noTrust   bool // accept any certificate
}

func (b *bench) transport(c call) *http.Transport {
	config := &tls.Config{RootCAs: b.ca.Pool(), ServerName: c.sni, InsecureSkipVerify: c.noTrust}
	if c.cert != nil {
		config.Certificates = []tls.Certificate{*c.cert}
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!c.h2)
	protocols.SetHTTP2(c.h2)
	return &http.Transport{
		TLSClientConfig: config, Protocols: protocols,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, b.addr)
		},
	}
}

func (b *bench) do(c call) (status int, body string, err error) {
	transport := b.transport(c)
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(b.t.Context(), "GET", "https://"+c.host+"/", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func clientCertificate(t *testing.T) *tls.Certificate {
	t.Helper()
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := root.Client(testca.Options{CommonName: "client 01", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	cert := bundle.TLS()
	return &cert
}

func TestRouting(t *testing.T) {
	b := newBench(t, nil)
	cert := clientCertificate(t)
	cases := []struct {
		name   string
		call   call
		status int
		body   string // a part of it
	}{
		{"control", call{sni: "management.azure.com", host: "management.azure.com"}, 200, "management h1 no certificate"},
		{"control over h2", call{sni: "management.azure.com", host: "management.azure.com", h2: true}, 200, "management h2 no certificate"},
		{"control does not ask for a certificate", call{sni: "management.azure.com", host: "management.azure.com", cert: cert}, 200, "management h1 no certificate"},
		{"the port is ignored", call{sni: "management.azure.com", host: "management.azure.com:8443"}, 200, "management"},
		{"case is ignored", call{sni: "management.azure.com", host: "Management.Azure.com"}, 200, "management"},
		{"vault", call{sni: "kv.vault.azure.net", host: "kv.vault.azure.net"}, 200, "vault"},
		{"another control name", call{sni: "management.azure.com", host: "kv.vault.azure.net"}, 200, "vault"},
		{"gateway without a certificate", call{sni: "apim.azure-api.net", host: "apim.azure-api.net"}, 200, "engine h1 no certificate"},
		{"gateway with one", call{sni: "apim.azure-api.net", host: "apim.azure-api.net", cert: cert}, 200, "engine h1 CN=client 01"},
		{"gateway over h2", call{sni: "apim.azure-api.net", host: "apim.azure-api.net", cert: cert, h2: true}, 200, "gateway h2 CN=client 01"},
		{"a custom gateway name", call{sni: "api.contoso.com", host: "api.contoso.com", noTrust: true, h2: true}, 0, ""},
		{"localhost", call{sni: "localhost", host: "localhost", cert: cert}, 200, "default h1 CN=client 01"},
		{"an address", call{host: "127.0.0.1", cert: cert}, 200, "default h1 CN=client 01"},
		{"any host over localhost", call{sni: "localhost", host: "kv.vault.azure.net"}, 200, "vault"},
		{"a gateway over localhost", call{sni: "localhost", host: "apim.azure-api.net", cert: cert}, 200, "gateway h1 CN=client 01"},
		{"a gateway over a control name", call{sni: "management.azure.com", host: "apim.azure-api.net"}, 421, "MisdirectedRequest"},
		{"localhost over a control name", call{sni: "management.azure.com", host: "localhost"}, 421, "MisdirectedRequest"},
		{"a control name over a gateway", call{sni: "apim.azure-api.net", host: "management.azure.com", h2: true}, 421, "MisdirectedRequest"},
		{"another gateway over a gateway", call{sni: "a.azure-api.net", host: "b.azure-api.net", h2: true}, 200, "gateway h2"},
		{"an unknown host", call{sni: "localhost", host: "example.com"}, 404, "HostNotFound"},
		{"an unknown server name", call{sni: "example.com", host: "example.com", noTrust: true}, 404, "HostNotFound"},
		{"a known host over an unknown name", call{sni: "example.com", host: "management.azure.com", noTrust: true}, 421, "MisdirectedRequest"},
		{"too many labels", call{sni: "localhost", host: "a.b.vault.azure.net"}, 404, "HostNotFound"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, body, err := b.do(c.call)
			if c.status == 0 {
				if err == nil {
					t.Fatalf("%d %s, want a failed handshake: the private CA may not sign for that name", status, body)
				}
				return
			}
			if err != nil || status != c.status || !strings.Contains(body, c.body) {
				t.Fatalf("%d %q %v, want %d %q", status, body, err, c.status, c.body)
			}
		})
	}
}

// TestResumption: a second connection resumes the session of its own name, with its client
// certificate, and of no other name.
func TestResumption(t *testing.T) {
	b := newBench(t, nil)
	config := &tls.Config{RootCAs: b.ca.Pool(), Certificates: []tls.Certificate{*clientCertificate(t)}, ClientSessionCache: oneSession{&sync.Map{}}, NextProtos: []string{"http/1.1"}}
	dial := func(name string) tls.ConnectionState {
		config := config.Clone()
		config.ServerName = name
		c, err := tls.Dial("tcp", b.addr, config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", name)
		response, err := http.ReadResponse(bufio.NewReader(c), nil) // the ticket comes with it
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		if want := "CN=client 01"; !strings.Contains(string(body), want) {
			t.Fatalf("%s says %q, want %q", name, body, want)
		}
		return c.ConnectionState()
	}
	if dial("a.azure-api.net").DidResume {
		t.Fatal("the first connection resumed")
	}
	if !dial("a.azure-api.net").DidResume {
		t.Fatal("the second connection did not resume")
	}
	if dial("b.azure-api.net").DidResume {
		t.Fatal("a ticket was accepted under another name")
	}
}

// oneSession offers the last ticket to every name, as an attacker may.
type oneSession struct{ m *sync.Map }

func (o oneSession) Get(string) (*tls.ClientSessionState, bool) {
	v, ok := o.m.Load("")
	if !ok {
		return nil, false
	}
	return v.(*tls.ClientSessionState), true
}

func (o oneSession) Put(_ string, s *tls.ClientSessionState) { o.m.Store("", s) }

func TestCertificates(t *testing.T) {
	b := newBench(t, nil)
	for _, name := range []string{"", "localhost"} {
		c, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: name, InsecureSkipVerify: name == ""})
		if err != nil {
			t.Fatal(err)
		}
		leaf := c.ConnectionState().PeerCertificates[0]
		c.Close()
		for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: b.ca.Pool(), DNSName: host}); err != nil {
				t.Errorf("the default certificate for %s: %v", host, err)
			}
		}
	}
}

// TestBadClients: who does not speak TLS, or too slowly, harms no other and is cut off. The limits that cut them off
// are set for each phase alone, so that a slow machine does not cut off those that behave.
func TestBadClients(t *testing.T) {
	b := newBench(t, nil)
	raw := func() net.Conn {
		c, err := net.Dial("tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	secure := func() net.Conn {
		c, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: "localhost", NextProtos: []string{"http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	hellos := map[string]string{
		"nothing at all": "",
		"garbage hello":  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"half a hello":   "\x16\x03\x01\x02\x00\x01\x00\x01",
	}
	headers := map[string]string{
		"nothing after hello": "",
		"slow header":         "GET / HTTP/1.1\r\nHost: local",
		"huge header":         "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 2*maxHeaderBytes),
	}
	for _, all := range []struct {
		dial func() net.Conn
		send map[string]string
	}{{raw, hellos}, {secure, headers}} {
		for _, text := range all.send {
			_, _ = io.WriteString(all.dial(), text)
		}
	}
	if status, body, err := b.do(call{sni: "localhost", host: "localhost"}); status != 200 {
		t.Fatalf("beside them: %d %q %v", status, body, err)
	}
	b.server.SetLimits(Limits{HandshakeTimeout: 200 * time.Millisecond})
	for name, text := range hellos {
		cutOff(t, name, raw(), text)
	}
	b.server.SetLimits(Limits{HeaderTimeout: 200 * time.Millisecond})
	for name, text := range headers {
		cutOff(t, name, secure(), text)
	}
}

// cutOff sends text and waits for the end of the connection.
func cutOff(t *testing.T, name string, conn net.Conn, text string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.WriteString(conn, text) // it may be cut off before it has sent all
	if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
		t.Errorf("%s: the connection was left open", name)
	}
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

func TestConnectionLimit(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.MaxConnections = 1 })
	first, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		c, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: "localhost"})
		if err == nil {
			c.Close()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Fatalf("a second connection was served beside the first: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	first.Close()
	if err := <-second; err != nil {
		t.Fatalf("after the first had closed: %v", err)
	}
}

// waiting opens a gateway connection with a request that waits for the test.
func waiting(b *bench) *tls.Conn {
	b.t.Helper()
	c, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: "a.azure-api.net", NextProtos: []string{"http/1.1"}})
	if err != nil {
		b.t.Fatal(err)
	}
	fmt.Fprint(c, "GET /wait HTTP/1.1\r\nHost: a.azure-api.net\r\nConnection: close\r\n\r\n")
	<-b.gateway.entered
	return c
}

// TestShutdown lets a running request of the gateway finish, and no new connection in.
func TestShutdown(t *testing.T) {
	b := newBench(t, nil)
	idle, err := net.Dial("tcp", b.addr) // never shakes hands
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	c := waiting(b)
	defer c.Close()
	done := make(chan error, 1)
	go func() { done <- b.server.Shutdown(t.Context()) }()
	if err := <-b.served; err != nil {
		t.Fatalf("Serve: %v", err)
	}
	if c, err := net.Dial("tcp", b.addr); err == nil {
		c.Close()
		t.Fatal("a connection was accepted after Shutdown")
	}
	close(b.gateway.release)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("the running request: %v %v", response, err)
	}
	c.Close()
	if err := <-done; err != nil {
		t.Fatalf("Shutdown: %v", err)
	}
}

func TestShutdownDeadline(t *testing.T) {
	b := newBench(t, nil)
	c := waiting(b)
	defer c.Close()
	defer close(b.gateway.release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Shutdown with an open connection: %v, want DeadlineExceeded", err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatal("the connection was left open")
	}
}

func TestReserved(t *testing.T) {
	for host, want := range map[string]bool{
		"management.azure.com": true, "Login.MicrosoftOnline.com.": true, "kv.vault.azure.net": true, "a.b.vault.azure.net": true,
		"x.azure-api.net": true, "vault.azure.net": true, "example.com": false, "notazure-api.net": false, "localhost": false,
		"management.azure.com.evil.example": false, "": false,
	} {
		if got := Reserved(host); got != want {
			t.Errorf("Reserved(%q) = %v, want %v", host, got, want)
		}
	}
}

// proxied makes a client that goes through the proxy at addr.
func proxied(b *bench, addr string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: addr}),
		TLSClientConfig: &tls.Config{RootCAs: b.ca.Pool()},
	}}
}
