package deploy

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// Kinds of change, as what-if names them.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if#see-results
const (
	changeCreate   = "Create"
	changeDelete   = "Delete"
	changeDeploy   = "Deploy"
	changeIgnore   = "Ignore"
	changeModify   = "Modify"
	changeNoChange = "NoChange"
)

// whatIf predicts a deployment. Providers say what each write would store, so defaults
// do not show as changes; references are answered by what is there or was predicted.
//
// What is wrong with the template is told in a result that failed, as in Azure, where what-if answers 202 before it
// looks: Azure CLI does not take another answer.
func (s *Service) whatIf(ctx context.Context, q *arm.ActionRequest) (any, error) {
	result, err := s.predict(ctx, q)
	var wire *azerr.Error
	if errors.As(err, &wire) && wire.Kind.Status < 500 && wire.Kind != azerr.AuthorizationFailed {
		return map[string]any{"status": "Failed", "error": wireError(wire)}, nil
	}
	return result, err
}

func (s *Service) predict(ctx context.Context, q *arm.ActionRequest) (any, error) {
	r, err := s.readRequest(ctx, q.ID, q.Caller, q.Body)
	if err != nil {
		return nil, err
	}
	plan, _, err := s.check(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &prediction{live: live{s.o.ARM, r.caller}, s: s, idsOnly: r.resultOnly, made: map[string]*predicted{}}
	if err := p.walk(ctx, plan, r, 0); err != nil {
		return nil, err
	}
	if err := p.rest(ctx, r); err != nil {
		return nil, err
	}
	changes := p.changes
	if changes == nil {
		changes = []any{}
	}
	return map[string]any{"status": "Succeeded", "properties": map[string]any{"correlationId": uuid.NewString(), "changes": changes}}, nil
}

// prediction is a run that writes nothing. It is also the Runtime of what it predicts.
type prediction struct {
	live
	s       *Service
	idsOnly bool
	changes []any
	made    map[string]*predicted // by resource's key
}

// predicted is what a write would leave. wire is nil when the provider could not tell.
type predicted struct {
	wire  map[string]any
	exact bool // as it is now: nothing would change
}

// Reference implements template.Runtime.
func (p *prediction) Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	m, ok := p.made[id.Key()]
	switch {
	case !ok:
		for at := id.Parent(); !at.IsTenant(); at = at.Parent() {
			if up := p.made[at.Key()]; up != nil && !up.exact {
				if w, err := p.live.Reference(ctx, id, apiVersion); err == nil {
					return w, template.ErrPartial
				}
				return nil, template.ErrUnknown
			}
		}
		return p.live.Reference(ctx, id, apiVersion)
	case m.exact:
		return m.wire, nil
	case m.wire == nil:
		return nil, template.ErrUnknown
	}
	return m.wire, template.ErrPartial
}

// List is not run: a list function may do something, and its answer may be secret.
func (p *prediction) List(context.Context, resourceid.ID, string, string, map[string]any) (any, error) {
	return nil, template.ErrUnknown
}

func (p *prediction) walk(ctx context.Context, plan *template.Plan, r *request, depth int) error {
	for _, n := range plan.Nodes {
		if n.Existing || !n.Condition {
			continue
		}
		if n.IsDeployment() {
			if err := p.nested(ctx, n, r, depth); err != nil {
				return err
			}
			continue
		}
		body, complete, err := n.Body(ctx, p)
		if err != nil {
			return templateError(err)
		}
		if err := p.resource(ctx, plan, n, body, complete); err != nil {
			return err
		}
	}
	return nil
}

