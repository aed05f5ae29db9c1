package policy

import (
	"crypto"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/csharp"
	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/types"
	"gatehouse/internal/pki"
)

// What expressions see of an exchange: host.Context over Exchange. The views are part of the
// exchange or hold one pointer, so that reading a header allocates nothing.

// view is the variable context.
type view struct {
	ex       *Exchange
	frame    csharp.Frame
	consumed [2]bool // the bodies of request and response were read without keeping them
	unread   error   // why a body could not be read
}

// evaluation is the frame that expressions of ex run in.
func (ex *Exchange) evaluation() *csharp.Frame {
	v := &ex.view
	if v.ex != ex {
		v.ex, v.frame.Context = ex, v
		if ex.Env != nil {
			v.frame.Now = ex.Env.Now
		}
	}
	return &v.frame
}

// API implements host.Context, as do the methods that follow.
func (v *view) API() host.API {
	if v.ex.API == nil {
		return nil
	}
	return apiView{v.ex.API}
}

func (v *view) Operation() host.Operation {
	if v.ex.Operation == nil {
		return nil
	}
	return operationView{v.ex.Operation}
}

func (v *view) Product() host.Product {
	if v.ex.Product == nil {
		return nil
	}
	return productView{v.ex.Product}
}

func (v *view) Subscription() host.Subscription {
	if v.ex.Subscription == nil {
		return nil
	}
	return subscriptionView{v.ex.Subscription}
}

func (v *view) User() host.User {
	if v.ex.User == nil {
		return nil
	}
	return userView{v.ex.User}
}

func (v *view) Deployment() host.Deployment { return (*deploymentView)(v) }
func (v *view) Request() host.Request       { return (*requestView)(v) }

func (v *view) Response() host.Response {
	if v.ex.phase == requestPhase {
		return nil
	}
	return (*ownResponse)(v)
}

func (v *view) LastError() host.LastError {
	if v.ex.LastError.Reason == "" {
		return nil
	}
	return errorView{&v.ex.LastError}
}

func (v *view) Variables() host.Variables { return (*variablesView)(v) }
func (v *view) RequestID() string         { return v.ex.ID }
func (v *view) Timestamp() time.Time      { return v.ex.Time }
func (v *view) Tracing() bool             { return v.ex.Tracer != nil }

func (v *view) Trace(source, message string) {
	v.ex.traceValue("context.Trace", message)
	if v.ex.Env != nil && v.ex.Env.Sink != nil {
		v.ex.Env.Sink.Trace(v.ex, Trace{Source: source, Severity: "verbose", Message: message})
	}
}

type requestView view

func (v *requestView) Body() host.Body {
	b := &v.ex.Request.Body
	if b.Stream == nil && b.Data == "" && !v.consumed[requestPhase] {
		return nil
	}
	return (*requestBody)(v)
}
func (v *requestView) Certificate() *x509.Certificate { return v.ex.Request.Certificate }

// KeptCertificate implements lib.CertificateKeeper; it never shows another certificate than Certificate.
func (v *requestView) KeptCertificate() *lib.Certificate {
	if k := v.ex.Request.Shown; k != nil && k.Certificate == v.ex.Request.Certificate {
		return k
	}
	return nil
}
func (v *requestView) Headers() host.Fields { return (*headerView)(&v.ex.Request.Header) }
func (v *requestView) IPAddress() string {
	a := v.ex.Request.Remote.Addr()
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}
func (v *requestView) MatchedParameters() host.Fields { return (*parameterView)(&v.ex.Parameters) }
func (v *requestView) Method() string                 { return v.ex.Request.Method }
func (v *requestView) OriginalURL() host.URL          { return (*originalURL)(v) }
func (v *requestView) URL() host.URL                  { return (*currentURL)(v) }

// errConsumed is reading a body again that was read without preserveContent.
var errConsumed = errors.New("the message body was read before without preserveContent: true, so that it is gone")

type requestBody view

func (v *requestBody) Read(preserve bool) (string, error) {
	return (*view)(v).read(requestPhase, &v.ex.Request.Body, preserve, v.ex.RequestText)
}

func (v *view) read(p phase, b *Body, preserve bool, text func() (string, error)) (string, error) {
	if v.consumed[p] && b.Stream == nil && b.Data == "" {
		return "", errConsumed
	}
	s, err := text()
	v.unread = err
	if err == nil && !preserve {
		v.consumed[p] = true
		b.Set("")
	}
	return s, err
}

