package snapshotbuild

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"gatehouse/internal/snapshot"
)

// build makes the snapshot of the tree as it is. What is not dirty is shared with the last one.
func (t *tree) build() *snapshot.Snapshot {
	out := &snapshot.Snapshot{Revision: t.revision, Services: make(map[string]*snapshot.Service, len(t.services))}
	for key, s := range t.services {
		if s.dirty {
			s.make()
		}
		if s.built != nil {
			out.Services[strings.ToLower(s.built.Name)] = s.built
		} else if len(s.apis)+len(s.backends)+len(s.certificates)+len(s.named)+len(s.subs)+len(s.products)+len(s.sets)+len(s.users)+len(s.groups)+len(s.members) == 0 {
			delete(t.services, key)
		}
	}
	t.dirty = false
	return out
}

// make builds the service, with its parts in order of their names.
func (s *service) make() {
	s.dirty = false
	apis := s.makeAPIs() // also clears away what was deleted, when the service is gone
	if s.base.value == nil {
		s.built = nil
		return
	}
	out := *s.base.value
	out.Policy, out.APIs = s.policy.value, apis
	out.Fragments = valuesOf(s.fragments)
	out.NamedValues = make(map[string]*snapshot.NamedValue, len(s.named))
	for _, v := range s.named {
		out.NamedValues[strings.ToLower(v.value.Name)] = v.value
	}
	if s.madeBackends == nil || s.dirtyBackends {
		s.makeBackends(out.NamedValues)
	}
	out.Backends = s.madeBackends
	out.Certificates = valuesOf(s.certificates)
	out.Products = s.makeProducts()
	out.Users = s.makeUsers()
	out.Groups, out.Loggers, out.Schemas = valuesOf(s.groups), valuesOf(s.loggers), valuesOf(s.schemas)
	for _, name := range slices.Sorted(maps.Keys(s.subs)) {
		out.Subscriptions = append(out.Subscriptions, s.subscription(name))
	}
	s.built = &out
}

func valuesOf[T any](items map[string]item[T]) map[string]T {
	out := make(map[string]T, len(items))
	for name, i := range items {
		out[name] = i.value
	}
	return out
}

// makeUsers adds the groups.
func (s *service) makeUsers() map[string]*snapshot.User {
	out := make(map[string]*snapshot.User, len(s.users))
	for name, u := range s.users {
		made := *u.value
		out[name] = &made
	}
	for _, member := range slices.Sorted(maps.Keys(s.members)) {
		group, user, _ := strings.Cut(member, "/")
		if u := out[user]; u != nil {
			u.Groups = append(u.Groups, group)
		}
	}
	return out
}

// subscription adds the APIs of its product.
func (s *service) subscription(name string) *snapshot.Subscription {
	sub := s.subs[name].value
	if sub.Scope != snapshot.ScopeProduct {
		return sub
	}
	with := *sub
	if p := s.products[strings.ToLower(sub.Product)]; p != nil {
		with.APIs = slices.Sorted(maps.Keys(p.apis))
	}
	return &with
}

// makeProducts keeps those that did not change.
func (s *service) makeProducts() (list []*snapshot.Product) {
	for _, name := range slices.Sorted(maps.Keys(s.products)) {
		p := s.products[name]
		if p.base.value == nil {
			if len(p.apis)+len(p.groups) == 0 && p.policy.value.Text == "" {
				delete(s.products, name)
			}
			continue
		}
		if p.built == nil {
			made := *p.base.value
			made.Policy, made.APIs, made.Groups = p.policy.value, slices.Sorted(maps.Keys(p.apis)), slices.Sorted(maps.Keys(p.groups))
			p.built = &made
		}
		list = append(list, p.built)
	}
	return list
}

// makeBackends keeps those that come out the same: the gateway keeps their connections by that.
func (s *service) makeBackends(values map[string]*snapshot.NamedValue) {
	made := make(map[string]*snapshot.Backend, len(s.backends))
	for name, r := range s.backends {
		b := backendOf(r.value, values)
		if old := s.madeBackends[name]; old != nil && sameBackend(old, b) {
			b = old
		}
		made[name] = b
	}
	s.madeBackends, s.dirtyBackends = made, false
}

func sameBackend(a, b *snapshot.Backend) bool {
	same := func(x, y map[string][]string) bool { return maps.EqualFunc(x, y, slices.Equal) }
	return a.ID == b.ID && a.URL == b.URL && a.Protocol == b.Protocol && slices.Equal(a.CertificateIDs, b.CertificateIDs) &&
		slices.Equal(a.CertificateThumbprints, b.CertificateThumbprints) && same(a.Header, b.Header) && same(a.Query, b.Query) &&
		a.AuthorizationScheme == b.AuthorizationScheme && a.AuthorizationParameter == b.AuthorizationParameter &&
		slices.Equal(a.Pool, b.Pool) && reflect.DeepEqual(a.Breaker, b.Breaker) && reflect.DeepEqual(a.Proxy, b.Proxy) && a.ValidateChain == b.ValidateChain && a.ValidateName == b.ValidateName
}

func (s *service) makeAPIs() []*snapshot.API {
	out := make([]*snapshot.API, 0, len(s.apis))
	for _, name := range slices.Sorted(maps.Keys(s.apis)) {
		a := s.apis[name]
		if a.built == nil {
			a.make(s.sets[a.set].value)
		}
		if a.built != nil {
			out = append(out, a.built)
		} else if len(a.operations)+len(a.schemas) == 0 {
			delete(s.apis, name)
		}
	}
	return out
}

func (a *api) make(set *snapshot.VersionSet) {
	operations := make([]*snapshot.Operation, 0, len(a.operations))
	for _, name := range slices.Sorted(maps.Keys(a.operations)) {
		o := a.operations[name]
		if o.base.value == nil {
			if o.policy.value.Text == "" {
				delete(a.operations, name)
			}
			continue
		}
		if o.built == nil {
			made := *o.base.value
			made.Policy = o.policy.value
			o.built = &made
		}
		operations = append(operations, o.built)
	}
	if a.base.value == nil {
		a.built = nil
		return
	}
	made := *a.base.value
	made.Policy, made.Operations, made.VersionSet = a.policy.value, operations, set
	if len(a.schemas) > 0 {
		made.Schemas = valuesOf(a.schemas)
	}
	a.built = &made
}
