package apim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// How authorizations get their tokens: by client credentials, or by the refresh token that a sign-in
// left (RFC 6749 sections 4.4, 4.1 and 6). A token is kept in memory until it nears its end.

// Token is an access token with what else the token endpoint said.
type Token struct {
	AccessToken string
	Claims      map[string]any // the members of the answer, without tokens
	expires     time.Time
	of          string // what it was asked with
}

// tokens are those of authorizations. One request at a time asks for a token of an authorization.
type tokens struct {
	mu   sync.Mutex
	byID map[string]*tokenSlot
}

type tokenSlot struct {
	turn  chan struct{} // holds one
	token *Token
}

func (t *tokens) slot(id resourceid.ID) *tokenSlot {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = map[string]*tokenSlot{}
	}
	s := t.byID[id.Key()]
	if s == nil {
		s = &tokenSlot{turn: make(chan struct{}, 1)}
		t.byID[id.Key()] = s
	}
	return s
}

func (t *tokens) forget(_ context.Context, id resourceid.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byID, id.Key())
}

// audienceTokens is whom a token must be for that names the caller of get-authorization-context.
const audienceTokens = "https://azure-api.net/authorization-manager"

// Token is a token of an authorization for the service's identity, or for who jwt names.
func (p *Provider) Token(ctx context.Context, service resourceid.ID, provider, authorization, jwt string) (*Token, error) {
	id, err := authorizationID(service, provider, authorization)
	if err != nil {
		return nil, err
	}
	r, err := p.arm.Stored(ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("there is no authorization '%s' of the provider '%s'", authorization, provider)
	}
	who, err := p.caller(ctx, service, jwt)
	if err != nil {
		return nil, err
	}
	if err := p.mayUse(ctx, r.ID, who); err != nil {
		return nil, err
	}
	slot := p.tokens.slot(r.ID)
	select {
	case slot.turn <- struct{}{}:
		defer func() { <-slot.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return p.renew(ctx, r, slot)
}

func authorizationID(service resourceid.ID, provider, authorization string) (resourceid.ID, error) {
	id, err := service.Child("authorizationProviders", provider)
	if err != nil {
		return id, err
	}
	return id.Child("authorizations", authorization)
}

// caller is the object ID of who asks.
func (p *Provider) caller(ctx context.Context, service resourceid.ID, jwt string) (string, error) {
	if jwt != "" {
		c, err := p.id.VerifyToken(ctx, strings.TrimPrefix(jwt, "Bearer "), audienceTokens)
		return c.ObjectID, err
	}
	who, err := p.id.SystemAssigned(ctx, service)
	if err != nil {
		return "", fmt.Errorf("the service has no system-assigned identity: %w", err)
	}
	return who.ObjectID, nil
}

// mayUse looks for an access policy of who asks.
func (p *Provider) mayUse(ctx context.Context, authorization resourceid.ID, who string) error {
	policies, err := p.arm.Children(ctx, authorization, TypeAccessPolicies)
	if err != nil {
		return err
	}
	for _, a := range policies {
		if strings.EqualFold(text(a, "objectId"), who) {
			return nil
		}
	}
	return fmt.Errorf("the authorization '%s' has no access policy for the identity %s: put an accessPolicies resource with that objectId", authorization.Name(), who)
}

// renew is the kept token while it is good, else a new one.
func (p *Provider) renew(ctx context.Context, r *arm.Resource, slot *tokenSlot) (*Token, error) {
	provider, err := p.arm.Stored(ctx, r.ID.Parent())
	if err != nil || provider == nil {
		return nil, cmp.Or(err, errors.New("its provider is gone"))
	}
	of := fmt.Sprint(text(r, "oauth2grantType"), r.Properties["parameters"], secretOf(r, "clientSecret"), provider.ETag)
	if slot.token != nil && slot.token.of == of && p.now().Before(slot.token.expires) {
		return slot.token, nil
	}
	kind := text(r, "oauth2grantType")
	settings, err := p.grantOf(ctx, r.ID.Parent(), kind)
	if err != nil || settings == nil {
		return nil, cmp.Or(err, fmt.Errorf("the provider '%s' has no grant type %s", r.ID.Parent().Name(), kind))
	}
	form := clientForm(settings, r)
	form.Set("grant_type", "client_credentials")
	endpoint := tokenEndpoint(settings)
	if kind == "AuthorizationCode" {
		refresh := secretOf(r, "refreshToken")
		if refresh == "" {
			return nil, fmt.Errorf("nobody has signed in to the authorization '%s': use getLoginLinks and confirmConsentCode", r.Name)
		}
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
		endpoint = cmp.Or(setting(settings, "refreshUrl"), endpoint)
	}
	answer, err := p.requestToken(ctx, endpoint, form)
	if err != nil {
		return nil, err
	}
	token := answer.token(p.now(), of)
	slot.token = token
	if answer.RefreshToken != "" && answer.RefreshToken != secretOf(r, "refreshToken") && kind == "AuthorizationCode" {
		err = p.keepRefreshToken(ctx, r.ID, answer.RefreshToken)
	}
	return token, err
}

func setting(m map[string]any, name string) string { s, _ := m[name].(string); return s }

// clientForm is who asks, and for what.
func clientForm(settings map[string]any, r *arm.Resource) url.Values {
	own, _ := r.Properties["parameters"].(map[string]any)
	form := url.Values{"client_id": {cmp.Or(setting(own, "clientId"), setting(settings, "clientId"))},
		"client_secret": {cmp.Or(secretOf(r, "clientSecret"), setting(settings, "clientSecret"))}}
	if scopes := cmp.Or(setting(own, "scopes"), setting(settings, "scopes")); scopes != "" {
		form.Set("scope", strings.Join(strings.FieldsFunc(scopes, func(c rune) bool { return c == ',' || c == ' ' }), " "))
	} else if resource := setting(settings, "resourceUri"); resource != "" {
		form.Set("scope", strings.TrimSuffix(resource, "/")+"/.default")
	}
	return form
}

// tokenEndpoint is that of an oauth2 provider, or of a tenant of Microsoft Entra.
func tokenEndpoint(settings map[string]any) string {
	if setting(settings, "identityProvider") != "aad" {
		return setting(settings, "tokenUrl")
	}
	return entra(settings) + "/oauth2/v2.0/token"
}

func entra(settings map[string]any) string {
	login := cmp.Or(setting(settings, "loginUri"), "https://login.microsoftonline.com")
	return strings.TrimRight(login, "/") + "/" + cmp.Or(setting(settings, "tenantId"), "common")
}

// tokenAnswer is the answer of a token endpoint (RFC 6749 section 5.1).
type tokenAnswer struct {
	AccessToken  string          `json:"access_token"`
	RefreshToken string          `json:"refresh_token"`
	ExpiresIn    json.RawMessage `json:"expires_in"` // some servers send a text
	claims       map[string]any
}

// The least and the most that a token is kept.
const (
	usualExpiry = time.Hour
	maxExpiry   = 24 * time.Hour
)

func (a *tokenAnswer) token(now time.Time, of string) *Token {
	d := usualExpiry
	if n, err := time.ParseDuration(strings.Trim(string(a.ExpiresIn), `"`) + "s"); err == nil && n > 0 {
		d = min(n, maxExpiry)
	}
	return &Token{AccessToken: a.AccessToken, Claims: a.claims, expires: now.Add(d - min(d/5, 5*time.Minute)), of: of}
}

// tokenTimeout bounds one request of a token, maxTokenAnswer its answer.
const (
	tokenTimeout   = 30 * time.Second
	maxTokenAnswer = 256 << 10
)

// requestToken asks a token endpoint. Its errors tell what the endpoint said, and no secret.
func (p *Provider) requestToken(ctx context.Context, endpoint string, form url.Values) (*tokenAnswer, error) {
	if p.client == nil {
		return nil, errors.New("this server has no client for token endpoints")
	}
	ctx, stop := context.WithTimeout(ctx, tokenTimeout)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the token endpoint can't be reached: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	if err != nil {
		return nil, fmt.Errorf("the token endpoint %s ended its answer early: %w", endpoint, err)
	}
	answer := &tokenAnswer{}
	bad := errors.Join(json.Unmarshal(data, answer), json.Unmarshal(data, &answer.claims))
	if resp.StatusCode != http.StatusOK || bad != nil || answer.AccessToken == "" {
		return nil, fmt.Errorf("the token endpoint %s answered %d: %s", endpoint, resp.StatusCode, refusal(answer.claims))
	}
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		delete(answer.claims, name)
	}
	return answer, nil
}

