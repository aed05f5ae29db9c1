package vault

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// files are the certificate files that tests import.
type files struct {
	root, inter *testca.Authority
	client      *pki.Bundle
}

func newFiles(t testing.TB, f *fixture) *files {
	t.Helper()
	in := testca.Options{KeyType: "ec", NotBefore: f.now().Add(-time.Hour), NotAfter: f.now().AddDate(1, 0, 0)}
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec", NotBefore: in.NotBefore, NotAfter: f.now().AddDate(10, 0, 0)})
	f.must(err)
	inter, err := root.Intermediate(testca.Options{CommonName: "Contoso Issuing", KeyType: "ec", NotBefore: in.NotBefore, NotAfter: f.now().AddDate(5, 0, 0)})
	f.must(err)
	in.CommonName = "client.contoso.com"
	client, err := inter.Client(in)
	f.must(err)
	return &files{root, inter, client}
}

func pfx(t testing.TB, b *pki.Bundle, password string) string {
	t.Helper()
	data, err := pki.EncodePFX(b, password)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}

func (f *fixture) load(name string, in ImportCertificate) (*Certificate, error) {
	return f.ImportCertificate(f.ctx, f.admin, "kv-contoso", name, in)
}

func TestImportPFX(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	c, err := f.load("client", ImportCertificate{Value: pfx(t, files.client, "p@ss"), Password: "p@ss", Tags: Tags{"a": "b"}})
	f.must(err)
	if !bytes.Equal(c.DER, files.client.Leaf.Raw) || *c.Attributes.Expires != files.client.Leaf.NotAfter.Unix() || c.ContentType != ContentPFX {
		t.Errorf("got %+v", c)
	}
	p := c.Policy.Policy
	if p.Issuer.Name != "Unknown" || p.Key.Type != TypeEC || p.Key.Curve != CurveP256 || !*p.Key.Exportable || p.X509.Subject != "CN=client.contoso.com" || p.X509.Months != 12 {
		t.Errorf("policy: got %+v %+v %+v", p.Issuer, p.Key, p.X509)
	}
	secret, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", c.Version)
	f.must(err)
	data, err := base64.StdEncoding.DecodeString(secret.Value)
	f.must(err)
	back, err := pki.DecodePFX(data, "", false)
	f.must(err)
	if !back.Leaf.Equal(files.client.Leaf) || len(back.Chain) != len(files.client.Chain) || back.Key == nil || !secret.Managed {
		t.Errorf("the secret holds another certificate, chain or no key: %d in the chain", len(back.Chain))
	}
	key, err := f.GetKey(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	if !key.Managed || key.Version != c.Version || len(key.Public.X) != 32 {
		t.Errorf("key: got %+v", key)
	}
}

func TestImportPEM(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	text, err := pki.EncodePEM(files.client)
	f.must(err)
	for name, value := range map[string]string{"plain": string(text), "encoded": base64.StdEncoding.EncodeToString(text)} {
		c, err := f.load(name, ImportCertificate{Value: value})
		f.must(err)
		secret, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", name, "")
		f.must(err)
		if c.ContentType != ContentPEM || secret.ContentType != ContentPEM || !strings.Contains(secret.Value, "BEGIN PRIVATE KEY") {
			t.Errorf("%s: got %s and %d bytes", name, c.ContentType, len(secret.Value))
		}
	}
}

// TestImportRefused: each bad file is told apart, and nothing is stored.
func TestImportRefused(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	good := pfx(t, files.client, "right")
	raw, _ := base64.StdEncoding.DecodeString(good)
	keyless := pfx(t, &pki.Bundle{Leaf: files.client.Leaf, Chain: files.client.Chain}, "")
	expired, err := files.inter.Client(testca.Options{CommonName: "old", KeyType: "ec", NotBefore: f.now().AddDate(-2, 0, 0), NotAfter: f.now().AddDate(-1, 0, 0)})
	f.must(err)
	impostor, err := files.root.Intermediate(testca.Options{CommonName: "Contoso Issuing", KeyType: "ec", NotBefore: f.now().Add(-time.Hour), NotAfter: f.now().AddDate(5, 0, 0)})
	f.must(err)
	broken := pfx(t, &pki.Bundle{Leaf: files.client.Leaf, Key: files.client.Key, Chain: []*x509.Certificate{impostor.Certificate}}, "")
	onlyCert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: files.client.Leaf.Raw}))
	for name, test := range map[string]struct {
		in   ImportCertificate
		want string
	}{
		"wrong password":  {ImportCertificate{Value: good, Password: "wrong"}, "The password of the PFX is not the one given"},
		"no password":     {ImportCertificate{Value: good}, "needs a password"},
		"truncated":       {ImportCertificate{Value: base64.StdEncoding.EncodeToString(raw[:len(raw)-100]), Password: "right"}, "cut short"},
		"no key in PFX":   {ImportCertificate{Value: keyless}, "private key"},
		"no key in PEM":   {ImportCertificate{Value: onlyCert}, "private key"},
		"expired":         {ImportCertificate{Value: pfx(t, expired, "")}, "has expired: its notAfter is 2025-03-01"},
		"broken chain":    {ImportCertificate{Value: broken}, "'CN=Contoso Issuing' did not sign 'CN=client.contoso.com'"},
		"not base64":      {ImportCertificate{Value: "%%%"}, "neither base64 nor PEM"},
		"not a file":      {ImportCertificate{Value: "aGVsbG8="}, "can not be read"},
		"empty":           {ImportCertificate{}, "value is missing"},
		"too large":       {ImportCertificate{Value: strings.Repeat("A", 200<<10)}, "the limit is"},
		"another type":    {ImportCertificate{Value: good, Password: "right", Policy: &Policy{Secret: &SecretShape{ContentPEM}}}, "contentType says application/x-pem-file"},
		"bad lifetime":    {ImportCertificate{Value: good, Password: "right", Policy: &Policy{Lifetime: []LifetimeAction{{}}}}, "an action and a trigger"},
		"too many tags":   {ImportCertificate{Value: good, Password: "right", Tags: Tags{"x": strings.Repeat("y", 257)}}, "too long"},
		"contradict time": {ImportCertificate{Value: good, Password: "right", Attributes: &AttributesPatch{NotBefore: ptr(int64(2)), Expires: ptr(int64(1))}}, "must be before"},
	} {
		_, err := f.load("bad", test.in)
		code(t, err, azerr.KVBadParameter)
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, want %q", name, err, test.want)
		}
		if strings.Contains(err.Error(), "right") {
			t.Errorf("%s: the error tells the password", name)
		}
	}
	f.nothingLeft("bad")
}

