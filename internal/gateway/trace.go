package gateway

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
	"gatehouse/internal/policy"
)

// Trace is what one request met on its way, for people who look on. Secrets in it are masked.
type Trace struct {
	Time         time.Time   `json:"time"`
	RequestID    string      `json:"requestId"`
	Client       string      `json:"client"`                      // address and port
	Certificate  string      `json:"clientCertificate,omitempty"` // subject
	Method       string      `json:"method"`
	Host         string      `json:"host"`
	Path         string      `json:"path"`
	Service      string      `json:"service,omitempty"`
	API          string      `json:"api,omitempty"`
	Operation    string      `json:"operation,omitempty"`
	Subscription string      `json:"subscription,omitempty"`
	Steps        []TraceStep `json:"steps"`
	Backend      string      `json:"backend,omitempty"` // address
	Status       int         `json:"status"`
	Milliseconds float64     `json:"ms"`

	Error       *TraceError        `json:"error,omitempty"`
	Explanation *handshake.Finding `json:"explanation,omitempty"` // of a failed handshake or a refused certificate
}

// TraceStep is one policy that ran. A policy that holds others, such as choose, shows the
// changes at those.
type TraceStep struct {
	Section      string   `json:"section"`
	Scope        string   `json:"scope"`
	Policy       string   `json:"policy"`
	Path         string   `json:"path"`
	Depth        int      `json:"depth"`
	Start        float64  `json:"startMs"` // after the request's beginning
	Microseconds float64  `json:"us"`
	Result       string   `json:"result"`
	Changes      []Change `json:"changes,omitempty"`
}

