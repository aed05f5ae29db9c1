// Package policytest runs policy documents against requests in memory and writes down
// what happened, for golden cases and for the local test loop of policy authors. Start
// at Run.
//
// A case is one text in txtar's form. Its parts, all but one document optional:
//
//	-- global.xml --, -- product.xml --, -- api.xml --, -- operation.xml --   documents, outermost first
//	-- fragment ID --     a policy fragment
//	-- format --          xml (default) or rawxml
//	-- named values --    lines of name=value
//	-- api --             lines of name=value: id, name, path, serviceUrl
//	-- product --         lines of name=value: id, name
//	-- subscription --    id of the subscription
//	-- user --            lines of name=value: id, email, firstName, lastName, groups (with commas)
//	-- operation --       URL template of the matched operation
//	-- operation query -- names of its query parameters
//	-- example STATUS TYPE -- an example of a response that the operation describes
//	-- response STATUS TYPE SCHEMA --  a response that the operation describes by a schema
//	-- schema ID --       a schema of the service: JSON or XML
//	-- parameters --      lines of name=value: matched parameters
//	-- request --         METHOD PATH, header lines, an empty line, the body
//	-- request 2 --, ...  further requests, with the counters and the cache that the ones before left
//	-- wait 2 --          how much later request 2 comes, e.g. 10s
//	-- remote --          address of the client
//	-- client certificate --  what the client showed, in PEM, its own certificate first
//	-- trust --           certificate authorities of the service, in PEM
//	-- certificate ID --  one of service/certificates, in PEM, with or without its key
//	-- backend --         STATUS [REASON], header lines, an empty line, the body; or: error MESSAGE,
//	                      where the message timeout stands for an answer that did not come
//	-- backend 2 --, ...  what it answers to its second request and those that follow
//	-- service URL --     what another service answers, in the same form
//	-- no tokens --       anything: there are no tokens of identities and authorizations
//	-- logger ID --       a logger of log-to-eventhub; empty, or: error MESSAGE
//	-- trace --           anything: each policy and what its parts came to is written, too
//
// It knows no gateway: routing, subscriptions and TLS are not part of a case.
package policytest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/counter"
	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
)

// Run runs a case and describes the forwarded requests, the responses and LastError;
// or the diagnostics, when a document does not compile.
func Run(c *txtar.Archive) (string, error) {
	parts := map[string]string{}
	for _, f := range c.Files {
		parts[f.Name] = string(f.Data)
	}
	docs, diags := compile(parts)
	if diags.HasErrors() {
		return diags.Text(), nil
	}
	if err := checkReplies(parts); err != nil {
		return "", err
	}
	w, err := newWorld(parts)
	if err != nil {
		return "", err
	}
	program := policy.Link(docs...)
	for n := 1; ; n++ {
		text, ok := parts[numbered("request", n)]
		if !ok && n > 1 {
			return w.out.String(), nil
		}
		if n > 1 {
			fmt.Fprintf(&w.out, "== request %d\n", n)
			later, _ := time.ParseDuration(strings.TrimSpace(parts[numbered("wait", n)])) // absent: at once
			w.now = w.now.Add(later)
		}
		ex, err := w.exchange(text)
		if err != nil {
			return "", err
		}
		if program.CORS() && ex.Request.IsPreflight() && (ex.Operation == nil || ex.Operation.Method != "OPTIONS") {
			ex.AnswerPreflight() // as the gateway does
		}
		program.Run(ex)
		w.out.WriteString(describe(ex))
	}
}

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return name + " " + strconv.Itoa(n)
}

// world is what surrounds the exchanges of a case.
type world struct {
	parts    map[string]string
	now      time.Time
	env      *policy.Environment
	forwards int

	mu  sync.Mutex
	out strings.Builder
}

