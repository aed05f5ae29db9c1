package gateway_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// BenchmarkKeepAlive is a request of 1 KiB over kept connections with mutual TLS on both
// sides, through base scopes, set-backend-service and set-header. Client and backend
// are loops over fixed bytes that allocate nothing, so that the allocations counted
// are the gateway's; the time holds all three.
func BenchmarkKeepAlive(b *testing.B) {
	ca := newAuthority(b, "Bench Root")
	reply := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024)
	backend := serveFixed(b, &tls.Config{Certificates: []tls.Certificate{*ca.issue(b, "backend", "localhost")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool}, reply)
	g := gateway.New(gateway.Options{Roots: ca.pool})
	g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": {
		Name: "c", SKU: snapshot.SKUConsumption, Hostnames: []string{clientHost}, RequireClientCertificate: true,
		Certificates: map[string]*snapshot.Certificate{"k": {ID: "k", TLS: ca.issue(b, "gateway")}},
		Backends:     map[string]*snapshot.Backend{"b": {ID: "b", URL: "https://localhost:" + backend, CertificateIDs: []string{"k"}, ValidateChain: true, ValidateName: true}},
		APIs: []*snapshot.API{{ID: "a", Path: "a", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b" /><set-header name="X-Gateway" exists-action="override"><value>1</value></set-header>`)},
			Operations: []*snapshot.Operation{{ID: "o", Method: "GET", URLTemplate: "/orders/{id}"}}}},
	}}})
	client, server := pipe(b)
	go g.ServeConn(handshake(b, tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*ca.issue(b, "edge", clientHost)}, ClientAuth: tls.RequestClientCert})))
	conn := tls.Client(client, &tls.Config{RootCAs: ca.pool, ServerName: clientHost, Certificates: []tls.Certificate{*ca.issue(b, "caller")}})
	defer conn.Close()
	request := []byte("GET /a/orders/4711?x=y HTTP/1.1\r\nHost: " + clientHost + "\r\nAccept: application/json\r\nUser-Agent: bench\r\nX-Correlation: 0123456789\r\n\r\n")
	buf := make([]byte, 64<<10)
	once := func() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < 1024; {
			m, err := conn.Read(buf)
			if err != nil || n == 0 && string(buf[:12]) != "HTTP/1.1 200" {
				b.Fatalf("%v: %s", err, buf[:m])
			}
			n += m
		}
	}
	once()
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
}

// BenchmarkApply changes one of 10,000 APIs with 100,000 operations.
func BenchmarkApply(b *testing.B) {
	service := func(old []*snapshot.API, n int) *snapshot.Service {
		s := &snapshot.Service{Name: "c", Hostnames: []string{clientHost}, Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: "https://example.com"}}}
		s.APIs = append(s.APIs, old...)
		for len(s.APIs) < 10_000 {
			s.APIs = append(s.APIs, newAPI(len(s.APIs), 0))
		}
		if n > 0 {
			s.APIs[77] = newAPI(77, n)
		}
		return s
	}
	g := gateway.New(gateway.Options{})
	apply := func(s *snapshot.Service) {
		if p := g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": s}}); len(p) > 0 {
			b.Fatal(p)
		}
	}
	s := service(nil, 0)
	apply(s)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		s = service(s.APIs, n)
		apply(s)
	}
}

func newAPI(i, version int) *snapshot.API {
	a := &snapshot.API{ID: fmt.Sprintf("api%d", i), Path: fmt.Sprintf("team%d/api%d", i%100, i),
		Policy: snapshot.Policy{Text: inboundPolicy(fmt.Sprintf(`<set-backend-service backend-id="b" /><set-header name="X-Version"><value>%d</value></set-header>`, version))}}
	for j := range 10 {
		a.Operations = append(a.Operations, &snapshot.Operation{ID: fmt.Sprintf("op%d", j), Method: "GET", URLTemplate: fmt.Sprintf("/orders/{id}/part%d", j)})
	}
	return a
}

func pipe(b *testing.B) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	return client, server
}

// handshake is done by the first read.
func handshake(b *testing.B, c *tls.Conn) net.Conn { return &lazyHandshake{Conn: c} }

type lazyHandshake struct{ *tls.Conn }

func (l *lazyHandshake) ConnectionState() tls.ConnectionState {
	_ = l.Conn.Handshake()
	return l.Conn.ConnectionState()
}

// serveFixed answers each head with the same bytes and returns its port.
func serveFixed(b *testing.B, cfg *tls.Config, reply string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	out := []byte(reply)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				t := tls.Server(c, cfg)
				r := bufio.NewReader(t)
				for {
					line, err := r.ReadSlice('\n')
					if err != nil {
						if err != io.EOF {
							_ = t.Close()
						}
						return
					}
					if len(line) == 2 {
						if _, err := t.Write(out); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// tenThousand is a service of 10,000 APIs with 100,000 operations.
func tenThousand() *snapshot.Snapshot {
	s := &snapshot.Service{Name: "c", Hostnames: []string{clientHost}, Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: "https://example.com"}}}
	for i := range 10_000 {
		s.APIs = append(s.APIs, newAPI(i, 0))
	}
	return &snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": s}}
}

// TestTenThousandAPIs take less than 400 MiB.
func TestTenThousandAPIs(t *testing.T) {
	memory := func() int64 {
		runtime.GC()
		runtime.GC() // what pools of tests before held goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := memory()
	g := gateway.New(gateway.Options{})
	s := tenThousand()
	if p := g.Apply(s); len(p) > 0 {
		t.Fatal(p)
	}
	taken := memory() - before
	t.Logf("%d MiB", taken>>20)
	if taken > 300<<20 { // the process has more than this
		t.Errorf("10,000 APIs take %d MiB", taken>>20)
	}
	runtime.KeepAlive(g)
	runtime.KeepAlive(s)
}
