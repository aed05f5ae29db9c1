package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// Authorization providers and their authorizations, from which policies get tokens by
// get-authorization-context. https://learn.microsoft.com/azure/api-management/credentials-overview
// token.go gets the tokens.

// grant is what one grant type of a provider needs.
type grant struct{ required, known []string }

// identityProviders are the kinds of providers, with their grants. Others of Azure's list are this server's
// oauth2 with the URLs that they publish.
var identityProviders = map[string]map[string]grant{
	"oauth2": {
		"authorizationCode": {required: []string{"clientId", "clientSecret", "authorizationUrl", "tokenUrl"}, known: []string{"refreshUrl", "scopes"}},
		"clientCredentials": {required: []string{"tokenUrl"}, known: []string{"scopes", "clientId", "clientSecret"}},
	},
	"aad": {
		"authorizationCode": {required: []string{"clientId", "clientSecret"}, known: []string{"loginUri", "resourceUri", "tenantId", "scopes"}},
		"clientCredentials": {known: []string{"loginUri", "resourceUri", "tenantId", "scopes", "clientId", "clientSecret"}},
	},
}

// putAuthorizationProvider follows https://learn.microsoft.com/rest/api/apimanagement/authorization-provider/create-or-update.
func (p *Provider) putAuthorizationProvider(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "identityProvider", "oauth2"}, nil)
	f.text("displayName", false, 300)
	kind := strings.ToLower(f.text("identityProvider", true, 0))
	grants, known := identityProviders[kind]
	if kind != "" && !known {
		f.wrong("identityProvider", "The identity provider '%s' is not supported by this server: use aad, or oauth2 with the URLs of the provider.", kind)
	}
	f.m["identityProvider"] = kind
	settings, ok := f.object("oauth2")
	if !ok {
		f.wrong("oauth2", "'oauth2' must be given, with 'grantTypes'.")
		return nil, f.err()
	}
	settings.only([]string{"redirectUrl", "grantTypes"}, nil)
	checkURL(settings, "redirectUrl", false)
	types, _ := settings.object("grantTypes")
	types.only([]string{"authorizationCode", "clientCredentials"}, nil)
	if len(types.m) == 0 {
		settings.wrong("grantTypes", "'oauth2.grantTypes' must have 'authorizationCode' or 'clientCredentials'.")
	}
	secrets := map[string]any{}
	for name, g := range grants {
		if of, ok := types.object(name); ok {
			checkGrant(of, g, secretOf(r.Existing, name))
			secrets[name] = hideSecret(of.m, secretOf(r.Existing, name))
		}
	}
	setSecrets(made, secrets)
	return made, f.err()
}

func checkGrant(f *fields, g grant, kept string) {
	f.only(append(append([]string{}, g.required...), g.known...), nil)
	for _, name := range g.required {
		f.text(name, name != "clientSecret" || kept == "", 0)
	}
	for _, name := range g.known {
		f.text(name, false, 0)
	}
	for _, name := range []string{"tokenUrl", "refreshUrl", "authorizationUrl", "loginUri"} {
		if s := f.text(name, false, 0); s != "" && !strings.HasPrefix(strings.ToLower(s), "https://") {
			f.wrong(name, "'%s' must be an absolute https URL, since secrets go there.", f.at+name)
		}
	}
}

// hideSecret takes clientSecret out of m; one that is left out is the kept one.
func hideSecret(m map[string]any, kept string) string {
	given, _ := m["clientSecret"].(string)
	delete(m, "clientSecret")
	if given == "" {
		return kept
	}
	return given
}

// secretOf is a secret of an existing resource; "" when there is none.
func secretOf(existing *arm.Resource, name string) string {
	if existing == nil {
		return ""
	}
	secrets, _ := existing.Private["secrets"].(map[string]any)
	s, _ := secrets[name].(string)
	return s
}

func setSecrets(made *arm.Resource, secrets map[string]any) {
	if made.Private == nil {
		made.Private = map[string]any{}
	}
	made.Private["secrets"] = secrets
}

