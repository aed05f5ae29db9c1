package edge

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki/testca"
	"gatehouse/internal/snapshot"
)

// TestExplainsFailures: each failed handshake leaves a record in words.
func TestExplainsFailures(t *testing.T) {
	records := make(chan handshake.Record, 1)
	log := handshake.NewLog(8, func(r handshake.Record) { records <- r })
	seen := make(chan Handshake, 16)
	b := newBench(t, func(o *Options) {
		o.Handshakes, o.Observe = log, func(h Handshake) { seen <- h }
	})
	const host = "apim.azure-api.net"
	for _, c := range []struct {
		name   string
		run    func(net.Conn)
		check  string
		reason string
	}{
		{"plain HTTP", func(c net.Conn) { fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }, handshake.CheckProtocol, "the client speaks plain HTTP where TLS is expected"},
		{"an unknown CA", func(c net.Conn) { _ = tls.Client(c, &tls.Config{ServerName: host}).Handshake() }, handshake.CheckClientCertificate, "the client refused our certificate 'CN=apim.azure-api.net'"},
		{"old versions", func(c net.Conn) {
			_ = tls.Client(c, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).Handshake()
		}, handshake.CheckVersion, "no shared TLS version: the client offers TLS 1.1, TLS 1.0"},
		{"no protocol", func(c net.Conn) {
			_ = tls.Client(c, &tls.Config{ServerName: host, NextProtos: []string{"smtp"}}).Handshake()
		}, handshake.CheckALPN, "no shared application protocol: the client offers smtp"},
		{"nothing comes", func(net.Conn) { <-t.Context().Done() }, handshake.CheckConnection, "the client did not complete the handshake in time"},
	} {
		if c.name == "nothing comes" {
			b.server.SetLimits(Limits{HandshakeTimeout: 200 * time.Millisecond})
		}
		conn, err := net.Dial("tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		go c.run(conn)
		r := <-records
		b.server.SetLimits(Limits{})
		conn.Close()
		if r.Check != c.check || !strings.HasPrefix(r.Reason, c.reason) || r.Address != conn.LocalAddr().String() || r.Error == "" {
			t.Errorf("%s: %+v", c.name, r)
		}
		if h := <-seen; h.Check != c.check || h.Err == nil {
			t.Errorf("%s: observed %+v", c.name, h)
		}
	}
	if status, _, err := b.do(call{sni: host, host: host, cert: clientCertificate(t)}); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	if h := <-seen; h.Err != nil || h.Version != tls.VersionTLS13 || !h.Certificate {
		t.Errorf("observed %+v", h)
	}
}

// hostGateway has settings of its own for one name.
type hostGateway struct {
	fakeGateway
	host *snapshot.Host
}

func (g *hostGateway) Host(name string) *snapshot.Host {
	if name == g.host.Name {
		return g.host
	}
	return nil
}

// TestHostSettings: certificate, versions, ciphers and HTTP/2 of one host name; and the operator's
// certificate for another.
func TestHostSettings(t *testing.T) {
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string) *tls.Certificate {
		bundle, err := root.Server(testca.Options{CommonName: name, KeyType: "ec"})
		if err != nil {
			t.Fatal(err)
		}
		cert := bundle.TLS()
		return &cert
	}
	own := issue("api.contoso.com")
	g := &hostGateway{host: &snapshot.Host{Name: "api.contoso.com", Certificate: own, TLS: snapshot.TLS{MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, NoHTTP2: true}}}
	operator := issue("portal.contoso.com")
	b := newBench(t, func(o *Options) {
		o.Gateway = g
		o.Certificate = func(name string) *tls.Certificate {
			if name == "portal.contoso.com" {
				return operator
			}
			return nil
		}
	})
	state := func(c *tls.Config) tls.ConnectionState {
		t.Helper()
		conn, err := tls.Dial("tcp", b.addr, c)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState()
	}
	s := state(&tls.Config{ServerName: "api.contoso.com", RootCAs: root.Pool(), MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	if s.NegotiatedProtocol != "http/1.1" || s.CipherSuite != tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 {
		t.Errorf("%s, %s", s.NegotiatedProtocol, tls.CipherSuiteName(s.CipherSuite))
	}
	state(&tls.Config{ServerName: "portal.contoso.com", RootCAs: root.Pool()})
	if s := state(&tls.Config{ServerName: "apim.azure-api.net", RootCAs: b.ca.Pool(), NextProtos: []string{"h2"}}); s.NegotiatedProtocol != "h2" {
		t.Errorf("another name: %q", s.NegotiatedProtocol)
	}
}

// TestSetLimits: changed while it runs, for connections to come.
func TestSetLimits(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.MaxConnections = 1 })
	first, err := tls.Dial("tcp", b.addr, &tls.Config{ServerName: "management.azure.com", RootCAs: b.ca.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	b.server.SetLimits(Limits{MaxConnections: 2, HeaderTimeout: 200 * time.Millisecond})
	second, err := tls.Dial("tcp", b.addr, &tls.Config{ServerName: "management.azure.com", RootCAs: b.ca.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_ = second.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := second.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the new header timeout does not hold: %v", err)
	}
}
