package arm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// Planned are resources that a deployment is going to make. A context with them shows them to everything that reads
// resources, so that what comes after them can be checked before anything is written.
type Planned struct {
	byKey map[string]*Resource
	// Unsure is set when a resource was read of which not all is known.
	Unsure bool
}

// ErrUnknown says that a check needs a value that is known only when the deployment runs.
var ErrUnknown = errors.New("arm: not known before the deployment runs")

type plannedKey struct{}

// WithPlanned is a context in which the resources of p are there.
func WithPlanned(ctx context.Context, p *Planned) context.Context {
	return context.WithValue(ctx, plannedKey{}, p)
}

func plannedIn(ctx context.Context) *Planned {
	p, _ := ctx.Value(plannedKey{}).(*Planned)
	return p
}

// Expect adds a resource of which only the ID is known and what its body says so far.
func (p *Planned) Expect(id resourceid.ID, typ string, body map[string]any) {
	properties, _ := CloneValue(body["properties"]).(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	p.add(&Resource{ID: id, Type: typ, Name: id.Name(), Properties: properties, Unknown: true})
}

// Know replaces what was expected by what will be stored.
func (p *Planned) Know(r *Resource) { p.add(r) }

func (p *Planned) add(r *Resource) {
	if p.byKey == nil {
		p.byKey = map[string]*Resource{}
	}
	p.byKey[r.ID.Key()] = r
}

// at is the planned resource, the reader's own; nil when there is none.
func (p *Planned) at(id resourceid.ID) *Resource {
	if p == nil {
		return nil
	}
	return p.byKey[id.Key()].Clone()
}

// keysBelow adds the store's keys of what is planned below scope.
func (p *Planned) keysBelow(scope resourceid.ID, keys []string) []string {
	if p == nil {
		return keys
	}
	for _, r := range p.byKey {
		if r.ID.Within(scope) && !r.ID.Equal(scope) {
			keys = append(keys, Key(r.ID))
		}
	}
	slices.SortFunc(keys, strings.Compare)
	return slices.Compact(keys)
}

// Foresee checks what Put would check, changes nothing, and returns what would be stored; nil when the provider can't
// tell that.
func (s *Service) Foresee(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any) (*Resource, error) {
	w, err := s.newWrite(ctx, c, id, apiVersion, body, PutOptions{})
	if err != nil {
		return nil, err
	}
	w.dry = true
	r, err := w.attempt(ctx)
	if err != nil || r == nil || w.typ.NotStored {
		return nil, err
	}
	r = r.Clone()
	r.ID, r.Type, r.Name, r.BodyETag = w.id, w.typ.Name, w.id.Name(), w.typ.BodyETag
	return r, nil
}
