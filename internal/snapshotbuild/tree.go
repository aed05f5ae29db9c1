package snapshotbuild

import (
	"log/slog"
	"strings"

	"gatehouse/internal/arm"
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
	schemas      map[string]item[snapshot.Schema]
	loggers      map[string]item[*snapshot.Logger]
	groups       map[string]item[*snapshot.Group]
	users        map[string]item[*snapshot.User] // without groups
	members      map[string]item[bool]           // GROUP/USER

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
	base       item[*snapshot.API] // without policy, operations, schemas and version set
	set        string              // lower-case id of its version set
	policy     item[snapshot.Policy]
	operations map[string]*operation
	schemas    map[string]item[snapshot.Schema]
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
			named: map[string]item[*snapshot.NamedValue]{}, fragments: map[string]item[snapshot.Policy]{}, subs: map[string]item[*snapshot.Subscription]{},
			products: map[string]*product{}, sets: map[string]item[*snapshot.VersionSet]{}, schemas: map[string]item[snapshot.Schema]{},
			loggers: map[string]item[*snapshot.Logger]{}, groups: map[string]item[*snapshot.Group]{}, users: map[string]item[*snapshot.User]{}, members: map[string]item[bool]{}}
		t.services[id.Key()] = s
	}
	return s
}

// product is the product of the name, to be made again.
func (s *service) product(name string) *product {
	p := s.products[name]
	if p == nil {
		p = &product{apis: map[string]item[bool]{}, groups: map[string]item[bool]{}}
		s.products[name] = p
	}
	p.built = nil
	return p
}

// api is the API of the name, to be made again.
func (s *service) api(name string) *api {
	a := s.apis[name]
	if a == nil {
		a = &api{operations: map[string]*operation{}, schemas: map[string]item[snapshot.Schema]{}}
		s.apis[name] = a
	}
	a.built = nil
	return a
}

// operation is the operation of the name, to be made again.
func (a *api) operation(name string) *operation {
	o := a.operations[name]
	if o == nil {
		o = new(operation)
		a.operations[name] = o
	}
	o.built = nil
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
	k, known := kinds[strings.ToLower(r.ID.Type())]
	if !known {
		return
	}
	s := t.service(r.ID)
	if err := k.put(s, names(r.ID), r, rec.Revision); err != nil {
		t.logger.Error("a resource can't be read; the gateway keeps what it had of it", "resource", r.ID.String(), "error", err)
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
	if k, known := kinds[strings.ToLower(id.Type())]; known {
		s := t.service(id)
		k.remove(s, names(id), revision)
		s.dirty, t.dirty = true, true
	}
}

func drop[T any](m map[string]item[T], name string, revision int64) {
	if revision >= m[name].revision {
		delete(m, name)
	}
}

// rebuildAPIs makes the APIs anew: a version set of theirs changed.
func (s *service) rebuildAPIs() {
	for _, a := range s.apis {
		if a.set != "" {
			a.built = nil
		}
	}
}
