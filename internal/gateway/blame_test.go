package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	shakes "gatehouse/internal/handshake"
	"gatehouse/internal/snapshot"
)

// TestBlame: whatever keeps a request from its backend, or the backend from an answer, the trace says it and what to do.
func TestBlame(t *testing.T) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		err := map[string]error{
			"gone.contoso.example:443":   &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: "gone.contoso.example", IsNotFound: true}},
			"nodns.contoso.example:443":  &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "i/o timeout", Name: "nodns.contoso.example", IsTimeout: true}},
			"far.contoso.example:443":    &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)},
			"silent.contoso.example:443": &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded},
		}[address]
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	failures := shakes.NewLog(64, nil)
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.Dial, o.Handshakes = dial, failures })
	stranger := newAuthority(t, "Stranger")
	whole := *stranger.issue(t, "backend", "localhost")
	whole.Certificate = append(whole.Certificate, stranger.cert.Raw)
	expired := b.ca.issueWith(t, "backend", func(c *x509.Certificate) {
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []string{"localhost"}
		c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, -30), time.Now().AddDate(0, 0, -3).Add(-time.Hour)
	})
	over := func(c *tls.Config, serve func(net.Conn)) string {
		return "https://localhost:" + tlsListener(t, c, serve)
	}
	cert := func(c *tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{*c}} }
	sound := func() *tls.Config { return cert(b.ca.issue(t, "backend", "localhost")) }
	request := func(c net.Conn) { http.ReadRequest(bufio.NewReader(c)) }
	old := sound()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	demanding := sound()
	demanding.ClientAuth, demanding.ClientCAs = tls.RequireAndVerifyClientCert, b.ca.pool
	for _, c := range []struct{ name, url, check, reason, remedy string }{
		{"no such name", "https://gone.contoso.example", shakes.CheckName, "the name gone.contoso.example has no address", "correct the name of the backend"},
		{"no DNS", "https://nodns.contoso.example", shakes.CheckName, "DNS does not say where nodns.contoso.example is", "check this machine's DNS servers"},
		{"no way", "https://far.contoso.example", shakes.CheckConnection, "there is no way from this machine to far.contoso.example:443", "check the address"},
		{"no TCP answer", "https://silent.contoso.example", shakes.CheckConnection, "silent.contoso.example:443 does not answer", "a firewall"},
		{"a closed port", "https://127.0.0.1:1", shakes.CheckConnection, "nothing listens at 127.0.0.1:1", "start the backend"},
		{"plain HTTP", strings.Replace(plainBackend(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "http:", "https:", 1), shakes.CheckProtocol, "the backend speaks plain HTTP where TLS is expected", "use https:// and the TLS port"},
		{"TLS called in clear", strings.Replace(b.backend.URL, "https:", "http:", 1) + "/", "", "", ""},
		{"old versions", over(old, request), shakes.CheckVersion, "the backend supports none of TLS 1.2 and 1.3", "switch on TLS 1.2 or 1.3"},
		{"an expired certificate", over(cert(expired), request), shakes.CheckTime, "the certificate 'CN=backend' expired 3 days ago", "renew it"},
		{"an unknown root", over(cert(&whole), request), shakes.CheckChain, "the chain ends at the root 'CN=Stranger', which is not trusted here", "add that root"},
		{"another name", over(cert(b.ca.issue(t, "backend", "other.contoso.example")), request), shakes.CheckName, "the backend's certificate 'CN=backend' is for 'other.contoso.example' and not for 'localhost'", "use a name"},
		{"a demand for a certificate", over(demanding, request), shakes.CheckClientCertificate, "the backend requires a client certificate, and none was presented; it accepts: 'CN=Contoso Test Root'", "credentials.certificateIds"},
		{"a closing backend", over(sound(), request), "backend", "the backend localhost:", "its log says more"},
		{"a silent backend", over(sound(), func(c net.Conn) { request(c); io.Copy(io.Discard, c) }), "backend", "the backend localhost:", "timeout of forward-request"},
		{"no HTTP", over(sound(), func(c net.Conn) { request(c); io.WriteString(c, "220 mail\r\n\r\n") }), "backend", "the backend localhost:", "the port and protocol"},
		{"no URL", "id:", "backend", "there is no backend to send the request to: the API has no service URL", "serviceUrl"},
		{"no such certificate", "id:cert", "backend", "there is no backend to send the request to: Certificate with id 'none' not found.", "correct the backend entity"},
		{"an open breaker", "id:broken", "backend", "the backend's circuit breaker is open", "tripDuration"},
	} {
		s := forwarding(c.url)
		if id, ok := strings.CutPrefix(c.url, "id:"); ok {
			s.Backends = map[string]*snapshot.Backend{"cert": {ID: "cert", URL: "https://localhost", CertificateIDs: []string{"none"}},
				"broken": {ID: "broken", URL: "https://127.0.0.1:1", Breaker: &snapshot.Breaker{Count: 1, Interval: time.Hour, TripFor: time.Hour}}}
			s.APIs[0].Policy.Text = strings.Replace(s.APIs[0].Policy.Text, `"b"`, `"`+id+`"`, 1)
			if id == "" {
				s.APIs[0].Policy.Text = inboundPolicy("")
			}
		}
		s.APIs[0].Policy.Text = strings.Replace(s.APIs[0].Policy.Text, "<backend><base /></backend>", `<backend><forward-request timeout="1" /></backend>`, 1)
		s.Name, s.Hostnames = "contoso-client", []string{clientHost}
		b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}) // what can't be used is a problem, and serves all the same
		for _, e := range engines {
			var got *gateway.Trace
			if c.name == "an open breaker" {
				get(t, b.client(e, nil), "/x")
			}
			stop := b.g.Watch(gateway.TraceFilter{}, func(tr *gateway.Trace) { got = tr })
			resp, _ := get(t, b.client(e, nil), "/x")
			stop()
			if c.check == "" {
				if resp.StatusCode != 400 || got.Explanation != nil {
					t.Errorf("%s %s: %d %+v", e.name, c.name, resp.StatusCode, got.Explanation) // net/http answers in clear: the client is told
				}
				continue
			}
			if x := got.Explanation; resp.StatusCode < 500 || x == nil || x.Check != c.check || !strings.HasPrefix(x.Reason, c.reason) || !strings.Contains(x.Remedy, c.remedy) {
				t.Errorf("%s %s: %d %+v", e.name, c.name, resp.StatusCode, x)
			}
		}
	}
}

// plainBackend says text to each connection.
func plainBackend(t *testing.T, text string) string {
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
				io.WriteString(c, text)
				io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	return "http://" + l.Addr().String()
}
