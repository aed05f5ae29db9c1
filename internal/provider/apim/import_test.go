package apim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// definition is the body of an API that imports text.
func definition(format, text string, more ...string) string {
	p := map[string]any{"path": "orders", "format": format, "value": text}
	for i := 0; i+1 < len(more); i += 2 {
		p[more[i]] = more[i+1]
	}
	b, err := json.Marshal(map[string]any{"properties": p})
	if err != nil {
		panic(err)
	}
	return string(b)
}

const firstOrders = `openapi: 3.0.1
info: {title: Orders, description: Sells things, version: "1"}
servers: [{url: https://backend.contoso.example/v1}]
paths:
  /orders:
    get: {operationId: listOrders, responses: {200: {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}, example: {id: 1}}}}}}
    post: {operationId: createOrder, responses: {201: {description: Made}}}
  /orders/{id}:
    delete: {operationId: deleteOrder, responses: {204: {description: Gone}}}
components: {schemas: {Order: {type: object}}}
`

// TestImport: a definition makes operations and a schema; another one keeps what stays and its policies.
func TestImport(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	r := c.want(201, "PUT", "apis/orders", definition("openapi", firstOrders))
	for name, want := range map[string]any{"displayName": "Orders", "description": "Sells things", "serviceUrl": "https://backend.contoso.example/v1", "path": "orders", "format": nil, "value": nil} {
		if got := r.at("properties/" + name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	names := func() string {
		t.Helper()
		var out []string
		for _, o := range c.want(200, "GET", "apis/orders/operations", "").at("value").([]any) {
			out = append(out, o.(map[string]any)["name"].(string))
		}
		return strings.Join(out, " ")
	}
	if got := names(); got != "createorder deleteorder listorders" {
		t.Errorf("operations: %s", got)
	}
	list := c.want(200, "GET", "apis/orders/operations/listorders", "")
	schemas := c.want(200, "GET", "apis/orders/schemas", "")
	if id := schemas.at("value/0/name"); list.at("properties/responses/0/representations/0/schemaId") != id || schemas.at("count") != 1.0 {
		t.Errorf("schema %v of %s", id, list.text)
	}
	policy := func(name string) string {
		return `{"properties":{"value":"<policies><inbound><base /><set-header name=\"x-` + name + `\" exists-action=\"override\"><value>1</value></set-header></inbound></policies>"}}`
	}
	for _, o := range []string{"listorders", "createorder", "deleteorder"} {
		c.want(201, "PUT", "apis/orders/operations/"+o+"/policies/policy", policy(o))
	}
	// listOrders stays, createOrder gets another path, what deleteOrder did has another name now.
	second := strings.NewReplacer("  /orders:\n    get", "  /orders:\n    get", "    post: {operationId: createOrder", "  /new:\n    post: {operationId: createOrder", "deleteOrder", "removeOrder").Replace(firstOrders)
	c.want(200, "PUT", "apis/orders", definition("openapi", second, "displayName", "Mine"))
	if got := names(); got != "createorder listorders removeorder" {
		t.Errorf("operations: %s", got)
	}
	for name, of := range map[string]string{"listorders": "listorders", "createorder": "createorder", "removeorder": "deleteorder"} {
		if r := c.want(200, "GET", "apis/orders/operations/"+name+"/policies/policy", ""); !strings.Contains(r.text, "x-"+of) {
			t.Errorf("the policy of %s is %s", name, r.text)
		}
	}
	c.want(200, "PUT", "apis/orders", `{"properties":{"displayName":"Orders","path":"orders"}}`)
	if got := names(); got != "createorder listorders removeorder" {
		t.Errorf("a PUT without a definition changed the operations: %s", got)
	}
	c.want(200, "PUT", "apis/orders", definition("swagger-json", `{"swagger":"2.0","info":{"title":"Orders"},"paths":{"/x":{"get":{"responses":{"200":{"description":"OK"}}}}}}`))
	if got := names(); got != "get-x" {
		t.Errorf("operations: %s", got)
	}
	if r := c.want(200, "GET", "apis/orders/schemas", ""); r.at("count") != 0.0 {
		t.Errorf("schemas: %s", r.text)
	}
	c.want(204, "DELETE", "apis/orders", "")
	c.want(404, "GET", "apis/orders/operations/get-x", "")
}

func TestImportRefused(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	for _, tc := range []struct{ format, text, part string }{
		{"wsdl", "<definitions/>", "The format 'wsdl' is not supported by this server: SOAP"}, {"graphql-link", "https://contoso.example/g", "GraphQL"}, {"yaml", "x", "must be one of openapi"},
		{"openapi", "", "'value' must not be empty"}, {"openapi", "openapi: 3.0.0\ninfo: {title: T}\npaths: {/a: {get: {parameters: [{$ref: 'x.yaml'}]}}}", "paths./a.get.parameters[0]"},
		{"openapi-link", "https://contoso.example/orders.yaml", "Links are not followed by this server"},
		{"openapi", "openapi: 3.0.0\ninfo: {title: T}\npaths: {'/a/{b}': {get: {operationId: one}}, '/a/{c}': {get: {operationId: two}}}", "'one' and 'two' have the same method and URL template"},
		{"openapi", "openapi: 3.0.0\ninfo: {title: T}\npaths: {'/a/{b}': {get: {parameters: [{name: b, in: query, required: true, schema: {type: string}}]}}}", "twice"},
	} {
		if r := c.want(400, "PUT", "apis/orders", definition(tc.format, tc.text)); !strings.Contains(r.text, tc.part) || r.at("error/code") != "ValidationError" {
			t.Errorf("%s: %s\nwant ...%s...", tc.format, r.text, tc.part)
		}
	}
	c.want(404, "GET", "apis/orders", "")
	w.p.links = func(_ context.Context, url string) ([]byte, error) {
		if url != "https://localhost/orders.yaml" {
			return nil, errors.New("not found")
		}
		return []byte(firstOrders), nil
	}
	if r := c.want(400, "PUT", "apis/orders", definition("openapi-link", "https://localhost/none")); !strings.Contains(r.text, "can't be read: not found") {
		t.Errorf("%s", r.text)
	}
	c.want(201, "PUT", "apis/orders", definition("openapi-link", "https://localhost/orders.yaml"))
	c.want(200, "GET", "apis/orders/operations/listorders", "")
}

// TestImportIsWhole: when what an import writes can't be stored, nothing of it is.
func TestImportIsWhole(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	c.want(201, "PUT", "apis/orders", definition("openapi", firstOrders))
	var many strings.Builder
	many.WriteString("openapi: 3.0.1\ninfo: {title: Many}\npaths:\n")
	for i := range 200 {
		fmt.Fprintf(&many, "  /p%d: {get: {operationId: op%d, responses: {200: {description: OK}}}}\n", i, i)
	}
	many.WriteString("  /big: {get: {operationId: big, description: short, responses: {200: {description: '" + strings.Repeat("x", 2<<20) + "'}}}}\n")
	if r := c.do("PUT", "apis/orders", definition("openapi", many.String())); r.status < 400 || r.status == 500 {
		t.Fatalf("%d %.300s", r.status, r.text)
	}
	if r := c.want(200, "GET", "apis/orders/operations", ""); r.at("count") != 3.0 {
		t.Errorf("%v operations", r.at("count"))
	}
	if r := c.do("PUT", "apis/many", strings.Replace(definition("openapi", many.String()), `"path":"orders"`, `"path":"many"`, 1)); r.status < 400 || r.status == 500 {
		t.Fatalf("%d %.300s", r.status, r.text)
	}
	c.want(404, "GET", "apis/many", "")
	text, _, _ := strings.Cut(many.String(), "  /big")
	r := c.want(200, "PUT", "apis/orders", definition("openapi", text))
	c.want(200, "GET", "apis/orders/operations/op199", "")
	if r := c.want(200, "GET", "apis/orders/operations", ""); r.at("count") != 200.0 {
		t.Errorf("%v operations", r.at("count"))
	}
	tag := c.want(200, "GET", "apis/orders/operations/op7", "").header.Get("ETag")
	c.want(200, "PUT", "apis/orders", definition("openapi", text), "If-Match", r.header.Get("ETag"))
	if now := c.want(200, "GET", "apis/orders/operations/op7", "").header.Get("ETag"); now != tag {
		t.Error("importing the same again has written an operation")
	}
}

// TestExport: a link opens the document, and only whole and in its time; the document itself comes for a format without -link.
func TestExport(t *testing.T) {
	w := newWorld(t)
	w.arm.Mount(w.p.Routes()...)
	now := time.Now()
	w.p.now = func() time.Time { return now }
	w.makeService()
	c := w.http()
	c.want(201, "PUT", "apis/orders", definition("openapi", firstOrders))
	open := func(link string) *httptest.ResponseRecorder {
		out := httptest.NewRecorder()
		c.handler.ServeHTTP(out, httptest.NewRequest("GET", link, nil))
		return out
	}
	for format, contentType := range exportFormats {
		r := c.want(200, "GET", "apis/orders?export=true&format="+url.QueryEscape(format)+"-link", "")
		link, _ := r.at("properties/value/link").(string)
		if r.at("value/link") != link || !strings.HasPrefix(link, "https://management.azure.com/") {
			t.Fatalf("%s", r.text)
		}
		got := open(link)
		if got.Code != 200 || got.Header().Get("Content-Type") != contentType || !strings.Contains(got.Body.String(), "listorders") {
			t.Errorf("%s: %d %s", format, got.Code, got.Body)
		}
		if r := c.want(200, "GET", "apis/orders?export=true&format="+url.QueryEscape(format), ""); r.at("properties/value") != got.Body.String() {
			t.Errorf("%s: %s", format, r.text)
		}
		changed := link[:len(link)-10] + "A" + link[len(link)-9:]
		if got := open(changed); got.Code != 403 && changed != link {
			t.Errorf("a link that was changed: %d %s", got.Code, got.Body)
		}
		now = now.Add(linkTime + time.Second)
		if got := open(link); got.Code != 403 {
			t.Errorf("a link after its time: %d %s", got.Code, got.Body)
		}
	}
	for _, format := range []string{"wadl-link", "wsdl-link", "yaml", ""} {
		if r := c.want(400, "GET", "apis/orders?export=true&format="+format, ""); !strings.Contains(r.text, "format") {
			t.Errorf("%s", r.text)
		}
	}
	if r := c.want(200, "GET", "apis/orders?export=false", ""); r.at("properties/path") != "orders" {
		t.Errorf("%s", r.text)
	}
}
