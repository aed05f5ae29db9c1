package arm

import (
	"context"
	"net/url"
	"slices"
	"sort"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Get reads a resource as the caller.
func (s *Service) Get(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string) (*Resource, error) {
	if err := s.checkSubscription(id); err != nil {
		return nil, err
	}
	t, err := s.typeOf(id.Type(), apiVersion)
	if err != nil {
		return nil, err
	}
	if err := s.Authorize(ctx, c, t.rbacName()+"/read", id); err != nil && (t.MayRead == nil || !t.MayRead(ctx, c, id)) {
		return nil, err
	}
	return s.read(ctx, t, id)
}

// Lookup reads a resource as the system, as Get shows it, for providers. Its error is ResourceNotFound or the
// type's own when there is none.
func (s *Service) Lookup(ctx context.Context, id resourceid.ID) (*Resource, error) {
	t, err := s.typeOf(id.Type(), "")
	if err != nil {
		return nil, err
	}
	return s.read(ctx, t, id)
}

// Stored reads a resource as it is stored, Private included; nil when there is none.
func (s *Service) Stored(ctx context.Context, id resourceid.ID) (*Resource, error) {
	return s.load(ctx, id)
}

func (s *Service) read(ctx context.Context, t *Type, asked resourceid.ID) (*Resource, error) {
	id, a, err := s.resolve(ctx, asked)
	if err != nil {
		return nil, err
	}
	if t.Get != nil {
		if r, err := t.Get(ctx, id); r != nil || err != nil {
			return r, err
		}
	}
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, s.notFound(ctx, t, asked)
	}
	if r, err = s.view(ctx, t, r); err != nil {
		return nil, err
	}
	return a.show(r)
}

func (s *Service) view(ctx context.Context, t *Type, r *Resource) (*Resource, error) {
	if t == nil || t.View == nil {
		return r, nil
	}
	return t.View(ctx, r)
}

// List reads the resources of a type below scope that the caller may read. Where scope is a subscription
// or the tenant, what the caller may not read is left out; elsewhere the caller needs the right at the scope.
func (s *Service) List(ctx context.Context, c identity.Caller, scope resourceid.ID, typ, apiVersion string, q url.Values) ([]*Resource, error) {
	t, err := s.typeOf(typ, apiVersion)
	if err != nil {
		return nil, err
	}
	if err := s.checkListScope(ctx, t, scope); err != nil {
		return nil, err
	}
	action := t.rbacName() + "/read"
	all := s.Allowed(ctx, c, action, scope)
	if k := kindOf(scope); !all && k&(ManagementGroupScope|GroupScope|ResourceScope) != 0 {
		return nil, s.Authorize(ctx, c, action, scope)
	}
	found, err := s.listNamed(ctx, t, &ListRequest{Caller: c, Scope: scope, Type: t, APIVersion: apiVersion, Query: q, Service: s})
	if err != nil {
		return nil, err
	}
	if !all {
		found = s.readable(ctx, c, t, found)
	}
	if t.OwnFilter {
		return found, nil
	}
	return FilterResources(found, q)
}

// checkListScope refuses scopes that are not there.
func (s *Service) checkListScope(ctx context.Context, t *Type, scope resourceid.ID) error {
	if err := s.checkSubscription(scope); err != nil {
		return err
	}
	switch kindOf(scope) {
	case GroupScope:
		g, err := s.load(ctx, scope)
		if err == nil && g == nil {
			err = azerr.ResourceGroupNotFound.New(scope.Name())
		}
		return err
	case ResourceScope, ManagementGroupScope:
		if t.ParentFree {
			return nil
		}
		st, err := s.typeOf(scope.Type(), "")
		if err != nil {
			return err
		}
		r, err := s.findNamed(ctx, scope)
		if err == nil && r == nil {
			err = s.notFound(ctx, st, scope)
		}
		return err
	}
	return nil
}