// TestNameConflicts: a certificate shares its name with no plain key or secret, in
// both directions, deleted ones included.
func TestNameConflicts(t *testing.T) {
	f := newFixture(t)
	f.set("taken", "v")
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "taken", CreateCertificate{Policy: ecPolicy()})
	code(t, err, azerr.KVNameTaken, "a secret in this key vault has that name")
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "taken")
	f.must(err)
	_, err = f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "taken", CreateCertificate{Policy: ecPolicy()})
	code(t, err, azerr.KVNameTaken, "deleted secret")

	f.selfSigned("client")
	conflicts := func() {
		t.Helper()
		_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "CLIENT", SetSecret{Value: "x"})
		code(t, err, azerr.KVNameTaken, "certificate")
		_, err = f.CreateKey(f.ctx, f.admin, "kv-contoso", "client", CreateKey{Type: TypeEC})
		code(t, err, azerr.KVNameTaken, "certificate")
	}
	conflicts()
	// What belongs to the certificate is changed through it alone.
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "client")
	code(t, err, azerr.KVManaged, "certificate of the same name")
	_, err = f.UpdateKey(f.ctx, f.admin, "kv-contoso", "client", "", UpdateKey{})
	code(t, err, azerr.KVManaged)
	_, err = f.BackupKey(f.ctx, f.admin, "kv-contoso", "client")
	code(t, err, azerr.KVManaged)

	_, err = f.DeleteCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	conflicts()
	_, err = f.RecoverSecret(f.ctx, f.admin, "kv-contoso", "client")
	code(t, err, azerr.KVManaged)
}

