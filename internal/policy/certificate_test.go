package policy_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
	"gatehouse/internal/policy"
)

type clients struct {
	root, dev, tst    *testca.Authority
	one, two, foreign *pki.Bundle
}

func makeClients(t testing.TB) clients {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var c clients
	var err error
	c.root, err = testca.NewRoot(testca.Options{CommonName: "Contoso Root CA", KeyType: "ec"})
	must(err)
	c.dev, err = c.root.Intermediate(testca.Options{CommonName: "Contoso DEV CA", KeyType: "ec"})
	must(err)
	c.tst, err = c.root.Intermediate(testca.Options{CommonName: "Contoso TST CA", KeyType: "ec"})
	must(err)
	c.one, err = c.dev.Client(testca.Options{CommonName: "Client 01", KeyType: "ec", DNS: []string{"one.example.com"}})
	must(err)
	c.two, err = c.dev.Client(testca.Options{CommonName: "Client 02", KeyType: "ec", NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	must(err)
	c.foreign, err = c.tst.Client(testca.Options{CommonName: "Client 01", KeyType: "ec"})
	must(err)
	return c
}

func certificateProgram(t testing.TB, attributes, identities string) *policy.Program {
	t.Helper()
	d, diags := policy.Compile(`<policies><inbound><base /><validate-client-certificate validate-revocation="false" `+attributes+`>`+identities+`</validate-client-certificate></inbound></policies>`,
		policy.Options{NamedValues: func(string) (string, bool, bool) { return "true", false, true }})
	if d == nil {
		t.Fatal(diags.Text())
	}
	return policy.Link(policy.DefaultGlobal(), d)
}

func TestValidateClientCertificate(t *testing.T) {
	c := makeClients(t)
	id := func(attributes string) string { return `<identities><identity ` + attributes + ` /></identities>` }
	trust := pki.NewTrust(pki.TrustOptions{Roots: []*x509.Certificate{c.root.Certificate}, Intermediates: []*x509.Certificate{c.dev.Certificate}})
	env := &policy.Environment{Trust: trust, Certificates: []*policy.Certificate{
		{ID: "dev-ca", Thumbprint: pki.Thumbprint(c.dev.Certificate), Leaf: c.dev.Certificate},
		{ID: "tst-ca", Thumbprint: pki.Thumbprint(c.tst.Certificate), Leaf: c.tst.Certificate}}}
	serial := strings.ToUpper(c.one.Leaf.SerialNumber.Text(16))
	for _, test := range []struct {
		name, attributes, identities string
		leaf                         *x509.Certificate
		reason                       string
	}{
		{"missing", "", "", nil, "ClientCertificateNotFound"},
		{"good", `validate-trust="{{x}}"`, "", c.one.Leaf, ""},
		{"expired", "", "", c.two.Leaf, "ClientCertificateExpired"},
		{"expired, not looked at", `validate-not-after="false"`, "", c.two.Leaf, ""},
		{"an intermediate that is not there", "", "", c.foreign.Leaf, "ClientCertificateNotTrusted"},
		{"trust is not asked for", `validate-trust="false"`, "", c.foreign.Leaf, ""},
		{"trust before identity", "", id(`common-name="Nobody"`), c.foreign.Leaf, "ClientCertificateNotTrusted"},
		{"ignored", `ignore-error="true"`, "", nil, ""},
		{"subject and issuer", "", id(`subject="CN=Client 01" issuer-subject="CN=Contoso DEV CA"`), c.one.Leaf, ""},
		{"one attribute differs", "", id(`subject="CN=Client 01" issuer-subject="CN=Contoso TST CA"`), c.one.Leaf, "ClientCertificateIdentityNotMatched"},
		{"any identity", "", `<identities><identity subject="CN=Client 02" /><identity common-name="client 01" /></identities>`, c.one.Leaf, ""},
		{"thumbprint", "", id(`thumbprint="` + strings.ToLower(pki.Thumbprint(c.one.Leaf)) + `"`), c.one.Leaf, ""},
		{"serial number", "", id(`serial-number="00` + serial + `"`), c.one.Leaf, ""},
		{"another serial number", "", id(`serial-number="` + serial + `00"`), c.one.Leaf, "ClientCertificateIdentityNotMatched"},
		{"dns name", "", id(`dns-name="ONE.example.com"`), c.one.Leaf, ""},
		{"issuer thumbprint", "", id(`issuer-thumbprint="` + pki.Thumbprint(c.dev.Certificate) + `"`), c.one.Leaf, ""},
		{"issuer certificate", "", id(`issuer-certificate-id="dev-ca"`), c.one.Leaf, ""},
		{"another issuer certificate", "", id(`issuer-certificate-id="tst-ca"`), c.one.Leaf, "ClientCertificateIdentityNotMatched"},
	} {
		ex := &policy.Exchange{Services: nowhere{}, Env: env}
		ex.Request.Certificate = test.leaf
		certificateProgram(t, test.attributes, test.identities).Run(ex)
		want := 401
		if test.reason == "" {
			want = 200
		}
		if ex.LastError.Reason != test.reason || ex.Response.Status != want {
			t.Errorf("%s: %d %q (%v)", test.name, ex.Response.Status, ex.LastError.Reason, ex.LastError.Cause)
		}
	}
}

// BenchmarkValidateClientCertificate is a check whose chain is known.
func BenchmarkValidateClientCertificate(b *testing.B) {
	c := makeClients(b)
	p := certificateProgram(b, "", `<identities><identity subject="CN=Client 01" issuer-subject="CN=Contoso DEV CA" /></identities>`)
	env := &policy.Environment{Trust: pki.NewTrust(pki.TrustOptions{Roots: []*x509.Certificate{c.root.Certificate}, Intermediates: []*x509.Certificate{c.dev.Certificate}})}
	ex := &policy.Exchange{}
	b.ReportAllocs()
	for b.Loop() {
		ex.Services, ex.Env = nowhere{}, env
		ex.Request.Certificate = c.one.Leaf
		p.Run(ex)
		if ex.Response.Status != 200 {
			b.Fatal(ex.LastError)
		}
		ex.Reset()
	}
}
