package apim

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/internal/arm"
)

// Who may sign in to a developer portal and try APIs there. There is no portal here: what is put is
// checked and kept, its secrets apart, so that templates deploy and read back.

// putIdentityProvider follows https://learn.microsoft.com/rest/api/apimanagement/identity-provider/create-or-update.
func (p *Provider) putIdentityProvider(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"type", "clientId", "clientSecret", "clientLibrary", "allowedTenants", "authority", "signinTenant", "signinPolicyName", "signupPolicyName",
		"profileEditingPolicyName", "passwordResetPolicyName", "certificateId"}, nil)
	f.oneOf("type", r.ID.Name(), r.ID.Name())
	f.text("clientId", true, 0)
	f.texts("allowedTenants")
	return made, keepSecret(f, r, made, "clientSecret", true)
}

// identityProviderName is one of those that Azure knows.
func identityProviderName(name string) error {
	known := []string{"aad", "aadB2C", "facebook", "google", "microsoft", "twitter"}
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return nil
		}
	}
	return fmt.Errorf("it must be one of %s", strings.Join(known, ", "))
}

// putOpenIDProvider follows https://learn.microsoft.com/rest/api/apimanagement/openid-connect-provider/create-or-update.
func (p *Provider) putOpenIDProvider(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "metadataEndpoint", "clientId", "clientSecret", "useInTestConsole", "useInApiDocumentation"}, nil)
	f.text("displayName", true, 50)
	checkURL(f, "metadataEndpoint", true)
	f.text("clientId", true, 0)
	return made, keepSecret(f, r, made, "clientSecret", false)
}

// putAuthorizationServer follows https://learn.microsoft.com/rest/api/apimanagement/authorization-server/create-or-update.
func (p *Provider) putAuthorizationServer(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "clientRegistrationEndpoint", "authorizationEndpoint", "grantTypes", "clientId", "clientSecret", "authorizationMethods",
		"clientAuthenticationMethod", "tokenBodyParameters", "tokenEndpoint", "supportState", "defaultScope", "bearerTokenSendingMethods", "resourceOwnerUsername",
		"resourceOwnerPassword", "useInTestConsole", "useInApiDocumentation"}, nil)
	f.text("displayName", true, 50)
	f.text("clientRegistrationEndpoint", true, 0)
	checkURL(f, "authorizationEndpoint", true)
	checkURL(f, "tokenEndpoint", false)
	f.text("clientId", true, 0)
	f.listOf("grantTypes", true, "authorizationCode", "implicit", "resourceOwnerPassword", "clientCredentials", "authorizationCodeWithPkce")
	f.listOf("authorizationMethods", false, "HEAD", "OPTIONS", "TRACE", "GET", "POST", "PUT", "PATCH", "DELETE")
	f.listOf("clientAuthenticationMethod", false, "Basic", "Body")
	f.listOf("bearerTokenSendingMethods", false, "authorizationHeader", "query")
	if err := keepSecret(f, r, made, "resourceOwnerPassword", false); err != nil {
		return nil, err
	}
	return made, keepSecret(f, r, made, "clientSecret", false)
}

// listOf reads a list of words of a set.
func (f *fields) listOf(name string, required bool, set ...string) {
	list := f.texts(name)
	if required && len(list) == 0 {
		f.wrong(name, "'%s' must not be empty: it holds one or more of %s.", f.at+name, strings.Join(set, ", "))
	}
	for _, e := range list {
		if !containsFold(set, e) {
			f.wrong(name, "'%s' may hold %s, not '%s'.", f.at+name, strings.Join(set, ", "), e)
		}
	}
}

func containsFold(set []string, s string) bool {
	for _, e := range set {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

// keepSecret moves a secret to Private, whence listSecrets shows it; one that is left out stays. It
// returns all that is wrong with f.
func keepSecret(f *fields, r *arm.PutRequest, made *arm.Resource, name string, required bool) error {
	given := f.text(name, false, 0)
	delete(made.Properties, name)
	if given == "" && r.Existing != nil {
		given, _ = r.Existing.Private[name].(string)
	}
	if given == "" {
		delete(made.Private, name)
		if required {
			f.wrong(name, "'%s' must not be empty.", f.at+name)
		}
		return f.err()
	}
	if made.Private == nil {
		made.Private = map[string]any{}
	}
	made.Private[name] = given
	return f.err()
}

// listKept is the action listSecrets of what keepSecret keeps.
func (p *Provider) listKept(names ...string) *arm.Action {
	return &arm.Action{Run: func(ctx context.Context, r *arm.ActionRequest) (any, error) {
		s, err := p.arm.Stored(ctx, r.ID)
		if err != nil || s == nil {
			return nil, err
		}
		out := map[string]any{}
		for _, n := range names {
			if v, ok := s.Private[n]; ok {
				out[n] = v
			}
		}
		return out, nil
	}}
}
