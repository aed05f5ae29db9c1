package apim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/identity"
)

// client is a client of Resource Manager's HTTP.
type client struct {
	t       *testing.T
	handler http.Handler
	token   string
	service string
}

func (w *world) http() *client {
	w.t.Helper()
	token, _, err := w.id.IssueToken(w.t.Context(), w.id.User(), identity.AudienceManagement)
	if err != nil {
		w.t.Fatal(err)
	}
	return &client{t: w.t, handler: w.arm.Handler(), token: token, service: w.service.String()}
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// at follows a path of members: properties/credentials/name, value/0/name.
func (r reply) at(path string) any {
	var v any = r.body
	for part := range strings.SplitSeq(path, "/") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// do makes a request below the service; extra are header names and values.
func (c *client) do(method, path, body string, extra ...string) reply {
	c.t.Helper()
	path, query, _ := strings.Cut(path, "?")
	u := c.service + "/" + path
	if path == "" {
		u = c.service
	}
	q, _ := url.ParseQuery(query)
	q.Set("api-version", version)
	r := httptest.NewRequest(method, "https://management.azure.com"+(&url.URL{Path: u}).EscapedPath()+"?"+q.Encode(), bytes.NewReader([]byte(body)))
	r.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i+1 < len(extra); i += 2 {
		r.Header.Set(extra[i], extra[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	out := reply{status: w.Code, header: w.Result().Header, text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out.body) // not every answer has a body
	return out
}

// want makes a request whose answer must have the status.
func (c *client) want(status int, method, path, body string, extra ...string) reply {
	c.t.Helper()
	r := c.do(method, path, body, extra...)
	if r.status != status {
		c.t.Errorf("%s %s: %d, want %d: %s", method, path, r.status, status, r.text)
	}
	return r
}

// lifecycle is what each entity of a service goes through.
type lifecycle struct {
	path   string
	body   string            // of properties
	shows  map[string]string // parts of the answer
	hidden []string          // texts that no answer holds
	filter string            // that finds it alone
	bad    map[string]string // bodies and a part of the error
	head   int               // status of HEAD; 0: 200
}

var lifecycles = []lifecycle{
	{path: "tags/billing", body: `{"displayName":"Billing"}`, shows: map[string]string{"displayName": "Billing"}, filter: "displayName eq 'Billing'",
		bad: map[string]string{`{}`: "'displayName' must not be empty", `{"displayNam":"x"}`: "'displayNam' is not supported"}},
	{path: "apis/orders/tags/kept", shows: map[string]string{"displayName": "Kept"}},
	{path: "apis/orders/operations/list/tags/kept", shows: map[string]string{"displayName": "Kept"}},
	{path: "products/starter/tags/kept", shows: map[string]string{"displayName": "Kept"}},
	{path: "apis/orders/tagDescriptions/kept", body: `{"description":"about orders"}`, shows: map[string]string{"description": "about orders"}},
	{path: "products/starter/apis/orders", head: 204, shows: map[string]string{"displayName": "Orders", "path": "orders"}},
	{path: "products/starter/groups/developers", head: 204, shows: map[string]string{"displayName": "Developers"}},
	{path: "products/starter/apiLinks/one", body: `{"apiId":"/apis/orders"}`, bad: map[string]string{`{}`: "'apiId' must not be empty", `{"apiId":"/apis/none"}`: "'/apis/none' is not found"}},
	{path: "products/starter/groupLinks/one", body: `{"groupId":"/groups/team"}`, bad: map[string]string{`{"groupId":"/groups/none"}`: "not found"}},
	{path: "loggers/hub", body: `{"loggerType":"azureEventHub","description":"events","credentials":{"name":"orders","connectionString":"Endpoint=sb://contoso.example/;SharedAccessKey=s3cret"}}`,
		shows: map[string]string{"loggerType": "azureEventHub", "credentials/name": "orders", "isBuffered": "true"}, hidden: []string{"s3cret"}, filter: "loggerType eq 'azureEventHub'",
		bad: map[string]string{`{"loggerType":"splunk"}`: "'loggerType' must be one of", `{"loggerType":"azureEventHub","credentials":{"name":"x"}}`: "'connectionString'",
			`{"loggerType":"azureEventHub","credentials":{"connectionString":"x"}}`: "'credentials.name' must not be empty"}},
	{path: "loggers/insights", body: `{"loggerType":"applicationInsights","credentials":{"instrumentationKey":"{{key}}"}}`, shows: map[string]string{"credentials/instrumentationKey": "{{key}}"},
		bad: map[string]string{`{"loggerType":"applicationInsights"}`: "'instrumentationKey' or 'connectionString'",
			`{"loggerType":"applicationInsights","credentials":{"instrumentationKey":"{{none}}"}}`: "there is no named value 'none'"}},
	{path: "loggers/monitor", body: `{"loggerType":"azureMonitor"}`, shows: map[string]string{"loggerType": "azureMonitor"}, filter: "loggerType eq 'azureMonitor'",
		bad: map[string]string{`{"loggerType":"azureMonitor","credentials":{"name":"x"}}`: "must be left out"}},
	{path: "diagnostics/applicationinsights", body: `{"loggerId":"/loggers/kept","alwaysLog":"allErrors","sampling":{"samplingType":"fixed","percentage":50},"frontend":{"request":{"headers":["x"],"body":{"bytes":512}}}}`,
		shows: map[string]string{"alwaysLog": "allErrors", "sampling/percentage": "50"},
		bad: map[string]string{`{}`: "'loggerId' must not be empty", `{"loggerId":"/loggers/none"}`: "'/loggers/none' is not found", `{"loggerId":"/loggers/hub2"}`: "not found",
			`{"loggerId":"/loggers/kept","sampling":{"samplingType":"fixed","percentage":101}}`: "0 to 100", `{"loggerId":"/loggers/kept","backend":{"response":{"body":{"bytes":9000}}}}`: "0 to 8192",
			`{"loggerId":"/loggers/kept","verbosity":"loud"}`: "'verbosity' must be one of"}},
	{path: "apis/orders/diagnostics/applicationinsights", body: `{"loggerId":"/loggers/kept","verbosity":"error","httpCorrelationProtocol":"w3c"}`, shows: map[string]string{"httpCorrelationProtocol": "W3C"},
		bad: map[string]string{`{"loggerId":"/loggers/kept","frontend":{"request":{"dataMasking":{"headers":[{"mode":"Hide"}]}}}}`: "must not be empty"}},
	{path: "schemas/order", body: `{"schemaType":"json","document":{"type":"object"}}`, shows: map[string]string{"schemaType": "json", "document/type": "object"}, filter: "schemaType eq 'json'",
		bad: map[string]string{`{"schemaType":"json"}`: "'document' must be given", `{"schemaType":"xml","value":"<a>"}`: "XML schema", `{"schemaType":"xml","value":"<a/>"}`: "the root element is 'a'",
			`{"schemaType":"xml","value":"<schema xmlns='http://www.w3.org/2001/XMLSchema'><element name='a' type='b'/></schema>"}`: "must be an XML schema: line 1: the type 'b'", `{"schemaType":"avro","value":"x"}`: "one of json, xml"}},
	{path: "schemas/text", body: `{"schemaType":"json","value":"{\"type\":\"string\"}"}`, shows: map[string]string{"document/type": "string"}},
	{path: "apis/orders/schemas/order", body: `{"contentType":"application/vnd.oai.openapi.components+json","document":{"components":{"schemas":{"Order":{"type":"object"}}}}}`,
		shows: map[string]string{"contentType": "application/vnd.oai.openapi.components+json"},
		bad: map[string]string{`{"contentType":"application/json"}`: "'document' must be given", `{"contentType":"application/json","document":{"value":"{"}}`: "must be JSON",
			`{"contentType":"application/xml","document":{"value":"x"}}`: "no element", `{"document":{"value":"{}"}}`: "'contentType' must not be empty"}},
	{path: "users/ada", body: `{"firstName":"Ada","lastName":"Example","email":"ada@example.com","password":"pa55","note":"first"}`, hidden: []string{"pa55"},
		shows: map[string]string{"state": "active", "groups/0/name": "Developers", "identities/0/id": "ada@example.com"}, filter: "firstName eq 'Ada'",
		bad: map[string]string{`{"firstName":"A","lastName":"B"}`: "'email' must not be empty", `{"firstName":"A","lastName":"B","email":"nobody"}`: "e-mail address",
			`{"firstName":"A","lastName":"B","email":"kept@example.com"}`: "already exists", `{"firstName":"A","lastName":"B","email":"a@example.com","state":"away"}`: "'state' must be one of"}},
	{path: "groups/partners", body: `{"displayName":"Partners"}`, shows: map[string]string{"type": "custom", "builtIn": "false"}, filter: "displayName eq 'Partners'",
		bad: map[string]string{`{"displayName":"x","type":"external"}`: "'externalId' must not be empty", `{"displayName":"x","type":"external","externalId":"y"}`: "aad://"}},
	{path: "groups/team/users/kept", head: 204, shows: map[string]string{"email": "kept@example.com"}},
	{path: "identityProviders/aad", body: `{"clientId":"c","clientSecret":"s3cret","allowedTenants":["contoso.example"]}`, hidden: []string{"s3cret"}, shows: map[string]string{"type": "aad"},
		bad: map[string]string{`{"clientSecret":"s"}`: "'clientId' must not be empty"}},
	{path: "openidConnectProviders/login", body: `{"displayName":"Login","metadataEndpoint":"https://login.contoso.example/.well-known/openid-configuration","clientId":"c","clientSecret":"s3cret"}`,
		hidden: []string{"s3cret"}, shows: map[string]string{"displayName": "Login"}, bad: map[string]string{`{"displayName":"Login","clientId":"c"}`: "'metadataEndpoint' must not be empty"}},
	{path: "authorizationServers/login", body: `{"displayName":"Login","clientRegistrationEndpoint":"https://contoso.example/register","authorizationEndpoint":"https://contoso.example/authorize","grantTypes":["authorizationCode"],"clientId":"c","clientSecret":"s3cret"}`,
		hidden: []string{"s3cret"}, shows: map[string]string{"clientId": "c"},
		bad: map[string]string{`{"displayName":"Login","clientRegistrationEndpoint":"x","authorizationEndpoint":"https://contoso.example/a","clientId":"c","grantTypes":["magic"]}`: "not 'magic'"}},
	{path: "authorizationProviders/crm", body: `{"displayName":"CRM","identityProvider":"oauth2","oauth2":{"grantTypes":{"clientCredentials":{"tokenUrl":"https://login.contoso.example/token","scopes":"read","clientSecret":"s3cret"}}}}`,
		hidden: []string{"s3cret"}, shows: map[string]string{"identityProvider": "oauth2", "oauth2/grantTypes/clientCredentials/scopes": "read"}, filter: "name eq 'crm'",
		bad: map[string]string{`{"identityProvider":"github","oauth2":{"grantTypes":{}}}`: "The identity provider 'github' is not supported", `{"identityProvider":"oauth2"}`: "'oauth2' must be given",
			`{"identityProvider":"oauth2","oauth2":{"grantTypes":{}}}`:                                                                          "'authorizationCode' or 'clientCredentials'",
			`{"identityProvider":"oauth2","oauth2":{"grantTypes":{"clientCredentials":{"tokenUrl":"http://login.contoso.example/token"}}}}`:     "absolute https URL",
			`{"identityProvider":"oauth2","oauth2":{"grantTypes":{"authorizationCode":{"clientId":"c","tokenUrl":"https://x.example/token"}}}}`: "clientSecret' must not be empty"}},
	{path: "authorizationProviders/kept/authorizations/one", body: `{"authorizationType":"oauth2","oauth2grantType":"ClientCredentials","parameters":{"clientId":"c","clientSecret":"s3cret"}}`,
		hidden: []string{"s3cret"}, shows: map[string]string{"status": "Connected", "authorizationType": "OAuth2", "parameters/clientId": "c"},
		bad: map[string]string{`{"oauth2grantType":"AuthorizationCode"}`: "has no grant type AuthorizationCode", `{"oauth2grantType":"ClientCredentials"}`: "'parameters.clientId' must not be empty",
			`{"oauth2grantType":"Password"}`: "must be one of"}},
	{path: "authorizationProviders/kept/authorizations/kept/accessPolicies/gateway", body: `{"objectId":"33333333-3333-4333-8333-333333333333"}`, shows: map[string]string{"objectId": "33333333-3333-4333-8333-333333333333"},
		bad: map[string]string{`{}`: "'objectId' must not be empty", `{"objectId":"o","tenantId":"t"}`: "the tenant of this server"}},
	{path: "products/gold", body: `{"displayName":"Gold","subscriptionsLimit":2}`, shows: map[string]string{"state": "notPublished", "approvalRequired": "false"}, filter: "displayName eq 'Gold'",
		bad: map[string]string{`{"displayName":"Gold","subscriptionRequired":false,"approvalRequired":true}`: "needs 'subscriptionRequired'", `{"displayName":"Gold","subscriptionsLimit":-1}`: "0 or more"}},
	{path: "subscriptions/ada", body: `{"displayName":"Kept's","scope":"/apis","ownerId":"/users/kept","startDate":"2026-01-01T00:00:00Z"}`, shows: map[string]string{"state": "submitted"}, filter: "name eq 'ada'",
		bad: map[string]string{`{"displayName":"x","scope":"/apis","ownerId":"/users/none"}`: "'/users/none' is not found", `{"displayName":"x","scope":"/apis","startDate":"soon"}`: "must be a time"}},
	{path: "apis/orders/operations/create", body: `{"displayName":"Create","method":"POST","urlTemplate":"/","request":{"representations":[{"contentType":"application/json","schemaId":"s","typeName":"Order"}]},
		"responses":[{"statusCode":201,"headers":[{"name":"Location","type":"string"}],"representations":[{"contentType":"application/json","examples":{"default":{"value":{"id":1}}}}]}]}`,
		shows: map[string]string{"responses/0/statusCode": "201"}, filter: "method eq 'POST'",
		bad: map[string]string{`{"displayName":"x","method":"PUT","urlTemplate":"/x","responses":[{"description":"none"}]}`: "'responses[0].statusCode' must be given",
			`{"displayName":"x","method":"PUT","urlTemplate":"/x","responses":[{"statusCode":20}]}`:                                    "must be an HTTP status code",
			`{"displayName":"x","method":"PUT","urlTemplate":"/x","request":{"headers":[{"type":"string"}]}}`:                          "'request.headers[0].name' must not be empty",
			`{"displayName":"x","method":"PUT","urlTemplate":"/x","request":{"queryParameters":[{"name":"a"},{"name":"A"}]}}`:          "twice",
			`{"displayName":"x","method":"PUT","urlTemplate":"/x","request":{"representations":[{"typeName":"T","contentType":"a"}]}}`: "needs 'schemaId'",
			`{"displayName":"x","method":"PUT","urlTemplate":"/x","request":{"representations":[{"schemaId":"s"}]}}`:                   "contentType' must not be empty"}},
}

func TestLifecycles(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	for _, kept := range [][2]string{{"tags/kept", `{"displayName":"Kept"}`}, {"users/kept", `{"firstName":"Kept","lastName":"Example","email":"kept@example.com"}`}, {"groups/team", `{"displayName":"Team"}`},
		{"apis/orders", `{"displayName":"Orders","path":"orders"}`}, {"apis/orders/operations/list", `{"displayName":"List","method":"GET","urlTemplate":"/"}`}, {"products/starter", `{"displayName":"Starter"}`},
		{"namedValues/key", `{"displayName":"key","value":"v","secret":true}`}, {"authorizationProviders/kept", `{"identityProvider":"oauth2","oauth2":{"grantTypes":{"clientCredentials":{"tokenUrl":"https://login.contoso.example/token"}}}}`},
		{"authorizationProviders/kept/authorizations/kept", `{"oauth2grantType":"ClientCredentials","parameters":{"clientId":"c","clientSecret":"s"}}`}, {"loggers/kept", `{"loggerType":"applicationInsights","credentials":{"instrumentationKey":"k"}}`}} {
		c.want(201, "PUT", kept[0], `{"properties":`+kept[1]+`}`)
	}
	for _, l := range lifecycles {
		t.Run(l.path, func(t *testing.T) {
			c := *c
			c.t = t
			c.run(l)
		})
	}
}

func (c *client) run(l lifecycle) {
	t := c.t
	body := ""
	if l.body != "" {
		body = `{"properties":` + l.body + `}`
	}
	for bad, part := range l.bad {
		if r := c.do("PUT", l.path, `{"properties":`+bad+`}`); r.status != 400 || r.at("error/code") != "ValidationError" || r.at("error/details/0/message") == nil || !strings.Contains(r.text, part) {
			t.Errorf("PUT %s: %d %s\nwant ...%s...", bad, r.status, r.text, part)
		}
	}
	made := c.want(201, "PUT", l.path, body)
	for name, want := range l.shows {
		if got, _ := json.Marshal(made.at("properties/" + name)); strings.Trim(string(got), `"`) != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	tag := made.header.Get("ETag")
	if name := l.path[strings.LastIndexByte(l.path, '/')+1:]; tag == "" || made.at("name") != name || !strings.HasSuffix(made.at("id").(string), l.path) {
		t.Errorf("PUT answers ETag %q and %s", tag, made.text)
	}
	got := c.want(200, "GET", l.path, "")
	head := c.do("HEAD", l.path, "")
	if want := cmp.Or(l.head, 200); head.status != want {
		t.Errorf("HEAD: %d, want %d", head.status, want)
	}
	if head.header.Get("ETag") != tag || got.header.Get("ETag") != tag {
		t.Errorf("entity tags: PUT %s, GET %s, HEAD %s", tag, got.header.Get("ETag"), head.header.Get("ETag"))
	}
	c.want(304, "GET", l.path, "", "If-None-Match", tag)
	again := c.want(200, "PUT", l.path, body, "If-Match", tag)
	c.want(412, "PUT", l.path, body, "If-Match", tag+"x")
	collection := l.path[:strings.LastIndexByte(l.path, '/')]
	list := c.want(200, "GET", collection, "")
	if values, _ := list.at("value").([]any); len(values) == 0 || list.at("count") == nil {
		t.Errorf("list: %s", list.text)
	}
	if page := c.want(200, "GET", collection+"?$top=1", ""); len(page.at("value").([]any)) != 1 {
		t.Errorf("a page of one: %s", page.text)
	}
	if l.filter != "" {
		if one := c.want(200, "GET", collection+"?"+url.Values{"$filter": {l.filter}}.Encode(), ""); len(one.at("value").([]any)) != 1 || one.at("value/0/name") != made.at("name") {
			t.Errorf("$filter=%s: %s", l.filter, one.text)
		}
	}
	for _, secret := range l.hidden {
		for _, r := range []reply{made, again, got, list} {
			if strings.Contains(r.text, secret) {
				t.Errorf("%q is shown: %s", secret, r.text)
			}
		}
	}
	c.want(412, "DELETE", l.path, "", "If-Match", `"stale"`)
	c.want(200, "DELETE", l.path, "", "If-Match", "*")
	c.want(204, "DELETE", l.path, "")
	c.want(404, "GET", l.path, "")
}
