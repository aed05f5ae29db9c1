package keyvault

import (
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/deploy"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// real is the provider with a real vault behind it, and deployments.
type real struct {
	*server
	vault *vault.Service
	at    string
}

func startReal(t *testing.T) *real {
	r := &real{server: &server{}}
	var deployments *deploy.Service
	r.Server = armtest.New(t, func(a *arm.Service) {
		resources.New(resources.Options{ARM: a})
		r.p = New(Options{ARM: a})
		deployments = deploy.New(deploy.Options{ARM: a, Now: a.Now})
		a.Register(deployments.Types()...)
	})
	r.vault = vault.New(vault.Options{Store: r.Store, Directory: r.p, Authorizer: r.Rights, Audit: r.Audit, Now: r.Now})
	r.p.SetVault(r.vault)
	r.Group("rg")
	r.at = r.vaultID("rg", "vault1")
	r.Want(201, "PUT", r.at, vaultBody(minimal))
	return r
}

func TestKeys(t *testing.T) {
	r := startReal(t)
	at := r.at + "/keys/k1"
	r.Want(404, "GET", at, "")
	made := r.Want(200, "PUT", at, `{"tags":{"a":"b"},"properties":{"kty":"EC","curveName":"P-384","keyOps":["sign"],"attributes":{"exp":1893456000},
		"rotationPolicy":{"attributes":{"expiryTime":"P1Y"},"lifetimeActions":[{"action":{"type":"rotate"},"trigger":{"timeBeforeExpiry":"P30D"}}]}}}`)
	for path, want := range map[string]string{"id": at, "type": "Microsoft.KeyVault/vaults/keys", "properties/kty": "EC", "properties/curveName": "P-384", "properties/keyUri": "https://vault1.vault.azure.net/keys/k1",
		"properties/rotationPolicy/attributes/expiryTime": "P1Y", "properties/attributes/recoveryLevel": "Recoverable+Purgeable", "tags/a": "b"} {
		if got := made.String(path); got != want {
			t.Errorf("%s = %q, want %q: %s", path, got, want, made.Text)
		}
	}
	if made.At("properties/attributes/exp") != 1893456000.0 {
		t.Errorf("exp: %s", made.Text)
	}
	// A second PUT changes nothing, whatever it asks for.
	if again := r.Want(200, "PUT", at, `{"properties":{"kty":"RSA"}}`); again.Text != made.Text {
		t.Errorf("the second PUT: %s", again.Text)
	}
	if shown := r.Want(200, "GET", at, ""); shown.Text != made.Text {
		t.Errorf("GET: %s", shown.Text)
	}
	version := made.String("properties/keyUriWithVersion")
	version = version[strings.LastIndexByte(version, '/')+1:]
	if v := r.Want(200, "GET", at+"/versions/"+version, ""); v.String("name") != version || v.String("type") != "Microsoft.KeyVault/vaults/keys/versions" {
		t.Errorf("version: %s", v.Text)
	}
	r.Want(404, "GET", at+"/versions/"+strings.Repeat("0", 32), "")
	r.Want(404, "GET", at+"/versions/x", "")
	r.Want(405, "PUT", at+"/versions/"+version, `{}`)
	if list := r.Want(200, "GET", at+"/versions", ""); strings.Join(list.Names(), " ") != version {
		t.Errorf("versions: %s", list.Text)
	}
	r.Want(200, "PUT", r.at+"/keys/k2", `{"properties":{"kty":"RSA"}}`)
	if list := r.Want(200, "GET", r.at+"/keys", ""); strings.Join(list.Names(), " ") != "k1 k2" {
		t.Errorf("list: %s", list.Text)
	}
	r.Want(403, "PUT", r.at+"/keys/k3", `{"properties":{"kty":"RSA"}}`, "Authorization: Bearer ann")
	r.Want(405, "DELETE", at, "")
}

// TestKeysRefused: what can't be made is refused, by validate before anything of a deployment is written.
func TestKeysRefused(t *testing.T) {
	r := startReal(t)
	for _, c := range []struct{ properties, text string }{
		{`{}`, "kty is missing"},
		{`{"kty":"oct"}`, "Managed HSM"},
		{`{"kty":"RSA-HSM"}`, "premium"},
		{`{"kty":"RSA","keySize":1000}`, "key_size"},
		{`{"kty":"RSA","keySize":"big"}`, "must be a number"},
		{`{"kty":7}`, "must be a string"},
		{`{"kty":"EC","keyOps":["encrypt"]}`, "key_ops"},
		{`{"kty":"EC","keyOps":"sign"}`, "list of strings"},
		{`{"kty":"EC","release_policy":{}}`, "Secure key release"},
		{`{"kty":"EC","rotationPolicy":{"attributes":{"expiryTime":"P1D"}}}`, "28 days"},
		{`{"kty":"EC","rotationPolicy":1}`, "must be an object"},
		{`{"kty":"EC","attributes":{"exp":"never"}}`, "seconds since 1970"},
	} {
		if got := r.Want(400, "PUT", r.at+"/keys/k", `{"properties":`+c.properties+`}`); !strings.Contains(got.Text, c.text) {
			t.Errorf("%s: %s", c.properties, got.Text)
		}
		template := `{"properties":{"mode":"Incremental","template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[
			{"type":"Microsoft.KeyVault/vaults/keys","apiVersion":"2023-07-01","name":"vault1/k","properties":` + c.properties + `}]}}}`
		if got := r.Do("POST", armtest.Scope+"/resourceGroups/rg/providers/Microsoft.Resources/deployments/d/validate", template); got.Status != 400 || got.Code() != "InvalidTemplateDeployment" || !strings.Contains(got.Text, c.text) {
			t.Errorf("validate %s: %s", c.properties, got.Text)
		}
	}
	r.Want(404, "GET", r.at+"/keys/k", "")
	r.Want(400, "PUT", r.at+"/keys/k_1", `{"properties":{"kty":"EC"}}`)
}

// TestTakenName: a secret can't have the name of a certificate, which validate tells before anything is written.
func TestTakenName(t *testing.T) {
	r := startReal(t)
	owner := armtest.Caller("owner")
	if _, err := r.vault.CreateCertificate(t.Context(), owner, "vault1", "shared", vault.CreateCertificate{Policy: selfSigned()}); err != nil {
		t.Fatal(err)
	}
	secret := `{"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2023-07-01","name":"vault1/shared","properties":{"value":"x"}}`
	template := `{"properties":{"mode":"Incremental","template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[` + secret + `]}}}`
	got := r.Want(400, "PUT", armtest.Scope+"/resourceGroups/rg/providers/Microsoft.Resources/deployments/d", template)
	if !strings.Contains(got.Text, "a certificate in this key vault has that name") {
		t.Errorf("got %s", got.Text)
	}
	if _, err := r.ARM.Get(t.Context(), owner, resourceid.MustParse(armtest.Scope+"/resourceGroups/rg/providers/Microsoft.Resources/deployments/d"), "2025-04-01"); err == nil {
		t.Error("the refused deployment left a record")
	}
}

func selfSigned() *vault.Policy {
	return &vault.Policy{Key: &vault.KeyProperties{Type: "EC", Curve: "P-256"}, X509: &vault.X509Properties{Subject: "CN=shared"}, Issuer: &vault.IssuerParameters{Name: "Self"}}
}