type ownResponse view

func (v *ownResponse) Body() host.Body      { return (*responseBody)(v) }
func (v *ownResponse) Headers() host.Fields { return (*headerView)(&v.ex.Response.Header) }
func (v *ownResponse) StatusCode() int      { return v.ex.Response.Status }
func (v *ownResponse) StatusReason() string { return v.ex.Response.reason() }

type responseBody view

func (v *responseBody) Read(preserve bool) (string, error) {
	return (*view)(v).read(responsePhase, &v.ex.Response.Body, preserve, v.ex.ResponseText)
}

func (r *Response) reason() string {
	if r.Reason != "" {
		return r.Reason
	}
	return http.StatusText(r.Status)
}

// responseView is a response in a variable.
type responseView struct{ r *Response }

func (v responseView) Body() host.Body      { return keptBody(v) }
func (v responseView) Headers() host.Fields { return (*headerView)(&v.r.Header) }
func (v responseView) StatusCode() int      { return v.r.Status }
func (v responseView) StatusReason() string { return v.r.reason() }

type keptBody struct{ r *Response }

// Read keeps the text: a response in a variable is not on its way to anybody.
func (b keptBody) Read(bool) (string, error) { return b.r.Body.Data, nil }

// responseValue is a response as a variable.
func responseValue(r *Response) types.Value { return types.Ref(responseView{r}) }

// responseOf is the response in a variable.
func responseOf(v types.Value) (*Response, bool) {
	r, ok := v.Ref().(responseView)
	return r.r, ok
}

type headerView Header

func (h *headerView) Get(name string) (string, bool) {
	at := -1
	for i := range h.fields {
		if !strings.EqualFold(h.fields[i].Name, name) {
			continue
		}
		if at >= 0 {
			return joinedFields(h.fields[at:], name), true
		}
		at = i
	}
	if at < 0 {
		return "", false
	}
	return h.fields[at].Value, true
}

func joinedFields(list []Field, name string) string {
	var values []string
	for _, f := range list {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ",")
}

func (h *headerView) Count() int                  { return len(h.fields) }
func (h *headerView) At(i int) (name, val string) { return h.fields[i].Name, h.fields[i].Value }

type queryView Query

func (q *queryView) Get(name string) (string, bool) {
	list := (*Query)(q).Fields()
	s := joinedFields(list, name)
	return s, s != "" || fieldNamed(list, name)
}
func (q *queryView) Count() int { return len((*Query)(q).Fields()) }
func (q *queryView) At(i int) (name, val string) {
	f := (*Query)(q).Fields()[i]
	return f.Name, f.Value
}

type parameterView []Field

func (p *parameterView) Get(name string) (string, bool) {
	for _, f := range *p {
		if strings.EqualFold(f.Name, name) {
			return unescapePath(f.Value), true
		}
	}
	return "", false
}
func (p *parameterView) Count() int { return len(*p) }
func (p *parameterView) At(i int) (name, val string) {
	return (*p)[i].Name, unescapePath((*p)[i].Value)
}

// originalURL is the request as the client sent it.
type originalURL view

func (u *originalURL) Scheme() string { return or(u.ex.Request.Scheme, "https") }
func (u *originalURL) Host() string {
	h, _, _ := strings.Cut(u.ex.Request.Host, ":")
	return h
}
func (u *originalURL) Port() int {
	_, port, _ := strings.Cut(u.ex.Request.Host, ":")
	if n, err := strconv.Atoi(port); err == nil {
		return n
	}
	return 443
}
func (u *originalURL) Path() string        { return u.ex.Request.Path }
func (u *originalURL) QueryString() string { return queryString(&u.ex.Request.Query) }
func (u *originalURL) Query() host.Fields  { return (*queryView)(&u.ex.Request.Query) }
func (u *originalURL) String() string {
	return u.Scheme() + "://" + u.ex.Request.Host + u.Path() + u.QueryString()
}

// currentURL is the request as it will be forwarded.
type currentURL view

