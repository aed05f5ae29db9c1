//go:build unix

package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/cli"
	"gatehouse/internal/client"
	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/localapi"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// buffer collects what a server writes.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// siteServer is a `serve` of the test's process, under contoso.example.
type siteServer struct {
	t        *testing.T
	dir      string
	root     *testca.Authority
	ready    cli.ServeReady
	stdout   buffer
	stderr   buffer
	reloaded chan error
	stop     func() error
	c        *client.Client
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (s *siteServer) write(name, content string, mode os.FileMode) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		s.t.Fatal(err)
	}
}

func (s *siteServer) server(name string) *pki.Bundle {
	s.t.Helper()
	return must[*pki.Bundle](s.t)(s.root.Server(testca.Options{CommonName: name, KeyType: "ec"}))
}

// serve starts one; extra ends its configuration.
func serve(t *testing.T, extra string) *siteServer {
	t.Helper()
	s := &siteServer{t: t, dir: t.TempDir(), reloaded: make(chan error, 1)}
	s.root = must[*testca.Authority](t)(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	pem := must[[]byte](t)(pki.EncodePEM(s.server("*.gateway.contoso.example")))
	s.write("gateway.pem", string(pem), 0o600)
	s.write("roots.pem", string(pki.EncodeCertificatesPEM(s.root.Certificate)), 0o644)
	s.write("gatehouse.yaml", siteConfig+extra, 0o644)
	s.write("passphrase.txt", "correct horse battery staple\n", 0o600)
	s.start()
	return s
}

// start runs the server of the site's configuration.
func (s *siteServer) start() {
	t := s.t
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan cli.ServeReady, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, cli.ServeOptions{Config: filepath.Join(s.dir, "gatehouse.yaml"), Stdout: &s.stdout, Stderr: &s.stderr,
			Ready: func(r cli.ServeReady) { ready <- r }, Reloaded: func(err error) { s.reloaded <- err }})
	}()
	var once sync.Once
	s.stop = func() (err error) {
		once.Do(func() { cancel(); err = <-ended })
		return err
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case s.ready = <-ready:
	case err := <-ended:
		once.Do(func() {})
		t.Fatalf("the server did not start: %v\n%s", err, s.stderr.String())
	}
	s.c = open(t, filepath.Join(s.dir, "data"))
}

const siteConfig = `
domain: contoso.example
data: data
listen: ["127.0.0.1:0"]
certificates:
- file: gateway.pem
- names: ["*.vault.contoso.example"]
  vault: kv-site
  certificate: vaults
trust: {system: false, files: [roots.pem]}
operations: {listen: "127.0.0.1:0"}
audit: {copy: audit-copy.jsonl}
`

// deploy makes the vault with a certificate for the vaults' names, and a service with an API.
func (s *siteServer) deploy(backend string) {
	s.t.Helper()
	ctx, c, group := s.t.Context(), s.c, group(s.c, "rg")
	put := func(path, version string, body map[string]any) {
		s.t.Helper()
		if err := c.ARM(ctx, "PUT", path, version, body, nil); err != nil {
			s.t.Fatal(path, err)
		}
	}
	put(group, "2022-09-01", map[string]any{"location": "westeurope"})
	put(group+"/providers/Microsoft.KeyVault/vaults/kv-site", "2023-07-01", map[string]any{"location": "westeurope",
		"properties": map[string]any{"tenantId": c.Info.TenantID, "sku": map[string]any{"family": "A", "name": "standard"}, "enableRbacAuthorization": true}})
	pfx := must[[]byte](s.t)(pki.EncodePFX(s.server("*.vault.contoso.example"), ""))
	var made map[string]any
	if err := c.JSON(ctx, "POST", "https://kv-site.vault.azure.net/certificates/vaults/import?api-version=7.4", client.VaultAudience,
		map[string]any{"value": base64.StdEncoding.EncodeToString(pfx)}, &made); err != nil {
		s.t.Fatal(err)
	}
	if id := fmt.Sprint(made["id"]); !strings.HasPrefix(id, "https://kv-site.vault.contoso.example/certificates/vaults/") {
		s.t.Errorf("the certificate's id is %s", id)
	}
	service := group + "/providers/Microsoft.ApiManagement/service/orders"
	put(service, "2023-05-01-preview", map[string]any{"location": "westeurope", "sku": map[string]any{"name": "Developer", "capacity": 1},
		"properties": map[string]any{"publisherEmail": "a@contoso.example", "publisherName": "Contoso"}})
	put(service+"/apis/a", "2023-05-01-preview", map[string]any{"properties": map[string]any{"displayName": "A", "path": "a", "protocols": []any{"https"},
		"serviceUrl": backend, "subscriptionRequired": false}})
	put(service+"/apis/a/operations/get", "2023-05-01-preview", map[string]any{"properties": map[string]any{"displayName": "get", "method": "GET", "urlTemplate": "/*"}})
}

