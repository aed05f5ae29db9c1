package gateway_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// authority issues certificates for one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.pool.AddCert(a.cert)
	return a
}

var serial = struct {
	sync.Mutex
	n int64
}{n: 1}

func (a *authority) issue(t testing.TB, name string, hosts ...string) *tls.Certificate {
	t.Helper()
	return a.issueWith(t, name, func(c *x509.Certificate) {
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, hosts
	})
}

// bench is a gateway between a client and a backend that requires client certificates.
type bench struct {
	t         testing.TB
	ca        *authority
	g         *gateway.Gateway
	gateway   string // address
	backend   *httptest.Server
	backendAt string
	logs      *lockedBuffer
	access    *lockedBuffer
	snap      *snapshot.Snapshot
}

type lockedBuffer struct {
	sync.Mutex
	b bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) { l.Lock(); defer l.Unlock(); return l.b.Write(p) }
func (l *lockedBuffer) String() string              { l.Lock(); defer l.Unlock(); return l.b.String() }

const (
	clientHost  = "contoso-client.azure-api.net"
	backendHost = "backend.example.com"
)

func newBench(t testing.TB, handler http.HandlerFunc) *bench {
	t.Helper()
	return newBenchWith(t, handler, func(*gateway.Options) {})
}

func newBenchWith(t testing.TB, handler http.HandlerFunc, change func(*gateway.Options)) *bench {
	t.Helper()
	b := &bench{t: t, ca: newAuthority(t, "Contoso Test Root"), logs: &lockedBuffer{}, access: &lockedBuffer{}}
	b.backend = httptest.NewUnstartedServer(handler)
	b.backend.TLS = &tls.Config{Certificates: []tls.Certificate{*b.ca.issue(t, backendHost, backendHost)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: b.ca.pool}
	b.backend.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	b.backend.StartTLS()
	t.Cleanup(b.backend.Close)
	b.backendAt = b.backend.Listener.Addr().String()
	o := gateway.Options{Roots: b.ca.pool, Dial: b.dial, AccessLog: b.access,
		Logger:    slog.New(slog.NewTextHandler(b.logs, nil)),
		Forbidden: func(host string) bool { return host == "management.azure.com" }}
	change(&o)
	b.g = gateway.New(o)
	b.listen()
	b.snap = &snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": b.service()}}
	if p := b.g.Apply(b.snap); len(p) != 0 {
		t.Fatalf("Apply: %+v", p)
	}
	return b
}

func (b *bench) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if strings.HasPrefix(addr, backendHost+":") {
		addr = b.backendAt
	}
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// listen serves as edge does: HTTP/1.1 to ServeConn, HTTP/2 to net/http.
func (b *bench) listen() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.gateway = l.Addr().String()
	cfg := &tls.Config{Certificates: []tls.Certificate{*b.ca.issue(b.t, "gateway", clientHost, "localhost")}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", "http/1.1"}}
	server := &http.Server{Handler: b.g}
	h2 := &handover{conns: make(chan net.Conn), addr: l.Addr(), done: make(chan struct{})}
	go server.Serve(h2)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		l.Close()
		server.Close()
		if err := b.g.Shutdown(ctx); err != nil {
			b.t.Errorf("Shutdown: %v", err)
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				tc := tls.Server(c, cfg)
				if tc.Handshake() != nil {
					c.Close()
					return
				}
				if s := tc.ConnectionState(); s.NegotiatedProtocol == "h2" || s.ServerName == "localhost" {
					h2.conns <- tc
					return
				}
				b.g.ServeConn(tc)
				tc.Close() // as edge does
			}()
		}
	}()
}

// handover is a listener of connections whose handshake is done.
type handover struct {
	conns chan net.Conn
	addr  net.Addr
	done  chan struct{}
	once  sync.Once
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}
func (h *handover) Close() error   { h.once.Do(func() { close(h.done) }); return nil }
func (h *handover) Addr() net.Addr { return h.addr }

