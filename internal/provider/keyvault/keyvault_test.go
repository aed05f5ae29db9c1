package keyvault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// contents is a vault service that keeps names of secrets only; tests of keys use the real one.
type contents struct {
	Contents
	mu     sync.Mutex
	set    map[string]vault.SetSecret
	purged []string
}

func (c *contents) SecretProperties(_ context.Context, v, name string) (vault.SecretProperties, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in, ok := c.set[v+"/"+name]
	if !ok {
		return vault.SecretProperties{}, (&azerr.Code{Code: "SecretNotFound", Status: 404, Format: "no secret"}).New()
	}
	uri := "https://" + v + ".vault.azure.net/secrets/" + name
	return vault.SecretProperties{Name: name, URI: uri, URIWithVersion: uri + "/v1", ContentType: in.ContentType, Tags: in.Tags, Attributes: vault.Attributes{Enabled: true}}, nil
}

func (c *contents) CheckSecretFromARM(context.Context, string, string, vault.SetSecret) error {
	return nil
}

// ListSecretProperties gives one secret a page.
func (c *contents) ListSecretProperties(ctx context.Context, v string, o vault.ListOptions) (page vault.Page[vault.SecretProperties], err error) {
	c.mu.Lock()
	names := slices.Sorted(maps.Keys(c.set))
	c.mu.Unlock()
	for i, n := range names {
		if n > o.Token {
			s, err := c.SecretProperties(ctx, v, strings.TrimPrefix(n, v+"/"))
			if page.Items = append(page.Items, s); i+1 < len(names) {
				page.Next = n
			}
			return page, err
		}
	}
	return page, nil
}

func (c *contents) PutSecretFromARM(ctx context.Context, _ identity.Caller, v, name string, in vault.SetSecret) (vault.SecretProperties, error) {
	c.mu.Lock()
	c.set[v+"/"+name] = in
	c.mu.Unlock()
	return c.SecretProperties(ctx, v, name)
}

func (c *contents) Purge(_ context.Context, v string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.purged = append(c.purged, v)
	return nil
}

type server struct {
	*armtest.Server
	p      *Provider
	inside *contents
}

func (s *server) register(a *arm.Service) {
	resources.New(resources.Options{ARM: a})
	s.p = New(Options{ARM: a})
	s.p.SetVault(s.inside)
}

func start(t *testing.T) *server {
	s := &server{inside: &contents{set: map[string]vault.SetSecret{}}}
	s.Server = armtest.New(t, s.register)
	return s
}

const (
	tenant   = `"tenantId":"` + armtest.Tenant + `"`
	minimal  = tenant + `,"sku":{"family":"A","name":"standard"}`
	oid      = "44444444-4444-4444-8444-444444444444"
	someone  = `{"tenantId":"` + armtest.Tenant + `","objectId":"` + oid + `","permissions":`
	deletedL = armtest.Scope + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/"
)

func vaultBody(properties string) string {
	return `{"location":"westeurope","properties":{` + properties + `}}`
}

func (s *server) vaultID(group, name string) string {
	return armtest.Scope + "/resourceGroups/" + group + "/providers/Microsoft.KeyVault/vaults/" + name
}

