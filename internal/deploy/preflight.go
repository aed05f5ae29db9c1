package deploy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// preflight checks a whole deployment, nested ones included, before the first write.
type preflight struct {
	s       *Service
	r       *request
	planned map[string]bool // keys of the resources that the deployment writes
	opaque  bool            // a part is known only while it runs
	items   []planItem
	missing []template.Missing
	found   []*azerr.Error // what is wrong with resources
	invalid []*azerr.Error // what is wrong with nested templates
	ids     []resourceid.ID
}

// planItem is a resource of the deployment or of one in it, with the plan that it stands in.
type planItem struct {
	node     *template.Node
	plan     *template.Plan
	body     map[string]any
	complete bool // the body is known as a whole
}

// check plans the request and returns the plan when nothing is wrong.
func (s *Service) check(ctx context.Context, r *request) (*template.Plan, *preflight, error) {
	f := &preflight{s: s, r: r, planned: map[string]bool{}}
	p, err := s.plan(ctx, r, &live{s.o.ARM, r.caller})
	if err != nil {
		return nil, f, err
	}
	f.collect(p)
	if r.level == levelTemplate {
		for _, n := range p.Nodes {
			if n.Condition && !n.Existing {
				f.ids = append(f.ids, n.ID)
			}
		}
		return p, f, nil
	}
	if err := f.walk(ctx, p, r, 0); err != nil {
		return nil, f, err
	}
	f.validate(ctx)
	f.checkMissing()
	switch {
	case len(f.invalid) == 1:
		return nil, f, f.invalid[0]
	case len(f.invalid) > 1:
		return nil, f, azerr.MultipleErrorsOccurred.New(strings.Join(slices.Repeat([]string{"BadRequest"}, len(f.invalid)), ",")).With(f.invalid...)
	case len(f.found) > 0:
		return nil, f, azerr.InvalidTemplateDeployment.New(r.id.Name(), r.caller.RequestID).With(f.found...)
	}
	return p, f, nil
}

func (f *preflight) collect(p *template.Plan) {
	for _, n := range p.Nodes {
		if n.Condition && !n.Existing {
			f.planned[n.ID.Key()] = true
		}
	}
	f.missing = append(f.missing, p.Missing...)
}

// maxNesting of deployments in deployments.
const maxNesting = 16

func (f *preflight) walk(ctx context.Context, p *template.Plan, r *request, depth int) error {
	if depth > maxNesting {
		return azerr.InvalidTemplate.New("Deployment template validation failed: 'Deployments are nested deeper than 16 levels.'.")
	}
	for _, n := range p.Nodes {
		if !n.Condition || n.Existing {
			continue
		}
		if _, ok := f.s.o.ARM.Type(n.Type); !ok {
			f.add(n, f.s.o.ARM.Validate(ctx, r.caller, n.ID, n.APIVersion, nil))
			continue
		}
		f.ids = append(f.ids, n.ID)
		if n.IsDeployment() {
			f.add(n, f.place(ctx, n))
			if err := f.nested(ctx, n, r, depth); err != nil {
				return err
			}
			continue
		}
		body, complete, err := n.Body(ctx, f.unknown())
		if err != nil {
			f.add(n, templateError(err))
			continue
		}
		f.items = append(f.items, planItem{node: n, plan: p, body: body, complete: complete})
	}
	return nil
}

// place checks that a nested deployment may be written where it is to lie, which is there or will be made.
func (f *preflight) place(ctx context.Context, n *template.Node) error {
	scope := n.ID.Scope()
	if !scope.IsTenant() && !f.planned[scope.Key()] && !f.hasPlannedAncestor(scope) {
		if _, err := f.s.o.ARM.Lookup(ctx, scope); err != nil {
			return err
		}
	}
	return f.s.o.ARM.Authorize(ctx, f.r.caller, TypeDeployment+"/write", n.ID)
}

// nested checks a deployment inside of this one as far as its parameters are known.
func (f *preflight) nested(ctx context.Context, n *template.Node, r *request, depth int) error {
	nested, err := n.Nested(ctx, f.unknown())
	if err != nil {
		return f.refuse(templateError(err))
	}
	inner := r.within(n, nested)
	p, err := f.s.plan(ctx, inner, &live{f.s.o.ARM, r.caller})
	if err != nil {
		if errors.Is(err, template.ErrUnknown) {
			f.opaque = true
			return nil
		}
		return f.refuse(err)
	}
	f.collect(p)
	return f.walk(ctx, p, inner, depth+1)
}

// refuse notes that a nested template is not valid, so that all that are not can be named; another error it returns.
func (f *preflight) refuse(err error) error {
	var wire *azerr.Error
	if !errors.As(err, &wire) || wire.Kind.Status != 400 {
		return err
	}
	f.invalid = append(f.invalid, wire)
	return nil
}

