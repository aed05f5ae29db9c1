package template

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/resourceid"
)

// Functions that read resources while a deployment runs.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#reference
func referenceFunctions() map[string]*function {
	return map[string]*function{
		"reference":    {min: 1, max: 3, needs: canReference, call: reference},
		"references":   {min: 1, max: 2, needs: canReference, call: references},
		"resourceInfo": fixed(1, resourceInfo),
		"target":       {max: 1, needs: canReference, call: ownState},
		"list*":        {min: 2, max: 3, needs: canReference, call: list},
	}
}

// target is what a reference names: a resource of the template, or an ID outside of it.
type target struct {
	node *Node
	id   resourceid.ID
}

// find resolves a symbolic name, a resource ID, a name or TYPE/NAME.
func (f *frame) find(name string) (target, error) {
	p := f.ev.plan
	if p == nil {
		return target{}, fault("The template function 'reference' is not expected at this location. Please see https://aka.ms/arm-functions for usage details.")
	}
	if n, ok := p.symbols[strings.ToLower(name)]; ok {
		return target{n, n.ID}, nil
	}
	if strings.HasPrefix(name, "/") {
		id, err := resourceid.Parse(name)
		if err != nil {
			return target{}, fault("The resource reference '%s' is not valid: %s.", name, err)
		}
		id = normalize(id)
		return target{p.byID[id.Key()], id}, nil
	}
	if f.ev.outer != nil && len(p.byName(name)) == 0 {
		return f.with(func(g *frame) { g.ev = f.ev.outer }).find(name)
	}
	found := p.byName(name)
	switch {
	case len(found) == 1:
		return target{found[0], found[0].ID}, nil
	case len(found) > 1:
		return target{}, fault("The template resource reference '%s' is ambiguous: %d resources have that name. Use its resource ID. Please see https://aka.ms/arm-function-reference for usage details.", name, len(found))
	}
	return target{}, fault("The template resource reference '%s' is not valid: no resource of that name is defined in the template, and it is no resource ID. Please see https://aka.ms/arm-function-reference for usage details.", name)
}

// ownState is target(): the resource itself as it is before the deployment writes it, or null. The language's
// this.exists() and this.existingResource() are made of it.
func ownState(f *frame, c call) (any, error) {
	mode, err := c.strOr(0, "")
	if err != nil {
		return nil, err
	}
	if mode != "" && !strings.EqualFold(mode, "full") {
		return nil, c.fail("expects its parameter to be 'Full'. The provided value is '%s'", mode)
	}
	if f.node == nil {
		return nil, c.fail("is not expected at this location: it stands for the resource in whose body it is")
	}
	if f.rt == nil {
		return &Unknown{}, nil
	}
	m, err := f.rt.Reference(f.ctx, f.node.ID, f.node.APIVersion)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case errors.Is(err, ErrUnknown):
		return &Unknown{}, nil
	case err != nil && !errors.Is(err, ErrPartial):
		return nil, &evalError{message: err.Error(), cause: err}
	}
	if mode == "" {
		m, _ = m["properties"].(map[string]any)
	}
	return opened(m, err != nil), nil
}

func reference(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	version, err := c.strOr(1, "")
	if err != nil {
		return nil, err
	}
	mode, err := c.strOr(2, "")
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(version, "full") && !c.has(2) {
		version, mode = "", version
	}
	if mode != "" && !strings.EqualFold(mode, "full") {
		return nil, c.fail("expects its third parameter to be 'Full'. The provided value is '%s'", mode)
	}
	t, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if t.node == nil && version == "" {
		return nil, c.fail("needs the API version of '%s', which is not in the template, as its second parameter", name)
	}
	return f.read(t, version, mode != "")
}

// references is reference() of each resource of a copy loop.
func references(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	mode, err := c.strOr(1, "")
	if err != nil {
		return nil, err
	}
	if f.ev.plan == nil {
		return nil, c.fail("is not expected at this location")
	}
	if mode != "" && !strings.EqualFold(mode, "full") && !strings.EqualFold(mode, "properties") {
		return nil, c.fail("expects its second parameter to be 'Full' or 'Properties'. The provided value is '%s'", mode)
	}
	nodes, ok := f.ev.plan.loops[strings.ToLower(name)]
	if !ok {
		return nil, fault("The template resource collection reference '%s' is not valid: no copy loop of that name is defined in the template.", name)
	}
	out := make([]any, 0, len(nodes))
	waiting := false
	for _, n := range nodes {
		if !n.Condition {
			continue // what is not deployed is left out
		}
		v, err := f.read(target{n, n.ID}, "", strings.EqualFold(mode, "full"))
		if err != nil {
			return nil, err
		}
		_, unknown := v.(*Unknown)
		waiting = waiting || unknown
		out = append(out, v)
	}
	if waiting {
		return &Unknown{}, nil
	}
	return out, nil
}