func TestDefaults(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "My-Vault")
	r := s.Want(201, "PUT", id, vaultBody(minimal+`,"accessPolicies":[]`))
	for path, want := range map[string]any{"properties/vaultUri": "https://My-Vault.vault.azure.net/", "properties/enableRbacAuthorization": true, "properties/enableSoftDelete": true,
		"properties/softDeleteRetentionInDays": 90.0, "properties/provisioningState": "Succeeded", "properties/publicNetworkAccess": "Enabled",
		"properties/sku/name": "standard", "properties/enabledForDeployment": false, "properties/enablePurgeProtection": nil, "properties/networkAcls": nil} {
		if got := r.At(path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	r = s.Want(200, "PATCH", id, `{"tags":{"a":"b"},"properties":{"sku":{"name":"Premium"},"enabledForDeployment":true,"createMode":"default"}}`)
	if r.String("properties/sku/name") != "premium" || r.At("properties/enabledForDeployment") != true || r.At("properties/enableRbacAuthorization") != true || r.String("tags/a") != "b" {
		t.Errorf("PATCH: %s", r.Text)
	}
	if r := s.Want(200, "GET", armtest.Scope+"/providers/Microsoft.KeyVault/vaults", ""); strings.Join(r.Names(), "") != "My-Vault" {
		t.Errorf("list: %s", r.Text)
	}
}

func TestRefusedVaults(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "vault1")
	for _, c := range []struct{ properties, in string }{
		{`"sku":{"family":"A","name":"standard"}`, "tenantId"},
		{`"tenantId":"x","sku":{"family":"A","name":"standard"}`, "tenantId"},
		{tenant, "sku"},
		{tenant + `,"sku":{"name":"gold"}`, "sku.name"},
		{tenant + `,"sku":{"name":"standard","family":"B"}`, "sku.family"},
		{minimal + `,"enableSoftDelete":false`, "enableSoftDelete"},
		{minimal + `,"enablePurgeProtection":false`, "enablePurgeProtection"},
		{minimal + `,"softDeleteRetentionInDays":6`, "softDeleteRetentionInDays"},
		{minimal + `,"softDeleteRetentionInDays":91`, "softDeleteRetentionInDays"},
		{minimal + `,"softDeleteRetentionInDays":"seven"`, "softDeleteRetentionInDays"},
		{minimal + `,"enableRbacAuthorization":"yes"`, "enableRbacAuthorization"},
		{minimal + `,"createMode":"purge"`, "createMode"},
		{minimal + `,"publicNetworkAccess":"Maybe"`, "publicNetworkAccess"},
		{minimal + `,"networkAcls":{"defaultAction":"Drop"}`, "networkAcls.defaultAction"},
		{minimal + `,"networkAcls":{"bypass":"All"}`, "networkAcls.bypass"},
		{minimal + `,"networkAcls":{"ipRules":[{"value":"1.2.3.4"},{"value":"1.2.3/24"}]}`, "ipRules[1]"},
		{minimal + `,"networkAcls":{"ipRules":["1.2.3.4"]}`, "ipRules[0]"},
		{minimal + `,"networkAcls":{"virtualNetworkRules":[{"id":"x"}]}`, "virtualNetworkRules[0]"},
		{minimal + `,"accessPolicies":{}`, "accessPolicies"},
		{minimal + `,"accessPolicies":[` + someone + `{"secrets":["fly"]}}]`, `"fly" is no permission`},
		{minimal + `,"accessPolicies":[{"objectId":"` + oid + `"}]`, "tenantId"},
	} {
		if r := s.Do("PUT", id, vaultBody(c.properties)); r.Status != 400 || !strings.Contains(r.String("error/message"), c.in) {
			t.Errorf("%s: got %d %s, want 400 about %s", c.properties, r.Status, r.Text, c.in)
		}
	}
	for _, name := range []string{"ab", "1abc", "abc-", "a--b", "a_b", strings.Repeat("x", 25)} {
		if r := s.Do("PUT", s.vaultID("rg", name), vaultBody(minimal)); r.Status != 400 || r.Code() != "VaultNameNotValid" {
			t.Errorf("%s: got %d %s", name, r.Status, r.Text)
		}
	}
	s.Want(404, "GET", id, "")
	s.Want(201, "PUT", id, vaultBody(minimal+`,"softDeleteRetentionInDays":7,"enablePurgeProtection":true`))
	for _, c := range []string{`"softDeleteRetentionInDays":8`, `"enablePurgeProtection":false`} {
		if r := s.Do("PATCH", id, `{"properties":{`+c+`}}`); r.Status != 400 {
			t.Errorf("%s: got %d %s", c, r.Status, r.Text)
		}
	}
	if r := s.Want(200, "PUT", id, vaultBody(minimal)); r.At("properties/softDeleteRetentionInDays") != 7.0 || r.At("properties/enablePurgeProtection") != true {
		t.Errorf("a PUT without them must keep the days and the protection: %s", r.Text)
	}
}