func TestCascade(t *testing.T) {
	f := newFixture(t)
	c := f.selfSigned("client")
	_, err := f.DeleteCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", "")
	code(t, err, azerr.KVSecretNotFound)
	_, err = f.GetKey(f.ctx, f.admin, "kv-contoso", "client", c.Version)
	code(t, err, azerr.KVKeyNotFound)
	s, err := f.GetDeletedSecret(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	k, err := f.GetDeletedKey(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	if !s.Managed || !k.Managed || s.Value != "" {
		t.Errorf("deleted secret %+v, key %+v", s, k)
	}
	back, err := f.RecoverCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	secret, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", c.Version)
	f.must(err)
	if back.Version != c.Version || secret.Value == "" {
		t.Error("the secret did not come back with its certificate")
	}
	_, err = f.DeleteCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	f.must(f.PurgeCertificate(f.ctx, f.admin, "kv-contoso", "client"))
	f.nothingLeft("client")
	f.set("client", "now a plain secret")
}

func TestCreateSelfSigned(t *testing.T) {
	f := newFixture(t)
	policy := ecPolicy()
	policy.X509 = &X509Properties{Subject: `CN="Contoso, Ltd", OU=R\+D, C=NL`, Months: 6, KeyUsage: []string{"digitalSignature", "decipherOnly"},
		EKUs: []string{"1.3.6.1.5.5.7.3.2"}, SANs: &AltNames{DNS: []string{"a.contoso.com"}, IPs: []string{"2001:0db8::1"}, UPNs: []string{"jo@contoso.com"},
			URIs: []string{"spiffe://contoso/x"}, Emails: []string{"jo@contoso.com"}}}
	begun, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "client", CreateCertificate{Policy: policy, PreserveOrder: ptr(true)})
	f.must(err)
	if begun.Status != statusInProgress || len(begun.CSR) == 0 || !begun.PreserveOrder {
		t.Errorf("begun: got %+v", begun)
	}
	done, err := f.GetCertificateOperation(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	if !done.Completed() || done.RequestID != begun.RequestID {
		t.Errorf("done: got %+v", done)
	}
	c, err := f.GetCertificate(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	leaf, err := x509.ParseCertificate(c.DER)
	f.must(err)
	if err := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		t.Error(err)
	}
	if got := pki.DistinguishedName(leaf.RawSubject); got != `CN="Contoso, Ltd", OU="R+D", C=NL` && got != `CN="Contoso, Ltd", OU=R+D, C=NL` {
		t.Errorf("subject: got %s", got)
	}
	if leaf.IPAddresses[0].String() != "2001:db8::1" || leaf.DNSNames[0] != "a.contoso.com" || leaf.URIs[0].String() != "spiffe://contoso/x" || altNamesOf(leaf).UPNs[0] != "jo@contoso.com" {
		t.Errorf("names: got %+v", altNamesOf(leaf))
	}
	if leaf.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageDecipherOnly || leaf.IsCA || !leaf.NotAfter.Equal(f.now().AddDate(0, 6, 0)) {
		t.Errorf("got usage %b, CA %v, until %s", leaf.KeyUsage, leaf.IsCA, leaf.NotAfter)
	}
	if c.Policy.Policy.X509.SANs.IPs[0] != "2001:0db8::1" {
		t.Error("the policy must keep addresses as they were written")
	}
	_, err = f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "client", CreateCertificate{}) // by the policy that it has
	f.must(err)
	versions, err := f.ListCertificateVersions(f.ctx, f.admin, "kv-contoso", "client", ListOptions{})
	f.must(err)
	if len(versions.Items) != 2 {
		t.Errorf("got %d versions, want 2", len(versions.Items))
	}
}

func TestReuseKey(t *testing.T) {
	f := newFixture(t)
	policy := ecPolicy()
	policy.Key.Reuse = ptr(true)
	var points [][]byte
	for range 2 {
		_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "client", CreateCertificate{Policy: policy})
		f.must(err)
		k, err := f.GetKey(f.ctx, f.admin, "kv-contoso", "client", "")
		f.must(err)
		points = append(points, k.Public.X)
	}
	if !bytes.Equal(points[0], points[1]) {
		t.Error("reuse_key must keep the key")
	}
}

