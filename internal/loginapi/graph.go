package loginapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// graphAudiences are the names that tokens for Graph are issued to.
var graphAudiences = []string{identity.AudienceGraph, "00000003-0000-0000-c000-000000000000"}

// graphCall is one request below /v1.0 or /beta. key is what stands in ID's place: an
// object ID, a UPN, or appId='...' when the path has it in parentheses.
type graphCall struct {
	*request
	key  string
	body map[string]any
}

type graphFunc func(ctx context.Context, c *graphCall) (status int, answer any, err error)

// graphRoutes is the table of Graph: method and path, with * for one ID.
func (a *API) graphRoutes() http.Handler {
	routes := map[string]graphFunc{
		"GET me":                         a.graphMe,
		"GET organization":               a.graphOrganization,
		"GET groups":                     graphNone,
		"GET users":                      a.graphList(userView, identity.Filter{Type: identity.User}),
		"GET users/*":                    a.graphUser,
		"GET servicePrincipals":          a.graphList(a.servicePrincipalView, identity.Filter{Type: identity.ServicePrincipal}),
		"GET servicePrincipals/*":        a.graphServicePrincipal,
		"POST servicePrincipals":         a.createServicePrincipal,
		"DELETE servicePrincipals/*":     a.deleteServicePrincipal,
		"GET applications":               a.graphList(applicationView, identity.Filter{Type: identity.ServicePrincipal, Unregistered: true}),
		"GET applications/*":             a.graphApplication,
		"POST applications":              a.createApplication,
		"PATCH applications/*":           a.patchApplication,
		"DELETE applications/*":          a.deleteApplication,
		"GET directoryObjects/*":         a.directoryObject,
		"POST directoryObjects/getByIds": a.getByIDs,

		"POST applications/*/addPassword":                 a.addPassword,
		"POST applications/*/removePassword":              a.removePassword,
		"GET applications/*/federatedIdentityCredentials": a.listFederated, "POST applications/*/federatedIdentityCredentials": a.addFederated,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := begin(w, r)
		if err := a.serveGraph(w, q, routes); err != nil {
			a.failed(r.Context(), q, err)
			azerr.WriteGraph(w, q.id, graphError(err))
		}
	})
}

func (a *API) serveGraph(w http.ResponseWriter, q *request, routes map[string]graphFunc) error {
	var err error
	if q.caller, err = a.graphCaller(q); err != nil {
		return err
	}
	pattern, key, err := graphPath(q.URL)
	if err != nil {
		return err
	}
	f, ok := routes[q.Method+" "+pattern]
	if !ok {
		return azerr.GraphNoSegment.New(q.Method + " " + pattern)
	}
	c := &graphCall{request: q, key: key}
	if c.body, err = readObject(w, q.Request); err != nil {
		return err
	}
	status, answer, err := f(q.Context(), c)
	if q.Method != http.MethodGet && pattern != "directoryObjects/getByIds" {
		err = a.audited(q, pattern, key, status, err)
	}
	if err != nil {
		return err
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return nil
	}
	return writeJSON(w, status, answer)
}

// audited writes the record of a change to the directory. When it can't be written, the answer, which
// may hold a new secret, does not leave.
func (a *API) audited(q *request, pattern, key string, status int, err error) error {
	if a.audit == nil {
		return err
	}
	r := audit.Record{Time: a.now().UTC(), RequestID: q.id, Caller: q.caller.ObjectID, CallerName: q.caller.Name, AppID: q.caller.AppID, Address: q.caller.Address.String(),
		Action: "Microsoft.Graph/" + q.Method + " " + pattern, Resource: key, Decision: audit.Allowed, Status: status, Result: "Succeeded"}
	if err != nil {
		e := azerr.From(graphError(err))
		r.Status, r.Result = e.Kind.Status, e.Kind.Code
		if r.Status == http.StatusForbidden {
			r.Decision = audit.Denied
		}
	}
	if failed := a.audit.Write(q.Context(), r); failed != nil && err == nil {
		return fmt.Errorf("loginapi: the audit record of %s can't be written: %w", r.Action, failed)
	}
	return err
}

func (a *API) graphCaller(q *request) (identity.Caller, error) {
	scheme, token, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return identity.Caller{}, azerr.GraphInvalidToken.New("Access token is empty.")
	}
	c, err := a.id.VerifyToken(q.Context(), strings.TrimSpace(token), graphAudiences...)
	switch {
	case errors.Is(err, identity.ErrExpired):
		return c, azerr.GraphInvalidToken.New("Lifetime validation failed, the token is expired.").Because(err)
	case errors.Is(err, identity.ErrAudience):
		return c, azerr.GraphInvalidToken.New("Access token validation failure. Invalid audience.").Because(err)
	case err != nil:
		return c, azerr.GraphInvalidToken.New("Access token validation failure.").Because(err)
	}
	c.Address, c.RequestID = q.address(), q.id
	return c, nil
}

// graphPath splits /v1.0/collection[/id][/member], where the id may also stand in
// parentheses, as in servicePrincipals(appId='...').
func graphPath(u *url.URL) (pattern, key string, err error) {
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(segments) < 2 || segments[0] != "v1.0" && segments[0] != "beta" {
		return "", "", azerr.GraphNoSegment.New(segments[0])
	}
	segments = segments[1:]
	for i, s := range segments {
		if segments[i], err = url.PathUnescape(s); err != nil {
			return "", "", azerr.GraphBadRequest.New("The path is not escaped properly.")
		}
	}
	if collection, inner, ok := strings.Cut(segments[0], "("); ok && strings.HasSuffix(inner, ")") {
		segments = append([]string{collection, strings.TrimSuffix(inner, ")")}, segments[1:]...)
	}
	if len(segments) > 1 && segments[1] != "getByIds" {
		key, segments[1] = segments[1], "*"
	}
	return strings.Join(segments, "/"), key, nil
}

func readObject(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return nil, nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, azerr.GraphBadRequest.New("The body can't be read, or is too large.").Because(err)
	}
	var body map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, azerr.GraphBadRequest.New("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.").Because(err)
	}
	return body, nil
}

func graphError(err error) error {
	switch {
	case errors.Is(err, identity.ErrForbidden), errors.Is(err, identity.ErrInUse):
		return azerr.GraphForbidden.New().Because(err)
	case errors.Is(err, identity.ErrUnknownPrincipal):
		return azerr.GraphNotFound.New(strings.Trim(detail(err, identity.ErrUnknownPrincipal), `"`)).Because(err)
	}
	return err
}

// text reads a member of a JSON object; "" when it is not text.
func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }
