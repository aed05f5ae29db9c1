package policy

import (
	"context"
	"crypto/x509"
	"io"
	"net/netip"
	"time"
)

// Exchange is one request on its way through the gateway and the response to it:
// what a Program reads and changes. Both engines fill it; no policy knows which
// one did. It is reused: Reset makes it as new without giving its memory back.
type Exchange struct {
	Context  context.Context // ends when the client goes; never nil while a program runs
	Services Services        // what a program may ask of the gateway
	Tracer   Tracer          // nil: nobody looks on
	ID       string          // context.RequestId: a lower-case GUID
	Time     time.Time

	Request  Request
	Response Response
	Backend  Target // where forward-request sends the request

	Service      *ServiceInfo
	API          *APIInfo
	Operation    *OperationInfo    // nil while none is matched
	Subscription *SubscriptionInfo // nil without one
	Parameters   []Field           // context.Request.MatchedParameters, as written in the URL
	LastError    Error             // set when Reason is not empty

	phase phase
}

// Services is what a program needs of its surroundings.
type Services interface {
	// Forward sends ex.Request to ex.Backend and fills ex.Response. An error becomes
	// LastError; a *Error is taken as it is.
	Forward(ex *Exchange, o *ForwardOptions) error
}

// ForwardOptions are the attributes of forward-request.
type ForwardOptions struct {
	Timeout               time.Duration // 0: the gateway's default, 300 s in Azure
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
}

// ServiceInfo, APIInfo, OperationInfo and SubscriptionInfo are what context.* shows of
// the matched resources. They are made once a snapshot and shared by exchanges.
type ServiceInfo struct{ Name, ID, Region, SKU string }

// APIInfo describes the API that matched.
type APIInfo struct{ ID, Name, Path, ServiceURL, Version, Revision string }

// OperationInfo describes the operation that matched.
type OperationInfo struct {
	ID, Name, Method, URLTemplate string
	Query                         []string // the query parameters that URLTemplate names
}

// SubscriptionInfo describes the subscription whose key came with the request.
type SubscriptionInfo struct{ ID, Name, PrimaryKey, SecondaryKey string }

// Reset makes ex ready for another request.
func (ex *Exchange) Reset() {
	ex.Request.Body.Discard()
	ex.Request.Header.Reset()
	ex.Request.Query.reset()
	ex.Response.Reset()
	clear(ex.Parameters)
	*ex = Exchange{
		Request:    Request{Header: ex.Request.Header, Query: ex.Request.Query},
		Response:   Response{Header: ex.Response.Header},
		Parameters: ex.Parameters[:0],
	}
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
