// Package arm is Resource Manager: it knows which resource types there are,
// authorises every request, keeps the resources in the store and speaks
// management.azure.com's HTTP. What a type means (its rules, defaults, children)
// is the business of its provider (internal/provider/...), which registers a Type.
// Running templates is package deploy's.
//
// Start at Type and Service: Service.Put, Get, List, Delete, Action and Update are
// the one way to a resource for the HTTP Handler, deployments and providers alike.
package arm

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/resourcetypes"
	"gatehouse/internal/store"
)

// ScopeKind says in which kinds of scope a top-level type may lie; the values combine.
type ScopeKind uint8

// The kinds of scope. ResourceScope makes an extension type: one that may lie in any resource.
const (
	TenantScope ScopeKind = 1 << iota
	ManagementGroupScope
	SubscriptionScope
	GroupScope
	ResourceScope
)

// Type is what a provider registers for a resource type. Only Name is needed; a nil
// function has the default that stands beside it. The functions of stored types run
// under a lock of the resource's ID and may run again when another replica wrote first.
type Type struct {
	Name          string // full name in Azure's case, e.g. Microsoft.ApiManagement/service/apis
	Scopes        ScopeKind
	APIVersions   []string // shown by /providers; any api-version is accepted
	NeedsLocation bool
	Tracked       bool   // listed by /resources; has tags
	BodyETag      bool   // "etag" stands in the body too
	RBAC          string // type of the RBAC actions where it isn't Name
	CountInList   bool   // lists carry "count", as API Management's do
	ParentFree    bool   // the parent resource need not exist (locations/deletedVaults)
	Singleton     string // the one name allowed, e.g. "policy"; empty: any

	NameRule func(name string) error
	// Misfit makes bodies fit what Azure publishes of the type (resourcetypes.Fit) before Put sees them; it is the error of
	// those that can't. Put is asked first, since it knows more of what is wrong. nil: bodies come as they were sent.
	Misfit func(problems []resourcetypes.Problem) error
	// Kept are properties that Azure publishes as read-only and Put reads all the same.
	Kept []string
	// ReadBody reads the request's body; nil: strict JSON.
	ReadBody func(data []byte) (map[string]any, error)
	// Put completes and validates, and returns what is to be stored; arm has authorised, checked
	// parents and preconditions. nil: the type is read-only.
	//
	// The resource is not stored yet when it runs: what writes children does it in Stored, with the ctx given.
	Put func(ctx context.Context, r *PutRequest) (*Resource, error)
	// NotStored types (vaults/accessPolicies) do all in Put; its result is answered and not stored.
	NotStored bool
	// View adds computed properties to a copy on each read; nil: as stored.
	View func(ctx context.Context, r *Resource) (*Resource, error)
	// Export answers a GET whose query asks for another form of the resource: with a *Resource or a whole body;
	// nil: there is no other form for this query. A HEAD never asks.
	Export func(ctx context.Context, r *ExportRequest) (any, error)
	// Get finds a resource that arm does not store (vaults/secrets, built-in roles), nil with no error
	// when there is none there; arm then looks in the store.
	Get func(ctx context.Context, id resourceid.ID) (*Resource, error)
	// Alias gives the ID under which the resource that id names is stored, where that is another one than id. typ is the
	// type that is asked for: the resource's own or one below it, which goes with it.
	Alias func(ctx context.Context, id resourceid.ID, typ string) (resourceid.ID, error)
	// List returns the resources of the type below r.Scope as clients are to see them; nil: from the
	// store, viewed. arm filters by $filter (unless OwnFilter) and by the caller's rights, and pages.
	List      func(ctx context.Context, r *ListRequest) ([]*Resource, error)
	OwnFilter bool
	// OwnScope lists of a scope leave out what lies deeper: a subscription's deployments are not its groups'.
	OwnScope bool
	// MayDelete runs first on a resource that is to be deleted for its own sake, before anything of it goes; nil: it may.
	MayDelete func(ctx context.Context, r *DeleteRequest) error
	// Delete runs before the record goes; children and extension resources have gone already. nil: nothing to do.
	Delete func(ctx context.Context, r *DeleteRequest) error
	// NoDelete types refuse DELETE with 405.
	NoDelete bool
	NoPatch  bool
	// MayRead gives the right to read one besides RBAC (a subscription shows to all who may read anything in it).
	MayRead func(ctx context.Context, c identity.Caller, id resourceid.ID) bool
	// OwnRights types authorise a PUT or PATCH themselves, in Put: where a management group lies, its ID does not tell.
	OwnRights bool
	// NotFound is the error where there is none; nil: ResourceNotFound.
	NotFound func(id resourceid.ID) error
	// CreateStatus is the HTTP status of a PUT that creates; 0: 201.
	CreateStatus int
	// DeleteStatus is the HTTP status of a deletion; 0: 200. With 202 a Location to poll is sent.
	DeleteStatus int
	// DeleteShows makes a deletion answer 200 with the resource that went, as role assignments do.
	DeleteShows bool
	// HeadStatus is the HTTP status of a HEAD that finds one; 0: 204.
	HeadStatus int
	// Stored and Deleted run after the commit, in the process that did it: for indexes and caches.
	Stored  func(ctx context.Context, r *Resource)
	Deleted func(ctx context.Context, id resourceid.ID)
	// Actions are POST .../NAME; keys in Azure's case.
	Actions map[string]*Action
	// DeleteOrder sorts the top-level resources of a group that is deleted: lower first (API Management before vaults).
	DeleteOrder int
}