func TestNameIsGlobal(t *testing.T) {
	s := start(t)
	s.Group("rg1")
	s.Group("rg2")
	s.Want(201, "PUT", s.vaultID("rg1", "vault1"), vaultBody(minimal))
	if r := s.Want(409, "PUT", s.vaultID("rg2", "VAULT1"), vaultBody(minimal)); r.Code() != "VaultAlreadyExists" {
		t.Errorf("got %s", r.Text)
	}
	check := func(name string) armtest.Reply {
		return s.Want(200, "POST", armtest.Scope+"/providers/Microsoft.KeyVault/checkNameAvailability", `{"type":"Microsoft.KeyVault/vaults","name":"`+name+`"}`)
	}
	for name, reason := range map[string]string{"Vault1": "AlreadyExists", "vault2": "", "x": "AccountNameInvalid"} {
		if r := check(name); r.String("reason") != reason || r.At("nameAvailable") != (reason == "") {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
	// Of many at once, in as many groups, one gets the name.
	var wg sync.WaitGroup
	won := make(chan string, 8)
	for i := range 8 {
		group := fmt.Sprint("race", i)
		s.Group(group)
		wg.Add(1)
		go func() {
			defer wg.Done()
			id := resourceid.MustParse(s.vaultID(group, "contested"))
			_, err := s.ARM.Put(context.Background(), armtest.Caller("owner"), id, "2023-07-01", map[string]any{"location": "westeurope",
				"properties": map[string]any{"tenantId": armtest.Tenant, "sku": map[string]any{"family": "A", "name": "standard"}}}, arm.PutOptions{})
			if err == nil {
				won <- group
			} else if !errors.Is(err, azerr.VaultAlreadyExists) {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d vaults of one name", len(won))
	}
}

func TestSoftDelete(t *testing.T) {
	s := start(t)
	s.Group("rg")
	ctx := context.Background()
	id := s.vaultID("rg", "vault1")
	s.Want(201, "PUT", id, vaultBody(minimal+`,"softDeleteRetentionInDays":7`))
	if v, err := s.p.Vault(ctx, "VAULT1"); err != nil || v.SoftDeleteDays != 7 || !v.RBAC {
		t.Fatalf("directory: %+v %v", v, err)
	}
	s.Want(200, "DELETE", id, "")
	if _, err := s.p.Vault(ctx, "vault1"); !errors.Is(err, vault.ErrVaultNotFound) {
		t.Errorf("a deleted vault is still served: %v", err)
	}
	s.Want(404, "GET", id, "")
	r := s.Want(200, "GET", deletedL+"vault1", "")
	if r.String("properties/vaultId") != id || r.String("properties/scheduledPurgeDate") != "2026-03-08T12:00:00Z" || r.String("type") != "Microsoft.KeyVault/deletedVaults" {
		t.Errorf("deleted vault: %s", r.Text)
	}
	if r := s.Want(200, "GET", armtest.Scope+"/providers/Microsoft.KeyVault/deletedVaults", ""); strings.Join(r.Names(), "") != "vault1" {
		t.Errorf("deleted vaults: %s", r.Text)
	}
	if r := s.Want(409, "PUT", id, vaultBody(minimal)); r.Code() != "ConflictError" {
		t.Errorf("reuse of the name: %s", r.Text)
	}
	if r := s.Want(200, "POST", armtest.Scope+"/providers/Microsoft.KeyVault/checkNameAvailability", `{"type":"Microsoft.KeyVault/vaults","name":"vault1"}`); r.At("nameAvailable") != false {
		t.Errorf("availability: %s", r.Text)
	}
	s.Restart(s.register)
	s.Want(404, "PUT", s.vaultID("rg", "vault2"), vaultBody(minimal+`,"createMode":"recover"`))
	s.Want(201, "PUT", id, vaultBody(`"createMode":"recover",`+minimal))
	if v, err := s.p.Vault(ctx, "vault1"); err != nil || v.SoftDeleteDays != 7 {
		t.Errorf("after the recovery: %+v %v", v, err)
	}
	s.Want(404, "GET", deletedL+"vault1", "")

	s.Want(202, "DELETE", armtest.Scope+"/resourceGroups/rg", "")
	if r := s.Want(202, "POST", deletedL+"vault1/purge", ""); r.Header.Get("Location") == "" {
		t.Errorf("nothing to poll: %v", r.Header)
	} else {
		s.Want(200, "GET", r.Header.Get("Location"), "")
	}
	if r := s.Want(404, "GET", deletedL+"vault1", ""); r.Code() != "DeletedVaultNotFound" {
		t.Errorf("after the purge: %s", r.Text)
	}
	if strings.Join(s.inside.purged, " ") != "vault1" {
		t.Errorf("contents purged: %v", s.inside.purged)
	}
	s.Group("rg")
	s.Want(201, "PUT", id, vaultBody(minimal))
}

func TestPurgeProtection(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "vault1")
	s.Want(201, "PUT", id, vaultBody(minimal+`,"softDeleteRetentionInDays":7,"enablePurgeProtection":true`))
	s.Want(200, "DELETE", id, "")
	s.Want(405, "POST", deletedL+"vault1/purge", "")
	if err := s.p.purgeExpired(context.Background()); err != nil || len(s.inside.purged) != 0 {
		t.Errorf("purged before its time: %v %v", s.inside.purged, err)
	}
	s.Advance(7*24*time.Hour + time.Second)
	if err := s.p.purgeExpired(context.Background()); err != nil || len(s.inside.purged) != 1 {
		t.Errorf("not purged when its time had come: %v %v", s.inside.purged, err)
	}
	s.Want(201, "PUT", id, vaultBody(minimal))
}

func TestNetworkAndCache(t *testing.T) {
	s := start(t)
	s.Group("rg")
	ctx := context.Background()
	id := s.vaultID("rg", "vault1")
	subnet := s.vaultID("rg", "x")[:strings.Index(s.vaultID("rg", "x"), "/providers")] + "/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
	r := s.Want(201, "PUT", id, vaultBody(minimal+`,"networkAcls":{"defaultAction":"deny","ipRules":[{"value":"203.0.113.7"},{"value":"198.51.100.9/24"},{"value":"::1"}],"virtualNetworkRules":[{"id":"`+subnet+`"}]}`))
	if got := fmt.Sprint(r.At("properties/networkAcls/ipRules")); got != "[map[value:203.0.113.7/32] map[value:198.51.100.0/24] map[value:::1/128]]" {
		t.Errorf("ipRules: %s", got)
	}
	v, err := s.p.Vault(ctx, "vault1")
	if err != nil || v.Network.DefaultAction != "Deny" || v.Network.Bypass != "AzureServices" || len(v.Network.IPRules) != 3 || !v.Network.IPRules[1].Contains(netip.MustParseAddr("198.51.100.200")) {
		t.Errorf("%+v %v", v, err)
	}
	s.Want(200, "PATCH", id, `{"properties":{"networkAcls":{"defaultAction":"Allow"}}}`)
	if v, err := s.p.Vault(ctx, "vault1"); err != nil || v.Network.DefaultAction != "Allow" {
		t.Errorf("the cache is stale: %+v %v", v, err)
	}
	s.Want(200, "PATCH", id, `{"properties":{"publicNetworkAccess":"Disabled"}}`)
	if v, err := s.p.Vault(ctx, "vault1"); err != nil || v.Network.DefaultAction != "Deny" || v.Network.IPRules != nil {
		t.Errorf("public access: %+v %v", v, err)
	}
}

func TestAccessPolicies(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "vault1")
	s.Want(201, "PUT", id, vaultBody(minimal+`,"enableRbacAuthorization":false,"accessPolicies":[`+someone+`{"secrets":["Get"]}}]`))
	change := func(operation, permissions string) string {
		s.Want(200, "PUT", id+"/accessPolicies/"+operation, `{"properties":{"accessPolicies":[`+someone+permissions+`}]}}`)
		v, err := s.p.Vault(context.Background(), "vault1")
		if err != nil {
			t.Fatal(err)
		}
		if len(v.AccessPolicies) == 0 {
			return "none"
		}
		return fmt.Sprint(v.AccessPolicies[0].Secrets, v.AccessPolicies[0].Keys)
	}
	for _, c := range []struct{ operation, permissions, want string }{
		{"add", `{"secrets":["list"],"keys":["wrapkey"]}`, "[get list] [wrapKey]"}, {"remove", `{"secrets":["get"]}`, "[list] [wrapKey]"},
		{"replace", `{"secrets":["set"]}`, "[set] []"}, {"remove", `{"secrets":["set"]}`, "none"}, {"add", `{"secrets":["all"]}`, "[all] []"},
	} {
		if got := change(c.operation, c.permissions); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.operation, c.permissions, got, c.want)
		}
	}
	s.Want(400, "PUT", id+"/accessPolicies/merge", `{"properties":{"accessPolicies":[]}}`)
	s.Want(404, "PUT", s.vaultID("rg", "none")+"/accessPolicies/add", `{"properties":{"accessPolicies":[]}}`)
}

