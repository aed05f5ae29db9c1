package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/client"
)

const (
	apimVersion = "2023-05-01-preview"
	apimType    = "Microsoft.ApiManagement/service"
)

// site is a group with a service and a vault that is there before anything is deployed.
type site struct {
	t     *testing.T
	c     *client.Client
	group string
}

func newSite(t *testing.T) *site {
	data := t.TempDir()
	up(t, data)
	s := &site{t: t, c: open(t, data)}
	s.group = group(s.c, "rg")
	s.put(s.group, "2022-09-01", map[string]any{"location": "westeurope"})
	s.put(s.group+"/providers/"+apimType+"/have", apimVersion, serviceOf(`"identity":{"type":"SystemAssigned"},`))
	s.put(s.group+"/providers/Microsoft.KeyVault/vaults/preflight-kv", "2022-07-01", vaultBody(s.c))
	return s
}

func (s *site) put(path, version string, body any) {
	s.t.Helper()
	if err := s.c.ARM(s.t.Context(), "PUT", path, version, body, nil); err != nil {
		s.t.Fatal(path, err)
	}
}

func (s *site) there(path string) bool {
	return s.c.ARM(s.t.Context(), "GET", s.group+"/providers/"+path, apimVersion, nil, nil) == nil
}

// deploy sends a template as ARM and waits for its end.
func (s *site) deploy(name string, resources ...string) error {
	s.t.Helper()
	var template any
	text := `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[` + strings.Join(resources, ",") + `]}`
	if err := json.Unmarshal([]byte(text), &template); err != nil {
		s.t.Fatal(err, text)
	}
	path := s.group + "/providers/Microsoft.Resources/deployments/" + name
	if err := s.c.ARM(s.t.Context(), "PUT", path, "2022-09-01", map[string]any{"properties": map[string]any{"mode": "Incremental", "template": template}}, nil); err != nil {
		return err
	}
	var got struct {
		Properties struct {
			ProvisioningState string
			Error             any
		}
	}
	until(s.t, "the end of "+name, func() bool {
		if err := s.c.ARM(s.t.Context(), "GET", path, "2022-09-01", nil, &got); err != nil {
			s.t.Fatal(err)
		}
		return got.Properties.ProvisioningState == "Succeeded" || got.Properties.ProvisioningState == "Failed"
	})
	if got.Properties.ProvisioningState == "Failed" {
		return fmt.Errorf("while it ran: %v", got.Properties.Error)
	}
	return nil
}

func serviceOf(more string) (body map[string]any) {
	if err := json.Unmarshal([]byte(`{`+more+serviceRest+`}`), &body); err != nil {
		panic(err)
	}
	return body
}

const serviceRest = `"location":"westeurope","sku":{"name":"Developer","capacity":1},"properties":{"publisherEmail":"a@contoso.example","publisherName":"Contoso"}`

// newService is a service of the template, and below what lies below it.
const newService = `{"type":"` + apimType + `","apiVersion":"` + apimVersion + `","name":"made",` + serviceRest + `}`

func below(typ, name, properties, dependsOn string) string {
	return fmt.Sprintf(`{"type":"%s/%s","apiVersion":"%s","name":"%s","properties":%s,"dependsOn":[%s]}`, apimType, typ, apimVersion, name, properties, dependsOn)
}

func idOf(typ string, names ...string) string {
	return `"[resourceId('` + apimType + typ + `','` + strings.Join(names, "','") + `')]"`
}

