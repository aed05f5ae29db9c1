package apim

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// subtree is what lies below an API as it is and as a PUT of the API is to make it. The difference is written together
// with the API (arm.PutRequest.Steps), so that an import or a copy takes effect as a whole or not at all.
type subtree struct {
	api           resourceid.ID
	before, after map[string]*arm.Resource // by the ID's key; not to be changed
}

func (p *Provider) subtreeOf(ctx context.Context, api resourceid.ID) (*subtree, error) {
	list, err := p.arm.Below(ctx, api, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	t := &subtree{api: api, before: map[string]*arm.Resource{}}
	for _, r := range list {
		t.before[r.ID.Key()] = r
	}
	t.after = maps.Clone(t.before)
	return t, nil
}

// at is the resource below the API as it is to be; nil when there is to be none.
func (t *subtree) at(parts ...string) *arm.Resource {
	return t.after[strings.ToLower(t.api.Key()+"/"+strings.Join(parts, "/"))]
}

// put says what a resource below the API is to be.
func (t *subtree) put(typ string, properties, private map[string]any, parts ...string) error {
	id, err := resourceid.Parse(t.api.String() + "/" + strings.Join(parts, "/"))
	if err != nil {
		return err
	}
	r := &arm.Resource{ID: id, Type: typ}
	if was := t.before[id.Key()]; was != nil {
		r = was.Clone()
	}
	r.Properties, r.Private = properties, private
	t.after[id.Key()] = r
	return nil
}

// remove takes a resource away with all below it.
func (t *subtree) remove(id resourceid.ID) {
	maps.DeleteFunc(t.after, func(_ string, r *arm.Resource) bool { return r.ID.Within(id) })
}

// operations are those that there are to be, in order of their names.
func (t *subtree) operations() []*arm.Resource {
	var list []*arm.Resource
	for _, key := range slices.Sorted(maps.Keys(t.after)) {
		if t.after[key].ID.IsType(TypeOperations) {
			list = append(list, t.after[key])
		}
	}
	return list
}

// steps are the writes that make it as it is to be: parents before what is below them.
func (t *subtree) steps(s *arm.Service) ([]arm.Step, error) {
	var steps []arm.Step
	for _, key := range slices.Sorted(maps.Keys(t.after)) {
		was, is := t.before[key], t.after[key]
		if was != nil && sameContent(was, is) {
			continue
		}
		step, err := s.StepTo(is.Clone())
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	for _, key := range slices.Sorted(maps.Keys(t.before)) {
		if t.after[key] == nil {
			steps = append(steps, arm.StepAway(t.before[key]))
		}
	}
	return append(steps, claimSteps(operationClaims(t.before), operationClaims(t.after))...), nil
}

func sameContent(a, b *arm.Resource) bool {
	return a == b || sameJSON(a.Properties, b.Properties) && sameJSON(a.Private, b.Private)
}

func sameJSON(a, b map[string]any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && (len(a) == 0 && len(b) == 0 || bytes.Equal(x, y))
}

// operationClaims are the methods and templates that operations have, and whose they are.
func operationClaims(of map[string]*arm.Resource) map[string]string {
	claims := map[string]string{}
	for key, r := range of {
		if r.ID.IsType(TypeOperations) {
			claims[claimKey(operationClaim(r))] = key
		}
	}
	return claims
}

func claimSteps(before, after map[string]string) []arm.Step {
	var steps []arm.Step
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if before[key] != after[key] {
			steps = append(steps, arm.Step{Ops: []store.Op{store.Put(key, []byte(after[key]))}})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if after[key] == "" {
			steps = append(steps, arm.Step{Ops: []store.Op{store.Delete(key)}})
		}
	}
	return steps
}

// copied are the types below an API that a copy of it gets.
var copied = []string{TypeOperations, TypeOperationPolicies, TypeOperationTags, TypeAPIPolicies, TypeAPISchemas, TypeAPIDiagnostics, TypeAPITags, TypeTagDescriptions}

// copy takes what lies below another API.
func (t *subtree) copy(ctx context.Context, p *Provider, from resourceid.ID) error {
	list, err := p.arm.Below(ctx, from, func(typ string) bool {
		return slices.ContainsFunc(copied, func(c string) bool { return strings.EqualFold(c, typ) })
	})
	if err != nil {
		return err
	}
	for _, r := range list {
		c := r.Clone()
		if err := t.put(r.Type, c.Properties, c.Private, strings.TrimPrefix(r.ID.String()[len(from.String()):], "/")); err != nil {
			return err
		}
	}
	return nil
}
