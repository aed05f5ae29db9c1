package app

import (
	"testing"

	"gatehouse/internal/edge"
)

// TestForbiddenBackends: policies and backends reach gateways, vaults and the world, but never the control
// plane or sign-in, under Azure's names and under a site's own.
func TestForbiddenBackends(t *testing.T) {
	site := edge.Names{Management: "management.contoso.example", Login: "login.contoso.example", Graph: "graph.contoso.example",
		DevOps: "pipelines.contoso.example", Vaults: "vault.contoso.example", Gateways: "gateway.contoso.example"}
	for _, c := range []struct {
		names edge.Names
		host  string
		want  bool
	}{
		{edge.AzureNames(), "management.azure.com", true},
		{edge.AzureNames(), "Login.MicrosoftOnline.com", true},
		{edge.AzureNames(), "graph.microsoft.com", true},
		{edge.AzureNames(), "dev.azure.com", true},
		{edge.AzureNames(), "kv-contoso.vault.azure.net", false},
		{edge.AzureNames(), "KV-Contoso.Vault.Azure.net", false},
		{edge.AzureNames(), "contoso.azure-api.net", false},
		{edge.AzureNames(), "api.contoso.example", false},
		{site, "management.contoso.example", true},
		{site, "login.contoso.example", true},
		{site, "graph.contoso.example", true},
		{site, "pipelines.contoso.example", true},
		{site, "kv.vault.contoso.example", false},
		{site, "orders.gateway.contoso.example", false},
	} {
		s := &server{set: settings{names: c.names}}
		if got := s.forbiddenBackend(c.host); got != c.want {
			t.Errorf("forbiddenBackend(%q) = %v, want %v", c.host, got, c.want)
		}
	}
}
