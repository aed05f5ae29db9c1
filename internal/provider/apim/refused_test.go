package apim

import (
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/resourcetypes"
)

// TestEveryPublishedType is there, or refused by name with a reason.
func TestEveryPublishedType(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	for _, name := range resourcetypes.Names() {
		if !strings.HasPrefix(name, namespace) {
			continue
		}
		if _, ok := w.arm.Type(name); !ok {
			t.Errorf("%s is neither there nor refused", name)
		}
		below, ok := strings.CutPrefix(name, TypeService+"/")
		why := whyRefused(name)
		if !ok || why == "" {
			continue
		}
		path := strings.ReplaceAll(below, "/", "/x/") + "/x"
		for _, method := range []string{"GET", "PUT", "PATCH"} {
			if r := c.do(method, path, `{"properties":{}}`); r.status != 400 && !(method == "PATCH" && r.status == 404) || r.at("error/code") != "NotSupported" || !strings.Contains(r.text, "not supported by this server") {
				t.Errorf("%s %s: %d %s", method, path, r.status, r.text)
			}
		}
		if r := c.want(200, "GET", path[:len(path)-2], ""); r.at("count") != 0.0 {
			t.Errorf("%s: %s", path, r.text)
		}
	}
	for _, action := range []string{"backup", "getSsoToken", "users/1/generateSsoUrl"} {
		if r := c.want(400, "POST", action, "{}"); r.at("error/code") != "NotSupported" {
			t.Errorf("%s", r.text)
		}
	}
}

func TestListsOfTags(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	c := w.http()
	if r := c.want(200, "GET", "policyDescriptions?$top=1000", ""); r.at("count").(float64) < 50 || r.at("value/0/properties/scope") != 15.0 {
		t.Errorf("%s", r.text)
	}
	if r := c.want(200, "GET", "regions", ""); r.at("value/0/name") != "West Europe" || r.at("value/0/isMasterRegion") != true {
		t.Errorf("%s", r.text)
	}
	c.want(201, "PUT", "tags/red", `{"properties":{"displayName":"Red"}}`)
	c.want(201, "PUT", "apis/a", `{"properties":{"path":"a","displayName":"A"}}`)
	c.want(201, "PUT", "apis/a/operations/get", anOperation("get"))
	c.want(201, "PUT", "products/p", `{"properties":{"displayName":"P"}}`)
	for _, on := range []string{"apis/a", "apis/a/operations/get", "products/p"} {
		c.want(201, "PUT", on+"/tags/red", "")
	}
	for path, want := range map[string]string{"tagResources": "3 get a p", "apisByTags": "1 a", "productsByTags": "1 p", "apis/a/operationsByTags": "1 get"} {
		r := c.want(200, "GET", path, "")
		got := strconv.Itoa(int(r.at("count").(float64)))
		for i := range int(r.at("count").(float64)) {
			m := r.at("value").([]any)[i].(map[string]any)
			if m["tag"].(map[string]any)["name"] != "Red" {
				t.Errorf("%s: %s", path, r.text)
			}
			for _, kind := range []string{"api", "operation", "product"} {
				if e, ok := m[kind].(map[string]any); ok {
					id := e["id"].(string)
					got += " " + id[strings.LastIndexByte(id, '/')+1:]
				}
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s\n%s", path, got, want, r.text)
		}
	}
}
