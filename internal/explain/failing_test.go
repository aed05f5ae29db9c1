package explain

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// TestFailingServers: whatever is wrong with a server, it is named, and so is what to do, in text and in JSON.
func TestFailingServers(t *testing.T) {
	authority, bundle := must[*testca.Authority](t), must[*pki.Bundle](t)
	root := authority(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	middle := authority(root.Intermediate(testca.Options{CommonName: "Contoso DEV CA", KeyType: "ec"}))
	other := authority(testca.NewRoot(testca.Options{CommonName: "Other Root", KeyType: "ec"}))
	day := 24 * time.Hour
	server := func(of *testca.Authority, o testca.Options) tls.Certificate {
		o.KeyType = "ec"
		if o.CommonName == "" {
			o.CommonName = "localhost"
		}
		return bundle(of.Server(o)).TLS()
	}
	good := server(root, testca.Options{})
	alone := server(middle, testca.Options{})
	alone.Certificate = alone.Certificate[:1]
	whole := server(other, testca.Options{})
	whole.Certificate = [][]byte{whole.Certificate[0], other.Certificate.Raw}
	forClients := bundle(root.Client(testca.Options{CommonName: "localhost", DNS: []string{"localhost"}, KeyType: "ec"})).TLS()
	revokedCert := withList(t, root, good)
	answer := func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}
	secure := func(c *tls.Config, then func(net.Conn)) func(net.Conn) {
		return func(raw net.Conn) {
			s := tls.Server(raw, c)
			if s.Handshake() == nil {
				then(s)
				s.Close()
			}
		}
	}
	with := func(c tls.Certificate) func(net.Conn) {
		return secure(&tls.Config{Certificates: []tls.Certificate{c}}, answer)
	}
	old := &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	for _, c := range []struct {
		name                  string
		serve                 func(net.Conn)
		step                  string // that failed first
		check, reason, remedy string
	}{
		{"an expired certificate", with(server(root, testca.Options{NotBefore: time.Now().Add(-30 * day), NotAfter: time.Now().Add(-3*day - time.Hour)})), "server",
			handshake.CheckTime, "the certificate 'CN=localhost' expired 3 days ago", "renew it at its issuer 'CN=Contoso Root'"},
		{"a certificate of tomorrow", with(server(root, testca.Options{NotBefore: time.Now().Add(3*day + time.Hour), NotAfter: time.Now().Add(30 * day)})), "server",
			handshake.CheckTime, "the certificate 'CN=localhost' is valid only from ", "check the clocks"},
		{"a client's certificate", with(forClients), "server", handshake.CheckUsage, "the server's certificate 'CN=localhost' may be used for client authentication only",
			"get one whose extended key usage has server authentication"},
		{"another name", with(server(root, testca.Options{CommonName: "api.contoso.example"})), "server", handshake.CheckName,
			"the server's certificate 'CN=api.contoso.example' is for 'api.contoso.example' and not for 'localhost'", "get one for 'localhost'"},
		{"an unknown root", with(whole), "server", handshake.CheckChain, "the chain ends at the root 'CN=Other Root', which is not trusted here", "add that root"},
		{"a missing intermediate", with(alone), "server", handshake.CheckChain, "the chain ends at 'CN=localhost': its issuer 'CN=Contoso DEV CA' was not sent", "send the intermediates"},
		{"a revoked certificate", with(revokedCert), "server", handshake.CheckTime, "the server's certificate 'CN=localhost' is revoked", "get a new one from 'CN=Contoso Root'"},
		{"old versions", secure(old, answer), "handshake", handshake.CheckVersion, "the server supports none of TLS 1.2 and 1.3", "switch on TLS 1.2 or 1.3"},
		{"no parameters of both", alert(40), "handshake", handshake.CheckCipher, "the server found no parameters (cipher suites, curves, signature algorithms) of both sides", "compare what both sides support"},
		{"an unknown name", alert(112), "handshake", handshake.CheckName, "the server knows no server of the name", "check the host"},
		{"plain HTTP", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); io.Copy(io.Discard, c) }, "handshake", handshake.CheckProtocol,
			"the server speaks plain HTTP where TLS is expected", "the TLS port"},
		{"another protocol", func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n\r\n"); io.Copy(io.Discard, c) }, "handshake", handshake.CheckProtocol, "the server does not speak TLS", "check address and port"},
		{"an end before the handshake", func(c net.Conn) { c.Close() }, "handshake", handshake.CheckConnection, "the server ended the connection during the handshake", "its log says more"},
		{"an end after the request", secure(&tls.Config{Certificates: []tls.Certificate{good}}, func(c net.Conn) { http.ReadRequest(bufio.NewReader(c)) }), "request",
			handshake.CheckConnection, "the server ended the connection", "its log says more"},
		{"silence", secure(&tls.Config{Certificates: []tls.Certificate{good}}, func(c net.Conn) { io.Copy(io.Discard, c) }), "request",
			handshake.CheckConnection, "the server took the request and did not answer in time", "--timeout gives it more"},
		{"no HTTP", secure(&tls.Config{Certificates: []tls.Certificate{good}}, func(c net.Conn) { io.WriteString(c, "220 mail.contoso.example\r\n\r\n"); io.Copy(io.Discard, c) }), "request",
			handshake.CheckProtocol, "the server speaks TLS, but no HTTP in it", "check the port"},
	} {
		o := Options{URL: "https://localhost:" + serving(t, c.serve) + "/", Server: &Server{Ours: func(string) bool { return false }, Roots: []*x509.Certificate{root.Certificate}}}
		if c.name == "silence" {
			o.Timeout = 2 * time.Second
		}
		r := must[*Report](t)(Run(context.Background(), o))
		first := ""
		for _, s := range r.Steps {
			if s.Outcome == Failed && first == "" {
				first = s.Name
			}
		}
		if first != c.step || r.Verdict.Check != c.check || !strings.HasPrefix(r.Verdict.Reason, c.reason) || !strings.Contains(r.Verdict.Remedy, c.remedy) {
			t.Errorf("%s: failed at %q: %+v", c.name, first, r.Verdict)
		}
		text, err := json.Marshal(r)
		if want := fmt.Sprintf(`"verdict":{"check":%q,"reason":"`, c.check); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: the JSON lacks %s: %s %v", c.name, want, text, err)
		}
	}
}