func TestNotExportable(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	_, err := f.load("locked", ImportCertificate{Value: pfx(t, files.client, ""), Policy: &Policy{Key: &KeyProperties{Exportable: ptr(false)}}})
	f.must(err)
	s, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "locked", "")
	f.must(err)
	data, err := base64.StdEncoding.DecodeString(s.Value)
	f.must(err)
	var missing *pki.Error
	if _, err := pki.DecodePFX(data, "", false); !errors.As(err, &missing) || missing.Reason != pki.NoKey {
		t.Errorf("the secret must hold the certificate without its key; reading it gave %v", err)
	}
	digest := make([]byte, 32)
	if _, err := f.Sign(f.ctx, f.admin, "kv-contoso", "locked", "", "ES256", digest); err != nil {
		t.Errorf("the key stays usable in the vault: %v", err)
	}
}

func TestPolicyRefused(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		change func(*Policy)
		want   string
	}{
		"EC with a size":     {func(p *Policy) { p.Key.Size = 2048 }, "contradicts crv 'P-256'"},
		"RSA with a curve":   {func(p *Policy) { p.Key.Type = TypeRSA }, "does not go with kty 'RSA'"},
		"RSA size":           {func(p *Policy) { p.Key = &KeyProperties{Type: TypeRSA, Size: 1024} }, "2048, 3072 or 4096"},
		"PEM not exportable": {func(p *Policy) { p.Key.Exportable, p.Secret = ptr(false), &SecretShape{ContentPEM} }, "contradicts key_props.exportable false"},
		"HSM exportable":     {func(p *Policy) { p.Key.Type, p.Key.Exportable = TypeECHSM, ptr(true) }, "never leaves"},
		"oct":                {func(p *Policy) { p.Key = &KeyProperties{Type: "oct"} }, "Managed HSM"},
		"content type":       {func(p *Policy) { p.Secret = &SecretShape{"text/plain"} }, "application/x-pkcs12"},
		"no subject":         {func(p *Policy) { p.X509 = &X509Properties{} }, "subject is missing"},
		"subject":            {func(p *Policy) { p.X509.Subject = "contoso" }, "TYPE=VALUE"},
		"months":             {func(p *Policy) { p.X509.Months = -1 }, "between 1 and 1200"},
		"usage":              {func(p *Policy) { p.X509.KeyUsage = []string{"signing"} }, "key_usage: 'signing'"},
		"EKU":                {func(p *Policy) { p.X509.EKUs = []string{"clientAuth"} }, "object identifier"},
		"address":            {func(p *Policy) { p.X509.SANs = &AltNames{IPs: []string{"1.2.3"}} }, "ipAddresses: '1.2.3'"},
		"percentage": {func(p *Policy) {
			p.Lifetime = []LifetimeAction{{&LifetimeTrigger{Percentage: 100}, &LifetimeType{"AutoRenew"}}}
		}, "between 1 and 99"},
		"days": {func(p *Policy) {
			p.Lifetime = []LifetimeAction{{&LifetimeTrigger{DaysBefore: 400}, &LifetimeType{"AutoRenew"}}}
		}, "between 1 and 324"},
		"two triggers":        {func(p *Policy) { p.Lifetime = []LifetimeAction{{&LifetimeTrigger{50, 5}, &LifetimeType{"AutoRenew"}}} }, "one of"},
		"P-256K":              {func(p *Policy) { p.Key.Curve = CurveP256K }, "not supported"},
		"unknown issuer name": {func(p *Policy) { p.Issuer.Name = "digicert" }, "is not an issuer of this key vault"},
	} {
		policy := ecPolicy()
		test.change(policy)
		_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "bad", CreateCertificate{Policy: policy})
		if err == nil || azerr.From(err).Kind.Status != 400 || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	f.nothingLeft("bad")
	f.cfg.SKU = "standard"
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "bad", CreateCertificate{Policy: &Policy{Key: &KeyProperties{Type: TypeECHSM}, X509: ecPolicy().X509}})
	code(t, err, azerr.KVBadParameter, "needs premium")
}

// TestMerge completes a signing request with a certificate that begins in the future.
func TestMerge(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	policy := ecPolicy()
	policy.Issuer.Name = "Unknown"
	begin := func(name string) *CertificateOperation {
		t.Helper()
		o, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", name, CreateCertificate{Policy: policy})
		f.must(err)
		return o
	}
	o := begin("client")
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "client", CreateCertificate{Policy: policy})
	code(t, err, azerr.KVPendingConflict, "pending key vault certificate's status is inProgress")
	pending, err := f.GetCertificate(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	if pending.DER != nil || !pending.Pending || pending.Policy == nil {
		t.Errorf("while pending: got %+v", pending)
	}
	merge := func(name string, ders ...[]byte) (*Certificate, error) {
		return f.MergeCertificate(f.ctx, f.admin, "kv-contoso", name, MergeCertificate{Certificates: ders})
	}
	_, err = merge("client", files.client.Leaf.Raw)
	code(t, err, azerr.KVBadParameter, "does not match the public part")
	_, err = merge("client", []byte("nonsense"))
	code(t, err, azerr.KVBadParameter, "x5c[0]")
	_, err = merge("client")
	code(t, err, azerr.KVBadParameter, "x5c is missing")
	_, err = merge("client", signed(t, files, o.CSR, f.now().AddDate(-2, 0, 0), f.now().AddDate(-1, 0, 0)))
	code(t, err, azerr.KVBadParameter, "has expired")

	leaf := signed(t, files, o.CSR, f.now().AddDate(1, 0, 0), f.now().AddDate(2, 0, 0))
	c, err := merge("client", files.root.Certificate.Raw, leaf, files.inter.Certificate.Raw)
	f.must(err)
	if !bytes.Equal(c.DER, leaf) {
		t.Error("the leaf is the certificate of the pending key")
	}
	s, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	data, _ := base64.StdEncoding.DecodeString(s.Value)
	b, err := pki.DecodePFX(data, "", true)
	f.must(err)
	if len(b.Chain) != 2 || !b.Chain[0].Equal(files.inter.Certificate) {
		t.Error("the chain must be in order, from the leaf's issuer to the root")
	}
	_, err = merge("client", leaf)
	code(t, err, azerr.KVPendingConflict, "is completed")

	begin("cancelled")
	o, err = f.UpdateCertificateOperation(f.ctx, f.admin, "kv-contoso", "cancelled", true)
	f.must(err)
	if o.Status != statusCancelled || !o.Cancelled {
		t.Errorf("cancel: got %+v", o)
	}
	_, err = merge("cancelled", leaf)
	code(t, err, azerr.KVPendingConflict, "is cancelled")
	_, err = f.DeleteCertificateOperation(f.ctx, f.admin, "kv-contoso", "cancelled")
	f.must(err)
	f.nothingLeft("cancelled")
	_, err = f.GetCertificateOperation(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
}

func signed(t *testing.T, files *files, csr []byte, from, to time.Time) []byte {
	t.Helper()
	request, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		t.Fatal(err)
	}
	if err := request.CheckSignature(); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(7), RawSubject: request.RawSubject, NotBefore: from, NotAfter: to},
		files.inter.Certificate, request.PublicKey, files.inter.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestPolicyPatch(t *testing.T) {
	f := newFixture(t)
	f.selfSigned("client")
	view, err := f.UpdateCertificatePolicy(f.ctx, f.admin, "kv-contoso", "client", Policy{Key: &KeyProperties{Type: TypeRSA, Size: 3072}})
	f.must(err)
	p := view.Policy
	if p.Key.Size != 3072 || p.Key.Curve != "" || p.X509.Subject != "CN=client.contoso.com, O=Contoso" || p.Issuer.Name != "self" {
		t.Errorf("got %+v %+v %+v", p.Key, p.X509, p.Issuer)
	}
	_, err = f.UpdateCertificatePolicy(f.ctx, f.admin, "kv-contoso", "client", Policy{Key: &KeyProperties{Type: TypeRSA, Size: 17}})
	code(t, err, azerr.KVBadParameter)
	_, err = f.GetCertificatePolicy(f.ctx, f.admin, "kv-contoso", "absent")
	code(t, err, azerr.KVCertificateNotFound)
}

