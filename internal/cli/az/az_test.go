package az

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func testEnv(t *testing.T, stdin string) (*Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Dir: t.TempDir(), Version: "test"}, &out, &errs
}

func TestCommandsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range commands() {
		name := strings.Join(c.path, " ")
		if seen[name] {
			t.Errorf("az %s stands twice", name)
		}
		seen[name] = true
		if c.summary == "" || !strings.HasPrefix(c.example, "az "+name) || c.run == nil {
			t.Errorf("az %s needs a summary, an example that begins with it, and what it runs", name)
		}
		var names []string
		for _, a := range append(slices.Clone(c.args), globalArgs...) {
			for _, n := range a.names {
				if slices.Contains(names, n) {
					t.Errorf("az %s has two arguments %s", name, n)
				}
				names = append(names, n)
			}
		}
	}
}

func TestParse(t *testing.T) {
	env, _, _ := testEnv(t, "from stdin\n")
	if err := os.WriteFile(filepath.Join(env.Dir, "f"), []byte("\xef\xbb\xbffrom file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line string
		key  string
		want []string
	}{
		{"group create -n rg -l x", "name", []string{"rg"}},
		{"group create --name=rg --location x", "name", []string{"rg"}},
		{"group create -g rg -l x -otsv", "output", []string{"tsv"}},
		{"group create -n rg -l x --tags a=b c=d --tags e", "tags", []string{"a=b", "c=d", "e"}},
		{"group create -n rg -l x --tags -1", "tags", []string{"-1"}},
		{"keyvault create -n v -g g --enable-rbac-authorization", "enable-rbac-authorization", []string{}},
		{"keyvault create -n v -g g --enable-rbac-authorization false", "enable-rbac-authorization", []string{"false"}},
		{"keyvault secret set -n s --vault-name v --value @f", "value", []string{"from file"}},
		{"keyvault secret set -n s --vault-name v --value @-", "value", []string{"from stdin"}},
		{"deployment group create -g g -f t -p a=1 @f -p b=2", "parameters", []string{"a=1", "@f", "b=2"}},
		{"deployment group create -g g -f t -p a= --verbose", "parameters", []string{"a="}},
	} {
		cmd, rest, err := find(strings.Fields(c.line))
		if err != nil || cmd == nil {
			t.Errorf("az %s: %v, %v", c.line, cmd, err)
			continue
		}
		values, err := parse(cmd, rest, env)
		if err != nil || !reflect.DeepEqual(values[c.key], c.want) {
			t.Errorf("az %s: %s = %q (%v), want %q", c.line, c.key, values[c.key], err, c.want)
		}
	}
}

// TestUsageErrors: each mistake ends with status 2 and names the mistake and the nearest known word.
func TestUsageErrors(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"grup create", "'grup' is misspelled or not recognized by the system.\n\nDid you mean 'group' ?"},
		{"group creat", "Did you mean 'create' ?"},
		{"keyvault certificate imports -n x", "Did you mean 'import' ?"},
		{"group create -n rg", "the following arguments are required: --location/-l"},
		{"group create -n rg -l x --tgas a", "unrecognized arguments: --tgas\nDid you mean '--tags' ?"},
		{"group create -n rg -l x extra", "unrecognized arguments: extra"},
		{"group create -n -l x", "argument --name/--resource-group/-n/-g: expected one argument"},
		{"group show -n rg -o xml", "argument --output/-o: invalid choice: 'xml' (choose from json"},
		{"group show -n rg --query a[", "invalid jmespath_type value"},
		{"group", ""},
		{"group -n x", "`az group` is a group of commands"},
		{"keyvault secret set --vault-name v -n s --value @missing", "argument --value: open"},
		{"keyvault create -n v -g g --enable-rbac-authorization maybe", "invalid choice: 'maybe' (choose from true, false)"},
		{"keyvault certificate get-default-policy --scaffold=x", "takes no value, got 'x'"},
	} {
		env, _, errs := testEnv(t, "")
		code := Run(context.Background(), env, strings.Fields(c.line))
		if c.want == "" {
			if code != 0 {
				t.Errorf("az %s: got status %d, want help and 0", c.line, code)
			}
			continue
		}
		if code != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("az %s: got %d %q, want 2 and %q", c.line, code, errs, c.want)
		}
	}
}

