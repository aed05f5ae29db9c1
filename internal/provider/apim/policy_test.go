package apim

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestPolicyFormats: at each scope and for fragments a document is shown in the format asked for, by default xml.
func TestPolicyFormats(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	c.want(201, "PUT", "apis/a", `{"properties":{"path":"a"}}`)
	c.want(201, "PUT", "apis/a/operations/get", anOperation("get"))
	c.want(201, "PUT", "products/p", `{"properties":{"displayName":"P"}}`)
	const sent = `<policies><inbound><base /><set-variable name="x" value="@(1 < 2 ? "a" : "b")" /></inbound></policies>`
	const escaped = `<policies><inbound><base /><set-variable name="x" value="@(1 &lt; 2 ? &quot;a&quot; : &quot;b&quot;)" /></inbound></policies>`
	fragment := func(s string) string {
		return strings.NewReplacer("<policies><inbound><base />", "<fragment>", "</inbound></policies>", "</fragment>").Replace(s)
	}
	for path, of := range map[string]func(string) string{"policies/policy": nil, "apis/a/policies/policy": nil, "products/p/policies/policy": nil, "apis/a/operations/get/policies/policy": nil, "policyFragments/f": fragment} {
		raw, asXML := sent, escaped
		if of == nil {
			of = func(s string) string { return strings.Replace(s, "<base />", "<base />", 1) }
			if path == "policies/policy" {
				of = func(s string) string { return strings.Replace(s, "<base />", "", 1) }
			}
		}
		raw, asXML = of(raw), of(asXML)
		body := func(format, value string) string {
			return `{"properties":{"format":"` + format + `","value":` + quoteJSON(value) + `}}`
		}
		if r := c.want(201, "PUT", path, body("rawxml", raw)); r.at("properties/value") != raw {
			t.Errorf("%s: %s", path, r.text)
		}
		check := func(query, format, value string) {
			t.Helper()
			if r := c.want(200, "GET", path+query, ""); r.at("properties/format") != format || r.at("properties/value") != value || r.header.Get("ETag") == "" {
				t.Errorf("%s%s: %s", path, query, r.text)
			}
		}
		check("", "xml", asXML)
		check("?format=xml", "xml", asXML)
		check("?format=rawxml", "rawxml", raw)
		c.want(200, "PUT", path, body("xml", asXML))
		check("?format=RawXml", "rawxml", raw)
		check("?format=xml", "xml", asXML)
		for _, format := range []string{"xml-link", "rawxml-link", "yaml"} {
			if r := c.want(400, "GET", path+"?format="+format, ""); r.at("error/code") != "ValidationError" || !strings.Contains(r.text, "format") {
				t.Errorf("%s", r.text)
			}
		}
		if r := c.want(400, "PUT", path, body("xml-link", "https://contoso.example/p.xml")); !strings.Contains(r.text, "Links are not followed") && !strings.Contains(r.text, "not 'xml-link'") {
			t.Errorf("%s: %s", path, r.text)
		}
	}
}

// TestRewriteTemplate: a policy of an operation names the parameters of its URL template only, as Azure's error says.
func TestRewriteTemplate(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	c.want(201, "PUT", "apis/a", `{"properties":{"path":"a"}}`)
	c.want(201, "PUT", "apis/a/operations/get", `{"properties":{"displayName":"Get","method":"GET","urlTemplate":"/stores/{id}","templateParameters":[{"name":"id","type":"string","required":true}]}}`)
	of := func(template string) string {
		return `{"properties":{"value":"<policies><inbound><rewrite-uri template=\"` + template + `\" /></inbound></policies>"}}`
	}
	c.want(201, "PUT", "apis/a/operations/get/policies/policy", of("/v2/{id}"))
	r := c.want(400, "PUT", "apis/a/operations/get/policies/policy", of("/v2/{location}"))
	if r.at("error/code") != "ValidationError" || !strings.Contains(r.text, "Error in element 'rewrite-uri' on line 1, column 43: Only parameters specified in the original URL template can be used in the rewrite template") {
		t.Errorf("%s", r.text)
	}
	c.want(201, "PUT", "apis/a/policies/policy", of("/v2/{location}")) // an API's operations differ
}

// quoteJSON is a JSON string.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
