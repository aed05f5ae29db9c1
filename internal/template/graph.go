package template

import (
	"container/heap"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/resourceid"
)

// connect adds the edges: dependsOn, references, parents and the batches of serial loops.
func (b *builder) connect() error {
	for _, n := range b.all {
		if err := b.explicit(n); err != nil {
			return err
		}
	}
	for _, n := range b.all {
		if err := b.implicit(n); err != nil {
			return err
		}
		b.parents(n)
	}
	for _, l := range b.loopsOf {
		for i, n := range l.nodes {
			from := i/l.batch*l.batch - l.batch
			for j := max(from, 0); j < from+l.batch; j++ {
				n.after(l.nodes[j])
			}
		}
	}
	return nil
}

func (n *Node) after(other *Node) {
	if other != n && !slices.Contains(n.DependsOn, other) {
		n.DependsOn = append(n.DependsOn, other)
	}
}

func (b *builder) explicit(n *Node) error {
	v, ok := n.raw.Get("dependsOn")
	if !ok || v == nil {
		return nil
	}
	f := b.frame(n.copies)
	v, err := f.value(v)
	if err != nil {
		return n.fail(err)
	}
	list, ok := v.([]any)
	if !ok {
		return n.fail(wrongType(v, "The 'dependsOn' must be an array, not of type '%s'."))
	}
	for _, e := range list {
		name, ok := e.(string)
		if !ok {
			return n.fail(wrongType(e, "The items of 'dependsOn' must be strings, not of type '%s'."))
		}
		on, err := b.dependency(n, name)
		if err != nil {
			return err
		}
		for _, other := range on {
			if other == n {
				return b.cycle([]*Node{n})
			}
			n.after(other)
		}
	}
	return nil
}

// dependency resolves an item of dependsOn: a symbolic name, a loop, an ID, TYPE/NAME or a name.
func (b *builder) dependency(n *Node, name string) ([]*Node, error) {
	key := strings.ToLower(name)
	if other, ok := b.symbols[key]; ok {
		return []*Node{other}, nil
	}
	if nodes, ok := b.Plan.loops[key]; ok {
		return nodes, nil
	}
	if strings.HasPrefix(name, "/") {
		id, err := resourceid.Parse(name)
		if err != nil {
			return nil, n.fail(fault("The resource reference '%s' of 'dependsOn' is not valid: %s.", name, err))
		}
		if other, ok := b.byID[normalize(id).Key()]; ok {
			return []*Node{other}, nil
		}
	} else if nodes := b.byName(name); len(nodes) > 0 {
		return nodes, nil
	}
	return nil, b.t.validation(n.at, "The resource '%s' is not defined in the template, but '%s' %sdepends on it. Please see https://aka.ms/arm-syntax for usage details.", name, n.ID, b.t.where(n.at))
}

// implicit evaluates a body as far as it goes, to find what it refers to.
func (b *builder) implicit(n *Node) error {
	if !n.Condition || n.Existing {
		return nil
	}
	f := n.frame(b.ctx, b.ev.in.Runtime)
	f.planning, f.steps = true, &b.steps
	f.refs = func(other *Node) {
		n.after(other)
	}
	if !n.IsDeployment() {
		body, err := n.body(f)
		if err != nil {
			return err
		}
		if b.size += weigh(body, maxExpanded); b.size > maxExpanded {
			return b.t.validation(b.t.raw.offset(b.t.raw.find("resources")), "The template is larger than %d bytes with all copies of its resources. Please see https://aka.ms/arm-template-limits for usage details.", maxExpanded)
		}
		return nil
	}
	nested, err := n.nested(f)
	if err != nil {
		return err
	}
	if nested.outer == nil {
		return nil
	}
	return b.outerReferences(n, f, nested.Template)
}