func TestIssuersAndContacts(t *testing.T) {
	f := newFixture(t)
	_, err := f.SetIssuer(f.ctx, f.admin, "kv-contoso", "digi", SetIssuer{Provider: ptr("DigiCert"), AccountID: ptr("acc"), Password: ptr("hidden")})
	f.must(err)
	policy := ecPolicy()
	policy.Issuer.Name = "digi"
	_, err = f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "c", CreateCertificate{Policy: policy})
	code(t, err, azerr.KVNotSupported, "DigiCert", "merge")
	i, err := f.UpdateIssuer(f.ctx, f.admin, "kv-contoso", "digi", SetIssuer{Enabled: ptr(false)})
	f.must(err)
	if i.Enabled || i.AccountID != "acc" {
		t.Errorf("got %+v", i)
	}
	for n := range 30 {
		_, err := f.SetIssuer(f.ctx, f.admin, "kv-contoso", fmt.Sprintf("i%02d", n), SetIssuer{Provider: ptr("Test")})
		f.must(err)
	}
	first, err := f.ListIssuers(f.ctx, f.admin, "kv-contoso", ListOptions{})
	f.must(err)
	second, err := f.ListIssuers(f.ctx, f.admin, "kv-contoso", ListOptions{Token: first.Next})
	f.must(err)
	if len(first.Items) != 25 || len(second.Items) != 6 || second.Next != "" {
		t.Errorf("got pages of %d and %d", len(first.Items), len(second.Items))
	}
	_, err = f.DeleteIssuer(f.ctx, f.admin, "kv-contoso", "digi")
	f.must(err)
	_, err = f.GetIssuer(f.ctx, f.admin, "kv-contoso", "digi")
	code(t, err, azerr.KVIssuerNotFound)
	_, err = f.GetContacts(f.ctx, f.admin, "kv-contoso")
	code(t, err, azerr.KVContactsNotFound)
	_, err = f.SetContacts(f.ctx, f.admin, "kv-contoso", []Contact{{Email: "nobody"}})
	code(t, err, azerr.KVBadParameter)
	_, err = f.SetContacts(f.ctx, f.admin, "kv-contoso", []Contact{{Email: "ops@contoso.com"}})
	f.must(err)
	gone, err := f.DeleteContacts(f.ctx, f.admin, "kv-contoso")
	f.must(err)
	if len(gone) != 1 {
		t.Errorf("got %v", gone)
	}
}

