package apim

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
	"gatehouse/internal/resourceid"
)

func keyVault(identifier string) map[string]any {
	return properties("keyVault", map[string]any{"secretIdentifier": identifier})
}

func TestCertificateUpload(t *testing.T) {
	w := newWorld(t)
	w.makeService()
	id := w.below("certificates", "client")
	b := w.client("upload client")
	r := w.mustPut(id, properties("data", w.pfx(b, "pw"), "password", "pw"))
	if r.Properties["subject"] != "CN=upload client" || r.Properties["thumbprint"] != pki.Thumbprint(b.Leaf) || r.Properties["data"] != nil || r.Properties["password"] != nil {
		t.Errorf("%v", r.Properties)
	}
	if _, cert, err := mustStored(t, w, id).Bundle(); err != nil || cert == nil || cert.PrivateKey == nil {
		t.Errorf("what is kept: %v, %v", cert, err)
	}
	expired := w.client("old", func(o *testca.Options) {
		o.NotBefore, o.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
	})
	whole := w.pfx(b, "pw")
	for _, c := range []struct {
		name       string
		body       map[string]any
		code, part string
	}{
		{"the wrong password", properties("data", w.pfx(b, "pw"), "password", "no"), "ValidationError", "password"},
		{"a truncated PFX", properties("data", whole[:len(whole)/8*4], "password", "pw"), "ValidationError", ""},
		{"not base64", properties("data", "%%"), "ValidationError", "base64"},
		{"nothing", properties(), "ValidationError", "must not be empty"},
		{"both", properties("data", "AAAA", "keyVault", map[string]any{"secretIdentifier": "https://kv.vault.azure.net/secrets/s"}), "ValidationError", "not both"},
		{"an expired one", properties("data", w.pfx(expired, "pw"), "password", "pw"), "InvalidParameters", "Certificate with id 'client' has expired"},
		{"an expired public one", properties("data", base64.StdEncoding.EncodeToString(expired.Leaf.Raw)), "", ""},
	} {
		_, err := w.put(id, c.body)
		wants(t, c.name, err, c.code, c.part)
	}
}