// refusal is what a token endpoint says of an error (RFC 6749 section 5.2).
func refusal(m map[string]any) string {
	s := setting(m, "error")
	if d := setting(m, "error_description"); d != "" {
		s += ": " + d
	}
	if s == "" {
		return "there is no access_token in it"
	}
	return s[:min(len(s), 500)]
}

func (p *Provider) keepRefreshToken(ctx context.Context, id resourceid.ID, token string) error {
	_, err := p.arm.Update(ctx, id, func(r *arm.Resource) error {
		setSecrets(r, map[string]any{"clientSecret": secretOf(r, "clientSecret"), "refreshToken": token})
		showStatus(r, true)
		return nil
	})
	return err
}

// loginLinks is POST .../getLoginLinks: where somebody signs in for an authorization of a code.
// https://learn.microsoft.com/rest/api/apimanagement/authorization-login-links/post
func (p *Provider) loginLinks(ctx context.Context, r *arm.ActionRequest) (any, error) {
	settings, err := p.codeGrant(ctx, r)
	if err != nil {
		return nil, err
	}
	form := clientForm(settings, r.Resource)
	form.Del("client_secret")
	form.Set("response_type", "code")
	form.Set("redirect_uri", setting(settings, "redirectUrl"))
	form.Set("state", newKey())
	authorize := setting(settings, "authorizationUrl")
	if setting(settings, "identityProvider") == "aad" {
		authorize = entra(settings) + "/oauth2/v2.0/authorize"
	}
	separator := "?"
	if strings.Contains(authorize, "?") {
		separator = "&"
	}
	return map[string]any{"loginLink": authorize + separator + form.Encode()}, nil
}

// confirmCode is POST .../confirmConsentCode: the code that the sign-in gave becomes the tokens.
// https://learn.microsoft.com/rest/api/apimanagement/authorization/confirm-consent-code
func (p *Provider) confirmCode(ctx context.Context, r *arm.ActionRequest) (any, error) {
	settings, err := p.codeGrant(ctx, r)
	if err != nil {
		return nil, err
	}
	code, _ := r.Body["consentCode"].(string)
	if code == "" {
		return nil, fieldError("consentCode", "'consentCode' must not be empty: it is the code that the sign-in gave.")
	}
	form := clientForm(settings, r.Resource)
	form.Set("grant_type", "authorization_code")
	form.Set("code", code)
	form.Set("redirect_uri", setting(settings, "redirectUrl"))
	answer, err := p.requestToken(ctx, tokenEndpoint(settings), form)
	if err != nil {
		return nil, fieldError("consentCode", "The code can't be used: "+err.Error())
	}
	if answer.RefreshToken == "" {
		return nil, fieldError("consentCode", "The provider gave no refresh token, without which the authorization would end with its first token. Ask for one by its scopes, for example offline_access.")
	}
	p.tokens.forget(ctx, r.ID)
	return &arm.Answer{Status: http.StatusOK}, p.keepRefreshToken(ctx, r.Resource.ID, answer.RefreshToken)
}

func (p *Provider) codeGrant(ctx context.Context, r *arm.ActionRequest) (map[string]any, error) {
	stored, err := p.arm.Stored(ctx, r.ID)
	if err != nil || stored == nil {
		return nil, err
	}
	r.Resource = stored
	if text(stored, "oauth2grantType") != "AuthorizationCode" {
		return nil, errNotCode(stored)
	}
	return p.grantOf(ctx, stored.ID.Parent(), "AuthorizationCode")
}
