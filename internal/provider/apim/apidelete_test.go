package apim

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/arm"
)

// TestDeleteAPI deletes an API with all that an API has, and with its revisions when asked for.
func TestDeleteAPI(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	api, second := w.below("apis", "orders"), w.below("apis", "orders;rev=2")
	w.mustPut(w.below("products", "starter"), properties("displayName", "Starter"))
	w.mustPut(api, properties("displayName", "Orders", "path", "orders"))
	w.mustPut(w.below("apis", "orders", "operations", "list"), properties("displayName", "List", "method", "GET", "urlTemplate", "/"))
	w.mustPut(w.below("apis", "orders", "operations", "list", "policies", "policy"), properties("value", "<policies><inbound><base /></inbound></policies>"))
	w.mustPut(w.below("apis", "orders", "policies", "policy"), properties("value", "<policies><inbound><base /></inbound></policies>"))
	w.mustPut(w.below("products", "starter", "apis", "orders"), nil)
	w.mustPut(second, properties("sourceApiId", api.String(), "path", "orders"))
	w.mustPut(w.below("apis", "orders", "releases", "r2"), properties("apiId", "/apis/orders;rev=2"))
	remove := func(q url.Values) error {
		return w.arm.Delete(t.Context(), w.user, api, version, arm.DeleteOptions{Query: q})
	}
	wants(t, "an API with revisions", remove(nil), "ValidationError", "deleteRevisions=true")
	wants(t, "its current revision", w.arm.Delete(t.Context(), w.user, second, version, arm.DeleteOptions{}), "ValidationError", "Cannot delete the current revision of an API.")
	if there, err := w.p.exists(t.Context(), w.below("apis", "orders", "operations", "list")); err != nil || !there {
		t.Fatalf("a refused deletion has deleted operations: %v", err)
	}
	if err := remove(url.Values{"deleteRevisions": {"true"}}); err != nil {
		t.Fatal(err)
	}
	left, err := w.arm.Below(t.Context(), w.service, func(typ string) bool {
		return strings.HasPrefix(strings.ToLower(typ), strings.ToLower(TypeAPIs)) || strings.EqualFold(typ, TypeProductAPIs)
	})
	for _, r := range left {
		t.Errorf("%s is still there", r.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.mustPut(w.below("apis", "another"), properties("displayName", "Another", "path", "orders"))
	w.mustPut(w.below("apis", "another;rev=2"), properties("path", "orders"))
	if err := w.arm.Delete(t.Context(), w.user, w.below("apis", "another;rev=2"), version, arm.DeleteOptions{}); err != nil {
		t.Errorf("a revision that is not current: %v", err)
	}
	if err := w.arm.Delete(t.Context(), w.user, w.below("apis", "another"), version, arm.DeleteOptions{}); err != nil {
		t.Errorf("an API without revisions: %v", err)
	}
}
