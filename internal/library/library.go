// Package library is what pipelines are given by people: secure files, variable
// groups with secret variables, and service connections, each with the permission
// of a pipeline, or of one run, to use it. Start at Service.
//
// It knows no HTTP (libraryapi translates) and runs nothing (package pipeline does).
// Contents are sealed by the store behind it.
//
// Its rights: the library belongs to those who may give rights on the subscription
// (Owner, User Access Administrator). A run says itself which pipeline it is, so
// whoever may begin one has all that is permitted to any; lesser principals may not.
package library

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Organization and Project are the ones that exist.
const (
	Organization = "gatehouse"
	Project      = "default"
)

// Identity is what the library needs of the tenant; *identity.Service has it.
type Identity interface {
	TenantID() string
	SubscriptionID() string
	PrincipalByAppID(ctx context.Context, appID string) (identity.Principal, error)
	AddFederatedCredential(ctx context.Context, caller identity.Caller, appID string, f identity.FederatedCredential) error
	SignAssertion(ctx context.Context, issuer, subject, audience string, life time.Duration) (string, error)
}

// Options of New. Store must be a sealed one.
type Options struct {
	Store      store.Store
	Identity   Identity
	Authorizer rbac.Authorizer
	Audit      audit.Writer
	Now        func() time.Time // nil: time.Now
}

// Service is safe for concurrent use.
type Service struct {
	st    store.Store
	ids   Identity
	authz rbac.Authorizer
	audit audit.Writer
	now   func() time.Time
}

// New makes the service. It reads nothing.
func New(o Options) *Service {
	s := &Service{st: o.Store, ids: o.Identity, authz: o.Authorizer, audit: o.Audit, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Kind says what went wrong.
type Kind uint8

// The kinds of errors.
const (
	NotFound Kind = iota
	Forbidden
	Invalid
	Conflict
	TooLarge
)

// Error is what a caller did wrong. Others are faults of this machine.
type Error struct {
	Kind    Kind
	What    What // of the object concerned
	Message string
}

func (e *Error) Error() string { return e.Message }

func fail(k Kind, w What, format string, args ...any) error {
	return &Error{Kind: k, What: w, Message: fmt.Sprintf(format, args...)}
}

// What is a kind of object that a permission is for; the values are those of the
// pipelinePermissions API.
type What string

// The objects.
const (
	SecureFiles What = "securefile"
	Groups      What = "variablegroup"
	Connections What = "endpoint"
	Pipelines   What = "pipeline"
)

// Name is what people call the object.
func (w What) Name() string {
	return map[What]string{SecureFiles: "secure file", Groups: "variable group", Connections: "service connection", Pipelines: "pipeline"}[w]
}

// maxName bounds names, in bytes, so that they fit into keys.
const maxName = 200

func checkName(w What, name string) error {
	if strings.TrimSpace(name) == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '/' || r == '\\' }) {
		return fail(Invalid, w, "The name of a %s has 1 to %d bytes, and no slashes or control characters.", w.Name(), maxName)
	}
	return nil
}

// prefix of the records of a kind.
func prefix(w What) string { return "library/" + string(w) + "/" }

// key of a record; names have no case.
func key(w What, name string) string { return prefix(w) + url.PathEscape(strings.ToLower(name)) }

// rightAction is what the owners of the library may do on the subscription.
const rightAction = "Microsoft.Authorization/roleAssignments/write"

// allow checks the caller's right and records the decision, before anything is done.
func (s *Service) allow(ctx context.Context, c identity.Caller, action string, resource string) error {
	scope, err := resourceid.Parse("/subscriptions/" + s.ids.SubscriptionID())
	if err != nil {
		return err
	}
	if s.authz.Authorize(ctx, c, rightAction, false, scope).Allowed {
		return s.record(ctx, c, action, resource, audit.Allowed)
	}
	if err := s.record(ctx, c, action, resource, audit.Denied); err != nil {
		return err
	}
	return fail(Forbidden, "", "The caller '%s' has no right to the library of pipelines. It belongs to the owners of the subscription: sign in as one, or have the role Owner assigned.", c.Name)
}

func (s *Service) record(ctx context.Context, c identity.Caller, action, resource, decision string) error {
	return s.audit.Write(ctx, audit.Record{Time: s.now().UTC(), RequestID: c.RequestID, Caller: c.ObjectID, CallerName: c.Name, AppID: c.AppID,
		Address: c.Address.String(), Action: "Library/" + action, Resource: resource, Decision: decision})
}
