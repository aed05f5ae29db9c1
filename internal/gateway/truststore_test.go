package gateway_test

import (
	"crypto/x509"
	"testing"

	"gatehouse/internal/snapshot"
)

// TestTrustStoreChange: what was found of a certificate is forgotten with the stores that it was found by.
func TestTrustStoreChange(t *testing.T) {
	b := newBench(t, echo)
	cert := b.ca.issue(t, "client")
	with := func(roots ...*x509.Certificate) *snapshot.Service {
		return &snapshot.Service{SKU: snapshot.SKUDeveloper, Roots: roots, APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
			Policy: snapshot.Policy{Text: inboundPolicy(`<validate-client-certificate validate-revocation="false" /><return-response />`)}}}}
	}
	for _, e := range engines {
		for i, step := range []struct {
			roots []*x509.Certificate
			want  int
		}{{[]*x509.Certificate{b.ca.cert}, 200}, {nil, 401}, {[]*x509.Certificate{b.ca.cert}, 200}} {
			b.apply(with(step.roots...))
			client := b.client(e, cert) // a connection keeps its handshake, not what was found
			for range 2 {
				if resp, body := get(t, client, "/x"); resp.StatusCode != step.want {
					t.Errorf("%s step %d: %d %s", e.name, i, resp.StatusCode, body)
				}
			}
		}
	}
}
