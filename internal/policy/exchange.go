package policy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/netip"
	"sync"
	"time"

	"gatehouse/internal/csharp/types"
)

// Exchange is one request on its way through the gateway and the response to it:
// what a Program reads and changes. Both engines fill it; no policy knows which
// one did. It is reused: Reset makes it as new without giving its memory back.
type Exchange struct {
	Context  context.Context // ends when the client goes; never nil while a program runs
	Tracer   Tracer          // nil: nobody looks on
	Services Services        // what a program asks of the gateway for this exchange
	Env      *Environment    // what the service's programs share; nil: nothing
	ID       string          // context.RequestId: a lower-case GUID
	Time     time.Time

	Request  Request
	Response Response
	Backend  Target // where forward-request sends the request

	Service      *ServiceInfo
	API          *APIInfo
	Operation    *OperationInfo    // nil while none is matched
	Subscription *SubscriptionInfo // nil without one
	Product      *ProductInfo      // nil without one
	User         *UserInfo         // nil without one
	Parameters   []Field           // context.Request.MatchedParameters, as written in the URL
	LastError    Error             // set when Reason is not empty
	Variables    []Variable        // context.Variables

	view    view // that expressions have of it
	phase   phase
	cached  *cachedLookup // what cache-lookup left for cache-store
	refused bool          // a preflight request that no cors policy has taken

	preflight bool              // only cors policies run
	message   *Message          // that send-request is making
	strand    *strand           // of wait, that runs
	baton     *sync.Mutex       // held by the strand that runs; nil outside of wait
	after     []func(*Exchange) // runs when the response is made, last registered first
}

// Variable is one of context.Variables. The response of send-request is a *Response.
type Variable struct {
	Name  string
	Value types.Value
}

// Text is the value as it would stand in a message, "null" where there is none, for those who follow a request.
func (v Variable) Text() (text string) {
	defer func() {
		if recover() != nil { // a text that is too much to make
			text = "..."
		}
	}()
	if v.Value.IsNull() {
		return "null"
	}
	return valueAsText(nil, v.Value)
}

// Variable is the value of a variable.
func (ex *Exchange) Variable(name string) (types.Value, bool) {
	for i := range ex.Variables {
		if ex.Variables[i].Name == name {
			return ex.Variables[i].Value, true
		}
	}
	return types.Null, false
}

// SetVariable makes or replaces a variable.
func (ex *Exchange) SetVariable(name string, value types.Value) {
	if ex.Tracer != nil {
		ex.traceValue("the variable '"+name+"'", value)
	}
	for i := range ex.Variables {
		if ex.Variables[i].Name == name {
			ex.Variables[i].Value = value
			return
		}
	}
	ex.Variables = append(ex.Variables, Variable{name, value})
}

// HasResponse reports whether context.Response is there: after forward-request,
// return-response or an error.
func (ex *Exchange) HasResponse() bool { return ex.phase == responsePhase }

// finally runs f when the response is made and before it is sent.
func (ex *Exchange) finally(f func(*Exchange)) { ex.after = append(ex.after, f) }

// Services is what a program needs of its surroundings.
type Services interface {
	// Forward sends ex.Request to ex.Backend and fills ex.Response. An error becomes
	// LastError; a *Error is taken as it is.
	Forward(ex *Exchange, o *ForwardOptions) error
}

// ForwardOptions are the attributes of forward-request.
type ForwardOptions struct {
	Timeout               time.Duration // 0: the gateway's default, 300 s in Azure
	ContinueTimeout       time.Duration // for 100 Continue; 0: the gateway's default
	HTTPVersion           string        // 1, 2or1 or 2
	FollowRedirects       bool
	FailOnErrorStatusCode bool
	BufferRequestBody     bool
	BufferResponse        bool
}

// Request is the request as it will be forwarded.
type Request struct {
	Method string
	Scheme string // https
	Host   string // as the client sent it
	Path   string // original path, with the API's part, still escaped
	Target string // what goes after the backend's URL: the path without the API's part; rewrite-uri sets it
	Query  Query
	Header Header
	Body   Body

	Certificate *x509.Certificate   // the client's, nil without one
	Chain       []*x509.Certificate // what the client sent after it
	Shown       *ShownCertificate   // Certificate as expressions see it, by who keeps Certificate; nil: made when they ask
	Remote      netip.AddrPort
}

// Response is the response as it will be sent.
type Response struct {
	Status int
	Reason string // empty: the usual phrase of Status
	Header Header
	Body   Body
}

