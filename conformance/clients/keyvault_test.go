package clients

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// inVault is a part of the walk through Azure CLI's keyvault commands.
type inVault struct{ name string }

// TestAzureCLIKeyVault walks all data-plane command groups of az keyvault, and the rules of
// the vault's network.
func TestAzureCLIKeyVault(t *testing.T) {
	azure(t, nil, "login", "--service-principal", "-u", s.vars["AZURE_CLIENT_ID"], "-p", s.vars["AZURE_CLIENT_SECRET"], "--tenant", s.vars["AZURE_TENANT_ID"])
	azure(t, nil, "group", "create", "-n", "rg-keyvault", "-l", "westeurope")
	v := inVault{"kv-commands"}
	azure(t, nil, "keyvault", "create", "-n", v.name, "-g", "rg-keyvault", "-l", "westeurope")
	t.Run("secret", v.secret)
	t.Run("key", v.key)
	t.Run("key operations", v.keyOperations)
	t.Run("certificate", v.certificate)
	t.Run("certificate pending", v.pending)
	t.Run("certificate contact", v.contacts)
	t.Run("certificate issuer", v.issuers)
	t.Run("network-rule", v.network)
	t.Run("vault", v.vault)
	azure(t, nil, "group", "delete", "-n", "rg-keyvault", "--yes")
}

// az runs keyvault words..., in this vault, and decodes its answer into out.
func (v inVault) az(t *testing.T, out any, words string, args ...string) {
	t.Helper()
	azure(t, out, v.args(words, args)...)
}

func (v inVault) args(words string, args []string) []string {
	all := append([]string{"keyvault"}, strings.Fields(words)...)
	return append(append(all, "--vault-name", v.name), args...)
}

// want runs it with a query and compares the text.
func (v inVault) want(t *testing.T, want, query, words string, args ...string) {
	t.Helper()
	out, errs, err := s.command(s.az, append(v.args(words, args), "--query", query, "-o", "tsv")...)
	if err != nil || strings.TrimSpace(out) != want {
		t.Errorf("az keyvault %s %v: got %q (%v), want %q\n%s", words, args, strings.TrimSpace(out), err, want, errs)
	}
}

// text is what a query gives.
func (v inVault) text(t *testing.T, query, words string, args ...string) string {
	t.Helper()
	out, errs, err := s.command(s.az, append(v.args(words, args), "--query", query, "-o", "tsv")...)
	if err != nil {
		t.Fatalf("az keyvault %s %v: %v\n%s", words, args, err, errs)
	}
	return strings.TrimSpace(out)
}

func (v inVault) refused(t *testing.T, want, words string, args ...string) {
	t.Helper()
	refused(t, want, v.args(words, args)...)
}

// lifecycle deletes, recovers, purges and restores an object of kind from a backup.
func (v inVault) lifecycle(t *testing.T, kind, id, name string) {
	t.Helper()
	backup := kind + ".backup"
	before := v.text(t, id, kind+" show", "-n", name)
	v.az(t, nil, kind+" backup", "-n", name, "-f", backup)
	v.az(t, nil, kind+" delete", "-n", name)
	v.refused(t, "NotFound", kind+" show", "-n", name)
	v.want(t, "1", "length(@)", kind+" list-deleted")
	v.want(t, before, id, kind+" show-deleted", "-n", name)
	v.refused(t, "Conflict", kind+" restore", "-f", backup)
	v.want(t, before, id, kind+" recover", "-n", name)
	v.refused(t, "Conflict", kind+" restore", "-f", backup)
	v.az(t, nil, kind+" delete", "-n", name)
	out, errs, err := s.command(s.az, v.args(kind+" purge", []string{"-n", name})...)
	if err != nil {
		t.Fatalf("az keyvault %s purge: %v\n%s%s", kind, err, out, errs)
	}
	v.want(t, "0", "length(@)", kind+" list-deleted")
	v.want(t, before, id, kind+" restore", "-f", backup)
	v.want(t, before, id, kind+" show", "-n", name)
}

func (v inVault) secret(t *testing.T) {
	v.az(t, nil, "secret set", "-n", "s", "--value", "first", "--description", "text/plain", "--tags", "team=platform",
		"--not-before", "2020-01-01T00:00:00Z", "--expires", "2099-01-01T00:00:00Z")
	v.want(t, "text/plain\tplatform\t2099-01-01T00:00:00+00:00", "[contentType, tags.team, attributes.expires]|join('\t', @)", "secret show", "-n", "s")
	v.az(t, nil, "secret set", "-n", "s", "--value", "second")
	v.want(t, "2", "length(@)", "secret list-versions", "-n", "s")
	v.want(t, "second", "value", "secret show", "-n", "s")
	v.want(t, "application/json", "contentType", "secret set-attributes", "-n", "s", "--content-type", "application/json")
	v.az(t, nil, "secret set-attributes", "-n", "s", "--enabled", "false")
	v.refused(t, "disabled secret", "secret show", "-n", "s")
	v.az(t, nil, "secret set-attributes", "-n", "s", "--enabled", "true")
	if _, errs, err := s.command(s.az, v.args("secret download", []string{"-n", "s", "-f", "secret.txt"})...); err != nil {
		t.Fatal(errs)
	}
	if b, err := os.ReadFile(filepath.Join(s.dir, "secret.txt")); err != nil || string(b) != "second" {
		t.Errorf("secret download: got %q, %v", b, err)
	}
	v.want(t, "base64", `tags."file-encoding"`, "secret set", "-n", "from-file", "-f", "secret.txt", "--encoding", "base64")
	v.want(t, "2", "length(@)", "secret list")
	v.lifecycle(t, "secret", "id", "s")
	v.refused(t, "Conflict", "secret restore", "-f", "secret.backup")
}

