package source

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func reader(t *testing.T, files map[string]string) *Reader {
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	return &Reader{Path: path, File: func(name string) ([]byte, error) { return os.ReadFile(path(name)) }, Getenv: func(string) string { return "" }}
}

var files = map[string]string{
	"main.bicep":          "param name string\nparam count int = 1\nparam on bool = true\noutput o string = '${name}${count}${on}'\n",
	"sub.bicep":           "targetScope = 'subscription'\n",
	"bad.bicep":           "output o string = nothing\n",
	"main.bicepparam":     "using 'main.bicep'\nvar n = 'file'\nparam name = toUpper(n)\n",
	"none.bicepparam":     "using none\nparam name = 'none'\n",
	"external.bicepparam": "using none\nparam name = externalInput('sys.cli', 'name')\n",
	"template.json":       `{"$schema": "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#", "resources": []}`,
	"values.json":         `{"$schema": "x", "parameters": {"name": {"value": "json"}}}`,
	"text.txt":            "from a file",
}

func TestRead(t *testing.T) {
	r := reader(t, files)
	for _, c := range []struct {
		file, params      string
		name, scope, want string
	}{
		{"main.bicep", "name=a count=2 ON=False", "main", Group, `count={"value":2} name={"value":"a"} on={"value":false}`},
		{"main.bicep", "name=@text.txt", "main", Group, `name={"value":"from a file"}`},
		{"main.bicep", "values.json", "main", Group, `name={"value": "json"}`},
		{"main.bicep", "@values.json name=b", "main", Group, `name={"value":"b"}`},
		{"main.bicep", `{"name":{"value":"inline"}}`, "main", Group, `name={"value":"inline"}`},
		{"", "main.bicepparam", "main", Group, `name={"value":"FILE"}`},
		{"main.bicepparam", "name=c", "main", Group, `name={"value":"c"}`},
		{"main.bicep", "@main.bicepparam", "main", Group, `name={"value":"FILE"}`},
		{"main.bicep", "none.bicepparam", "main", Group, `name={"value":"none"}`},
		{"sub.bicep", "", "sub", Subscription, ""},
		{"template.json", "", "template", Tenant, ""},
	} {
		d, err := r.Read(context.Background(), c.file, strings.Fields(c.params))
		if err != nil {
			t.Errorf("%s %s: %v", c.file, c.params, err)
			continue
		}
		var got []string
		for _, k := range []string{"count", "name", "on"} {
			if v := d.Parameters[k]; v != nil {
				got = append(got, k+"="+strings.Join(strings.Fields(string(v)), ""))
			}
		}
		want := strings.ReplaceAll(c.want, ": ", ":")
		if s := strings.Join(got, " "); strings.ReplaceAll(s, "fromafile", "from a file") != want || d.Name != c.name || d.Scope() != c.scope {
			t.Errorf("%s %s: got %q %s %s, want %q %s %s", c.file, c.params, s, d.Name, d.Scope(), want, c.name, c.scope)
		}
	}
}

// TestExperimentalParameters: what a file says beyond parameters is refused, not dropped.
func TestExperimentalParameters(t *testing.T) {
	r := reader(t, map[string]string{
		"bicepconfig.json": `{"experimentalFeaturesEnabled": {"deployCommands": true, "moduleExtensionConfigs": true}}`,
		"plain.bicep":      "",
		"with.bicepparam":  "using 'plain.bicep' with { mode: 'deployment', scope: '/subscriptions/x' }\n",
		"none.bicepparam":  "using none with { mode: 'deployment', scope: '/' }\n",
	})
	for file, want := range map[string]string{"with.bicepparam": "with what to deploy", "none.bicepparam": "with what to deploy"} {
		if _, err := r.Read(context.Background(), "plain.bicep", []string{file}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
	r = reader(t, map[string]string{
		"bicepconfig.json":   `{"experimentalFeaturesEnabled": {"moduleExtensionConfigs": true}}`,
		"main.bicep":         "extension kubernetes\n",
		"configs.bicepparam": "using 'main.bicep'\nextensionConfig kubernetes with { namespace: 'x', kubeConfig: 'y' }\n",
	})
	if _, err := r.Read(context.Background(), "", []string{"configs.bicepparam"}); err == nil || !strings.Contains(err.Error(), "configures extensions") {
		t.Errorf("got %v", err)
	}
}

func TestMistakes(t *testing.T) {
	r := reader(t, files)
	for _, c := range []struct{ file, params, want string }{
		{"", "", "no template was given"},
		{"absent.json", "", "no such file"},
		{"text.txt", "", "is not JSON"},
		{"bad.bicep", "", "BCP057"},
		{"main.bicep", "count=x", "count is of type int, and its value is no JSON"},
		{"main.bicep", "nothing", "is neither KEY=VALUE nor a file"},
		{"main.bicep", `{"name":{"val":1}}`, "must be an object with \"value\""},
		{"", "none.bicepparam", "is using none: name the template as well"},
		{"sub.bicep", "main.bicepparam", "BCP278"},
		{"main.bicep", "external.bicepparam", "takes values from externalInput"},
		{"", "none.bicepparam main.bicepparam", "only one .bicepparam file"},
	} {
		if _, err := r.Read(context.Background(), c.file, strings.Fields(c.params)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.file, c.params, err, c.want)
		}
	}
}
