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
	if err := p.walk(ctx, plan, nil, r, 0); err != nil {
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

// prediction is a run that writes nothing. It is also the Runtime of what it predicts (foresee.go).
type prediction struct {
	live
	s       *Service
	idsOnly bool
	changes []any
	made    map[string]*predicted // by resource's key
	secret  bool                  // what was evaluated last has the answer of a list function in it
}

// walk predicts the resources of a plan. masked is the same plan without the answers of list functions, or nil where
// there are none in it: it serves what is shown.
func (p *prediction) walk(ctx context.Context, plan, masked *template.Plan, r *request, depth int) error {
	for _, n := range plan.Nodes {
		if n.Existing || !n.Condition {
			continue
		}
		var shown *template.Node
		if masked != nil {
			shown = masked.Find(n.ID)
		}
		var err error
		if n.IsDeployment() {
			err = p.nested(ctx, n, shown, r, depth)
		} else {
			err = p.resource(ctx, plan, n, shown)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nested predicts the resources of a nested deployment, which itself is no change.
func (p *prediction) nested(ctx context.Context, n, shown *template.Node, r *request, depth int) error {
	p.secret = shown != nil
	nested, err := n.Nested(ctx, p)
	if err != nil || depth > maxNesting {
		return templateError(err)
	}
	inner := r.within(n, nested)
	plan, err := p.s.plan(ctx, inner, p)
	if errors.Is(err, template.ErrUnknown) {
		p.opaque(n)
		return nil
	}
	if err != nil {
		return err
	}
	var masked *template.Plan
	if p.secret {
		if masked, err = p.masked(ctx, n, shown, r); err != nil {
			p.opaque(n) // what it deploys hangs on a secret
			return nil
		}
	}
	if err := p.walk(ctx, plan, masked, inner, depth+1); err != nil {
		return err
	}
	made := &predicted{hidden: true}
	p.secret = masked != nil
	if made.wire, made.outputs, err = p.outputs(ctx, n, plan, p); err != nil {
		return err
	}
	if p.secret {
		if masked == nil {
			masked = plan
		}
		if made.shown, _, err = p.outputs(ctx, n, masked, unlisted{p}); err != nil {
			return err
		}
	}
	p.made[n.ID.Key()] = made
	return nil
}

// opaque: what a nested deployment does is known only when it is deployed.
func (p *prediction) opaque(n *template.Node) {
	p.made[n.ID.Key()] = &predicted{hidden: true}
	p.add(n.ID, changeDeploy, nil, nil, nil)
}

// masked is the plan of a nested deployment whose parameters do not have the answers of list functions.
func (p *prediction) masked(ctx context.Context, n, shown *template.Node, r *request) (*template.Plan, error) {
	if shown == nil {
		shown = n
	}
	nested, err := shown.Nested(ctx, unlisted{p})
	if err != nil {
		return nil, err
	}
	return p.s.plan(ctx, r.within(n, nested), unlisted{p})
}

// outputs is a nested deployment as it will be, with the outputs that are known, and the values of all of them.
func (p *prediction) outputs(ctx context.Context, n *template.Node, plan *template.Plan, rt template.Runtime) (wire, values map[string]any, err error) {
	outputs, err := plan.Outputs(ctx, rt)
	if err != nil {
		return nil, nil, templateError(err)
	}
	shown, _ := split(outputs)
	values = map[string]any{}
	for _, o := range outputs {
		if !o.Known {
			delete(shown, o.Name)
			continue
		}
		values[o.Name] = o.Value
	}
	return plain(map[string]any{"id": n.ID.String(), "name": n.ID.Name(), "type": TypeDeployment,
		"properties": map[string]any{"outputs": shown, "provisioningState": stateSucceeded}}), values, nil
}

// resource predicts one write. What is shown of it comes from shown, where that is not nil, and in any case without
// the answers of list functions.
func (p *prediction) resource(ctx context.Context, plan *template.Plan, n, shown *template.Node) error {
	before, err := p.live.Reference(ctx, n.ID, n.APIVersion)
	if err != nil && !errors.Is(err, template.ErrNotFound) {
		return err
	}
	if before != nil && n.OnlyIfNotExists {
		p.unchangedAt(n, before)
		return nil
	}
	p.secret = shown != nil
	body, complete, err := n.Body(ctx, p)
	if err != nil {
		return templateError(err)
	}
	secret := p.secret
	after, hidden := p.preview(ctx, n, body, complete)
	m := &predicted{wire: after, created: before == nil, hidden: hidden || after == nil}
	display, changes := after, []any(nil)
	if before != nil {
		if changes = delta(body, before, after); len(changes) == 0 && !hidden {
			p.unchangedAt(n, before)
			return nil
		}
	}
	switch {
	case secret:
		if shown == nil {
			shown = n
		}
		open, _, err := shown.Body(ctx, unlisted{p})
		if err != nil {
			return templateError(err)
		}
		if display = sent(n, open); after != nil {
			display = veil(after, body, open)
			changes = delta(open, before, display)
		}
		m.shown = display
	case after == nil:
		display = sent(n, body)
	}
	p.made[n.ID.Key()] = m
	if before == nil {
		p.add(n.ID, changeCreate, nil, visible(plan, display), nil)
		return nil
	}
	redacted, _ := plan.Redact(changes).([]any)
	p.add(n.ID, changeModify, before, visible(plan, display), redacted)
	return nil
}

func (p *prediction) unchangedAt(n *template.Node, before map[string]any) {
	p.made[n.ID.Key()] = &predicted{wire: before, exact: true}
	p.add(n.ID, changeNoChange, before, before, nil)
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
