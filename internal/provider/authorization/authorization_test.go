package authorization

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

const (
	version     = "2022-04-01"
	contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	secretsUser = rbac.KeyVaultSecretsUserRole
)

type world struct {
	t     *testing.T
	st    store.Store
	id    *identity.Service
	p     *Provider
	arm   *arm.Service
	user  identity.Caller
	thing resourceid.ID // a resource below the subscription
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return openWorld(t, st)
}

func openWorld(t *testing.T, st store.Store) *world {
	t.Helper()
	id, err := identity.Open(t.Context(), st, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := id.JWKS(t.Context()); err != nil { // the key is there before the store closes
		t.Fatal(err)
	}
	p, err := Open(t.Context(), Options{Store: st, Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, st: st, id: id, p: p, user: id.Caller(id.User())}
	w.arm = arm.New(arm.Options{Store: st, Identity: id, Authorizer: p})
	w.arm.Register(p.Types()...)
	w.arm.Register(&arm.Type{Name: "Microsoft.Test/things", Scopes: arm.SubscriptionScope, Put: func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) { return r.Resource() }})
	w.thing = resourceid.MustParse("/subscriptions/" + id.SubscriptionID() + "/providers/Microsoft.Test/things/one")
	if _, err := w.arm.Put(t.Context(), w.user, w.thing, version, map[string]any{}, arm.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) assign(c identity.Caller, scope resourceid.ID, name string, properties map[string]any) (*arm.Resource, error) {
	id, err := scope.Extension(TypeAssignments, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.arm.Put(w.t.Context(), c, id, version, map[string]any{"properties": properties}, arm.PutOptions{})
}

func (w *world) roleID(guid string) string { return w.p.definitionID(guid) }

func (w *world) list(scope resourceid.ID, typ, filter string) []*arm.Resource {
	w.t.Helper()
	rs, err := w.arm.List(w.t.Context(), w.user, scope, typ, version, url.Values{"$filter": {filter}})
	if err != nil {
		w.t.Fatal(err)
	}
	return rs
}

func (w *world) can(p identity.Principal, action string, data bool, scope resourceid.ID) bool {
	return w.p.Authorize(w.t.Context(), w.id.Caller(p), action, data, scope).Allowed
}

func TestFirstAssignments(t *testing.T) {
	w := newWorld(t)
	env, _, err := w.id.EnvApplication(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []identity.Principal{w.id.User(), env} {
		if !w.can(who, "Microsoft.Authorization/roleAssignments/write", false, w.thing) || !w.can(who, "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, w.thing) {
			t.Errorf("%s is not owner and vault administrator", who.DisplayName)
		}
	}
	if w.can(w.id.ManagedIdentity(), "Microsoft.Test/things/read", false, w.thing) {
		t.Error("the managed identity endpoint's identity has a role")
	}
	stranger := w.user
	stranger.TenantID = uuid.NewString()
	if w.p.Authorize(t.Context(), stranger, "Microsoft.Test/things/read", false, w.thing).Allowed {
		t.Error("a caller of another tenant is allowed")
	}
	if got := w.list(w.p.subscription(), TypeAssignments, "atScope()"); len(got) != 4 {
		t.Errorf("%d assignments at the subscription, want 4", len(got))
	}
	if again := openWorld(t, w.st); len(again.p.index.all()) != 4 {
		t.Errorf("%d assignments after the second start, want 4", len(again.p.index.all()))
	}
}

func TestAssignmentLife(t *testing.T) {
	w := newWorld(t)
	app, _, err := w.id.CreateApplication(t.Context(), w.user, "deployer")
	if err != nil {
		t.Fatal(err)
	}
	get := func() bool { return w.can(app, "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, w.thing) }
	name := uuid.NewString()
	properties := map[string]any{"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/" + strings.ToUpper(secretsUser), "principalId": app.ObjectID}
	if get() {
		t.Fatal("allowed before the assignment")
	}
	r, err := w.assign(w.user, w.thing, name, properties)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"scope": w.thing.String(), "principalId": app.ObjectID, "principalType": "ServicePrincipal", "roleDefinitionId": w.roleID(secretsUser)} {
		if r.Properties[k] != want {
			t.Errorf("%s = %v, want %v", k, r.Properties[k], want)
		}
	}
	if !get() {
		t.Error("not allowed right after the assignment")
	}
	if _, err := w.assign(w.user, w.thing, name, properties); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if _, err := w.assign(w.user, w.thing, uuid.NewString(), properties); !errors.Is(err, azerr.RoleAssignmentExists) {
		t.Errorf("under another name: %v", err)
	}
	if _, err := w.assign(w.user, w.thing, name, map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": app.ObjectID}); !errors.Is(err, azerr.RoleAssignmentFixed) {
		t.Errorf("another role under the name: %v", err)
	}
	if again := openWorld(t, w.st); !again.can(app, "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, w.thing) {
		t.Error("not allowed after a restart")
	}
	id, _ := w.thing.Extension(TypeAssignments, name)
	if err := w.arm.Delete(t.Context(), w.user, id, version, arm.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if get() {
		t.Error("allowed after the deletion")
	}
	if _, err := w.arm.Get(t.Context(), w.user, id, version); !errors.Is(err, azerr.RoleAssignmentNotFound) {
		t.Errorf("get after the deletion: %v", err)
	}
	if _, err := w.assign(w.user, w.thing, uuid.NewString(), properties); err != nil || !get() {
		t.Errorf("again after the deletion: %v, allowed %v", err, get())
	}
	if err := w.arm.Delete(t.Context(), w.user, w.thing, version, arm.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if get() {
		t.Error("the assignment outlived its resource")
	}
}

func TestAssignmentRefused(t *testing.T) {
	w := newWorld(t)
	app, _, err := w.id.CreateApplication(t.Context(), w.user, "deployer")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.assign(w.user, w.p.subscription(), uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": app.ObjectID}); err != nil {
		t.Fatal(err)
	}
	other, none := w.id.ManagedIdentity(), uuid.NewString()
	for _, c := range []struct {
		name       string
		caller     identity.Caller
		id         string
		properties map[string]any
		want       error
	}{
		{"by a contributor", w.id.Caller(app), uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(rbac.OwnerRole), "principalId": app.ObjectID}, azerr.AuthorizationFailed},
		{"by nobody", identity.Caller{}, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(rbac.OwnerRole), "principalId": app.ObjectID}, azerr.AuthorizationFailed},
		{"a name that is no GUID", w.user, "x", map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": other.ObjectID}, azerr.InvalidRoleAssignmentID},
		{"an unknown role", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(none), "principalId": other.ObjectID}, azerr.RoleDefinitionDoesNotExist},
		{"no role", w.user, uuid.NewString(), map[string]any{"principalId": other.ObjectID}, azerr.InvalidRoleDefinitionID},
		{"an unknown principal", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": none}, azerr.PrincipalNotFound},
		{"an unknown principal of a type", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": none, "principalType": "ServicePrincipal"}, nil},
		{"the wrong type", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": other.ObjectID, "principalType": "User"}, azerr.UnmatchedPrincipalType},
		{"an unknown type", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": other.ObjectID, "principalType": "Robot"}, azerr.InvalidPrincipalType},
		{"no principal", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor)}, azerr.InvalidPrincipalID},
		{"a condition", w.user, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": other.ObjectID, "condition": "true"}, azerr.RoleConditionsNotSupported},
	} {
		if _, err := w.assign(c.caller, w.thing, c.id, c.properties); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestConcurrentDuplicates(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 8 {
		wg.Go(func() {
			_, err := w.assign(w.user, w.thing, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": w.id.ManagedIdentity().ObjectID})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if !errors.Is(err, azerr.RoleAssignmentExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d assignments of the same role made, want 1", made)
	}
}

func TestListAssignments(t *testing.T) {
	w := newWorld(t)
	mi := w.id.ManagedIdentity().ObjectID
	if _, err := w.assign(w.user, w.thing, uuid.NewString(), map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": mi}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		scope  resourceid.ID
		filter string
		want   int
	}{
		{w.thing, "", 5},
		{w.thing, "atScope()", 5},
		{w.p.subscription(), "", 5},
		{w.p.subscription(), "atScope()", 4},
		{w.p.subscription(), "principalId eq '" + mi + "'", 1},
		{w.p.subscription(), "atScope() and principalId eq '" + mi + "'", 0},
		{w.thing, "atScope() and assignedTo('" + strings.ToUpper(mi) + "')", 1},
	} {
		if got := w.list(c.scope, TypeAssignments, c.filter); len(got) != c.want {
			t.Errorf("%s, filter %q: %d, want %d", c.scope.Type(), c.filter, len(got), c.want)
		}
	}
	if _, err := w.arm.List(t.Context(), w.user, w.thing, TypeAssignments, version, url.Values{"$filter": {"scope eq 'x'"}}); !errors.Is(err, azerr.InvalidAuthorizationFilter) {
		t.Errorf("an unknown filter: %v", err)
	}
}

func TestRoleDefinitions(t *testing.T) {
	w := newWorld(t)
	if got := w.list(w.p.subscription(), TypeDefinitions, ""); len(got) != len(rbac.BuiltIn) {
		t.Errorf("%d definitions, want %d", len(got), len(rbac.BuiltIn))
	}
	got := w.list(w.thing, TypeDefinitions, "roleName eq 'Key Vault Secrets User'")
	if len(got) != 1 || got[0].Name != secretsUser || got[0].ID.String() != w.roleID(secretsUser) {
		t.Errorf("by name: %v", got)
	}
	nobody := w.id.Caller(w.id.ManagedIdentity())
	if r, err := w.arm.Get(t.Context(), nobody, resourceid.MustParse("/providers/Microsoft.Authorization/roleDefinitions/"+secretsUser), version); err != nil || r.Properties["roleName"] != "Key Vault Secrets User" {
		t.Errorf("at tenant scope: %v, %v", r, err)
	}
	guid := uuid.NewString()
	id, _ := w.p.subscription().Extension(TypeDefinitions, guid)
	role := func(name string, scopes ...any) map[string]any {
		return map[string]any{"properties": map[string]any{"roleName": name, "description": "Imports certificates.", "assignableScopes": scopes,
			"permissions": []any{map[string]any{"actions": []any{"Microsoft.Test/*/read"}, "notActions": []any{"Microsoft.Test/things/secret/read"},
				"dataActions": []any{"Microsoft.KeyVault/vaults/certificates/import/action"}}}}}
	}
	put := func(id resourceid.ID, body map[string]any) error {
		_, err := w.arm.Put(t.Context(), w.user, id, version, body, arm.PutOptions{})
		return err
	}
	if err := put(id, role("Importer", w.p.subscription().String())); err != nil {
		t.Fatal(err)
	}
	assignment := uuid.NewString()
	if _, err := w.assign(w.user, w.thing, assignment, map[string]any{"roleDefinitionId": w.roleID(guid), "principalId": w.id.ManagedIdentity().ObjectID}); err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]bool{"Microsoft.Test/things/read": true, "Microsoft.Test/things/secret/read": false, "Microsoft.Test/things/write": false} {
		if got := w.can(w.id.ManagedIdentity(), action, false, w.thing); got != want {
			t.Errorf("%s: %v, want %v", action, got, want)
		}
	}
	if !w.can(w.id.ManagedIdentity(), "Microsoft.KeyVault/vaults/certificates/import/action", true, w.thing) {
		t.Error("the data action of the custom role is not allowed")
	}
	elsewhere, _ := w.p.subscription().Extension(TypeDefinitions, uuid.NewString())
	builtIn, _ := w.p.subscription().Extension(TypeDefinitions, rbac.OwnerRole)
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"the same name", put(elsewhere, role("importer", w.p.subscription().String())), azerr.RoleDefinitionExists},
		{"a built-in name", put(elsewhere, role("Owner", w.p.subscription().String())), azerr.RoleDefinitionExists},
		{"a built-in role", put(builtIn, role("Mine", w.p.subscription().String())), azerr.RoleDefinitionBuiltIn},
		{"the tenant as scope", put(elsewhere, role("Mine", "/")), azerr.InvalidRoleDefinition},
		{"no scope", put(elsewhere, role("Mine")), azerr.InvalidRoleDefinition},
		{"a scope without a right", put(elsewhere, role("Mine", "/subscriptions/"+uuid.NewString())), azerr.AuthorizationFailed},
		{"deleting one in use", w.arm.Delete(t.Context(), w.user, id, version, arm.DeleteOptions{}), azerr.RoleDefinitionInUse},
		{"deleting a built-in one", w.arm.Delete(t.Context(), w.user, builtIn, version, arm.DeleteOptions{}), azerr.RoleDefinitionBuiltIn},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
}

// A second provider on the same store stands for another replica.
func TestFollowsTheStore(t *testing.T) {
	w := newWorld(t)
	other, err := Open(t.Context(), Options{Store: w.st, Identity: w.id})
	if err != nil {
		t.Fatal(err)
	}
	caller := w.id.Caller(w.id.ManagedIdentity())
	wait := func(want bool) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			if other.Authorize(t.Context(), caller, "Microsoft.Test/things/write", false, w.thing).Allowed == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the other replica still says allowed = %v", !want)
			}
		}
	}
	name := uuid.NewString()
	if _, err := w.assign(w.user, w.thing, name, map[string]any{"roleDefinitionId": w.roleID(contributor), "principalId": caller.ObjectID}); err != nil {
		t.Fatal(err)
	}
	wait(true)
	id, _ := w.thing.Extension(TypeAssignments, name)
	if err := w.arm.Delete(t.Context(), w.user, id, version, arm.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	wait(false)
}

// What this process deleted does not come back when the watch tells of its past.
func TestDeletionIsFinal(t *testing.T) {
	x := newIndex()
	id := resourceid.MustParse("/subscriptions/s/providers/" + TypeAssignments + "/a")
	at := func(revision int64) *arm.Resource {
		return &arm.Resource{ID: id, Name: "a", Revision: revision, Properties: map[string]any{"principalId": "P", "roleDefinitionId": "/x/" + contributor}}
	}
	x.put(at(7))
	x.remove(id, 0)
	x.put(at(7))
	if len(x.of("p")) != 0 {
		t.Error("the event of revision 7 brought the assignment back")
	}
	x.put(at(9)) // made again
	x.remove(id, 8)
	if len(x.of("p")) != 1 {
		t.Error("the event of the first deletion removed the second assignment")
	}
}

func FuzzFilters(f *testing.F) {
	f.Add("atScope() and principalId eq 'a and b'")
	f.Add("roleName eq 'it''s'")
	f.Fuzz(func(_ *testing.T, s string) {
		if keep, err := assignmentFilter(s, func(resourceid.ID) bool { return true }); err == nil {
			keep(rbac.Assignment{})
		}
		if keep, err := definitionFilter(s); err == nil {
			keep(rbac.RoleDefinition{})
		}
	})
}
