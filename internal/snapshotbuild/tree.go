package snapshotbuild

import (
	"log/slog"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/snapshot"
	"gatehouse/internal/store"
)

// tree is what is known of the resources: the parts of snapshots, by service and name, with what
// has to be made again. Only the goroutine of Run touches it.
type tree struct {
	logger   *slog.Logger
	revision int64
	dirty    bool
	services map[string]*service // by lower-case ID
}

// item is a part with the revision of the record that it was made of, so that an event of
// before the first reading changes nothing.
type item[T any] struct {
	value    T
	revision int64
}

type service struct {
	base         item[*snapshot.Service] // nil value: children came without their service
	policy       item[snapshot.Policy]
	apis         map[string]*api // by lower-case name, as all below
	backends     map[string]item[*arm.Resource]
	certificates map[string]item[*snapshot.Certificate]
	named        map[string]item[*snapshot.NamedValue]
	fragments    map[string]item[snapshot.Policy]
	subs         map[string]item[*snapshot.Subscription] // without the APIs of products
	products     map[string]*product
	sets         map[string]item[*snapshot.VersionSet]

	built         *snapshot.Service
	madeBackends  map[string]*snapshot.Backend
	dirty         bool
	dirtyBackends bool
}

// product is a product with what is below it.
type product struct {
	base         item[*snapshot.Product] // without what follows
	policy       item[snapshot.Policy]
	apis, groups map[string]item[bool]
	built        *snapshot.Product
}

type api struct {
	base       item[*snapshot.API] // without policy, operations and version set
	set        string              // lower-case id of its version set
	policy     item[snapshot.Policy]
	operations map[string]*operation
	built      *snapshot.API
}

type operation struct {
	base   item[*snapshot.Operation] // without policy
	policy item[snapshot.Policy]
	built  *snapshot.Operation
}

func newTree(logger *slog.Logger) *tree {
	return &tree{logger: logger, services: map[string]*service{}, dirty: true}
}

func (t *tree) service(id resourceid.ID) *service {
	for len(id.Names()) > 1 {
		id = id.Parent()
	}
	s := t.services[id.Key()]
	if s == nil {
		s = &service{apis: map[string]*api{}, backends: map[string]item[*arm.Resource]{}, certificates: map[string]item[*snapshot.Certificate]{},
			named: map[string]item[*snapshot.NamedValue]{}, fragments: map[string]item[snapshot.Policy]{}, subs: map[string]item[*snapshot.Subscription]{}, products: map[string]*product{}, sets: map[string]item[*snapshot.VersionSet]{}}
		t.services[id.Key()] = s
	}
	return s
}

func (s *service) product(name string) *product {
	p := s.products[name]
	if p == nil {
		p = &product{apis: map[string]item[bool]{}, groups: map[string]item[bool]{}}
		s.products[name] = p
	}
	p.built = nil
	return p
}

func (s *service) api(name string) *api {
	a := s.apis[name]
	if a == nil {
		a = &api{operations: map[string]*operation{}}
		s.apis[name] = a
	}
	return a
}

func (a *api) operation(name string) *operation {
	o := a.operations[name]
	if o == nil {
		o = new(operation)
		a.operations[name] = o
	}
	return o
}

// set replaces what is older.
func set[T any](i *item[T], v T, revision int64) {
	if revision >= i.revision {
		*i = item[T]{v, revision}
	}
}

func setIn[T any](m map[string]item[T], name string, v T, revision int64) {
	if revision >= m[name].revision {
		m[name] = item[T]{v, revision}
	}
}

func names(id resourceid.ID) []string {
	list := id.Names()
	for i, n := range list {
		list[i] = strings.ToLower(n)
	}
	return list
}