func TestSecrets(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "vault1")
	s.Want(201, "PUT", id, vaultBody(minimal))
	s.Want(404, "GET", id+"/secrets/s1", "")
	s.Want(400, "PUT", id+"/secrets/s1", `{"properties":{}}`)
	s.Want(400, "PUT", id+"/secrets/s_1", `{"properties":{"value":"x"}}`)
	s.Want(404, "PUT", s.vaultID("rg", "none")+"/secrets/s1", `{"properties":{"value":"x"}}`)
	r := s.Want(200, "PUT", id+"/secrets/s1", `{"tags":{"a":"b"},"properties":{"value":"hunter2","contentType":"text","attributes":{"enabled":true,"exp":1893456000}}}`)
	if strings.Contains(r.Text, "hunter2") || r.String("properties/secretUri") != "https://vault1.vault.azure.net/secrets/s1" {
		t.Errorf("PUT: %s", r.Text)
	}
	if in := s.inside.set["vault1/s1"]; in.Value != "hunter2" || *in.Attributes.Expires != 1893456000 || in.Tags["a"] != "b" {
		t.Errorf("given to the vault: %+v", in)
	}
	if r := s.Want(200, "GET", id+"/Secrets/s1", ""); r.String("id") != id+"/secrets/s1" || r.String("properties/secretUriWithVersion") == "" {
		t.Errorf("GET: %s", r.Text)
	}
	s.Want(200, "PUT", id+"/secrets/s2", `{"properties":{"value":"x"}}`)
	if r := s.Want(200, "GET", id+"/secrets", ""); strings.Join(r.Names(), " ") != "s1 s2" {
		t.Errorf("list: %s", r.Text)
	}
	s.Want(403, "PUT", id+"/secrets/s1", `{"properties":{"value":"x"}}`, "Authorization: Bearer ann")
}