// https asks the server as a client does that trusts the site's root alone.
func (s *siteServer) https(url string, header ...string) (int, string, error) {
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: s.root.Pool()}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.ready.Listen[0])
	}}
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", url, nil)
	if err != nil {
		return 0, "", err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// until tries f for a while.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}

func (s *siteServer) operations(path string) string {
	s.t.Helper()
	resp, err := http.Get("http://" + s.ready.Operations + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(b))
}

// TestServe walks a site's own server: names, certificates from files and the vault, trust,
// access log, metrics, health, records of failures, reload.
func TestServe(t *testing.T) {
	s := serve(t, "")
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "backend") }))
	own := must[*pki.Bundle](t)(s.root.Server(testca.Options{CommonName: "localhost", KeyType: "ec"}))
	backend.TLS = &tls.Config{Certificates: []tls.Certificate{own.TLS()}}
	backend.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	backend.StartTLS()
	defer backend.Close()
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	s.deploy("https://localhost:" + port)

	const api = "https://orders.gateway.contoso.example/a/x"
	until(t, "the API", func() bool {
		status, body, err := s.https(api)
		return err == nil && status == 200 && body == "backend"
	})
	until(t, "the certificate of the vault", func() bool {
		status, _, err := s.https("https://kv-site.vault.contoso.example/secrets?api-version=7.4")
		return err == nil && status == 401
	})
	if _, _, err := s.https("https://management.contoso.example/subscriptions"); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("a name without a certificate of its own: %v", err)
	}
	if s.c.Info.Env["AZURE_CLIENT_SECRET"] != "" || s.c.Info.Env["HTTPS_PROXY"] != "" {
		t.Error("the environment of a site holds a secret or a proxy")
	}
	s.checkOperations()
	s.checkReload(api)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if log := s.stdout.String(); !strings.Contains(log, `"service":"orders","api":"a","operation":"get","client":"127.0.0.1"`) || !json.Valid([]byte(strings.SplitN(log, "\n", 2)[0])) {
		t.Errorf("the access log: %s", log)
	}
	if copied, err := os.ReadFile(filepath.Join(s.dir, "audit-copy.jsonl")); err != nil || !strings.Contains(string(copied), "Microsoft.ApiManagement/service") {
		t.Errorf("the copy of the audit records: %v %.300s", err, copied)
	}
}

