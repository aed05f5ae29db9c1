package template

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/resourceid"
)

// builder makes the nodes of a plan and their edges.
type builder struct {
	*Plan
	t       *Template
	ctx     context.Context
	all     []*Node
	loopsOf []loopOrder
	steps   int // what is left of the budget for planning
	size    int // bytes of the bodies
}

// loopOrder is a loop whose batches run one after another.
type loopOrder struct {
	nodes []*Node
	batch int
}

func (b *builder) frame(copies *copyScope) *frame {
	f := &frame{ctx: b.ctx, ev: b.ev, rt: b.ev.in.Runtime, steps: &b.steps, copies: copies}
	if copies != nil {
		f.can |= canCopyIndex
	}
	return f
}

// resource makes the nodes of one resource: one, or as many as its copy loop says.
func (b *builder) resource(r *resource, parent *Node, copies *copyScope) error {
	loop, ok := r.raw.Value("copy").(*Object)
	if !ok {
		_, err := b.node(r, parent, copies, r.symbol)
		return err
	}
	return b.loop(r, loop, parent, copies)
}

func (b *builder) loop(r *resource, loop *Object, parent *Node, copies *copyScope) error {
	f := b.frame(copies)
	name, err := f.string(loop.Value("name"), "name of a copy loop")
	if err != nil {
		return b.t.locate(err, "copy loop", loop.pos)
	}
	n, known, err := f.count(name, loop)
	if err == nil && !known {
		err = wrongType(&Unknown{}, "The value of the 'count' of the copy loop '%s' must be known before the deployment starts; it is '%s'.", name)
	}
	if err != nil {
		return b.t.locate(err, "copy loop '"+name+"'", loop.pos)
	}
	order := loopOrder{}
	for i := range n {
		symbol := ""
		if r.symbol != "" {
			symbol = fmt.Sprintf("%s[%d]", r.symbol, i)
		}
		node, err := b.node(r, parent, &copyScope{name: name, index: i, up: copies}, symbol)
		if err != nil {
			return err
		}
		order.nodes = append(order.nodes, node)
	}
	b.Plan.loops[strings.ToLower(name)] = append(b.Plan.loops[strings.ToLower(name)], order.nodes...)
	if r.symbol != "" {
		b.Plan.loops[strings.ToLower(r.symbol)] = order.nodes
	}
	mode, _ := loop.Value("mode").(string)
	if strings.EqualFold(mode, "serial") {
		order.batch = 1
		if size, ok := loop.Value("batchSize").(int64); ok {
			order.batch = int(size)
		}
		if order.batch < 1 {
			return b.t.validation(loop.pos, "The 'batchSize' of the copy loop '%s' must be at least 1", name)
		}
		b.loopsOf = append(b.loopsOf, order)
	}
	return nil
}

