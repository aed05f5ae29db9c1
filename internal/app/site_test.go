//go:build unix

package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// TestDomainChanges: a data folder that is served under another domain has its services and vaults there.
func TestDomainChanges(t *testing.T) {
	s := serve(t, "")
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "backend") }))
	defer backend.Close()
	s.deploy(backend.URL)
	service := group(s.c, "rg") + "/providers/Microsoft.ApiManagement/service/orders"
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.write("gateway.pem", string(must[[]byte](t)(pki.EncodePEM(s.server("*.gateway.fabrikam.example")))), 0o600)
	s.write("gatehouse.yaml", strings.ReplaceAll(siteConfig, "contoso.example", "fabrikam.example"), 0o644)
	s.start()
	until(t, "the API under the new name", func() bool {
		status, body, err := s.https("https://orders.gateway.fabrikam.example/a/x")
		return err == nil && status == 200 && body == "backend"
	})
	if status, _, err := s.https("https://orders.gateway.contoso.example/a/x"); err == nil && status == 200 {
		t.Error("the old name still serves")
	}
	var got struct {
		Properties struct {
			GatewayURL             string
			HostnameConfigurations []struct{ HostName string }
		}
	}
	if err := s.c.ARM(t.Context(), "GET", service, "2023-05-01-preview", nil, &got); err != nil {
		t.Fatal(err)
	}
	if p := got.Properties; p.GatewayURL != "https://orders.gateway.fabrikam.example" || len(p.HostnameConfigurations) != 1 || p.HostnameConfigurations[0].HostName != "orders.gateway.fabrikam.example" {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(s.stderr.String(), "since the domain of the instance has changed") {
		t.Errorf("the log does not say it:\n%s", s.stderr.String())
	}
}

// TestNamesOfSite: what tells clients and templates the instance's names tells the site's.
func TestNamesOfSite(t *testing.T) {
	s := serve(t, "")
	c := s.c
	ask := func(url string, out any) {
		t.Helper()
		if err := c.JSON(t.Context(), "GET", url, client.VaultAudience, nil, out); err != nil {
			t.Fatal(url, err)
		}
	}
	var openID map[string]any
	ask("https://login.microsoftonline.com/"+c.Info.TenantID+"/v2.0/.well-known/openid-configuration", &openID)
	for key, want := range map[string]string{"issuer": "https://login.contoso.example/", "token_endpoint": "https://login.contoso.example/", "jwks_uri": "https://login.contoso.example/",
		"userinfo_endpoint": "https://graph.contoso.example/", "msgraph_host": "graph.contoso.example"} {
		if got := fmt.Sprint(openID[key]); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %s", key, got)
		}
	}
	rg := group(c, "names")
	if err := c.ARM(t.Context(), "PUT", rg, "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	var made struct {
		Properties struct {
			Outputs struct {
				E struct{ Value map[string]any }
			}
		}
	}
	deployment := rg + "/providers/Microsoft.Resources/deployments/names"
	if err := c.ARM(t.Context(), "PUT", deployment, "2022-09-01", map[string]any{"properties": map[string]any{"mode": "Incremental", "template": map[string]any{
		"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []any{},
		"outputs": map[string]any{"e": map[string]any{"type": "object", "value": "[environment()]"}}}}}, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the deployment", func() bool {
		err := c.ARM(t.Context(), "GET", deployment, "2022-09-01", nil, &made)
		return err == nil && made.Properties.Outputs.E.Value != nil
	})
	e := made.Properties.Outputs.E.Value
	suffixes, _ := e["suffixes"].(map[string]any)
	authentication, _ := e["authentication"].(map[string]any)
	if e["resourceManager"] != "https://management.contoso.example/" || suffixes["keyvaultDns"] != ".vault.contoso.example" || authentication["loginEndpoint"] != "https://login.contoso.example/" {
		t.Errorf("environment() is %v", e)
	}
}

