package gateway_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// connectProxy is an HTTP proxy for CONNECT that asks for a password; it counts the tunnels that it made.
func connectProxy(t *testing.T, user, password string, made *atomic.Int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil || r.Method != "CONNECT" {
					return
				}
				if r.Header.Get("Proxy-Authorization") != want {
					io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
					return
				}
				far, err := net.Dial("tcp", r.Host)
				if err != nil {
					return
				}
				defer far.Close()
				made.Add(1)
				io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
				go io.Copy(far, c)
				io.Copy(c, far)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestBackendProxy: a backend's own proxy and a policy's carry mutual TLS to the backend, with the
// certificate of the backend's credentials, and take no other password.
func TestBackendProxy(t *testing.T) {
	b := newBench(t, echo)
	var made atomic.Int64
	proxy := connectProxy(t, `Contoso\admin`, "hush", &made)
	at := func(p *snapshot.Proxy) *snapshot.Backend {
		return &snapshot.Backend{ID: "b", URL: "https://" + b.backendAt, CertificateIDs: []string{"client"}, ValidateChain: true, Proxy: p}
	}
	s := func(backend *snapshot.Backend, policy string) *snapshot.Service {
		return &snapshot.Service{Certificates: map[string]*snapshot.Certificate{"client": {ID: "client", TLS: b.ca.issue(t, "through")}},
			Backends: map[string]*snapshot.Backend{"b": backend}, APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
				Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b" />` + policy)}}}}
	}
	right := &snapshot.Proxy{URL: proxy, Username: `Contoso\admin`, Password: "hush"}
	for _, c := range []struct {
		name    string
		service *snapshot.Service
		want    string
		tunnels int64
	}{
		{"the backend's", s(at(right), ""), "200 GET /x host=" + b.backendAt + " cn=through", 1},
		{"the policy's", s(at(nil), `<proxy url="`+proxy+`" username="Contoso\admin" password="hush" />`), "200 GET /x host=" + b.backendAt + " cn=through", 1},
		{"a wrong password", s(at(&snapshot.Proxy{URL: proxy, Username: `Contoso\admin`, Password: "wrong"}), ""), "500 ", 0},
		{"no proxy there", s(at(&snapshot.Proxy{URL: "http://127.0.0.1:1"}), ""), "500 ", 0},
		{"a forbidden proxy", s(at(&snapshot.Proxy{URL: "http://management.azure.com"}), ""), "500 ", 0},
	} {
		made.Store(0)
		b.apply(c.service)
		client := b.client(engines[0], nil)
		for range 2 {
			resp, body := get(t, client, "/x")
			if got := fmt.Sprint(resp.StatusCode, " ", body); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s\n%s", c.name, got, b.logs)
			}
		}
		if made.Load() != c.tunnels {
			t.Errorf("%s: %d tunnels", c.name, made.Load())
		}
	}
	if strings.Contains(b.logs.String(), "hush") || strings.Contains(b.logs.String(), "wrong\"") || !strings.Contains(b.logs.String(), "407") {
		t.Errorf("the log tells a password, or not what the proxy said:\n%s", b.logs)
	}
}

// TestBackendCredentials: headers, query parameters and Authorization of a backend replace the client's.
func TestBackendCredentials(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q %q %q", r.Header["X-Key"], r.URL.Query()["code"], r.Header["Authorization"])
	})
	url := b.backendURL(false, b.backend.Config.Handler.ServeHTTP)
	b.apply(&snapshot.Service{Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: url, ValidateChain: true, ValidateName: true, Header: map[string][]string{"x-key": {"one", "two"}},
		Query: map[string][]string{"code": {"a&b"}}, AuthorizationScheme: "Basic", AuthorizationParameter: "dXNlcg=="}},
		APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}}, Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b" />`)}}}})
	for _, e := range engines {
		_, body := get(t, b.client(e, nil), "/x?q=1", "X-Key", "client's", "Authorization", "Bearer client")
		if want := `["one" "two"] ["a&b"] ["Basic dXNlcg=="]`; body != want {
			t.Errorf("%s: %s, want %s", e.name, body, want)
		}
	}
}

