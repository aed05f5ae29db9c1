package apim

import (
	"strings"
	"testing"
)

// TestPeople: what a service has from its beginning, and what goes with a user, a group, a product or a tag.
func TestPeople(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	if r := c.want(200, "GET", "users/1", ""); r.at("properties/email") != "team@example.com" || r.at("properties/groups/0/name") != "Administrators" {
		t.Errorf("the administrator is %s", r.text)
	}
	if r := c.want(200, "GET", "groups/guests", ""); r.at("properties/builtIn") != true || r.at("properties/type") != "system" {
		t.Errorf("guests are %s", r.text)
	}
	c.want(400, "PUT", "groups/guests", `{"properties":{"displayName":"Mine"}}`)
	c.want(409, "DELETE", "groups/guests", "")
	c.want(409, "DELETE", "groups/developers/users/1", "")
	c.want(409, "DELETE", "users/1", "")
	for _, put := range [][2]string{
		{"users/ada", `{"firstName":"Ada","lastName":"Example","email":"ada@example.com"}`}, {"groups/team", `{"displayName":"Team"}`}, {"groups/team/users/ada", `{}`},
		{"products/gold", `{"displayName":"Gold"}`}, {"products/gold/groups/team", `{}`}, {"subscriptions/s", `{"displayName":"S","scope":"/products/gold","ownerId":"/users/ada"}`}} {
		c.want(201, "PUT", put[0], `{"properties":`+put[1]+`}`)
	}
	for _, path := range []string{"users/ada", "products/gold"} {
		if r := c.want(400, "DELETE", path, ""); !strings.Contains(r.text, "deleteSubscriptions=true") {
			t.Errorf("DELETE %s: %s", path, r.text)
		}
	}
	c.want(200, "DELETE", "groups/team", "")
	c.want(404, "GET", "products/gold/groups/team", "")
	c.want(404, "GET", "groups/team/users/ada", "")
	c.want(200, "DELETE", "users/ada?deleteSubscriptions=true", "")
	c.want(404, "GET", "subscriptions/s", "")
	c.want(404, "GET", "groups/developers/users/ada", "")
	c.want(201, "PUT", "users/ada2", `{"properties":{"firstName":"Ada","lastName":"Example","email":"ada@example.com"}}`)
	c.want(201, "PUT", "subscriptions/s", `{"properties":{"displayName":"S","scope":"/products/gold"}}`)
	c.want(200, "DELETE", "products/gold?deleteSubscriptions=true", "")
	c.want(404, "GET", "subscriptions/s", "")
}

// TestInUse: loggers and schemas that something names stay; secrets of sign-in are listed.
func TestInUse(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	const secret = "Endpoint=sb://contoso.example/;SharedAccessKey=s3cret"
	logger := `{"properties":{"loggerType":"azureEventHub","credentials":{"name":"orders","connectionString":"` + secret + `"}}}`
	made := c.want(201, "PUT", "loggers/hub", logger)
	c.want(200, "PATCH", "loggers/hub", `{"properties":{"description":"orders"}}`)
	if r := c.want(200, "GET", "loggers/hub", ""); r.at("properties/credentials/connectionString") != made.at("properties/credentials/connectionString") {
		t.Errorf("a patch changed the credentials: %s", r.text)
	}
	if kept := w.stored(w.below("loggers", "hub")).Private["credentials"].(map[string]any)["connectionString"]; kept != secret {
		t.Errorf("kept is %v", kept)
	}
	c.want(201, "PUT", "loggers/insights", `{"properties":{"loggerType":"applicationInsights","credentials":{"instrumentationKey":"k"}}}`)
	c.want(201, "PUT", "diagnostics/applicationinsights", `{"properties":{"loggerId":"/loggers/insights"}}`)
	c.want(400, "PUT", "diagnostics/azuremonitor", `{"properties":{"loggerId":"/loggers/insights"}}`)
	c.want(400, "PUT", "diagnostics/other", `{"properties":{"loggerId":"/loggers/insights"}}`)
	c.want(409, "DELETE", "loggers/insights", "")
	c.want(201, "PUT", "schemas/order", `{"properties":{"schemaType":"json","document":{}}}`)
	c.want(201, "PUT", "policies/policy", `{"properties":{"value":"<policies><inbound><log-to-eventhub logger-id=\"hub\">x</log-to-eventhub><validate-content unspecified-content-type-action=\"ignore\" max-size=\"100\" size-exceeded-action=\"prevent\"><content type=\"application/json\" validate-as=\"json\" schema-id=\"order\" action=\"prevent\" /></validate-content></inbound><backend><forward-request /></backend></policies>"}}`)
	c.want(409, "DELETE", "loggers/hub", "")
	c.want(409, "DELETE", "schemas/order", "")
	if r := c.want(400, "PUT", "policies/policy", `{"properties":{"value":"<policies><inbound><log-to-eventhub logger-id=\"gone\">x</log-to-eventhub></inbound></policies>"}}`); !strings.Contains(r.text, "gone") {
		t.Errorf("%s", r.text)
	}
	c.want(201, "PUT", "identityProviders/aad", `{"properties":{"clientId":"c","clientSecret":"s3cret"}}`)
	if r := c.want(200, "POST", "identityProviders/aad/listSecrets", ""); r.at("clientSecret") != "s3cret" {
		t.Errorf("listSecrets: %s", r.text)
	}
	if r := c.want(400, "PUT", "caches/default", `{"properties":{"connectionString":"redis"}}`); r.at("error/code") != "NotSupported" || !strings.Contains(r.text, "built-in cache") {
		t.Errorf("%s", r.text)
	}
}

// TestViews: what is listed from elsewhere, and what links make.
func TestViews(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	for _, put := range [][2]string{
		{"users/ada", `{"firstName":"Ada","lastName":"Example","email":"ada@example.com"}`}, {"apis/orders", `{"path":"orders"}`}, {"apis/orders;rev=2", `{"path":"orders","apiRevisionDescription":"second"}`},
		{"products/gold", `{"displayName":"Gold"}`}, {"products/gold/apiLinks/one", `{"apiId":"/apis/orders"}`}, {"subscriptions/s", `{"displayName":"S","scope":"/products/gold","ownerId":"/users/ada"}`}} {
		c.want(201, "PUT", put[0], `{"properties":`+put[1]+`}`)
	}
	for path, want := range map[string]string{"apis/orders/products": "gold", "products/gold/subscriptions": "s", "users/ada/subscriptions": "s", "users/ada/groups": "developers", "products/gold/apis": "orders"} {
		if r := c.want(200, "GET", path, ""); r.at("value/0/name") != want || r.at("count") != 1.0 {
			t.Errorf("%s: %s", path, r.text)
		}
	}
	if r := c.want(200, "GET", "apis/orders/revisions", ""); r.at("count") != 2.0 || r.at("value/0/apiId") != "/apis/orders;rev=1" || r.at("value/0/isCurrent") != true {
		t.Errorf("revisions: %s", r.text)
	}
	c.want(200, "DELETE", "products/gold/apiLinks/one", "")
	c.want(404, "GET", "products/gold/apis/orders", "")
}