func newWorld(parts map[string]string) (*world, error) {
	w := &world{parts: parts, now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	memory := counter.NewMemory(counter.MemoryOptions{Now: clock})
	w.env = &policy.Environment{Name: "case", Sender: w, Counters: memory, Cache: memory, Tokens: w, Sink: w, Now: clock, Go: func(f func()) { f() }, Schemas: map[string]policy.Schema{}, Loggers: map[string]policy.Logger{},
		Sleep: func(_ context.Context, d time.Duration) error {
			fmt.Fprintf(&w.out, "sleep %s\n", d)
			w.now = w.now.Add(d)
			return nil
		}}
	w.env.Keys = policy.NewKeyCache(w, clock)
	for name, text := range parts {
		if id, ok := strings.CutPrefix(name, "schema "); ok {
			w.env.Schemas[strings.ToLower(id)] = schema(parts, text)
		}
		if id, ok := strings.CutPrefix(name, "logger "); ok {
			failure, _ := strings.CutPrefix(strings.TrimSpace(text), "error ")
			w.env.Loggers[strings.ToLower(id)] = logger{w, failure}
		}
	}
	var err error
	if w.env.Trust, err = trust(parts); err != nil {
		return nil, err
	}
	w.env.Certificates, err = serviceCertificates(parts)
	return w, err
}

func (w *world) exchange(request string) (*policy.Exchange, error) {
	ex := &policy.Exchange{ID: "00000000-0000-4000-8000-000000000000", Services: w, Env: w.env, Time: w.now}
	if _, ok := w.parts["trace"]; ok {
		ex.Tracer = &tracer{w: w}
	}
	if err := fillRequest(ex, request); err != nil {
		return nil, err
	}
	ex.Request.Host, ex.Request.Scheme = "contoso.azure-api.net", "https"
	if a, err := netip.ParseAddr(strings.TrimSpace(w.parts["remote"])); err == nil {
		ex.Request.Remote = netip.AddrPortFrom(a, 50000)
	}
	if text, ok := w.parts["client certificate"]; ok {
		chain, err := certificatesIn("client certificate", text)
		if err != nil {
			return nil, err
		}
		ex.Request.Certificate, ex.Request.Chain = chain[0], chain[1:]
	}
	w.caller(ex)
	if a := values(w.parts["api"]); len(a) > 0 {
		ex.API = &policy.APIInfo{ID: a["id"], Name: a["name"], Path: a["path"], ServiceURL: a["serviceUrl"]}
	}
	ex.Operation = w.operation()
	ex.Parameters = pairs(w.parts["parameters"])
	return ex, nil
}

// caller says who calls.
func (w *world) caller(ex *policy.Exchange) {
	if id := strings.TrimSpace(w.parts["subscription"]); id != "" {
		ex.Subscription = &policy.SubscriptionInfo{ID: id, Name: id}
	}
	if p := values(w.parts["product"]); len(p) > 0 {
		ex.Product = &policy.ProductInfo{ID: p["id"], Name: p["name"]}
	}
	if u := values(w.parts["user"]); len(u) > 0 {
		ex.User = &policy.UserInfo{ID: u["id"], Email: u["email"], FirstName: u["firstName"], LastName: u["lastName"]}
		for _, g := range strings.FieldsFunc(u["groups"], func(r rune) bool { return r == ',' }) {
			ex.User.Groups = append(ex.User.Groups, policy.GroupInfo{ID: g, Name: g})
		}
	}
}

func (w *world) operation() *policy.OperationInfo {
	o := &policy.OperationInfo{ID: "operation", URLTemplate: strings.TrimSpace(w.parts["operation"]), Query: strings.Fields(w.parts["operation query"])}
	for name, text := range w.parts {
		var r policy.Representation
		rest, ok := strings.CutPrefix(name, "example ")
		if ok {
			r.Examples = []string{strings.TrimSuffix(text, "\n")}
		} else if rest, ok = strings.CutPrefix(name, "response "); !ok {
			continue
		}
		words := append(strings.Fields(rest), "", "", "")
		code, _ := strconv.Atoi(words[0]) // a case that is wrong fails
		r.ContentType, r.SchemaID = words[1], words[2]
		o.Replies = append(o.Replies, policy.Reply{Status: code, Representations: []policy.Representation{r}})
	}
	if o.URLTemplate == "" && o.Replies == nil {
		return nil
	}
	return o
}

func values(s string) map[string]string {
	m := map[string]string{}
	for _, f := range pairs(s) {
		m[f.Name] = f.Value
	}
	return m
}

func compile(parts map[string]string) (docs []*policy.Document, all diag.List) {
	named := map[string]string{}
	for name, v := range values(parts["named values"]) {
		named[strings.ToLower(name)] = v
	}
	docs = append(docs, policy.DefaultGlobal())
	format := strings.TrimSpace(parts["format"])
	for i, name := range []string{"global.xml", "product.xml", "api.xml", "operation.xml"} {
		text, ok := parts[name]
		if !ok {
			continue
		}
		template := ""
		if name == "operation.xml" {
			template = strings.TrimSpace(parts["operation"])
		}
		d, diags := policy.Compile(text, policy.Options{File: name, Format: format, URLTemplate: template,
			Scope: []policy.Scope{policy.GlobalScope, policy.ProductScope, policy.APIScope, policy.OperationScope}[i],
			NamedValues: func(name string) (string, bool, bool) {
				v, ok := named[strings.ToLower(name)]
				return v, true, ok
			},
			Fragments: func(id string) (string, string, bool) {
				text, ok := parts["fragment "+id]
				return text, format, ok
			}})
		all = append(all, diags...)
		if i == 0 {
			docs = docs[:0]
		}
		docs = append(docs, d)
	}
	return docs, all
}

func pairs(s string) (list []policy.Field) {
	for line := range strings.Lines(s) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "="); ok {
			list = append(list, policy.Field{Name: name, Value: value})
		}
	}
	return list
}