// TestBreakers: the rules of circuit breakers, over time.
func TestBreakers(t *testing.T) {
	b := newBench(t, echo)
	var now, status, hits atomic.Int64
	var retryAfter atomic.Value
	now.Store(time.Now().Truncate(time.Second).UnixNano())
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if s, _ := retryAfter.Load().(string); s != "" {
			w.Header().Set("Retry-After", s)
		}
		if status.Load() == 0 {
			panic(http.ErrAbortHandler) // the connection ends
		}
		w.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(server.Close)
	serverErrors := []snapshot.StatusRange{{Min: 500, Max: 599}, {Min: 429, Max: 429}}
	// A step is a status that the backend gives ("-": it cuts off), with what the client then gets; "+1m" lets time pass.
	for _, c := range []struct {
		name       string
		rule       snapshot.Breaker
		retryAfter string
		steps      string
	}{
		{"a count in an interval", snapshot.Breaker{Count: 2, Interval: time.Minute, TripFor: 10 * time.Second, Statuses: serverErrors},
			"", "500=500 +61s 500=500 200=200 +59s 503=503 200=503 +9s 200=503 +2s 200=200"},
		{"another status", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Minute, Statuses: serverErrors}, "", "404=404 404=404 429=429 200=503"},
		{"it opens again", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Minute, Statuses: serverErrors}, "", "500=500 200=503 +61s 500=500 200=503 +61s 200=200"},
		{"a percentage", snapshot.Breaker{Percentage: 50, Interval: time.Minute, TripFor: time.Minute, Statuses: serverErrors}, "", "200=200 200=200 500=500 200=200 500=500 500=500 200=503"},
		{"Retry-After in seconds", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Second, Statuses: serverErrors, AcceptRetryAfter: true}, "30", "503=503 +29s 200=503 +2s 200=200"},
		{"Retry-After as a date", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Second, Statuses: serverErrors, AcceptRetryAfter: true},
			clock().Add(40 * time.Minute).UTC().Format(http.TimeFormat), "503=503 +2s 200=503"},
		{"Retry-After that is not accepted", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Second, Statuses: serverErrors}, "300", "503=503 +2s 200=200"},
		{"connections", snapshot.Breaker{Count: 2, Interval: time.Minute, TripFor: time.Minute}, "", "-=500 500=500 -=500 200=503"},
		{"reasons that are not the one", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Minute, Errors: []string{"Timeout"}}, "", "-=500 -=500 200=200"},
		{"a reason", snapshot.Breaker{Count: 1, Interval: time.Minute, TripFor: time.Minute, Errors: []string{"Timeout", "BackendConnectionFailure"}}, "", "-=500 200=503"},
	} {
		rule := c.rule
		b.g = gateway.New(gateway.Options{Now: clock})
		b.apply(&snapshot.Service{Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: server.URL, Breaker: &rule}},
			APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}}, Policy: snapshot.Policy{Text: inboundPolicy(`<set-backend-service backend-id="b" />`)}}}})
		b.listen()
		client := b.client(engines[0], nil)
		retryAfter.Store(c.retryAfter)
		for i, step := range strings.Fields(c.steps) {
			if after, ok := strings.CutPrefix(step, "+"); ok {
				d, err := time.ParseDuration(after)
				if err != nil {
					t.Fatal(err)
				}
				now.Add(int64(d))
				continue
			}
			give, want, _ := strings.Cut(step, "=")
			status.Store(0)
			if n, err := fmt.Sscan(give, new(int)); n == 1 && err == nil {
				var s int64
				fmt.Sscan(give, &s)
				status.Store(s)
			}
			before := hits.Load()
			resp, _ := get(t, client, "/x")
			if got := fmt.Sprint(resp.StatusCode); got != want {
				t.Errorf("%s: step %d, %s: got %s", c.name, i+1, step, got)
			}
			if open := want == "503" && give == "200"; open && hits.Load() != before {
				t.Errorf("%s: step %d: an open breaker let a request through", c.name, i+1)
			}
		}
	}
}