func (s *siteServer) checkOperations() {
	t := s.t
	t.Helper()
	for path, want := range map[string]string{"/healthz": `200 {"status":"ok"}`, "/readyz": `200 {"status":"ready"}`} {
		if got := s.operations(path); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, want := range []string{`gatehouse_requests_total{api="a",code="2xx",service="orders"} `, `gatehouse_request_duration_seconds_bucket{api="a",service="orders",le="0.0005"}`,
		`gatehouse_tls_handshakes_total{client_certificate="false",result="ok",version="1.3"}`, `gatehouse_backend_connections{backend="localhost:`,
		`gatehouse_certificate_expiry_seconds{kind="server",name="*.gateway.contoso.example"}`, `gatehouse_certificate_refusals_total{check="client certificate",direction="inbound"}`, "gatehouse_client_connections "} {
		// What ended a handshake is counted after the client has seen it end.
		until(t, "the metric "+want, func() bool { return strings.Contains(s.operations("/metrics"), want) })
	}
	r, _ := http.NewRequest("GET", "http://"+s.ready.Operations+"/metrics", nil)
	r.Host = "rebound.contoso.example"
	if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("metrics under another name: %v %v", resp, err)
	}
	failures, err := s.c.Failures(t.Context(), handshake.Filter{Limit: 1})
	if err != nil || len(failures) != 1 || !strings.Contains(failures[0].Reason, "the client refused our certificate 'CN=management.contoso.example'") {
		t.Errorf("the record of the refused certificate: %+v %v", failures, err)
	}
	got := make(chan *gateway.Trace, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = s.c.Traces(ctx, gateway.TraceFilter{Host: "orders.gateway.contoso.example"}, func() {
		go s.https("https://orders.gateway.contoso.example/a/traced")
	}, func(e localapi.TraceEvent) bool { got <- e.Trace; return false })
	if err != nil {
		t.Fatal(err)
	}
	if tr := <-got; tr.Path != "/a/traced" || len(tr.Steps) == 0 || tr.Steps[0].Policy != "forward-request" {
		t.Errorf("trace %+v", tr)
	}
}

// checkReload changes certificate, roots and a key that needs a restart.
func (s *siteServer) checkReload(api string) {
	t := s.t
	t.Helper()
	hup := func() error {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		return <-s.reloaded
	}
	other := must[*testca.Authority](t)(testca.NewRoot(testca.Options{CommonName: "Contoso Root 2", KeyType: "ec"}))
	renewed := must[*pki.Bundle](t)(other.Server(testca.Options{CommonName: "*.gateway.contoso.example", KeyType: "ec"}))
	s.write("gateway.pem", string(must[[]byte](t)(pki.EncodePEM(renewed))), 0o600)
	if err := hup(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.https(api); err == nil {
		t.Error("the old certificate serves on")
	}
	s.root = other
	if status, _, err := s.https(api); err != nil || status != 200 {
		t.Errorf("the new certificate: %d %v", status, err)
	}
	s.write("roots.pem", string(pki.EncodeCertificatesPEM(other.Certificate)), 0o644)
	s.write("gatehouse.yaml", strings.Replace(siteConfig, "audit:", "limits: {connections: 99}\nlog: {level: debug}\nsessionTickets: false\naudit:", 1), 0o644)
	if err := hup(); err == nil || !strings.Contains(err.Error(), "need a restart: sessionTickets") {
		t.Errorf("got %v", err)
	}
	if status, _, err := s.https(api); err != nil || status != 500 {
		t.Errorf("a backend of a root that is no longer trusted: %d %v", status, err)
	}
	if r, err := s.c.Failures(t.Context(), handshake.Filter{Limit: 1}); err != nil || len(r) != 1 || r[0].Direction != handshake.Outbound || r[0].Check != handshake.CheckChain ||
		!strings.Contains(r[0].Reason, "the chain ends at 'CN=localhost': its issuer 'CN=Contoso Root' was not sent, and is not known here") {
		t.Errorf("the record: %+v %v", r, err)
	}
	s.write("gatehouse.yaml", "domain: [", 0o644)
	if err := hup(); err == nil || !strings.Contains(err.Error(), "GHS001") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(s.stderr.String(), "all stays as it was") {
		t.Error("the log does not say that all stays")
	}
}

// TestDrain: a signal ends readiness at once; a request that runs ends well, and then the server.
func TestDrain(t *testing.T) {
	s := serve(t, "")
	entered, release := make(chan struct{}), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(entered)
			<-release
		}
		fmt.Fprint(w, "backend")
	}))
	defer backend.Close()
	s.deploy(backend.URL)
	const api = "https://orders.gateway.contoso.example/a"
	until(t, "the API", func() bool {
		status, _, err := s.https(api + "/x")
		return err == nil && status == 200
	})
	answered := make(chan string, 1)
	go func() {
		status, body, err := s.https(api + "/slow")
		answered <- fmt.Sprint(status, body, err)
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	until(t, "the end of readiness", func() bool { return strings.HasPrefix(s.operations("/readyz"), "503") })
	if !strings.HasPrefix(s.operations("/healthz"), "200") {
		t.Error("a server that drains does not live")
	}
	close(release)
	if got := <-answered; got != "200backend<nil>" {
		t.Errorf("the running request: %s", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestServeRefusesKeys: a key that others can read stops the start, before anything is bound.
func TestServeRefusesKeys(t *testing.T) {
	s := serve(t, "passphraseFile: passphrase.txt\n")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if key, err := os.ReadFile(filepath.Join(s.dir, "data", "root.key")); err != nil || len(key) < 64 {
		t.Errorf("the root key under a passphrase: %d bytes, %v", len(key), err)
	}
	if err := os.Chmod(filepath.Join(s.dir, "gateway.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Serve(t.Context(), cli.ServeOptions{Config: filepath.Join(s.dir, "gatehouse.yaml"), Stdout: io.Discard, Stderr: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "lets others read or change it") {
		t.Errorf("got %v", err)
	}
}
