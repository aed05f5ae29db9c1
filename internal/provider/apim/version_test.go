package apim

import (
	"crypto/tls"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

func (w *world) stored(id resourceid.ID) *arm.Resource {
	w.t.Helper()
	r, err := w.arm.Stored(w.t.Context(), id)
	if err != nil || r == nil {
		w.t.Fatalf("%s: %v", id, err)
	}
	return r
}

// TestRevisions makes one from another, and a release makes it current.
func TestRevisions(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	w.mustPut(w.below("apiVersionSets", "orders"), properties("displayName", "Orders", "versioningScheme", "Header", "versionHeaderName", "Api-Version"))
	w.mustPut(w.below("apis", "orders"), properties("path", "orders"))
	w.mustPut(w.below("apis", "orders-v2"), properties("path", "orders", "apiVersion", "v2", "apiVersionSetId", "/apiVersionSets/orders"))
	w.mustPut(w.below("apis", "orders", "operations", "get"), properties("displayName", "Get", "method", "GET", "urlTemplate", "/x"))
	w.mustPut(w.below("apis", "orders", "operations", "get", "policies", "policy"), properties("value", "<policies><inbound><base /></inbound></policies>"))
	w.mustPut(w.below("apis", "orders;rev=2"), properties("path", "orders", "displayName", "Second", "sourceApiId", "/apis/orders"))
	for _, id := range []resourceid.ID{w.below("apis", "orders;rev=2", "operations", "get"), w.below("apis", "orders;rev=2", "operations", "get", "policies", "policy")} {
		w.stored(id)
	}
	current := func(name string) bool {
		return w.stored(w.below("apis", name)).Properties["isCurrent"] == true
	}
	if !current("orders") || current("orders;rev=2") || !current("orders-v2") {
		t.Fatal("a new revision is current")
	}
	_, err := w.put(w.below("apis", "orders", "releases", "one"), properties("apiId", "/apis/orders-v2"))
	wants(t, "a release of another API", err, "ValidationError", "must be a revision of the API 'orders'")
	w.mustPut(w.below("apis", "orders", "releases", "one"), properties("apiId", "/apis/orders;rev=2"))
	if current("orders") || !current("orders;rev=2") || !current("orders-v2") {
		t.Error("the release did not make its revision current")
	}
	for asked, want := range map[string][]string{"orders": {"2", "Second"}, "ORDERS": {"2", "Second"}, "orders;rev=2": {"2", "Second"}, "orders;rev=1": {"1", "orders"}} {
		r, err := w.arm.Get(t.Context(), w.user, w.below("apis", asked), version)
		if err != nil {
			t.Fatal(asked, err)
		}
		if text(r, "apiRevision") != want[0] || text(r, "displayName") != want[1] || (r.Properties["isCurrent"] == true) != (want[0] == "2") || r.ID.Name() != asked || r.Name != asked {
			t.Errorf("%s: %s %s %v", asked, r.ID, r.Name, r.Properties)
		}
	}
	if _, err := w.arm.Get(t.Context(), w.user, w.below("apis", "orders;rev=3"), version); err == nil {
		t.Error("a revision that is not there is shown")
	}
	err = w.arm.Delete(t.Context(), w.user, w.below("apiVersionSets", "orders"), version, arm.DeleteOptions{})
	wants(t, "a version set in use", err, "Conflict", "used by API 'orders-v2'")
}

// TestHosts: an uploaded certificate, one from a vault that changes, and a name that another service has.
func TestHosts(t *testing.T) {
	w := newWorld(t)
	who := w.makeService()
	w.vault.allow(who.ObjectID, true)
	first, second := w.client("one"), w.client("two")
	w.vault.set("host", w.pfx(first, ""))
	w.run()
	body := func(hosts ...any) map[string]any {
		b := serviceBody()
		b["properties"].(map[string]any)["hostnameConfigurations"] = hosts
		return b
	}
	upload := map[string]any{"type": "Proxy", "hostName": "API.example.com", "encodedCertificate": w.pfx(second, "pw"), "certificatePassword": "pw", "negotiateClientCertificate": true}
	vaulted := map[string]any{"type": "Proxy", "hostName": "vaulted.example.com", "keyVaultId": "https://kv.vault.azure.net/secrets/host", "defaultSslBinding": true}
	w.mustPut(w.service, body(upload, vaulted))
	r := w.stored(w.service)
	list, _ := r.Properties["hostnameConfigurations"].([]any)
	if len(list) != 3 || list[0].(map[string]any)["defaultSslBinding"] != false {
		t.Fatalf("%v", list)
	}
	for i, e := range list {
		m := e.(map[string]any)
		if m["encodedCertificate"] != nil || m["certificatePassword"] != nil || i > 0 && m["certificate"].(map[string]any)["thumbprint"] == nil {
			t.Errorf("%v", m)
		}
	}
	leaf := func(name string) string {
		for _, h := range Hosts(w.stored(w.service)) {
			if h.Name == name {
				return string(h.Certificate.Leaf)
			}
		}
		return ""
	}
	if leaf("api.example.com") != string(second.Leaf.Raw) || leaf("vaulted.example.com") != string(first.Leaf.Raw) {
		t.Error("the certificates are not those that were given")
	}
	w.vault.set("host", w.pfx(second, ""))
	w.eventually("the new version in the vault", func() bool { return leaf("vaulted.example.com") == string(second.Leaf.Raw) })
	delete(upload, "encodedCertificate")
	delete(upload, "certificatePassword")
	w.mustPut(w.service, body(upload)) // as it was read back
	if leaf("api.example.com") == "" || leaf("vaulted.example.com") != "" {
		t.Error("a certificate that was not sent again is not kept, or a name that is gone is")
	}
}

func TestSwitches(t *testing.T) {
	const p = switchPrefix
	clients, backends := Switches(map[string]any{"customProperties": map[string]any{
		p + "Security.Protocols.Tls11": "True", p + "Security.Backend.Protocols.Tls10": "true", p + "Protocols.Server.Http2": "False",
		p + "Security.Ciphers.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "false", p + "Security.Ciphers.TripleDes168": "true"}})
	if clients.MinVersion != tls.VersionTLS11 || !clients.NoHTTP2 || backends.MinVersion != tls.VersionTLS10 || backends.CipherSuites != nil {
		t.Errorf("%+v %+v", clients, backends)
	}
	has := func(id uint16) bool { return slices.Contains(clients.CipherSuites, id) }
	if has(tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA) || !has(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA) || !has(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) || has(tls.TLS_RSA_WITH_AES_128_CBC_SHA) {
		t.Errorf("%v", clients.CipherSuites)
	}
}

func TestParseSpan(t *testing.T) {
	for s, want := range map[string]time.Duration{"PT30S": 30 * time.Second, "PT1H30M": 90 * time.Minute, "P1DT1S": 24*time.Hour + time.Second, "PT0.5S": 500 * time.Millisecond} {
		if d, ok := ParseSpan(s); !ok || d != want {
			t.Errorf("%s: %v %v", s, d, ok)
		}
	}
	for _, s := range []string{"", "P", "PT", "30", "PT5", "P1M", "pt5s"} {
		if d, ok := ParseSpan(s); ok {
			t.Errorf("%s: %v", s, d)
		}
	}
}