// put takes in a record.
func (t *tree) put(rec store.Record) {
	if !ours(rec.Key) {
		return
	}
	r, err := arm.Decode(rec)
	if err != nil {
		t.logger.Error("a resource can't be read; the gateway keeps what it had of it", "key", rec.Key, "error", err)
		return
	}
	s, n := t.service(r.ID), names(r.ID)
	switch strings.ToLower(r.ID.Type()) {
	case lower(apim.TypeService):
		set(&s.base, baseOf(r), rec.Revision)
	case lower(apim.TypePolicies):
		set(&s.policy, policyOf(r), rec.Revision)
	case lower(apim.TypeFragments):
		setIn(s.fragments, n[1], policyOf(r), rec.Revision)
	case lower(apim.TypeBackends):
		setIn(s.backends, n[1], r, rec.Revision)
		s.dirtyBackends = true
	case lower(apim.TypeNamedValues):
		setIn(s.named, n[1], namedOf(r), rec.Revision)
		s.dirtyBackends = true
	case lower(apim.TypeSubscriptions):
		setIn(s.subs, n[1], subscriptionOf(r), rec.Revision)
	case lower(apim.TypeProducts):
		set(&s.product(n[1]).base, productOf(r), rec.Revision)
	case lower(apim.TypeProductPolicies):
		set(&s.product(n[1]).policy, policyOf(r), rec.Revision)
	case lower(apim.TypeProductAPIs):
		setIn(s.product(n[1]).apis, n[2], true, rec.Revision)
	case lower(apim.TypeProductGroups):
		setIn(s.product(n[1]).groups, n[2], true, rec.Revision)
	case lower(apim.TypeVersionSets):
		setIn(s.sets, n[1], versionSetOf(r), rec.Revision)
		s.rebuildAPIs()
	case lower(apim.TypeCertificates):
		c, err := certificateOf(r)
		if err != nil {
			t.logger.Error("a certificate can't be read; the gateway keeps what it had", "resource", r.ID.String(), "error", err)
			return
		}
		setIn(s.certificates, n[1], c, rec.Revision)
	case lower(apim.TypeAPIs):
		a := s.api(n[1])
		set(&a.base, apiOf(r), rec.Revision)
		a.set = strings.ToLower(lastSegment(text(r.Properties, "apiVersionSetId")))
		a.built = nil
	case lower(apim.TypeAPIPolicies):
		a := s.api(n[1])
		set(&a.policy, policyOf(r), rec.Revision)
		a.built = nil
	case lower(apim.TypeOperations):
		a := s.api(n[1])
		o := a.operation(n[2])
		set(&o.base, operationOf(r), rec.Revision)
		a.built, o.built = nil, nil
	case lower(apim.TypeOperationPolicies):
		a := s.api(n[1])
		o := a.operation(n[2])
		set(&o.policy, policyOf(r), rec.Revision)
		a.built, o.built = nil, nil
	default:
		return
	}
	s.dirty, t.dirty = true, true
}

// remove takes a record away. build clears away what is nothing as a whole.
func (t *tree) remove(key string, revision int64) {
	if !ours(key) {
		return
	}
	id, ok := idOf(key)
	if !ok {
		return
	}
	s, n := t.service(id), names(id)
	switch strings.ToLower(id.Type()) {
	case lower(apim.TypeService):
		set(&s.base, nil, revision)
	case lower(apim.TypePolicies):
		set(&s.policy, snapshot.Policy{}, revision)
	case lower(apim.TypeFragments):
		drop(s.fragments, n[1], revision)
	case lower(apim.TypeBackends):
		drop(s.backends, n[1], revision)
		s.dirtyBackends = true
	case lower(apim.TypeNamedValues):
		drop(s.named, n[1], revision)
		s.dirtyBackends = true
	case lower(apim.TypeSubscriptions):
		drop(s.subs, n[1], revision)
	case lower(apim.TypeProductAPIs):
		drop(s.product(n[1]).apis, n[2], revision)
	case lower(apim.TypeProductGroups):
		drop(s.product(n[1]).groups, n[2], revision)
	case lower(apim.TypeProducts):
		set(&s.product(n[1]).base, nil, revision)
	case lower(apim.TypeProductPolicies):
		set(&s.product(n[1]).policy, snapshot.Policy{}, revision)
	case lower(apim.TypeVersionSets):
		drop(s.sets, n[1], revision)
		s.rebuildAPIs()
	case lower(apim.TypeCertificates):
		drop(s.certificates, n[1], revision)
	case lower(apim.TypeAPIs):
		a := s.api(n[1])
		set(&a.base, nil, revision)
		a.built = nil
	case lower(apim.TypeAPIPolicies):
		a := s.api(n[1])
		set(&a.policy, snapshot.Policy{}, revision)
		a.built = nil
	case lower(apim.TypeOperations):
		a := s.api(n[1])
		o := a.operation(n[2])
		set(&o.base, nil, revision)
		a.built, o.built = nil, nil
	case lower(apim.TypeOperationPolicies):
		a := s.api(n[1])
		o := a.operation(n[2])
		set(&o.policy, snapshot.Policy{}, revision)
		a.built, o.built = nil, nil
	default:
		return
	}
	s.dirty, t.dirty = true, true
}

func drop[T any](m map[string]item[T], name string, revision int64) {
	if revision >= m[name].revision {
		delete(m, name)
	}
}

func lower(s string) string { return strings.ToLower(s) }

// rebuildAPIs makes the APIs anew: a version set of theirs changed.
func (s *service) rebuildAPIs() {
	for _, a := range s.apis {
		if a.set != "" {
			a.built = nil
		}
	}
}
