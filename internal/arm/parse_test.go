package arm

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/azerr"
)

func TestFilter(t *testing.T) {
	fields := map[string]any{"name": "W1", "n": 3.0, "on": true, "properties": map[string]any{"path": "it's", "deep": map[string]any{"x": "y"}, "list": []any{"a", "b"}}}
	for text, want := range map[string]bool{
		"name eq 'w1'": true, "name ne 'w1'": false, "n gt 2 and n le 3": true, "n lt 3": false, "on eq true": true, "on ne true": false,
		"path eq 'it''s'": true, "properties/deep/x eq 'Y'": true, "deep/x eq 'z' or name eq 'w1'": true, "missing eq null": true, "missing eq 'x'": false,
		"missing ne 'x'": true, "not (name eq 'w1')": false, "contains(name,'w')": true, "contains(name, 'x') eq false": true, "startswith(path,'it')": true,
		"endswith(name,'1')": true, "substringof('1',name)": true, "name eq 'x' or n eq 3 and on eq true": true, "(name eq 'x' or n eq 3) and on eq false": false, "list eq 'b'": true,
		"n eq 'text'": false, "NAME EQ 'W1' AND N GE 3": true,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := f.Match(fields); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
	for _, bad := range []string{"name", "name eq", "name eq 'x", "name is 'x'", "(name eq 'x'", "name eq 'x')", "tolower(name) eq 'x'", "contains(name)", "contains(name,'x'", "eq", "not", "'x'",
		"name eq contains(a,'b')", "contains(contains(a,'b'),'c')", strings.Repeat("(", 5000), strings.Repeat("(", 500) + "a eq 1"} {
		if f, err := ParseFilter(bad); err == nil {
			t.Errorf("%.60q was accepted: %v", bad, f)
		} else if azerr.From(err).Kind != azerr.InvalidFilter {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

func TestTagFilter(t *testing.T) {
	r := &Resource{Tags: map[string]string{"a": "1", "b": "2"}, Type: "T"}
	for text, want := range map[string]bool{"tagName eq 'a'": true, "tagName eq 'c'": false, "tagName eq 'a' and tagValue eq '1'": true, "tagName eq 'a' and tagValue eq '2'": false,
		"tagName eq 'A' and resourceType eq 't'": true, "tagName eq 'a' and resourceType eq 'x'": false} {
		f, err := ParseFilter(text)
		if err != nil || f.Match(r.filterFields()) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"resourceType eq 'X' and name eq 'Y'", "contains(properties/displayName,'x') or not (a gt 1.5)", "'a''b' ne null", "datetime'2024-01-01' lt created"} {
		f.Add(s)
	}
	fields := map[string]any{"name": "x", "properties": map[string]any{"a": []any{1.0, "x"}}, "tags": map[string]string{"a": "b"}}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParseFilter(s); err == nil {
			p.Match(fields)
		} else if azerr.From(err).Kind.Status != 400 {
			t.Fatal(err)
		}
	})
}

func TestTarget(t *testing.T) {
	for path, want := range map[string]string{
		"/subscriptions":                                                   "list Microsoft.Resources/subscriptions in /",
		"/subscriptions/S/resourcegroups":                                  "list Microsoft.Resources/resourceGroups in /subscriptions/S",
		"/subscriptions/S/resourceGroups/R/":                               "/subscriptions/S/resourceGroups/R",
		"//subscriptions/S//resourceGroups/R":                              "/subscriptions/S/resourceGroups/R",
		"/subscriptions/S/providers/M.K/vaults":                            "list M.K/vaults in /subscriptions/S",
		"/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V/secrets": "list M.K/vaults/secrets in /subscriptions/S/resourceGroups/R/providers/M.K/vaults/V",
		"/subscriptions/S/providers/M.K/vaults/V/providers/M.A/roles":      "list M.A/roles in /subscriptions/S/providers/M.K/vaults/V",
		"/%2Fsubscriptions%2FS/providers/M.A/roles/G":                      "/subscriptions/S/providers/M.A/roles/G",
		"/subscriptions/S/resourcegroups/R/deployments/d/operations":       "list Microsoft.Resources/deployments/operations in /subscriptions/S/resourceGroups/R/providers/Microsoft.Resources/deployments/d",
		"/subscriptions/S/deployments/d":                                   "/subscriptions/S/providers/Microsoft.Resources/deployments/d",
		"/providers/M.A/roles/G":                                           "/providers/M.A/roles/G",
	} {
		seg, err := splitPath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, err := parseTarget(seg)
		text := got.id.String()
		if got.collection != "" {
			text = "list " + got.collection + " in " + text
		}
		if err != nil || text != want {
			t.Errorf("%s: got %q %v, want %q", path, text, err, want)
		}
	}
	for _, bad := range []string{"/%zz", "/a/../b", "/x%00y", "/" + strings.Repeat("x", 5000), "/x%FFy"} {
		if seg, err := splitPath(bad); err == nil {
			t.Errorf("%.40q gave %q", bad, seg)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"/subscriptions/S/resourceGroups/R/providers/M.K/vaults/V/secrets", "/subscriptions/S/providers/M.K/check", "/a/operationStatuses/b", "//%2F"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seg, err := splitPath((&url.URL{Path: s}).EscapedPath())
		if err == nil {
			_, err = parseTarget(seg)
		}
		if err != nil && azerr.From(err).Kind.Status >= 500 {
			t.Fatal(err)
		}
	})
}

func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{"{}", `{"a":[1,{"b":null}]}`, "\ufeff{}", "[", `{"a":1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadJSON(b)
		if err != nil {
			if azerr.From(err).Kind.Status != 400 {
				t.Fatal(err)
			}
			return
		}
		r := &PutRequest{Body: m, Type: &Type{NeedsLocation: true}}
		if checkCommon(r) == nil {
			_, _ = r.Resource()
		}
		MergePatch(m, m)
	})
}
