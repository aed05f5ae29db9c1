package gateway

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// state is what one snapshot was compiled to. It never changes.
type state struct {
	hosts    map[string]*service       // by lower-case host name
	settings map[string]*snapshot.Host // by lower-case host name; "": the default host's
	services map[string]*service       // by lower-case name
	settled  bool                      // some host has TLS settings of its own
}

// service finds a service by host name in any case, without allocating.
func (s *state) service(host string) *service {
	var buf [256]byte
	return s.hosts[string(lower(buf[:0], host))]
}

// lower appends s in lower case (ASCII) to b.
func lower(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

type service struct {
	snap          *snapshot.Service
	info          *policy.ServiceInfo
	requireClient bool // 403 without a client certificate
	asksByHost    bool // for client certificates: only host names with negotiateClientCertificate do
	ignoreClient  bool // no host name asks: the certificates of clients are not looked at
	internal      bool // answers /internal-status-...
	paths         tree[*entry]
	revisions     map[string]*api // by lower-case id;rev=N
	products      map[string]*product
	productInfos  map[*product]*policy.ProductInfo
	apis          map[string]*api    // by lower-case id
	backends      map[string]*target // by lower-case id
	keys          map[[sha256.Size]byte]*subscription
	documents     map[fingerprint]*document
	global        *policy.Document
	trust         *trust
	env           *policy.Environment
	program       *policy.Program // of the global scope alone, for requests that match no API
}

type api struct {
	snap          *snapshot.API
	root          string        // id without revision, lower case
	products      []*product    // that it is in
	fingerprints  []fingerprint // of the documents that it was linked from
	info          *policy.APIInfo
	header, query string // of the subscription key
	realm         string // of WWW-Authenticate
	program       *policy.Program
	operations    tree[*operation]
	target        *target
	broken        bool // never compiled
	meter         Meter
}

type operation struct {
	info      *policy.OperationInfo
	program   *policy.Program
	inProduct map[*product]*policy.Program // of products with a policy
}

type subscription struct {
	info    *policy.SubscriptionInfo
	user    *policy.UserInfo // its owner; nil: none
	scope   snapshot.SubscriptionScope
	product *product // when scope is that
	api     string   // lower-case id
	apis    []string // lower-case ids, of a product
}

type fingerprint [sha256.Size]byte

// document is a compiled policy document, or why it could not be compiled.
type document struct {
	doc   *policy.Document
	diags diag.List
}

// Apply compiles what changed in s and swaps it in for the requests to come. What
// can't be compiled keeps its last good state and is reported.
func (g *Gateway) Apply(s *snapshot.Snapshot) []Problem {
	g.apply.Lock()
	defer g.apply.Unlock()
	old := g.state.Load()
	st := &state{hosts: map[string]*service{}, settings: map[string]*snapshot.Host{}, services: map[string]*service{}}
	var problems []Problem
	for name, snap := range s.Services {
		was := old.services[name]
		if was == nil || was.snap != snap {
			b := builder{g: g, snap: snap, was: was}
			was = b.service()
			problems = append(problems, b.problems...)
		}
		st.services[name] = was
		st.addHosts(snap)
		for _, h := range snap.Hostnames {
			st.hosts[strings.ToLower(strings.TrimSuffix(h, "."))] = was
		}
	}
	g.state.Store(st)
	g.pools.retireUnused(st)
	for _, p := range problems {
		g.o.Logger.Error("gateway: kept out of the new snapshot", "service", p.Service, "api", p.API, "operation", p.Operation,
			"backend", p.Backend, "keptLast", p.KeptLast, "reason", strings.TrimSpace(p.Diagnostics.Text()))
	}
	return problems
}

// builder compiles one service.
type builder struct {
	g        *Gateway
	snap     *snapshot.Service
	was      *service // the last state; nil: none
	s        *service
	same     bool // all that APIs are compiled against is as in the last state
	problems []Problem

	inProducts map[string][]*product // by lower-case id of an API
}

func (b *builder) service() *service {
	snap := b.snap
	consumption, explicit := tier(snap.SKU)
	b.s = &service{
		snap: snap, info: &policy.ServiceInfo{Name: snap.Name, ID: snap.ResourceID, Region: snap.Location, SKU: snap.SKU},
		requireClient: consumption && snap.RequireClientCertificate, asksByHost: explicit && !snap.RequireClientCertificate, internal: consumption,
		trust: trustOf(snap),
		apis:  make(map[string]*api, len(snap.APIs)), revisions: map[string]*api{}, backends: map[string]*target{}, documents: map[fingerprint]*document{},
	}
	b.s.ignoreClient = b.s.asksByHost && !slices.ContainsFunc(snap.Hosts, func(h *snapshot.Host) bool { return h.Negotiate })
	for _, pools := range []bool{false, true} { // members before their pools
		for id, backend := range snap.Backends {
			if pools == (backend.Pool != nil) {
				b.backend(strings.ToLower(id), backend)
			}
		}
	}
	b.s.env = b.environment()
	b.global()
	b.products()
	b.subscriptions()
	b.same = b.sameSurroundings()
	entries := make(map[string]*entry, len(snap.APIs))
	for _, a := range snap.APIs {
		b.addAPI(b.api(a), entries)
	}
	b.describeProducts()
	return b.s
}

// tier says what of a SKU the gateway heeds: Consumption and the v2 tiers see the certificates of
// clients only where enableClientCertificate asks for them; Consumption then also requires one.
// https://learn.microsoft.com/azure/api-management/api-management-howto-mutual-certificates-for-clients
func tier(sku string) (consumption, explicit bool) {
	consumption = strings.EqualFold(sku, snapshot.SKUConsumption)
	return consumption, consumption || strings.HasSuffix(strings.ToLower(sku), "v2")
}

// sameSurroundings reports whether an API that has not changed compiles to what it was.
func (b *builder) sameSurroundings() bool {
	if b.was == nil || b.was.global != b.s.global || b.was.trust.sum() != b.s.trust.sum() || !sameFragments(b.was.snap.Fragments, b.snap.Fragments) || !slices.Equal(b.was.snap.Hostnames, b.snap.Hostnames) || len(b.was.backends) != len(b.s.backends) {
		return false
	}
	for id := range b.s.backends {
		if b.was.backends[id] == nil {
			return false
		}
	}
	return b.sameProducts() && maps.EqualFunc(b.was.snap.NamedValues, b.snap.NamedValues, func(v, w *snapshot.NamedValue) bool { return *v == *w })
}

func (b *builder) problem(p Problem) {
	p.Service = b.snap.Name
	b.problems = append(b.problems, p)
}

func one(code, message string) diag.List { return diag.List{{Code: code, Message: message}} }

func (b *builder) subscriptions() {
	b.s.keys = make(map[[sha256.Size]byte]*subscription, 2*len(b.snap.Subscriptions))
	users := b.userInfos()
	for _, snap := range b.snap.Subscriptions {
		if snap.State != "" && !strings.EqualFold(snap.State, "active") {
			continue
		}
		sub := &subscription{scope: snap.Scope, api: strings.ToLower(snap.API), apis: snap.APIs, info: subscriptionInfo(snap), user: users[snap.Owner]}
		for _, key := range []string{snap.PrimaryKey, snap.SecondaryKey} {
			if key != "" {
				sub.product = b.s.products[strings.ToLower(snap.Product)]
				b.s.keys[sha256.Sum256([]byte(key))] = sub
			}
		}
	}
}

// backend makes the target of a backend entity; one whose certificate can't be used
// keeps the last good target.
func (b *builder) backend(id string, snap *snapshot.Backend) {
	if snap.Pool != nil {
		b.s.backends[id] = b.poolOf(snap)
		return
	}
	t := b.g.pools.backend(b.snap, b.s.trust, snap)
	t.breaker = b.breaker(id, snap.Breaker)
	if t.err != nil {
		p := Problem{Backend: snap.ID, Diagnostics: one("GHG002", t.err.Error())}
		if b.was != nil && b.was.backends[id] != nil && b.was.backends[id].err == nil {
			p.KeptLast, t = true, b.was.backends[id]
		}
		b.problem(p)
	}
	b.s.backends[id] = t
}

// global compiles the service's own policy.
func (b *builder) global() {
	b.s.global = b.g.defaultGlobal
	if b.snap.Policy.Text != "" {
		d, _ := b.document(b.snap.Policy, policy.GlobalScope, "global")
		switch {
		case d.diags == nil:
			b.s.global = d.doc
		case b.was != nil && b.was.global != nil:
			b.s.global = b.was.global
			b.problem(Problem{Diagnostics: d.diags, KeptLast: true})
		default:
			b.s.global = nil
			b.problem(Problem{Diagnostics: d.diags})
		}
	}
	b.s.program = policy.Link(b.s.global)
}

// document compiles a document, or takes what the last state made of the same text with
// the same named values.
func (b *builder) document(p snapshot.Policy, scope policy.Scope, file string) (*document, fingerprint) {
	named := func(name string) (string, bool, bool) {
		v := b.snap.NamedValues[strings.ToLower(name)]
		if v == nil {
			return "", false, false
		}
		return v.Value, v.Secret, true
	}
	fp := b.fingerprint(p, scope, named)
	d := b.s.documents[fp]
	if d == nil && b.was != nil {
		d = b.was.documents[fp]
	}
	if d == nil {
		doc, diags := policy.Compile(p.Text, policy.Options{File: file, Scope: scope, Format: p.Format, NamedValues: named, Fragments: b.fragment})
		d = &document{doc: doc}
		if doc == nil {
			d.diags = diags
		}
	}
	b.s.documents[fp] = d
	if d.diags == nil {
		if missing := b.missing(d.doc); missing != nil {
			return &document{diags: missing}, fp
		}
	}
	return d, fp
}

func (b *builder) fingerprint(p snapshot.Policy, scope policy.Scope, named func(string) (string, bool, bool)) fingerprint {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		for i := range n {
			n[i] = byte(len(s) >> (8 * i))
		}
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(p.Format)
	write(scope.String())
	write(p.Text)
	text := p.Text
	if strings.Contains(text, "include-fragment") {
		for _, id := range slices.Sorted(maps.Keys(b.snap.Fragments)) {
			f := b.snap.Fragments[id]
			write(id)
			write(f.Format)
			write(f.Text)
			text += f.Text
		}
	}
	for _, name := range policy.NamedValueNames(text) {
		if v, _, ok := named(name); ok {
			write(v)
		}
		write(name)
	}
	return fingerprint(h.Sum(nil))
}

// missing reports references to backends and certificates that the service does not have.
func (b *builder) missing(d *policy.Document) (l diag.List) {
	for _, r := range d.References() {
		if r.Kind == "backend" && b.s.backends[strings.ToLower(r.Name)] == nil {
			l = append(l, diag.Diagnostic{Code: "GHG003", Message: "There is no backend with id '" + r.Name + "'.", Range: r.Range})
		}
		if r.Kind == "certificate" && b.snap.Certificates[strings.ToLower(r.Name)] == nil {
			l = append(l, diag.Diagnostic{Code: "GHG006", Message: "There is no certificate with id '" + r.Name + "'.", Range: r.Range})
		}
	}
	return l
}

// api compiles an API and its operations, or keeps its last good state.
func (b *builder) api(snap *snapshot.API) *api {
	var was *api
	if b.was != nil {
		was = b.was.apis[strings.ToLower(snap.ID)]
	}
	if b.same && was != nil && was.snap == snap && !was.broken {
		for _, fp := range was.fingerprints {
			b.s.documents[fp] = b.was.documents[fp]
		}
		return was
	}
	a := &api{
		snap: snap, root: rootOf(snap.ID), products: b.inProducts[rootOf(snap.ID)],
		meter:  b.g.o.Recorder.API(b.snap.Name, snap.ID),
		info:   apiInfo(snap),
		header: or(snap.SubscriptionHeader, "Ocp-Apim-Subscription-Key"), query: or(snap.SubscriptionQuery, "subscription-key"),
	}
	if len(b.snap.Hostnames) > 0 {
		a.realm = "https://" + b.snap.Hostnames[0] + "/" + snap.Path
	}
	if snap.ServiceURL != "" {
		a.target = b.g.pools.plain(snap.ServiceURL, b.s.trust)
	}
	ok := b.programs(a)
	switch {
	case ok:
		return a
	case was != nil && !was.broken:
		b.problems[len(b.problems)-1].KeptLast = true
		return was
	}
	a.broken = true
	return a
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// programs links the documents of a; false after a problem, which is the last of b.problems.
func (b *builder) programs(a *api) bool {
	if b.s.global == nil {
		b.problem(Problem{API: a.snap.ID, Diagnostics: one("GHG004", "The global policy of the service does not compile.")})
		return false
	}
	compile := func(p snapshot.Policy, scope policy.Scope, operation string) (*policy.Document, bool) {
		if p.Text == "" {
			return nil, true
		}
		d, fp := b.document(p, scope, strings.TrimSuffix(a.snap.ID+"/"+operation, "/"))
		a.fingerprints = append(a.fingerprints, fp)
		if d.diags != nil {
			b.problem(Problem{API: a.snap.ID, Operation: operation, Diagnostics: d.diags})
		}
		return d.doc, d.diags == nil
	}
	doc, ok := compile(a.snap.Policy, policy.APIScope, "")
	if !ok {
		return false
	}
	a.program = policy.Link(b.s.global, doc)
	for _, snap := range a.snap.Operations {
		own, ok := compile(snap.Policy, policy.OperationScope, snap.ID)
		if !ok {
			return false
		}
		op := &operation{program: a.program, info: operationInfo(a.snap, snap)}
		if own != nil {
			op.program = policy.Link(b.s.global, doc, own)
		}
		for _, p := range a.products {
			if p.policy != nil {
				if op.inProduct == nil {
					op.inProduct = map[*product]*policy.Program{}
				}
				op.inProduct[p] = policy.Link(b.s.global, p.policy, doc, own)
			}
		}
		if err := a.operations.add(snap.URLTemplate, snap.Method, op); err != nil {
			b.problem(Problem{API: a.snap.ID, Operation: snap.ID, Diagnostics: one("GHG005", "The URL template can't be used: "+err.Error())})
			return false
		}
	}
	return true
}
