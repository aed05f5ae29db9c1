// Package host is what policy expressions read of the gateway: the context variable and what
// hangs on it, as small interfaces of Go types. policy.Exchange implements Context; all
// methods return what is there already, so that reading allocates nothing. A nil
// interface is C#'s null.
//
// It knows no C# type: package lib declares IProxyRequestContext and the rest over it.
package host

import (
	"crypto/x509"
	"time"
)

// ContextType is the full name of the type of the variable context.
const ContextType = "Microsoft.Azure.ApiManagement.IProxyRequestContext"

// Context is the variable context.
type Context interface {
	API() API                   // nil without one
	Operation() Operation       // nil without one
	Product() Product           // nil without one
	Subscription() Subscription // nil without one
	User() User                 // nil without one
	Deployment() Deployment
	Request() Request
	Response() Response   // nil until there is one
	LastError() LastError // nil without one
	Variables() Variables
	RequestID() string // a lower-case GUID
	Timestamp() time.Time
	Tracing() bool
	Trace(source, message string)
}

// Request is context.Request.
type Request interface {
	Body() Body                     // nil without one
	Certificate() *x509.Certificate // nil without one
	Headers() Fields
	IPAddress() string
	MatchedParameters() Fields
	Method() string
	OriginalURL() URL
	URL() URL
}

// Response is context.Response, and a response in a variable.
type Response interface {
	Body() Body
	Headers() Fields
	StatusCode() int
	StatusReason() string
}

// Fields are header fields, query parameters or matched parameters: names are compared
// without regard to case.
type Fields interface {
	// Get is the value of a name; several are joined by commas.
	Get(name string) (value string, ok bool)
	// Count is the number of fields; one name may have several.
	Count() int
	// At is field i.
	At(i int) (name, value string)
}

// URL is an IUrl.
type URL interface {
	Scheme() string
	Host() string
	Port() int
	Path() string
	QueryString() string // with its ?, "" without a query
	Query() Fields
	String() string
}

// Body is an IMessageBody.
type Body interface {
	// Read gives the whole body. Without preserve it is gone afterwards, and reading
	// again gives ErrConsumed.
	Read(preserve bool) (string, error)
}

// API is context.Api.
type API interface {
	ID() string
	Name() string
	Path() string
	Revision() string
	Version() string
	IsCurrentRevision() bool
	ServiceURL() URL // nil without one
	Protocols() []string
	SubscriptionKeyNames() (header, query string)
}

// Operation is context.Operation.
type Operation interface {
	ID() string
	Name() string
	Method() string
	URLTemplate() string
}

// Product is context.Product.
type Product interface {
	ID() string
	Name() string
	APIs() []API
	Groups() []Group
	ApprovalRequired() bool
	Published() bool
	SubscriptionLimit() (limit int, ok bool)
	SubscriptionRequired() bool
}

// Group is an IGroup.
type Group interface {
	ID() string
	Name() string
}

// Subscription is context.Subscription. Zero times are null.
type Subscription interface {
	ID() string
	Name() string
	Key() string
	PrimaryKey() string
	SecondaryKey() string
	CreatedDate() time.Time
	StartDate() time.Time
	EndDate() time.Time
}

// User is context.User.
type User interface {
	ID() string
	Email() string
	FirstName() string
	LastName() string
	Note() string
	RegistrationDate() time.Time
	Groups() []Group
	Identities() []Identity
}

// Identity is an IUserIdentity.
type Identity interface {
	ID() string
	Provider() string
}

// Deployment is context.Deployment.
type Deployment interface {
	GatewayID() string
	Region() string
	ServiceID() string
	ServiceName() string
	Certificate(id string) *x509.Certificate // nil without one
	CertificateIDs() []string
}

// LastError is context.LastError.
type LastError interface {
	Source() string
	Reason() string
	Message() string
	Scope() string
	Section() string
	Path() string
	PolicyID() string
}

// Authorization is what get-authorization-context puts into its variable.
type Authorization struct {
	AccessToken string
	Claims      map[string]any
}

// Variables are context.Variables. The values are those that expressions made (a
// types.Value), or objects of the gateway such as a Response.
type Variables interface {
	Variable(name string) (value any, ok bool)
	Names() []string
}