// service is a service with one API at /backend and a certificate for its backend.
func (b *bench) service() *snapshot.Service {
	cert := b.ca.issue(b.t, "Contoso Client v1")
	return &snapshot.Service{
		Name: "contoso-client", SKU: snapshot.SKUConsumption, Hostnames: []string{clientHost},
		Certificates: map[string]*snapshot.Certificate{"client-cert": {ID: "client-cert", TLS: cert, Thumbprint: "AB"}},
		Backends: map[string]*snapshot.Backend{
			"b1":     {ID: "b1", URL: "https://" + backendHost + "/base", CertificateIDs: []string{"/subscriptions/s/.../certificates/client-cert"}, ValidateChain: true, ValidateName: true},
			"nocert": {ID: "nocert", URL: "https://" + backendHost, ValidateChain: true, ValidateName: true},
			"wrong":  {ID: "wrong", URL: "https://" + b.backendAt, CertificateIDs: []string{"client-cert"}, ValidateChain: true, ValidateName: true},
			"lax":    {ID: "lax", URL: "https://" + b.backendAt, CertificateIDs: []string{"client-cert"}},
			"closed": {ID: "closed", URL: "https://127.0.0.1:1", ValidateChain: true, ValidateName: true},
		},
		NamedValues:   map[string]*snapshot.NamedValue{"secret": {Name: "secret", Value: "hush", Secret: true}},
		Subscriptions: []*snapshot.Subscription{{ID: "master", PrimaryKey: "key-one", SecondaryKey: "key-two", State: "active"}, {ID: "old", PrimaryKey: "key-old", State: "suspended"}, {ID: "other", Scope: snapshot.ScopeAPI, API: "elsewhere", PrimaryKey: "key-other"}},
		APIs: []*snapshot.API{
			{ID: "backend", Path: "backend", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b1" />`)},
				Operations: []*snapshot.Operation{
					{ID: "any", Method: "*", URLTemplate: "/*"},
					{ID: "wrong", Method: "GET", URLTemplate: "/wrong", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="wrong" />`)}},
					{ID: "lax", Method: "GET", URLTemplate: "/lax", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="lax" />`)}},
					{ID: "nocert", Method: "GET", URLTemplate: "/nocert", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="nocert" />`)}},
					{ID: "closed", Method: "GET", URLTemplate: "/closed", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="closed" />`)}},
					{ID: "forbidden", Method: "GET", URLTemplate: "/forbidden", Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service base-url="https://management.azure.com" />`)}},
					{ID: "rewrite", Method: "GET", URLTemplate: "/orders/{id}", Policy: snapshot.Policy{Text: inboundPolicy(`<rewrite-uri template="/v2/{id}/x?k={id}" /><set-header name="X-Secret" exists-action="override"><value>{{secret}}</value></set-header>`)}},
					{ID: "query", Method: "GET", URLTemplate: "/find?id={id}", Policy: snapshot.Policy{Text: inboundPolicy(`<rewrite-uri template="/v3/{id}?k={id}" />`)}},
				}},
			{ID: "keyed", Path: "keyed", SubscriptionRequired: true, Operations: []*snapshot.Operation{{ID: "get", Method: "GET", URLTemplate: "/x", Policy: snapshot.Policy{
				Text: inboundPolicy(`<return-response><set-status code="202" reason="Taken In" /><set-header name="X-A" exists-action="override"><value>1</value></set-header><set-body>ok</set-body></return-response>`)}}}},
		},
	}
}

func inboundPolicy(inner string) string {
	return `<policies><inbound><base />` + inner + `</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`
}

type engine struct {
	name string
	h2   bool
}

var engines = []engine{{"fasthttp", false}, {"nethttp", true}}

// client talks to the gateway over one engine; cert may be nil.
func (b *bench) client(e engine, cert *tls.Certificate) *http.Client {
	cfg := &tls.Config{RootCAs: b.ca.pool, ServerName: clientHost}
	if cert != nil {
		cfg.Certificates = []tls.Certificate{*cert}
	}
	tr := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: e.h2, MaxIdleConnsPerHost: 64, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, b.gateway)
		}}
	if !e.h2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	b.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func get(t testing.TB, c *http.Client, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return ask(t, c, "GET", path, header...)
}

// echo tells what the backend saw.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Backend", "yes")
	w.Header().Add("Set-Cookie", "a=1; Path=/")
	w.Header().Add("Set-Cookie", "b=2")
	fmt.Fprintf(w, "%s %s host=%s cn=%s xff=%s secret=%s conn=%q body=%d", r.Method, r.RequestURI, r.Host, r.TLS.PeerCertificates[0].Subject.CommonName,
		r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Secret"), r.Header.Get("X-Hop"), len(body))
}

func TestForward(t *testing.T) {
	b := newBench(t, echo)
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := b.client(e, nil)
			hop := []string{"Connection", "X-Hop", "X-Hop", "secret of this connection"}
			if e.h2 {
				hop = nil // HTTP/2 has no Connection
			}
			for _, tc := range []struct {
				path   string
				status int
				body   string
			}{
				{"/backend/a/b?q=1", 200, `GET /base/a/b?q=1 host=backend.example.com cn=Contoso Client v1 xff=127.0.0.1 secret= conn="" body=0`},
				{"/BACKEND/orders/7?z=9", 200, `GET /base/v2/7/x?k=7&z=9 host=backend.example.com cn=Contoso Client v1 xff=127.0.0.1 secret=hush conn="" body=0`},
				{"/backend/find?id=a%20b%0d%0aX:%20y%2f..&z=1", 200, `GET /base/v3/a%20b%0D%0AX:%20y%2F..?k=a+b%0D%0AX%3A+y%2F..&z=1 host=`},
				{"/backend", 200, `GET /base host=`},
				{"/backend/lax", 200, "GET /lax host="},
				{"/backend/../keyed/x", 401, missing401},
				{"/nowhere", 404, `{ "statusCode": 404, "message": "Resource not found" }`},
				{"/backendx", 404, `{ "statusCode": 404, "message": "Resource not found" }`},
				{"/backend/wrong", 500, `{ "statusCode": 500, "message": "Internal server error", "activityId": "`},
				{"/backend/nocert", 500, `{ "statusCode": 500, "message": "Internal server error", "activityId": "`},
				{"/backend/closed", 500, `{ "statusCode": 500, "message": "Internal server error", "activityId": "`},
				{"/backend/forbidden", 500, `{ "statusCode": 500, "message": "Internal server error", "activityId": "`},
			} {
				resp, body := get(t, c, tc.path, hop...)
				if resp.StatusCode != tc.status || !strings.HasPrefix(body, tc.body) {
					t.Errorf("%s: %d %s\nwant %d %s", tc.path, resp.StatusCode, body, tc.status, tc.body)
				}
				if tc.status == 200 && (resp.Header.Get("X-Backend") != "yes" || len(resp.Header.Values("Date")) != 1 || len(resp.Header.Values("Content-Length")) != 1 || len(resp.Header.Values("Set-Cookie")) != 2) {
					t.Errorf("%s: header %v", tc.path, resp.Header)
				}
			}
		})
	}
	for _, want := range []string{"cannot validate certificate for 127.0.0.1", "may not be a backend", "connection refused"} {
		if !strings.Contains(b.logs.String(), want) && !strings.Contains(strings.ReplaceAll(b.logs.String(), `\"`, `"`), want) {
			t.Errorf("the log does not say %q:\n%s", want, b.logs)
		}
	}
}

