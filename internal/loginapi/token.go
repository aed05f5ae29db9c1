package loginapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// grant is a request for a token, read from the form.
type grant struct {
	form     url.Values
	clientID string
	audience string
	scopes   []string
	openID   bool
	tenant   string
	v1       bool
}

func (a *API) tokenVersion1(w http.ResponseWriter, q *request) error { return a.token(w, q, true) }
func (a *API) tokenVersion2(w http.ResponseWriter, q *request) error { return a.token(w, q, false) }

func (a *API) token(w http.ResponseWriter, q *request, v1 bool) error {
	g, err := a.readGrant(w, q, v1)
	if err != nil {
		return err
	}
	switch kind := g.form.Get("grant_type"); kind {
	case "client_credentials":
		return a.clientCredentials(w, q, g)
	case "refresh_token":
		return a.refresh(w, q, g)
	case "":
		return azerr.LoginMissingParameter.New("grant_type")
	default:
		return azerr.LoginUnsupportedGrant.New(kind)
	}
}

func (a *API) readGrant(w http.ResponseWriter, q *request, v1 bool) (*grant, error) {
	tenant, err := a.tenant(q)
	if err != nil {
		return nil, err
	}
	q.Body = http.MaxBytesReader(w, q.Body, maxBody)
	if err := q.ParseForm(); err != nil {
		return nil, azerr.LoginBadRequest.New("its form can't be read").Because(err)
	}
	g := &grant{form: q.PostForm, tenant: tenant, v1: v1, clientID: q.PostForm.Get("client_id")}
	if id, secret, ok := basicCredentials(q); ok {
		g.clientID = id
		g.form.Set("client_secret", secret)
	}
	if g.clientID == "" {
		return nil, azerr.LoginMissingParameter.New("client_id")
	}
	return g, g.readAudience()
}

// basicCredentials reads RFC 6749 section 2.3.1: both parts are form-encoded.
func basicCredentials(q *request) (id, secret string, ok bool) {
	user, password, ok := q.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	return id, secret, err1 == nil && err2 == nil
}

// readAudience takes `resource` (version 1) or the resource part of `scope`: what
// stands before /.default, or before the last part of https://RESOURCE/PERMISSION.
func (g *grant) readAudience() error {
	if r := g.form.Get("resource"); r != "" {
		g.audience = r
		return g.checkAudience()
	}
	if g.v1 && g.form.Get("scope") == "" {
		return azerr.LoginMissingParameter.New("resource")
	}
	for _, s := range strings.Fields(g.form.Get("scope")) {
		switch strings.ToLower(s) {
		case "openid", "profile", "email", "offline_access":
			g.openID = true
			continue
		}
		g.scopes = append(g.scopes, s)
		resource, isDefault := strings.CutSuffix(s, "/.default")
		if !isDefault && g.form.Get("grant_type") == "client_credentials" {
			return azerr.LoginBadScope.New(s)
		}
		if !isDefault {
			resource = delegatedResource(s)
		}
		if g.audience != "" && !identity.SameAudience(g.audience, resource) {
			return azerr.LoginBadScope.New(g.form.Get("scope"))
		}
		g.audience = resource
	}
	if g.audience == "" && g.openID {
		g.audience = identity.AudienceGraph
	}
	if g.audience == "" {
		return azerr.LoginMissingParameter.New("scope")
	}
	return g.checkAudience()
}

func delegatedResource(scope string) string {
	if !strings.Contains(scope, "://") {
		return identity.AudienceGraph // a bare permission is Graph's
	}
	if i := strings.LastIndexByte(scope, '/'); i > strings.Index(scope, "://")+2 {
		return scope[:i]
	}
	return scope
}

