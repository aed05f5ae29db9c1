package explain

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/handshake"
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

// TestRun explains servers that are no instance of ours, over real TLS.
func TestRun(t *testing.T) {
	authority, bundle := must[*testca.Authority](t), must[*pki.Bundle](t)
	root := authority(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	other := authority(testca.NewRoot(testca.Options{CommonName: "Other Root", KeyType: "ec"}))
	serverCert := bundle(root.Server(testca.Options{CommonName: "localhost", KeyType: "ec"})).TLS()
	good, wrong := bundle(root.Client(testca.Options{CommonName: "client", KeyType: "ec"})), bundle(other.Client(testca.Options{CommonName: "stranger", KeyType: "ec"}))
	start := func(c *tls.Config) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/missing" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, "hello")
		}))
		c.Certificates = []tls.Certificate{serverCert}
		s.TLS = c
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	plain := start(&tls.Config{})
	mutual := start(&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.Pool()})
	mutual12 := start(&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.Pool(), MaxVersion: tls.VersionTLS12})
	for _, c := range []struct {
		name   string
		server *httptest.Server
		path   string
		cert   *pki.Bundle
		trust  bool
		check  string
		reason string
		steps  []string // parts of what is told
	}{
		{"all well", plain, "/", nil, true, "", "", []string{"client ok the server did not ask", "request ok 200 OK", "TLS 1.3: "}},
		{"a status", plain, "/missing", nil, true, "status", "the server answered 404 Not Found", []string{"server ok the certificate is for the name"}},
		{"a root that is not trusted", plain, "/", nil, false, handshake.CheckChain, "the chain ends at 'CN=localhost': its issuer 'CN=Contoso Root'", []string{"request ok 200 OK"}},
		{"mutual TLS", mutual, "/", good, true, "", "", []string{"client ok presented CN=client", "it accepts: CN=Contoso Root"}},
		{"mutual TLS without a certificate", mutual, "/", nil, true, handshake.CheckClientCertificate, "the server requires a client certificate, and none was presented; it accepts: 'CN=Contoso Root'", []string{"client note the server asks"}},
		{"mutual TLS of another issuer", mutual, "/", wrong, true, "", "the server", []string{"client note presented, although no certificate of its chain is of an authority that the server accepts"}},
		{"mutual TLS 1.2 without a certificate", mutual12, "/", nil, true, handshake.CheckClientCertificate, "the server requires a client certificate", []string{"handshake failed", "TLS 1.3: the server supports none"}},
	} {
		_, port, _ := net.SplitHostPort(c.server.Listener.Addr().String())
		o := Options{URL: "https://localhost:" + port + c.path, Certificate: c.cert, Server: &Server{Ours: func(string) bool { return false }}}
		if c.trust {
			o.Server.Roots = append(o.Server.Roots, root.Certificate)
		}
		r := must[*Report](t)(Run(context.Background(), o))
		var told strings.Builder
		for _, s := range r.Steps {
			fmt.Fprintln(&told, s.Name, s.Outcome, s.Text, strings.Join(s.Details, "\n"))
		}
		if c.check != "" && r.Verdict.Check != c.check || !strings.HasPrefix(r.Verdict.Reason, c.reason) || r.OK() != (c.reason == "") {
			t.Errorf("%s: %+v\n%s", c.name, r.Verdict, &told)
		}
		for _, want := range c.steps {
			if !strings.Contains(told.String(), want) {
				t.Errorf("%s: it does not tell %q:\n%s", c.name, want, &told)
			}
		}
	}
	r := must[*Report](t)(Run(t.Context(), Options{URL: "https://127.0.0.1:1/"}))
	if r.Verdict.Check != handshake.CheckConnection || r.Verdict.Reason != "nothing listens at 127.0.0.1:1" {
		t.Errorf("%+v", r.Verdict)
	}
	if _, err := Run(t.Context(), Options{URL: "http://localhost/"}); err == nil {
		t.Error("plain http was taken")
	}
}