func (b *builder) node(r *resource, parent *Node, copies *copyScope, symbol string) (*Node, error) {
	n := &Node{Symbol: symbol, raw: r.raw, copies: copies, plan: b.Plan, parent: parent, Condition: true, at: r.raw.pos}
	n.Line, n.Column = b.t.place(r.raw.pos)
	if err := b.identify(n); err != nil && n.Symbol != "" && (n.Existing || !n.Condition) {
		// What is not deployed need not have a name that can be evaluated, until something refers to it.
		n.unnamed = err
	} else if err != nil {
		if !isError(err) {
			what := "template resource '" + describe(r.raw.Value("name")) + "'"
			err = b.t.locate(err, what, r.raw.pos)
		}
		return nil, err
	}
	if err := b.register(n); err != nil {
		return nil, err
	}
	for _, child := range r.children {
		if err := b.resource(child, n, copies); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func isError(err error) bool { _, ok := err.(*Error); return ok }

// identify evaluates what must be known before the deployment starts.
func (b *builder) identify(n *Node) (err error) {
	f := b.frame(n.copies)
	field := func(name string, required bool) string {
		v, ok := n.raw.Get(name)
		if err != nil || (!ok || v == nil) && !required {
			return ""
		}
		if !ok {
			err = fault("The property '%s' is missing", name)
			return ""
		}
		var s string
		s, err = f.string(v, "property '"+name+"'")
		return s
	}
	if v, ok := n.raw.Get("condition"); ok {
		v, err := f.value(v)
		if err != nil {
			return err
		}
		if n.Condition, ok = lenient(schema{kind: "bool"}, v).(bool); !ok {
			return wrongType(v, "The 'condition' must be a boolean, not of type '%s'")
		}
	}
	n.Existing, _ = n.raw.Value("existing").(bool)
	n.Type, n.Name, n.APIVersion = field("type", true), field("name", true), field("apiVersion", false)
	if err != nil {
		return err
	}
	if n.parent != nil {
		n.Type, n.Name = n.parent.Type+"/"+n.Type, n.parent.Name+"/"+n.Name
		if n.APIVersion == "" {
			n.APIVersion = n.parent.APIVersion
		}
	}
	if n.APIVersion == "" {
		if n.APIVersion, _ = b.t.raw.Value("apiProfile").(string); n.APIVersion == "" {
			return fault("The property 'apiVersion' is missing")
		}
	}
	scope, err := b.scope(f, n)
	if err != nil {
		return err
	}
	if err := n.readOptions(); err != nil {
		return err
	}
	return b.makeID(n, scope)
}

// readOptions reads what decorators of the language say of how a resource is deployed.
func (n *Node) readOptions() error {
	o, ok := n.raw.Value("@options").(*Object)
	if !ok {
		return nil
	}
	for i, k := range o.keys {
		switch k {
		case "batchSize": // the copy loop's own says it, too
		case "onlyIfNotExists":
			n.OnlyIfNotExists, _ = o.vals[i].(bool)
		case "nullIfNotFound":
			n.nullable = true
		case "retryOn":
			n.readRetry(o.vals[i])
		default:
			return fault("The option '%s' of resources is not supported by this server; it knows 'onlyIfNotExists', 'nullIfNotFound' and 'retryOn'.", k)
		}
	}
	return nil
}

func (n *Node) readRetry(v any) {
	retry, ok := v.(*Object)
	if !ok {
		return
	}
	codes, _ := retry.Value("exceptionCodes").([]any)
	for _, c := range codes {
		if s, ok := c.(string); ok {
			n.Retry = append(n.Retry, s)
		}
	}
	count, ok := retry.Value("retryCount").(int64)
	if !ok {
		count = 1
	}
	n.RetryCount = int(min(count, 10))
}

// scope is where the resource lies, or what it extends.
func (b *builder) scope(f *frame, n *Node) (resourceid.ID, error) {
	own := b.ev.in.Scope
	get := func(name string) (string, error) {
		v, ok := n.raw.Get(name)
		if !ok || v == nil {
			return "", nil
		}
		return f.string(v, "property '"+name+"'")
	}
	text, err := get("scope")
	if err != nil {
		return own, err
	}
	if _, ok := n.raw.Get("scope"); ok {
		if text == "" {
			text = "/"
		}
		if !strings.HasPrefix(text, "/") {
			text = unqualifiedScope(own, text)
		}
		return resourceid.Parse(text)
	}
	sub, err := get("subscriptionId")
	if err != nil {
		return own, err
	}
	group, err := get("resourceGroup")
	if err != nil || sub == "" && group == "" {
		return own, err
	}
	if sub == "" {
		sub = own.Subscription()
	}
	text = "/subscriptions/" + sub
	if group != "" {
		text += "/resourceGroups/" + group
	}
	return resourceid.Parse(text)
}

// unqualifiedScope is NAMESPACE/TYPE/NAME...; a management group lies in the tenant.
func unqualifiedScope(own resourceid.ID, text string) string {
	if strings.HasPrefix(strings.ToLower(text), strings.ToLower(managementGroupType)+"/") || own.IsTenant() {
		return "/providers/" + text
	}
	return own.String() + "/providers/" + text
}

func (b *builder) makeID(n *Node, scope resourceid.ID) error {
	types, names := strings.Split(n.Type, "/"), strings.Split(n.Name, "/")
	if len(types) != len(names)+1 || len(types) < 2 {
		return b.t.validation(n.at, "The template resource '%s' for type '%s' %shas incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name. Please see https://aka.ms/arm-syntax-resources for usage details.",
			n.Name, n.Type, b.t.where(n.at))
	}
	if slices.Contains(names, "") {
		return b.t.validation(n.at, "The template resource '%s' for type '%s' %sis not valid: the name is empty. Please see https://aka.ms/arm-syntax-resources for usage details.", n.Name, n.Type, b.t.where(n.at))
	}
	id, err := scope.Extension(n.Type, names...)
	if err != nil {
		return err
	}
	n.ID = normalize(id)
	return nil
}

// register makes a node findable, once.
func (b *builder) register(n *Node) error {
	if n.Symbol != "" {
		b.symbols[strings.ToLower(n.Symbol)] = n
	}
	if len(b.all) == maxCopies {
		return b.t.validation(b.t.raw.offset(b.t.raw.find("resources")), "The template has more than %d resources. Please see https://aka.ms/arm-template-limits for usage details.", maxCopies)
	}
	n.index = len(b.all)
	b.all = append(b.all, n)
	if n.unnamed != nil {
		return nil
	}
	if other, ok := b.byID[n.ID.Key()]; ok && !n.Existing && !other.Existing && n.Condition && other.Condition {
		return b.t.validation(n.at, "The resource '%s' %sis defined multiple times in a template. Please see https://aka.ms/arm-syntax-resources for usage details.", n.ID, b.t.where(n.at))
	} else if !ok || other.Existing || !other.Condition {
		b.byID[n.ID.Key()] = n
	}
	for _, name := range []string{n.Name, n.Type + "/" + n.Name, typeWithNames(n)} {
		key := strings.ToLower(name)
		if !slices.Contains(b.names[key], n) {
			b.names[key] = append(b.names[key], n)
		}
	}
	return nil
}

// typeWithNames is NAMESPACE/TYPE/NAME/TYPE/NAME.
func typeWithNames(n *Node) string {
	types, names := strings.Split(n.Type, "/"), strings.Split(n.Name, "/")
	s := types[0]
	for i, name := range names {
		s += "/" + types[i+1] + "/" + name
	}
	return s
}
