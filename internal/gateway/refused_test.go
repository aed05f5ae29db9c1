package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	shakes "gatehouse/internal/handshake"
	"gatehouse/internal/snapshot"
)

// issueWith issues a certificate of a template that change has changed.
func (a *authority) issueWith(t testing.TB, name string, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	serial.Lock()
	serial.n++
	template := &x509.Certificate{SerialNumber: big.NewInt(serial.n), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	serial.Unlock()
	change(template)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TestRefusedCertificates: each way in which a client's certificate is refused has its sentence.
func TestRefusedCertificates(t *testing.T) {
	log := shakes.NewLog(64, nil)
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.Handshakes = log })
	stranger := newAuthority(t, "Stranger")
	withRoot := stranger.issue(t, "foreign")
	withRoot.Certificate = append(withRoot.Certificate, stranger.cert.Raw)
	middle := &authority{}
	inter := b.ca.issueWith(t, "Contoso DEV Intermediate CA", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	})
	middle.cert, middle.key = inter.Leaf, inter.PrivateKey.(*ecdsa.PrivateKey)
	lists := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/crl" {
			http.NotFound(w, r)
			return
		}
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour),
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(4711), RevocationTime: time.Now().Add(-time.Minute)}}}, b.ca.cert, b.ca.key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	}))
	t.Cleanup(lists.Close)
	const strict, online = `validate-revocation="false"`, ``
	for _, c := range []struct {
		name   string
		cert   *tls.Certificate
		flags  string
		check  string
		reason string
	}{
		{"none", nil, strict, shakes.CheckClientCertificate, "no certificate was presented"},
		{"expired", b.ca.issueWith(t, "late", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, -30), time.Now().AddDate(0, 0, -3).Add(-time.Hour)
		}), strict, shakes.CheckTime, "the certificate 'CN=late' expired 3 days ago, on "},
		{"not yet valid", b.ca.issueWith(t, "early", func(c *x509.Certificate) {
			c.NotBefore = time.Now().Add(5*24*time.Hour + time.Hour)
			c.NotAfter = time.Now().AddDate(0, 1, 0)
		}),
			strict, shakes.CheckTime, "the certificate 'CN=early' is valid only from "},
		{"an untrusted root", withRoot, strict, shakes.CheckChain, "the chain ends at the root 'CN=Stranger', which is not trusted here"},
		{"a missing intermediate", middle.issueWith(t, "lonely", func(*x509.Certificate) {}), strict, shakes.CheckChain,
			"the chain ends at 'CN=lonely': its issuer 'CN=Contoso DEV Intermediate CA' was not sent, and is not known here"},
		{"another usage", b.ca.issueWith(t, "server", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), strict, shakes.CheckUsage,
			"the client's certificate 'CN=server' may be used for server authentication only"},
		{"a weak signature", b.ca.issueWith(t, "weak", func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), strict, shakes.CheckSignature,
			"the certificate 'CN=weak' is signed by ECDSA-SHA1, which nobody accepts any more"},
		{"revoked", b.ca.issueWith(t, "revoked", func(c *x509.Certificate) {
			c.SerialNumber, c.CRLDistributionPoints = big.NewInt(4711), []string{lists.URL + "/crl"}
		}), online, shakes.CheckTime, "the certificate 'CN=revoked' is revoked"},
		{"an unknown revocation", b.ca.issueWith(t, "unsure", func(c *x509.Certificate) { c.CRLDistributionPoints = []string{lists.URL + "/none"} }), online, shakes.CheckTime,
			"nobody says whether the certificate 'CN=unsure' is revoked: "},
		{"another identity", b.ca.issueWith(t, "somebody", func(*x509.Certificate) {}), strict, shakes.CheckClientCertificate,
			"the chain of 'CN=somebody' is good, and the policy did not accept the certificate"},
	} {
		b.apply(&snapshot.Service{SKU: snapshot.SKUDeveloper, Roots: []*x509.Certificate{b.ca.cert}, APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
			Policy: snapshot.Policy{Text: inboundPolicy(`<validate-client-certificate ` + c.flags + `><identities><identity common-name="nobody" /></identities></validate-client-certificate>`)}}}})
		for _, e := range engines {
			if resp, body := get(t, b.client(e, c.cert), "/x"); resp.StatusCode != 401 {
				t.Errorf("%s %s: %d %s", e.name, c.name, resp.StatusCode, body)
			}
			r := log.Records(shakes.Filter{Limit: 1})
			if len(r) != 1 || r[0].Direction != shakes.Inbound || r[0].Check != c.check || !strings.HasPrefix(r[0].Reason, c.reason) || r[0].Remedy == "" || r[0].API != "a" {
				t.Errorf("%s %s: %+v", e.name, c.name, r)
			}
		}
	}
	b.apply(&snapshot.Service{SKU: "StandardV2", APIs: []*snapshot.API{{ID: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}},
		Policy: snapshot.Policy{Text: inboundPolicy(`<validate-client-certificate validate-revocation="false" />`)}}}})
	get(t, b.client(engines[0], b.ca.issue(t, "unseen")), "/x")
	if r := log.Records(shakes.Filter{Limit: 1}); !strings.Contains(r[0].Reason, "the tier StandardV2 does not look at the certificates of clients") {
		t.Errorf("%+v", r)
	}
}
