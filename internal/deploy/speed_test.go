package deploy_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/deploy"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/provider/keyvault"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/vault"
)

// site is the control plane as the app composes it, over a store that is durable.
type site struct {
	b    *testing.B
	arm  *arm.Service
	user identity.Caller
	sub  string
}

func newSite(b *testing.B) *site {
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	st, err := bolt.Open(filepath.Join(b.TempDir(), "data.db"), bolt.Options{})
	must(err)
	b.Cleanup(func() { _ = st.Close() })
	id, err := identity.Open(b.Context(), st, identity.Options{})
	must(err)
	_, err = id.JWKS(b.Context())
	must(err)
	roles, err := authorization.Open(b.Context(), authorization.Options{Store: st, Identity: id})
	must(err)
	s := &site{b: b, arm: arm.New(arm.Options{Store: st, Identity: id, Authorizer: roles}), user: id.Caller(id.User()), sub: "/subscriptions/" + id.SubscriptionID()}
	resources.New(resources.Options{ARM: s.arm})
	vaults := keyvault.New(keyvault.Options{ARM: s.arm})
	inside := vault.New(vault.Options{Store: st, Directory: vaults, Authorizer: roles, Audit: &armtest.Audit{}})
	vaults.SetVault(inside)
	s.arm.Register(roles.Types()...)
	gateways := apim.New(apim.Options{ARM: s.arm, Identity: id, Vault: inside})
	s.arm.Register(gateways.Types()...)
	deployments := deploy.New(deploy.Options{ARM: s.arm})
	s.arm.Register(deployments.Types()...)
	return s
}

func (s *site) put(id, body string) *arm.Resource {
	s.b.Helper()
	read := arm.ReadJSON
	if strings.Contains(id, "/deployments/") {
		read = deploy.ReadBody
	}
	m, err := read([]byte(body))
	if err != nil {
		s.b.Fatal(err)
	}
	ctx := context.Background()
	if _, err := s.arm.Put(ctx, s.user, resourceid.MustParse(id), "2025-04-01", m, arm.PutOptions{}); err != nil {
		s.b.Fatal(err)
	}
	r, err := s.arm.Wait(ctx, resourceid.MustParse(id))
	if err != nil {
		s.b.Fatal(err)
	}
	if r.Properties["provisioningState"] != "Succeeded" {
		s.b.Fatal(r.Properties["error"])
	}
	return r
}

// twoHundred is a template of 200 resources of vaults and gateways.
func twoHundred(tenant string) string {
	const vaultType, serviceType = "Microsoft.KeyVault/vaults", "Microsoft.ApiManagement/service"
	var list []string
	add := func(typ, name, more string) {
		list = append(list, fmt.Sprintf(`{"type":%q,"apiVersion":"2023-07-01","name":%q,%s}`, typ, name, more))
	}
	after := func(typ, names string) string { return `"dependsOn":["[resourceId('` + typ + `',` + names + `)]"],` }
	add(vaultType, "kv-speed", `"location":"westeurope","properties":{"tenantId":"`+tenant+`","sku":{"family":"A","name":"standard"}}`)
	add(serviceType, "speed-apim", `"location":"westeurope","sku":{"name":"Developer","capacity":1},"identity":{"type":"SystemAssigned"},"properties":{"publisherName":"Contoso","publisherEmail":"api@contoso.example"}`)
	for i := range 60 {
		add(vaultType+"/secrets", fmt.Sprintf("kv-speed/s%d", i), after(vaultType, "'kv-speed'")+fmt.Sprintf(`"properties":{"value":"[guid('%d')]"}`, i))
	}
	for i := range 38 {
		add(serviceType+"/namedValues", fmt.Sprintf("speed-apim/n%d", i), after(serviceType, "'speed-apim'")+fmt.Sprintf(`"properties":{"displayName":"n%d","value":"v"}`, i))
	}
	for i := range 40 {
		add(serviceType+"/backends", fmt.Sprintf("speed-apim/b%d", i), after(serviceType, "'speed-apim'")+fmt.Sprintf(`"properties":{"protocol":"http","url":"https://b%d.contoso.example"}`, i))
	}
	for i := range 20 {
		api := fmt.Sprintf("a%d", i)
		add(serviceType+"/apis", "speed-apim/"+api, after(serviceType, "'speed-apim'")+fmt.Sprintf(`"properties":{"displayName":%q,"path":%q,"protocols":["https"],"serviceUrl":"https://b.contoso.example"}`, api, api))
		add(serviceType+"/apis/operations", "speed-apim/"+api+"/get", after(serviceType+"/apis", "'speed-apim','"+api+"'")+`"properties":{"displayName":"get","method":"GET","urlTemplate":"/x"}`)
		add(serviceType+"/apis/policies", "speed-apim/"+api+"/policy", after(serviceType+"/apis", "'speed-apim','"+api+"'")+
			`"properties":{"format":"rawxml","value":"<policies><inbound><base /><set-header name=\"x\" exists-action=\"override\"><value>@(context.Request.Method)</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}`)
	}
	return template(`[`+strings.Join(list, ",")+`]`, "")
}

// BenchmarkDeploy200 deploys 200 vault and gateway resources, from the request to the end, with every write on the disk.
func BenchmarkDeploy200(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := newSite(b)
		group := s.sub + "/resourceGroups/rg"
		s.put(group, `{"location":"westeurope"}`)
		content := body(twoHundred(s.arm.TenantID()), "")
		b.StartTimer()
		d := s.put(group+"/providers/Microsoft.Resources/deployments/main", content)
		if n := len(d.Properties["outputResources"].([]any)); n != 200 {
			b.Fatalf("%d resources", n)
		}
	}
}