// Action is a POST on a resource, or on a provider (Service.RegisterCalls). Its RBAC action is TYPE/NAME/action,
// with Name in place of the key when set; a Name with a slash is taken as it is.
type Action struct {
	Name     string
	Run      func(ctx context.Context, r *ActionRequest) (any, error) // an *Answer, or the body of a 200; nil: 204
	ReadBody func(data []byte) (map[string]any, error)
	// ParentFree: the resource itself need not exist (deployments/validate, whatIf).
	ParentFree bool
	Quiet      bool // reads only: no audit record
}

// PutRequest is one PUT or PATCH. Body has been read and is the provider's to change; for a PATCH it is Existing's
// body with the patch (Patched) merged in as RFC 7396 says; Private of Existing is not in it.
type PutRequest struct {
	Caller       identity.Caller
	ID           resourceid.ID // parents and type in their stored case, the name as first given
	Type         *Type
	APIVersion   string
	Body         map[string]any
	Existing     *Resource // nil when there is none; not to be changed
	Parent       *Resource // the parent resource or group; nil at subscription and tenant scope
	Patch        bool
	Patched      map[string]any
	ValidateOnly bool // check everything, change nothing anywhere
	Service      *Service
	RequestID    string
	// Conditions and Ops join the transaction that stores the resource.
	Conditions []store.Condition
	Ops        []store.Op
	// Steps are writes of other resources that go before it: in its own transaction when all fit there, else in
	// others, which are undone when a later one fails. So the write takes effect as a whole or not at all.
	Steps []Step
}

// DeleteRequest is one deletion. Conditions and Ops join the transaction that deletes the record.
type DeleteRequest struct {
	Caller     identity.Caller
	ID         resourceid.ID
	Existing   *Resource
	Cascade    bool // it goes since its parent or group goes
	Service    *Service
	Query      url.Values
	Conditions []store.Condition
	Ops        []store.Op
}

// ListRequest asks for the resources of one type. Scope is the parent: a resource
// for child types, a scope for others.
type ListRequest struct {
	Caller     identity.Caller
	Scope      resourceid.ID
	Type       *Type
	APIVersion string
	Query      url.Values
	Service    *Service
}

// ActionRequest is one POST. Resource is nil for ParentFree actions without one and for calls on a provider.
type ActionRequest struct {
	Caller     identity.Caller
	ID         resourceid.ID // of the resource, or the scope for calls on a provider
	Resource   *Resource
	APIVersion string
	Body       map[string]any
	Query      url.Values
	Service    *Service
	RequestID  string
	Base       string // https://host as the client reached it; "" for calls in the process
}

// Answer is a whole HTTP answer, where a plain body doesn't do. Paths in Location and Azure-AsyncOperation
// may begin with "/": the handler puts the host as the client reached it in front.
type Answer struct {
	Status int
	Header http.Header
	Body   any
}

// Identity is what arm needs of identity.Service.
type Identity interface {
	TenantID() string
	SubscriptionID() string
	VerifyToken(ctx context.Context, token string, audiences ...string) (identity.Caller, error)
}

// Options are the parts that a Service is made of. Store must seal what it keeps.
type Options struct {
	Store      store.Store
	Identity   Identity
	Authorizer rbac.Authorizer // may be set later by SetAuthorizer: provider/authorization needs the Service
	Audit      audit.Writer
	Now        func() time.Time
	Logger     *slog.Logger
	LoginHost  string // login.microsoftonline.com when empty
}

// PutOptions are the preconditions of a write.
type PutOptions struct {
	IfMatch     string
	IfNoneMatch string
	Patch       bool
	System      bool // a provider's own write, by the stored name: no authorisation, no audit record
	RequestID   string
}

// DeleteOptions are the preconditions and query of a deletion.
type DeleteOptions struct {
	IfMatch   string
	Query     url.Values
	System    bool // a provider's own deletion, by the stored name: no authorisation, no audit record
	RequestID string
}