const missing401 = `{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }`
const invalid401 = `{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }`

func TestSubscription(t *testing.T) {
	b := newBench(t, echo)
	for _, e := range engines {
		c := b.client(e, nil)
		for _, tc := range []struct {
			query, header string
			status        int
			body          string
		}{
			{"", "", 401, missing401},
			{"", "key-one", 202, "ok"},
			{"", "key-two", 202, "ok"},
			{"?subscription-key=key-one", "", 202, "ok"},
			{"", "nonsense", 401, invalid401},
			{"", "key-old", 401, invalid401},
			{"", "key-other", 401, invalid401},
		} {
			var h []string
			if tc.header != "" {
				h = []string{"Ocp-Apim-Subscription-Key", tc.header}
			}
			resp, body := get(t, c, "/keyed/x"+tc.query, h...)
			if resp.StatusCode != tc.status || body != tc.body {
				t.Errorf("%s %q %q: %d %s", e.name, tc.query, tc.header, resp.StatusCode, body)
			}
			if tc.status == 202 && (resp.Header.Get("X-A") != "1" || !e.h2 && resp.Status != "202 Taken In") {
				t.Errorf("%s: %s %v", e.name, resp.Status, resp.Header)
			}
			if tc.status == 401 && !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), `AzureApiManagementKey realm="https://contoso-client.azure-api.net/keyed",name="Ocp-Apim-Subscription-Key"`) {
				t.Errorf("%s: %v", e.name, resp.Header)
			}
		}
	}
}