// putAuthorization follows https://learn.microsoft.com/rest/api/apimanagement/authorization/create-or-update.
func (p *Provider) putAuthorization(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"authorizationType", "oauth2grantType", "oAuth2GrantType", "parameters"}, []string{"status", "error"})
	if old := made.Properties["oAuth2GrantType"]; old != nil {
		made.Properties["oauth2grantType"] = old
		delete(made.Properties, "oAuth2GrantType")
	}
	f.oneOf("authorizationType", "OAuth2", "OAuth2")
	kind := f.oneOf("oauth2grantType", "", "AuthorizationCode", "ClientCredentials")
	parameters, given := f.object("parameters")
	settings, err := p.grantOf(ctx, r.ID.Parent(), kind)
	if err != nil {
		return nil, err
	}
	if kind != "" && settings == nil {
		f.wrong("oauth2grantType", "The authorization provider '%s' has no grant type %s.", r.ID.Parent().Name(), kind)
	}
	kept := secretOf(r.Existing, "clientSecret")
	if given {
		parameters.only([]string{"clientId", "clientSecret", "scopes"}, nil)
		parameters.text("scopes", false, 0)
	}
	if kind == "ClientCredentials" && settings != nil {
		needs := func(name string) bool { s, _ := settings[name].(string); return s == "" }
		parameters.text("clientId", needs("clientId"), 0)
		parameters.text("clientSecret", needs("clientSecret") && kept == "", 0)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	setSecrets(made, map[string]any{"clientSecret": hideSecret(parameters.m, kept), "refreshToken": secretOf(r.Existing, "refreshToken")})
	showStatus(made, kind == "ClientCredentials" || secretOf(r.Existing, "refreshToken") != "")
	return made, nil
}

// showStatus: an authorization of a code is connected when somebody has signed in.
func showStatus(r *arm.Resource, connected bool) {
	if connected {
		r.Properties["status"] = "Connected"
		delete(r.Properties, "error")
		return
	}
	r.Properties["status"] = "Error"
	r.Properties["error"] = map[string]any{"code": "Unauthenticated", "message": "This connection is not authenticated."}
}

// grantOf are the settings of a grant type of a provider, its secret among them; nil when it has none.
func (p *Provider) grantOf(ctx context.Context, provider resourceid.ID, kind string) (map[string]any, error) {
	r, err := p.arm.Stored(ctx, provider)
	if err != nil || r == nil || kind == "" {
		return nil, err
	}
	name := strings.ToLower(kind[:1]) + kind[1:]
	f := newFields(r.Clone().Properties)
	settings, _ := f.object("oauth2")
	types, _ := settings.object("grantTypes")
	of, ok := types.object(name)
	if !ok {
		return nil, nil
	}
	of.m["identityProvider"], of.m["redirectUrl"] = text(r, "identityProvider"), settings.m["redirectUrl"]
	if s := secretOf(r, name); s != "" {
		of.m["clientSecret"] = s
	}
	return of.m, nil
}

// putAccessPolicy follows https://learn.microsoft.com/rest/api/apimanagement/authorization-access-policy/create-or-update:
// who may get tokens of the authorization.
func (p *Provider) putAccessPolicy(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"tenantId", "objectId", "appIds"}, nil)
	f.text("objectId", true, 0)
	f.texts("appIds")
	if tenant := f.text("tenantId", false, 0); tenant != "" && !strings.EqualFold(tenant, p.id.TenantID()) {
		f.wrong("tenantId", "'tenantId' must be the tenant of this server, %s, not '%s'.", p.id.TenantID(), tenant)
	}
	f.m["tenantId"] = p.id.TenantID()
	return made, f.err()
}

// missingAuthorization says what is wrong with PROVIDER/AUTHORIZATION of a policy.
func (p *Provider) missingAuthorization(ctx context.Context, service resourceid.ID, name string) (string, error) {
	provider, authorization, _ := strings.Cut(name, "/")
	message, err := p.missingChild(ctx, service, "authorizationProviders", provider, "Authorization provider with id '"+provider+"' could not be found.")
	if message != "" || err != nil || authorization == "" {
		return message, err
	}
	id, err := service.Child("authorizationProviders", provider)
	if err != nil {
		return "", err
	}
	return p.missingChild(ctx, id, "authorizations", authorization, "Authorization with id '"+authorization+"' of the provider '"+provider+"' could not be found.")
}

// mayDeleteAuthorizationProvider keeps one that a policy names.
func (p *Provider) mayDeleteAuthorizationProvider(ctx context.Context, r *arm.DeleteRequest) error {
	return p.notNamed(ctx, r, "provider-id", "Authorization provider")
}

// errNotCode refuses sign-in where none is needed.
func errNotCode(r *arm.Resource) error {
	return azerr.APIMField.New("The authorization '" + r.Name + "' is of the grant type " + text(r, "oauth2grantType") + ", which needs no sign-in.").At("oauth2grantType")
}
