package resourcetypes

import (
	"strings"
	"testing"
)

func TestBody(t *testing.T) {
	body := Body("microsoft.keyvault/VAULTS", "2023-07-01")
	if body == nil || body.Kind != Object || body.Name != "Microsoft.KeyVault/vaults" {
		t.Fatalf("vaults: %+v", body)
	}
	if p := body.Property("type"); p == nil || !p.ReadOnly || p.Type.String() != "'Microsoft.KeyVault/vaults'" {
		t.Errorf("type: %+v", p)
	}
	properties := body.Property("properties")
	if properties == nil || !properties.Required {
		t.Fatalf("properties: %+v", properties)
	}
	for path, want := range map[string]string{
		"sku.family":                      "'A' | string",
		"sku.name":                        "'premium' | 'standard'",
		"enableSoftDelete":                "bool",
		"softDeleteRetentionInDays":       "int",
		"accessPolicies":                  "AccessPolicyEntry[]",
		"networkAcls.virtualNetworkRules": "VirtualNetworkRule[]",
	} {
		typ := properties.Type
		for step := range strings.SplitSeq(path, ".") {
			p := typ.Property(step)
			if p == nil {
				t.Fatalf("%s: no %s", path, step)
			}
			typ = p.Type
		}
		if typ.String() != want {
			t.Errorf("%s: got %s, want %s", path, typ, want)
		}
	}
	if p := properties.Type.Property("hsmPoolResourceId"); p == nil || !p.ReadOnly {
		t.Errorf("hsmPoolResourceId: %+v", p)
	}
	if Body("Microsoft.KeyVault/vaults", "2023-07-02") != nil || Body("Microsoft.Network/virtualNetworks", "2023-04-01") != nil || Body("", "") != nil {
		t.Error("a body for what is not in the table")
	}
}

func TestSecureAndTags(t *testing.T) {
	body := Body("Microsoft.ApiManagement/service/namedValues", "2022-08-01")
	if body == nil || body.Property("properties").Type.Property("value") == nil {
		t.Fatalf("namedValues: %+v", body)
	}
	tags := Body("Microsoft.KeyVault/vaults", "2023-07-01").Property("tags")
	if tags == nil || tags.Type.Item == nil || tags.Type.Item.Kind != String {
		t.Errorf("tags: %+v", tags)
	}
}

// TestBodiesFile: every body of the table can be read to its end.
func TestBodiesFile(t *testing.T) {
	x := bodyLines()
	for i := range x.objects {
		r := &bodyReader{index: x, seen: map[int]*Type{}, text: x.objects[i]}
		if r.read(); r.text != "" {
			t.Fatalf("object %d: %.80s is left", i, r.text)
		}
	}
	for name, versions := range x.versions {
		for entry := range strings.SplitSeq(versions, " ") {
			version, _, _ := strings.Cut(entry, "#")
			if body := Body(name, version); body == nil || body.Property("name") == nil && body.Discriminator != "name" {
				t.Errorf("%s@%s has no name", name, version)
			}
		}
	}
}

func BenchmarkBody(b *testing.B) {
	for b.Loop() {
		Body("Microsoft.ApiManagement/service/apis", "2022-08-01")
	}
}