// TestServerSpeaksFirst: a greeting may come before the request is sent, or after it.
func TestServerSpeaksFirst(t *testing.T) {
	for _, text := range []string{`net/http: HTTP/1.x transport connection broken: malformed HTTP response "220 mail.contoso.example"`, spokeFirst} {
		if f := (&run{}).unanswered(errors.New(text), nil); f.Reason != "the server speaks TLS, but no HTTP in it" {
			t.Errorf("%s: %+v", text, f)
		}
	}
}

// serving serves connections until the test ends; it returns the port.
func serving(t *testing.T, serve func(net.Conn)) string {
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(30 * time.Second))
				serve(c)
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// alert refuses each hello by one (RFC 8446 section 6.2).
func alert(code byte) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		c.Write([]byte{21, 3, 3, 0, 2, 2, code})
		io.Copy(io.Discard, c)
	}
}

// withList is a certificate as like is, that its issuer has revoked.
func withList(t *testing.T, root *testca.Authority, like tls.Certificate) tls.Certificate {
	lists := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour),
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(4711), RevocationTime: time.Now().Add(-time.Minute)}}}, root.Certificate, root.Key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	}))
	t.Cleanup(lists.Close)
	template := &x509.Certificate{SerialNumber: big.NewInt(4711), Subject: like.Leaf.Subject, DNSNames: like.Leaf.DNSNames, NotBefore: like.Leaf.NotBefore, NotAfter: like.Leaf.NotAfter,
		ExtKeyUsage: like.Leaf.ExtKeyUsage, CRLDistributionPoints: []string{lists.URL}}
	der, err := x509.CreateCertificate(rand.Reader, template, root.Certificate, like.Leaf.PublicKey, root.Key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: like.PrivateKey}
}
