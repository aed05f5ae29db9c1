package resourcetypes

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, version, want string }{
		{"microsoft.keyvault/VAULTS/secrets", "2023-07-01", "Microsoft.KeyVault/vaults/secrets@2023-07-01"},
		{"microsoft.network/publicipaddresses", "2020-06-01", "Microsoft.Network/publicIPAddresses@2020-06-01"},
		{"Microsoft.Insights/diagnosticSettings", "2017-05-01-Preview", "microsoft.insights/diagnosticSettings@2017-05-01-preview"},
		// The casing is that of the version.
		{"microsoft.cache/redis", "2019-07-01", "Microsoft.Cache/Redis@2019-07-01"},
		{"microsoft.cache/redis", "2020-06-01", "Microsoft.Cache/redis@2020-06-01"},
		{"Microsoft.KeyVault/vaults", "2023-07-02", ""},
		{"Microsoft.KeyVault/vault", "2023-07-01", ""},
		{"Microsoft.KeyVault/vaults/", "2023-07-01", ""},
		{"Microsoft.KeyVault", "2023-07-01", ""},
		{"Contoso.Things/things", "2023-07-01", ""},
		{"", "", ""},
	} {
		name, version, ok := Canonical(c.name, c.version)
		if got := strings.TrimSuffix(name+"@"+version, "@"); got != c.want || ok != (c.want != "") {
			t.Errorf("%s@%s: got %q, want %q", c.name, c.version, got, c.want)
		}
	}
}

func TestVersions(t *testing.T) {
	got := Versions("microsoft.keyvault/Vaults")
	if !slices.IsSorted(got) || !slices.Contains(got, "2015-06-01") || !slices.Contains(got, "2023-07-01") {
		t.Errorf("vaults: %v", got)
	}
	if got := Versions("Microsoft.Insights/components"); !slices.IsSorted(got) || len(got) < 3 {
		t.Errorf("a type with two casings: %v", got)
	}
	if got := Versions("Contoso.Things/things"); got != nil {
		t.Errorf("an unknown type: %v", got)
	}
}

// TestNamesFile: each line has the form that lookups rely on, in the order of names.
func TestNamesFile(t *testing.T) {
	namespace := regexp.MustCompile(`^[A-Za-z0-9.]+( \d{4}-\d\d-\d\d(-[a-z]+)?)+$`)
	typ := regexp.MustCompile(`^ [^ /]+(/[^ /]+)* \d+(-\d+)?(,\d+(-\d+)?)*$`)
	last := ""
	for line := range strings.Lines(namesText) {
		line, ended := strings.CutSuffix(line, "\n")
		switch {
		case !ended:
			t.Errorf("the last line has no end: %s", line)
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " "):
			if !typ.MatchString(line) {
				t.Errorf("no type: %q", line)
			}
		case !namespace.MatchString(line):
			t.Errorf("no namespace: %q", line)
		case strings.ToLower(strings.Fields(line)[0]) < last:
			t.Errorf("%s stands after %s", line, last)
		default:
			last = strings.ToLower(strings.Fields(line)[0])
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	for b.Loop() {
		Canonical("microsoft.network/virtualnetworks/subnets", "2023-04-01")
	}
}

func BenchmarkSections(b *testing.B) {
	for b.Loop() {
		readSections()
	}
}

func TestNames(t *testing.T) {
	all := Names()
	for _, name := range []string{"Microsoft.ApiManagement/service/apis", "Microsoft.KeyVault/vaults"} {
		if !slices.Contains(all, name) {
			t.Errorf("%s is missing from %d names", name, len(all))
		}
	}
	for _, name := range all {
		if strings.ContainsAny(name, " \n@") || !strings.Contains(name, "/") {
			t.Errorf("%q is no name", name)
		}
	}
}
