package sema

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"location", "storageName", "vault", "id"}
	for name, want := range map[string]string{
		"locaton": "location", "Location": "location", "storagename": "storageName", "vaults": "vault", "ID": "id", "x": "", "something": "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestParseType(t *testing.T) {
	parent := &ResourceType{Full: "Microsoft.KeyVault/vaults", Version: "2023-07-01", Known: true}
	for _, c := range []struct {
		text   string
		parent *ResourceType
		want   ResourceType
		ok     bool
	}{
		{"Microsoft.KeyVault/vaults@2023-07-01", nil, *parent, true},
		{"secrets", parent, ResourceType{"Microsoft.KeyVault/vaults/secrets", "2023-07-01", true}, true},
		{"SECRETS@2022-07-01", parent, ResourceType{"Microsoft.KeyVault/vaults/secrets", "2022-07-01", true}, true},
		{"Microsoft.KeyVault@2023-07-01", nil, ResourceType{}, false},
		{"Microsoft.KeyVault/vaults", nil, ResourceType{}, false},
		{"Microsoft.KeyVault//vaults@1", nil, ResourceType{}, false},
		{"", parent, ResourceType{}, false},
	} {
		got, ok := parseType(c.text, c.parent)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: got %v, %v", c.text, got, ok)
		}
	}
}
