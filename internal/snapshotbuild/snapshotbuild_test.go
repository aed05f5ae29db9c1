package snapshotbuild

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/pki/testca"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/snapshot"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

const base = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ApiManagement/service/Contoso"

type world struct {
	t  *testing.T
	st store.Store
	b  *Builder

	mu   sync.Mutex
	last *snapshot.Snapshot
	n    int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	w := &world{t: t, st: st}
	w.b = New(st, func(s *snapshot.Snapshot) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.last = s
		w.n++
	}, nil)
	return w
}

func resource(path string, properties map[string]any) *arm.Resource {
	id := resourceid.MustParse(base + path)
	return &arm.Resource{ID: id, Type: id.Type(), Name: id.Name(), Properties: properties}
}

// put writes resources in one transaction, as arm writes them.
func (w *world) put(resources ...*arm.Resource) {
	w.t.Helper()
	var ops []store.Op
	for _, r := range resources {
		value, err := json.Marshal(r)
		if err != nil {
			w.t.Fatal(err)
		}
		ops = append(ops, store.Put(arm.Key(r.ID), value))
	}
	if _, err := w.st.Txn(w.t.Context(), nil, ops); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(paths ...string) {
	w.t.Helper()
	var ops []store.Op
	for _, p := range paths {
		ops = append(ops, store.Delete(arm.Key(resourceid.MustParse(base+p))))
	}
	if _, err := w.st.Txn(w.t.Context(), nil, ops); err != nil {
		w.t.Fatal(err)
	}
}

// now is the last snapshot's service.
func (w *world) now() *snapshot.Service {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		return nil
	}
	return w.last.Services["contoso"]
}

func (w *world) run() {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	if err := w.b.Start(ctx); err != nil {
		w.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = w.b.Run(ctx) }()
	w.t.Cleanup(func() { stop(); <-done })
}

