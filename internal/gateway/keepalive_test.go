package gateway_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
	"gatehouse/internal/socket"
)

// keepAlive is one client's kept connection through a gateway to a backend that answers 1 KiB.
// Client and backend are loops over fixed bytes that allocate nothing, so that allocations
// counted are the gateway's.
type keepAlive struct {
	tb   testing.TB
	conn net.Conn
	buf  []byte
}

const (
	keepAliveRequest = "GET /a/orders/4711?x=y HTTP/1.1\r\nHost: " + clientHost + "\r\nAccept: application/json\r\nUser-Agent: bench\r\nX-Correlation: 0123456789\r\n\r\n"
	keepAliveReply   = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 1024\r\n\r\n"
)

// newKeepAlive runs a policy of bench/. Without TLS the bytes on both sides are in clear and the
// client's certificate is that of a handshake made elsewhere: what crypto/tls does is left out.
func newKeepAlive(tb testing.TB, policy string, secure bool) *keepAlive {
	text, err := os.ReadFile("../../bench/" + policy)
	if err != nil {
		tb.Fatal(err)
	}
	ca := newAuthority(tb, "Bench Root")
	caller := ca.issue(tb, "caller")
	scheme, backend := "http", (*tls.Config)(nil)
	if secure {
		scheme = "https"
		backend = &tls.Config{Certificates: []tls.Certificate{*ca.issue(tb, "backend", "localhost")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool}
	}
	port := serveFixed(tb, backend, keepAliveReply+strings.Repeat("x", 1024))
	g := gateway.New(gateway.Options{Roots: ca.pool})
	problems := g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": {
		Name: "c", SKU: snapshot.SKUDeveloper, Hostnames: []string{clientHost}, Roots: []*x509.Certificate{ca.cert},
		Certificates: map[string]*snapshot.Certificate{"k": {ID: "k", TLS: ca.issue(tb, "gateway")}},
		Backends:     map[string]*snapshot.Backend{"origin": {ID: "origin", URL: scheme + "://localhost:" + port, CertificateIDs: []string{"k"}, ValidateChain: true, ValidateName: true}},
		APIs: []*snapshot.API{{ID: "a", Path: "a", DisplayName: "Bench", Policy: snapshot.Policy{Text: string(text), Format: "rawxml"},
			Operations: []*snapshot.Operation{{ID: "o", DisplayName: "Order", Method: "GET", URLTemplate: "/orders/{id}"}}}},
	}}})
	if len(problems) > 0 {
		tb.Fatalf("%+v", problems)
	}
	client, server := pipe(tb)
	k := &keepAlive{tb: tb, conn: client, buf: make([]byte, 64<<10)}
	if secure {
		go g.ServeConn(lazyHandshake{tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*ca.issue(tb, "edge", clientHost)}, ClientAuth: tls.RequestClientCert})})
		k.conn = tls.Client(client, &tls.Config{RootCAs: ca.pool, ServerName: clientHost, Certificates: []tls.Certificate{*caller}})
	} else {
		go g.ServeConn(presenting{server, caller.Leaf})
	}
	tb.Cleanup(func() { _ = k.conn.Close() })
	k.once()
	return k
}

var sent = []byte(keepAliveRequest)

// once makes a request and reads the answer to its end.
func (k *keepAlive) once() {
	if _, err := k.conn.Write(sent); err != nil {
		k.tb.Fatal(err)
	}
	for n := 0; n < 1024; {
		m, err := k.conn.Read(k.buf)
		if err != nil || n == 0 && string(k.buf[:12]) != "HTTP/1.1 200" {
			k.tb.Fatalf("%v: %s", err, k.buf[:m])
		}
		n += m
	}
}

// lazyHandshake shakes hands when the gateway asks who the client is.
type lazyHandshake struct{ *tls.Conn }

func (l lazyHandshake) ConnectionState() tls.ConnectionState {
	_ = l.Conn.Handshake() // a read tells
	return l.Conn.ConnectionState()
}

// presenting is a connection in clear of a client with a certificate.
type presenting struct {
	net.Conn
	leaf *x509.Certificate
}

func (p presenting) ConnectionState() tls.ConnectionState {
	return tls.ConnectionState{PeerCertificates: []*x509.Certificate{p.leaf}}
}

// BenchmarkKeepAlive is a request over kept connections with mutual TLS on both sides, through the
// policies of bench/. The time holds client and backend, too.
func BenchmarkKeepAlive(b *testing.B) {
	for _, policy := range []string{"gatehouse.xml", "rich.xml"} {
		b.Run(strings.TrimSuffix(policy, ".xml"), func(b *testing.B) {
			k := newKeepAlive(b, policy, true)
			b.ReportAllocs()
			for b.Loop() {
				k.once()
			}
		})
		b.Run(strings.TrimSuffix(policy, ".xml")+"-clear", func(b *testing.B) {
			k := newKeepAlive(b, policy, false)
			b.ReportAllocs()
			for b.Loop() {
				k.once()
			}
		})
	}
}

// TestSteadyStateAllocatesNothing: a request on a kept connection, through
// validate-client-certificate, set-header with the subject by an expression and
// set-backend-service, allocates nothing; over TLS only crypto/tls does, once for each read.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, tc := range []struct {
		name   string
		secure bool
		most   float64
	}{
		{"in clear", false, 0},
		{"over TLS", true, 4}, // two reads of the gateway, one each of client and backend
	} {
		k := newKeepAlive(t, "gatehouse.xml", tc.secure)
		for range 200 {
			k.once() // pools fill
		}
		got := testing.AllocsPerRun(2000, k.once)
		if got > tc.most && !raceEnabled { // the race detector empties pools at random
			t.Errorf("%s: %v allocations for a request, want at most %v", tc.name, got, tc.most)
		}
	}
}

func pipe(tb testing.TB) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		tb.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return client, socket.Fast(server) // as edge accepts it
}

// serveFixed answers each head with the same bytes and returns its port; a nil config: in clear.
func serveFixed(tb testing.TB, cfg *tls.Config, reply string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	out := []byte(reply)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if cfg != nil {
				c = tls.Server(c, cfg)
			}
			go answerFixed(c, out)
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func answerFixed(c net.Conn, out []byte) {
	defer c.Close()
	for r := bufio.NewReader(c); ; {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) == len("\r\n") {
			if _, err := c.Write(out); err != nil {
				return
			}
		}
	}
}
