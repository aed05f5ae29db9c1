package apim

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

const operationBody = `{"properties":{"displayName":"%s","method":"GET","urlTemplate":"/%s"}}`

func anOperation(name string) string { return strings.ReplaceAll(operationBody, "%s", name) }

const plainPolicy = `{"properties":{"format":"rawxml","value":"<policies><inbound><base /></inbound></policies>"}}`

// released is an API with the operation get, whose second revision is current.
func released(t *testing.T) (*world, *client) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	c.want(201, "PUT", "apis/orders", `{"properties":{"path":"orders","displayName":"Orders"}}`)
	c.want(201, "PUT", "apis/orders/operations/get", anOperation("get"))
	c.want(201, "PUT", "apis/orders/operations/get/policies/policy", plainPolicy)
	c.want(201, "PUT", "apis/orders;rev=2", `{"properties":{"path":"orders","sourceApiId":"/apis/orders"}}`)
	c.want(201, "PUT", "apis/orders/releases/r2", `{"properties":{"apiId":"/apis/orders;rev=2"}}`)
	return w, c
}

// TestWritesReachTheCurrentRevision: after a release, the API's own name is that of the revision that was released.
func TestWritesReachTheCurrentRevision(t *testing.T) {
	w, c := released(t)
	first, second := w.below("apis", "orders"), w.below("apis", "orders;rev=2")
	under := func(api resourceid.ID, rest string) *arm.Resource {
		t.Helper()
		r, err := w.arm.Stored(t.Context(), resourceid.MustParse(api.String()+rest))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := c.want(200, "PUT", "apis/orders", `{"properties":{"path":"orders","displayName":"New","apiRevision":"1","isCurrent":true}}`)
	if r.at("name") != "orders" || !strings.HasSuffix(r.at("id").(string), "/apis/orders") || r.at("properties/apiRevision") != "2" {
		t.Errorf("%s", r.text)
	}
	if text(under(first, ""), "displayName") != "Orders" || text(under(second, ""), "displayName") != "New" {
		t.Error("a PUT of the API did not reach the current revision alone")
	}
	tag := r.header.Get("ETag")
	c.want(412, "PATCH", "apis/orders", `{"properties":{"displayName":"Newer"}}`, "If-Match", under(first, "").ETag)
	c.want(200, "PATCH", "apis/orders", `{"properties":{"displayName":"Newer"}}`, "If-Match", tag)
	if got := c.want(200, "GET", "apis/orders", ""); got.at("properties/displayName") != "Newer" || got.header.Get("ETag") == tag {
		t.Errorf("%s", got.text)
	}
	for path, body := range map[string]string{"/operations/list": anOperation("list"), "/policies/policy": plainPolicy, "/operations/get/policies/policy": plainPolicy,
		"/schemas/s": `{"properties":{"contentType":"application/json","document":{"value":"{}"}}}`} {
		status := 201
		if path == "/operations/get/policies/policy" {
			status = 200
		}
		before := under(first, path)
		r := c.want(status, "PUT", "apis/orders"+path, body)
		if !strings.HasSuffix(r.at("id").(string), "/apis/orders"+path) {
			t.Errorf("%s: %s", path, r.text)
		}
		after := under(first, path)
		if (before == nil) != (after == nil) || before != nil && before.ETag != after.ETag || under(second, path) == nil || under(second, path).ETag != r.header.Get("ETag") {
			t.Errorf("%s did not reach the current revision alone", path)
		}
		if got := c.want(200, "GET", "apis/orders"+path, ""); got.at("id") != r.at("id") || got.header.Get("ETag") != r.header.Get("ETag") {
			t.Errorf("%s: %s", path, got.text)
		}
	}
	names := func(path string) string {
		t.Helper()
		var out []string
		for _, o := range c.want(200, "GET", path, "").at("value").([]any) {
			m := o.(map[string]any)
			if !strings.HasSuffix(m["id"].(string), "/"+path+"/"+m["name"].(string)) {
				t.Errorf("%s has the ID %s", m["name"], m["id"])
			}
			out = append(out, m["name"].(string))
		}
		return strings.Join(out, " ")
	}
	for path, want := range map[string]string{"apis/orders/operations": "get list", "apis/orders;rev=2/operations": "get list", "apis/orders;rev=1/operations": "get",
		"apis": "orders orders;rev=1", "apis/orders/releases": "r2"} {
		if got := names(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	c.want(200, "PUT", "apis/orders;rev=1/operations/get", anOperation("first"))
	if text(under(first, "/operations/get"), "displayName") != "first" || text(under(second, "/operations/get"), "displayName") != "get" {
		t.Error("a PUT below ;rev=1 did not reach it alone")
	}
	c.want(200, "DELETE", "apis/orders/operations/get", "")
	if under(first, "/operations/get") == nil || under(second, "/operations/get") != nil || under(second, "/operations/get/policies/policy") != nil {
		t.Error("a DELETE below the API did not reach the current revision alone")
	}
	c.want(201, "PUT", "apis/orders/releases/back", `{"properties":{"apiId":"/apis/orders;rev=1"}}`)
}

// TestRevisionsShareThePath: it is the API's, and the others move with the current one.
func TestRevisionsShareThePath(t *testing.T) {
	w, c := released(t)
	c.want(200, "PUT", "apis/orders", `{"properties":{"path":"moved"}}`)
	if got := c.want(200, "GET", "apis/orders;rev=1", "").at("properties/path"); got != "moved" {
		t.Errorf("revision 1 is at %v", got)
	}
	c.want(201, "PUT", "apis/another", `{"properties":{"path":"orders"}}`)
	if r := c.want(400, "PUT", "apis/third", `{"properties":{"path":"moved"}}`); !strings.Contains(r.text, "as API 'orders'") {
		t.Errorf("%s", r.text)
	}
	if r := c.want(400, "PUT", "apis/orders;rev=3", `{"properties":{"path":"moved","isCurrent":true}}`); r.at("error/details/0/target") != "isCurrent" {
		t.Errorf("%s", r.text)
	}
	c.want(204, "DELETE", "apis/orders;rev=1", "")
	w.mustPut(w.below("products", "p"), properties("displayName", "P"))
	for _, path := range []string{"apis/orders", "apis/orders;rev=2", "apis/orders/operations/get"} {
		c.want(200, "GET", path, "")
	}
	c.want(201, "PUT", "products/p/apis/orders", "")
	c.want(200, "PUT", "apis/orders", `{"properties":{"path":"moved","displayName":"Still here"}}`)
	c.want(201, "PUT", "apis/orders/operations/more", anOperation("more"))
	c.want(201, "PUT", "apis/orders/releases/again", `{"properties":{"apiId":"/apis/orders;rev=2"}}`)
	c.want(200, "GET", "apis/orders/releases/again", "")
	if err := w.arm.Delete(t.Context(), w.user, w.below("apis", "orders"), version, arm.DeleteOptions{Query: url.Values{"deleteRevisions": {"true"}}}); err != nil {
		t.Fatal(err)
	}
	c.want(404, "GET", "apis/orders", "")
	c.want(404, "GET", "products/p/apis/orders", "")
	c.want(201, "PUT", "apis/third", `{"properties":{"path":"moved"}}`)
}

// TestReleaseBack makes the first revision current again, which its own name names then.
func TestReleaseBack(t *testing.T) {
	_, c := released(t)
	c.want(201, "PUT", "apis/orders/releases/back", `{"properties":{"apiId":"/apis/orders;rev=1"}}`)
	if r := c.want(200, "GET", "apis/orders", ""); r.at("properties/apiRevision") != "1" || r.at("properties/isCurrent") != true {
		t.Errorf("%s", r.text)
	}
	if r := c.want(200, "GET", "apis/orders/revisions", ""); r.at("count") != 2.0 || r.at("value/0/apiId") != "/apis/orders;rev=1" || r.at("value/0/isCurrent") != true || r.at("value/1/isCurrent") != false {
		t.Errorf("%s", r.text)
	}
	c.want(204, "DELETE", "apis/orders;rev=2", "")
	c.want(204, "DELETE", "apis/orders", "")
}

// TestRevisionFirst: an API may begin with any revision.
func TestRevisionFirst(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	if r := c.want(201, "PUT", "apis/orders;rev=4", `{"properties":{"path":"orders"}}`); r.at("properties/isCurrent") != true || r.at("properties/apiRevision") != "4" {
		t.Errorf("%s", r.text)
	}
	c.want(200, "PUT", "apis/orders", `{"properties":{"path":"orders","displayName":"Orders"}}`)
	c.want(201, "PUT", "apis/orders/operations/get", anOperation("get"))
	if r := c.want(200, "GET", "apis", ""); r.at("count") != 1.0 || r.at("value/0/name") != "orders" {
		t.Errorf("%s", r.text)
	}
}