// read gets a resource's properties, or the whole of it.
func (f *frame) read(t target, version string, full bool) (any, error) {
	if t.node != nil && t.node.unnamed != nil {
		return f.unnamed(t.node)
	}
	inTemplate := t.node != nil && !t.node.Existing && t.node.Condition
	f.refer(t.node)
	if f.planning && inTemplate || f.rt == nil {
		return &Unknown{}, nil
	}
	if t.node != nil && version == "" {
		version = t.node.APIVersion
	}
	m, err := f.rt.Reference(f.ctx, t.id, version)
	switch {
	case errors.Is(err, ErrUnknown):
		return &Unknown{}, nil
	case errors.Is(err, ErrNotFound) && t.node != nil && t.node.Existing && t.node.nullable:
		return nil, nil
	case f.planning && errors.Is(err, ErrNotFound):
		f.ev.plan.missing(t.id, f.node, err)
		return &Unknown{}, nil
	case err != nil && !errors.Is(err, ErrPartial):
		return nil, &evalError{message: err.Error(), cause: err}
	}
	partial := err != nil
	if full {
		return opened(wholeResource(t, version, m), partial), nil
	}
	props, _ := m["properties"].(map[string]any)
	return opened(props, partial), nil
}

// unnamed answers for a resource whose name can't be evaluated (yet).
func (f *frame) unnamed(n *Node) (any, error) {
	f.refer(n)
	if errors.Is(n.unnamed, ErrUnknown) {
		return &Unknown{}, nil
	}
	return nil, n.unnamed
}

// refer tells of a reference, unless it is to a resource of the deployment around this one.
func (f *frame) refer(n *Node) {
	if n != nil && f.refs != nil && (f.node == nil || f.node.plan == n.plan) {
		f.refs(n)
	}
}

func opened(m map[string]any, partial bool) any {
	o := From(m).(*Object)
	if partial {
		open(o)
	}
	return o
}

// open marks what a prediction lacks as unknown.
func open(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			open(e)
		}
	case *Object:
		v.open = true
		for _, e := range v.vals {
			open(e)
		}
	}
}

// wholeResource adds what reference(..., 'Full') has beyond the resource.
func wholeResource(t target, version string, m map[string]any) map[string]any {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	m["resourceId"] = strings.TrimPrefix(strings.TrimPrefix(t.id.String(), t.id.Scope().String()), "/providers/")
	m["referenceApiVersion"] = version
	m["condition"] = t.node == nil || t.node.Condition
	m["isConditionTrue"] = m["condition"]
	m["isTemplateResource"] = t.node != nil
	m["isAction"] = false
	m["provisioningOperation"] = "Read"
	if t.id.Subscription() != "" {
		m["subscriptionId"] = t.id.Subscription()
	}
	if t.id.ResourceGroup() != "" {
		m["resourceGroupName"] = t.id.ResourceGroup()
	}
	if t.node != nil {
		m["apiVersion"] = t.node.APIVersion
	}
	return m
}

// resourceInfo gives what is known of a symbolic resource before it is deployed.
func resourceInfo(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	t, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if t.node != nil && t.node.unnamed != nil {
		return f.unnamed(t.node)
	}
	if t.node == nil {
		return nil, c.fail("expects the symbolic name of a resource. The provided value is '%s'", name)
	}
	return object("id", t.id.String(), "name", t.node.Name, "type", t.node.Type, "apiVersion", t.node.APIVersion), nil
}

func list(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	version, err := c.strOr(1, "")
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if c.has(2) && c.args[2] != nil {
		o, err := c.object(2)
		if err != nil {
			return nil, err
		}
		body = To(o).(map[string]any)
	}
	t, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if t.node != nil && t.node.unnamed != nil {
		return f.unnamed(t.node)
	}
	f.refer(t.node)
	if f.planning && f.rt != nil && t.node == nil { // it must be there, or be made by a deployment in this one
		if _, err := f.rt.Reference(f.ctx, t.id, ""); errors.Is(err, ErrNotFound) {
			f.ev.plan.missing(t.id, f.node, err)
		}
	}
	if f.planning || f.rt == nil {
		return &Unknown{}, nil
	}
	v, err := f.rt.List(f.ctx, t.id, version, c.name, body)
	if errors.Is(err, ErrUnknown) {
		return &Unknown{}, nil
	}
	if err != nil && !errors.Is(err, ErrPartial) {
		return nil, &evalError{message: err.Error(), cause: err}
	}
	made := From(v)
	if err != nil {
		open(made)
	}
	return made, nil
}

// Missing is a resource outside of the template that something refers to and that is not there.
type Missing struct {
	ID  resourceid.ID
	By  *Node // nil: an output
	Err error
}

func (p *Plan) missing(id resourceid.ID, by *Node, err error) {
	if !slices.ContainsFunc(p.Missing, func(m Missing) bool { return m.ID.Equal(id) }) {
		p.Missing = append(p.Missing, Missing{id, by, err})
	}
}
