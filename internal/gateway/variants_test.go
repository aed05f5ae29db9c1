package gateway_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// apply runs another service under the bench's name.
func (b *bench) apply(s *snapshot.Service) {
	b.t.Helper()
	s.Name, s.Hostnames = "contoso-client", []string{clientHost}
	if p := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}); len(p) != 0 {
		b.t.Fatalf("Apply: %+v", p)
	}
}

// answering is an API whose operations answer with its id and what products add.
func answering(id, path string, change ...func(*snapshot.API)) *snapshot.API {
	a := &snapshot.API{ID: id, Path: path, Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}, {ID: "root", Method: "*", URLTemplate: "/"}},
		Policy: snapshot.Policy{Text: inboundPolicy(`<return-response><set-body>` + id + `</set-body></return-response>`)}}
	for _, c := range change {
		c(a)
	}
	return a
}

// TestVersionsAndRevisions: path, header, query, and ;rev=N.
func TestVersionsAndRevisions(t *testing.T) {
	b := newBench(t, echo)
	in := func(set *snapshot.VersionSet, version string) func(*snapshot.API) {
		return func(a *snapshot.API) { a.VersionSet, a.Version = set, version }
	}
	header, query := &snapshot.VersionSet{Scheme: snapshot.VersionHeader, Header: "Api-Version"}, &snapshot.VersionSet{Scheme: snapshot.VersionQuery, Query: "api-version"}
	revision := func(n string, current bool) func(*snapshot.API) {
		return func(a *snapshot.API) { a.Revision, a.NotCurrent = n, !current }
	}
	b.apply(&snapshot.Service{APIs: []*snapshot.API{
		answering("seg", "seg"), answering("seg-v1", "seg", in(&snapshot.VersionSet{}, "v1")), answering("seg-v2", "seg", in(&snapshot.VersionSet{}, "v2")),
		answering("head", "head", in(header, "")), answering("head-v1", "head", in(header, "v1")), answering("head-v2", "head", in(header, "v2")),
		answering("query-v1", "query", in(query, "2024-01-01")), answering("query-v2", "query", in(query, "2025-01-01")),
		answering("rev", "a/rev", revision("1", false)), answering("rev;rev=2", "a/rev", revision("2", true)), answering("rev;rev=3", "a/rev", revision("3", false)),
	}})
	for _, e := range engines {
		c := b.client(e, nil)
		for _, tc := range []struct{ path, header, body string }{
			{"/seg/x", "", "seg"}, {"/seg/v1/x", "", "seg-v1"}, {"/seg/V2", "", "seg-v2"}, {"/seg/v3", "", "seg"},
			{"/head/x", "", "head"}, {"/head/x", "V1", "head-v1"}, {"/head/x", "v2", "head-v2"}, {"/head/x", "v3", ""},
			{"/query/x", "", ""}, {"/query/x?api-version=2024-01-01", "", "query-v1"}, {"/query?api-version=2025-01-01", "", "query-v2"}, {"/query/x?api-version=2", "", ""},
			{"/a/rev/x", "", "rev;rev=2"}, {"/a/rev;rev=1/x", "", "rev"}, {"/a/rev;rev=3", "", "rev;rev=3"}, {"/a/rev;rev=4/x", "", ""}, {"/a/rev;rev=/x", "", ""}, {"/seg;rev=2/x", "", ""},
		} {
			resp, body := get(t, c, tc.path, "Api-Version", tc.header)
			if tc.body == "" && resp.StatusCode != 404 || tc.body != "" && body != tc.body {
				t.Errorf("%s %s %q: %d %s, want %q", e.name, tc.path, tc.header, resp.StatusCode, body, tc.body)
			}
		}
	}
}