// Reset makes r an empty response.
func (r *Response) Reset() {
	r.Body.Discard()
	r.Header.Reset()
	r.Status, r.Reason = 0, ""
}

// Body is a message's content: Data, or Stream when that is not nil. Length is the
// length of Stream, -1 when it is not known.
type Body struct {
	Data   string
	Stream io.Reader
	Length int64
}

// Set makes the body that text.
func (b *Body) Set(text string) { b.Discard(); b.Data = text }

// SetStream makes the body what r gives; r is closed when it is an io.Closer and
// the body is discarded.
func (b *Body) SetStream(r io.Reader, length int64) { b.Discard(); b.Stream, b.Length = r, length }

// Discard empties the body and closes its stream.
func (b *Body) Discard() {
	if c, ok := b.Stream.(io.Closer); ok {
		_ = c.Close() // nobody is interested in the rest
	}
	*b = Body{}
}

// Target is where a request goes.
type Target struct {
	ID  string // lower-case id of a backend entity; empty: URL
	URL string // base URL; both empty: the API's service URL

	Certificate *tls.Certificate // of authentication-certificate; nil: the backend entity's
	Proxy       *Proxy           // of proxy; nil: none
}

// ServiceInfo, APIInfo, OperationInfo and SubscriptionInfo are what context.* shows of
// the matched resources. They are made once a snapshot and shared by exchanges.
type ServiceInfo struct{ Name, ID, Region, SKU string }

// APIInfo describes the API that matched.
type APIInfo struct {
	ID, Name, Path, ServiceURL, Version, Revision string

	NotCurrent          bool     // a revision that only ;rev=N reaches
	Protocols           []string // none: https
	KeyHeader, KeyQuery string   // where the subscription's key is; empty: the usual names
}

// OperationInfo describes the operation that matched.
type OperationInfo struct {
	ID, Name, Method, URLTemplate string
	Query                         []string // the query parameters that URLTemplate names

	Parameters []Parameter // of path, query and header, as the operation describes them
	Requests   []Representation
	Replies    []Reply
}

// Parameter is one that an operation describes. In is path, query or header.
type Parameter struct {
	Name, In, Type string // Type: string, integer, number, boolean
	Required       bool
	Values         []string // that are allowed; none: all
}

// Representation is one content type of a request or response.
type Representation struct {
	ContentType, SchemaID, TypeName string
	Examples                        []string
}

// Reply is one response that an operation describes.
type Reply struct {
	Status          int
	Headers         []Parameter
	Representations []Representation
}

// ProductInfo describes the product of the subscription.
type ProductInfo struct {
	ID, Name             string
	Published            bool
	SubscriptionRequired bool
	ApprovalRequired     bool
	SubscriptionLimit    *int // nil: none
	APIs                 []*APIInfo
	Groups               []GroupInfo
}

// UserInfo describes the owner of the subscription.
type UserInfo struct {
	ID, Email, FirstName, LastName, Note, RegistrationDate string
	Groups                                                 []GroupInfo
	Identities                                             []IdentityInfo
}

// GroupInfo is a group of users.
type GroupInfo struct{ ID, Name string }

// IdentityInfo is what a user signs in with: Basic, Azure, ...
type IdentityInfo struct{ ID, Provider string }

// SubscriptionInfo describes the subscription whose key came with the request.
type SubscriptionInfo struct {
	ID, Name, PrimaryKey, SecondaryKey string
	Created, Start, End                time.Time // zero: not set
}

// Reset makes ex ready for another request.
func (ex *Exchange) Reset() {
	ex.Request.Body.Discard()
	ex.Request.Header.Reset()
	ex.Request.Query.reset()
	ex.Response.Reset()
	clear(ex.Parameters)
	clear(ex.Variables)
	clear(ex.after)
	request, query, response := ex.Request.Header, ex.Request.Query, ex.Response.Header
	parameters, variables, after := ex.Parameters[:0], ex.Variables[:0], ex.after[:0]
	*ex = Exchange{} // cleared in place: a literal with fields would be made beside it and copied
	ex.Request.Header, ex.Request.Query, ex.Response.Header = request, query, response
	ex.Parameters, ex.Variables, ex.after = parameters, variables, after
}

// Error is context.LastError.
type Error struct {
	Source, Reason, Message, Scope, Section, Path, PolicyID string

	Status  int     // of the default answer; 0: 500
	Answer  string  // its message; empty: Message
	Headers []Field // of the default answer
	Cause   error   // logged, never sent
}

func (e *Error) Error() string {
	s := e.Reason + ": " + e.Message
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }
