package apim

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

func TestService(t *testing.T) {
	w := newWorld(t)
	r := w.mustPut(w.service, serviceBody())
	who, err := w.id.SystemAssigned(t.Context(), w.service)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"gatewayUrl": "https://client-apim.azure-api.net", "provisioningState": "Succeeded", "enableClientCertificate": false} {
		if r.Properties[k] != want {
			t.Errorf("%s = %v, want %v", k, r.Properties[k], want)
		}
	}
	if r.Identity["principalId"] != who.ObjectID || r.Identity["tenantId"] != w.id.TenantID() || r.ETag == "" || r.Location != "westeurope" {
		t.Errorf("identity %v, etag %q, location %q", r.Identity, r.ETag, r.Location)
	}
	again := w.mustPut(w.service, serviceBody(func(b map[string]any) {
		delete(b, "identity")
		b["properties"].(map[string]any)["enableClientCertificate"] = true
	}))
	if again.Identity["principalId"] != who.ObjectID || again.Properties["enableClientCertificate"] != true {
		t.Errorf("the second time: identity %v, properties %v", again.Identity, again.Properties)
	}
	patched, err := w.arm.Put(t.Context(), w.user, w.service, version, map[string]any{"tags": map[string]any{"a": "b"}}, arm.PutOptions{Patch: true})
	if err != nil || patched.Properties["publisherName"] != "Contoso" || patched.Tags["a"] != "b" {
		t.Errorf("patch: %v, %v", patched, err)
	}
	other := resourceid.MustParse("/subscriptions/" + w.id.SubscriptionID() + "/resourceGroups/rg2")
	w.mustPut(other, map[string]any{"location": "westeurope"})
	_, err = w.put(resourceid.MustParse(other.String()+"/providers/"+TypeService+"/CLIENT-apim"), serviceBody())
	wants(t, "a name in use", err, "ServiceAlreadyExists", "CLIENT-apim")

	if err := w.arm.Delete(t.Context(), w.user, w.service, version, arm.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.id.SystemAssigned(t.Context(), w.service); !errors.Is(err, identity.ErrUnknownPrincipal) {
		t.Errorf("the identity after the deletion: %v", err)
	}
	if _, err = w.put(resourceid.MustParse(other.String()+"/providers/"+TypeService+"/client-apim"), serviceBody()); err != nil {
		t.Errorf("the name after the deletion: %v", err)
	}
}

func TestServiceRefused(t *testing.T) {
	w := newWorld(t)
	set := func(k string, v any) func(map[string]any) {
		return func(b map[string]any) { b["properties"].(map[string]any)[k] = v }
	}
	for _, c := range []struct {
		name       string
		id         string
		change     func(map[string]any)
		code, part string
	}{
		{"a bad name", "1apim", set("publisherName", "x"), "InvalidResourceName", "begin with a letter"},
		{"no publisher", "a", set("publisherEmail", nil), "ValidationError", "'publisherEmail' must not be empty"},
		{"no sku", "a", func(b map[string]any) { delete(b, "sku") }, "ValidationError", "'sku' must not be empty"},
		{"an unknown sku", "a", func(b map[string]any) { b["sku"] = map[string]any{"name": "Gold"} }, "ValidationError", "must be one of Developer"},
		{"capacity of Consumption", "a", func(b map[string]any) { b["sku"] = map[string]any{"name": "Consumption", "capacity": 1} }, "ValidationError", "must be 0"},
		{"no location", "a", func(b map[string]any) { delete(b, "location") }, "LocationRequired", ""},
		{"a virtual network", "a", set("virtualNetworkType", "External"), "ValidationError", "virtualNetworkType"},
		{"more regions", "a", set("additionalLocations", []any{map[string]any{"location": "x"}}), "ValidationError", "additionalLocations"},
		{"a misspelt property", "a", set("enableClientCertificates", true), "ValidationError", "Did you mean 'enableClientCertificate'?"},
		{"a custom host name without certificate", "a", set("hostnameConfigurations", []any{map[string]any{"hostName": "api.example.com"}}), "InvalidParameters", "needs a certificate"},
		{"a host name of another service", "a", set("hostnameConfigurations", []any{map[string]any{"hostName": "b.azure-api.net"}}), "ValidationError", "can't be a host name"},
		{"an unknown custom property", "a", set("customProperties", map[string]any{"x": "True"}), "ValidationError", "not known"},
		{"SSL 3", "a", set("customProperties", map[string]any{"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Ssl30": "true"}), "ValidationError", "can't be switched on"},
		{"a user-assigned identity", "a", func(b map[string]any) { b["identity"] = map[string]any{"type": "UserAssigned"} }, "NotSupported", "UserAssigned"},
		{"a CA certificate on Consumption", "a", set("certificates", []any{map[string]any{"storeName": "Root", "encodedCertificate": "AAAA"}}), "InvalidParameters", "Consumption tier"},
	} {
		id := resourceid.MustParse(strings.TrimSuffix(w.service.String(), "client-apim") + c.id)
		_, err := w.put(id, serviceBody(c.change))
		wants(t, c.name, err, c.code, c.part)
	}
}

func TestAuthorities(t *testing.T) {
	w := newWorld(t)
	with := func(encoded string) map[string]any {
		return serviceBody(func(b map[string]any) {
			b["sku"] = map[string]any{"name": "Developer", "capacity": 1}
			b["properties"].(map[string]any)["certificates"] = []any{map[string]any{"storeName": "CertificateAuthority", "encodedCertificate": encoded}}
		})
	}
	bundle := w.ca.Bundle()
	bare := base64.StdEncoding.EncodeToString(bundle.Leaf.Raw)
	_, err := w.put(w.service, with("-----BEGIN CERTIFICATE-----\n"+bare+"\n-----END CERTIFICATE-----"))
	wants(t, "with markers", err, "InvalidParameters", "Invalid parameter: The certificate's data file format associated with Intermediates must be a Base64-encoded .pfx file")
	r := w.mustPut(w.service, with(bare))
	shown := r.Properties["certificates"].([]any)[0].(map[string]any)
	if shown["encodedCertificate"] != nil || shown["certificate"].(map[string]any)["subject"] != "CN=Test Root" {
		t.Errorf("shown: %v", shown)
	}
	patched, err := w.arm.Put(t.Context(), w.user, w.service, version, map[string]any{"tags": map[string]any{"a": "b"}}, arm.PutOptions{Patch: true})
	if err != nil {
		t.Fatal(err)
	}
	if list := Authorities(patched); len(list) != 1 || list[0].Store != "CertificateAuthority" {
		t.Errorf("after a patch: %d authorities", len(list))
	}
}

func TestMasterSubscription(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	keys := func() map[string]any {
		t.Helper()
		out, err := w.arm.Action(t.Context(), w.user, w.below("subscriptions", "master"), version, "listSecrets", nil)
		if err != nil {
			t.Fatal(err)
		}
		return out.(map[string]any)
	}
	before := keys()
	if len(before["primaryKey"].(string)) != 32 || before["primaryKey"] == before["secondaryKey"] {
		t.Errorf("keys %v", before)
	}
	shown, err := w.arm.Get(t.Context(), w.user, w.below("subscriptions", "master"), version)
	if err != nil || shown.Properties["primaryKey"] != nil || shown.Properties["state"] != "active" {
		t.Errorf("master: %v, %v", shown, err)
	}
	if _, err := w.arm.Action(t.Context(), w.user, w.below("subscriptions", "master"), version, "regeneratePrimaryKey", nil); err != nil {
		t.Fatal(err)
	}
	if after := keys(); after["primaryKey"] == before["primaryKey"] || after["secondaryKey"] != before["secondaryKey"] {
		t.Error("regeneratePrimaryKey did not change the primary key alone")
	}
	err = w.arm.Delete(t.Context(), w.user, w.below("subscriptions", "master"), version, arm.DeleteOptions{})
	wants(t, "delete master", err, "Conflict", "master")
	w.mustPut(w.service, serviceBody())
	if after := keys(); after["secondaryKey"] != before["secondaryKey"] {
		t.Error("the keys changed with a second PUT of the service")
	}
}