// within is the request of a nested deployment.
func (r *request) within(n *template.Node, nested *template.Nested) *request {
	inner := &request{id: n.ID, caller: r.caller, mode: nested.Mode, location: nested.Location, template: nested.Template, nested: nested}
	if inner.location == "" {
		inner.location = r.location
	}
	return inner
}

// always are errors that hold whatever else the deployment makes.
var always = []*azerr.Code{azerr.AuthorizationFailed, azerr.InvalidResourceType, azerr.InvalidResourceNamespace, azerr.InvalidResourceName, azerr.InvalidResourceScope,
	azerr.SubscriptionNotFound, azerr.LocationRequired, azerr.LocationNotAvailable, azerr.LocationNotAvailableForGroup, azerr.InvalidTags, azerr.MethodNotAllowed, azerr.APIMNotSupported}

// settled are errors that hold for a resource that comes after other writes, too, since the checks see what those
// will make. What a vault or its roles say is none of them.
var settled = []*azerr.Code{azerr.APIMValidation, azerr.APIMField, azerr.APIMNotFound, azerr.ParentResourceNotFound,
	azerr.InvalidVaultProperty, azerr.VaultParameterMissing, azerr.InvalidVaultTenant, azerr.InvalidVaultAccessEntry}

// validate lets the providers check the bodies, each with what is to be there when it is written.
func (f *preflight) validate(ctx context.Context) {
	planned := new(arm.Planned)
	for _, item := range f.items {
		planned.Expect(item.node.ID, item.node.Type, item.body)
	}
	ctx = arm.WithPlanned(ctx, planned)
	for _, item := range f.items {
		n := item.node
		planned.Unsure = false
		made, err := f.s.o.ARM.Foresee(ctx, f.r.caller, n.ID, n.APIVersion, item.body)
		switch {
		case err == nil && made != nil && item.complete:
			planned.Know(made)
		case err != nil && f.counts(item, err, planned.Unsure):
			f.add(n, err)
		}
	}
}

// counts reports whether an error is sure to come again when the deployment runs.
func (f *preflight) counts(item planItem, err error, unsure bool) bool {
	one := func(codes []*azerr.Code) bool {
		return slices.ContainsFunc(codes, func(c *azerr.Code) bool { return errors.Is(err, c) })
	}
	switch {
	case errors.Is(err, arm.ErrUnknown):
		return false
	case one(always):
		return true
	case !item.complete:
		return false
	case !f.waits(item.node, item.plan):
		return true
	}
	return !unsure && !f.opaque && one(settled)
}

// waits reports whether n comes after another write, or lies in a scope that is yet to be made.
func (f *preflight) waits(n *template.Node, p *template.Plan) bool {
	for _, d := range n.DependsOn {
		if d.Condition && (!d.Existing || f.waits(d, p)) {
			return true
		}
	}
	for id := n.ID.Parent(); !id.IsTenant(); id = id.Parent() {
		if f.planned[id.Key()] {
			return true
		}
	}
	return false
}

func (f *preflight) add(n *template.Node, err error) {
	if err == nil || f.r.level == levelProviderNoRBAC && errors.Is(err, azerr.AuthorizationFailed) {
		return
	}
	e := *azerr.From(err)
	if e.Target == "" {
		e.Target = n.ID.String()
	}
	f.found = append(f.found, &e)
}

// checkMissing refuses references to what is neither there nor going to be made.
func (f *preflight) checkMissing() {
	if f.opaque {
		return
	}
	for _, m := range f.missing {
		if f.planned[m.ID.Key()] || f.hasPlannedAncestor(m.ID) {
			continue
		}
		e := *azerr.From(m.Err)
		if m.By != nil {
			e.Message = strings.TrimSuffix(e.Message, ".") + ". The resource '" + m.By.ID.String() + "' refers to it."
		}
		e.Target = m.ID.String()
		f.found = append(f.found, &e)
	}
}

func (f *preflight) hasPlannedAncestor(id resourceid.ID) bool {
	for id = id.Parent(); !id.IsTenant(); id = id.Parent() {
		if f.planned[id.Key()] {
			return true
		}
	}
	return false
}

// unknown answers for resources that are there and not written by this deployment.
func (f *preflight) unknown() template.Runtime {
	return &cautious{live{f.s.o.ARM, f.r.caller}, f.planned}
}

// cautious does not answer for what the deployment is going to write, nor run any list function.
type cautious struct {
	live
	planned map[string]bool
}

func (c *cautious) Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	for at := id; !at.IsTenant(); at = at.Parent() {
		if c.planned[at.Key()] {
			return nil, template.ErrUnknown
		}
	}
	m, err := c.live.Reference(ctx, id, apiVersion)
	if errors.Is(err, template.ErrNotFound) {
		return nil, template.ErrUnknown // reported by checkMissing
	}
	return m, err
}

func (c *cautious) List(context.Context, resourceid.ID, string, string, map[string]any) (any, error) {
	return nil, template.ErrUnknown
}