func TestStatusEndpointsAndRequiredCertificate(t *testing.T) {
	b := newBench(t, echo)
	s := *b.snap.Services["contoso-client"]
	for _, e := range engines {
		resp, body := get(t, b.client(e, nil), "/internal-status-0123456789abcdef")
		if resp.StatusCode != 200 || body != `{"status":"OK","service":"contoso-client"}` {
			t.Errorf("%s: %d %s", e.name, resp.StatusCode, body)
		}
	}
	s.RequireClientCertificate = true
	b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": &s}})
	for _, e := range engines {
		for _, path := range []string{"/internal-status-0123456789abcdef", "/status-0123456789abcdef", "/backend/a", "/nowhere"} {
			if resp, body := get(t, b.client(e, nil), path); resp.StatusCode != 403 {
				t.Errorf("%s %s without a certificate: %d %s", e.name, path, resp.StatusCode, body)
			}
		}
		resp, body := get(t, b.client(e, b.ca.issue(t, "Caller")), "/internal-status-0123456789abcdef")
		if resp.StatusCode != 200 || !strings.Contains(body, `"clientCertificate":{"subject":"CN=Caller","issuer":"CN=Contoso Test Root","thumbprint":"`) {
			t.Errorf("%s: %d %s", e.name, resp.StatusCode, body)
		}
	}
	s.SKU = snapshot.SKUDeveloper
	b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": withCopy(&s)}})
	for path, status := range map[string]int{"/internal-status-0123456789abcdef": 404, "/status-0123456789abcdef": 200} {
		if resp, body := get(t, b.client(engines[0], nil), path); resp.StatusCode != status {
			t.Errorf("Developer %s: %d %s", path, resp.StatusCode, body)
		}
	}
}

func withCopy(s *snapshot.Service) *snapshot.Service { c := *s; return &c }

// TestRotation changes the client certificate while requests run on both engines: no
// request fails, and new requests present the new certificate at once.
func TestRotation(t *testing.T) {
	b := newBench(t, echo)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var mu sync.Mutex
	count, failures := 0, []string{}
	for i := range 8 {
		c := b.client(engines[i%2], nil)
		wg.Go(func() {
			for ctx.Err() == nil {
				r, _ := http.NewRequest("POST", "https://"+clientHost+"/backend/a", strings.NewReader("some body"))
				resp, err := c.Do(r)
				text := ""
				if err == nil {
					body, _ := io.ReadAll(resp.Body)
					resp.Body.Close()
					text = fmt.Sprint(resp.StatusCode, " ", string(body))
				}
				mu.Lock()
				count++
				if err != nil || !strings.HasPrefix(text, "200 POST /base/a") || !strings.HasSuffix(text, "body=9") {
					failures = append(failures, fmt.Sprint(err, text))
				}
				mu.Unlock()
			}
		})
	}
	for n := 2; n <= 12; n++ {
		s := withCopy(b.snap.Services["contoso-client"])
		name := fmt.Sprintf("Contoso Client v%d", n)
		s.Certificates = map[string]*snapshot.Certificate{"client-cert": {ID: "client-cert", TLS: b.ca.issue(t, name)}}
		if p := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}); len(p) != 0 {
			t.Fatal(p)
		}
		if _, body := get(t, b.client(engines[n%2], nil), "/backend/a"); !strings.Contains(body, "cn="+name+" ") {
			t.Errorf("after Apply the backend saw %s; want %s", body, name)
		}
	}
	cancel()
	wg.Wait()
	if len(failures) > 0 || count == 0 {
		t.Errorf("%d of %d requests failed; the first: %s\n%s", len(failures), count, failures[0], b.logs)
	}
}

func TestApplyKeepsLastGood(t *testing.T) {
	b := newBench(t, echo)
	s := withCopy(b.snap.Services["contoso-client"])
	bad := *s.APIs[0]
	bad.Policy.Text = "<policies>\n<inbound><nonsense /></inbound></policies>"
	s.APIs = []*snapshot.API{&bad, s.APIs[1], {ID: "new", Path: "new", Policy: snapshot.Policy{Text: "<policies"}, Operations: []*snapshot.Operation{{ID: "x", Method: "GET", URLTemplate: "/"}}}}
	s.Backends = map[string]*snapshot.Backend{}
	for id, be := range b.snap.Services["contoso-client"].Backends {
		s.Backends[id] = be
	}
	s.Certificates = nil
	problems := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}})
	kept := map[string]bool{}
	for _, p := range problems {
		kept[p.API+p.Backend] = p.KeptLast
	}
	if want := map[string]bool{"backend": true, "new": false, "b1": true, "wrong": true, "lax": true}; fmt.Sprint(kept) != fmt.Sprint(want) {
		t.Errorf("problems: %v, want %v", kept, want)
	}
	c := b.client(engines[0], nil)
	if resp, body := get(t, c, "/backend/a"); resp.StatusCode != 200 {
		t.Errorf("the last good program does not serve: %d %s", resp.StatusCode, body)
	}
	if resp, _ := get(t, c, "/new"); resp.StatusCode != 500 {
		t.Errorf("an API that never compiled: %d", resp.StatusCode)
	}
	if !strings.Contains(b.logs.String(), "GHP020") {
		t.Errorf("the log does not name the diagnostic:\n%s", b.logs)
	}
}
