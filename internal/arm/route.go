package arm

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/identity"
)

// Route is a path that is no resource's, e.g. GET /subscriptions/{subscription}/locations. Keywords match in any case.
type Route struct {
	Method    string // GET also serves HEAD
	Pattern   string // segments; {name} matches one
	Anonymous bool   // no token, and no api-version needed
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
	Host       string
	RequestID  string
	Service    *Service
}

// Mount adds routes; they come before resources.
func (s *Service) Mount(routes ...Route) { s.routes = append(s.routes, routes...) }

func (s *Service) match(method string, seg []string) (*Route, map[string]string) {
	for i := range s.routes {
		r := &s.routes[i]
		if r.Method != method && !(r.Method == http.MethodGet && method == http.MethodHead) {
			continue
		}
		if params, ok := r.match(seg); ok {
			return r, params
		}
	}
	return nil, nil
}

func (r *Route) match(seg []string) (map[string]string, bool) {
	pattern := strings.Split(strings.Trim(r.Pattern, "/"), "/")
	if len(pattern) != len(seg) {
		return nil, false
	}
	params := map[string]string{}
	for i, p := range pattern {
		if strings.HasPrefix(p, "{") {
			params[strings.Trim(p, "{}")] = seg[i]
		} else if !strings.EqualFold(p, seg[i]) {
			return nil, false
		}
	}
	return params, true
}

func (x *exchange) runRoute(r *Route, params map[string]string) error {
	body, err := x.body(nil)
	if err != nil {
		return err
	}
	a, err := r.Run(x.r.Context(), &Request{Caller: x.caller, Params: params, Query: x.query, APIVersion: x.apiVersion, Body: body,
		Base: x.base(), Host: x.r.Host, RequestID: x.requestID, Service: x.s})
	if err != nil {
		return err
	}
	if l, ok := a.Body.(Listing); ok {
		return x.page(l)
	}
	return x.answer(a)
}
