package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

func TestParse(t *testing.T) {
	c, list := Parse("/etc/gatehouse/gatehouse.yaml", `
domain: contoso.example
names:
  gateways: api.contoso.example
listen: ["0.0.0.0:443", "[::]:443"]
sessionTickets: false
certificates:
  - names: ["*.api.contoso.example"]
    file: tls/api.pem
    key: /secrets/api.key
  - names: [login.contoso.example]
    vault: kv-site
    certificate: login
limits:
  idleTimeout: 1m30s
  connections: 20000
tracing:
  endpoint: http://127.0.0.1:4318
  sample: 0.25
`)
	if len(list) != 0 {
		t.Fatal(list.Text())
	}
	if c.Names.Management != "management.contoso.example" || c.Names.Gateways != "api.contoso.example" || c.Names.Vaults != "vault.contoso.example" ||
		c.Limits.IdleTimeout != 90*time.Second || c.Limits.HeaderTimeout != 30*time.Second || c.SessionTickets || c.Tracing.Sample != 0.25 ||
		c.Certificates[0].File != "/etc/gatehouse/tls/api.pem" || c.Certificates[0].Key != "/secrets/api.key" || c.Certificates[1].Vault != "kv-site" {
		t.Errorf("%+v", c)
	}
}

// TestFaults: each has its line, column and remedy.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"domain: contoso.example\nlimts:\n  connections: 1", "f(2,1) : Error GHS002: There is no key 'limts'. Did you mean 'limits'?"},
		{"domain: contoso.example\nlimits:\n  idleTimeot: 1s", "f(3,3) : Error GHS002: There is no key 'idleTimeot' in 'limits'. Did you mean"},
		{"domain: contoso.example\ndomain: b.example", "f(2,1) : Error GHS002: The key 'domain' stands twice."},
		{"domain: contoso.example\nlimits:\n  idleTimeout: soon", "f(3,16) : Error GHS003: 'limits.idleTimeout' must be a time such as 30s"},
		{"domain: contoso.example\nlimits:\n  connections: many", "f(3,16) : Error GHS003: 'limits.connections' must be a whole number."},
		{"domain: contoso.example\nlisten: 0.0.0.0:443", "f(2,9) : Error GHS003: 'listen' must be a list."},
		{"domain: contoso.example\nlisten: [here]", "f(2,10) : Error GHS003: 'here' is not an address to listen on."},
		{"domain: contoso.example\nsessionTickets: maybe", "must be true or false"},
		{"domain: [a]", "f(1,9) : Error GHS003: 'domain' must be one value."},
		{"domain: azure.com", "f(1,1) : Error GHS003: 'management.azure.com' is one of Azure's names"},
		{"log:\n  level: info", "There is no name for management. Set 'domain', or each of 'names'."},
		{"domain: contoso.example\nnames: {login: graph.contoso.example}", "have the same name"},
		{"domain: contoso.example\nlog: {level: loud}", "f(2,7) : Error GHS003: There is no log level 'loud'."},
		{"domain: contoso.example\noperations: {listen: '0.0.0.0:9480'}", "f(2,14) : Error GHS003: Metrics would be open to all off this machine. Listen on 127.0.0.1, or set 'operations.tokenFile'."},
		{"domain: contoso.example\ntracing: {endpoint: 'localhost:4318'}", "is not the URL of an OTLP/HTTP receiver"},
		{"domain: contoso.example\ncertificates:\n- file: a\n  pfx: b", "f(3,3) : Error GHS003: A certificate needs one of"},
		{"domain: contoso.example\ncertificates:\n- vault: kv", "needs both 'vault' and 'certificate'"},
		{"domain: contoso.example\ncertificates:\n- {vault: kv, certificate: c}", "needs 'names'"},
		{"domain: &x contoso.example", "Anchors, aliases and tags are not supported"},
		{"domain: contoso.example\nlisten: ['127.0.0.1:443', '127.0.0.1:443']", "f(2,27) : Error GHS003: '127.0.0.1:443' stands in 'listen' twice."},
		{"domain: contoso.example\nlisten: ['127.0.0.1:443']\noperations: {listen: '127.0.0.1:443'}", "f(3,14) : Error GHS003: '127.0.0.1:443' is an address of 'listen', too."},
		{"a: [", "GHS001: The text is not valid YAML"},
		{"domain: contoso.example\n---\ndomain: x", "more than one document"},
		{"- a", "must be keys and values"},
	} {
		_, list := Parse("f", c.text)
		if !list.HasErrors() || !strings.Contains(list.Text(), c.want) {
			t.Errorf("%q:\n%s\nwant %s", c.text, list.Text(), c.want)
		}
	}
}

