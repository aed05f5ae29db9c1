package vaultapi

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/seal"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/vault"
)

// directory has one vault in the tenant's own subscription.
type directory struct{ config vault.Config }

func (d *directory) Vault(context.Context, string) (*vault.Config, error) { return &d.config, nil }

// BenchmarkGetSecretWhole is a GET of a secret through routing, token check, RBAC,
// decryption and the making of the audit record; the log's disk is apart.
func BenchmarkGetSecretWhole(b *testing.B) {
	ctx, dir := context.Background(), b.TempDir()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	below, err := bolt.Open(filepath.Join(dir, "data.db"), bolt.Options{NoSync: true})
	must(err)
	defer below.Close()
	root, err := seal.LoadOrCreateRootKey(filepath.Join(dir, "root.key"))
	must(err)
	st, err := seal.Open(ctx, below, root)
	must(err)
	tenant, err := identity.Open(ctx, st, identity.Options{})
	must(err)
	roles, err := authorization.Open(ctx, authorization.Options{Store: st, Identity: tenant})
	must(err)
	d := &directory{vault.Config{Name: "kv-contoso", Location: "westeurope", RBAC: true, SKU: "standard", TenantID: tenant.TenantID(),
		ResourceID: resourceid.MustParse("/subscriptions/" + tenant.SubscriptionID() + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-contoso")}}
	h := New(Options{Service: vault.New(vault.Options{Store: st, Directory: d, Authorizer: roles, Audit: audit.Discard{}}), Identity: tenant})
	token, _, err := tenant.IssueToken(ctx, tenant.User(), identity.AudienceVault)
	must(err)
	put := httptest.NewRequest("PUT", "https://kv-contoso.vault.azure.net/secrets/s", strings.NewReader(`{"value":"0123456789abcdef"}`))
	get := httptest.NewRequest("GET", "https://kv-contoso.vault.azure.net/secrets/s?api-version=7.4", nil)
	put.Header.Set("Authorization", "Bearer "+token)
	get.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, put); w.Code != 200 {
		b.Fatal(w.Body)
	}
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, get); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
