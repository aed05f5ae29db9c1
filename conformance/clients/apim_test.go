package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const definition = `openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: https://backend.contoso.example/v1}]
paths:
  /orders:
    get: {operationId: listOrders, responses: {"200": {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}}
    post: {operationId: createOrder, responses: {"201": {description: Made}}}
components: {schemas: {Order: {type: object}}}
`

// TestAzureCLIManagesAPIs runs the commands of `az apim` for what an API lives with.
func TestAzureCLIManagesAPIs(t *testing.T) {
	azure(t, nil, "login", "--service-principal", "-u", s.vars["AZURE_CLIENT_ID"], "-p", s.vars["AZURE_CLIENT_SECRET"], "--tenant", s.vars["AZURE_TENANT_ID"])
	azure(t, nil, "group", "create", "-n", "rg-apim", "-l", "westeurope")
	apim := func(v any, words string, more ...string) {
		t.Helper()
		azure(t, v, append(append([]string{"apim"}, strings.Fields(words)...), append(more, "-g", "rg-apim")...)...)
	}
	on := func(v any, words string, more ...string) {
		t.Helper()
		apim(v, words, append(more, "--service-name", "az-apis")...)
	}
	apim(nil, "create -n az-apis --publisher-email team@contoso.example --publisher-name Contoso --sku-name Developer")
	write(t, "orders.yaml", definition)
	var api struct{ Name, DisplayName, ServiceURL string }
	on(&api, "api import --path orders --api-id orders --specification-format OpenApi --specification-path orders.yaml")
	if api.DisplayName != "Orders" || api.ServiceURL != "https://backend.contoso.example/v1" {
		t.Errorf("api import: %+v", api)
	}
	var list []struct{ Name string }
	if on(&list, "api operation list --api-id orders"); len(list) != 2 || list[0].Name != "createorder" {
		t.Errorf("api operation list: %+v", list)
	}
	on(nil, "api operation create --api-id orders --operation-id get --display-name Get --method GET --url-template /orders/{id} --template-parameters name=id type=string required=true")
	on(nil, "api operation delete --api-id orders --operation-id get")
	if on(&list, "api schema list --api-id orders"); len(list) != 1 {
		t.Errorf("api schema list: %+v", list)
	}
	on(nil, "product create --product-id gold --product-name Gold --subscription-required true --state published")
	on(nil, "product api add --product-id gold --api-id orders")
	on(nil, "product api check --product-id gold --api-id orders")
	if on(&list, "product api list --product-id gold"); len(list) != 1 || list[0].Name != "orders" {
		t.Errorf("product api list: %+v", list)
	}
	on(nil, "nv create --named-value-id key --display-name key --value s3cret --secret true")
	var secret struct{ Value string }
	if on(&secret, "nv show-secret --named-value-id key"); secret.Value != "s3cret" {
		t.Errorf("nv show-secret: %+v", secret)
	}
	on(nil, "backend create --backend-id b --url https://backend.contoso.example --protocol http")
	if on(&list, "backend list"); len(list) != 1 {
		t.Errorf("backend list: %+v", list)
	}
	on(nil, "api revision create --api-id orders --api-revision 2 --api-revision-description second")
	var revisions []struct {
		APIRevision string
		IsCurrent   bool
	}
	if on(&revisions, "api revision list --api-id orders"); len(revisions) != 2 {
		t.Errorf("api revision list: %+v", revisions)
	}
	on(nil, "api release create --api-id orders --release-id r2 --api-revision 2 --notes second")
	on(nil, "api update --api-id orders --description released")
	on(nil, "api operation create --api-id orders --operation-id late --display-name Late --method GET --url-template /late")
	for id, want := range map[string]int{"orders": 3, "orders;rev=1": 2} {
		if on(&list, "api operation list", "--api-id", id); len(list) != want {
			t.Errorf("operations of %s after the release: %+v", id, list)
		}
	}
	folder := t.TempDir()
	for _, format := range []string{"OpenApiYamlFile", "OpenApiJsonFile", "SwaggerFile"} {
		on(nil, "api export --api-id orders --export-format "+format, "--file-path", folder)
	}
	exported, err := filepath.Glob(folder + "/orders_*")
	if err != nil || len(exported) != 3 {
		t.Errorf("api export: %v %v", exported, err)
	}
	for _, f := range exported {
		if text, err := os.ReadFile(f); err != nil || !strings.Contains(string(text), "/late") {
			t.Errorf("%s: %v %s", f, err, text)
		}
	}
	on(nil, "api versionset create --version-set-id v --display-name Orders --versioning-scheme Segment")
	on(nil, "api delete --api-id orders --delete-revisions true --yes")
	if on(&list, "api list"); len(list) != 0 {
		t.Errorf("api list: %+v", list)
	}
	on(nil, "product delete --product-id gold --delete-subscriptions true --yes")
	azure(t, nil, "group", "delete", "-n", "rg-apim", "--yes")
}
