package handshake

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestJudge: each check that a chain can fail, in words that name the certificate and the remedy.
func TestJudge(t *testing.T) {
	now := time.Now()
	authority, bundle := must[*testca.Authority](t), must[*pki.Bundle](t)
	root := authority(testca.NewRoot(testca.Options{CommonName: "Sample Root", KeyType: "ec"}))
	inter := authority(root.Intermediate(testca.Options{CommonName: "Sample DEV Intermediate CA", KeyType: "ec"}))
	oldInter := authority(root.Intermediate(testca.Options{CommonName: "Old CA", KeyType: "ec", NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(0, 0, -10)}))
	good := bundle(inter.Client(testca.Options{CommonName: "client", DNS: []string{"client.contoso.example"}, KeyType: "ec"}))
	expired := bundle(inter.Client(testca.Options{CommonName: "late", KeyType: "ec", NotBefore: now.AddDate(0, 0, -30), NotAfter: now.AddDate(0, 0, -3).Add(-time.Hour)}))
	early := bundle(inter.Client(testca.Options{CommonName: "early", KeyType: "ec", NotBefore: now.AddDate(0, 0, 5).Add(time.Hour), NotAfter: now.AddDate(0, 0, 30)}))
	server := bundle(inter.Server(testca.Options{CommonName: "server.contoso.example", KeyType: "ec"}))
	below := bundle(oldInter.Client(testca.Options{CommonName: "below", KeyType: "ec"}))
	stranger := authority(testca.NewRoot(testca.Options{CommonName: "Stranger", KeyType: "ec"}))
	foreign := bundle(stranger.Client(testca.Options{CommonName: "foreign", KeyType: "ec"}))
	sent := func(b *pki.Bundle, chain ...*x509.Certificate) []*x509.Certificate {
		return append([]*x509.Certificate{b.Leaf}, chain...)
	}
	roots := []*x509.Certificate{root.Certificate}
	for _, c := range []struct {
		name   string
		sent   []*x509.Certificate
		o      JudgeOptions
		check  string
		reason string
		chain  int
	}{
		{"good", sent(good, inter.Certificate), JudgeOptions{RootList: roots, Usage: x509.ExtKeyUsageClientAuth, Name: "client.contoso.example"}, "", "", 3},
		{"known intermediate", sent(good), JudgeOptions{RootList: roots, Intermediates: []*x509.Certificate{inter.Certificate}}, "", "", 3},
		{"none", nil, JudgeOptions{RootList: roots}, CheckClientCertificate, "no certificate was presented", 0},
		{"expired", sent(expired, inter.Certificate), JudgeOptions{RootList: roots}, CheckTime, "the certificate 'CN=late' expired 3 days ago, on ", 3},
		{"not yet", sent(early, inter.Certificate), JudgeOptions{RootList: roots}, CheckTime, "the certificate 'CN=early' is valid only from ", 3},
		{"expired intermediate", sent(below, oldInter.Certificate), JudgeOptions{RootList: roots}, CheckTime, "the certificate 'CN=Old CA' expired 10 days ago", 3},
		{"no intermediate", sent(good), JudgeOptions{RootList: roots}, CheckChain, "the chain ends at 'CN=client': its issuer 'CN=Sample DEV Intermediate CA' was not sent, and is not known here", 1},
		{"strange root", sent(foreign, stranger.Certificate), JudgeOptions{RootList: roots}, CheckChain, "the chain ends at the root 'CN=Stranger', which is not trusted here", 2},
		{"self-signed", []*x509.Certificate{stranger.Certificate}, JudgeOptions{RootList: roots}, CheckChain, "the certificate 'CN=Stranger' is self-signed and not trusted here", 1},
		{"usage", sent(server, inter.Certificate), JudgeOptions{RootList: roots, Usage: x509.ExtKeyUsageClientAuth, Whose: "the client's"}, CheckUsage, "the client's certificate 'CN=server.contoso.example' may be used for server authentication only", 3},
		{"name", sent(server, inter.Certificate), JudgeOptions{RootList: roots, Name: "other.example", Whose: "the backend's"}, CheckName, "the backend's certificate 'CN=server.contoso.example' is for 'server.contoso.example' and not for 'other.example'", 3},
	} {
		chain, f := Judge(c.sent, c.o)
		if f.Check != c.check || !strings.HasPrefix(f.Reason, c.reason) || len(chain) != c.chain || (f.Check != "") != (f.Remedy != "") {
			t.Errorf("%s: chain of %d, %+v", c.name, len(chain), f)
		}
	}
}