// checkAudience takes what can name a resource: a URI with a scheme, or a client ID.
func (g *grant) checkAudience() error {
	u, err := url.Parse(g.audience)
	_, notGUID := uuid.Parse(g.audience)
	if len(g.audience) > 512 || err != nil || notGUID != nil && (u.Scheme == "" || u.Host == "" && u.Opaque == "") {
		return azerr.LoginBadResource.New(g.audience, g.tenant)
	}
	return nil
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (a *API) clientCredentials(w http.ResponseWriter, q *request, g *grant) error {
	var p identity.Principal
	var err error
	switch {
	case g.form.Get("client_assertion") != "":
		if t := g.form.Get("client_assertion_type"); t != assertionType {
			return azerr.LoginBadAssertion.New("client_assertion_type must be " + assertionType)
		}
		p, err = a.id.AuthenticateAssertion(q.Context(), g.clientID, g.form.Get("client_assertion"), a.endpoints(q, g.tenant))
	case g.form.Get("client_secret") != "":
		p, err = a.id.AuthenticateSecret(q.Context(), g.clientID, g.form.Get("client_secret"))
	default:
		return azerr.LoginNoCredential.New()
	}
	if err != nil {
		return signInError(err, g)
	}
	answer, err := a.access(q, p, g)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

// endpoints are what a client assertion may be for: this token endpoint under each of
// its names, and the issuer, which Entra takes too.
func (a *API) endpoints(q *request, tenant string) []string {
	var list []string
	for _, name := range []string{tenant, "common", "organizations", "adfs", q.PathValue("tenant")} {
		base := q.base() + "/" + name
		list = append(list, base+"/oauth2/token", base+"/oauth2/v2.0/token", base+"/v2.0", base)
	}
	return list
}

func signInError(err error, g *grant) error {
	for _, m := range []struct {
		is  error
		err func() *azerr.Error
	}{
		{identity.ErrUnknownPrincipal, func() *azerr.Error { return azerr.LoginAppNotFound.New(g.clientID, g.tenant) }},
		{identity.ErrNoServicePrincipal, func() *azerr.Error { return azerr.LoginNoServicePrincipal.New(g.clientID, g.tenant) }},
		{identity.ErrBadSecret, func() *azerr.Error { return azerr.LoginBadSecret.New(g.clientID) }},
		{identity.ErrSecretExpired, func() *azerr.Error { return azerr.LoginSecretExpired.New(g.clientID) }},
		{identity.ErrUnknownKey, func() *azerr.Error { return azerr.LoginUnknownKey.New(g.clientID) }},
		{identity.ErrNotFederated, func() *azerr.Error { return azerr.LoginNotFederated.New(detail(err, identity.ErrNotFederated)) }},
		{identity.ErrBadAssertion, func() *azerr.Error { return azerr.LoginBadAssertion.New(detail(err, identity.ErrBadAssertion)) }},
	} {
		if errors.Is(err, m.is) {
			return m.err().Because(err)
		}
	}
	return err
}

// detail is what stands after the sentinel's own text.
func detail(err, sentinel error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), sentinel.Error()), ": ")
}

// access is the answer with an access token. Version 1 sends numbers as text.
func (a *API) access(q *request, p identity.Principal, g *grant) (map[string]any, error) {
	token, expires, err := a.id.IssueToken(q.Context(), p, g.audience)
	if errors.Is(err, identity.ErrAudience) {
		return nil, azerr.LoginBadResource.New(g.audience, g.tenant).Because(err)
	}
	if err != nil {
		return nil, err
	}
	seconds := int(expires.Sub(a.now()).Seconds())
	answer := map[string]any{"token_type": "Bearer", "access_token": token}
	if g.v1 {
		answer["expires_in"], answer["ext_expires_in"] = strconv.Itoa(seconds), strconv.Itoa(seconds)
		answer["expires_on"], answer["not_before"] = strconv.FormatInt(expires.Unix(), 10), strconv.FormatInt(a.now().Unix(), 10)
		answer["resource"] = g.audience
		return answer, nil
	}
	answer["expires_in"], answer["ext_expires_in"] = seconds, seconds
	return answer, nil
}

// refresh answers a user's client: also with an ID token, client_info and the next refresh token.
func (a *API) refresh(w http.ResponseWriter, q *request, g *grant) error {
	p, err := a.id.RedeemRefreshToken(q.Context(), g.form.Get("refresh_token"))
	if err != nil || p.Type != identity.User {
		return azerr.LoginBadRefreshToken.New().Because(err)
	}
	answer, err := a.access(q, p, g)
	if err != nil {
		return err
	}
	if answer["refresh_token"], err = a.id.IssueRefreshToken(q.Context(), p); err != nil {
		return err
	}
	if answer["id_token"], err = a.id.IssueIDToken(q.Context(), p, a.issuerVersion2(q), g.clientID, ""); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]string{"uid": p.ObjectID, "utid": g.tenant})
	if err != nil {
		return err
	}
	answer["client_info"] = base64.RawURLEncoding.EncodeToString(info)
	answer["scope"] = strings.Join(append(g.scopes, "openid", "profile", "offline_access"), " ")
	return writeJSON(w, http.StatusOK, answer)
}