func TestPurgeNeedsItsOwnRight(t *testing.T) {
	s := start(t)
	g := s.Group("rg")
	id := s.vaultID("rg", "vault1")
	const ann = "Authorization: Bearer ann"
	s.Rights.Allow("ann", g, "Microsoft.KeyVault/vaults/*")
	s.Want(201, "PUT", id, vaultBody(minimal), ann)
	s.Want(200, "DELETE", id, "", ann)
	s.Want(403, "GET", deletedL+"vault1", "", ann)
	s.Want(403, "POST", deletedL+"vault1/purge", "", ann)
	s.Rights.Allow("ann", armtest.Scope, "Microsoft.KeyVault/locations/deletedVaults/purge/action")
	s.Want(202, "POST", deletedL+"vault1/purge", "", ann)
}

func TestManagedHSM(t *testing.T) {
	s := start(t)
	g := s.Group("rg")
	if r := s.Want(200, "GET", armtest.Scope+"/providers/Microsoft.KeyVault/deletedManagedHSMs", ""); len(r.Names()) != 0 {
		t.Errorf("list: %s", r.Text)
	}
	if r := s.Want(400, "PUT", g+"/providers/Microsoft.KeyVault/managedHSMs/h", `{"location":"westeurope"}`); r.Code() != "NotSupported" {
		t.Errorf("PUT: %s", r.Text)
	}
}

// Run purges what is due at the start, follows the store, and ends with its context.
func TestRun(t *testing.T) {
	s := start(t)
	s.Group("rg")
	id := s.vaultID("rg", "vault1")
	s.Want(201, "PUT", id, vaultBody(minimal+`,"softDeleteRetentionInDays":7`))
	s.Want(200, "DELETE", id, "")
	s.Advance(8 * 24 * time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.p.Run(ctx) }()
	deadline := time.Now().Add(10 * time.Second)
	for s.Do("GET", deletedL+"vault1", "").Status != 404 {
		if time.Now().After(deadline) {
			t.Fatal("the vault was not purged")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestMisfits: bodies that don't fit what Azure publishes of vaults are refused with the place; cases and scalars count as there.
func TestMisfits(t *testing.T) {
	s := start(t)
	s.Group("rg")
	for name, c := range map[string]struct{ change, part string }{
		"no family":    {`"sku":{"name":"standard"}`, "The parameter sku.family is not specified."},
		"an unknown":   {`"sku":{"family":"A","name":"gold"}`, "sku.name"},
		"a flag":       {`"sku":{"family":"A","name":"standard"},"enabledForDeployment":"maybe"`, "enabledForDeployment"},
		"a typing":     {`"sku":{"family":"A","name":"standard"},"enableRbacAuthorisation":true`, "did you mean 'enableRbacAuthorization'?"},
		"a list":       {`"sku":{"family":"A","name":"standard"},"accessPolicies":{}`, "accessPolicies"},
		"nested":       {`"sku":{"family":"A","name":"standard"},"networkAcls":{"ipRules":[{"value":["10.0.0.1"]}]}`, "ipRules"},
		"what it fits": {`"SKU":{"Family":"a","name":"Standard"},"enabledForDeployment":"true","vaultUri":"https://example.com","colour":"red"`, ""},
	} {
		r := s.Do("PUT", s.vaultID("rg", "misfit-kv"), vaultBody(tenant+","+c.change))
		if c.part == "" {
			if r.Status >= 300 || r.At("properties/enabledForDeployment") != true || r.At("properties/colour") != nil {
				t.Errorf("%s: %d %s", name, r.Status, r.Text)
			}
			continue
		}
		if r.Status != 400 || r.Code() != "BadRequest" || !strings.Contains(r.Text, c.part) {
			t.Errorf("%s: %d %s\nwant ...%s...", name, r.Status, r.Text, c.part)
		}
	}
}
