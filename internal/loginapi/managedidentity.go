package loginapi

import (
	"crypto/subtle"
	"net/http"
	"strconv"

	"gatehouse/internal/azerr"
)

// managedIdentity is the App Service form: GET ?api-version=2019-08-01&resource=R with
// X-IDENTITY-HEADER. The header is a secret of the machine, so that a page in a
// browser or another user can't ask.
func (a *API) managedIdentity(w http.ResponseWriter, r *http.Request) {
	q := begin(w, r)
	if err := a.managedIdentityToken(w, q); err != nil {
		a.failed(r.Context(), q, err)
		e := azerr.From(err)
		_ = writeJSON(w, e.Kind.Status, map[string]any{"statusCode": e.Kind.Status, "message": e.Message, "correlationId": q.id}) // strings always marshal
	}
}

func (a *API) managedIdentityToken(w http.ResponseWriter, q *request) error {
	want, err := a.id.EndpointSecret(q.Context())
	if err != nil {
		return err
	}
	if got := q.Header.Get("X-IDENTITY-HEADER"); subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return azerr.MSIBadHeader.New()
	}
	if q.Method != http.MethodGet {
		return azerr.MSIBadRequest.New("The managed identity endpoint takes GET only.")
	}
	query, p := q.URL.Query(), a.id.ManagedIdentity()
	if v := query.Get("api-version"); v == "" {
		return azerr.MSIBadRequest.New("The api-version query parameter is required, for example 2019-08-01.")
	}
	for name, own := range map[string]string{"client_id": p.AppID, "principal_id": p.ObjectID, "object_id": p.ObjectID, "mi_res_id": ""} {
		if asked := query.Get(name); asked != "" && asked != own {
			return azerr.MSINoIdentity.New(name, asked)
		}
	}
	g := &grant{audience: query.Get("resource"), tenant: a.id.TenantID()}
	if g.audience == "" {
		return azerr.MSIBadRequest.New("The resource query parameter is required, for example https://vault.azure.net.")
	}
	if err := g.checkAudience(); err != nil {
		return azerr.MSIBadRequest.New(azerr.From(err).Message)
	}
	token, expires, err := a.id.IssueToken(q.Context(), p, g.audience)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "expires_on": strconv.FormatInt(expires.Unix(), 10),
		"resource": g.audience, "token_type": "Bearer", "client_id": p.AppID})
}