// message splits first line, fields and body.
func message(s string) (first string, fields []policy.Field, body string) {
	head, body, _ := strings.Cut(s, "\n\n")
	first, head, _ = strings.Cut(head, "\n")
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ":"); ok {
			fields = append(fields, policy.Field{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return strings.TrimSpace(first), fields, strings.TrimSuffix(body, "\n")
}

func fillRequest(ex *policy.Exchange, text string) error {
	if text == "" {
		text = "GET /"
	}
	first, fields, body := message(text)
	method, address, err := requestLine(first)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(address, "?")
	ex.Request.Method, ex.Request.Path, ex.Request.Target = method, path, path
	ex.Request.Query.SetRaw(query)
	for _, f := range fields {
		ex.Request.Header.Add(f.Name, f.Value)
	}
	ex.Request.Body.Set(body)
	return nil
}

// requestLine reads METHOD PATH, also with HTTP/1.1 behind it and with a whole URL as the path.
func requestLine(line string) (method, path string, err error) {
	words := strings.Fields(line)
	if n := len(words); n == 3 && strings.HasPrefix(words[2], "HTTP/") {
		words = words[:2]
	}
	if len(words) == 2 {
		if u, err := url.Parse(words[1]); err == nil && u.IsAbs() && u.Host != "" {
			words[1] = u.RequestURI()
		}
	}
	if len(words) != 2 || !policy.IsToken(words[0]) || !strings.HasPrefix(words[1], "/") {
		return "", "", fmt.Errorf("the request's first line %.80q must be METHOD PATH, e.g. GET /orders?page=1", line)
	}
	return words[0], words[1], nil
}

// checkReplies reads what backends and services answer, so that a case that can't be read does
// not look like a backend that fails.
func checkReplies(parts map[string]string) error {
	for name, text := range parts {
		if name != "backend" && !strings.HasPrefix(name, "backend ") && !strings.HasPrefix(name, "service ") {
			continue
		}
		if err := fillResponse(&policy.Response{}, text); err != nil && !strings.HasPrefix(strings.TrimSpace(text), "error ") {
			return fmt.Errorf("the %s: %w", name, err)
		}
	}
	return nil
}

// Forward implements policy.Services: it writes the request down and replies.
func (w *world) Forward(ex *policy.Exchange, o *policy.ForwardOptions) error {
	to := "the API's service URL"
	if ex.Backend.ID != "" {
		to = "backend " + ex.Backend.ID
	} else if ex.Backend.URL != "" {
		to = ex.Backend.URL
	}
	fmt.Fprintf(&w.out, "forward to %s", to)
	if o.Timeout > 0 {
		fmt.Fprintf(&w.out, " within %s", o.Timeout)
	}
	w.out.WriteString(describeOptions(o))
	if ex.Backend.Proxy != nil {
		fmt.Fprintf(&w.out, " by proxy %s", ex.Backend.Proxy.URL)
	}
	if ex.Backend.Certificate != nil {
		fmt.Fprintf(&w.out, " as %s", ex.Backend.Certificate.Leaf.Subject)
	}
	target := ex.Request.Target
	if q := ex.Request.Query.Raw(); q != "" {
		target += "?" + q
	}
	fmt.Fprintf(&w.out, "\n%s %s\n%s", ex.Request.Method, target, fieldsAndBody(&ex.Request.Header, ex.Request.Body.Data))
	w.forwards++
	reply := w.parts["backend"]
	for n := w.forwards; n > 1; n-- {
		if later, ok := w.parts[numbered("backend", n)]; ok {
			reply = later
			break
		}
	}
	ex.Response.Reset()
	err := fillResponse(&ex.Response, reply)
	if errors.Is(err, context.DeadlineExceeded) { // as the gateway says it
		err = &policy.Error{Reason: "Timeout", Message: "The backend service did not answer in time.", Cause: err}
	}
	return err
}

// describeOptions are those that are not the defaults.
func describeOptions(o *policy.ForwardOptions) (s string) {
	if o.ContinueTimeout > 0 {
		s += " with 100 Continue within " + o.ContinueTimeout.String()
	}
	if o.HTTPVersion == "2" || o.HTTPVersion == "2or1" {
		s += " by HTTP " + o.HTTPVersion
	}
	if o.BufferRequestBody {
		s += ", request buffered"
	}
	if !o.BufferResponse {
		s += ", response not buffered"
	}
	return s
}

// fillResponse reads a reply; an error that it stands for is returned.
func fillResponse(r *policy.Response, reply string) error {
	first, fields, body := message(reply)
	if reason, ok := strings.CutPrefix(first, "error "); ok {
		if reason == "timeout" {
			return context.DeadlineExceeded
		}
		return errors.New(reason)
	}
	if first == "" {
		first = "200"
	}
	status, reason, _ := strings.Cut(first, " ")
	code, err := strconv.Atoi(status)
	if err != nil {
		return fmt.Errorf("the first line %.80q must be STATUS [REASON], e.g. 200 OK", first)
	}
	r.Status, r.Reason = code, reason
	for _, f := range fields {
		r.Header.Add(f.Name, f.Value)
	}
	r.Body.Set(body)
	return nil
}

// Send implements policy.Sender: the part "service URL" answers.
func (w *world) Send(_ context.Context, m *policy.Message) (*policy.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.WriteString("send")
	if m.Proxy != nil {
		w.out.WriteString(" by proxy " + m.Proxy.URL)
	}
	if m.Certificate != nil {
		fmt.Fprintf(&w.out, " as %s", m.Certificate.Leaf.Subject)
	}
	fmt.Fprintf(&w.out, "\n%s %s\n%s", m.Method, m.URL, fieldsAndBody(&m.Header, m.Body))
	reply, ok := w.parts["service "+m.URL]
	if !ok {
		return nil, errors.New("nothing answers at " + m.URL)
	}
	r := &policy.Response{}
	return r, fillResponse(r, reply)
}

// ManagedIdentity implements policy.Tokens.
func (w *world) ManagedIdentity(_ context.Context, resource, clientID string) (string, error) {
	if _, none := w.parts["no tokens"]; none {
		return "", errors.New("the service has no identity")
	}
	return "token-for-" + resource + clientID, nil
}

// Authorization implements policy.Tokens.
func (w *world) Authorization(_ context.Context, provider, authorization, _, _ string) (policy.Authorization, error) {
	if _, none := w.parts["no tokens"]; none {
		return policy.Authorization{}, errors.New("there is no such authorization")
	}
	return policy.Authorization{AccessToken: "token-of-" + provider + "-" + authorization}, nil
}

// Trace implements policy.Sink.
func (w *world) Trace(_ *policy.Exchange, t policy.Trace) {
	fmt.Fprintf(&w.out, "trace %s %s: %s", t.Severity, t.Source, t.Message)
	for _, f := range t.Metadata {
		fmt.Fprintf(&w.out, " %s=%s", f.Name, f.Value)
	}
	w.out.WriteString("\n")
}

// Metric implements policy.Sink.
func (w *world) Metric(_ *policy.Exchange, m policy.Metric) {
	fmt.Fprintf(&w.out, "metric %s/%s %g", m.Namespace, m.Name, m.Value)
	for _, f := range m.Dimensions {
		fmt.Fprintf(&w.out, " %s=%s", f.Name, f.Value)
	}
	w.out.WriteString("\n")
}

// logger writes events down; one with a failure loses them.
type logger struct {
	w       *world
	failure string
}

// Log implements policy.Logger.
func (l logger) Log(_ context.Context, e policy.Event) error {
	if l.failure != "" {
		return errors.New(l.failure)
	}
	fmt.Fprintf(&l.w.out, "event to %s", e.Logger)
	for _, f := range []policy.Field{{Name: "partition", Value: e.PartitionID}, {Name: "key", Value: e.PartitionKey}} {
		if f.Value != "" {
			fmt.Fprintf(&l.w.out, " %s %s", f.Name, f.Value)
		}
	}
	fmt.Fprintf(&l.w.out, ": %s\n", e.Text)
	return nil
}

// tracer writes each policy down, with what its parts came to.
type tracer struct {
	w     *world
	depth int
}

// Before implements policy.Tracer.
func (t *tracer) Before(_ *policy.Exchange, at *policy.Place) {
	fmt.Fprintf(&t.w.out, "%s> %s %s %s\n", strings.Repeat("  ", t.depth), at.Scope, at.Section, at.Path)
	t.depth++
}

// Value is told what attributes and texts came to.
func (t *tracer) Value(_ *policy.Exchange, what string, value any) {
	fmt.Fprintf(&t.w.out, "%s%s = %s\n", strings.Repeat("  ", t.depth), what, policy.Show(value))
}

// After implements policy.Tracer.
func (t *tracer) After(_ *policy.Exchange, _ *policy.Place, r policy.Result) {
	t.depth--
	if r != policy.Continued {
		fmt.Fprintf(&t.w.out, "%s%s\n", strings.Repeat("  ", t.depth+1), r)
	}
}

func describe(ex *policy.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "response %d", ex.Response.Status)
	if ex.Response.Reason != "" {
		b.WriteString(" " + ex.Response.Reason)
	}
	b.WriteString("\n" + fieldsAndBody(&ex.Response.Header, ex.Response.Body.Data))
	if e := ex.LastError; e.Reason != "" {
		fmt.Fprintf(&b, "last error %s from %s at %s in %s/%s", e.Reason, e.Source, e.Path, e.Scope, e.Section)
		if e.PolicyID != "" {
			b.WriteString(" id " + e.PolicyID)
		}
		b.WriteString(": " + e.Message + "\n")
	}
	return b.String()
}

func fieldsAndBody(h *policy.Header, body string) string {
	var b strings.Builder
	for _, f := range h.Fields() {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	if body != "" {
		b.WriteString("\n" + body + "\n")
	}
	return b.String()
}

// schema reads a schema; those of XML may include each other as /schemas/ID.
func schema(parts map[string]string, text string) policy.Schema {
	if !strings.HasPrefix(strings.TrimSpace(text), "<") {
		return policy.NewSchema(text)
	}
	return policy.NewXMLSchema(text, func(location, _ string) (string, bool) {
		id, _ := policy.SchemaAt(location)
		found, ok := parts["schema "+id]
		return found, ok
	})
}
