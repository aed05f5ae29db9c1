package loginapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
)

// loginRoutes is the table of login.microsoftonline.com. {tenant} is an ID, a domain name,
// common, organizations or adfs.
func (a *API) loginRoutes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(w http.ResponseWriter, q *request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			q := begin(w, r)
			if err := f(w, q); err != nil {
				a.failed(r.Context(), q, err)
				azerr.WriteOAuth(w, q.id, err)
			}
		})
	}
	handle("GET /{tenant}/.well-known/openid-configuration", a.openIDVersion1)
	handle("GET /{tenant}/v2.0/.well-known/openid-configuration", a.openIDVersion2)
	handle("GET /{tenant}/discovery/keys", a.keys)
	handle("GET /{tenant}/discovery/v2.0/keys", a.keys)
	handle("GET /common/discovery/instance", a.instance)
	handle("GET /common/userrealm/{user}", a.userRealm)
	handle("POST /{tenant}/oauth2/token", a.tokenVersion1)
	handle("POST /{tenant}/oauth2/v2.0/token", a.tokenVersion2)
	handle("POST /{tenant}/oauth2/v2.0/devicecode", func(http.ResponseWriter, *request) error { return azerr.LoginUnsupportedGrant.New("device_code") })
	handle("POST /{tenant}/oauth2/devicecode", func(http.ResponseWriter, *request) error { return azerr.LoginUnsupportedGrant.New("device_code") })
	handle("GET /{tenant}/oauth2/v2.0/authorize", func(http.ResponseWriter, *request) error {
		return azerr.LoginUnsupportedGrant.New("authorization_code")
	})
	handle("GET /{tenant}/oauth2/authorize", func(http.ResponseWriter, *request) error {
		return azerr.LoginUnsupportedGrant.New("authorization_code")
	})
	return mux
}

// tenant checks the path's tenant and returns the tenant's ID.
func (a *API) tenant(q *request) (string, error) {
	id, asked := a.id.TenantID(), q.PathValue("tenant")
	known := []string{id, "common", "organizations", "adfs", strings.ToLower(a.domain())}
	if !slices.Contains(known, strings.ToLower(asked)) {
		return "", azerr.LoginTenantNotFound.New(asked, id)
	}
	return id, nil
}

// domain is the tenant's domain name, after the @ of its user.
func (a *API) domain() string {
	_, domain, _ := strings.Cut(a.id.User().UPN, "@")
	return domain
}

func (a *API) openIDVersion1(w http.ResponseWriter, q *request) error {
	return a.openID(w, q, a.id.Issuer(), "/oauth2", "/discovery/keys")
}

// openIDVersion2's issuer is on the host that was asked: MSAL compares the two.
func (a *API) openIDVersion2(w http.ResponseWriter, q *request) error {
	return a.openID(w, q, a.issuerVersion2(q), "/oauth2/v2.0", "/discovery/v2.0/keys")
}

func (a *API) issuerVersion2(q *request) string { return q.base() + "/" + a.id.TenantID() + "/v2.0" }

func (a *API) openID(w http.ResponseWriter, q *request, issuer, oauth, keys string) error {
	tenant, err := a.tenant(q)
	if err != nil {
		return err
	}
	base := q.base() + "/" + tenant
	return writeJSON(w, http.StatusOK, map[string]any{
		"issuer": issuer, "token_endpoint": base + oauth + "/token", "authorization_endpoint": base + oauth + "/authorize",
		"device_authorization_endpoint": base + oauth + "/devicecode", "end_session_endpoint": base + oauth + "/logout", "jwks_uri": base + keys,
		"userinfo_endpoint":                     "https://" + a.host + "/oidc/userinfo",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid"},
		"tenant_region_scope":                   nil, "cloud_instance_name": "microsoftonline.com", "cloud_graph_host_name": "graph.windows.net",
		"msgraph_host": a.host, "rbac_url": "https://pas.windows.net",
	})
}

// keys is the JWKS; Entra's has an issuer beside each key.
func (a *API) keys(w http.ResponseWriter, q *request) error {
	if _, err := a.tenant(q); err != nil {
		return err
	}
	set, err := a.id.JWKS(q.Context())
	if err != nil {
		return err
	}
	b, err := json.Marshal(set)
	if err != nil {
		return err
	}
	var doc struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	for _, k := range doc.Keys {
		k["x5t"], k["issuer"] = k["kid"], a.issuerVersion2(q)
	}
	return writeJSON(w, http.StatusOK, doc)
}

// instance tells MSAL that the host is an authority.
func (a *API) instance(w http.ResponseWriter, q *request) error {
	return writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": q.base() + "/" + a.id.TenantID() + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{"preferred_network": strings.ToLower(q.Host), "preferred_cache": strings.ToLower(q.Host),
			"aliases": []string{strings.ToLower(q.Host)}}},
	})
}

func (a *API) userRealm(w http.ResponseWriter, q *request) error {
	user := q.PathValue("user")
	_, domain, _ := strings.Cut(user, "@")
	return writeJSON(w, http.StatusOK, map[string]any{"ver": "1.0", "account_type": "Managed", "domain_name": domain,
		"cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline"})
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // an error means that the client has gone
	return nil
}