// outerReferences finds the references in a nested template whose expressions belong to
// this one. They are evaluated where the nested plan is made; here only calls count.
func (b *builder) outerReferences(n *Node, f *frame, t *Template) error {
	g := f.with(func(g *frame) { g.can |= canCopyIndex; g.copies = &copyScope{up: f.copies} })
	for _, part := range []string{"resources", "outputs"} {
		visitStrings(t.raw.Value(part), func(s string) {
			if isExpression(s) && strings.Contains(strings.ToLower(s), "re") || strings.Contains(strings.ToLower(s), "list") {
				_, _ = g.text(s) // what can't be evaluated yet is reported with the nested plan
			}
		})
	}
	return nil
}

func visitStrings(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, e := range v {
			visitStrings(e, visit)
		}
	case *Object:
		for _, e := range v.vals {
			visitStrings(e, visit)
		}
	}
}

// parents: a child or extension runs after the resource that it belongs to. Templates should
// say so themselves; the edge keeps the order from depending on chance.
func (b *builder) parents(n *Node) {
	for id := n.ID; !id.IsTenant(); {
		up := id.Parent()
		if other, ok := b.byID[up.Key()]; ok && other != n && !b.reaches(other, n) {
			n.after(other)
		}
		if up.Equal(id) {
			return
		}
		id = up
	}
}

// reaches reports whether from depends on to, directly or not.
func (b *builder) reaches(from, to *Node) bool {
	seen := map[*Node]bool{}
	var visit func(n *Node) bool
	visit = func(n *Node) bool {
		if n == to {
			return true
		}
		if seen[n] {
			return false
		}
		seen[n] = true
		return slices.ContainsFunc(n.DependsOn, visit)
	}
	return visit(from)
}

// order sorts the nodes so that each stands after what it depends on; among those that are
// free, the template's order counts.
func (b *builder) order() error {
	waiting := make([]int, len(b.all))
	next := make([][]*Node, len(b.all))
	free := &nodeHeap{}
	for _, n := range b.all {
		waiting[n.index] = len(n.DependsOn)
		for _, d := range n.DependsOn {
			next[d.index] = append(next[d.index], n)
		}
		if len(n.DependsOn) == 0 {
			heap.Push(free, n)
		}
	}
	for free.Len() > 0 {
		n := heap.Pop(free).(*Node)
		b.Nodes = append(b.Nodes, n)
		for _, m := range next[n.index] {
			if waiting[m.index]--; waiting[m.index] == 0 {
				heap.Push(free, m)
			}
		}
	}
	if len(b.Nodes) == len(b.all) {
		return nil
	}
	return b.findCycle(waiting)
}

// findCycle walks from a node that still waits to others that do, until one comes again.
func (b *builder) findCycle(waiting []int) error {
	var n *Node
	for _, c := range b.all {
		if waiting[c.index] > 0 {
			n = c
			break
		}
	}
	var way []*Node
	for {
		if i := slices.Index(way, n); i >= 0 {
			return b.cycle(way[i:])
		}
		way = append(way, n)
		i := slices.IndexFunc(n.DependsOn, func(d *Node) bool { return waiting[d.index] > 0 })
		if i < 0 {
			return errors.New("template: a node waits for nothing")
		}
		n = n.DependsOn[i]
	}
}

func (b *builder) cycle(way []*Node) error {
	names := make([]string, 0, len(way)+1)
	for _, n := range append(slices.Clone(way), way[0]) {
		names = append(names, typeWithNames(n))
	}
	n := way[0]
	e := b.t.validation(n.at, "Circular dependency detected on resource: '%s': %s. Please see https://aka.ms/arm-syntax-resources for usage details.", n.ID, strings.Join(names, " -> "))
	e.Target = n.ID.String()
	return e
}

type nodeHeap []*Node

func (h nodeHeap) Len() int           { return len(h) }
func (h nodeHeap) Less(i, j int) bool { return h[i].index < h[j].index }
func (h nodeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *nodeHeap) Push(x any)        { *h = append(*h, x.(*Node)) }
func (h *nodeHeap) Pop() any {
	old := *h
	n := old[len(old)-1]
	*h = old[:len(old)-1]
	return n
}
