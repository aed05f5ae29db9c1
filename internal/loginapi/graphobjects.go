package loginapi

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

func (a *API) graphMe(ctx context.Context, c *graphCall) (int, any, error) {
	if c.caller.Type != identity.User {
		return 0, nil, azerr.GraphNotApplicable.New()
	}
	p, err := a.id.Principal(ctx, c.caller.ObjectID)
	return http.StatusOK, userView(p), err
}

// graphList answers a collection, filtered by $filter.
func (a *API) graphList(view func(identity.Principal) map[string]any, f identity.Filter) graphFunc {
	return func(ctx context.Context, c *graphCall) (int, any, error) {
		keep, err := parseFilter(c.URL.Query().Get("$filter"))
		if err != nil {
			return 0, nil, err
		}
		found, err := a.id.Find(ctx, f)
		value := []any{}
		for _, p := range found {
			if v := view(p); v != nil && keep(v) {
				value = append(value, v)
			}
		}
		return http.StatusOK, map[string]any{"value": value, "@odata.count": len(value)}, err
	}
}

func (a *API) graphUser(ctx context.Context, c *graphCall) (int, any, error) {
	found, err := a.id.Find(ctx, identity.Filter{Type: identity.User})
	for _, p := range found {
		if strings.EqualFold(p.ObjectID, c.key) || strings.EqualFold(p.UPN, c.key) {
			return http.StatusOK, userView(p), err
		}
	}
	return 0, nil, errors.Join(err, azerr.GraphNotFound.New(c.key))
}

// appIDOf reads the alternative key appId='...'.
func appIDOf(key string) (string, bool) {
	name, value, ok := strings.Cut(key, "=")
	return strings.Trim(value, "'"), ok && name == "appId"
}

func (a *API) servicePrincipal(ctx context.Context, key string) (identity.Principal, error) {
	find := func() (identity.Principal, error) { return a.id.Principal(ctx, key) }
	if appID, ok := appIDOf(key); ok {
		find = func() (identity.Principal, error) { return a.id.PrincipalByAppID(ctx, appID) }
	}
	p, err := find()
	if err == nil && a.servicePrincipalView(p) == nil {
		err = azerr.GraphNotFound.New(key)
	}
	return p, err
}

func (a *API) application(ctx context.Context, key string) (identity.Principal, error) {
	find := func() (identity.Principal, error) { return a.id.ByApplicationObject(ctx, key) }
	if appID, ok := appIDOf(key); ok {
		find = func() (identity.Principal, error) { return a.id.PrincipalByAppID(ctx, appID) }
	}
	p, err := find()
	if err == nil && applicationView(p) == nil {
		err = azerr.GraphNotFound.New(key)
	}
	return p, err
}

func (a *API) graphServicePrincipal(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.servicePrincipal(ctx, c.key)
	return http.StatusOK, a.servicePrincipalView(p), err
}

func (a *API) graphApplication(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.application(ctx, c.key)
	return http.StatusOK, applicationView(p), err
}

func (a *API) createServicePrincipal(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.id.RegisterServicePrincipal(ctx, c.caller, text(c.body, "appId"))
	return http.StatusCreated, a.servicePrincipalView(p), err
}

func (a *API) deleteServicePrincipal(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.servicePrincipal(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.id.Delete(ctx, c.caller, p.ObjectID)
}

// onlyMembers refuses members that would be lost; null and empty ones say nothing.
func onlyMembers(body map[string]any, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(body)) {
		v := body[name]
		list, isList := v.([]any)
		object, isObject := v.(map[string]any)
		if v == nil || isList && len(list) == 0 || isObject && len(object) == 0 || strings.HasPrefix(name, "@odata") {
			continue
		}
		if !slices.Contains(known, name) {
			return azerr.GraphBadRequest.New("The property '" + name + "' is not supported by this server. Supported are: " + strings.Join(known, ", ") + ".")
		}
	}
	return nil
}

func (a *API) createApplication(ctx context.Context, c *graphCall) (int, any, error) {
	if err := onlyMembers(c.body, "displayName", "keyCredentials", "signInAudience", "isFallbackPublicClient", "isDeviceOnlyAuthSupported"); err != nil {
		return 0, nil, err
	}
	name := text(c.body, "displayName")
	if name == "" || len(name) > 256 {
		return 0, nil, azerr.GraphBadRequest.New("Invalid value specified for property 'displayName' of resource 'Application': 1 to 256 characters are needed.")
	}
	certs, err := keyCredentials(c.body)
	if err != nil {
		return 0, nil, err
	}
	p, err := a.id.RegisterApplication(ctx, c.caller, name)
	if err != nil {
		return 0, nil, err
	}
	return a.addCertificates(ctx, c, p, certs, http.StatusCreated)
}

