package arm

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// The types of scopes, as resourceid names them.
const (
	TypeManagementGroup = "Microsoft.Management/managementGroups"
	TypeSubscription    = "Microsoft.Resources/subscriptions"
	TypeGroup           = "Microsoft.Resources/resourceGroups"
)

// Service is Resource Manager in the process. It is safe for concurrent use once
// all types are registered.
type Service struct {
	o          Options
	authorizer atomic.Pointer[rbac.Authorizer]
	types      map[string]*Type              // by lower-case name
	names      []string                      // in order of registration
	calls      map[string]map[string]*Action // by lower-case namespace, then lower-case name
	routes     []Route
	tree       treeLock
	changes    changeSignal
}

// New makes a Service without any type: the app registers those of its providers.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.LoginHost == "" {
		o.LoginHost = "login.microsoftonline.com"
	}
	s := &Service{o: o, types: map[string]*Type{}, calls: map[string]map[string]*Action{}}
	s.tree.held = map[string]*heldLock{}
	s.changes.waiting = map[string]*waiter{}
	if o.Authorizer != nil {
		s.SetAuthorizer(o.Authorizer)
	}
	return s
}

// SetAuthorizer breaks the cycle between the Service and provider/authorization, which needs it.
func (s *Service) SetAuthorizer(a rbac.Authorizer) { s.authorizer.Store(&a) }

// Register adds types. A name that is registered twice is a fault of the program.
func (s *Service) Register(types ...*Type) {
	for _, t := range types {
		key := strings.ToLower(t.Name)
		if s.types[key] != nil {
			panic("arm: type registered twice: " + t.Name)
		}
		if t.Scopes == 0 {
			t.Scopes = GroupScope
		}
		s.types[key] = t
		s.names = append(s.names, t.Name)
	}
}

// RegisterCalls adds POSTs on a provider itself, such as Microsoft.KeyVault/checkNameAvailability,
// at tenant, subscription or group scope.
func (s *Service) RegisterCalls(namespace string, calls map[string]*Action) {
	m := s.calls[strings.ToLower(namespace)]
	if m == nil {
		m = map[string]*Action{}
		s.calls[strings.ToLower(namespace)] = m
	}
	for name, a := range calls {
		m[strings.ToLower(name)] = a
	}
}

// Type finds a registered type; case does not matter.
func (s *Service) Type(name string) (*Type, bool) {
	t, ok := s.types[strings.ToLower(name)]
	return t, ok
}

// TypeNames are the registered types in order of registration.
func (s *Service) TypeNames() []string { return slices.Clone(s.names) }

// Store is the store of the Service, for providers that keep records of their own beside resources.
func (s *Service) Store() store.Store { return s.o.Store }

// TenantID and SubscriptionID are those of the one tenant.
func (s *Service) TenantID() string { return s.o.Identity.TenantID() }

// SubscriptionID is the tenant's one subscription.
func (s *Service) SubscriptionID() string { return s.o.Identity.SubscriptionID() }

// Now is the Service's clock.
func (s *Service) Now() time.Time { return s.o.Now() }

// typeOf finds id's type or refuses it by name, as Azure does.
func (s *Service) typeOf(name, apiVersion string) (*Type, error) {
	if t, ok := s.Type(name); ok {
		return t, nil
	}
	ns, typ, _ := strings.Cut(name, "/")
	var known, namespaces []string
	for _, n := range s.names {
		if kns, kt, _ := strings.Cut(n, "/"); strings.EqualFold(kns, ns) {
			known = append(known, kt)
		} else if !slices.Contains(namespaces, kns) {
			namespaces = append(namespaces, kns)
		}
	}
	if known == nil {
		slices.Sort(namespaces)
		return nil, azerr.InvalidResourceNamespace.New(ns, strings.Join(namespaces, ", "))
	}
	slices.Sort(known)
	return nil, azerr.InvalidResourceType.New(typ, ns, apiVersion, strings.Join(known, ", "))
}

func (t *Type) rbacName() string {
	if t.RBAC != "" {
		return t.RBAC
	}
	return t.Name
}

// Allowed asks the authorizer whether c may do the action at the scope.
func (s *Service) Allowed(ctx context.Context, c identity.Caller, action string, scope resourceid.ID) bool {
	a := s.authorizer.Load()
	return a != nil && (*a).Authorize(ctx, c, action, false, scope).Allowed
}

// Authorize refuses c with AuthorizationFailed unless its roles allow the action at the scope.
func (s *Service) Authorize(ctx context.Context, c identity.Caller, action string, scope resourceid.ID) error {
	if s.Allowed(ctx, c, action, scope) {
		return nil
	}
	name := c.AppID
	if c.Type == identity.User || name == "" {
		name = c.Name
	}
	return azerr.AuthorizationFailed.New(name, c.ObjectID, action, scope)
}

// Started records that something begins whose provider changes more than arm's record of it, before it does: what can't
// be audited isn't done. The record of how it ended follows.
func (s *Service) Started(ctx context.Context, c identity.Caller, requestID, action string, id resourceid.ID) error {
	if s.o.Audit == nil {
		return nil
	}
	r := s.auditRecord(c, requestID, action, id)
	r.Result = "Started"
	if err := s.o.Audit.Write(ctx, r); err != nil {
		return azerr.AuditUnavailable.New(action, id).Because(err)
	}
	return nil
}

// auditRecord is what all records of a request share.
func (s *Service) auditRecord(c identity.Caller, requestID, action string, id resourceid.ID) audit.Record {
	r := audit.Record{Time: s.o.Now().UTC(), RequestID: requestID, Caller: c.ObjectID, CallerName: c.Name, AppID: c.AppID,
		Action: action, Resource: id.String(), Decision: audit.Allowed}
	if c.Address.IsValid() {
		r.Address = c.Address.String()
	}
	if requestID == "" {
		r.RequestID = c.RequestID
	}
	return r
}

// record writes the audit record of a write. The error of a failed one is the caller's to return:
// what can't be audited isn't acknowledged.
func (s *Service) record(ctx context.Context, c identity.Caller, requestID, action string, id resourceid.ID, status int, err error) error {
	if s.o.Audit == nil {
		return nil
	}
	r := s.auditRecord(c, requestID, action, id)
	r.Status, r.Result = status, "Succeeded"
	if err != nil {
		e := azerr.From(err)
		r.Status, r.Result = e.Kind.Status, e.Kind.Code
		if errors.Is(err, azerr.AuthorizationFailed) {
			r.Decision = audit.Denied
		}
	}
	if err := s.o.Audit.Write(ctx, r); err != nil {
		return azerr.AuditUnavailable.New(action, id).Because(err)
	}
	return nil
}

// audited returns err, or the failure to write the record about it.
func (s *Service) audited(ctx context.Context, c identity.Caller, requestID, action string, id resourceid.ID, status int, err error) error {
	if failed := s.record(ctx, c, requestID, action, id, status, err); failed != nil && err == nil {
		return failed
	}
	return err
}

// Refused records that a caller was refused, for routes that authorise themselves, and returns why.
func (s *Service) Refused(ctx context.Context, c identity.Caller, requestID, action string, id resourceid.ID, why error) error {
	return s.audited(ctx, c, requestID, action, id, 0, why)
}

// storeError turns the store's errors into the wire's.
func storeError(id resourceid.ID, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNoSpace):
		return azerr.StorageFull.New().Because(err)
	case errors.Is(err, store.ErrTooLarge):
		return azerr.ResourceTooLarge.New(id).Because(err)
	}
	return err
}