// Change is one value that a policy changed.
type Change struct {
	What string `json:"what"` // request.header.X-A, response.status, backend, ...
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// TraceError is context.LastError, and what the client is not told.
type TraceError struct {
	Source  string `json:"source,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Section string `json:"section,omitempty"`
	Path    string `json:"path,omitempty"`
	Cause   string `json:"cause,omitempty"`
}

// Limits of a trace.
const (
	maxSteps = 500
	maxValue = 512 // bytes of a value that are shown
)

// TraceFilter says which requests are traced; empty fields ask for nothing.
type TraceFilter struct {
	Client string // address and port
	Host   string // lower case
	Path   string // its beginning
}

func (f *TraceFilter) wants(q *policy.Request) bool {
	return (f.Client == "" || f.Client == q.Remote.String()) && (f.Host == "" || strings.EqualFold(f.Host, hostName(q.Host))) && strings.HasPrefix(q.Path, f.Path)
}

// watchers are who looks on. Requests read one pointer; it is nil when nobody does.
type watchers struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*watcher]
}

type watcher struct {
	filter TraceFilter
	each   func(*Trace)
}

// Watch calls each with the trace of every request that f asks for, until stop is called.
// It must not block.
func (g *Gateway) Watch(f TraceFilter, each func(*Trace)) (stop func()) {
	w := &watcher{filter: f, each: each}
	g.watchers.change(func(list []*watcher) []*watcher { return append(list, w) })
	return func() {
		g.watchers.change(func(list []*watcher) []*watcher {
			return slices.DeleteFunc(list, func(x *watcher) bool { return x == w })
		})
	}
}

func (w *watchers) change(f func([]*watcher) []*watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*watcher
	if old := w.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = f(list); len(list) == 0 {
		w.list.Store(nil)
		return
	}
	w.list.Store(&list)
}

// look begins a trace when somebody wants this request's.
func (c *call) look() {
	list := c.g.watchers.list.Load()
	if list == nil || !slices.ContainsFunc(*list, func(w *watcher) bool { return w.filter.wants(&c.Request) }) {
		return
	}
	c.trace = &tracer{begin: time.Now(), method: strings.Clone(c.Request.Method), path: strings.Clone(c.Request.Path)}
	c.Tracer = c.trace
}

// tracer implements policy.Tracer for one exchange.
type tracer struct {
	begin        time.Time
	method, path string // as the client sent them
	steps        []TraceStep
	open         []openStep
	explanation  *handshake.Finding
}

// openStep is a policy that runs.
type openStep struct {
	index  int // in steps; -1: there are too many
	before view
	began  time.Time
	nested bool
}

// Before implements policy.Tracer.
func (t *tracer) Before(ex *policy.Exchange, at *policy.Place) {
	for i := range t.open {
		t.open[i].nested = true
	}
	o := openStep{index: -1, began: time.Now()}
	if len(t.steps) < maxSteps {
		o.index = len(t.steps)
		t.steps = append(t.steps, TraceStep{Section: at.Section, Scope: at.Scope, Policy: at.Policy, Path: at.Path, Depth: len(t.open),
			Start: elapsed(o.began.Sub(t.begin))})
		o.before = viewOf(ex)
	}
	t.open = append(t.open, o)
}

// After implements policy.Tracer.
func (t *tracer) After(ex *policy.Exchange, _ *policy.Place, r policy.Result) {
	o := t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	if o.index < 0 {
		return
	}
	s := &t.steps[o.index]
	s.Microseconds, s.Result = float64(time.Since(o.began).Nanoseconds())/1000, string(r)
	if !o.nested {
		s.Changes = o.before.changes(viewOf(ex))
	}
}

// finish completes the trace and hands it to who asked for it.
func (t *tracer) finish(c *call, took time.Duration) {
	tr := &Trace{Time: c.Time.UTC(), RequestID: strings.Clone(c.ID), Client: c.Request.Remote.String(), Method: t.method, Host: strings.Clone(c.Request.Host),
		Path: t.path, Steps: t.steps, Status: c.Response.Status, Milliseconds: elapsed(took), Explanation: t.explanation}
	tr.Service, tr.API = c.names()
	if c.Request.Certificate != nil {
		tr.Certificate = pki.DistinguishedName(c.Request.Certificate.RawSubject)
	}
	if c.Operation != nil {
		tr.Operation = c.Operation.ID
	}
	if c.Subscription != nil {
		tr.Subscription = c.Subscription.ID
	}
	if c.target != nil {
		tr.Backend = c.target.key.addr
	}
	if e := c.LastError; e.Reason != "" || e.Message != "" || c.failure != nil {
		tr.Error = &TraceError{Source: e.Source, Reason: e.Reason, Message: e.Message, Section: e.Section, Path: e.Path}
		if c.failure != nil {
			tr.Error.Cause = c.failure.Error()
		}
	}
	tr.mask(c)
	for _, w := range *orNone(c.g.watchers.list.Load()) {
		if w.filter.wants(&policy.Request{Remote: c.Request.Remote, Host: tr.Host, Path: tr.Path}) {
			w.each(tr)
		}
	}
}

func orNone(list *[]*watcher) *[]*watcher {
	if list == nil {
		return &[]*watcher{}
	}
	return list
}

// view is what policies change, copied.
type view struct{ values []Change } // What and To, sorted by What

func viewOf(ex *policy.Exchange) view {
	var v view
	add := func(what, value string) { v.values = append(v.values, Change{What: what, To: strings.Clone(value)}) }
	add("request.method", ex.Request.Method)
	add("request.path", ex.Request.Target)
	add("request.query", ex.Request.Query.Raw())
	add("request.body", bodyWords(&ex.Request.Body))
	add("backend", strings.TrimSpace(ex.Backend.ID+" "+ex.Backend.URL))
	if ex.Response.Status != 0 {
		add("response.status", strings.TrimSpace(fmt.Sprint(ex.Response.Status, " ", ex.Response.Reason)))
	}
	add("response.body", bodyWords(&ex.Response.Body))
	for _, f := range ex.Request.Header.Fields() {
		add("request.header."+f.Name, f.Value)
	}
	for _, f := range ex.Response.Header.Fields() {
		add("response.header."+f.Name, f.Value)
	}
	for _, x := range ex.Variables {
		add("variable."+x.Name, x.Text())
	}
	if ex.LastError.Reason != "" {
		add("lastError", ex.LastError.Reason+": "+ex.LastError.Message)
	}
	slices.SortStableFunc(v.values, func(a, b Change) int { return strings.Compare(strings.ToLower(a.What), strings.ToLower(b.What)) })
	return v
}

func bodyWords(b *policy.Body) string {
	switch {
	case b.Stream != nil && b.Length >= 0:
		return fmt.Sprintf("%d bytes, streamed", b.Length)
	case b.Stream != nil:
		return "streamed"
	case b.Data == "":
		return ""
	}
	return fmt.Sprintf("%d bytes", len(b.Data)) // not its content: it may hold anything
}

// clip shortens a value.
func clip(s string) string {
	if len(s) > maxValue {
		return strings.ToValidUTF8(s[:maxValue], "") + "..."
	}
	return s
}

// changes are the values in which now differs.
func (v view) changes(now view) (list []Change) {
	at := func(values []Change, what string) (all []string) {
		for _, c := range values {
			if strings.EqualFold(c.What, what) {
				all = append(all, c.To)
			}
		}
		return all
	}
	seen := map[string]bool{}
	for _, c := range slices.Concat(v.values, now.values) {
		key := strings.ToLower(c.What)
		if seen[key] {
			continue
		}
		seen[key] = true
		from, to := at(v.values, c.What), at(now.values, c.What)
		if !slices.Equal(from, to) {
			list = append(list, Change{What: strings.Clone(c.What), From: strings.Join(from, " | "), To: strings.Join(to, " | ")})
		}
	}
	return list
}

const masked = "***"

// secretHeaders are masked whole, whatever is in them.
var secretHeaders = []string{"authorization", "proxy-authorization", "cookie", "set-cookie", "ocp-apim-subscription-key", "x-functions-key", "x-api-key", "api-key"}

// mask hides named values that are secret, the keys of subscriptions, credentials of
// backends, and the fields that carry such things.
func (tr *Trace) mask(c *call) {
	var pairs []string
	hide := func(secret string) {
		if len(secret) >= 3 { // shorter ones would hide half of the text, and tell nothing
			pairs = append(pairs, secret, masked)
		}
	}
	key := "ocp-apim-subscription-key"
	if c.api != nil {
		key = strings.ToLower(c.api.header)
		hide(c.Request.Header.Get(c.api.header))
		if v, ok := c.Request.Query.Get(c.api.query); ok {
			hide(v)
		}
	}
	if c.service != nil {
		for _, v := range c.service.snap.NamedValues {
			if v.Secret {
				hide(v.Value)
			}
		}
		for _, s := range c.service.snap.Subscriptions {
			hide(s.PrimaryKey)
			hide(s.SecondaryKey)
		}
	}
	hidden := strings.NewReplacer(pairs...)
	for i := range tr.Steps {
		for j := range tr.Steps[i].Changes {
			ch := &tr.Steps[i].Changes[j]
			_, name, _ := strings.Cut(strings.TrimPrefix(ch.What, "re"), ".header.")
			if name = strings.ToLower(name); name != "" && (name == key || slices.Contains(secretHeaders, name)) || namesSecret(ch.What) {
				ch.From, ch.To = maskAll(ch.From), maskAll(ch.To)
			}
			ch.From, ch.To = tokens.ReplaceAllString(ch.From, masked), tokens.ReplaceAllString(ch.To, masked)
			ch.From, ch.To = clip(hidden.Replace(ch.From)), clip(hidden.Replace(ch.To)) // in this order: no half of a secret stays
		}
	}
	tr.Path = hidden.Replace(tr.Path)
	if tr.Error != nil {
		tr.Error.Message, tr.Error.Cause = hidden.Replace(tr.Error.Message), hidden.Replace(tr.Error.Cause)
	}
}

// tokens are JSON Web Tokens, wherever they stand.
var tokens = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*`)

// namesSecret reports whether a variable's name says that its value is one.
func namesSecret(what string) bool {
	name, ok := strings.CutPrefix(strings.ToLower(what), "variable.")
	return ok && slices.ContainsFunc([]string{"token", "secret", "password", "passwd", "credential", "authorization", "apikey", "api-key", "api_key", "jwt", "signature", "subscription-key"},
		func(word string) bool { return strings.Contains(name, word) })
}

func maskAll(s string) string {
	if s == "" {
		return ""
	}
	return masked
}