func TestSubscriptions(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	w.mustPut(w.below("apis", "orders"), properties("displayName", "Orders", "path", "orders"))
	r := w.mustPut(w.below("subscriptions", "s1"), properties("displayName", "One", "scope", "/apis/orders", "primaryKey", "my-key"))
	if r.Properties["scope"] != w.below("apis", "orders").String() || r.Properties["state"] != "submitted" || r.Properties["primaryKey"] != nil {
		t.Errorf("%v", r.Properties)
	}
	stored, err := w.arm.Stored(t.Context(), w.below("subscriptions", "s1"))
	if err != nil {
		t.Fatal(err)
	}
	if primary, secondary := KeysOf(stored); primary != "my-key" || len(secondary) != 32 {
		t.Errorf("keys %q, %q", primary, secondary)
	}
	for _, c := range []struct{ name, scope, part string }{
		{"an unknown API", "/apis/none", "not found"},
		{"an unknown product", "/products/none", "not found"},
		{"nonsense", "orders", "should be one of"},
		{"another service", strings.Replace(w.below("apis", "orders").String(), "client-apim", "other", 1), "should be one of"},
	} {
		_, err := w.put(w.below("subscriptions", "s2"), properties("displayName", "Two", "scope", c.scope))
		wants(t, c.name, err, "ValidationError", c.part)
	}
}