// TestProducts: an open product lets its APIs be called without a key; the policy of the product
// runs between the service's and the API's.
func TestProducts(t *testing.T) {
	b := newBench(t, echo)
	text := func(inner string) snapshot.Policy { return snapshot.Policy{Text: inboundPolicy(inner)} }
	product := `<return-response><set-body>product</set-body></return-response>`
	api := func(id string) *snapshot.API {
		return answering(id, id, func(a *snapshot.API) { a.SubscriptionRequired = true })
	}
	s := &snapshot.Service{
		APIs: []*snapshot.API{api("open"), api("paid"), api("hidden")},
		Products: []*snapshot.Product{
			{ID: "Open", Published: true, APIs: []string{"open"}},
			{ID: "paid", Published: true, SubscriptionRequired: true, APIs: []string{"paid", "open"}, Policy: text(product)},
			{ID: "hidden", APIs: []string{"hidden"}},
		},
		Subscriptions: []*snapshot.Subscription{{ID: "s", Scope: snapshot.ScopeProduct, Product: "Paid", APIs: []string{"paid", "open"}, State: "active", PrimaryKey: "k"},
			{ID: "master", State: "active", PrimaryKey: "m"}},
	}
	b.apply(s)
	c := b.client(engines[0], nil)
	check := func(path, key string, status int, body string) {
		t.Helper()
		resp, got := get(t, c, path, "Ocp-Apim-Subscription-Key", key)
		if resp.StatusCode != status || body != "" && got != body {
			t.Errorf("%s %q: %d %s", path, key, resp.StatusCode, got)
		}
	}
	check("/open", "", 200, "open")
	check("/open", "k", 200, "product")
	check("/open", "wrong", 401, "")
	check("/paid", "", 401, "")
	check("/paid", "k", 200, "product")
	check("/paid", "m", 200, "paid")
	check("/hidden", "", 401, "")
	check("/hidden", "k", 401, "")
	bad := *s
	bad.Products = append([]*snapshot.Product(nil), s.Products...)
	bad.Products[1] = &snapshot.Product{ID: "paid", Published: true, SubscriptionRequired: true, APIs: []string{"paid", "open"}, Policy: text(`<nonsense />`)}
	p := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": &bad}})
	if len(p) != 1 || p[0].Product != "paid" || !p[0].KeptLast {
		t.Errorf("%+v", p)
	}
	check("/paid", "k", 200, "product")
}