func policyOf(inbound string) string {
	b, err := json.Marshal(map[string]any{"format": "rawxml", "value": "<policies><inbound><base />" + inbound + "</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestPreflightRefuses: what can be known before the first write is refused then, with the place, and nothing is written.
func TestPreflightRefuses(t *testing.T) {
	s := newSite(t)
	if err := s.c.JSON(t.Context(), "POST", "https://preflight-kv.vault.azure.net/certificates/shared/create?api-version=7.4", client.VaultAudience,
		map[string]any{"policy": map[string]any{"issuer": map[string]any{"name": "Self"}, "x509_props": map[string]any{"subject": "CN=shared"}}}, nil); err != nil {
		t.Fatal(err)
	}
	api := below("apis", "made/orders", `{"displayName":"Orders","path":"orders","protocols":["https"]}`, idOf("", "made"))
	inAPI := idOf("/apis", "made", "orders")
	for name, c := range map[string]struct{ resource, part, target string }{
		"a policy of a new API":            {below("apis/policies", "made/orders/policy", policyOf(`<set-variable name="x" value="@(context.Nope)" />`), inAPI), "does not contain a definition for 'Nope'", "apis/orders/policies/policy"},
		"a policy that is no markup":       {below("apis/policies", "made/orders/policy", `{"value":"<policies><inbound>"}`, inAPI), "Error in element", "apis/orders/policies/policy"},
		"a backend that nobody makes":      {below("apis/policies", "made/orders/policy", policyOf(`<set-backend-service backend-id="none" />`), inAPI), "'none' could not be found", "apis/orders/policies/policy"},
		"a named value that nobody makes":  {below("apis/policies", "made/orders/policy", policyOf(`<set-variable name="x" value="{{none}}" />`), inAPI), "none", "apis/orders/policies/policy"},
		"a fragment that does not compile": {below("policyFragments", "made/f", `{"format":"rawxml","value":"<fragment><nope /></fragment>"}`, idOf("", "made")), "nope", "policyFragments/f"},
		"a parent that nobody makes":       {below("apis/operations", "made/none/get", `{"displayName":"g","method":"GET","urlTemplate":"/"}`, idOf("", "made")), "none", "apis/none/operations/get"},
		"a property of the wrong type":     {below("backends", "made/b", `{"url":"https://contoso.example","protocol":7}`, idOf("", "made")), "'protocol'", "backends/b"},
		"a named value in a vault":         {below("namedValues", "have/n", `{"displayName":"n","secret":true,"keyVault":{"secretIdentifier":"https://preflight-kv.vault.azure.net/secrets/shared"}}`, ""), "Key Vault Secrets User", "namedValues/n"},
		"a certificate in a vault":         {below("certificates", "have/c", `{"keyVault":{"secretIdentifier":"https://preflight-kv.vault.azure.net/secrets/shared"}}`, ""), "Key Vault Secrets User", "certificates/c"},
		"an unknown type":                  {below("nothings", "made/x", `{}`, idOf("", "made")), "nothings", "nothings/x"},
		"a type that is not supported":     {below("gateways", "made/x", `{}`, idOf("", "made")), "not supported by this server", "gateways/x"},
		"a bad name":                       {below("backends", "made/a+b", `{"url":"https://contoso.example","protocol":"http"}`, idOf("", "made")), "a+b", "backends/a+b"},
		"a missing existing resource":      {below("namedValues", "made/n", `{"displayName":"n","value":"[reference(resourceId('Microsoft.KeyVault/vaults','gone'),'2022-07-01').vaultUri]"}`, idOf("", "made")), "Microsoft.KeyVault/vaults/gone", "vaults/gone"},
		"a secret with a certificate's name": {`{"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2022-07-01","name":"preflight-kv/shared","properties":{"value":"x"}}`,
			"certificate", "secrets/shared"},
	} {
		err := s.deploy("refused", newService, api, c.resource)
		if err == nil || strings.HasPrefix(err.Error(), "while it ran") || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: %v\nwant ...%s...", name, err, c.part)
			continue
		}
		if !strings.Contains(details(err), c.target) {
			t.Errorf("%s: %v does not say where: %s", name, err, c.target)
		}
		if s.there(apimType + "/made") {
			t.Fatalf("%s: something was written", name)
		}
	}
}

// TestPreflightAccepts: what a template makes itself is there for its own checks, and a second deployment changes nothing.
func TestPreflightAccepts(t *testing.T) {
	s := newSite(t)
	resources := []string{newService,
		below("backends", "made/b", `{"url":"https://contoso.example","protocol":"http"}`, idOf("", "made")),
		below("namedValues", "made/limit", `{"displayName":"limit","value":"5"}`, idOf("", "made")),
		below("namedValues", "made/late", `{"displayName":"late","value":"[string(reference(resourceId('`+apimType+`','made'),'`+apimVersion+`').gatewayUrl)]"}`, idOf("", "made")),
		below("policyFragments", "made/f", `{"format":"rawxml","value":"<fragment><set-header name=\"x\"><value>@(\"{{limit}}\" + 1)</value></set-header></fragment>"}`, idOf("/namedValues", "made", "limit")),
		below("apis", "made/orders", `{"displayName":"Orders","path":"orders","protocols":["https"]}`, idOf("", "made")),
		below("apis/operations", "made/orders/get", `{"displayName":"g","method":"GET","urlTemplate":"/"}`, idOf("/apis", "made", "orders")),
		below("apis/operations/policies", "made/orders/get/policy", policyOf(`<rate-limit calls="{{limit}}" renewal-period="60" /><include-fragment fragment-id="f" /><set-backend-service backend-id="b" /><set-variable name="y" value="{{late}}" />`),
			idOf("/apis/operations", "made", "orders", "get")+","+idOf("/policyFragments", "made", "f")+","+idOf("/backends", "made", "b")+","+idOf("/namedValues", "made", "late")),
		below("products", "made/p", `{"displayName":"P"}`, idOf("", "made")),
		below("products/apis", "made/p/orders", `{}`, idOf("/products", "made", "p")+","+idOf("/apis", "made", "orders")),
		below("apis", "made/orders;rev=2", `{"displayName":"Orders","path":"orders","apiRevision":"2","sourceApiId":"[resourceId('`+apimType+`/apis','made','orders')]"}`, idOf("/apis/operations/policies", "made", "orders", "get", "policy")),
		below("apis/releases", "made/orders/r2", `{"apiId":"[resourceId('`+apimType+`/apis','made','orders;rev=2')]"}`, idOf("/apis", "made", "orders;rev=2")),
	}
	tags := func() string {
		out := ""
		for _, path := range []string{"", "/apis/orders", "/apis/orders;rev=1", "/apis/orders;rev=2", "/apis/orders/operations/get", "/apis/orders/operations/get/policies/policy", "/namedValues/limit"} {
			r, err := s.c.Do(t.Context(), client.Request{Method: "GET", URL: "https://management.azure.com" + s.group + "/providers/" + apimType + "/made" + path + "?api-version=" + apimVersion, Audience: "https://management.azure.com/"})
			if err != nil {
				t.Fatal(err)
			}
			out += path + " " + r.Header.Get("ETag") + "\n"
		}
		return out
	}
	before := ""
	for _, name := range []string{"first", "second"} {
		if err := s.deploy(name, resources...); err != nil {
			t.Fatalf("%s: %v%s", name, err, details(err))
		}
		if now := tags(); before != "" && now != before {
			t.Errorf("the same again has changed something:\n%s\n%s", before, now)
		}
		before = tags()
	}
	var got map[string]any
	if err := s.c.ARM(t.Context(), "GET", s.group+"/providers/"+apimType+"/made/apis/orders", apimVersion, nil, &got); err != nil || got["properties"].(map[string]any)["apiRevision"] != "2" {
		t.Errorf("%v %v", got, err)
	}
}

// details are what an answer says in the parts of its error.
func details(err error) string {
	var wire *client.Error
	if !errors.As(err, &wire) {
		return ""
	}
	out := ""
	for i := range wire.Details {
		d := &wire.Details[i]
		out += "\n" + d.Target + ": " + d.Code + ": " + d.Message + details(d)
	}
	return out
}
