package vault

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

const (
	tenant        = "11111111-2222-3333-4444-555555555555"
	vaultID       = "/subscriptions/0a0a0a0a-0000-0000-0000-000000000001/resourceGroups/rg-Contoso/providers/Microsoft.KeyVault/vaults/kv-contoso"
	administrator = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
)

// fixture is a service with one vault, kv-contoso, and its own clock.
type fixture struct {
	*Service
	t     testing.TB
	ctx   context.Context
	admin identity.Caller
	store *faultyStore
	roles *roles
	log   *recorder
	cfg   *Config
	mu    sync.Mutex
	clock time.Time
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	f := &fixture{t: t, ctx: context.Background(), roles: &roles{}, log: &recorder{}, store: &faultyStore{Store: st},
		clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	f.cfg = &Config{Name: "kv-contoso", ResourceID: resourceid.MustParse(vaultID), Location: "westeurope", TenantID: tenant, SKU: "premium", RBAC: true}
	f.Service = New(Options{Store: f.store, Directory: f, Authorizer: f.roles, Audit: f.log, Now: f.now})
	f.admin = f.caller("admin", administrator, vaultID)
	return f
}

// Vault makes the fixture a Directory.
func (f *fixture) Vault(_ context.Context, name string) (*Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.EqualFold(name, f.cfg.Name) {
		c := *f.cfg
		return &c, nil
	}
	return nil, ErrVaultNotFound
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

// caller makes a principal; with a role, assigned at the scope.
func (f *fixture) caller(name, role, scope string) identity.Caller {
	c := identity.Caller{TenantID: tenant, ObjectID: "oid-" + name, AppID: "app-" + name, Name: name, Type: identity.ServicePrincipal,
		Issuer: "https://sts.windows.net/" + tenant + "/", Address: netip.MustParseAddr("203.0.113.7"), RequestID: "request-" + name}
	if role != "" {
		f.roles.assign(c.ObjectID, role, scope)
	}
	return c
}

// roles is an Authorizer over rbac.Decide with the built-in roles.
type roles struct {
	mu          sync.Mutex
	assignments []rbac.Assignment
}

func (r *roles) assign(principal, role, scope string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.assignments = append(r.assignments, rbac.Assignment{PrincipalID: principal, RoleID: role, Scope: resourceid.MustParse(scope)})
}

func (r *roles) Authorize(_ context.Context, c identity.Caller, action string, data bool, scope resourceid.ID) rbac.Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rbac.Decide(r.assignments, builtIn, rbac.Request{Principals: []string{c.ObjectID}, Action: action, Data: data, Scope: scope})
}

func builtIn(id string) (rbac.RoleDefinition, bool) {
	for _, d := range rbac.BuiltIn {
		if d.ID == id {
			return d, true
		}
	}
	return rbac.RoleDefinition{}, false
}

// recorder keeps audit records, or refuses them.
type recorder struct {
	mu      sync.Mutex
	records []audit.Record
	broken  bool
}

func (r *recorder) Write(_ context.Context, rec audit.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return errors.New("disk full")
	}
	r.records = append(r.records, rec)
	return nil
}

func (r *recorder) take() []audit.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.records
	r.records = nil
	return out
}

// faultyStore fails the writes that a test asks it to.
type faultyStore struct {
	store.Store
	fail error
}

func (s *faultyStore) Txn(ctx context.Context, c []store.Condition, ops []store.Op) (int64, error) {
	if s.fail != nil {
		return 0, s.fail
	}
	return s.Store.Txn(ctx, c, ops)
}

// code checks the wire error of a call.
func code(t testing.TB, err error, want *azerr.Code, parts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %s/%s", err, want.Code, want.Inner)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// set makes a secret.
func (f *fixture) set(name, value string) *Secret {
	f.t.Helper()
	s, err := f.SetSecret(f.ctx, f.admin, "kv-contoso", name, SetSecret{Value: value})
	f.must(err)
	return s
}

// selfSigned makes a certificate with an EC key, which is quick.
func (f *fixture) selfSigned(name string) *Certificate {
	f.t.Helper()
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", name, CreateCertificate{Policy: ecPolicy()})
	f.must(err)
	c, err := f.GetCertificate(f.ctx, f.admin, "kv-contoso", name, "")
	f.must(err)
	return c
}

func ecPolicy() *Policy {
	return &Policy{Key: &KeyProperties{Type: TypeEC, Curve: CurveP256}, X509: &X509Properties{Subject: "CN=client.contoso.com, O=Contoso"},
		Issuer: &IssuerParameters{Name: "self"}}
}

func ptr[T any](v T) *T { return &v }
