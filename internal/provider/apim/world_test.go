package apim

import (
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/vault"
)

const version = "2022-08-01"

// fakeVault holds secrets by vault/name. Readers are the object IDs that may read.
type fakeVault struct {
	mu      sync.Mutex
	secrets map[string]string
	readers map[string]bool
	reads   int
	onRead  func() // once, between reading and answering
	events  chan vault.Event
}

func (v *fakeVault) GetSecret(_ context.Context, c identity.Caller, vaultName, name, version string) (*vault.Secret, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reads++
	if vaultName == "none" {
		return nil, vault.ErrVaultNotFound
	}
	if !v.readers[c.ObjectID] || !c.TrustedService {
		return nil, azerr.KVForbiddenByRbac.New(c.ObjectID, "Microsoft.KeyVault/vaults/secrets/getSecret/action", name, "(not found)", "DeniedWithNoValidRBAC", vaultName)
	}
	key := strings.ToLower(vaultName + "/" + name)
	if version != "" {
		key += "/" + version
	}
	s, ok := v.secrets[key]
	if !ok {
		return nil, azerr.KVSecretNotFound.New(name)
	}
	if f := v.onRead; f != nil {
		v.onRead = nil
		f()
	}
	return &vault.Secret{Name: name, Value: s, ContentType: "application/x-pkcs12"}, nil
}

func (v *fakeVault) Watch(context.Context) (<-chan vault.Event, error) { return v.events, nil }

func (v *fakeVault) set(name, value string) {
	v.mu.Lock()
	v.secrets["kv/"+name] = value
	v.mu.Unlock()
	v.events <- vault.Event{Vault: "kv", Type: vault.Secrets, Name: name}
}

func (v *fakeVault) allow(objectID string, yes bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readers[objectID] = yes
}

type world struct {
	t       *testing.T
	id      *identity.Service
	arm     *arm.Service
	p       *Provider
	vault   *fakeVault
	user    identity.Caller
	service resourceid.ID
	ca      *testca.Authority
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	id, err := identity.Open(t.Context(), st, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := id.JWKS(t.Context()); err != nil { // the key is there before the store closes
		t.Fatal(err)
	}
	roles, err := authorization.Open(t.Context(), authorization.Options{Store: st, Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, id: id, user: id.Caller(id.User()), vault: &fakeVault{secrets: map[string]string{}, readers: map[string]bool{}, events: make(chan vault.Event, 16)}}
	w.arm = arm.New(arm.Options{Store: st, Identity: id, Authorizer: roles})
	resources.New(resources.Options{ARM: w.arm})
	w.p = New(Options{ARM: w.arm, Identity: id, Vault: w.vault, Retry: 20 * time.Millisecond})
	w.arm.Register(w.p.Types()...)
	group := resourceid.MustParse("/subscriptions/" + id.SubscriptionID() + "/resourceGroups/rg")
	w.mustPut(group, map[string]any{"location": "westeurope"})
	w.service = resourceid.MustParse(group.String() + "/providers/" + TypeService + "/client-apim")
	if w.ca, err = testca.NewRoot(testca.Options{CommonName: "Test Root", KeyType: "ec"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) run() {
	done := make(chan struct{})
	ctx, stop := context.WithCancel(w.t.Context())
	go func() { defer close(done); _ = w.p.Run(ctx) }()
	w.t.Cleanup(func() { stop(); <-done })
}

func (w *world) put(id resourceid.ID, body map[string]any) (*arm.Resource, error) {
	return w.arm.Put(w.t.Context(), w.user, id, version, body, arm.PutOptions{})
}

func (w *world) mustPut(id resourceid.ID, body map[string]any) *arm.Resource {
	w.t.Helper()
	r, err := w.put(id, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func serviceBody(change ...func(map[string]any)) map[string]any {
	b := map[string]any{"location": "West Europe", "sku": map[string]any{"name": "Consumption", "capacity": 0}, "identity": map[string]any{"type": "SystemAssigned"},
		"properties": map[string]any{"publisherEmail": "team@example.com", "publisherName": "Contoso"}}
	for _, c := range change {
		c(b)
	}
	return b
}

// below is a child of the service: below("apis", "a", "operations", "o").
func (w *world) below(parts ...string) resourceid.ID {
	return resourceid.MustParse(w.service.String() + "/" + strings.Join(parts, "/"))
}

func properties(kv ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	return map[string]any{"properties": m}
}

func (w *world) makeService() identity.Principal {
	w.t.Helper()
	w.mustPut(w.service, serviceBody())
	who, err := w.id.SystemAssigned(w.t.Context(), w.service)
	if err != nil {
		w.t.Fatal(err)
	}
	return who
}

func (w *world) client(name string, change ...func(*testca.Options)) *pki.Bundle {
	w.t.Helper()
	o := testca.Options{CommonName: name, KeyType: "ec"}
	for _, c := range change {
		c(&o)
	}
	b, err := w.ca.Client(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) pfx(b *pki.Bundle, password string) string {
	w.t.Helper()
	data, err := pki.EncodePFX(b, password)
	if err != nil {
		w.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}

// eventually waits for what happens in the background.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

// wants checks code and text of an error; code "" wants none. Details count too.
func wants(t *testing.T, name string, err error, code, part string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *azerr.Error
	if !errors.As(err, &e) || e.Kind.Code != code || !strings.Contains(e.Error(), part) {
		t.Errorf("%s: %v\nwant %s: ...%s...", name, err, code, part)
	}
}

func vaultEvent(name string) vault.Event {
	return vault.Event{Vault: "kv", Type: vault.Secrets, Name: name}
}

// count is the number of events that the references have seen.
func (x *references) count() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.events
}
