package loginapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/store/bolt"
)

type world struct {
	t    *testing.T
	id   *identity.Service
	api  *API
	logs *recorder
}

// recorder keeps audit records, or fails.
type recorder struct {
	records []audit.Record
	err     error
}

func (r *recorder) Write(_ context.Context, rec audit.Record) error {
	r.records = append(r.records, rec)
	return r.err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	id, err := identity.Open(t.Context(), st, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := id.JWKS(t.Context()); err != nil { // the key is there before the store closes
		t.Fatal(err)
	}
	logs := new(recorder)
	return &world{t: t, id: id, logs: logs, api: New(Options{Identity: id, Audit: logs})}
}

// ask sends one request and returns the status with the decoded answer.
func (w *world) ask(h http.Handler, method, target, body string, header ...string) (int, map[string]any) {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	data, _ := io.ReadAll(rec.Body)
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil && len(data) > 0 && rec.Code != http.StatusNotFound {
		w.t.Fatalf("%s %s: %d %q: %v", method, target, rec.Code, data, err)
	}
	return rec.Code, m
}

const login = "https://login.microsoftonline.com"

func (w *world) token(path string, form url.Values) (int, map[string]any) {
	w.t.Helper()
	return w.ask(w.api.Handler(), "POST", login+path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (w *world) graph(who identity.Principal, method, path, body string) (int, map[string]any) {
	w.t.Helper()
	token, _, err := w.id.IssueToken(w.t.Context(), who, "https://graph.microsoft.com/")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ask(w.api.Graph(), method, "https://graph.microsoft.com"+path, body, "Authorization", "Bearer "+token)
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	for host, want := range map[string]string{"login.microsoftonline.com": login, "localhost:8443": "https://localhost:8443"} {
		for _, tenant := range []string{w.id.TenantID(), "common", "organizations", strings.ToUpper(w.id.TenantID())} {
			status, doc := w.ask(w.api.Handler(), "GET", "https://"+host+"/"+tenant+"/v2.0/.well-known/openid-configuration", "")
			if status != 200 || doc["issuer"] != want+"/"+w.id.TenantID()+"/v2.0" || doc["token_endpoint"] != want+"/"+w.id.TenantID()+"/oauth2/v2.0/token" {
				t.Fatalf("%s %s: %d %v", host, tenant, status, doc)
			}
			if doc["authorization_endpoint"] == nil || doc["jwks_uri"] != want+"/"+w.id.TenantID()+"/discovery/v2.0/keys" {
				t.Errorf("%v", doc)
			}
		}
	}
	if status, doc := w.ask(w.api.Handler(), "GET", login+"/adfs/.well-known/openid-configuration", ""); status != 200 || doc["issuer"] != w.id.Issuer() {
		t.Errorf("adfs: %d %v", status, doc)
	}
	if status, doc := w.ask(w.api.Handler(), "GET", login+"/other.example.com/v2.0/.well-known/openid-configuration", ""); status != 400 || !strings.HasPrefix(text(doc, "error_description"), "AADSTS90002: ") {
		t.Errorf("another tenant: %d %v", status, doc)
	}
	status, doc := w.ask(w.api.Handler(), "GET", login+"/common/discovery/instance?api-version=1.1&authorization_endpoint=x", "")
	if status != 200 || doc["tenant_discovery_endpoint"] == nil || doc["metadata"] == nil {
		t.Errorf("instance: %d %v", status, doc)
	}
	if status, doc = w.ask(w.api.Handler(), "GET", login+"/common/userrealm/user@example.com?api-version=1.0", ""); status != 200 || doc["account_type"] != "Managed" {
		t.Errorf("user realm: %d %v", status, doc)
	}
}

func TestKeysVerifyTokens(t *testing.T) {
	w := newWorld(t)
	_, doc := w.ask(w.api.Handler(), "GET", login+"/common/discovery/keys", "")
	b, _ := json.Marshal(doc)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil || len(set.Keys) != 1 {
		t.Fatal(err, string(b))
	}
	token, _, err := w.id.IssueToken(t.Context(), w.id.User(), identity.AudienceVault)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify(set.Key(jws.Signatures[0].Protected.KeyID)[0].Key); err != nil {
		t.Error(err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			t.Error("the JWKS shows the private key")
		}
	}
}

func TestClientCredentials(t *testing.T) {
	w := newWorld(t)
	env, secret, err := w.id.EnvApplication(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := func(kv ...string) url.Values {
		f := url.Values{"grant_type": {"client_credentials"}, "client_id": {env.AppID}, "client_secret": {secret}, "scope": {"https://management.core.windows.net//.default"}}
		for i := 0; i+1 < len(kv); i += 2 {
			if f.Set(kv[i], kv[i+1]); kv[i+1] == "" {
				f.Del(kv[i])
			}
		}
		return f
	}
	const v2 = "/organizations/oauth2/v2.0/token"
	status, answer := w.token(v2, form())
	if status != 200 || answer["token_type"] != "Bearer" {
		t.Fatal(status, answer)
	}
	if n, ok := answer["expires_in"].(float64); !ok || n < 3000 {
		t.Errorf("expires_in %v", answer["expires_in"])
	}
	if c, err := w.id.VerifyToken(t.Context(), text(answer, "access_token"), identity.AudienceManagementCore); err != nil || c.ObjectID != env.ObjectID {
		t.Errorf("%+v, %v", c, err)
	}
	status, answer = w.token("/"+w.id.TenantID()+"/oauth2/token", form("scope", "", "resource", identity.AudienceVault))
	if _, isText := answer["expires_in"].(string); status != 200 || !isText || answer["resource"] != identity.AudienceVault {
		t.Errorf("version 1: %d %v", status, answer)
	}
	for _, c := range []struct {
		name, path string
		form       url.Values
		status     int
		code       string
	}{
		{"wrong secret", v2, form("client_secret", "wrong"), 401, "invalid_client AADSTS7000215"},
		{"unknown application", v2, form("client_id", "00000000-0000-0000-0000-000000000001"), 400, "unauthorized_client AADSTS700016"},
		{"no credential", v2, form("client_secret", ""), 401, "invalid_client AADSTS7000218"},
		{"no client", v2, form("client_id", ""), 400, "invalid_request AADSTS900144"},
		{"no scope", v2, form("scope", ""), 400, "invalid_request AADSTS900144"},
		{"a permission", v2, form("scope", "https://vault.azure.net/user_impersonation"), 400, "invalid_scope AADSTS1002012"},
		{"two resources", v2, form("scope", "https://vault.azure.net/.default https://graph.microsoft.com/.default"), 400, "invalid_scope AADSTS1002012"},
		{"no resource", v2, form("scope", "vault/.default"), 400, "invalid_resource AADSTS500011"},
		{"our refresh audience", v2, form("scope", "urn:gatehouse:refresh/.default"), 400, "invalid_resource AADSTS500011"},
		{"no grant", v2, form("grant_type", ""), 400, "invalid_request AADSTS900144"},
		{"a password", v2, form("grant_type", "password"), 400, "unsupported_grant_type AADSTS70003"},
		{"bad assertion", v2, form("client_assertion", "x", "client_assertion_type", assertionType), 401, "invalid_client AADSTS50027"},
		{"another tenant", "/example.com/oauth2/v2.0/token", form(), 400, "invalid_request AADSTS90002"},
		{"bad refresh token", v2, form("grant_type", "refresh_token", "refresh_token", "x"), 400, "invalid_grant AADSTS9002313"},
	} {
		status, answer := w.token(c.path, c.form)
		number, _, _ := strings.Cut(text(answer, "error_description"), ":")
		if got := text(answer, "error") + " " + number; status != c.status || got != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, got, c.status, c.code)
		}
		if strings.Contains(text(answer, "error_description"), secret) {
			t.Errorf("%s: the answer tells the secret", c.name)
		}
	}
}

func TestFederatedSignIn(t *testing.T) {
	w := newWorld(t)
	me := w.id.Caller(w.id.User())
	app, _, err := w.id.CreateApplication(t.Context(), me, "connection")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.id.AddFederatedCredential(t.Context(), me, app.AppID, identity.FederatedCredential{Issuer: "https://vstoken.dev.azure.com/o", Subject: "sc://o/p/c"}); err != nil {
		t.Fatal(err)
	}
	form := func(subject string) url.Values {
		a, err := w.id.SignAssertion(t.Context(), "https://vstoken.dev.azure.com/o", subject, identity.AudienceTokenExchange, 5*60e9)
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"grant_type": {"client_credentials"}, "client_id": {app.AppID}, "client_assertion_type": {assertionType}, "client_assertion": {a}, "scope": {"https://vault.azure.net/.default"}}
	}
	if status, answer := w.token("/common/oauth2/v2.0/token", form("sc://o/p/c")); status != 200 {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer := w.token("/common/oauth2/v2.0/token", form("sc://o/p/other")); status != 401 || !strings.HasPrefix(text(answer, "error_description"), "AADSTS70021: ") {
		t.Errorf("another subject: %d %v", status, answer)
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	refresh, err := w.id.IssueRefreshToken(t.Context(), w.id.User())
	if err != nil {
		t.Fatal(err)
	}
	status, answer := w.token("/"+w.id.TenantID()+"/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {identity.AzureCLI}, "refresh_token": {refresh},
		"scope": {"https://management.core.windows.net//.default offline_access openid profile"}})
	if status != 200 || answer["id_token"] == nil || answer["client_info"] == nil || answer["refresh_token"] == nil {
		t.Fatal(status, answer)
	}
	if c, err := w.id.VerifyToken(t.Context(), text(answer, "access_token"), identity.AudienceManagement, identity.AudienceManagementCore); err != nil || c.Type != identity.User {
		t.Errorf("%+v %v", c, err)
	}
}

func TestManagedIdentity(t *testing.T) {
	w := newWorld(t)
	secret, err := w.id.EndpointSecret(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const u = "http://127.0.0.1:8480/msi/token?api-version=2019-08-01"
	status, answer := w.ask(w.api.ManagedIdentity(), "GET", u+"&resource=https://vault.azure.net", "", "X-IDENTITY-HEADER", secret)
	if status != 200 || answer["client_id"] != w.id.ManagedIdentity().AppID {
		t.Fatal(status, answer)
	}
	if _, isText := answer["expires_on"].(string); !isText {
		t.Errorf("expires_on is %T, clients read text", answer["expires_on"])
	}
	if c, err := w.id.VerifyToken(t.Context(), text(answer, "access_token"), identity.AudienceVault); err != nil || c.ObjectID != w.id.ManagedIdentity().ObjectID {
		t.Errorf("%+v %v", c, err)
	}
	for _, c := range []struct {
		name, method, url, header string
		status                    int
	}{
		{"no header", "GET", u + "&resource=https://vault.azure.net", "", 401},
		{"wrong header", "GET", u + "&resource=https://vault.azure.net", secret + "x", 401},
		{"POST", "POST", u + "&resource=https://vault.azure.net", secret, 400},
		{"no resource", "GET", u, secret, 400},
		{"another identity", "GET", u + "&resource=https://vault.azure.net&client_id=x", secret, 400},
	} {
		if status, _ := w.ask(w.api.ManagedIdentity(), c.method, c.url, "", "X-IDENTITY-HEADER", c.header); status != c.status {
			t.Errorf("%s: %d, want %d", c.name, status, c.status)
		}
	}
}

func TestGraph(t *testing.T) {
	w := newWorld(t)
	user := w.id.User()
	if status, _ := w.ask(w.api.Graph(), "GET", "https://graph.microsoft.com/v1.0/me", ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	if status, me := w.graph(user, "GET", "/v1.0/me", ""); status != 200 || me["id"] != user.ObjectID || me["userPrincipalName"] != user.UPN {
		t.Errorf("me: %d %v", status, me)
	}
	// What `az ad sp create-for-rbac` sends.
	status, app := w.graph(user, "POST", "/v1.0/applications", `{"displayName":"deployer","keyCredentials":[],"passwordCredentials":[]}`)
	if status != 201 || app["appId"] == nil {
		t.Fatal(status, app)
	}
	appID := text(app, "appId")
	if _, list := w.graph(user, "GET", "/v1.0/servicePrincipals?$filter="+url.QueryEscape("servicePrincipalNames/any(c:c eq '"+appID+"')"), ""); len(list["value"].([]any)) != 0 {
		t.Errorf("a service principal before it was made: %v", list)
	}
	status, password := w.graph(user, "POST", "/v1.0/applications/"+text(app, "id")+"/addPassword", `{"passwordCredential":{"displayName":"rbac","endDateTime":"2999-01-01T00:00:00Z"}}`)
	if status != 200 || text(password, "secretText") == "" {
		t.Fatal(status, password)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {text(password, "secretText")}, "scope": {"https://vault.azure.net/.default"}}
	if status, answer := w.token("/common/oauth2/v2.0/token", form); status != 400 || !strings.HasPrefix(text(answer, "error_description"), "AADSTS7000229: ") {
		t.Errorf("sign-in before the service principal: %d %v", status, answer)
	}
	status, sp := w.graph(user, "POST", "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`)
	if status != 201 || sp["appId"] != appID || sp["id"] == app["id"] {
		t.Fatal(status, sp)
	}
	if status, answer := w.token("/common/oauth2/v2.0/token", form); status != 200 {
		t.Errorf("sign-in: %d %v", status, answer)
	}
	for _, filter := range []string{"servicePrincipalNames/any(c:c eq '" + appID + "')", "appId eq '" + appID + "'", "displayName eq 'Deployer'", "startswith(displayName,'depl')",
		"displayName eq 'x' or appId eq '" + appID + "'", "displayName eq 'deployer' and servicePrincipalType eq 'Application'"} {
		_, list := w.graph(user, "GET", "/v1.0/servicePrincipals?$filter="+url.QueryEscape(filter), "")
		if v, _ := list["value"].([]any); len(v) != 1 || v[0].(map[string]any)["id"] != sp["id"] {
			t.Errorf("%s: %v", filter, list)
		}
	}
	_, found := w.graph(user, "POST", "/v1.0/directoryObjects/getByIds", `{"ids":["`+user.ObjectID+`","`+text(sp, "id")+`","none"],"types":["user","servicePrincipal"]}`)
	if v, _ := found["value"].([]any); len(v) != 2 {
		t.Errorf("getByIds: %v", found)
	}
	_, shown := w.graph(user, "GET", "/v1.0/applications(appId='"+appID+"')", "")
	if b, _ := json.Marshal(shown); strings.Contains(string(b), text(password, "secretText")) || shown["appId"] != appID {
		t.Errorf("the application: %s", b)
	}
	for _, c := range []struct {
		name, method, path, body string
		who                      identity.Principal
		status                   int
		code                     string
	}{
		{"unknown user", "GET", "/v1.0/users/nobody@example.com", "", user, 404, "Request_ResourceNotFound"},
		{"unknown application", "GET", "/v1.0/applications/x", "", user, 404, "Request_ResourceNotFound"},
		{"unknown segment", "GET", "/v1.0/chats", "", user, 400, "BadRequest"},
		{"bad filter", "GET", "/v1.0/users?$filter=" + url.QueryEscape("length(displayName) gt 3"), "", user, 400, "Request_UnsupportedQuery"},
		{"bad body", "POST", "/v1.0/applications", "{", user, 400, "Request_BadRequest"},
		{"a member that would be lost", "POST", "/v1.0/applications", `{"displayName":"x","web":{"redirectUris":["https://example.com"]}}`, user, 400, "Request_BadRequest"},
		{"me of an application", "GET", "/v1.0/me", "", w.id.ManagedIdentity(), 400, "Request_BadRequest"},
		{"create without a right", "POST", "/v1.0/applications", `{"displayName":"x"}`, w.id.ManagedIdentity(), 403, "Authorization_RequestDenied"},
		{"add a password without a right", "POST", "/v1.0/applications/" + text(app, "id") + "/addPassword", `{}`, w.id.ManagedIdentity(), 403, "Authorization_RequestDenied"},
		{"delete without a right", "DELETE", "/v1.0/servicePrincipals/" + text(sp, "id"), "", w.id.ManagedIdentity(), 403, "Authorization_RequestDenied"},
	} {
		status, answer := w.graph(c.who, c.method, c.path, c.body)
		e, _ := answer["error"].(map[string]any)
		if status != c.status || text(e, "code") != c.code {
			t.Errorf("%s: %d %v, want %d %s", c.name, status, answer, c.status, c.code)
		}
	}
	if status, _ := w.graph(user, "DELETE", "/v1.0/applications/"+text(app, "id"), ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
}

func TestDirectoryChangesAreAudited(t *testing.T) {
	w := newWorld(t)
	_, app := w.graph(w.id.User(), "POST", "/v1.0/applications", `{"displayName":"deployer"}`)
	w.graph(w.id.User(), "GET", "/v1.0/applications", "")
	w.graph(w.id.ManagedIdentity(), "DELETE", "/v1.0/applications/"+text(app, "id"), "")
	if len(w.logs.records) != 2 {
		t.Fatalf("%d records, want 2: %+v", len(w.logs.records), w.logs.records)
	}
	if r := w.logs.records[0]; r.Action != "Microsoft.Graph/POST applications" || r.Caller != w.id.User().ObjectID || r.Decision != audit.Allowed || r.Status != 201 {
		t.Errorf("creation: %+v", r)
	}
	if r := w.logs.records[1]; r.Decision != audit.Denied || r.Status != 403 || r.Resource != text(app, "id") {
		t.Errorf("refused deletion: %+v", r)
	}
	w.logs.err = errors.New("disk full")
	status, answer := w.graph(w.id.User(), "POST", "/v1.0/applications/"+text(app, "id")+"/addPassword", `{}`)
	if b, _ := json.Marshal(answer); status != 500 || strings.Contains(string(b), "secretText") {
		t.Errorf("a secret left without its record: %d %s", status, b)
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("appId eq 'x' or startswith(displayName,'it''s')")
	f.Add("servicePrincipalNames/any(c:c eq 'a and b')")
	f.Fuzz(func(_ *testing.T, s string) {
		if keep, err := parseFilter(s); err == nil {
			keep(map[string]any{"appId": "x", "servicePrincipalNames": []string{"a"}})
		}
	})
}