func (a *API) patchApplication(ctx context.Context, c *graphCall) (int, any, error) {
	if err := onlyMembers(c.body, "keyCredentials"); err != nil {
		return 0, nil, err
	}
	certs, err := keyCredentials(c.body)
	if err != nil {
		return 0, nil, err
	}
	p, err := a.application(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	return a.addCertificates(ctx, c, p, certs, http.StatusNoContent)
}

func (a *API) addCertificates(ctx context.Context, c *graphCall, p identity.Principal, certs []*x509.Certificate, status int) (int, any, error) {
	for _, cert := range certs {
		if err := a.id.AddCertificate(ctx, c.caller, p.AppID, cert); err != nil {
			return 0, nil, err
		}
	}
	p, err := a.id.PrincipalByAppID(ctx, p.AppID)
	return status, applicationView(p), err
}

// keyCredentials reads the certificates; entries without a key are those that were read back.
func keyCredentials(body map[string]any) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	list, _ := body["keyCredentials"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		if text(m, "key") == "" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(text(m, "key"))
		if err != nil {
			return nil, azerr.GraphBadRequest.New("A key of keyCredentials is not base64.").Because(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, azerr.GraphBadRequest.New("A key of keyCredentials is not a certificate in DER form.").Because(err)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

func (a *API) deleteApplication(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.application(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.id.Delete(ctx, c.caller, p.ObjectID)
}

func (a *API) addPassword(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.application(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	wanted, _ := c.body["passwordCredential"].(map[string]any)
	var end time.Time
	if t := text(wanted, "endDateTime"); t != "" {
		if end, err = time.Parse(time.RFC3339Nano, t); err != nil {
			return 0, nil, azerr.GraphBadRequest.New("endDateTime is not a time of RFC 3339.")
		}
	}
	info, secret, err := a.id.AddSecret(ctx, c.caller, p.AppID, text(wanted, "displayName"), end)
	return http.StatusOK, passwordView(info, secret), err
}

func (a *API) removePassword(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.application(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.id.RemoveSecret(ctx, c.caller, p.AppID, text(c.body, "keyId"))
}

func (a *API) listFederated(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.application(ctx, c.key)
	value := []any{}
	for _, f := range p.Federated {
		value = append(value, federatedView(f))
	}
	return http.StatusOK, map[string]any{"value": value}, err
}

func (a *API) addFederated(ctx context.Context, c *graphCall) (int, any, error) {
	audiences, _ := c.body["audiences"].([]any)
	f := identity.FederatedCredential{Name: text(c.body, "name"), Issuer: text(c.body, "issuer"), Subject: text(c.body, "subject")}
	if len(audiences) == 1 {
		f.Audience, _ = audiences[0].(string)
	}
	if f.Issuer == "" || f.Subject == "" || f.Audience == "" {
		return 0, nil, azerr.GraphBadRequest.New("A federated identity credential needs issuer, subject and one audience.")
	}
	p, err := a.application(ctx, c.key)
	if err != nil {
		return 0, nil, err
	}
	if err := a.id.AddFederatedCredential(ctx, c.caller, p.AppID, f); err != nil {
		return 0, nil, err
	}
	if p, err = a.application(ctx, c.key); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, federatedView(p.Federated[len(p.Federated)-1]), nil
}

// object is p in the view of its type.
func (a *API) object(p identity.Principal) map[string]any {
	if p.Type == identity.User {
		return userView(p)
	}
	return a.servicePrincipalView(p)
}

func (a *API) directoryObject(ctx context.Context, c *graphCall) (int, any, error) {
	p, err := a.id.Principal(ctx, c.key)
	if err == nil && a.object(p) == nil {
		err = azerr.GraphNotFound.New(c.key)
	}
	return http.StatusOK, a.object(p), err
}

// getByIDs answers those of the ids that exist, as Graph does: others are left out.
func (a *API) getByIDs(ctx context.Context, c *graphCall) (int, any, error) {
	ids, _ := c.body["ids"].([]any)
	if len(ids) > 1000 {
		return 0, nil, azerr.GraphBadRequest.New("At most 1000 ids can be asked for.")
	}
	value := []any{}
	for _, e := range ids {
		id, _ := e.(string)
		p, err := a.id.Principal(ctx, id)
		if errors.Is(err, identity.ErrUnknownPrincipal) {
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		if v := a.object(p); v != nil {
			value = append(value, v)
		}
	}
	return http.StatusOK, map[string]any{"value": value}, nil
}