func TestNoServer(t *testing.T) {
	env, _, errs := testEnv(t, "")
	if code := Run(context.Background(), env, []string{"group", "list"}); code != exitError || !strings.Contains(errs.String(), "gatehouse up") {
		t.Errorf("got %d %q, want 1 and the remedy", code, errs)
	}
}

func TestOutput(t *testing.T) {
	v := []any{map[string]any{"name": "a", "on": true, "n": 1, "id": "/x", "deep": map[string]any{"y": "z<"}}, map[string]any{"name": "bb", "on": false, "n": nil, "id": "/y"}}
	for _, c := range []struct{ format, query, want string }{
		{"json", "[1].name", "\"bb\"\n"},
		{"json", "[0].deep", "{\n  \"y\": \"z<\"\n}\n"},
		{"tsv", "[].name", "a\nbb\n"},
		{"tsv", "[].[name,on]", "a\ttrue\nbb\tfalse\n"},
		{"table", "", "N    Name    On\n---  ------  -----\n1    a       True\n     bb      False\n"},
		{"table", "[].{Key:name}", "Key\n-----\na\nbb\n"},
		{"none", "", ""},
		{"yaml", "[0].deep", "\"y\": z<\n"},
	} {
		var w bytes.Buffer
		call := &call{Env: &Env{Getenv: func(string) string { return "" }}, values: map[string][]string{"output": {c.format}}}
		if c.query != "" {
			call.values["query"] = []string{c.query}
		}
		format, query, err := call.outputOptions()
		if err != nil {
			t.Fatal(err)
		}
		if err := print(&w, v, format, query, nil); err != nil || w.String() != c.want {
			t.Errorf("-o %s --query %q: got %q (%v), want %q", c.format, c.query, w.String(), err, c.want)
		}
	}
}

func TestPolicyNames(t *testing.T) {
	cli := map[string]any{"issuerParameters": map[string]any{"name": "Self"}, "keyProperties": map[string]any{"keySize": 2048.0, "keyType": "RSA", "curve": nil},
		"lifetimeActions": []any{map[string]any{"action": map[string]any{"actionType": "AutoRenew"}, "trigger": map[string]any{"daysBeforeExpiry": 90.0}}}}
	wire, err := wirePolicy(cli)
	want := map[string]any{"issuer": map[string]any{"name": "Self"}, "key_props": map[string]any{"key_size": 2048.0, "kty": "RSA"},
		"lifetime_actions": []any{map[string]any{"action": map[string]any{"action_type": "AutoRenew"}, "trigger": map[string]any{"days_before_expiry": 90.0}}}}
	if err != nil || !reflect.DeepEqual(wire, want) {
		t.Errorf("got %v (%v), want %v", wire, err, want)
	}
	if _, err := wirePolicy(map[string]any{"keyPropertys": map[string]any{}}); err == nil || !strings.Contains(err.Error(), "did you mean 'keyProperties'") {
		t.Errorf("got %v, want the nearest name", err)
	}
	view := certificateView(map[string]any{"id": "https://v.vault.azure.net/certificates/c/1", "x5t": "AQID", "policy": want})
	if view["name"] != "c" || view["x509ThumbprintHex"] != "010203" || !reflect.DeepEqual(view["policy"].(map[string]any)["lifetimeActions"], cli["lifetimeActions"]) {
		t.Errorf("got %v", view)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("group create -n rg -l x --tags a=b")
	f.Add("deployment group create -g g -f=t -p a=@f -o")
	f.Fuzz(func(t *testing.T, line string) {
		cmd, rest, err := find(strings.Fields(line))
		if err != nil || cmd == nil {
			return
		}
		env := &Env{Stdin: strings.NewReader(""), Getenv: func(string) string { return "" }, Dir: "/nowhere"}
		_, _ = parse(cmd, rest, env) // must end, without a panic
	})
}
