package management_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/provider/management"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store/bolt"
)

const groups = "/providers/Microsoft.Management/managementGroups"

func start(t *testing.T) *armtest.Server {
	return armtest.New(t, func(s *arm.Service) {
		resources.New(resources.Options{ARM: s})
		management.New(management.Options{ARM: s})
	})
}

func under(parent, name string) string {
	return fmt.Sprintf(`{"properties":{"displayName":%q,"details":{"parent":{"id":%q}}}}`, name, groups+"/"+parent)
}

func TestTree(t *testing.T) {
	s := start(t)
	root := groups + "/" + armtest.Tenant
	if r := s.Want(200, "GET", root, ""); r.String("properties/displayName") != "Tenant Root Group" {
		t.Errorf("the root: %s", r.Text)
	}
	if r := s.Want(200, "PUT", groups+"/platform", `{}`); r.String("properties/displayName") != "platform" || r.String("properties/details/parent/id") != root {
		t.Errorf("without anything: %s", r.Text)
	}
	s.Want(200, "PUT", groups+"/prod", under("platform", "Production"))
	r := s.Want(200, "GET", groups+"/prod", "")
	if r.String("properties/details/parent/displayName") != "platform" || fmt.Sprint(r.At("properties/details/managementGroupAncestors")) != "[platform "+armtest.Tenant+"]" {
		t.Errorf("its place: %s", r.Text)
	}
	if again := s.Want(200, "PUT", groups+"/prod", under("platform", "Production")); again.String("properties/details/updatedTime") != r.String("properties/details/updatedTime") || again.At("properties/details/version") != 1.0 {
		t.Errorf("the same again is a change: %s", again.Text)
	}
	if r := s.Want(200, "PATCH", groups+"/prod", `{"displayName":"Prod"}`); r.String("properties/displayName") != "Prod" || r.At("properties/details/version") != 2.0 {
		t.Errorf("PATCH: %s", r.Text)
	}
	if r := s.Want(200, "GET", groups, ""); !slices.Equal(r.Names(), []string{armtest.Tenant, "platform", "prod"}) {
		t.Errorf("list: %s", r.Text)
	}
	sub := "/subscriptions/" + armtest.Subscription
	s.Want(200, "GET", root+sub, "")
	if r := s.Want(200, "PUT", groups+"/prod"+sub, ""); r.String("properties/parent/id") != groups+"/prod" {
		t.Errorf("subscription: %s", r.Text)
	}
	s.Want(404, "GET", root+sub, "")
	if r := s.Want(200, "GET", groups+"/prod/subscriptions", ""); !slices.Equal(r.Names(), []string{armtest.Subscription}) {
		t.Errorf("subscriptions: %s", r.Text)
	}
	if r := s.Want(200, "GET", root+"?$expand=children&$recurse=true", ""); strings.Count(r.Text, `"children"`) != 3 || !strings.Contains(r.Text, `"/subscriptions"`) {
		t.Errorf("children: %s", r.Text)
	}
	if r := s.Want(200, "GET", groups+"/platform/descendants", ""); !slices.Equal(r.Names(), []string{"prod", armtest.Subscription}) {
		t.Errorf("descendants: %s", r.Text)
	}
	if r := s.Want(200, "POST", "/providers/Microsoft.Management/getEntities", ""); len(r.Names()) != 4 || !strings.Contains(r.Text, `"parent":{"id":"`+groups+`/prod"}`) {
		t.Errorf("entities: %s", r.Text)
	}
	for name, want := range map[string]string{"prod": "AlreadyExists", "a b": "Invalid", "free": ""} {
		if r := s.Want(200, "POST", "/providers/Microsoft.Management/checkNameAvailability", `{"name":"`+name+`"}`); r.String("reason") != want {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
	s.Want(200, "PUT", groups+"/platform"+sub, "")
	s.Want(404, "GET", groups+"/prod"+sub, "")
	s.Want(202, "DELETE", groups+"/prod", "")
	s.Want(200, "DELETE", groups+"/platform"+sub, "")
	s.Want(200, "GET", root+sub, "")
	s.Want(202, "DELETE", groups+"/platform", "")
	s.Want(404, "GET", groups+"/platform", "")
}

func TestTreeRefused(t *testing.T) {
	s := start(t)
	s.Want(200, "PUT", groups+"/a", `{}`)
	parent := "a"
	for i := 2; i <= 6; i++ {
		name := fmt.Sprintf("level%d", i)
		s.Want(200, "PUT", groups+"/"+name, under(parent, name))
		parent = name
	}
	for _, c := range []struct {
		method, path, body, code, text string
		status                         int
	}{
		{"PUT", "/deeper", under(parent, "x"), "BadRequest", "deeper than 6", 400},
		{"PUT", "/a", under("level3", "x"), "BadRequest", "lies below it", 400},
		{"PUT", "/b", under("nobody", "x"), "NotFound", "nobody", 404},
		{"PUT", "/b", `{"properties":{"details":{"parent":{"id":"/subscriptions/x"}}}}`, "BadRequest", "its parent", 400},
		{"PUT", "/ends.", `{}`, "BadRequest", "its name", 400},
		{"PUT", "/" + armtest.Tenant, under("a", "x"), "BadRequest", "root", 400},
		{"DELETE", "/" + armtest.Tenant, "", "BadRequest", "root", 400},
		{"DELETE", "/a", "", "BadRequest", "level2", 400},
		{"PUT", "/a/subscriptions/" + armtest.Tenant, "", "SubscriptionNotFound", "", 404},
		{"GET", "/nobody", "", "NotFound", "nobody", 404},
		{"PUT", "/nobody/providers/Microsoft.Management/managementGroups/x", `{}`, "InvalidResourceScope", "", 400},
	} {
		if r := s.Want(c.status, c.method, groups+c.path, c.body); r.Code() != c.code || !strings.Contains(r.Text, c.text) {
			t.Errorf("%s %s: %s", c.method, c.path, r.Text)
		}
	}
}

// world is the tree with real roles.
type world struct {
	t   *testing.T
	id  *identity.Service
	p   *authorization.Provider
	arm *arm.Service
}

func open(t *testing.T, path string) *world {
	st, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	id, err := identity.Open(t.Context(), st, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := id.JWKS(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	p, err := authorization.Open(ctx, authorization.Options{Store: st, Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, id, p, arm.New(arm.Options{Store: st, Identity: id, Authorizer: p})}
	resources.New(resources.Options{ARM: w.arm})
	w.arm.Register(p.Types()...)
	management.New(management.Options{ARM: w.arm, Roles: p})
	return w
}

func (w *world) put(c identity.Caller, id, body string) error {
	m, err := arm.ReadJSON([]byte(body))
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.arm.Put(w.t.Context(), c, resourceid.MustParse(id), "2021-04-01", m, arm.PutOptions{})
	return err
}

// TestInheritance: a role at a management group holds in the groups and the subscription below it, at once, after a
// restart, and no longer once they have moved.
func TestInheritance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	w := open(t, path)
	user := w.id.Caller(w.id.User())
	app, _, err := w.id.CreateApplication(t.Context(), user, "deployer")
	if err != nil {
		t.Fatal(err)
	}
	caller := w.id.Caller(app)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.put(caller, groups+"/theirs", `{}`); !errors.Is(err, azerr.AuthorizationFailed) {
		t.Errorf("an application without a role makes a group: %v", err)
	}
	must(w.put(user, groups+"/platform", `{}`)) // a user may, and owns it
	must(w.put(user, groups+"/prod", under("platform", "prod")))
	must(w.put(user, groups+"/other", `{}`))
	const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	must(w.put(user, groups+"/platform/providers/Microsoft.Authorization/roleAssignments/"+uuid.NewString(),
		fmt.Sprintf(`{"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/%s","principalId":%q}}`, reader, app.ObjectID)))
	sub := "/subscriptions/" + w.id.SubscriptionID()
	may := func(w *world, want bool, scope string) {
		t.Helper()
		if got := w.p.Authorize(t.Context(), caller, "Microsoft.Resources/subscriptions/resourceGroups/read", false, resourceid.MustParse(scope)).Allowed; got != want {
			t.Errorf("at %s: %v, want %v", scope, got, want)
		}
	}
	may(w, true, groups+"/platform")
	may(w, true, groups+"/prod")
	may(w, true, groups+"/prod/providers/Microsoft.Resources/deployments/d")
	may(w, false, groups+"/other")
	may(w, false, "/")
	may(w, false, sub)
	must(w.put(user, groups+"/prod"+sub, `{}`))
	may(w, true, sub)
	may(w, true, sub+"/resourceGroups/rg")
	listed, err := w.arm.List(t.Context(), user, resourceid.MustParse(sub), authorization.TypeAssignments, "2022-04-01", map[string][]string{"$filter": {"assignedTo('" + app.ObjectID + "')"}})
	if err != nil || len(listed) != 1 {
		t.Errorf("inherited assignments of the subscription: %v %v", listed, err)
	}
	must(w.put(user, groups+"/other"+sub, `{}`))
	may(w, false, sub)
	must(w.put(user, groups+"/prod"+sub, `{}`))
	if !w.p.Authorize(t.Context(), user, "Microsoft.Management/managementGroups/delete", false, resourceid.MustParse(groups+"/prod")).Allowed {
		t.Error("who created a group does not own it")
	}
	must(w.arm.Store().Close())
	may(open(t, path), true, sub+"/resourceGroups/rg")
}
