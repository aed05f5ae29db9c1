package snapshotbuild

import (
	"testing"
	"time"

	"gatehouse/internal/snapshot"
)

// TestVariants: version sets, revisions, products with policies and groups, pools and breakers.
func TestVariants(t *testing.T) {
	w := newWorld(t)
	w.put(serviceResource(),
		resource("/apiVersionSets/orders", map[string]any{"versioningScheme": "Query", "versionQueryName": "v"}),
		resource("/apis/orders-v2", map[string]any{"path": "orders", "apiVersion": "v2", "apiVersionSetId": base + "/apiVersionSets/Orders"}),
		resource("/apis/orders;rev=2", map[string]any{"path": "orders", "apiRevision": "2", "isCurrent": false}),
		resource("/products/Starter", map[string]any{"state": "published", "subscriptionRequired": false}),
		resource("/products/starter/apis/orders-v2", nil), resource("/products/starter/groups/Guests", nil),
		resource("/products/starter/policies/policy", map[string]any{"value": "<policies />"}),
		resource("/backends/one", map[string]any{"url": "https://one.example.com", "proxy": map[string]any{"url": "http://proxy.example.com", "username": "u", "password": "p"}, "circuitBreaker": map[string]any{"rules": []any{map[string]any{
			"name": "r", "tripDuration": "PT30S", "acceptRetryAfter": true, "failureCondition": map[string]any{"count": 3, "interval": "PT1M",
				"statusCodeRanges": []any{map[string]any{"min": 500, "max": 599}}}}}}}),
		resource("/backends/all", map[string]any{"type": "Pool", "pool": map[string]any{"services": []any{map[string]any{"id": base + "/backends/One", "weight": 3, "priority": 2}}}}))
	w.run()
	s := w.now()
	if len(s.APIs) != 2 || s.APIs[0].VersionSet == nil || s.APIs[0].VersionSet.Scheme != snapshot.VersionQuery || s.APIs[0].VersionSet.Query != "v" || s.APIs[0].NotCurrent || !s.APIs[1].NotCurrent {
		t.Errorf("APIs: %+v %+v", s.APIs[0], s.APIs[1])
	}
	if len(s.Products) != 1 || !s.Products[0].Published || s.Products[0].SubscriptionRequired || s.Products[0].Policy.Text == "" || len(s.Products[0].APIs) != 1 || s.Products[0].Groups[0] != "guests" {
		t.Errorf("products: %+v", s.Products[0])
	}
	r := s.Backends["one"].Breaker
	if r == nil || r.Count != 3 || r.Interval != time.Minute || r.TripFor != 30*time.Second || !r.AcceptRetryAfter || r.Statuses[0] != (snapshot.StatusRange{Min: 500, Max: 599}) {
		t.Errorf("breaker: %+v", r)
	}
	if p := s.Backends["one"].Proxy; p == nil || *p != (snapshot.Proxy{URL: "http://proxy.example.com", Username: "u", Password: "p"}) {
		t.Errorf("proxy: %+v", p)
	}
	if p := s.Backends["all"].Pool; len(p) != 1 || p[0] != (snapshot.PoolMember{Backend: "one", Weight: 3, Priority: 2}) {
		t.Errorf("pool: %+v", p)
	}
	one, product := s.Backends["one"], s.Products[0]
	w.put(resource("/apiVersionSets/orders", map[string]any{"versioningScheme": "Header", "versionHeaderName": "V"}))
	w.eventually("the set has changed", func(s *snapshot.Service) bool { return s.APIs[0].VersionSet.Header == "V" })
	if w.now().Backends["one"] != one || w.now().Products[0] != product {
		t.Error("what did not change is not shared")
	}
	w.put(resource("/backends/one", map[string]any{"url": "https://one.example.com", "proxy": map[string]any{"url": "http://proxy.example.com", "username": "u", "password": "q"}}))
	w.eventually("the proxy has changed", func(s *snapshot.Service) bool { return s.Backends["one"].Proxy.Password == "q" })
	w.remove("/products/starter/apis/orders-v2", "/products/starter/groups/Guests", "/products/starter/policies/policy", "/products/Starter")
	w.eventually("the product is gone", func(s *snapshot.Service) bool { return len(s.Products) == 0 })
}
