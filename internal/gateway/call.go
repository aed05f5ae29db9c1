package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
	"unsafe"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// call is one exchange and what the gateway keeps beside it. An engine fills
// Request, runs serve, and writes Response. It is reused.
type call struct {
	policy.Exchange
	progress
	g       *Gateway
	buffers upstream.Buffers
	body    []byte // a small request body
	id      [36]byte
}

// progress is what is forgotten when a call is used for another exchange.
type progress struct {
	service *service
	api     *api
	product *product        // of the subscription, or the open one that the API is in
	program *policy.Program // that runs
	target  *target         // that the request went to

	conn      *clientConn // nil: net/http's
	client    string      // address, for X-Forwarded-For
	secure    secure
	upgrade   bool // the client asks for another protocol and the engine can carry it
	upgraded  *upstream.Upgraded
	interrupt func() // ends a pending read of the request's body

	trailers     upstream.Trailers // of the backend's response over HTTP/2
	sentTrailers http.Header       // of the client's request: the values are there when its body has ended

	req     upstream.Request
	stream  requestBody
	failure error // why the backend could not be reached
	trace   *tracer
	span    Span // nil: not sampled
}

func (g *Gateway) acquire(begun time.Time) *call {
	c := g.calls.Get().(*call)
	c.Time = begun
	c.Context = context.Background()
	c.Services = c
	c.newID()
	return c
}

func (g *Gateway) release(c *call) {
	c.Exchange.Reset()
	c.progress, c.body = progress{}, c.body[:0]
	g.calls.Put(c)
}

// newID makes a random GUID (RFC 9562 version 4). It names a request and is no secret.
func (c *call) newID() {
	var b [16]byte
	for i, v := range [2]uint64{rand.Uint64(), rand.Uint64()} {
		for j := range 8 {
			b[i*8+j] = byte(v >> (8 * j))
		}
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	at := 0
	for i, n := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			c.id[at] = '-'
			at++
		}
		hex.Encode(c.id[at:], b[:n])
		copy(b[:], b[n:])
		at += 2 * n
	}
	c.ID = unsafe.String(&c.id[0], len(c.id))
}

// serve decides about the request and fills Response.
func (c *call) serve() {
	defer c.rescue()
	c.look()
	c.beginSpan()
	if !c.enter() {
		return
	}
	if c.isStatus() {
		c.status()
		return
	}
	c.route()
}

// expected decides about a request whose body waits for the decision.
func (c *call) expected() bool {
	defer c.rescue()
	return c.enter() && (c.isStatus() || c.admit())
}

// enter finds the service; false when it has answered.
func (c *call) enter() bool {
	st := c.g.state.Load()
	if c.service = st.service(hostName(c.Request.Host)); c.service == nil {
		c.unserved(hostName(c.Request.Host))
		return false
	}
	if st.settled && !st.fits(hostName(c.Request.Host), c.secure) {
		c.answer(http.StatusMisdirectedRequest, "This connection does not have the TLS settings of the host. Open a new one whose server name (SNI) is the host.")
		return false
	}
	c.Service, c.Env = c.service.info, c.service.env
	if c.service.ignoreClient {
		c.Request.Certificate, c.Request.Chain = nil, nil
	}
	if c.service.requireClient && c.Request.Certificate == nil {
		c.answer(http.StatusForbidden, "Access denied due to missing client certificate. The service requires one in the TLS handshake.")
		return false
	}
	return true
}

// unserved answers for a host that is no service: 421 for one of another front end, whose
// TLS settings this connection does not have (RFC 9110, section 15.5.20).
func (c *call) unserved(host string) {
	if c.g.o.Forbidden != nil && c.g.o.Forbidden(strings.ToLower(host)) {
		c.answer(http.StatusMisdirectedRequest, "This connection was made for an API Management service. Open a new one whose server name (SNI) is the host.")
		return
	}
	c.answer(http.StatusNotFound, "Resource not found")
}

// rescue turns a bug in the gateway into one failed request.
func (c *call) rescue() {
	if p := recover(); p != nil {
		c.g.o.Logger.Error("gateway: panic while serving a request", "requestId", strings.Clone(c.ID), "panic", fmt.Sprint(p))
		c.Response.Reset()
		c.answer(http.StatusInternalServerError, "")
	}
}

// answer makes a default answer without running a policy.
func (c *call) answer(status int, message string) {
	c.LastError = policy.Error{Status: status, Message: message}
	policy.DefaultAnswer(&c.Exchange)
}

var errNotFound = policy.Error{Source: "configuration", Reason: "OperationNotFound", Status: http.StatusNotFound,
	Message: "Unable to match incoming request to an operation."}

// route finds API and operation, checks the subscription and runs the program.
func (c *call) route() {
	if c.admit() {
		c.program.Run(&c.Exchange)
	}
}