// TestPool spreads by weight within the first priority that is well, and trips its members.
func TestPool(t *testing.T) {
	b := newBench(t, echo)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	g := gateway.New(gateway.Options{Roots: b.ca.pool, Now: func() time.Time { return time.Unix(0, now.Load()) }})
	b.g = g
	var hits [3]atomic.Int64
	var status [3]atomic.Int64
	backends := map[string]*snapshot.Backend{}
	rule := &snapshot.Breaker{Count: 3, Interval: time.Minute, TripFor: 10 * time.Second, AcceptRetryAfter: true, Statuses: []snapshot.StatusRange{{Min: 500, Max: 599}}}
	for i := range hits {
		status[i].Store(200)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hits[i].Add(1)
			if status[i].Load() == 503 {
				w.Header().Set("Retry-After", "60")
			}
			w.WriteHeader(int(status[i].Load()))
		}))
		t.Cleanup(server.Close)
		id := fmt.Sprint("m", i)
		backends[id] = &snapshot.Backend{ID: id, URL: server.URL, Breaker: rule}
	}
	backends["pool"] = &snapshot.Backend{ID: "pool", Pool: []snapshot.PoolMember{{Backend: "m0", Weight: 9, Priority: 1}, {Backend: "m1", Weight: 1, Priority: 1}, {Backend: "m2", Weight: 1, Priority: 2}}}
	s := &snapshot.Service{Backends: backends, APIs: []*snapshot.API{{ID: "a", Path: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
		Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="pool" />`)}}}}
	b.apply(s)
	b.listen()
	c := b.client(engines[0], nil)
	send := func(n int) (last int) {
		for range n {
			resp, _ := get(t, c, "/a/x")
			last = resp.StatusCode
		}
		return last
	}
	send(200)
	if a, z := hits[0].Load(), hits[1].Load(); a < 150 || z < 5 || a+z != 200 || hits[2].Load() != 0 {
		t.Errorf("by weight: %d and %d of 200, the other priority %d", a, z, hits[2].Load())
	}
	status[0].Store(500)
	send(100) // three of them fail
	if n := hits[0].Load(); n > 200 {
		t.Errorf("a tripped member got %d requests", n)
	}
	status[1].Store(503)
	send(20)
	if hits[2].Load() == 0 {
		t.Error("the second priority is not used when the first is ill")
	}
	next := *s // the breakers outlive a snapshot
	b.apply(&next)
	status[2].Store(500)
	if got := send(10); got != 503 {
		t.Errorf("with all tripped: %d", got)
	}
	for i := range status {
		status[i].Store(200)
	}
	before := hits[1].Load()
	now.Add(int64(11 * time.Second))
	if got := send(50); got != 200 || hits[1].Load() != before {
		t.Errorf("after the time: %d; the one with Retry-After got %d", got, hits[1].Load()-before)
	}
}

// TestExpect: the body is asked for only after the subscription check.
func TestExpect(t *testing.T) {
	b := newBench(t, echo)
	talk := func(path string) (string, *bufio.Reader, *tls.Conn) {
		conn, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: clientHost})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", path, clientHost)
		r := bufio.NewReader(conn)
		line, _ := r.ReadString('\n')
		return strings.TrimSpace(line), r, conn
	}
	if line, _, _ := talk("/keyed/x"); line != "HTTP/1.1 404 Not Found" { // there is no POST
		t.Error(line)
	}
	for path, want := range map[string]string{"/nowhere": "HTTP/1.1 404 Not Found", "/keyed/x": "HTTP/1.1 404 Not Found"} {
		line, r, _ := talk(path)
		rest, err := io.ReadAll(r)
		if line != want || !strings.Contains(string(rest), "Resource not found") || !strings.Contains(string(rest), "Connection: close") || err != nil {
			t.Errorf("%s: %s %s %v", path, line, rest, err)
		}
	}
	line, r, conn := talk("/backend/a")
	if line != "HTTP/1.1 100 Continue" {
		t.Fatal(line)
	}
	io.WriteString(conn, "hello")
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(body), "body=5") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// TestGRPC: HTTP/2 to the backend, both directions at once, trailers both ways.
func TestGRPC(t *testing.T) {
	b := newBench(t, echo)
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.WriteHeader(200)
		http.NewResponseController(w).Flush()
		buf := make([]byte, 64)
		for {
			n, err := r.Body.Read(buf)
			w.Write(buf[:n])
			http.NewResponseController(w).Flush()
			if err != nil {
				break
			}
		}
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", r.Proto+" "+r.Trailer.Get("X-Sum")+" "+r.Header.Get("Te"))
	}))
	backend.TLS = &tls.Config{Certificates: []tls.Certificate{*b.ca.issue(t, "grpc", "localhost")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: b.ca.pool}
	backend.EnableHTTP2 = true
	backend.StartTLS()
	t.Cleanup(backend.Close)
	_, port, _ := strings.Cut(backend.Listener.Addr().String(), ":")
	b.apply(&snapshot.Service{
		Certificates: map[string]*snapshot.Certificate{"c": {ID: "c", TLS: b.ca.issue(t, "gateway")}},
		Backends:     map[string]*snapshot.Backend{"g": {ID: "g", URL: "https://localhost:" + port, CertificateIDs: []string{"c"}, ValidateChain: true, ValidateName: true}},
		APIs: []*snapshot.API{{ID: "a", Path: "", Operations: []*snapshot.Operation{{ID: "any", Method: "POST", URLTemplate: "/*"}},
			Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="g" />`)}}}})
	for range 3 {
		in, out := io.Pipe()
		r, _ := http.NewRequest("POST", "https://"+clientHost+"/contoso.Orders/Watch", in)
		r.Header.Set("Content-Type", "application/grpc")
		r.Header.Set("Te", "trailers")
		r.Trailer = http.Header{"X-Sum": nil}
		resp, err := b.client(engines[1], nil).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []string{"one", "two"} { // each answer comes while the request goes on
			io.WriteString(out, m)
			buf := make([]byte, 16)
			if n, err := resp.Body.Read(buf); err != nil || string(buf[:n]) != m {
				t.Fatalf("%q %v\n%s", buf[:n], err, b.logs)
			}
		}
		r.Trailer.Set("X-Sum", "7")
		out.Close()
		rest, err := io.ReadAll(resp.Body)
		if err != nil || len(rest) > 0 || resp.Trailer.Get("Grpc-Status") != "0" || resp.Trailer.Get("Grpc-Message") != "HTTP/2.0 7 trailers" {
			t.Errorf("%q %v %v", rest, err, resp.Trailer)
		}
	}
	// A client of HTTP/1.1 gets there as well, without trailers.
	r, _ := http.NewRequest("POST", "https://"+clientHost+"/x", struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 100<<10))})
	r.Header.Set("Content-Type", "application/grpc+proto")
	resp, err := b.client(engines[0], nil).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 100<<10 {
		t.Errorf("%d %v", len(body), err)
	}
}
