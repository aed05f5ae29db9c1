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

// TestAsksCertificate: which host names' handshakes ask for a client certificate.
func TestAsksCertificate(t *testing.T) {
	b := newBench(t, echo)
	for _, tc := range []struct {
		sku                string
		enabled, negotiate bool
		builtIn, custom    bool
	}{
		{snapshot.SKUDeveloper, false, false, true, true}, {"Premium", true, true, true, true},
		{"StandardV2", false, false, false, false}, {"StandardV2", false, true, false, true}, {"StandardV2", true, false, true, true},
		{snapshot.SKUConsumption, false, false, false, false}, {snapshot.SKUConsumption, true, false, true, true},
	} {
		s := &snapshot.Service{Name: "contoso-client", SKU: tc.sku, RequireClientCertificate: tc.enabled, Hostnames: []string{clientHost, "api.contoso.example"},
			Hosts: []*snapshot.Host{{Name: clientHost, Default: true}, {Name: "api.contoso.example", Negotiate: tc.negotiate}}}
		if p := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}); len(p) != 0 {
			t.Fatal(p)
		}
		if got := b.g.AsksCertificate(clientHost); got != tc.builtIn {
			t.Errorf("%+v: the built-in name asks: %v", tc, got)
		}
		if got := b.g.AsksCertificate("api.contoso.example"); got != tc.custom {
			t.Errorf("%+v: the custom name asks: %v", tc, got)
		}
	}
	if !b.g.AsksCertificate("other.contoso.example") {
		t.Error("a name of nobody is not asked")
	}
}
