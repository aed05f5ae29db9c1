package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/client"
)

// TestTokensOfOurLogin: policies check tokens of this server's own login by the keys that it
// publishes, fetched over TLS.
func TestTokensOfOurLogin(t *testing.T) {
	data := t.TempDir()
	up(t, data)
	c := open(t, data)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "reached") }))
	t.Cleanup(backend.Close)
	put := func(path, version string, body map[string]any) {
		t.Helper()
		if err := c.ARM(t.Context(), "PUT", path, version, body, nil); err != nil {
			t.Fatal(path, err)
		}
	}
	put(group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"})
	const version = "2023-05-01-preview"
	service := group(c, "rg") + "/providers/Microsoft.ApiManagement/service/orders"
	put(service, version, map[string]any{"location": "westeurope", "sku": map[string]any{"name": "Developer", "capacity": 1},
		"properties": map[string]any{"publisherEmail": "a@contoso.example", "publisherName": "Contoso"}})
	authority := "https://login.microsoftonline.com/" + c.Info.TenantID
	for name, inner := range map[string]string{
		"jwt": `<validate-jwt header-name="Authorization" require-scheme="Bearer"><openid-config url="` + authority + `/v2.0/.well-known/openid-configuration" />` +
			`<audiences><audience>https://management.azure.com</audience><audience>https://management.azure.com/</audience></audiences>` +
			`<issuers><issuer>https://sts.windows.net/` + c.Info.TenantID + `/</issuer><issuer>` + authority + `/v2.0</issuer></issuers></validate-jwt>`,
		"entra": `<validate-azure-ad-token tenant-id="` + c.Info.TenantID + `"><audiences><audience>https://management.azure.com</audience><audience>https://management.azure.com/</audience></audiences></validate-azure-ad-token>`,
		"other": `<validate-azure-ad-token tenant-id="` + c.Info.TenantID + `"><audiences><audience>api://orders</audience></audiences></validate-azure-ad-token>`,
	} {
		api := service + "/apis/" + name
		put(api, version, map[string]any{"properties": map[string]any{"displayName": name, "path": name, "protocols": []any{"https"}, "serviceUrl": backend.URL, "subscriptionRequired": false}})
		put(api+"/operations/get", version, map[string]any{"properties": map[string]any{"displayName": "get", "method": "GET", "urlTemplate": "/*"}})
		put(api+"/policies/policy", version, map[string]any{"properties": map[string]any{"format": "rawxml",
			"value": "<policies><inbound><base />" + inner + "</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}})
	}
	token, err := c.Token(t.Context(), "https://management.azure.com/")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ api, token, want string }{
		{"jwt", "Bearer " + token, "reached"}, {"entra", "Bearer " + token, "reached"},
		{"other", "Bearer " + token, "Audience validation failed"}, {"jwt", "Bearer " + token[:len(token)-8] + "AAAAAAAA", "Signature validation failed"},
		{"jwt", "", "JWT not present."}, {"entra", "", "Azure AD JWT not present."},
	} {
		r, err := c.Do(t.Context(), client.Request{Method: "GET", URL: "https://orders.azure-api.net/" + tc.api + "/x", Header: http.Header{"Authorization": {tc.token}}})
		got := ""
		if err != nil { // a status of 400 and above
			got = err.Error()
		} else {
			got = string(r.Body)
		}
		if !strings.Contains(got, tc.want) || (err == nil) != (tc.want == "reached") {
			t.Errorf("%s: %q; want %q", tc.api, got, tc.want)
		}
	}
}
