package observe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/edge"
	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

func TestMetrics(t *testing.T) {
	m := NewMetrics("1", Sources{
		Certificates: func() []Certificate {
			return []Certificate{{"service", "a/c", time.Now().Add(2 * time.Hour)}, {"service", "a/c", time.Now().Add(-time.Hour)}}
		},
		Pools: func() []Pool { return []Pool{{"b:443", 1, 2}, {"b:443", 3, 0}} },
	})
	one := m.API("s", "a")
	if m.API("s", "a") != one {
		t.Error("an API has two meters")
	}
	for _, status := range []int{200, 204, 404, 503, 99, 700} {
		one.Request(status, 3*time.Millisecond)
	}
	m.API("s", "gone").Request(200, time.Millisecond)
	m.Retain(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"s": {Name: "s", APIs: []*snapshot.API{{ID: "a"}}}}})
	for i := range 2 * maxReasons {
		m.PolicyError("s", "a", strings.Repeat("x", i+1))
	}
	m.Handshake(edge.Handshake{Version: 0x0304, Certificate: true})
	m.Handshake(edge.Handshake{Err: errors.New("no"), Check: "version"})
	m.Built(3 * time.Millisecond)
	m.Problems([]gateway.Problem{{API: "a", KeptLast: true}, {API: "b"}, {API: "c"}})
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		`gatehouse_requests_total{api="a",code="2xx",service="s"} 2`, `gatehouse_requests_total{api="a",code="4xx",service="s"} 1`, `gatehouse_requests_total{api="a",code="5xx",service="s"} 2`,
		`gatehouse_request_duration_seconds_bucket{api="a",service="s",le="0.005"} 6`, `gatehouse_policy_errors_total{api="a",reason="other",service="s"} 64`,
		`gatehouse_tls_handshakes_total{client_certificate="true",result="ok",version="1.3"} 1`, `gatehouse_tls_handshakes_total{client_certificate="false",result="version",version=""} 1`,
		`gatehouse_certificate_expiry_seconds{kind="service",name="a/c"} -3`, `gatehouse_backend_connections{backend="b:443",state="idle"} 4`,
		`gatehouse_snapshot_build_duration_seconds_sum 0.003`, `gatehouse_snapshot_problems{last_good="serves"} 1`, `gatehouse_snapshot_problems{last_good="none"} 2`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, `api="gone"`) {
		t.Error("an API that is gone is still counted")
	}
	if n := testing.AllocsPerRun(100, func() { one.Request(200, time.Millisecond) }); n != 0 {
		t.Errorf("a request allocates %v times", n)
	}
}

func TestHandler(t *testing.T) {
	h := &Health{}
	ask := func(token, path, remote, host, auth string) int {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr, r.Host = remote, host
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		w := httptest.NewRecorder()
		Handler(h, http.NotFoundHandler(), token).ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		token, path, remote, host, auth string
		want                            int
	}{
		{"", "/healthz", "127.0.0.1:1", "127.0.0.1:9480", "", 200},
		{"", "/healthz", "[::1]:1", "localhost", "", 200},
		{"", "/readyz", "127.0.0.1:1", "localhost", "", 503},
		{"", "/healthz", "192.0.2.1:1", "127.0.0.1", "", 403},
		{"", "/healthz", "127.0.0.1:1", "rebound.example", "", 403},
		{"secret", "/healthz", "192.0.2.1:1", "any", "", 401},
		{"secret", "/healthz", "127.0.0.1:1", "localhost", "Bearer wrong", 401},
		{"secret", "/healthz", "192.0.2.1:1", "any", "Bearer secret", 200},
		{"", "/other", "127.0.0.1:1", "localhost", "", 404},
	} {
		if got := ask(c.token, c.path, c.remote, c.host, c.auth); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	h.SetReady(true)
	if got := ask("", "/readyz", "127.0.0.1:1", "localhost", ""); got != 200 {
		t.Errorf("ready: %d", got)
	}
}

// TestTraces: spans reach a collector, in the trace of the client, and backends are told of it.
func TestTraces(t *testing.T) {
	var mu sync.Mutex
	var received string
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		received += r.URL.Path + string(b)
		mu.Unlock()
	}))
	defer collector.Close()
	tr, err := NewTraces(t.Context(), TraceOptions{Endpoint: collector.URL, Sample: 1, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	s := tr.Start(gateway.SpanStart{Traceparent: "00-" + trace + "-00f067aa0ba902b7-01", Tracestate: "vendor=1", Time: time.Now(), Method: "GET", Host: "h", Path: "/p"})
	parent, state := s.Backend("backend.example.com:443")
	if !strings.HasPrefix(parent, "00-"+trace+"-") || !strings.HasSuffix(parent, "-01") || strings.Contains(parent, "00f067aa0ba902b7") || state != "vendor=1" {
		t.Errorf("backends are told %q %q", parent, state)
	}
	s.BackendDone(0, errors.New("refused"))
	s.End(gateway.SpanEnd{Status: 500, Service: "svc", API: "orders-api", Reason: "BackendConnectionFailure"})
	unsampled := tr.Start(gateway.SpanStart{Traceparent: "00-" + trace + "-00f067aa0ba902b7-00", Time: time.Now(), Method: "PUT", Path: "/not-sampled"})
	if parent, _ := unsampled.Backend("b"); !strings.HasSuffix(parent, "-00") {
		t.Errorf("a trace that is not sampled goes on as %q", parent)
	}
	unsampled.End(gateway.SpanEnd{Status: 200})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := tr.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"/v1/traces", "GET orders-api", "backend.example.com:443", "BackendConnectionFailure", "gatehouse"} {
		if !strings.Contains(received, want) {
			t.Errorf("the collector did not receive %q", want)
		}
	}
	if strings.Contains(received, "/not-sampled") {
		t.Error("a request that is not sampled was sent")
	}
}