func TestBackup(t *testing.T) {
	f := newFixture(t)
	c := f.selfSigned("client")
	before, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	blob, err := f.BackupCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	if bytes.Contains(blob, []byte("client")) {
		t.Error("a backup must be encrypted")
	}
	_, err = f.RestoreCertificate(f.ctx, f.admin, "kv-contoso", blob)
	code(t, err, azerr.KVExists)
	_, err = f.DeleteCertificate(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	_, err = f.RestoreCertificate(f.ctx, f.admin, "kv-contoso", blob)
	code(t, err, azerr.KVDeletedButRecoverable)
	f.must(f.PurgeCertificate(f.ctx, f.admin, "kv-contoso", "client"))
	back, err := f.RestoreCertificate(f.ctx, f.admin, "kv-contoso", blob)
	f.must(err)
	after, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	if back.Version != c.Version || after.Value != before.Value {
		t.Error("what was restored is not what was backed up")
	}
	blob[len(blob)/2] ^= 1
	_, err = f.RestoreCertificate(f.ctx, f.admin, "kv-contoso", blob)
	code(t, err, azerr.KVBadParameter, "was changed")
	blob[len(blob)/2] ^= 1
	_, err = f.RestoreSecret(f.ctx, f.admin, "kv-contoso", blob)
	code(t, err, azerr.KVBadParameter, "it holds a certificate, not a secret")
	_, err = f.RestoreSecret(f.ctx, f.admin, "kv-contoso", []byte("x"))
	code(t, err, azerr.KVBadParameter, "not a backup")
}

// FuzzCSR: whatever policy is taken makes a signing request, and a certificate, that
// others can read.
func FuzzCSR(f *testing.F) {
	f.Add("CN=client.contoso.com, O=Contoso", "www.contoso.com", "ops@contoso.com", "10.0.0.1", "1.3.6.1.5.5.7.3.2", uint16(3), 12)
	f.Add("", "*.contoso.com", "user@contoso.com", "2001:db8::1", "", uint16(0), 1200)
	f.Add(`CN="a ""b""", OU=\+x+L=\2c`, "xn--", "", "::ffff:10.0.0.1", "2.5.29.37.0", uint16(511), 1)
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, subject, dns, mail, ip, eku string, usage uint16, months int) {
		x := &X509Properties{Subject: subject, Months: months}
		if dns != "" || mail != "" || ip != "" {
			x.SANs = &AltNames{DNS: []string{dns}, Emails: []string{mail}, UPNs: []string{mail}, IPs: []string{ip}}
		}
		if eku != "" {
			x.EKUs = []string{eku}
		}
		for i, name := range keyUsages {
			if usage>>i&1 == 1 {
				x.KeyUsage = append(x.KeyUsage, name)
			}
		}
		asked := ecPolicy()
		asked.X509 = x
		p, err := asked.complete()
		if err != nil {
			return
		}
		der, err := signingRequest(p, signer)
		if err != nil {
			return
		}
		request, err := x509.ParseCertificateRequest(der)
		if err != nil {
			t.Fatalf("%+v: %v", x, err)
		}
		if err := request.CheckSignature(); err != nil {
			t.Error(err)
		}
		if _, err := selfSigned(p, signer, now); err != nil && !errors.Is(err, azerr.KVBadParameter) {
			t.Errorf("%+v: %v", x, err)
		}
	})
}

// FuzzMerge: whatever is merged is refused or a certificate of the pending key.
func FuzzMerge(f *testing.F) {
	v := newFixture(f)
	files := newFiles(f, v)
	f.Add(files.client.Leaf.Raw, files.inter.Certificate.Raw)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), []byte{})
	policy := ecPolicy()
	policy.Issuer = nil
	_, err := v.CreateCertificate(v.ctx, v.admin, "kv-contoso", "c", CreateCertificate{Policy: policy})
	v.must(err)
	f.Fuzz(func(t *testing.T, leaf, chain []byte) {
		_, err := v.MergeCertificate(v.ctx, v.admin, "kv-contoso", "c", MergeCertificate{Certificates: [][]byte{leaf, chain}})
		if err == nil || azerr.From(err).Kind.Status != 400 {
			t.Errorf("got %v, want 400: no fuzzer has the key's certificate", err)
		}
		v.log.take()
	})
}
