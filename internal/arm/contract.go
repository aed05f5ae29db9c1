package arm

import (
	"context"
	"net/http"
	"net/url"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

var errSoon = azerr.ARMNotSupported.New("not built yet")

// Put creates or replaces (with o.Patch: patches) the resource as the caller.
func (s *Service) Put(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any, o PutOptions) (*Resource, error) {
	return nil, errSoon
}

// Validate checks what Put would check and changes nothing.
func (s *Service) Validate(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any) error {
	return errSoon
}

// Get reads a resource as the caller.
func (s *Service) Get(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string) (*Resource, error) {
	return nil, errSoon
}

// Lookup reads a stored resource without a caller, for providers; azerr.ResourceNotFound when there is none.
func (s *Service) Lookup(ctx context.Context, id resourceid.ID) (*Resource, error) {
	return nil, errSoon
}

// Children reads the stored resources of the type below scope without a caller, for providers.
func (s *Service) Children(ctx context.Context, scope resourceid.ID, typ string) ([]*Resource, error) {
	return nil, errSoon
}

// List reads the resources of a type below scope that the caller may read.
func (s *Service) List(ctx context.Context, c identity.Caller, scope resourceid.ID, typ, apiVersion string, q url.Values) ([]*Resource, error) {
	return nil, errSoon
}

// Delete deletes the resource, its children and its extension resources. There being none is no error.
func (s *Service) Delete(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, o DeleteOptions) error {
	return errSoon
}

// Action runs a POST action as the caller.
func (s *Service) Action(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion, action string, body map[string]any) (any, error) {
	return nil, errSoon
}

// Update changes a stored resource as the system (no caller, no audit record): a deployment's status, a
// certificate that was resolved again. change may run several times; it gets a copy.
func (s *Service) Update(ctx context.Context, id resourceid.ID, change func(*Resource) error) (*Resource, error) {
	return nil, errSoon
}

// Handler serves management.azure.com.
func (s *Service) Handler() http.Handler { return http.NotFoundHandler() }

// Route is a path that is no resource's, e.g. GET /subscriptions/{subscription}/locations. Keywords match in any case.
type Route struct {
	Method    string
	Pattern   string // segments; {name} matches one
	Anonymous bool
	Run       func(ctx context.Context, r *Request) (*Answer, error)
}

// Request is a request of a Route.
type Request struct {
	Caller     identity.Caller
	Params     map[string]string
	Query      url.Values
	APIVersion string
	Body       map[string]any
	Base       string // https://host as the client reached it
	RequestID  string
	Service    *Service
}

// Mount adds routes; they come before resources.
func (s *Service) Mount(routes ...Route) { s.routes = append(s.routes, routes...) }
