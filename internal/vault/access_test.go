package vault

import (
	"net/netip"
	"strings"
	"testing"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// TestForbiddenMessage is the message that pipelines print, line by line.
func TestForbiddenMessage(t *testing.T) {
	f := newFixture(t)
	c := f.caller("pipeline", "b24988ac-6180-42a0-ab88-20f7382dd24c", vaultID) // Contributor: no data actions
	_, err := f.ImportCertificate(f.ctx, c, "kv-contoso", "Client-Certificate", ImportCertificate{Value: "x"})
	code(t, err, azerr.KVForbiddenByRbac)
	want := "Caller is not authorized to perform action on resource.\r\n" +
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
		"Caller: appid=app-pipeline;oid=oid-pipeline;iss=https://sts.windows.net/" + tenant + "/\r\n" +
		"Action: 'Microsoft.KeyVault/vaults/certificates/import/action'\r\n" +
		"Resource: '/subscriptions/0a0a0a0a-0000-0000-0000-000000000001/resourcegroups/rg-contoso/providers/microsoft.keyvault/vaults/kv-contoso/certificates/client-certificate'\r\n" +
		"Assignment: (not found)\r\n" +
		"DecisionReason: 'DeniedWithNoValidRBAC' \r\n" +
		"Vault: kv-contoso;location=westeurope\r\n"
	if got := azerr.From(err).Message; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	records := f.log.take()
	if len(records) != 1 || records[0].Decision != audit.Denied || records[0].Status != 403 || records[0].Caller != "oid-pipeline" {
		t.Errorf("audit: got %+v", records)
	}
}

func TestObjectScope(t *testing.T) {
	f := newFixture(t)
	f.set("mine", "1")
	f.set("other", "2")
	c := f.caller("app", "4633458b-17de-408a-b874-0445c86b69e6", vaultID+"/secrets/mine") // Secrets User
	_, err := f.GetSecret(f.ctx, c, "kv-contoso", "MINE", "")
	f.must(err)
	_, err = f.GetSecret(f.ctx, c, "kv-contoso", "other", "")
	code(t, err, azerr.KVForbiddenByRbac)
	_, err = f.ListSecrets(f.ctx, c, "kv-contoso", ListOptions{})
	code(t, err, azerr.KVForbiddenByRbac)
}

func TestNetwork(t *testing.T) {
	f := newFixture(t)
	f.set("s", "1")
	f.cfg.Network = Network{DefaultAction: "Deny", IPRules: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}
	at := func(address string, trusted bool) error {
		c := f.admin
		c.TrustedService, c.Address = trusted, netip.Addr{}
		if address != "" {
			c.Address = netip.MustParseAddr(address)
		}
		_, err := f.GetSecret(f.ctx, c, "kv-contoso", "s", "")
		return err
	}
	code(t, at("203.0.113.7", false), azerr.KVForbiddenByFirewall, "Client address: 203.0.113.7", "kv-contoso;location=westeurope")
	code(t, at("", false), azerr.KVForbiddenByFirewall, "(unknown)")
	f.must(at("198.51.100.9", false))
	f.must(at("::ffff:198.51.100.9", false))
	f.must(at("203.0.113.7", true))
	f.cfg.Network.Bypass = "None"
	code(t, at("203.0.113.7", true), azerr.KVForbiddenByFirewall)
}

func TestAccessPolicies(t *testing.T) {
	f := newFixture(t)
	f.cfg.RBAC = false
	f.cfg.AccessPolicies = []AccessPolicy{
		{TenantID: tenant, ObjectID: "OID-admin", Secrets: []string{"All"}, Certificates: []string{"Get"}},
		{TenantID: "another", ObjectID: "oid-stranger", Secrets: []string{"all"}},
		{TenantID: tenant, ObjectID: "oid-user", ApplicationID: "app-other", Secrets: []string{"all"}},
	}
	f.set("s", "1")
	_, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "s", "")
	f.must(err)
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "s")
	f.must(err)
	code(t, f.PurgeSecret(f.ctx, f.admin, "kv-contoso", "s"), azerr.KVForbiddenByPolicy, "does not have secrets purge permission on key vault 'kv-contoso;location=westeurope'")
	_, err = f.ListKeys(f.ctx, f.admin, "kv-contoso", ListOptions{})
	code(t, err, azerr.KVForbiddenByPolicy, "keys list")
	for _, name := range []string{"stranger", "user", "nobody"} {
		_, err = f.GetSecret(f.ctx, f.caller(name, "", ""), "kv-contoso", "s", "")
		code(t, err, azerr.KVForbiddenByPolicy)
	}
}