func (v inVault) key(t *testing.T) {
	v.want(t, "EC", "key.kty", "key create", "-n", "k", "--kty", "EC", "--curve", "P-384")
	first := v.text(t, "key.kid", "key show", "-n", "k")
	if second := v.text(t, "key.kid", "key rotate", "-n", "k"); second == first {
		t.Error("key rotate made no version")
	}
	v.want(t, "2", "length(@)", "key list-versions", "-n", "k")
	v.want(t, "P2Y", "expiresIn", "key rotation-policy update", "-n", "k", "--value",
		`{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P90D"},"action":{"type":"Rotate"}}],"attributes":{"expiryTime":"P2Y"}}`)
	v.want(t, "P90D", "lifetimeActions[?action=='Rotate'].timeAfterCreate|[0]", "key rotation-policy show", "-n", "k")
	v.want(t, "false", "attributes.enabled", "key set-attributes", "-n", "k", "--enabled", "false")
	v.az(t, nil, "key set-attributes", "-n", "k", "--enabled", "true", "--tags", "a=b")
	v.want(t, "b", "tags.a", "key show", "-n", "k")
	v.lifecycle(t, "key", "key.kid", "k")
}

func (v inVault) keyOperations(t *testing.T) {
	v.az(t, nil, "key create", "-n", "rsa", "--size", "2048")
	v.az(t, nil, "key create", "-n", "ec", "--kty", "EC", "--curve", "P-256")
	message := base64.StdEncoding.EncodeToString([]byte("hello"))
	sum := sha256.Sum256([]byte("hello"))
	digest := base64.StdEncoding.EncodeToString(sum[:])
	for _, algorithm := range []string{"RSA-OAEP", "RSA-OAEP-256", "RSA1_5"} {
		cipher := v.text(t, "result", "key encrypt", "-n", "rsa", "-a", algorithm, "--value", message)
		v.want(t, message, "result", "key decrypt", "-n", "rsa", "-a", algorithm, "--value", cipher)
	}
	for algorithm, name := range map[string]string{"ES256": "ec", "PS256": "rsa", "RS256": "rsa"} {
		signature := v.text(t, "signature", "key sign", "-n", name, "-a", algorithm, "--digest", digest)
		v.want(t, "true", "isValid", "key verify", "-n", name, "-a", algorithm, "--digest", digest, "--signature", signature)
	}
	if _, errs, err := s.command(s.az, v.args("key download", []string{"-n", "ec", "-f", "ec.pem"})...); err != nil {
		t.Fatal(errs)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "own.pem", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	v.want(t, "EC\tP-256", "[key.kty, key.crv]|join('\t', @)", "key import", "-n", "imported", "--pem-file", "own.pem")
	v.want(t, "3", "length(@[?name!='k'])", "key list")
}

// policy writes a policy file for an issuer.
func policy(t *testing.T, name, issuer string) {
	write(t, name, `{"issuerParameters":{"name":"`+issuer+`"},"keyProperties":{"exportable":true,"keyType":"EC","curve":"P-256","reuseKey":false},
		"secretProperties":{"contentType":"application/x-pem-file"},"x509CertificateProperties":{"subject":"CN=client.example.com","validityInMonths":12}}`)
}

func (v inVault) certificate(t *testing.T) {
	policy(t, "self.json", "Self")
	for range 2 {
		v.want(t, "completed", "status", "certificate create", "-n", "c", "-p", "@self.json")
	}
	v.want(t, "2", "length(@)", "certificate list-versions", "-n", "c")
	v.want(t, "b", "tags.a", "certificate set-attributes", "-n", "c", "--tags", "a=b")
	if _, errs, err := s.command(s.az, v.args("certificate download", []string{"-n", "c", "-f", "c.pem"})...); err != nil {
		t.Fatal(errs)
	}
	if b, err := os.ReadFile(filepath.Join(s.dir, "c.pem")); err != nil || !strings.HasPrefix(string(b), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("certificate download: got %q, %v", b, err)
	}
	v.refused(t, "Conflict", "secret set", "-n", "c", "--value", "x")
	v.lifecycle(t, "certificate", "id", "c")
}

// pending completes a certificate with a CA outside, and gives another one up.
func (v inVault) pending(t *testing.T) {
	policy(t, "unknown.json", "Unknown")
	v.want(t, "inProgress", "status", "certificate create", "-n", "external", "-p", "@unknown.json")
	der, err := base64.StdEncoding.DecodeString(v.text(t, "csr", "certificate pending show", "-n", "external"))
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "foreign.crt", signed(t, request, false))
	v.refused(t, "BadParameter", "certificate pending merge", "-n", "external", "-f", "foreign.crt")
	write(t, "external.crt", signed(t, request, true))
	v.az(t, nil, "certificate pending merge", "-n", "external", "-f", "external.crt")
	v.want(t, "CN=client.example.com", "policy.x509CertificateProperties.subject", "certificate show", "-n", "external")
	v.az(t, nil, "certificate create", "-n", "given-up", "-p", "@unknown.json")
	v.az(t, nil, "certificate pending delete", "-n", "given-up")
	v.refused(t, "NotFound", "certificate pending show", "-n", "given-up")
}

