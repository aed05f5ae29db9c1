package arm

import (
	"context"
	"errors"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// place is where a resource lies: its type, its parent, and its ID in the case in which Azure would show it.
type place struct {
	id     resourceid.ID
	typ    *Type
	parent *Resource // the parent resource or group; nil at subscription and tenant scope
}

// parentCondition holds while the parent is as it was read.
func (p *place) parentCondition() []store.Condition {
	if p.parent == nil || p.parent.Revision == 0 {
		return nil
	}
	return []store.Condition{{Key: Key(p.parent.ID), Revision: p.parent.Revision}}
}

// checkSubscription refuses IDs of another subscription.
func (s *Service) checkSubscription(id resourceid.ID) error {
	if sub := id.Subscription(); sub != "" && !strings.EqualFold(sub, s.SubscriptionID()) {
		return azerr.SubscriptionNotFound.New(sub)
	}
	return nil
}

// kindOf is the kind of scope that id is.
func kindOf(id resourceid.ID) ScopeKind {
	switch {
	case id.IsTenant():
		return TenantScope
	case id.IsType(TypeManagementGroup):
		return ManagementGroupScope
	case id.IsType(TypeSubscription):
		return SubscriptionScope
	case id.IsType(TypeGroup):
		return GroupScope
	}
	return ResourceScope
}

// locate checks that id can exist: type, scope, name and all that it lies in.
func (s *Service) locate(ctx context.Context, id resourceid.ID, apiVersion string) (*place, error) {
	if err := s.checkSubscription(id); err != nil {
		return nil, err
	}
	t, err := s.typeOf(id.Type(), apiVersion)
	if err != nil {
		return nil, err
	}
	if t.Scopes&kindOf(id.Scope()) == 0 && !id.IsType(TypeSubscription) {
		return nil, azerr.InvalidResourceScope.New(t.Name, id.Scope())
	}
	if err := checkName(t, id.Name()); err != nil {
		return nil, err
	}
	p := &place{typ: t}
	base := id.Parent()
	if t.ParentFree {
		base = id.Scope()
	}
	if p.parent, err = s.enclosing(ctx, base, t, id); err != nil {
		return nil, err
	}
	if p.parent != nil {
		base = p.parent.ID
	}
	p.id, err = canonical(t, base, id, s.SubscriptionID())
	return p, err
}

// canonical writes id with base in front, the type's own case, and the names as given.
func canonical(t *Type, base, id resourceid.ID, subscription string) (resourceid.ID, error) {
	segments := strings.Split(t.Name, "/")
	switch {
	case id.IsType(TypeSubscription):
		return resourceid.Parse("/subscriptions/" + subscription)
	case id.IsType(TypeGroup):
		return resourceid.Parse("/subscriptions/" + subscription + "/resourceGroups/" + id.Name())
	case len(segments) > 2 && !t.ParentFree:
		return base.Child(segments[len(segments)-1], id.Name())
	}
	if base.IsType(TypeSubscription) {
		base = resourceid.MustParse("/subscriptions/" + subscription)
	}
	return base.Extension(t.Name, id.Names()...)
}

// checkName applies the type's rule, and to all types the characters that no name has.
func checkName(t *Type, name string) error {
	if strings.ContainsAny(name, "<>%\\?#") || strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 {
		return azerr.InvalidResourceName.New(name, t.Name, `it has one of the characters <, >, %, \, ?, # or a control character`)
	}
	if len(name) > 260 {
		return azerr.InvalidResourceName.New(name[:60]+"...", t.Name, "it is longer than 260 characters")
	}
	if t.Singleton != "" && !strings.EqualFold(name, t.Singleton) {
		return azerr.InvalidResourceName.New(name, t.Name, "it must be '"+t.Singleton+"'")
	}
	if t.NameRule == nil {
		return nil
	}
	err := t.NameRule(name)
	var wire *azerr.Error
	if err == nil || errors.As(err, &wire) {
		return err
	}
	return azerr.InvalidResourceName.New(name, t.Name, err)
}

// enclosing reads what id lies in: the parent of a child, else the scope. nil for subscription and tenant.
func (s *Service) enclosing(ctx context.Context, base resourceid.ID, t *Type, id resourceid.ID) (*Resource, error) {
	switch kindOf(base) {
	case TenantScope, SubscriptionScope:
		return nil, nil
	case GroupScope:
		return s.group(ctx, base)
	}
	find := s.find
	if base.Equal(id.Scope()) { // id extends base, and is not below it
		find = s.findNamed
	}
	parent, err := find(ctx, base)
	if err != nil {
		return nil, err
	}
	if parent == nil {
		if err := s.groupMissing(ctx, base); err != nil {
			return nil, err
		}
		return nil, azerr.ParentResourceNotFound.New("write", t.Name, base)
	}
	if parent.Deleting {
		return nil, azerr.ResourceBeingDeleted.New(parent.ID)
	}
	return parent, nil
}

// group reads a resource group, which must exist and not be going.
func (s *Service) group(ctx context.Context, id resourceid.ID) (*Resource, error) {
	g, err := s.load(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, azerr.ResourceGroupNotFound.New(id.Name())
	case g.Deleting:
		return nil, azerr.ResourceGroupBeingDeleted.New(g.Name)
	}
	return g, nil
}

// groupMissing is ResourceGroupNotFound when id names a group that does not exist.
func (s *Service) groupMissing(ctx context.Context, id resourceid.ID) error {
	if id.ResourceGroup() == "" {
		return nil
	}
	g := resourceid.MustParse("/subscriptions/" + id.Subscription() + "/resourceGroups/" + id.ResourceGroup())
	found, err := s.load(ctx, g)
	if err == nil && found == nil {
		err = azerr.ResourceGroupNotFound.New(id.ResourceGroup())
	}
	return err
}

// notFound is the error for an id that is not there.
func (s *Service) notFound(ctx context.Context, t *Type, id resourceid.ID) error {
	if t != nil && t.NotFound != nil {
		return t.NotFound(id)
	}
	if err := s.groupMissing(ctx, id); err != nil {
		return err
	}
	name := id.Type()
	if ns, rest, ok := strings.Cut(name, "/"); ok {
		name = ns
		for i, seg := range strings.Split(rest, "/") {
			name += "/" + seg
			if names := id.Names(); i < len(names) {
				name += "/" + names[i]
			}
		}
	}
	return azerr.ResourceNotFound.New(name, id.ResourceGroup())
}

// load reads a stored or planned resource; nil when there is none.
func (s *Service) load(ctx context.Context, id resourceid.ID) (*Resource, error) {
	p := plannedIn(ctx)
	if r := p.at(id); r != nil {
		p.Unsure = p.Unsure || r.Unknown
		return r, nil
	}
	return s.loadStored(ctx, id)
}

// loadStored reads a stored resource; nil when there is none.
func (s *Service) loadStored(ctx context.Context, id resourceid.ID) (*Resource, error) {
	rec, err := s.o.Store.Get(ctx, Key(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := Decode(rec)
	if err == nil {
		s.mark(r)
	}
	return r, err
}

// mark sets what a resource takes from its type.
func (s *Service) mark(r *Resource) {
	if t, ok := s.Type(r.Type); ok {
		r.BodyETag = t.BodyETag
	}
}

// find reads a resource from its provider or the store, not viewed; nil when there is none.
func (s *Service) find(ctx context.Context, id resourceid.ID) (*Resource, error) {
	if t, ok := s.Type(id.Type()); ok && t.Get != nil {
		r, err := t.Get(ctx, id)
		if r != nil || err != nil {
			return r, err
		}
	}
	return s.load(ctx, id)
}