func (u *currentURL) base() *url.URL {
	if b, err := url.Parse(u.ex.backendBase()); err == nil && b.Host != "" {
		return b
	}
	return &url.URL{Scheme: or(u.ex.Request.Scheme, "https"), Host: u.ex.Request.Host}
}
func (u *currentURL) Scheme() string { return u.base().Scheme }
func (u *currentURL) Host() string   { return u.base().Hostname() }
func (u *currentURL) Port() int {
	b := u.base()
	if n, err := strconv.Atoi(b.Port()); err == nil {
		return n
	}
	if b.Scheme == "http" {
		return 80
	}
	return 443
}
func (u *currentURL) Path() string        { return u.ex.Request.Target }
func (u *currentURL) QueryString() string { return queryString(&u.ex.Request.Query) }
func (u *currentURL) Query() host.Fields  { return (*queryView)(&u.ex.Request.Query) }
func (u *currentURL) String() string {
	b := u.base()
	return b.Scheme + "://" + b.Host + strings.TrimRight(b.EscapedPath(), "/") + u.ex.Request.Target + u.QueryString()
}

func queryString(q *Query) string {
	if raw := q.Raw(); raw != "" {
		return "?" + raw
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

type apiView struct{ a *APIInfo }

func (v apiView) ID() string              { return v.a.ID }
func (v apiView) Name() string            { return v.a.Name }
func (v apiView) Path() string            { return v.a.Path }
func (v apiView) Revision() string        { return or(v.a.Revision, "1") }
func (v apiView) Version() string         { return v.a.Version }
func (v apiView) IsCurrentRevision() bool { return !v.a.NotCurrent }
func (v apiView) Protocols() []string {
	if len(v.a.Protocols) == 0 {
		return []string{"https"}
	}
	return v.a.Protocols
}
func (v apiView) SubscriptionKeyNames() (header, q string) {
	return or(v.a.KeyHeader, "Ocp-Apim-Subscription-Key"), or(v.a.KeyQuery, "subscription-key")
}
func (v apiView) ServiceURL() host.URL {
	u, err := url.Parse(v.a.ServiceURL)
	if v.a.ServiceURL == "" || err != nil {
		return nil
	}
	return parsedURL{u}
}

// parsedURL is a URL that stands alone.
type parsedURL struct{ u *url.URL }

func (p parsedURL) Scheme() string { return p.u.Scheme }
func (p parsedURL) Host() string   { return p.u.Hostname() }
func (p parsedURL) Port() int {
	if n, err := strconv.Atoi(p.u.Port()); err == nil {
		return n
	}
	return map[bool]int{true: 80, false: 443}[p.u.Scheme == "http"]
}
func (p parsedURL) Path() string        { return p.u.EscapedPath() }
func (p parsedURL) QueryString() string { q := &Query{raw: p.u.RawQuery}; return queryString(q) }
func (p parsedURL) Query() host.Fields  { return (*queryView)(&Query{raw: p.u.RawQuery}) }
func (p parsedURL) String() string      { return p.u.String() }

type operationView struct{ o *OperationInfo }

func (v operationView) ID() string          { return v.o.ID }
func (v operationView) Name() string        { return v.o.Name }
func (v operationView) Method() string      { return v.o.Method }
func (v operationView) URLTemplate() string { return v.o.URLTemplate }

type productView struct{ p *ProductInfo }

func (v productView) ID() string   { return v.p.ID }
func (v productView) Name() string { return v.p.Name }
func (v productView) APIs() (list []host.API) {
	for _, a := range v.p.APIs {
		list = append(list, apiView{a})
	}
	return list
}
func (v productView) Groups() []host.Group       { return groupViews(v.p.Groups) }
func (v productView) ApprovalRequired() bool     { return v.p.ApprovalRequired }
func (v productView) Published() bool            { return v.p.Published }
func (v productView) SubscriptionRequired() bool { return v.p.SubscriptionRequired }
func (v productView) SubscriptionLimit() (int, bool) {
	if v.p.SubscriptionLimit == nil {
		return 0, false
	}
	return *v.p.SubscriptionLimit, true
}

type subscriptionView struct{ s *SubscriptionInfo }

func (v subscriptionView) ID() string             { return v.s.ID }
func (v subscriptionView) Name() string           { return v.s.Name }
func (v subscriptionView) Key() string            { return v.s.PrimaryKey }
func (v subscriptionView) PrimaryKey() string     { return v.s.PrimaryKey }
func (v subscriptionView) SecondaryKey() string   { return v.s.SecondaryKey }
func (v subscriptionView) CreatedDate() time.Time { return v.s.Created }
func (v subscriptionView) StartDate() time.Time   { return v.s.Start }
func (v subscriptionView) EndDate() time.Time     { return v.s.End }

type userView struct{ u *UserInfo }

func (v userView) ID() string        { return v.u.ID }
func (v userView) Email() string     { return v.u.Email }
func (v userView) FirstName() string { return v.u.FirstName }
func (v userView) LastName() string  { return v.u.LastName }
func (v userView) Note() string      { return v.u.Note }
func (v userView) RegistrationDate() time.Time {
	t, _ := time.Parse(time.RFC3339, v.u.RegistrationDate) // absent: the first of all days, as .NET's default
	return t
}
func (v userView) Groups() []host.Group { return groupViews(v.u.Groups) }
func (v userView) Identities() (list []host.Identity) {
	for i := range v.u.Identities {
		list = append(list, identityView{&v.u.Identities[i]})
	}
	return list
}

type identityView struct{ i *IdentityInfo }

func (v identityView) ID() string       { return v.i.ID }
func (v identityView) Provider() string { return v.i.Provider }

func groupViews(groups []GroupInfo) (list []host.Group) {
	for i := range groups {
		list = append(list, groupView{&groups[i]})
	}
	return list
}

type groupView struct{ g *GroupInfo }

func (v groupView) ID() string   { return v.g.ID }
func (v groupView) Name() string { return v.g.Name }

type deploymentView view

func (v *deploymentView) GatewayID() string { return "managed" }
func (v *deploymentView) Region() string {
	return orNothing(v.ex.Service, func(s *ServiceInfo) string { return s.Region })
}
func (v *deploymentView) ServiceID() string { return v.ServiceName() }
func (v *deploymentView) ServiceName() string {
	return orNothing(v.ex.Service, func(s *ServiceInfo) string { return s.Name })
}
func (v *deploymentView) Certificate(id string) *x509.Certificate {
	if c := v.ex.Env.certificate(id, ""); c != nil && id != "" {
		return c.Leaf
	}
	return nil
}

// CertificateKey implements lib.KeyKeeper.
func (v *deploymentView) CertificateKey(id string) crypto.PrivateKey {
	if c := v.ex.Env.certificate(id, ""); c != nil && id != "" && c.TLS != nil {
		return c.TLS.PrivateKey
	}
	return nil
}

func (v *deploymentView) CertificateIDs() (list []string) {
	if v.ex.Env == nil {
		return nil
	}
	for _, c := range v.ex.Env.Certificates {
		list = append(list, c.ID)
	}
	return list
}

type errorView struct{ e *Error }

func (v errorView) Source() string   { return v.e.Source }
func (v errorView) Reason() string   { return v.e.Reason }
func (v errorView) Message() string  { return v.e.Message }
func (v errorView) Scope() string    { return v.e.Scope }
func (v errorView) Section() string  { return v.e.Section }
func (v errorView) Path() string     { return v.e.Path }
func (v errorView) PolicyID() string { return v.e.PolicyID }

type variablesView view

func (v *variablesView) Variable(name string) (any, bool) {
	x, ok := v.ex.Variable(name)
	return x, ok
}
func (v *variablesView) Names() (list []string) {
	for _, x := range v.ex.Variables {
		list = append(list, x.Name)
	}
	return list
}

// VerifyCertificate implements lib.CertificateVerifier for X509Certificate2.Verify and
// VerifyNoRevocation: the chain against the service's stores, and both dates.
func (v *view) VerifyCertificate(c *x509.Certificate, revocation bool) error {
	now := v.ex.begun()
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return pki.ErrChainDates
	}
	if own := v.ex.Request.Certificate; own != nil && own.Equal(c) {
		return v.ex.verifyChain(now, own, v.ex.Request.Chain, revocation) // whose result is known
	}
	return v.ex.verifyChain(now, c, nil, revocation)
}

// ShownCertificate is a certificate as expressions see it.
type ShownCertificate = lib.Certificate

// ShowCertificate makes it, once for a certificate that many exchanges bring.
func ShowCertificate(c *x509.Certificate) *ShownCertificate { return lib.NewCertificate(c) }

var (
	_ lib.CertificateVerifier = (*view)(nil)
	_ lib.CertificateKeeper   = (*requestView)(nil)
)
