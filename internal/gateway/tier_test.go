package gateway_test

import (
	"testing"

	"gatehouse/internal/snapshot"
)

// TestClientCertificatesByTier: Consumption and the v2 tiers see the certificates of clients only
// where the service asks for them, and Consumption then requires one; classic tiers see what comes.
func TestClientCertificatesByTier(t *testing.T) {
	b := newBench(t, echo)
	const seen = `<return-response><set-body>@(context.Request.Certificate == null ? "none" : context.Request.Certificate.Subject)</set-body></return-response>`
	cert := b.ca.issue(t, "Caller")
	for _, tc := range []struct {
		sku           string
		enabled       bool
		without, with string // what the policy sees; "": 403
	}{
		{snapshot.SKUConsumption, false, "none", "none"}, {snapshot.SKUConsumption, true, "", "CN=Caller"},
		{"BasicV2", false, "none", "none"}, {"BasicV2", true, "none", "CN=Caller"},
		{"StandardV2", false, "none", "none"}, {"PremiumV2", true, "none", "CN=Caller"},
		{snapshot.SKUDeveloper, false, "none", "CN=Caller"}, {"Premium", true, "none", "CN=Caller"},
	} {
		b.apply(&snapshot.Service{SKU: tc.sku, RequireClientCertificate: tc.enabled, APIs: []*snapshot.API{{ID: "a", Path: "a",
			Operations: []*snapshot.Operation{{ID: "o", Method: "GET", URLTemplate: "/", Policy: snapshot.Policy{Text: inboundPolicy(seen)}}}}}})
		for _, e := range engines {
			if resp, body := get(t, b.client(e, nil), "/a"); body != tc.without && (tc.without != "" || resp.StatusCode != 403) {
				t.Errorf("%s %s %v, without: %d %s", e.name, tc.sku, tc.enabled, resp.StatusCode, body)
			}
			if resp, body := get(t, b.client(e, cert), "/a"); body != tc.with {
				t.Errorf("%s %s %v, with: %d %s", e.name, tc.sku, tc.enabled, resp.StatusCode, body)
			}
		}
	}
}