func (s *Service) readable(ctx context.Context, c identity.Caller, t *Type, rs []*Resource) []*Resource {
	kept := rs[:0]
	for _, r := range rs {
		if s.Allowed(ctx, c, t.rbacName()+"/read", r.ID) || t.MayRead != nil && t.MayRead(ctx, c, r.ID) {
			kept = append(kept, r)
		}
	}
	return kept
}

// FilterResources keeps what the query's $filter matches.
func FilterResources(rs []*Resource, q url.Values) ([]*Resource, error) {
	text := Query(q, "$filter")
	if strings.TrimSpace(text) == "" {
		return rs, nil
	}
	f, err := ParseFilter(text)
	if err != nil {
		return nil, err
	}
	kept := rs[:0]
	for _, r := range rs {
		if f.Match(r.filterFields()) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// listNamed lists below a scope that may be an alias; what is found shows the names that were asked for.
func (s *Service) listNamed(ctx context.Context, t *Type, r *ListRequest) ([]*Resource, error) {
	scope, a, err := s.resolveFor(ctx, r.Scope, t.Name)
	if err != nil {
		return nil, err
	}
	r.Scope = scope
	found, err := s.list(ctx, t, r)
	for i := range found {
		if err == nil && !found[i].ID.Equal(a.stored) {
			found[i], err = a.show(found[i])
		}
	}
	return found, err
}

// list is the type's own list, or the viewed one from the store.
func (s *Service) list(ctx context.Context, t *Type, r *ListRequest) ([]*Resource, error) {
	if t.List != nil {
		return t.List(ctx, r)
	}
	stored, err := s.Children(ctx, r.Scope, t.Name)
	if err != nil {
		return nil, err
	}
	if t.OwnScope {
		stored = slices.DeleteFunc(stored, func(res *Resource) bool { return !res.ID.Parent().Equal(r.Scope) })
	}
	for i, res := range stored {
		if stored[i], err = s.view(ctx, t, res); err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// Children reads the stored resources of the type as they are stored, without a caller, for providers: the direct
// children for a parent resource, all below a scope for others.
func (s *Service) Children(ctx context.Context, scope resourceid.ID, typ string) ([]*Resource, error) {
	return s.Below(ctx, scope, func(t string) bool { return strings.EqualFold(t, typ) })
}

// Below reads the stored resources below scope of those types that want says yes to, in order of their keys.
func (s *Service) Below(ctx context.Context, scope resourceid.ID, want func(typ string) bool) ([]*Resource, error) {
	keys, err := s.keysBelow(ctx, scope)
	if err != nil {
		return nil, err
	}
	planned := plannedIn(ctx)
	var found []*Resource
	for _, key := range planned.keysBelow(scope, keys) {
		id, err := resourceid.Parse(strings.TrimPrefix(key, Prefix))
		if err != nil || !want(id.Type()) {
			continue
		}
		r := planned.at(id)
		if r == nil {
			if r, err = s.loadStored(ctx, id); err != nil {
				return nil, err
			}
		}
		if r != nil { // else: deleted since the keys were read
			found = append(found, r)
		}
	}
	return found, nil
}

// keysBelow are the store's keys of all resources below scope, without scope itself.
func (s *Service) keysBelow(ctx context.Context, scope resourceid.ID) ([]string, error) {
	prefix := Key(scope) + "/"
	if scope.IsTenant() {
		prefix = Prefix + "/"
	}
	var keys []string
	o := store.RangeOptions{Prefix: prefix, KeysOnly: true, Limit: 1000}
	for {
		page, err := s.o.Store.Range(ctx, o)
		if err != nil {
			return nil, err
		}
		for _, rec := range page.Records {
			keys = append(keys, rec.Key)
		}
		if !page.More || len(page.Records) == 0 {
			break
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
	sort.Strings(keys)
	return keys, nil
}

// Query is the first value of a query parameter, whose name may have any case.
func Query(q url.Values, name string) string {
	if v, ok := q[name]; ok && len(v) > 0 {
		return v[0]
	}
	for k, v := range q {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}