// admit finds API, operation and subscription; false when it has answered.
func (c *call) admit() bool {
	path, revision := cutRevision(cleanPath(c.Request.Path))
	e, rest, ok := c.service.paths.longest(path)
	var a *api
	if ok {
		a = e.pick(&c.Request)
	}
	if a != nil && revision != "" {
		a = c.service.revision(a, revision)
	}
	if a == nil {
		c.notFound(c.service.program)
		return false
	}
	c.api, c.API = a, a.info
	if a.broken {
		c.failure = errors.New("the API's policy does not compile, and it never did")
		c.answer(http.StatusInternalServerError, "")
		return false
	}
	if rest == "" {
		rest = "/"
	}
	c.Request.Target = rest
	op, parameters, ok := a.operations.match(c.Request.Method, rest, &c.Request.Query, c.Parameters)
	c.Parameters = parameters
	preflight := c.Request.IsPreflight()
	if !ok && preflight {
		op, c.Parameters, ok = a.operations.match(c.Request.Header.Get("Access-Control-Request-Method"), rest, &c.Request.Query, c.Parameters[:0])
		ok = ok && op.program.CORS()
	}
	if !ok {
		c.notFound(a.program)
		return false
	}
	c.Operation = op.info
	// Browsers send no key with it. An operation of the method OPTIONS answers preflight requests
	// in its own way. https://learn.microsoft.com/azure/api-management/cors-policy
	if preflight && op.program.CORS() && op.info.Method != http.MethodOptions {
		c.program = op.program
		c.Exchange.AnswerPreflight()
		return true
	}
	if err := c.subscribe(); err != nil {
		op.program.Fail(&c.Exchange, *err)
		return false
	}
	if c.product != nil && c.product.broken {
		c.failure = errors.New("the product's policy does not compile, and it never did")
		c.answer(http.StatusInternalServerError, "")
		return false
	}
	c.program = op.program
	if c.product != nil && op.inProduct[c.product] != nil {
		c.program = op.inProduct[c.product]
	}
	return true
}

// notFound answers 404 with Azure's body, which hides LastError's message.
func (c *call) notFound(p *policy.Program) {
	e := errNotFound
	e.Answer = "Resource not found"
	p.Fail(&c.Exchange, e)
}

const (
	missingKey = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
	invalidKey = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)

// subscribe finds the subscription whose key came with the request.
func (c *call) subscribe() *policy.Error {
	a := c.api
	key := c.Request.Header.Get(a.header)
	if key == "" {
		key, _ = c.Request.Query.Get(a.query)
	}
	if key != "" {
		// Keys are looked up by their hash: the time that it takes tells nothing about them.
		s := c.service.keys[sha256.Sum256(unsafe.Slice(unsafe.StringData(key), len(key)))]
		if s != nil && s.opens(a) {
			c.Subscription, c.User, c.product = s.info, s.user, s.product
			c.showProduct()
			return nil
		}
	}
	if !a.snap.SubscriptionRequired {
		return nil
	}
	if p := a.open(); p != nil && key == "" {
		c.product = p
		c.showProduct()
		return nil
	}
	e := &policy.Error{Source: "authorization", Reason: "SubscriptionKeyInvalid", Status: http.StatusUnauthorized, Message: invalidKey}
	if key == "" {
		e.Reason, e.Message = "SubscriptionKeyNotFound", missingKey
	}
	e.Headers = []policy.Field{{Name: "WWW-Authenticate", Value: `AzureApiManagementKey realm="` + a.realm + `",name="` + a.header + `",type="header"`}}
	return e
}

// showProduct makes the product context.Product.
func (c *call) showProduct() {
	if c.product != nil {
		c.Product = c.service.productInfos[c.product]
	}
}

func (s *subscription) opens(a *api) bool {
	switch s.scope {
	case snapshot.ScopeAllAPIs:
		return true
	case snapshot.ScopeAPI:
		return strings.EqualFold(s.api, a.root)
	}
	return slices.ContainsFunc(s.apis, func(id string) bool { return strings.EqualFold(id, a.root) })
}

// Forward implements policy.Services.
func (c *call) Forward(ex *policy.Exchange, o *policy.ForwardOptions) error {
	t, err := c.choose()
	if err == &unavailable {
		c.failure = err
		c.blame(err)
		return err
	}
	if err != nil {
		return c.backendFailed(err)
	}
	c.target = t
	if o.BufferRequestBody {
		if err := c.bufferRequest(); err != nil {
			return err
		}
	}
	c.dropConnectionFields()
	if c.span != nil {
		c.spanBackend(&ex.Request.Header, t.key.addr)
	}
	c.req = upstream.Request{
		Method: ex.Request.Method, Base: t.base, Target: ex.Request.Target, Query: ex.Request.Query.Raw(), Host: t.host,
		Fields: ex.Request.Header.Fields(), Extra: t.extra, Body: &ex.Request.Body, ForwardedFor: c.client,
		Upgrade: c.upgrade, Timeout: o.Timeout, Buffered: o.BufferResponse, Interrupt: c.interrupt, Trailer: c.sentTrailers,
		Quiet: c.g.timeouts.Load().BackendBodyTimeout, Client: c,
	}
	if o.ContinueTimeout > 0 && strings.EqualFold(ex.Request.Header.Get("Expect"), "100-continue") {
		c.req.Continue = o.ContinueTimeout
	}
	if c.req.Target == "/" && t.base != "" {
		c.req.Target = "" // the backend's URL is meant as it is written
	}
	if h := ex.Request.Header.Get("Host"); h != "" {
		c.req.Host = h // a policy set it
	}
	if t.query != "" {
		c.req.Query = strings.TrimPrefix(c.req.Query+"&"+t.query, "&")
	}
	ex.Response.Reset()
	c.trailers = nil // of an attempt before
	err = c.send(t, o)
	if t.breaker != nil && !errors.Is(err, upstream.ErrClient) && c.Context.Err() == nil {
		t.breaker.note(c.g.o.Now(), c.reasonOf(err), &ex.Response)
	}
	if c.span != nil {
		c.span.BackendDone(ex.Response.Status, err)
	}
	if err != nil {
		return c.backendFailed(err)
	}
	return nil
}

// choose is the target of the request: what a policy set, else the API's service URL.
func (c *call) choose() (*target, error) {
	var t *target
	switch b := c.Backend; {
	case b.ID != "":
		if t = c.service.backends[b.ID]; t == nil {
			return nil, fmt.Errorf("there is no backend with id '%s'", b.ID)
		}
	case b.URL != "":
		t = c.g.pools.plain(b.URL, c.service.trust)
	case c.api != nil && c.api.target != nil:
		t = c.api.target
	default:
		return nil, errors.New("the API has no service URL and no policy sets a backend")
	}
	t, err := t.pick(c.Time)
	if err != nil || c.Backend.Certificate == nil && c.Backend.Proxy == nil {
		return t, err
	}
	t = t.with(&c.g.pools, c.service.trust, c.Backend.Certificate, c.Backend.Proxy)
	return t, t.err
}

// failures are the messages of LastError by its reason.
var failures = map[string]string{
	"BackendConnectionFailure": "The backend service could not be reached.",
	"ClientConnectionFailure":  "The client ended the request.",
	"Timeout":                  "The backend service did not answer in time.",
}

// reasonOf is LastError's for an exchange that ended with err, "" without one.
func (c *call) reasonOf(err error) string {
	var up *upstream.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, upstream.ErrClient) || c.Context.Err() != nil:
		return "ClientConnectionFailure"
	case errors.As(err, &up) && up.Timeout():
		return "Timeout"
	}
	return "BackendConnectionFailure"
}

// backendFailed makes LastError; the cause goes to the log, never to the client.
func (c *call) backendFailed(err error) error {
	c.failure = err
	e := &policy.Error{Reason: c.reasonOf(err), Cause: err}
	e.Message = failures[e.Reason]
	because := ""
	var up *upstream.Error
	if errors.As(err, &up) && up.Handshake != nil {
		because = up.Handshake.Reason
		c.backendHandshake(up.Handshake)
	} else {
		because = c.blame(err)
	}
	c.g.o.Logger.Error("gateway: request to a backend failed", "requestId", strings.Clone(c.ID), "service", c.service.snap.Name,
		"api", c.api.snap.ID, "reason", e.Reason, "error", err.Error(), "because", because)
	return e
}

// dropConnectionFields deletes the fields that the client's Connection names (RFC 9110
// section 7.6.1); the others of its connection are left out by upstream.
func (c *call) dropConnectionFields() {
	list := c.Request.Header.Get("Connection")
	for list != "" {
		var name string
		name, list, _ = strings.Cut(list, ",")
		name = strings.Trim(name, " \t")
		if name != "" && !strings.EqualFold(name, "close") && !strings.EqualFold(name, "keep-alive") && !strings.EqualFold(name, "upgrade") {
			c.Request.Header.Delete(name)
		}
	}
}

// maxBuffered bounds a request body that forward-request buffers.
const maxBuffered = 2 << 20

func (c *call) bufferRequest() error {
	if c.Request.Body.Stream == nil {
		return nil
	}
	data, err := readAll(c.Request.Body.Stream, maxBuffered)
	if errors.Is(err, errTooLong) {
		return &policy.Error{Reason: "RequestTooLarge", Status: http.StatusRequestEntityTooLarge, Message: "The request body is too large to be buffered."}
	}
	if err != nil {
		return c.backendFailed(fmt.Errorf("%w: %w", upstream.ErrClient, err))
	}
	c.Request.Body = policy.Body{Data: string(data)}
	return nil
}

// elapsed is d in milliseconds.
func elapsed(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
