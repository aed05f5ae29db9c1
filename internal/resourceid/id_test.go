package resourceid

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, text, typ, name, group, scope, parent string }{
		{"/", "/", "", "", "", "/", "/"},
		{"/subscriptions/S/", "/subscriptions/S", "Microsoft.Resources/subscriptions", "S", "", "/", "/"},
		{"/Subscriptions/S/resourcegroups/R", "/subscriptions/S/resourceGroups/R", "Microsoft.Resources/resourceGroups", "R", "R", "/subscriptions/S", "/subscriptions/S"},
		{"/subscriptions/S/resourceGroups/R/providers/Microsoft.KeyVault/vaults/V", "/subscriptions/S/resourceGroups/R/providers/Microsoft.KeyVault/vaults/V",
			"Microsoft.KeyVault/vaults", "V", "R", "/subscriptions/S/resourceGroups/R", "/subscriptions/S/resourceGroups/R"},
		{"/subscriptions/S/resourceGroups/R/providers/M.A/service/X/apis/Y", "/subscriptions/S/resourceGroups/R/providers/M.A/service/X/apis/Y",
			"M.A/service/apis", "Y", "R", "/subscriptions/S/resourceGroups/R", "/subscriptions/S/resourceGroups/R/providers/M.A/service/X"},
		{"/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V/providers/M.Auth/roleAssignments/G", "/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V/providers/M.Auth/roleAssignments/G",
			"M.Auth/roleAssignments", "G", "R", "/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V", "/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V"},
		{"/providers/Microsoft.Management/managementGroups/G", "/providers/Microsoft.Management/managementGroups/G", "Microsoft.Management/managementGroups", "G", "", "/", "/"},
	} {
		id, err := Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
			continue
		}
		got := []string{id.String(), id.Type(), id.Name(), id.ResourceGroup(), id.Scope().String(), id.Parent().String()}
		want := []string{c.text, c.typ, c.name, c.group, c.scope, c.parent}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("Parse(%q): got %q, want %q", c.in, got, want)
				break
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "x", "/subscriptions", "/subscriptions/S/resourceGroups", "/subscriptions//x", "/subscriptions/S/x/y", "/providers", "/providers/N/t", "/providers/N"} {
		if id, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", s, id)
		}
	}
}

func TestWithin(t *testing.T) {
	group, sub := MustParse("/subscriptions/s/resourceGroups/R"), MustParse("/subscriptions/S")
	vault, err := group.Extension("Microsoft.KeyVault/vaults", "v")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, scope ID
		want      bool
	}{{vault, group, true}, {vault, sub, true}, {vault, ID{}, true}, {group, vault, false}, {vault, vault, true},
		{MustParse("/subscriptions/S/resourceGroups/R2"), MustParse("/subscriptions/s/resourcegroups/r"), false}} {
		if got := c.id.Within(c.scope); got != c.want {
			t.Errorf("%s within %s: got %v", c.id, c.scope, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V/providers/M.Auth/roleAssignments/G")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(id.String())
		if err != nil || !again.Equal(id) || again.String() != id.String() {
			t.Fatalf("Parse(%q).String() = %q does not parse to itself: %v", s, id, err)
		}
		for p := id; !p.IsTenant(); p = p.Parent() {
			if !id.Within(p) || len(p.Parent().Key()) >= len(p.Key()) && !p.Parent().IsTenant() {
				t.Fatalf("%q is not within %q", id, p)
			}
		}
		_ = strings.ToLower(id.Key())
	})
}