func TestAPIsAndOperations(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	r := w.mustPut(w.below("apis", "orders"), properties("displayName", "Orders", "path", "/orders/", "protocols", []any{"HTTPS"}))
	for k, want := range map[string]any{"path": "orders", "subscriptionRequired": true, "apiRevision": "1", "isCurrent": true} {
		if r.Properties[k] != want {
			t.Errorf("%s = %v, want %v", k, r.Properties[k], want)
		}
	}
	for _, c := range []struct {
		name       string
		id         resourceid.ID
		body       map[string]any
		code, part string
	}{
		{"the same path", w.below("apis", "two"), properties("displayName", "Two", "path", "ORDERS"), "ValidationError", "same Path 'ORDERS' as API 'orders'"},
		{"no path", w.below("apis", "two"), properties("displayName", "Two"), "ValidationError", "'path' must be given"},
		{"a path with a query", w.below("apis", "two"), properties("path", "a?b"), "ValidationError", "without a query"},
		{"a path that climbs", w.below("apis", "two"), properties("path", "a/../b"), "ValidationError", "path"},
		{"a badly named revision", w.below("apis", "orders;rev=two"), properties("path", "x"), "InvalidResourceName", "NUMBER"},
		{"an import", w.below("apis", "two"), properties("path", "x", "format", "openapi", "value", "{}"), "ValidationError", "Parsing error(s)"},
		{"a version set", w.below("apis", "two"), properties("path", "x", "apiVersionSetId", "y"), "ValidationError", "apiVersionSetId"},
		{"a GraphQL API", w.below("apis", "two"), properties("path", "x", "type", "graphql"), "ValidationError", "'type' must be one of http"},
		{"a service URL without scheme", w.below("apis", "two"), properties("path", "x", "serviceUrl", "backend.example.com"), "ValidationError", "absolute"},
		{"ws", w.below("apis", "two"), properties("path", "x", "protocols", []any{"ws"}), "ValidationError", "not 'ws'"},
		{"an operation", w.below("apis", "orders", "operations", "get"), properties("displayName", "Get", "method", "get", "urlTemplate", "/items/{id}", "templateParameters", []any{map[string]any{"name": "id", "type": "string"}}), "", ""},
		{"the same operation", w.below("apis", "orders", "operations", "get2"), properties("displayName", "Get", "method", "GET", "urlTemplate", "/items/{key}", "templateParameters", []any{map[string]any{"name": "key"}}), "ValidationError", "already exists"},
		{"an undeclared parameter", w.below("apis", "orders", "operations", "put"), properties("displayName", "Put", "method", "PUT", "urlTemplate", "/items/{id}"), "ValidationError", "following template parameters: id"},
		{"a template without slash", w.below("apis", "orders", "operations", "put"), properties("displayName", "Put", "method", "PUT", "urlTemplate", "items"), "ValidationError", "begin with '/'"},
		{"an unclosed parameter", w.below("apis", "orders", "operations", "put"), properties("displayName", "Put", "method", "PUT", "urlTemplate", "/items/{id"), "ValidationError", "brace"},
		{"a bad method", w.below("apis", "orders", "operations", "put"), properties("displayName", "Put", "method", "P U", "urlTemplate", "/"), "ValidationError", "method"},
		{"an operation of no API", w.below("apis", "none", "operations", "put"), properties("displayName", "Put", "method", "PUT", "urlTemplate", "/"), "ParentResourceNotFound", "none"},
		{"an unknown type", w.below("nothings", "l"), properties(), "InvalidResourceType", "service/nothings"},
		{"a refused type", w.below("gateways", "on-premises"), properties("locationData", map[string]any{"name": "x"}), "NotSupported", "self-hosted gateways"},
		{"a product", w.below("products", "starter"), properties("displayName", "Starter"), "", ""},
		{"an API of the product", w.below("products", "starter", "apis", "orders"), nil, "", ""},
		{"no API of the product", w.below("products", "starter", "apis", "none"), nil, "ResourceNotFound", "API 'none'"},
	} {
		_, err := w.put(c.id, c.body)
		wants(t, c.name, err, c.code, c.part)
	}
	list, err := w.arm.List(t.Context(), w.user, w.service, TypeAPIs, version, url.Values{"$filter": {"path eq 'orders'"}})
	if err != nil || len(list) != 1 {
		t.Errorf("filtered by path: %d, %v", len(list), err)
	}
	if err := w.arm.Delete(t.Context(), w.user, w.below("apis", "orders"), version, arm.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if there, err := w.p.exists(t.Context(), w.below("products", "starter", "apis", "orders")); there || err != nil {
		t.Errorf("the deleted API is in its product still: %v, %v", there, err)
	}
	w.mustPut(w.below("apis", "two"), properties("path", "orders"))
}

func TestPolicies(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	w.mustPut(w.below("apis", "orders"), properties("displayName", "Orders", "path", "orders"))
	id := w.below("apis", "orders", "policies", "policy")
	document := func(inbound string) string {
		return "<policies>\n  <inbound>\n    <base />\n    " + inbound + "\n  </inbound>\n  <backend><base /></backend>\n  <outbound><base /></outbound>\n  <on-error><base /></on-error>\n</policies>\n"
	}
	for _, c := range []struct {
		name, inbound, part string
	}{
		{"an unclosed element", "<choose>", "choose"},
		{"no policy", "<set-heder name=\"x\" />", "Error in element 'set-heder' on line 4, column"},
		{"a later policy", "<llm-token-limit counter-key=\"x\" tokens-per-minute=\"1\" />", "llm-token-limit"},
		{"a missing backend", `<set-backend-service backend-id="orders-backend" />`, "Error in element 'set-backend-service' on line 4"},
		{"a missing backend's message", `<set-backend-service backend-id="orders-backend" />`, "Backend with id 'orders-backend' could not be found."},
		{"a missing named value", `<set-header name="x" exists-action="override"><value>{{none}}</value></set-header>`, "none"},
	} {
		_, err := w.put(id, properties("format", "rawxml", "value", document(c.inbound)))
		wants(t, c.name, err, "ValidationError", c.part)
	}
	_, err := w.put(id, properties("format", "xml-link", "value", "https://example.com/p.xml"))
	wants(t, "a link", err, "ValidationError", "Links are not followed")
	_, err = w.put(id, properties("value", ""))
	wants(t, "no document", err, "ValidationError", "'value' must not be empty")
	_, err = w.put(w.below("apis", "orders", "policies", "other"), properties("value", document("")))
	wants(t, "another name", err, "InvalidResourceName", "policy")

	w.mustPut(w.below("backends", "orders-backend"), properties("url", "https://backend.example.com/v1", "protocol", "http"))
	w.mustPut(w.below("namedValues", "key"), properties("displayName", "header-secret", "value", "s3cret", "secret", true))
	text := document(`<set-backend-service backend-id="orders-backend" /><set-header name="x-key" exists-action="override"><value>{{header-secret}}</value></set-header>`)
	r := w.mustPut(id, properties("value", text))
	if r.Properties["value"] != text || r.Properties["format"] != "xml" {
		t.Errorf("stored as %v", r.Properties)
	}
	err = w.arm.Delete(t.Context(), w.user, w.below("namedValues", "key"), version, arm.DeleteOptions{})
	wants(t, "delete a named value in use", err, "Conflict", "used by the policy")
}

func TestNamedValues(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	id := w.below("namedValues", "n")
	r := w.mustPut(id, properties("displayName", "my-name", "value", "s3cret", "secret", true))
	if v, ok := r.Properties["value"]; ok {
		t.Errorf("a secret value is shown: %v", v)
	}
	value := func() any {
		t.Helper()
		out, err := w.arm.Action(t.Context(), w.user, id, version, "listValue", nil)
		if err != nil {
			t.Fatal(err)
		}
		return out.(map[string]any)["value"]
	}
	if value() != "s3cret" {
		t.Errorf("listValue gives %v", value())
	}
	if _, err := w.arm.Put(t.Context(), w.user, id, version, properties("tags", []any{"a"}), arm.PutOptions{Patch: true}); err != nil || value() != "s3cret" {
		t.Errorf("after a patch of the tags: %v, %v", value(), err)
	}
	_, err := w.put(w.below("namedValues", "m"), properties("displayName", "MY-name", "value", "x"))
	wants(t, "the same display name", err, "Conflict", "already exists")
	_, err = w.put(w.below("namedValues", "m"), properties("displayName", "a b", "value", "x"))
	wants(t, "a bad display name", err, "ValidationError", "displayName")
	_, err = w.put(w.below("namedValues", "m"), properties("displayName", "ab"))
	wants(t, "no value", err, "ValidationError", "'value' must not be empty")
	if open := w.mustPut(id, properties("displayName", "my-name", "value", "plain")); open.Properties["value"] != "plain" || len(open.Private) != 0 {
		t.Errorf("a plain value: %v, private %v", open.Properties, open.Private)
	}
}

func TestBackends(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	b := w.client("backend client")
	w.mustPut(w.below("certificates", "client"), properties("data", w.pfx(b, "pw"), "password", "pw"))
	w.mustPut(w.below("certificates", "public"), properties("data", base64.StdEncoding.EncodeToString(b.Leaf.Raw)))
	with := func(kv ...any) map[string]any {
		return properties(append([]any{"url", "https://backend.example.com", "protocol", "http"}, kv...)...)
	}
	full := w.below("certificates", "client").String()
	for _, c := range []struct {
		name       string
		body       map[string]any
		code, part string
	}{
		{"by full ID", with("credentials", map[string]any{"certificateIds": []any{full}}, "tls", map[string]any{"validateCertificateChain": true, "validateCertificateName": true}), "", ""},
		{"by short ID", with("credentials", map[string]any{"certificateIds": []any{"/certificates/client"}}), "", ""},
		{"by thumbprint", with("credentials", map[string]any{"certificate": []any{thumbprintOf(w)}}), "", ""},
		{"an unknown certificate", with("credentials", map[string]any{"certificateIds": []any{"/certificates/none"}}), "ValidationError", "'none' not found"},
		{"an unknown thumbprint", with("credentials", map[string]any{"certificate": []any{"AB"}}), "ValidationError", "thumbprint 'AB' not found"},
		{"another service's", with("credentials", map[string]any{"certificateIds": []any{strings.Replace(full, "client-apim", "other", 1)}}), "ValidationError", "not a certificate of the service"},
		{"a public certificate", with("credentials", map[string]any{"certificateIds": []any{"/certificates/public"}}), "InvalidParameters", "Certificate with id 'public' does not contain private key."},
		{"no URL", properties("protocol", "http"), "ValidationError", "'url' must not be empty"},
		{"a bad URL", properties("protocol", "http", "url", "backend"), "ValidationError", "absolute"},
		{"a bad protocol", properties("protocol", "ftp", "url", "https://x.example.com"), "ValidationError", "one of http, soap"},
		{"a pool of nothing", with("type", "Pool"), "ValidationError", "'pool' must be given"},
		{"a pool of itself", with("type", "Pool", "pool", map[string]any{"services": []any{map[string]any{"id": "/backends/b"}}}), "ValidationError", "not another backend"},
		{"a circuit breaker", with("circuitBreaker", map[string]any{"rules": []any{1}}), "ValidationError", "circuitBreaker"},
		{"a proxy", with("proxy", map[string]any{"url": "http://proxy.contoso.example:3128", "username": "Contoso\\admin", "password": "p"}), "", ""},
		{"a proxy over TLS", with("proxy", map[string]any{"url": "https://proxy.contoso.example"}), "ValidationError", "must begin with http://"},
		{"a proxy without URL", with("proxy", map[string]any{"username": "a"}), "ValidationError", "url"},
		{"a proxy's password alone", with("proxy", map[string]any{"url": "http://proxy.contoso.example", "password": "p"}), "ValidationError", "needs 'proxy.username'"},
		{"a misspelt proxy", with("proxy", map[string]any{"uri": "http://proxy.contoso.example"}), "ValidationError", "url"},
		{"a misspelt switch", with("tls", map[string]any{"validateCertificateNames": true}), "ValidationError", "Did you mean 'validateCertificateName'?"},
		{"a switch of the wrong type", with("tls", map[string]any{"validateCertificateName": "no"}), "ValidationError", "true or false"},
	} {
		_, err := w.put(w.below("backends", "b"), c.body)
		wants(t, c.name, err, c.code, c.part)
	}
	w.mustPut(w.below("backends", "b"), with("credentials", map[string]any{"certificateIds": []any{full}}))
	err := w.arm.Delete(t.Context(), w.user, w.below("certificates", "client"), version, arm.DeleteOptions{})
	wants(t, "delete a certificate in use", err, "Conflict", "used by backend 'b'")
}

func thumbprintOf(w *world) string {
	r, err := w.arm.Lookup(w.t.Context(), w.below("certificates", "client"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ToLower(text(r, "thumbprint"))
}

func TestCheckName(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	for name, want := range map[string]bool{"client-apim": false, "CLIENT-APIM": false, "free": true, "1": false} {
		out, err := w.p.checkName(t.Context(), &arm.ActionRequest{Body: map[string]any{"name": name}})
		if err != nil || out.(map[string]any)["nameAvailable"] != want {
			t.Errorf("%s: %v, %v", name, out, err)
		}
	}
}

func TestRights(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	nobody := w.id.Caller(w.id.ManagedIdentity())
	if _, err := w.arm.Action(t.Context(), nobody, w.below("subscriptions", "master"), version, "listSecrets", nil); !errors.Is(err, azerr.AuthorizationFailed) {
		t.Errorf("listSecrets without a role: %v", err)
	}
}

func FuzzElementAt(f *testing.F) {
	f.Add("<policies><a/></policies>", 12)
	f.Fuzz(func(t *testing.T, src string, offset int) {
		if offset < 0 || offset > len(src) {
			return
		}
		if elementAt(src, offset) == "" {
			t.Errorf("no name in %q at %d", src, offset)
		}
	})
}

func FuzzReference(f *testing.F) {
	f.Add("https://kv.vault.azure.net/secrets/s/0123456789abcdef0123456789abcdef")
	f.Fuzz(func(t *testing.T, s string) {
		r := &reference{Identifier: s}
		if r.parse(".vault.azure.net") == "" && (r.Vault == "" || r.Secret == "") {
			t.Errorf("%q gives %+v", s, r)
		}
	})
}
