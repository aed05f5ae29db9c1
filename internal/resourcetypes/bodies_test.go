package resourcetypes

import (
	"strings"
	"sync"
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
	if Body("Microsoft.KeyVault/vaults", "2023-07-02") != nil || Body("Contoso.Things/things", "2023-04-01") != nil || Body("", "") != nil {
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

// TestBodiesFile: every namespace of names.txt has a chunk that is read to its end,
// and every type at every version a body with a name.
func TestBodiesFile(t *testing.T) {
	if len(extents()) != len(sections()) {
		t.Errorf("%d namespaces with bodies, %d with names", len(extents()), len(sections()))
	}
	for namespace := range sections() {
		c := chunkOf(namespace)
		if c == nil || c.rest != 0 {
			t.Fatalf("%s: no chunk, or %d bytes too many", namespace, c.rest)
		}
	}
	for _, name := range Names() {
		for _, version := range Versions(name) {
			r := Lookup(name, version)
			if r == nil || r.Body == nil || r.Version != version {
				t.Fatalf("%s@%s: %+v", name, version, r)
			}
			b := r.Body
			if b.Kind != Object && b.Kind != Discriminated {
				t.Errorf("%s@%s is of kind %d", name, version, b.Kind)
			}
			if b.Property("id") == nil || b.Property("name") == nil && b.Discriminator != "name" {
				t.Errorf("%s@%s lacks an id or name", name, version)
			}
			if literal := b.Property("type").Type.Name; literal != r.Name {
				t.Errorf("%s@%s says that it is %s", name, version, literal)
			}
		}
	}
}

// TestTypesEnd: a type refers to itself through an object only, so that whoever
// stops at objects comes to an end, and the names of types do.
func TestTypesEnd(t *testing.T) {
	for namespace := range sections() {
		c := chunkOf(namespace)
		c.mu.Lock()
		for i := range c.types {
			if typ := c.typ(i); typ.Kind != Object && typ.Kind != Discriminated && depth(typ, 0) > 20 {
				t.Fatalf("%s: type %d goes round without an object", namespace, i)
			}
		}
		c.mu.Unlock()
	}
}

func depth(t *Type, n int) int {
	if n > 20 || t.Kind == Object || t.Kind == Discriminated {
		return n
	}
	deepest := n
	if t.Item != nil {
		deepest = depth(t.Item, n+1)
	}
	for _, m := range t.Members {
		deepest = max(deepest, depth(m, n+1))
	}
	return deepest
}

func TestLookup(t *testing.T) {
	r := Lookup("microsoft.storage/STORAGEACCOUNTS", "2023-01-01")
	if r == nil || r.Name != "Microsoft.Storage/storageAccounts" || r.Writable != ResourceGroup || r.Readable != ResourceGroup {
		t.Fatalf("storageAccounts: %+v", r)
	}
	var names []string
	for _, f := range r.Functions {
		names = append(names, f.Name)
		if f.Name == "listAccountSas" && (f.Input == nil || f.Input.Property("signedExpiry") == nil || f.Output.Property("accountSasToken") == nil) {
			t.Errorf("listAccountSas: %+v", f)
		}
	}
	if got := strings.Join(names, " "); got != "listKeys listAccountSas listServiceSas" {
		t.Errorf("functions: %s", got)
	}
	name := r.Body.Property("name").Type
	if name.Min == nil || *name.Min != 3 || name.Max == nil || *name.Max != 24 || name.Pattern == "" {
		t.Errorf("name: %+v", name)
	}
	if r := Lookup("Microsoft.Authorization/locks", "2020-05-01"); r == nil || r.Writable&Extension == 0 || r.Writable&Subscription == 0 {
		t.Errorf("locks: %+v", r)
	}
	if r := Lookup("Microsoft.Resources/deploymentScripts", "2020-10-01"); r == nil || r.Body.Kind != Discriminated || r.Body.Member("AzureCLI").Property("kind") == nil || r.Body.Member("AzureCLI").Property("type") == nil {
		t.Errorf("deploymentScripts: %+v", r)
	}
}

// TestRecursion: what a type refers to inside itself is the type itself.
func TestRecursion(t *testing.T) {
	properties := Body("Microsoft.Network/virtualNetworks", "2023-04-01").Property("properties").Type
	subnet := properties.Property("subnets").Type.Item
	group := subnet.Property("properties").Type.Property("networkSecurityGroup").Type
	if again := group.Property("properties").Type.Property("subnets").Type.Item; again != subnet {
		t.Errorf("a subnet in a group of a subnet: %p, want %p", again, subnet)
	}
}

// TestConcurrentLookup: types are complete for whoever gets them first.
func TestConcurrentLookup(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, version := range Versions("Microsoft.Compute/virtualMachines") {
				if p := Body("Microsoft.Compute/virtualMachines", version).Property("properties"); p == nil || len(p.Type.Properties) == 0 {
					t.Errorf("%s: no properties", version)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkBody(b *testing.B) {
	for b.Loop() {
		Body("Microsoft.ApiManagement/service/apis", "2022-08-01")
	}
}

// BenchmarkChunk reads the largest namespace and one type of it, as a process does
// that compiles one file.
func BenchmarkChunk(b *testing.B) {
	for b.Loop() {
		c := readChunk("microsoft.network")
		_, _, place, _ := find("Microsoft.Network/virtualNetworks", "2023-04-01")
		c.resource(c.starts["Microsoft.Network/virtualNetworks"]+place, "", "")
	}
}