func (w *world) eventually(what string, ok func(*snapshot.Service) bool) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(w.now()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

func serviceResource() *arm.Resource {
	r := resource("", map[string]any{"enableClientCertificate": true})
	r.SKU, r.Location = map[string]any{"name": "Consumption"}, "westeurope"
	return r
}

func apiResource(name string) *arm.Resource {
	return resource("/apis/"+name, map[string]any{"displayName": "API " + name, "path": "/" + name + "/", "protocols": []any{"https"}, "subscriptionRequired": false})
}

func operationResource(api, name string) *arm.Resource {
	return resource("/apis/"+api+"/operations/"+name, map[string]any{"displayName": name, "method": "GET", "urlTemplate": "/" + name})
}

func policyResource(path, text string) *arm.Resource {
	return resource(path+"/policies/policy", map[string]any{"value": text, "format": "rawxml"})
}

func certificateResource(t *testing.T) *arm.Resource {
	t.Helper()
	ca, err := testca.NewRoot(testca.Options{CommonName: "Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ca.Client(testca.Options{CommonName: "client", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := apim.StoreBundle(b)
	if err != nil {
		t.Fatal(err)
	}
	r := resource("/certificates/Client", map[string]any{})
	apim.SetCertificate(r, kept)
	return r
}

func TestFirstSnapshot(t *testing.T) {
	w := newWorld(t)
	sub := resource("/subscriptions/one", map[string]any{"displayName": "One", "state": "active", "scope": base + "/apis/orders"})
	sub.Private = map[string]any{"primaryKey": "p", "secondaryKey": "s"}
	secret := resource("/namedValues/n1", map[string]any{"displayName": "My-Key", "secret": true})
	secret.Private = map[string]any{"value": "s3cret"}
	w.put(serviceResource(), apiResource("orders"), operationResource("orders", "list"), policyResource("/apis/orders", "<policies/>"),
		policyResource("/apis/orders/operations/list", "<policies><inbound/></policies>"), policyResource("", "<policies><outbound/></policies>"),
		resource("/backends/B1", map[string]any{"url": "https://backend.example.com", "protocol": "http", "tls": map[string]any{"validateCertificateName": false},
			"credentials": map[string]any{"certificateIds": []any{base + "/certificates/Client"}, "header": map[string]any{"x-key": []any{"{{my-key}}"}},
				"query": map[string]any{"q": "a"}, "authorization": map[string]any{"scheme": "Basic", "parameter": "{{none}}"}}}),
		sub, secret, certificateResource(t), resource("/products/p", map[string]any{}))
	w.run()
	s := w.now()
	if s == nil || s.Name != "Contoso" || s.Hostnames[0] != "contoso.azure-api.net" || !s.RequireClientCertificate || s.SKU != "Consumption" || s.Location != "West Europe" {
		t.Fatalf("%+v", s)
	}
	a := s.APIs[0]
	if a.ID != "orders" || a.Path != "orders" || a.SubscriptionRequired || a.Policy.Text != "<policies/>" || a.Policy.Format != "rawxml" || s.Policy.Text == "" {
		t.Errorf("%+v", a)
	}
	if o := a.Operations[0]; o.Method != "GET" || o.URLTemplate != "/list" || o.Policy.Text == "" {
		t.Errorf("%+v", o)
	}
	b := s.Backends["b1"]
	if b == nil || b.ID != "B1" || b.CertificateIDs[0] != "client" || !b.ValidateChain || b.ValidateName || b.Header["x-key"][0] != "s3cret" || b.Query["q"][0] != "a" || b.AuthorizationParameter != "{{none}}" {
		t.Errorf("%+v", b)
	}
	if c := s.Certificates["client"]; c == nil || c.TLS == nil || c.TLS.PrivateKey == nil || c.Subject != "CN=client" || len(c.Thumbprint) != 40 {
		t.Errorf("%+v", c)
	}
	if sub := s.Subscriptions[0]; sub.Scope != snapshot.ScopeAPI || sub.API != "orders" || sub.PrimaryKey != "p" || sub.SecondaryKey != "s" || sub.State != "active" {
		t.Errorf("%+v", sub)
	}
	if v := s.NamedValues["my-key"]; v == nil || v.Value != "s3cret" || !v.Secret {
		t.Errorf("%+v", v)
	}
}

func TestChangesShareTheRest(t *testing.T) {
	w := newWorld(t)
	w.put(serviceResource(), apiResource("a"), operationResource("a", "one"), operationResource("a", "two"), apiResource("b"),
		resource("/backends/x", map[string]any{"url": "https://x.example.com"}), certificateResource(t))
	w.run()
	before := w.now()
	w.put(policyResource("/apis/a/operations/two", "<policies/>"))
	w.eventually("the policy", func(s *snapshot.Service) bool { return s.APIs[0].Operations[1].Policy.Text != "" })
	after := w.now()
	if after == before || after.APIs[0] == before.APIs[0] {
		t.Error("a snapshot that was handed over has changed")
	}
	if before.APIs[0].Operations[1].Policy.Text != "" {
		t.Error("the old snapshot shows the new policy")
	}
	if after.APIs[1] != before.APIs[1] || after.APIs[0].Operations[0] != before.APIs[0].Operations[0] || after.Backends["x"] != before.Backends["x"] || after.Certificates["client"] != before.Certificates["client"] {
		t.Error("what did not change is not shared")
	}
	w.put(resource("/namedValues/n", map[string]any{"displayName": "n", "value": "v"}))
	w.eventually("the named value", func(s *snapshot.Service) bool { return s.NamedValues["n"] != nil })
	if w.now().Backends["x"] != after.Backends["x"] || w.now().APIs[0] != after.APIs[0] {
		t.Error("a named value made parts new that do not use it")
	}
}

func TestDeletions(t *testing.T) {
	w := newWorld(t)
	w.put(serviceResource(), apiResource("a"), operationResource("a", "one"), policyResource("/apis/a", "<policies/>"), apiResource("b"), resource("/backends/x", map[string]any{}))
	w.run()
	w.remove("/apis/a/policies/policy", "/backends/x")
	w.eventually("no policy and no backend", func(s *snapshot.Service) bool { return s.APIs[0].Policy.Text == "" && len(s.Backends) == 0 })
	w.remove("/apis/a/operations/one", "/apis/a")
	w.eventually("one API", func(s *snapshot.Service) bool { return len(s.APIs) == 1 && s.APIs[0].ID == "b" })
	w.remove("/apis/b", "")
	w.eventually("no service", func(s *snapshot.Service) bool { return s == nil })
	w.put(serviceResource())
	w.eventually("the service again", func(s *snapshot.Service) bool { return s != nil && len(s.APIs) == 0 })
}

func TestBurstsAreGathered(t *testing.T) {
	w := newWorld(t)
	const n = 300
	events := make(chan store.Batch, n+1)
	batch := func(revision int64, r *arm.Resource) {
		value, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		events <- store.Batch{Revision: revision, Events: []store.Event{{Record: store.Record{Key: arm.Key(r.ID), Value: value, Revision: revision}}}}
	}
	batch(1, serviceResource())
	for i := range n {
		batch(int64(i)+2, apiResource(fmt.Sprintf("a%03d", i)))
	}
	w.b.events = events
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.b.follow(ctx) }()
	w.eventually("all APIs", func(s *snapshot.Service) bool { return s != nil && len(s.APIs) == n })
	stop()
	<-done
	if w.n != 1 {
		t.Errorf("%d snapshots for what had all arrived, want 1", w.n)
	}
	if w.last.Revision != n+1 {
		t.Errorf("revision %d, want %d", w.last.Revision, n+1)
	}
}

func TestOtherResourcesAreIgnored(t *testing.T) {
	w := newWorld(t)
	w.put(serviceResource())
	w.run()
	before := w.now()
	if _, err := w.st.Txn(t.Context(), nil, []store.Op{store.Put("arm/res/subscriptions/s/resourcegroups/g", []byte("{}")), store.Put(arm.Key(resourceid.MustParse(base))+"/apis/broken", []byte("{"))}); err != nil {
		t.Fatal(err)
	}
	w.put(apiResource("a"))
	w.eventually("the API after them", func(s *snapshot.Service) bool { return len(s.APIs) == 1 })
	if before.Name != w.now().Name {
		t.Error("the service changed")
	}
}

func TestProducts(t *testing.T) {
	w := newWorld(t)
	sub := resource("/subscriptions/one", map[string]any{"displayName": "One", "state": "active", "scope": base + "/products/Starter"})
	w.put(serviceResource(), apiResource("a"), apiResource("b"), sub, resource("/products/Starter", nil), resource("/products/starter/apis/A", nil), resource("/products/other/apis/b", nil))
	w.run()
	if s := w.now().Subscriptions[0]; s.Scope != snapshot.ScopeProduct || s.Product != "Starter" || !slices.Equal(s.APIs, []string{"a"}) {
		t.Errorf("%+v", s)
	}
	before := w.now().Subscriptions[0]
	w.put(resource("/products/starter/apis/b", nil))
	w.eventually("both APIs", func(s *snapshot.Service) bool { return slices.Equal(s.Subscriptions[0].APIs, []string{"a", "b"}) })
	if len(before.APIs) != 1 {
		t.Error("a snapshot that was handed over has changed")
	}
	w.remove("/products/starter/apis/a", "/products/starter/apis/b")
	w.eventually("no API", func(s *snapshot.Service) bool { return len(s.Subscriptions[0].APIs) == 0 })
}

// An event of before the first reading changes nothing.
func TestOldEvents(t *testing.T) {
	w := newWorld(t)
	rec := func(revision int64, path string) store.Record {
		r := apiResource("a")
		r.Properties["path"] = path
		value, _ := json.Marshal(r)
		return store.Record{Key: arm.Key(r.ID), Value: value, Revision: revision}
	}
	value, _ := json.Marshal(serviceResource())
	w.b.tree.put(store.Record{Key: arm.Key(resourceid.MustParse(base)), Value: value, Revision: 1})
	w.b.tree.put(rec(7, "new"))
	w.b.tree.put(rec(5, "old"))
	if got := w.b.tree.build().Services["contoso"].APIs[0].Path; got != "new" {
		t.Errorf("path %q", got)
	}
}

// BenchmarkOneChange measures a rebuild after one policy changed, in 10,000 APIs with 100,000
// operations; the target is 50 ms.
func BenchmarkOneChange(b *testing.B) {
	t := newTree(slog.New(slog.DiscardHandler))
	put := func(r *arm.Resource) {
		value, _ := json.Marshal(r)
		t.put(store.Record{Key: arm.Key(r.ID), Value: value, Revision: 1})
	}
	put(serviceResource())
	for i := range 10000 {
		a := fmt.Sprintf("a%05d", i)
		put(apiResource(a))
		for j := range 10 {
			put(operationResource(a, fmt.Sprintf("o%d", j)))
		}
	}
	t.build()
	b.ReportAllocs()
	for b.Loop() {
		put(policyResource("/apis/a00042/operations/o1", "<policies/>"))
		t.build()
	}
}