// TestExplainReal: both sides' words for handshakes that fail for real.
func TestExplainReal(t *testing.T) {
	authority, bundle := must[*testca.Authority](t), must[*pki.Bundle](t)
	root := authority(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	other := authority(testca.NewRoot(testca.Options{CommonName: "Other Root", KeyType: "ec"}))
	serverCert := bundle(root.Server(testca.Options{CommonName: "server.contoso.example", KeyType: "ec"})).TLS()
	clientBundle := bundle(other.Client(testca.Options{CommonName: "client", KeyType: "ec"}))
	clientCert := clientBundle.TLS()
	for _, c := range []struct {
		name            string
		server, client  *tls.Config
		inbound, reason string // the check of the server's finding, the client's reason
	}{
		{"old versions", &tls.Config{MinVersion: tls.VersionTLS13}, &tls.Config{MaxVersion: tls.VersionTLS12}, CheckVersion, "the backend supports none of TLS 1.2 and 1.3"},
		{"ciphers", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}},
			&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}}, CheckCipher, "the backend found no parameters"},
		{"untrusted client", &tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.Pool()},
			&tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &clientCert, nil }}, "",
			"the backend does not trust the issuer of our certificate 'CN=client', which is 'CN=Other Root'; it accepts: 'CN=Contoso Root'"},
		{"no client certificate", &tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}, &tls.Config{}, "", "the backend requires a client certificate, and none was presented; it accepts: 'CN=Contoso Root'"},
	} {
		near, far := net.Pipe()
		deadline := time.Now().Add(10 * time.Second)
		_, _ = near.SetDeadline(deadline), far.SetDeadline(deadline)
		c.server.Certificates = []tls.Certificate{serverCert}
		c.client.ServerName, c.client.RootCAs = "server.contoso.example", root.Pool()
		inbound := make(chan error, 1)
		var hello *Hello
		c.server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello = DescribeHello(h); return nil, nil }
		go func() { inbound <- tls.Server(far, c.server).Handshake() }()
		err := tls.Client(near, c.client).Handshake()
		serverErr := <-inbound
		near.Close()
		far.Close()
		if err == nil || serverErr == nil {
			t.Fatalf("%s: the handshake succeeded: %v %v", c.name, err, serverErr)
		}
		if f := Explain(Inbound, serverErr, nil, nil, hello); c.inbound != "" && f.Check != c.inbound {
			t.Errorf("%s, inbound: %+v", c.name, f)
		}
		var own *x509.Certificate
		var accepts []string
		if c.client.GetClientCertificate != nil {
			own, accepts = clientBundle.Leaf, []string{"CN=Contoso Root"}
		}
		f := Explain(Outbound, err, own, accepts, nil)
		if c.server.ClientAuth == tls.RequireAnyClientCert {
			f = Unpresented(f, []string{"CN=Contoso Root"})
		}
		if !strings.HasPrefix(f.Reason, c.reason) || f.Remedy == "" {
			t.Errorf("%s, outbound: %+v from %v", c.name, f, err)
		}
	}
}

// TestLog: bounded, newest first, filtered.
func TestLog(t *testing.T) {
	seen := 0
	l := NewLog(4, func(Record) { seen++ })
	for i := range 10 {
		l.Add(Record{Address: fmt.Sprintf("127.0.0.1:%d", i%2), RequestID: fmt.Sprint(i)})
	}
	ids := func(f Filter) (list []uint64) {
		for _, r := range l.Records(f) {
			list = append(list, r.ID)
		}
		return list
	}
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{}, "[10 9 8 7]"}, {Filter{Limit: 2}, "[10 9]"}, {Filter{After: 8}, "[10 9]"}, {Filter{Address: "127.0.0.1:1"}, "[10 8]"},
		{Filter{Address: "127.0.0.1"}, "[10 9 8 7]"}, {Filter{RequestID: "9"}, "[10]"}, {Filter{Address: "10.0.0.1"}, "[]"},
	} {
		if got := fmt.Sprint(ids(c.f)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.f, got, c.want)
		}
	}
	if seen != 10 {
		t.Errorf("told of %d", seen)
	}
	var none *Log
	none.Add(Record{})
	if none.Records(Filter{}) != nil {
		t.Error("a nil Log has records")
	}
}
