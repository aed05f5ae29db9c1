package app

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/edge"
	"gatehouse/internal/pki"
)

// TestDocument: linked templates are read from this machine only, over https, and never by way of a redirect elsewhere.
func TestDocument(t *testing.T) {
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/t.json":
			_, _ = w.Write([]byte(`{"a":1}`))
		case "/away":
			http.Redirect(w, r, "https://contoso.example/t.json", http.StatusFound)
		case "/large":
			_, _ = w.Write(make([]byte, maxLinked+1))
		default:
			http.NotFound(w, r)
		}
	}))
	defer host.Close()
	ca, err := pki.NewCA(pki.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{set: settings{proxied: true, names: edge.AzureNames(), roots: []*x509.Certificate{host.Certificate()}}, state: &state{ca: ca}}
	for _, c := range []struct{ uri, want string }{
		{host.URL + "/t.json?sig=s3cret", ""},
		{host.URL + "/none?sig=s3cret", "404"},
		{host.URL + "/away", `the host "contoso.example" is not this machine`},
		{host.URL + "/large", "larger than"},
		{"https://contoso.example/t.json", "is not this machine"},
		{"https://10.0.0.1/t.json", "is not this machine"},
		{"https://169.254.169.254/metadata", "is not this machine"},
		{"https://management.azure.com/", "is not this machine"},
		{"http://127.0.0.1/t.json", "https"},
		{"https://me:secret@localhost/t.json", "without credentials"},
		{"file:///etc/passwd", "https"},
	} {
		data, err := s.document(t.Context(), c.uri)
		switch {
		case c.want == "" && (err != nil || string(data) != `{"a":1}`):
			t.Errorf("%s: %q %v", c.uri, data, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret")):
			t.Errorf("%s: %v, want %q", c.uri, err, c.want)
		}
	}
	s.set.proxied = false // of a site, loopback is not for whoever deploys
	if _, err := s.document(t.Context(), host.URL+"/t.json"); err == nil || !strings.Contains(err.Error(), "is no gateway of this server") {
		t.Errorf("a site reads from loopback: %v", err)
	}
}