// site writes a configuration with a certificate, and what change makes of them.
func site(t *testing.T, extra string) (path string, dir string) {
	t.Helper()
	dir = t.TempDir()
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := root.Server(testca.Options{CommonName: "*.gateway.contoso.example", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := pki.EncodePEM(b)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "gateway.pem"), string(pem), 0o600)
	write(t, filepath.Join(dir, "roots.pem"), string(pki.EncodeCertificatesPEM(root.Certificate)), 0o644)
	path = filepath.Join(dir, "gatehouse.yaml")
	write(t, path, "domain: contoso.example\ndata: data\ncertificates:\n- file: gateway.pem\ntrust:\n  files: [roots.pem]\n"+extra, 0o644)
	return path, dir
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	path, dir := site(t, "")
	c, list := Load(path)
	if c == nil || list.HasErrors() {
		t.Fatal(list.Text())
	}
	if !strings.Contains(list.Text(), "Warning GHS005: No certificate is for login.contoso.example") || strings.Contains(list.Text(), "*.gateway") {
		t.Error(list.Text())
	}
	if roots, err := c.Roots(); err != nil || len(roots) != 1 {
		t.Error(len(roots), err)
	}
	if err := os.Chmod(filepath.Join(dir, "gateway.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, list = Load(path)
	if c != nil || !strings.Contains(list.Text(), "gatehouse.yaml(4,3) : Error GHS004: ") || !strings.Contains(list.Text(), "its mode 0644 lets others read or change it: run `chmod 0640") {
		t.Error(list.Text())
	}
	path, _ = site(t, "audit: {copy: /nowhere/at/all/audit.jsonl}\npassphraseFile: missing.txt\n")
	_, list = Load(path)
	for _, want := range []string{"(7,9) : Error GHS004: The folder /nowhere/at/all can't be used: no such file or directory.", "(8,1) : Error GHS004: The file", "missing.txt can't be read"} {
		if !strings.Contains(list.Text(), want) {
			t.Errorf("%s\nlacks %s", list.Text(), want)
		}
	}
	if _, list = Load(filepath.Join(dir, "none.yaml")); !strings.Contains(list.Text(), "can't be read") {
		t.Error(list.Text())
	}
}

// TestExample: the documented file is valid, says every key, and states the defaults.
func TestExample(t *testing.T) {
	data, err := os.ReadFile("../../examples/serve/gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, list := Parse("gatehouse.yaml", string(data))
	if len(list) != 0 {
		t.Fatal(list.Text())
	}
	plain, _ := Parse("gatehouse.yaml", "domain: contoso.example")
	c.places, c.source, plain.places, plain.source = nil, nil, nil, nil
	if !reflect.DeepEqual(c, plain) {
		t.Errorf("the example differs from the defaults:\n%+v\n%+v", c, plain)
	}
	all := regexp.MustCompile(`(?m)^# ?( *[-a-zA-Z]+.*(: |:$).*)$`).ReplaceAllString(string(data), "$1")
	for _, key := range keysOf(reflect.TypeFor[Config]()) {
		if !strings.Contains(all, key+":") {
			t.Errorf("the example does not document the key %q", key)
		}
	}
}

func keysOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("key"); key != "" && key != "-" {
			keys = append(keys, key)
		}
		below := f.Type
		if below.Kind() == reflect.Slice {
			below = below.Elem()
		}
		if below.Kind() == reflect.Struct && f.IsExported() {
			keys = append(keys, keysOf(below)...)
		}
	}
	return keys
}

func TestMatch(t *testing.T) {
	for pattern, names := range map[string]map[string]bool{
		"*.a.example": {"x.a.example": true, "X.A.example": true, "a.example": false, "y.x.a.example": false},
		"a.example":   {"a.example": true, "x.a.example": false},
	} {
		for name, want := range names {
			if Match(pattern, name) != want {
				t.Errorf("%s, %s: want %v", pattern, name, want)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("domain: contoso.example\nlisten: ['0.0.0.0:443']\ncertificates:\n- {file: a, key: b}\n")
	f.Add("limits: {connections: 1, idleTimeout: 1s}\n")
	f.Add("a: &b [*b]\n? c\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, list := Parse("f", text)
		for _, d := range list {
			if d.Range.Start.Line < 1 && d.Code != codeYAML || d.Message == "" {
				t.Fatalf("%+v", d)
			}
		}
	})
}