// TestRotationUnderServe: a new version in the vault reaches new connections within one second, both as the
// server's certificate and as the one that a backend sees, while requests run and none fails.
func TestRotationUnderServe(t *testing.T) {
	s := serve(t, "")
	clients := must[*testca.Authority](t)(testca.NewRoot(testca.Options{CommonName: "Contoso Clients", KeyType: "ec"}))
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	own := must[*pki.Bundle](t)(s.root.Server(testca.Options{CommonName: "localhost", KeyType: "ec"}))
	backend.TLS = &tls.Config{Certificates: []tls.Certificate{own.TLS()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients.Pool()}
	backend.StartTLS()
	defer backend.Close()
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	url := "https://localhost:" + port
	s.deploy(url)
	imported := func(name string, b *pki.Bundle) {
		t.Helper()
		pfx := must[[]byte](t)(pki.EncodePFX(b, ""))
		if err := s.c.JSON(t.Context(), "POST", "https://kv-site.vault.azure.net/certificates/"+name+"/import?api-version=7.4", client.VaultAudience,
			map[string]any{"value": base64.StdEncoding.EncodeToString(pfx)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	version := func(n int) *pki.Bundle {
		return must[*pki.Bundle](t)(clients.Client(testca.Options{CommonName: fmt.Sprint("gateway v", n), KeyType: "ec"}))
	}
	imported("outbound", version(1))
	s.useCertificate(url)
	const api = "https://orders.gateway.contoso.example/a/x"
	until(t, "the API", func() bool {
		status, body, err := s.https(api)
		return err == nil && status == 200 && body == "gateway v1"
	})

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var mu sync.Mutex
	failures, count := []string{}, 0
	for range 4 {
		wg.Go(func() {
			conn, err := tls.Dial("tcp", s.ready.Listen[0], &tls.Config{RootCAs: s.root.Pool(), ServerName: "orders.gateway.contoso.example"})
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for r := bufio.NewReader(conn); ctx.Err() == nil; {
				fmt.Fprint(conn, "GET /a/x HTTP/1.1\r\nHost: orders.gateway.contoso.example\r\n\r\n")
				resp, err := http.ReadResponse(r, nil)
				text := fmt.Sprint(err)
				if err == nil {
					b, _ := io.ReadAll(resp.Body)
					text = fmt.Sprint(resp.StatusCode, " ", string(b))
				}
				mu.Lock()
				if count++; !strings.HasPrefix(text, "200 gateway v") {
					failures = append(failures, text)
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	fastest := map[string]time.Duration{} // a busy machine may take longer now and then
	within := func(what string, done func() bool) {
		t.Helper()
		began := time.Now()
		until(t, what, done)
		if took, was := time.Since(began), fastest[what]; was == 0 || took < was {
			fastest[what] = took
		}
	}
	for n := 2; n <= 4; n++ {
		imported("outbound", version(n))
		within("the backend's sight of a new version", func() bool { _, body, err := s.https(api); return err == nil && body == fmt.Sprint("gateway v", n) })
		renewed := s.server("*.vault.contoso.example")
		imported("vaults", renewed)
		within("a new server certificate", func() bool {
			conn, err := tls.Dial("tcp", s.ready.Listen[0], &tls.Config{RootCAs: s.root.Pool(), ServerName: "kv-site.vault.contoso.example"})
			if err != nil {
				return false
			}
			defer conn.Close()
			return conn.ConnectionState().PeerCertificates[0].Equal(renewed.Leaf)
		})
	}
	cancel()
	wg.Wait()
	for what, took := range fastest {
		if took > time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	if len(failures) > 0 || count == 0 {
		t.Errorf("%d of %d requests failed; the first: %s", len(failures), count, failures[0])
	}
}

// useCertificate lets the API's backend be called with the certificate "outbound" of the vault.
func (s *siteServer) useCertificate(url string) {
	s.t.Helper()
	c := s.c
	service := group(c, "rg") + "/providers/Microsoft.ApiManagement/service/orders"
	put := func(path, version string, body map[string]any, out any) {
		s.t.Helper()
		if err := c.ARM(s.t.Context(), "PUT", path, version, body, out); err != nil {
			s.t.Fatal(path, err)
		}
	}
	var made struct{ Identity struct{ PrincipalID string } }
	put(service, "2023-05-01-preview", map[string]any{"location": "westeurope", "sku": map[string]any{"name": "Developer", "capacity": 1}, "identity": map[string]any{"type": "SystemAssigned"},
		"properties": map[string]any{"publisherEmail": "a@contoso.example", "publisherName": "Contoso"}}, &made)
	vault := group(c, "rg") + "/providers/Microsoft.KeyVault/vaults/kv-site"
	const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"
	put(vault+"/providers/Microsoft.Authorization/roleAssignments/6b0f1f0e-98d5-4a4c-8a62-6d8a6f4f2c11", "2022-04-01", map[string]any{"properties": map[string]any{
		"principalId": made.Identity.PrincipalID, "principalType": "ServicePrincipal",
		"roleDefinitionId": "/subscriptions/" + c.Info.SubscriptionID + "/providers/Microsoft.Authorization/roleDefinitions/" + secretsUser}}, nil)
	put(service+"/certificates/outbound", "2023-05-01-preview", map[string]any{"properties": map[string]any{
		"keyVault": map[string]any{"secretIdentifier": "https://kv-site.vault.contoso.example/secrets/outbound"}}}, nil)
	put(service+"/backends/b", "2023-05-01-preview", map[string]any{"properties": map[string]any{"url": url, "protocol": "http",
		"credentials": map[string]any{"certificateIds": []any{service + "/certificates/outbound"}}}}, nil)
	put(service+"/apis/a/policies/policy", "2023-05-01-preview", map[string]any{"properties": map[string]any{"format": "xml",
		"value": `<policies><inbound><base /><set-backend-service backend-id="b" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`}}, nil)
}
