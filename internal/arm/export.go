package arm

import (
	"context"
	"net/http"
	"net/url"

	"gatehouse/internal/identity"
)

// ExportRequest is a GET of a resource whose query may ask for another form of it.
type ExportRequest struct {
	Caller     identity.Caller // may read Resource
	Resource   *Resource       // as it would be shown
	APIVersion string
	Query      url.Values
	Base       string // https://host as the client reached it
	Service    *Service
}

// Raw is the body of an Answer that is no JSON.
type Raw struct {
	ContentType string
	Data        []byte
}

// exported is the form that the query asks for, when the type has such forms.
func (x *exchange) exported(ctx context.Context, r *Resource) (any, error) {
	t, ok := x.s.Type(r.Type)
	if !ok || t.Export == nil || x.r.Method == http.MethodHead {
		return nil, nil
	}
	return t.Export(ctx, &ExportRequest{Caller: x.caller, Resource: r, APIVersion: x.apiVersion, Query: x.query, Base: x.base(), Service: x.s})
}
