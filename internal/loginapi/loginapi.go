// Package loginapi is the HTTP front of identity: login.microsoftonline.com (OpenID
// configuration, keys, tokens), graph.microsoft.com (the part of Microsoft Graph
// that deployment tools use) and the managed identity endpoint. Start at New;
// token.go has the grants, graph.go the table of Graph's paths.
//
// It keeps nothing and decides nothing: identity does. Interactive sign-in of
// users is not here: whoever may use the server's socket is its user.
package loginapi

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// Options of New. Identity is required.
type Options struct {
	Identity *identity.Service
	Logger   *slog.Logger // nil: none
	Now      func() time.Time
	Audit    audit.Writer // of changes to the directory; nil: none
	Graph    string       // host of Microsoft Graph; "": graph.microsoft.com
}

// API serves the three front ends.
type API struct {
	id     *identity.Service
	logger *slog.Logger
	now    func() time.Time
	audit  audit.Writer
	host   string // of Graph
	login  http.Handler
	graph  http.Handler
}

// New makes the front ends.
func New(o Options) *API {
	a := &API{id: o.Identity, logger: o.Logger, now: o.Now, audit: o.Audit, host: cmp.Or(o.Graph, "graph.microsoft.com")}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.login, a.graph = a.loginRoutes(), a.graphRoutes()
	return a
}

// Handler serves login.microsoftonline.com.
func (a *API) Handler() http.Handler { return a.login }

// Graph serves graph.microsoft.com.
func (a *API) Graph() http.Handler { return a.graph }

// ManagedIdentity serves the managed identity endpoint, whatever path it is mounted at.
func (a *API) ManagedIdentity() http.Handler { return http.HandlerFunc(a.managedIdentity) }

// maxBody bounds forms and JSON bodies.
const maxBody = 64 << 10

// request is one HTTP request with its id.
type request struct {
	*http.Request
	id     string
	caller identity.Caller // Graph only
}

// begin gives the request an id and sets the headers that all answers have.
func begin(w http.ResponseWriter, r *http.Request) *request {
	q := &request{Request: r, id: uuid.NewString()}
	h := w.Header()
	h.Set("x-ms-request-id", q.id)
	h.Set("Cache-Control", "no-store")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	if c := r.Header.Get("client-request-id"); c != "" && len(c) <= 64 {
		h.Set("client-request-id", c)
	}
	return q
}

func (a *API) failed(ctx context.Context, q *request, err error) {
	e := azerr.From(err)
	level := slog.LevelInfo
	if e.Kind.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	cause := ""
	if c := errors.Unwrap(e); c != nil {
		cause = c.Error()
	}
	a.logger.Log(ctx, level, "sign-in or directory request refused", "request", q.id, "path", q.URL.Path, "code", e.Kind.Code, "inner", e.Kind.Inner, "cause", cause)
}

// base is https://HOST as the client reached it: clients compare it with the authority that they were given.
func (q *request) base() string { return "https://" + strings.ToLower(q.Host) }

// address is the client's.
func (q *request) address() netip.Addr {
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil {
		host = q.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host) // the zero Addr when it is not one
	return addr.Unmap()
}