func TestPurgeProtection(t *testing.T) {
	f := newFixture(t)
	f.cfg.PurgeProtection, f.cfg.SoftDeleteDays = true, 7
	s := f.set("s", "1")
	if s.Recovery != (Recovery{"CustomizedRecoverable", 7}) {
		t.Errorf("recovery: got %+v", s.Recovery)
	}
	_, err := f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "s")
	f.must(err)
	code(t, f.PurgeSecret(f.ctx, f.admin, "kv-contoso", "s"), azerr.KVPurgeProtected)
	_, err = f.RecoverSecret(f.ctx, f.admin, "kv-contoso", "s")
	f.must(err)
}

// TestAudit: one record for each operation; a failing log stops the operation,
// the secret does not leave and nothing is stored.
func TestAudit(t *testing.T) {
	f := newFixture(t)
	f.set("s", "hidden-value")
	_, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "s", "")
	f.must(err)
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "absent", "")
	code(t, err, azerr.KVSecretNotFound)
	records := f.log.take()
	if len(records) != 3 {
		t.Fatalf("got %d records, want 3", len(records))
	}
	for i, want := range []struct {
		action string
		status int
		result string
	}{
		{"Microsoft.KeyVault/vaults/secrets/setSecret/action", 200, "SetSecret Succeeded"},
		{"Microsoft.KeyVault/vaults/secrets/getSecret/action", 200, "GetSecret Succeeded"},
		{"Microsoft.KeyVault/vaults/secrets/getSecret/action", 404, "GetSecret SecretNotFound"},
	} {
		r := records[i]
		if r.Action != want.action || r.Status != want.status || r.Extra["operation"]+" "+r.Result != want.result || r.RequestID != "request-admin" || r.Decision != audit.Allowed || r.Address != "203.0.113.7" {
			t.Errorf("record %d: got %+v, want %+v", i, r, want)
		}
	}
	f.log.broken = true
	s, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "s", "")
	code(t, err, azerr.KVAudit, "audit record")
	if s != nil {
		t.Error("the secret left without a record")
	}
	_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "s", SetSecret{Value: "unrecorded"})
	code(t, err, azerr.KVAudit)
	f.log.broken = false
	s, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "s", "")
	f.must(err)
	if s.Value != "hidden-value" {
		t.Error("a write without a record was stored")
	}
}

// TestRoles checks every built-in Key Vault role against every operation, in one
// table: what stands here is allowed, all else is not.
func TestRoles(t *testing.T) {
	allowed := map[string]string{ // role: operations, as prefixes of their data actions
		administrator:                          "certificates/ certificatecas/ certificatecontacts/ secrets/ keys/ keyrotationpolicies/ rng/",
		"a4417e6f-fecd-4de8-b567-7b0420556985": "certificates/ certificatecas/ certificatecontacts/",
		"14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "keys/ keyrotationpolicies/",
		"12338af0-0e69-4776-bea7-57ae8d297424": "keys/read keys/update/action keys/backup/action keys/encrypt/action keys/decrypt/action keys/wrap/action keys/unwrap/action keys/sign/action keys/verify/action",
		"21090545-7ca7-4776-b22c-e363652d74d2": "certificates/read certificatecas/read keys/read keyrotationpolicies/read secrets/readMetadata/action",
		"b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "secrets/",
		"4633458b-17de-408a-b874-0445c86b69e6": "secrets/getSecret/action secrets/readMetadata/action",
		"db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": "certificates/read secrets/getSecret/action secrets/readMetadata/action keys/read",
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "",
		"b24988ac-6180-42a0-ab88-20f7382dd24c": "",
		"acdd72a7-3385-48ef-bd42-f606fba81ae7": "",
		"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "",
		"f58310d9-a9f6-439a-9e8d-f62e7b41a168": "",
		"312a565d-c81f-4fd8-895a-4e21e48d571c": "",
		"3913510d-42f4-4e42-8a64-420c390055eb": "",
	}
	f := newFixture(t)
	for id, list := range allowed {
		d, found := builtIn(id)
		if !found {
			t.Errorf("there is no role %s", id)
			continue
		}
		c := f.caller(d.ID, d.ID, vaultID)
		for _, op := range Operations {
			want := false
			for _, prefix := range strings.Fields(list) {
				want = want || strings.HasPrefix(op.Action, prefix)
			}
			err := f.authorize(f.ctx, c, f.cfg, op, f.cfg.ResourceID)
			if (err == nil) != want {
				t.Errorf("%s, %s (%s): allowed %v, want %v", d.Name, op.Name, op.Action, err == nil, want)
			}
		}
	}
	if len(Operations) != 64 {
		t.Errorf("there are %d operations, want 64", len(Operations))
	}
	if err := f.authorize(f.ctx, identity.Caller{}, f.cfg, OpGetSecret, f.cfg.ResourceID); err == nil {
		t.Error("nobody may read a secret")
	}
}
