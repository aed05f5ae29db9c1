package resourcetypes

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func readBody(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func faults(problems []Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%s %s", [...]string{"missing", "type", "value", "mistyped"}[p.Fault], p.Path))
	}
	return strings.Join(out, ", ")
}

func TestFit(t *testing.T) {
	const product, api, vault, backend = "Microsoft.ApiManagement/service/products", "Microsoft.ApiManagement/service/apis", "Microsoft.KeyVault/vaults", "Microsoft.ApiManagement/service/backends"
	for _, c := range []struct{ name, typ, version, body, want, faults string }{
		{"as it should be", product, "2022-08-01", `{"properties":{"displayName":"x","subscriptionsLimit":5}}`, `{"properties":{"displayName":"x","subscriptionsLimit":5}}`, ""},
		{"cases", product, "2022-08-01", `{"Properties":{"DisplayName":"x","STATE":"PUBLISHED"}}`, `{"properties":{"displayName":"x","state":"published"}}`, ""},
		{"scalars", product, "2022-08-01", `{"properties":{"displayName":7,"subscriptionRequired":"True","subscriptionsLimit":"5"}}`, `{"properties":{"displayName":"7","subscriptionRequired":true,"subscriptionsLimit":5}}`, ""},
		{"types", product, "2022-08-01", `{"properties":{"displayName":{},"subscriptionRequired":"maybe","subscriptionsLimit":"many"}}`, "",
			"type properties.displayName, type properties.subscriptionRequired, type properties.subscriptionsLimit"},
		{"no list", api, "2022-08-01", `{"properties":{"path":"x","protocols":"https"}}`, "", "type properties.protocols"},
		{"no object", api, "2022-08-01", `{"properties":{"path":"x","contact":[]}}`, "", "type properties.contact"},
		{"properties that are none", api, "2022-08-01", `{"properties":"x"}`, "", "type properties"},
		{"missing", product, "2022-08-01", `{"properties":{"displayName":null}}`, "", "missing properties.displayName"},
		{"unknown", product, "2022-08-01", `{"properties":{"displayName":"x","colour":"red"}}`, `{"properties":{"displayName":"x"}}`, ""},
		{"mistyped", backend, "2022-08-01", `{"properties":{"url":"https://x","protocol":"http","tls":{"validateCertificateChian":true}}}`, "", "mistyped properties.tls.validateCertificateChian"},
		{"read-only", api, "2022-08-01", `{"properties":{"path":"x","isOnline":7}}`, `{"properties":{"path":"x"}}`, ""},
		{"of a later version", backend, "2022-08-01", `{"properties":{"url":"https://x","protocol":"http","circuitBreaker":{"rules":[]}}}`, `{"properties":{"circuitBreaker":{"rules":[]},"protocol":"http","url":"https://x"}}`, ""},
		{"a version that nobody knows", product, "2031-01-01", `{"properties":{"displayName":[]}}`, "", "type properties.displayName"},
		{"a type that nobody knows", "Contoso.Test/boxes", "2022-08-01", `{"properties":{"x":[]}}`, `{"properties":{"x":[]}}`, ""},
		{"a closed set", vault, "2023-07-01", `{"properties":{"tenantId":"t","sku":{"family":"A","name":"gold"}}}`, "", "value properties.sku.name"},
		{"its case", vault, "2023-07-01", `{"properties":{"tenantId":"t","sku":{"family":"a","name":"PREMIUM"}}}`, `{"properties":{"sku":{"family":"A","name":"premium"},"tenantId":"t"}}`, ""},
		{"null", product, "2022-08-01", `{"properties":null}`, `{}`, ""},
	} {
		body := readBody(t, c.body)
		got := faults(Fit(c.typ, c.version, body, true))
		if got != c.faults {
			t.Errorf("%s: %q, want %q", c.name, got, c.faults)
		}
		if out, _ := json.Marshal(body); c.faults == "" && string(out) != c.want {
			t.Errorf("%s: %s, want %s", c.name, out, c.want)
		}
	}
	patch := readBody(t, `{"properties":{"colour":"red","isOnline":true}}`)
	if problems := Fit(api, "2022-08-01", patch, false); len(problems) > 0 || len(patch["properties"].(map[string]any)) != 2 {
		t.Errorf("a patch: %v %v", problems, patch)
	}
}

// FuzzFit: any JSON for any type fits or has problems, and what fits fits again as it is.
func FuzzFit(f *testing.F) {
	f.Add("Microsoft.ApiManagement/service/apis", `{"properties":{"path":7,"PROTOCOLS":["HTTPS"],"nope":{}}}`)
	f.Add("Microsoft.KeyVault/vaults", `{"properties":{"sku":{"name":"gold"},"accessPolicies":[{"permissions":{"keys":["Get"]}}]}}`)
	f.Fuzz(func(t *testing.T, typ, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var body map[string]any
		if d.Decode(&body) != nil || body == nil {
			return
		}
		if len(Fit(typ, "2022-08-01", body, true)) > 0 {
			return
		}
		once, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if problems := Fit(typ, "2022-08-01", body, true); len(problems) > 0 {
			t.Fatalf("%s: %v", once, problems)
		}
		if twice, _ := json.Marshal(body); string(twice) != string(once) {
			t.Fatalf("%s\n%s", once, twice)
		}
	})
}