func mustStored(t *testing.T, w *world, id resourceid.ID) *Stored {
	t.Helper()
	r, err := w.arm.Stored(t.Context(), id)
	if err != nil || r == nil {
		t.Fatal(r, err)
	}
	s, err := CertificateOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCertificateFromVault(t *testing.T) {
	w := newWorld(t)
	id := w.below("certificates", "client")
	b := w.client("vault client")
	w.vault.secrets["kv/client"] = w.pfx(b, "")
	w.vault.secrets["kv/client/0123456789abcdef0123456789abcdef"] = w.pfx(w.client("first version"), "")
	pem, err := pki.EncodePEM(b)
	if err != nil {
		t.Fatal(err)
	}
	w.vault.secrets["kv/pem"] = string(pem)
	w.vault.secrets["kv/public"] = string(pki.EncodeCertificatesPEM(b.Leaf))
	w.vault.secrets["kv/text"] = "not a certificate"
	w.vault.secrets["kv/old"] = w.pfx(w.client("old", func(o *testca.Options) {
		o.NotBefore, o.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
	}), "")
	const kv = "https://kv.vault.azure.net/secrets/"

	w.mustPut(w.service, serviceBody(func(b map[string]any) { delete(b, "identity") }))
	_, err = w.put(id, keyVault(kv+"client"))
	wants(t, "without an identity", err, "InvalidParameters", "has no system-assigned managed identity")
	who := w.makeService()
	_, err = w.put(id, keyVault(kv+"client"))
	wants(t, "an identity without a role", err, "InvalidParameters", "Failed to access KeyVault Secret "+kv+"client using Managed Service Identity")
	if there, _ := w.p.exists(t.Context(), id); there {
		t.Error("the refused PUT left a certificate")
	}
	w.vault.allow(who.ObjectID, true)
	for _, c := range []struct{ name, identifier, code, part string }{
		{"a missing secret", kv + "none", "InvalidParameters", "A secret with (name/id) none was not found"},
		{"a missing vault", "https://none.vault.azure.net/secrets/s", "InvalidParameters", "there is no key vault 'none'"},
		{"a secret without the key", kv + "public", "InvalidParameters", "Certificate with id 'client' does not contain private key."},
		{"a secret of something else", kv + "text", "InvalidParameters", "does not hold a certificate"},
		{"an expired certificate", kv + "old", "InvalidParameters", "Certificate with id 'client' has expired"},
		{"a certificate's identifier", "https://kv.vault.azure.net/certificates/client", "ValidationError", "only accepts KeyVault Secrets type"},
		{"another host", "https://kv.example.com/secrets/client", "ValidationError", "identifier is not valid"},
		{"no identifier", "", "ValidationError", "must not be empty"},
		{"PEM", kv + "pem", "", ""},
		{"a trailing slash", kv + "client/", "", ""},
		{"a version", kv + "client/0123456789abcdef0123456789abcdef", "", ""},
	} {
		_, err := w.put(id, keyVault(c.identifier))
		wants(t, c.name, err, c.code, c.part)
	}
	if r, _ := w.arm.Lookup(t.Context(), id); r.Properties["subject"] != "CN=first version" {
		t.Errorf("the version was not taken: %v", r.Properties)
	}
	r := w.mustPut(id, keyVault(kv+"client"))
	status := r.Properties["keyVault"].(map[string]any)["lastStatus"].(map[string]any)
	if r.Properties["thumbprint"] != pki.Thumbprint(b.Leaf) || status["code"] != "Success" {
		t.Errorf("%v", r.Properties)
	}
	_, err = w.put(id, properties("keyVault", map[string]any{"secretIdentifier": kv + "client", "identityClientId": "0"}))
	wants(t, "another identity", err, "NotSupported", "identityClientId")
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	who := w.makeService()
	w.vault.allow(who.ObjectID, true)
	w.vault.secrets["kv/client"] = w.pfx(w.client("one"), "")
	w.vault.secrets["kv/value"] = "1"
	cert, value := w.below("certificates", "client"), w.below("namedValues", "value")
	w.mustPut(cert, keyVault("https://kv.vault.azure.net/secrets/client"))
	w.run()
	w.mustPut(value, properties("displayName", "value", "keyVault", map[string]any{"secretIdentifier": "https://KV.vault.azure.net/secrets/Value"}))
	subject := func() string {
		r, err := w.arm.Lookup(t.Context(), cert)
		if err != nil {
			t.Fatal(err)
		}
		return text(r, "subject")
	}
	w.vault.set("client", w.pfx(w.client("two"), ""))
	w.eventually("the new version", func() bool { return subject() == "CN=two" })

	w.vault.set("client", "broken")
	w.eventually("the failure in lastStatus", func() bool { r, _ := w.arm.Lookup(t.Context(), cert); return failedStatus(r) })
	if subject() != "CN=two" {
		t.Errorf("a broken version replaced the last good one: %s", subject())
	}
	w.vault.set("client", w.pfx(w.client("three"), ""))
	w.eventually("the version after the broken one", func() bool {
		r, _ := w.arm.Lookup(t.Context(), cert)
		return subject() == "CN=three" && !failedStatus(r)
	})

	// A role that is taken away and given back: no event tells of it, retries find it.
	w.vault.allow(who.ObjectID, false)
	w.vault.set("client", w.pfx(w.client("four"), ""))
	w.eventually("Forbidden in lastStatus", func() bool {
		r, _ := w.arm.Lookup(t.Context(), cert)
		return r.Properties["keyVault"].(map[string]any)["lastStatus"].(map[string]any)["code"] == "Forbidden"
	})
	w.vault.allow(who.ObjectID, true)
	w.eventually("the version after the role came back", func() bool { return subject() == "CN=four" })
}

func TestRefreshOfNamedValue(t *testing.T) {
	w := newWorld(t)
	who := w.makeService()
	w.vault.allow(who.ObjectID, true)
	w.vault.secrets["kv/value"] = "1"
	id := w.below("namedValues", "value")
	r := w.mustPut(id, properties("displayName", "value", "keyVault", map[string]any{"secretIdentifier": "https://KV.vault.azure.net/secrets/value"}))
	if r.Properties["value"] != nil || r.Properties["secret"] != true {
		t.Errorf("%v", r.Properties)
	}
	w.run()
	now := func() string {
		r, err := w.arm.Stored(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return ValueOf(r)
	}
	w.vault.set("value", "2")
	w.eventually("the new value", func() bool { return now() == "2" })
}

// A version that comes while a PUT has read the old one is not lost.
func TestChangeDuringPut(t *testing.T) {
	w := newWorld(t)
	who := w.makeService()
	w.vault.allow(who.ObjectID, true)
	w.run()
	w.vault.secrets["kv/client"] = w.pfx(w.client("old"), "")
	next := w.pfx(w.client("new"), "")
	w.vault.onRead = func() {
		w.vault.secrets["kv/client"] = next // the vault's lock is held
		w.vault.events <- vaultEvent("client")
		for w.p.refs.count() == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	id := w.below("certificates", "client")
	w.mustPut(id, keyVault("https://kv.vault.azure.net/secrets/client"))
	w.eventually("the version that came during the PUT", func() bool {
		r, err := w.arm.Lookup(t.Context(), id)
		return err == nil && strings.Contains(text(r, "subject"), "new")
	})
}
