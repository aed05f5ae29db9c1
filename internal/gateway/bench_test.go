package gateway_test

import (
	"fmt"
	"runtime"
	"testing"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// BenchmarkApply changes one of 10,000 APIs with 100,000 operations.
func BenchmarkApply(b *testing.B) {
	service := func(old []*snapshot.API, n int) *snapshot.Service {
		s := &snapshot.Service{Name: "c", Hostnames: []string{clientHost}, Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: "https://example.com"}}}
		s.APIs = append(s.APIs, old...)
		for len(s.APIs) < 10_000 {
			s.APIs = append(s.APIs, newAPI(len(s.APIs), 0))
		}
		if n > 0 {
			s.APIs[77] = newAPI(77, n)
		}
		return s
	}
	g := gateway.New(gateway.Options{})
	apply := func(s *snapshot.Service) {
		if p := g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": s}}); len(p) > 0 {
			b.Fatal(p)
		}
	}
	s := service(nil, 0)
	apply(s)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		s = service(s.APIs, n)
		apply(s)
	}
}

func newAPI(i, version int) *snapshot.API {
	a := &snapshot.API{ID: fmt.Sprintf("api%d", i), Path: fmt.Sprintf("team%d/api%d", i%100, i),
		Policy: snapshot.Policy{Text: inboundPolicy(fmt.Sprintf(`<set-backend-service backend-id="b" /><set-header name="X-Version"><value>%d</value></set-header>`, version))}}
	for j := range 10 {
		a.Operations = append(a.Operations, &snapshot.Operation{ID: fmt.Sprintf("op%d", j), Method: "GET", URLTemplate: fmt.Sprintf("/orders/{id}/part%d", j)})
	}
	return a
}

// tenThousand is a service of 10,000 APIs with 100,000 operations.
func tenThousand() *snapshot.Snapshot {
	s := &snapshot.Service{Name: "c", Hostnames: []string{clientHost}, Backends: map[string]*snapshot.Backend{"b": {ID: "b", URL: "https://example.com"}}}
	for i := range 10_000 {
		s.APIs = append(s.APIs, newAPI(i, 0))
	}
	return &snapshot.Snapshot{Services: map[string]*snapshot.Service{"c": s}}
}

// TestTenThousandAPIs take less than 400 MiB.
func TestTenThousandAPIs(t *testing.T) {
	memory := func() int64 {
		runtime.GC()
		runtime.GC() // what pools of tests before held goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := memory()
	g := gateway.New(gateway.Options{})
	s := tenThousand()
	if p := g.Apply(s); len(p) > 0 {
		t.Fatal(p)
	}
	taken := memory() - before
	t.Logf("%d MiB", taken>>20)
	if taken > 300<<20 { // the process has more than this
		t.Errorf("10,000 APIs take %d MiB", taken>>20)
	}
	runtime.KeepAlive(g)
	runtime.KeepAlive(s)
}