// nested predicts the resources of a nested deployment, which itself is no change.
func (p *prediction) nested(ctx context.Context, n *template.Node, r *request, depth int) error {
	nested, err := n.Nested(ctx, p)
	if err != nil || depth > maxNesting {
		return templateError(err)
	}
	inner := r.within(n, nested)
	plan, err := p.s.plan(ctx, inner, p)
	if errors.Is(err, template.ErrUnknown) {
		p.add(n.ID, changeDeploy, nil, nil, nil)
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.walk(ctx, plan, inner, depth+1); err != nil {
		return err
	}
	outputs, err := plan.Outputs(ctx, p)
	if err != nil {
		return templateError(err)
	}
	shown, _ := split(outputs)
	for _, o := range outputs {
		if !o.Known {
			delete(shown, o.Name)
		}
	}
	p.made[n.ID.Key()] = &predicted{wire: plain(map[string]any{"id": n.ID.String(), "name": n.ID.Name(), "type": TypeDeployment,
		"properties": map[string]any{"outputs": shown, "provisioningState": stateSucceeded}})}
	return nil
}

// resource predicts one write.
func (p *prediction) resource(ctx context.Context, plan *template.Plan, n *template.Node, body map[string]any, complete bool) error {
	before, err := p.live.Reference(ctx, n.ID, n.APIVersion)
	if err != nil && !errors.Is(err, template.ErrNotFound) {
		return err
	}
	if before != nil && n.OnlyIfNotExists {
		p.made[n.ID.Key()] = &predicted{wire: before, exact: true}
		p.add(n.ID, changeNoChange, before, before, nil)
		return nil
	}
	after, hidden := p.preview(ctx, n, body, complete)
	if before == nil {
		p.made[n.ID.Key()] = &predicted{wire: after}
		if after == nil {
			after = sent(n, body)
		}
		p.add(n.ID, changeCreate, nil, visible(plan, after), nil)
		return nil
	}
	delta := delta(body, before, after)
	if len(delta) == 0 && !hidden {
		p.made[n.ID.Key()] = &predicted{wire: before, exact: true}
		p.add(n.ID, changeNoChange, before, before, nil)
		return nil
	}
	p.made[n.ID.Key()] = &predicted{wire: after}
	if after == nil {
		after = sent(n, body)
	}
	shown, _ := plan.Redact(delta).([]any)
	p.add(n.ID, changeModify, before, visible(plan, after), shown)
	return nil
}

// visible hides the values of secure parameters.
func visible(plan *template.Plan, after map[string]any) map[string]any {
	m, _ := plan.Redact(after).(map[string]any)
	return m
}

// sent is the body as a resource would show it.
func sent(n *template.Node, body map[string]any) map[string]any {
	w := plain(body)
	w["id"], w["name"], w["type"], w["apiVersion"] = n.ID.String(), n.ID.Name(), n.Type, n.APIVersion
	return w
}

func (p *prediction) add(id resourceid.ID, kind string, before, after map[string]any, delta []any) {
	c := map[string]any{"resourceId": id.String(), "changeType": kind}
	if p.idsOnly {
		if kind == changeModify || kind == changeNoChange {
			c["changeType"] = changeDeploy
		}
		p.changes = append(p.changes, c)
		return
	}
	if before != nil {
		c["before"] = before
	}
	if after != nil {
		c["after"] = after
	}
	if kind == changeModify {
		c["delta"] = delta
		if delta == nil {
			c["delta"] = []any{}
		}
	}
	p.changes = append(p.changes, c)
}

// rest adds the group's other resources: Delete in Complete mode, else Ignore.
func (p *prediction) rest(ctx context.Context, r *request) error {
	group := r.id.Scope()
	if !group.IsType(arm.TypeGroup) {
		return nil
	}
	keep := map[string]bool{}
	for key := range p.made {
		keep[key] = true
	}
	found, err := p.s.others(ctx, group, keep)
	if err != nil {
		return err
	}
	for _, d := range found {
		kind := changeIgnore
		if r.mode == "Complete" {
			kind = changeDelete
			if err := p.arm.Authorize(ctx, r.caller, d.Type+"/delete", d.ID); err != nil {
				return azerr.InvalidTemplateDeployment.New(r.id.Name(), r.caller.RequestID).With(azerr.From(err))
			}
		}
		before, err := p.live.Reference(ctx, d.ID, "")
		if errors.Is(err, template.ErrNotFound) || errors.Is(err, azerr.AuthorizationFailed) {
			continue
		}
		if err != nil {
			return err
		}
		p.add(d.ID, kind, before, nil, nil)
	}
	return nil
}
