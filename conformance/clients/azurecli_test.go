package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAzureCLI walks the road with an unmodified Azure CLI: sign-in, group, Bicep
// deployment, roles, certificates and secrets, and the call over mutual TLS with curl.
func TestAzureCLI(t *testing.T) {
	azure(t, nil, "login", "--service-principal", "-u", s.vars["AZURE_CLIENT_ID"], "-p", s.vars["AZURE_CLIENT_SECRET"], "--tenant", s.vars["AZURE_TENANT_ID"])
	var account struct{ ID, TenantID string }
	azure(t, &account, "account", "show")
	if account.ID != s.vars["AZURE_SUBSCRIPTION_ID"] {
		t.Fatalf("account show: got %+v", account)
	}
	azure(t, nil, "group", "create", "-n", "rg-az", "-l", "westeurope")
	var exists bool
	if azure(t, &exists, "group", "exists", "-n", "rg-az"); !exists {
		t.Fatal("the group does not exist")
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	principal := objectID(t)
	azure(t, nil, "deployment", "group", "create", "-g", "rg-az", "-f", examples+"/mtls/prerequisites.bicep", "-p", "vaultName=kv-az", "clientServiceName=az-client",
		"backendServiceName=az-backend", "administratorId="+strings.TrimSpace(gatehouse(t, "az", "ad", "signed-in-user", "show", "--query", "id", "-o", "tsv")))
	t.Run("certificates", certificates)
	t.Run("secrets", secrets)
	t.Run("roles", func(t *testing.T) { roles(t, principal) })
	azure(t, nil, "deployment", "group", "create", "-g", "rg-az", "-f", examples+"/mtls/main.bicep", "-p", "vaultName=kv-az", "clientServiceName=az-client",
		"backendServiceName=az-backend", "certificateName=client")
	t.Run("curl", curl)
	azure(t, nil, "group", "delete", "-n", "rg-az", "--yes")
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func objectID(t *testing.T) string {
	var sp struct{ ID string }
	azure(t, &sp, "ad", "sp", "show", "--id", s.vars["AZURE_CLIENT_ID"])
	return sp.ID
}

func certificates(t *testing.T) {
	write(t, "password.txt", "correct horse")
	gatehouse(t, "cert", "root", "--name", "Contoso Root CA", "--out", "root")
	gatehouse(t, "cert", "client", "--name", "Contoso client", "--issuer", "root", "--pfx", "client.pfx", "--password-file", "password.txt")
	var cert struct {
		Name, X509ThumbprintHex, Sid string
	}
	azure(t, &cert, "keyvault", "certificate", "import", "--vault-name", "kv-az", "-n", "client", "-f", "client.pfx", "--password", "correct horse")
	if !strings.HasPrefix(cert.Sid, "https://kv-az.vault.azure.net/secrets/client/") {
		t.Errorf("sid: got %q", cert.Sid)
	}
	refused(t, "password", "keyvault", "certificate", "import", "--vault-name", "kv-az", "-n", "client", "-f", "client.pfx", "--password", "wrong")
	write(t, "policy.json", `{"issuerParameters":{"name":"Self"},"keyProperties":{"exportable":true,"keySize":2048,"keyType":"RSA","reuseKey":false},
		"secretProperties":{"contentType":"application/x-pkcs12"},"x509CertificateProperties":{"subject":"CN=self","validityInMonths":12}}`)
	azure(t, nil, "keyvault", "certificate", "create", "--vault-name", "kv-az", "-n", "self", "-p", "@policy.json")
	var list []struct{ Name string }
	if azure(t, &list, "keyvault", "certificate", "list", "--vault-name", "kv-az"); len(list) != 2 {
		t.Errorf("certificate list: got %v, want 2", list)
	}
	azure(t, nil, "keyvault", "certificate", "show", "--vault-name", "kv-az", "-n", "self")
}

func secrets(t *testing.T) {
	azure(t, nil, "keyvault", "secret", "set", "--vault-name", "kv-az", "-n", "plain", "--value", "v1")
	var secret struct{ Value string }
	if azure(t, &secret, "keyvault", "secret", "show", "--vault-name", "kv-az", "-n", "plain"); secret.Value != "v1" {
		t.Errorf("secret show: got %q", secret.Value)
	}
	refused(t, "Conflict", "keyvault", "secret", "set", "--vault-name", "kv-az", "-n", "client", "--value", "x")
	refused(t, "Conflict", "keyvault", "certificate", "import", "--vault-name", "kv-az", "-n", "plain", "-f", "client.pfx", "--password", "correct horse")
	azure(t, nil, "keyvault", "secret", "list", "--vault-name", "kv-az")
}

func roles(t *testing.T, principal string) {
	var vault struct{ ID string }
	azure(t, &vault, "keyvault", "show", "-n", "kv-az")
	azure(t, nil, "role", "assignment", "create", "--role", "Key Vault Reader", "--assignee-object-id", principal, "--assignee-principal-type", "ServicePrincipal", "--scope", vault.ID)
	var list []struct{ RoleDefinitionName string }
	azure(t, &list, "role", "assignment", "list", "--assignee", s.vars["AZURE_CLIENT_ID"], "--scope", vault.ID)
	found := false
	for _, a := range list {
		found = found || a.RoleDefinitionName == "Key Vault Reader"
	}
	if !found {
		t.Errorf("role assignment list: got %v", list)
	}
	azure(t, nil, "role", "assignment", "delete", "--assignee", s.vars["AZURE_CLIENT_ID"], "--role", "Key Vault Reader", "--scope", vault.ID)
}

func curl(t *testing.T) {
	const path = "/internal-status-0123456789abcdef"
	for _, c := range []struct{ url, want string }{{"https://az-backend.azure-api.net" + path, "403"}, {"https://az-client.azure-api.net/backend" + path, "200"}} {
		out, errs, err := s.command("curl", "--silent", "--show-error", "--max-time", "20", "--output", "body", "--write-out", "%{http_code}", c.url)
		if err != nil || out != c.want {
			body, _ := os.ReadFile(filepath.Join(s.dir, "body"))
			t.Errorf("curl %s: got %s (%v), want %s\n%s%s", c.url, out, err, c.want, errs, body)
		}
	}
}
