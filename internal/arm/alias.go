package arm

import (
	"context"

	"gatehouse/internal/resourceid"
)

// alias is another name of a stored resource, and of all below it: apis/orders names the current revision of an
// API, which may be stored as apis/orders;rev=2. Requests are resolved once, when they come in: what is below
// works with stored names, and answers show the names that were asked for. The zero alias changes nothing.
type alias struct{ asked, stored resourceid.ID }

// resolve finds under which ID the resource of id is stored.
func (s *Service) resolve(ctx context.Context, id resourceid.ID) (resourceid.ID, alias, error) {
	return s.resolveFor(ctx, id, id.Type())
}

// resolveFor also tells for what id is resolved: a type below it that is to be listed.
func (s *Service) resolveFor(ctx context.Context, id resourceid.ID, typ string) (resourceid.ID, alias, error) {
	for at, left := id, len(id.Names()); left > 0 && kindOf(at) == ResourceScope; at, left = at.Parent(), left-1 {
		t, ok := s.Type(at.Type())
		if !ok || t.Alias == nil {
			continue
		}
		stored, err := t.Alias(ctx, at, typ)
		if err != nil || stored.Equal(at) {
			return id, alias{}, err
		}
		a := alias{asked: at, stored: stored}
		id, err = rebase(id, at, stored)
		return id, a, err
	}
	return id, alias{}, nil
}

// rebase puts another ID in the place of the one that id begins with.
func rebase(id, from, to resourceid.ID) (resourceid.ID, error) {
	return resourceid.Parse(to.String() + id.String()[len(from.String()):])
}

// show gives a stored resource, which is the caller's own, the name that was asked for.
func (a alias) show(r *Resource) (*Resource, error) {
	if r == nil || a.stored.IsTenant() || !r.ID.Within(a.stored) {
		return r, nil
	}
	shown := *r
	id, err := rebase(r.ID, a.stored, a.asked)
	if err != nil {
		return nil, err
	}
	shown.ID = id
	if id.Equal(a.asked) {
		shown.Name = id.Name()
	}
	return &shown, nil
}

// Named reads what id names, by an alias too, as it is stored, Private included; nil when there is none.
func (s *Service) Named(ctx context.Context, id resourceid.ID) (*Resource, error) {
	id, _, err := s.resolve(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.load(ctx, id)
}

// findNamed is find by an alias too, under the name asked for and then without a revision.
func (s *Service) findNamed(ctx context.Context, id resourceid.ID) (*Resource, error) {
	id, a, err := s.resolve(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := s.find(ctx, id)
	if err != nil || r == nil || a.stored.IsTenant() {
		return r, err
	}
	r.Revision = 0 // of the record under the other name
	return a.show(r)
}
