package rbac

import (
	"testing"

	"gatehouse/internal/resourceid"
)

func builtIn(id string) (RoleDefinition, bool) {
	for _, d := range BuiltIn {
		if d.ID == id {
			return d, true
		}
	}
	return RoleDefinition{}, false
}

const (
	sub   = "/subscriptions/11111111-1111-1111-1111-111111111111"
	vault = sub + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v1"
)

func byName(t *testing.T, name string) RoleDefinition {
	t.Helper()
	for _, d := range BuiltIn {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no built-in role %q", name)
	return RoleDefinition{}
}

func TestBuiltInRoles(t *testing.T) {
	const kv = "Microsoft.KeyVault/vaults/"
	for _, c := range []struct {
		role, action string
		data, want   bool
	}{
		{"Owner", "Microsoft.Authorization/roleAssignments/write", false, true},
		{"Owner", kv + "secrets/getSecret/action", true, false},
		{"Contributor", "Microsoft.ApiManagement/service/write", false, true},
		{"Contributor", "Microsoft.Authorization/roleAssignments/write", false, false},
		{"Contributor", "microsoft.authorization/ROLEASSIGNMENTS/DELETE", false, false},
		{"Contributor", "Microsoft.Authorization/roleAssignments/read", false, true},
		{"Contributor", kv + "certificates/import/action", true, false},
		{"Reader", "Microsoft.ApiManagement/service/apis/read", false, true},
		{"Reader", "Microsoft.ApiManagement/service/apis/write", false, false},
		{"Reader", "Microsoft.ApiManagement/service/subscriptions/listSecrets/action", false, false},
		{"User Access Administrator", "Microsoft.Authorization/roleAssignments/write", false, true},
		{"User Access Administrator", "Microsoft.Resources/subscriptions/resourceGroups/write", false, false},
		{"Role Based Access Control Administrator", "Microsoft.Authorization/roleDefinitions/write", false, false},
		{"Key Vault Administrator", kv + "certificates/import/action", true, true},
		{"Key Vault Administrator", "Microsoft.KeyVault/vaults/write", false, false},
		{"Key Vault Certificates Officer", kv + "certificates/import/action", true, true},
		{"Key Vault Certificates Officer", kv + "secrets/getSecret/action", true, false},
		{"Key Vault Certificate User", kv + "secrets/getSecret/action", true, true},
		{"Key Vault Certificate User", kv + "certificates/create/action", true, false},
		{"Key Vault Crypto Officer", kv + "keys/rotate/action", true, true},
		{"Key Vault Crypto User", kv + "keys/sign/action", true, true},
		{"Key Vault Crypto User", kv + "keys/create/action", true, false},
		{"Key Vault Reader", kv + "certificates/read", true, true},
		{"Key Vault Reader", kv + "secrets/getSecret/action", true, false},
		{"Key Vault Secrets Officer", kv + "secrets/setSecret/action", true, true},
		{"Key Vault Secrets Officer", kv + "secrets/purge/action", true, true},
		{"Key Vault Secrets User", kv + "secrets/getSecret/action", true, true},
		{"Key Vault Secrets User", kv + "secrets/setSecret/action", true, false},
		{"API Management Service Contributor", "Microsoft.ApiManagement/service/apis/policies/write", false, true},
		{"API Management Service Contributor", "Microsoft.KeyVault/vaults/read", false, false},
		{"Monitoring Metrics Publisher", "Microsoft.Insights/Metrics/Write", true, true},
	} {
		if got := byName(t, c.role).Allows(c.action, c.data); got != c.want {
			t.Errorf("%s, %s (data %v): allowed %v, want %v", c.role, c.action, c.data, got, c.want)
		}
	}
}

func TestDecide(t *testing.T) {
	secretsUser := byName(t, "Key Vault Secrets User").ID
	contributor := byName(t, "Contributor").ID
	at := func(principal, role, scope string) Assignment {
		return Assignment{PrincipalID: principal, RoleID: role, Scope: resourceid.MustParse(scope)}
	}
	get := func(scope string, who ...string) Request {
		return Request{Principals: who, Action: "Microsoft.KeyVault/vaults/secrets/getSecret/action", Data: true, Scope: resourceid.MustParse(scope)}
	}
	for _, c := range []struct {
		name string
		as   []Assignment
		r    Request
		want bool
	}{
		{"no assignment", nil, get(vault, "p"), false},
		{"at the scope", []Assignment{at("p", secretsUser, vault)}, get(vault, "p"), true},
		{"object IDs have no case", []Assignment{at("P", secretsUser, vault)}, get(vault, "p"), true},
		{"below the scope", []Assignment{at("p", secretsUser, vault)}, get(vault+"/secrets/s1", "p"), true},
		{"inherited from the group, another case", []Assignment{at("p", secretsUser, sub+"/resourcegroups/RG")}, get(vault, "p"), true},
		{"inherited from the tenant", []Assignment{at("p", secretsUser, "/")}, get(vault, "p"), true},
		{"above the scope", []Assignment{at("p", secretsUser, vault+"/secrets/s1")}, get(vault, "p"), false},
		{"another resource with the same prefix", []Assignment{at("p", secretsUser, vault)}, get(vault+"0", "p"), false},
		{"another principal", []Assignment{at("q", secretsUser, vault)}, get(vault, "p"), false},
		{"by a group", []Assignment{at("g", secretsUser, vault)}, get(vault, "p", "g"), true},
		{"nobody", []Assignment{at("", secretsUser, vault)}, get(vault, ""), false},
		{"a role without the data action", []Assignment{at("p", contributor, sub)}, get(vault, "p"), false},
		{"an unknown role", []Assignment{at("p", "00000000-0000-0000-0000-000000000000", sub)}, get(vault, "p"), false},
		{"NotActions of one role do not deny what another gives", []Assignment{at("p", contributor, sub), at("p", OwnerRole, vault)},
			Request{Principals: []string{"p"}, Action: "Microsoft.Authorization/roleAssignments/write", Scope: resourceid.MustParse(vault)}, true},
	} {
		d := Decide(c.as, builtIn, c.r)
		if d.Allowed != c.want || c.want != (d.Assignment != nil && d.Definition != nil) {
			t.Errorf("%s: %+v, want allowed %v", c.name, d, c.want)
		}
		if want := map[bool]string{true: ReasonAllowed, false: ReasonNoValidRBAC}[c.want]; d.Reason != want {
			t.Errorf("%s: reason %q, want %q", c.name, d.Reason, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", "anything/at/all", true},
		{"*/read", "Microsoft.X/a/b/read", true},
		{"*/read", "read", false},
		{"Microsoft.X/*/read", "microsoft.x/a/b/READ", true},
		{"Microsoft.X/*/read", "Microsoft.X/read", false},
		{"Microsoft.X/a*b*c", "Microsoft.X/a1b2c", true},
		{"Microsoft.X/a*b*c", "Microsoft.X/a1c2b", false},
		{"Microsoft.X/a*a", "Microsoft.X/a", false},
		{"Microsoft.X/a", "Microsoft.X/ab", false},
		{"", "", true},
		{"", "a", false},
	} {
		if got := Match(c.pattern, c.action); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.action, got)
		}
	}
}

func TestBuiltInIsWellFormed(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	for _, d := range BuiltIn {
		if len(d.ID) != 36 || ids[d.ID] || names[d.Name] || d.Description == "" || d.Type != "BuiltInRole" {
			t.Errorf("role %q: bad or repeated definition", d.Name)
		}
		ids[d.ID], names[d.Name] = true, true
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("Microsoft.X/*/read", "Microsoft.X/a/read")
	f.Fuzz(func(t *testing.T, pattern, action string) {
		Match(pattern, action)
		if !Match("*", action) {
			t.Errorf("* does not match %q", action)
		}
	})
}
