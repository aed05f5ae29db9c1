package library

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

type everybody struct{}

func (everybody) Authorize(context.Context, identity.Caller, string, bool, resourceid.ID) rbac.Decision {
	return rbac.Decision{Allowed: true}
}

// tenant is an Identity with one application.
type tenant struct {
	federated []identity.FederatedCredential
}

func (*tenant) TenantID() string       { return "11111111-1111-1111-1111-111111111111" }
func (*tenant) SubscriptionID() string { return "22222222-2222-2222-2222-222222222222" }
func (*tenant) PrincipalByAppID(_ context.Context, id string) (identity.Principal, error) {
	if id != "app" {
		return identity.Principal{}, identity.ErrUnknownPrincipal
	}
	return identity.Principal{AppID: "app"}, nil
}
func (t *tenant) AddFederatedCredential(_ context.Context, c identity.Caller, _ string, f identity.FederatedCredential) error {
	if c.Name == "stranger" {
		return errors.New("not the owner")
	}
	t.federated = append(t.federated, f)
	return nil
}
func (*tenant) SignAssertion(_ context.Context, issuer, subject, audience string, _ time.Duration) (string, error) {
	return strings.Join([]string{issuer, subject, audience}, "|"), nil
}

func newService(t *testing.T, wrap func(store.Store) store.Store) (*Service, *time.Time) {
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return New(Options{Store: wrap(st), Identity: &tenant{}, Authorizer: everybody{}, Audit: audit.Discard{}, Now: func() time.Time { return now }}), &now
}

func plain(st store.Store) store.Store { return st }

var owner = identity.Caller{ObjectID: "owner", Name: "owner"}

func kindOf(err error) Kind {
	var e *Error
	if !errors.As(err, &e) {
		return 255
	}
	return e.Kind
}

func TestRunsEnd(t *testing.T) {
	s, now := newService(t, plain)
	ctx := t.Context()
	if _, err := s.PutSecureFile(ctx, owner, "a", strings.NewReader("x"), false); err != nil {
		t.Fatal(err)
	}
	p, err := s.EnsurePipeline(ctx, owner, "deploy", "deploy.yml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Begin(ctx, owner, p.ID, map[What][]string{SecureFiles: {"A"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, data, err := s.Download(ctx, owner, r.ID, "a"); err != nil || string(data) != "x" {
		t.Fatalf("%q %v", data, err)
	}
	*now = now.Add(runLife + time.Second)
	if _, _, err := s.Download(ctx, owner, r.ID, "a"); kindOf(err) != Forbidden {
		t.Errorf("a run that was never ended still has its permissions after %s: %v", runLife, err)
	}
	for name, permit := range map[string]map[What][]string{"unknown": {SecureFiles: {"nope"}}, "kind": {"queue": {"a"}}} {
		if _, err := s.Begin(ctx, owner, p.ID, permit); err == nil {
			t.Errorf("%s must be refused", name)
		}
	}
	if _, err := s.Begin(ctx, owner, 99, nil); kindOf(err) != NotFound {
		t.Errorf("a pipeline that is not there: %v", err)
	}
}

func TestRunsAtTheSameTimeHaveDifferentNumbers(t *testing.T) {
	s, _ := newService(t, plain)
	p, err := s.EnsurePipeline(t.Context(), owner, "p", "")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]bool{}
	for range 20 {
		wg.Go(func() {
			r, err := s.Begin(t.Context(), owner, p.ID, nil)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[r.ID] = true
		})
	}
	if wg.Wait(); len(seen) != 20 {
		t.Errorf("%d numbers for 20 runs", len(seen))
	}
}

// failing is a store that refuses the record of a secure file, as a full disk would.
type failing struct{ store.Store }

func (f failing) Txn(ctx context.Context, c []store.Condition, ops []store.Op) (int64, error) {
	for _, o := range ops {
		if strings.HasPrefix(o.Key, "library/securefile/") && !o.Delete {
			return 0, store.ErrNoSpace
		}
	}
	return f.Store.Txn(ctx, c, ops)
}

func TestAFailedUploadLeavesNothing(t *testing.T) {
	s, _ := newService(t, func(st store.Store) store.Store { return failing{st} })
	if _, err := s.PutSecureFile(t.Context(), owner, "a", strings.NewReader(strings.Repeat("x", 3*chunk)), false); !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("got %v", err)
	}
	page, err := s.st.Range(t.Context(), store.RangeOptions{Prefix: "library/content/"})
	if err != nil || len(page.Records) != 0 {
		t.Errorf("%d records are left, %v", len(page.Records), err)
	}
}

func TestConnections(t *testing.T) {
	s, _ := newService(t, plain)
	ctx := t.Context()
	n, err := s.PutConnection(ctx, owner, Connection{Name: "contoso", ClientID: "app"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if f := s.ids.(*tenant).federated; len(f) != 1 || f[0].Issuer != "https://vstoken.dev.azure.com/gatehouse" || f[0].Subject != "sc://gatehouse/default/contoso" {
		t.Errorf("federated %+v", f)
	}
	again, err := s.PutConnection(ctx, owner, Connection{Name: "CONTOSO", ClientID: "app"}, true)
	if err != nil || again.ID != n.ID || again.Subject != n.Subject {
		t.Errorf("%+v %v", again, err)
	}
	for name, c := range map[string]struct {
		caller identity.Caller
		n      Connection
		want   Kind
	}{
		"no application":    {owner, Connection{Name: "x", ClientID: "nobody"}, Invalid},
		"another tenant":    {owner, Connection{Name: "x", ClientID: "app", TenantID: "other"}, Invalid},
		"without the right": {identity.Caller{Name: "stranger"}, Connection{Name: "x", ClientID: "app"}, Forbidden},
		"a bad name":        {owner, Connection{Name: "a/b", ClientID: "app"}, Invalid},
	} {
		if _, err := s.PutConnection(ctx, c.caller, c.n, false); kindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.DeleteConnection(ctx, owner, "contoso"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Connection(ctx, owner, n.ID); kindOf(err) != NotFound {
		t.Errorf("got %v", err)
	}
}