// signed makes a certificate for the request, or for another key.
func signed(t *testing.T, r *x509.CertificateRequest, own bool) string {
	t.Helper()
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example CA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: r.Subject, NotBefore: root.NotBefore, NotAfter: root.NotAfter}
	key := r.PublicKey
	if !own {
		key = &ca.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, key, ca)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func (v inVault) contacts(t *testing.T) {
	v.az(t, nil, "certificate contact add", "--email", "a@example.com", "--name", "A", "--phone", "123")
	v.az(t, nil, "certificate contact add", "--email", "b@example.com")
	v.want(t, "2", "length(contactList)", "certificate contact list")
	v.want(t, "b@example.com", "contactList[0].emailAddress", "certificate contact delete", "--email", "a@example.com")
}

func (v inVault) issuers(t *testing.T) {
	v.az(t, nil, "certificate issuer create", "--issuer-name", "i", "--provider-name", "Test", "--account-id", "account", "--password", "p", "--organization-id", "o")
	v.want(t, "1", "length(@)", "certificate issuer list")
	v.want(t, "Test", "provider", "certificate issuer show", "--issuer-name", "i")
	v.want(t, "other", "credentials.accountId", "certificate issuer update", "--issuer-name", "i", "--account-id", "other")
	v.az(t, nil, "certificate issuer admin add", "--issuer-name", "i", "--email", "b@example.com", "--first-name", "B")
	v.want(t, "b@example.com", "[0].emailAddress", "certificate issuer admin list", "--issuer-name", "i")
	if _, errs, err := s.command(s.az, v.args("certificate issuer admin delete", []string{"--issuer-name", "i", "--email", "b@example.com"})...); err != nil {
		t.Error(errs)
	}
	v.az(t, nil, "certificate issuer delete", "--issuer-name", "i")
	v.refused(t, "NotFound", "certificate issuer show", "--issuer-name", "i")
}

func (v inVault) network(t *testing.T) {
	rule := func(words string, args ...string) {
		t.Helper()
		azure(t, nil, append(append([]string{"keyvault"}, strings.Fields(words)...), append([]string{"-n", v.name, "-g", "rg-keyvault"}, args...)...)...)
	}
	rule("network-rule add", "--ip-address", "203.0.113.0/24")
	rule("update", "--default-action", "Deny")
	v.refused(t, "Client address is not authorized", "secret show", "-n", "s")
	rule("network-rule add", "--ip-address", "127.0.0.1/32")
	v.want(t, "second", "value", "secret show", "-n", "s")
	rule("network-rule remove", "--ip-address", "127.0.0.1/32")
	v.refused(t, "Client address is not authorized", "secret show", "-n", "s")
	rule("update", "--default-action", "Allow")
}

func (v inVault) vault(t *testing.T) {
	azure(t, nil, "keyvault", "delete", "-n", v.name, "-g", "rg-keyvault")
	listed := func() bool { // beside the vaults of other tests
		var deleted []struct{ Name string }
		azure(t, &deleted, "keyvault", "list-deleted")
		return slices.ContainsFunc(deleted, func(d struct{ Name string }) bool { return d.Name == v.name })
	}
	if !listed() {
		t.Errorf("keyvault list-deleted lacks %s", v.name)
	}
	azure(t, nil, "keyvault", "recover", "-n", v.name)
	v.want(t, "second", "value", "secret show", "-n", "s")
	azure(t, nil, "keyvault", "delete", "-n", v.name, "-g", "rg-keyvault")
	if _, errs, err := s.command(s.az, "keyvault", "purge", "-n", v.name); err != nil {
		t.Errorf("keyvault purge: %s", errs)
	}
	if listed() {
		t.Errorf("keyvault list-deleted has %s after its purge", v.name)
	}
}
