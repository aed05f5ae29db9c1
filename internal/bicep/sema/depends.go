package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// constantProperty lists what is known of a resource before it is deployed.
func constantProperty(name string) bool {
	switch name {
	case "id", "name", "type", "apiVersion":
		return true
	}
	return false
}

// dependencies finds what each variable, resource and module depends on, and
// which variables must be inlined.
func (m *Model) dependencies() {
	m.Depends = map[*Symbol][]Dependency{}
	m.Inline = map[*Symbol]bool{}
	for _, s := range m.Symbols {
		if s.Kind == Var && s.Import == nil {
			m.variableDepends(s)
		}
	}
	for _, r := range m.Resources {
		w := &dependencyWalk{m: m, own: r.Symbol, loop: r.EffectiveLoop()}
		if r.Parent != nil {
			w.add(Dependency{On: r.Parent.Symbol, Index: w.usable(r.ParentIndex), Weak: true})
		}
		if r.IsAz() {
			w.parent, w.scope = r.Body.Value("parent"), r.Body.Value("scope")
		}
		w.value(r.Decl.Value)
		m.Depends[r.Symbol] = w.out
	}
	for _, mod := range m.Modules {
		w := &dependencyWalk{m: m, own: mod.Symbol, loop: mod.Loop}
		w.value(mod.Decl.Value)
		m.Depends[mod.Symbol] = w.out
	}
}

func (m *Model) variableDepends(s *Symbol) []Dependency {
	if d, done := m.Depends[s]; done {
		return d
	}
	m.Depends[s] = nil // ends recursion in a cycle
	d, ok := s.Decl.(*syntax.VarDecl)
	if !ok {
		return nil
	}
	w := &dependencyWalk{m: m, own: s}
	w.loop, _ = d.Value.(*syntax.For)
	w.value(d.Value)
	m.Depends[s] = w.out
	m.Inline[s] = w.inline
	return w.out
}

// dependencyWalk collects the dependencies of one declaration.
type dependencyWalk struct {
	m      *Model
	own    *Symbol
	loop   *syntax.For // the loop whose variables may stand in an index
	parent syntax.Expr // the value of parent, which is a weak use and has been added
	scope  syntax.Expr // the value of scope
	out    []Dependency
	inline bool
	azure  bool // what extensions deploy does not count as late
}

func (w *dependencyWalk) add(d Dependency) {
	for i := range w.out {
		if w.out[i].On == d.On && w.out[i].Index == d.Index {
			w.out[i].Weak = w.out[i].Weak && d.Weak
			return
		}
	}
	w.out = append(w.out, d)
}

func (w *dependencyWalk) value(e syntax.Expr) {
	syntax.Walk(e, func(n syntax.Node) bool { return w.visit(n, false) })
}

// visit handles one node and reports whether Walk should go into it. A constant
// property of a resource is a weak use of it.
func (w *dependencyWalk) visit(n syntax.Node, weak bool) bool {
	switch {
	case n == nil || n != w.parent && n != w.scope:
	case n == w.parent:
		return false
	case w.isTarget(n): // a scope needs no more than the name
		w.target(syntax.Unparen(n), true)
		return false
	}
	switch e := n.(type) {
	case *syntax.ResourceDecl:
		return false // a nested resource has dependencies of its own
	case *syntax.Property:
		if w.isTarget(e.Base) && constantProperty(e.Name.Name) && !w.ofExtension(e.Base) {
			w.target(syntax.Unparen(e.Base), true)
			return false
		}
	case *syntax.Index:
		if w.isTarget(e) {
			w.target(e, weak)
			return false
		}
	case *syntax.ResourceAccess:
		w.target(e, weak)
		return false
	case *syntax.Variable:
		w.target(e, weak)
	case *syntax.Call:
		if e.Name.Name == "nameof" && w.m.Uses[e] == nil { // needs no value, so nothing is inlined
			inline := w.inline
			for _, a := range e.Args {
				w.value(a)
			}
			w.inline = inline
			return false
		}
		if f, ok := FunctionByName(e.Name.Name); ok && w.m.Uses[e] == nil && f.Flags&RequiresInlining != 0 {
			w.inline = true
		}
	case *syntax.MethodCall:
		if f, ok := FunctionByName(e.Name.Name); ok && f.Flags&RequiresInlining != 0 {
			w.inline = true
		}
		if w.isTarget(e.Base) { // list functions take the id
			w.target(syntax.Unparen(e.Base), true)
			for _, a := range e.Args {
				w.value(a)
			}
			return false
		}
	}
	return true
}

// isTarget reports whether e is a resource or module, or an item of a collection of them.
func (w *dependencyWalk) isTarget(e syntax.Expr) bool {
	e = syntax.Unparen(e)
	if x, ok := e.(*syntax.Index); ok {
		e = syntax.Unparen(x.Base)
	}
	s := w.m.Uses[e]
	return s != nil && (s.Resource != nil || s.Module != nil)
}

// ofExtension reports whether e is a resource of an extension, of which nothing is
// known before it is deployed.
func (w *dependencyWalk) ofExtension(e syntax.Expr) bool {
	s := w.m.accessed(e)
	return s != nil && s.Resource != nil && !s.Resource.IsAz()
}

func (w *dependencyWalk) target(e syntax.Expr, weak bool) {
	var index syntax.Expr
	if x, ok := e.(*syntax.Index); ok {
		index, e = x.Index, syntax.Unparen(x.Base)
		w.value(index)
	}
	s := w.m.Uses[e]
	switch {
	case s == nil || s == w.own:
	case s.Resource != nil:
		if a, ok := e.(*syntax.ResourceAccess); ok && index == nil {
			if x, indexed := syntax.Unparen(a.Base).(*syntax.Index); indexed {
				index = x.Index
			}
		}
		if s.Resource.IsAz() || !w.azure {
			w.inline = w.inline || !weak || w.m.lateIdentity(s.Resource)
		}
		w.add(Dependency{On: s, Index: w.usable(index), Weak: weak})
	case s.Module != nil:
		w.inline = w.inline || !weak
		w.add(Dependency{On: s, Index: w.usable(index)})
	case s.Kind == Var && s.Import == nil:
		for _, d := range w.m.variableDepends(s) {
			d.Index = w.usable(d.Index)
			w.add(d)
		}
		w.inline = w.inline || w.m.Inline[s]
	}
}

// lateIdentity reports whether the name or scope of an existing resource is known
// only when others are deployed, so that no template variable can hold its id.
func (m *Model) lateIdentity(r *Resource) bool {
	if late, done := m.late[r]; done {
		return late
	}
	if m.late == nil {
		m.late = map[*Resource]bool{}
	}
	m.late[r] = false // ends recursion in a cycle
	w := &dependencyWalk{m: m, own: r.Symbol}
	if r.Name != nil {
		w.value(r.Name)
	}
	for _, v := range []string{"parent", "scope"} {
		if e := syntax.Unparen(r.Body.Value(v)); e != nil && w.isTarget(e) {
			w.target(e, true)
		} else if e != nil {
			w.value(e)
		}
	}
	m.late[r] = w.inline || r.Parent != nil && m.lateIdentity(r.Parent)
	return m.late[r]
}

// usable returns index when all its loop variables exist where dependsOn stands,
// else nil: then the whole collection is depended on.
func (w *dependencyWalk) usable(index syntax.Expr) syntax.Expr {
	ok := true
	syntax.Walk(index, func(n syntax.Node) bool {
		if v, is := n.(*syntax.Variable); is {
			s := w.m.Uses[v]
			if s != nil && (s.Kind == LambdaVar || s.For != nil && s.For != w.loop) {
				ok = false
			}
		}
		return ok
	})
	if !ok {
		return nil
	}
	return index
}

// cycles reports declarations that need themselves (BCP079, BCP080).
func (m *Model) cycles() {
	c := &cycleFinder{m: m, state: map[*Symbol]int{}, bad: map[*Symbol]bool{}}
	for _, s := range m.Symbols {
		c.visit(s)
	}
	for _, r := range m.Resources {
		c.visit(r.Symbol)
	}
	m.cyclic = c.bad
}

// edge is one use of a symbol in a declaration.
type edge struct {
	to *Symbol
	at syntax.Span
}

type cycleFinder struct {
	m     *Model
	state map[*Symbol]int // 1 on the stack, 2 done
	stack []edge
	bad   map[*Symbol]bool
}

func (c *cycleFinder) visit(s *Symbol) {
	if c.state[s] != 0 {
		return
	}
	c.state[s] = 1
	for _, e := range c.edges(s) {
		switch c.state[e.to] {
		case 0:
			c.stack = append(c.stack, edge{s, e.at})
			c.visit(e.to)
			c.stack = c.stack[:len(c.stack)-1]
		case 1:
			c.found(s, e)
		}
	}
	c.state[s] = 2
}

// found reports a cycle, at every use that is part of it.
func (c *cycleFinder) found(s *Symbol, last edge) {
	if last.to == s {
		if !c.bad[s] {
			c.reportUses(s, s, "BCP079", "This expression is referencing its own declaration, which is not allowed.")
		}
		c.bad[s] = true
		return
	}
	loop := []*Symbol{s}
	for i := len(c.stack) - 1; i >= 0; i-- {
		loop = append([]*Symbol{c.stack[i].to}, loop...)
		if c.stack[i].to == last.to {
			break
		}
	}
	for i, from := range loop {
		if c.bad[from] {
			continue
		}
		c.bad[from] = true
		var names []string
		for j := range loop {
			names = append(names, loop[(i+1+j)%len(loop)].Name)
		}
		c.reportUses(from, loop[(i+1)%len(loop)], "BCP080", "The expression is involved in a cycle (\""+strings.Join(names, "\" -> \"")+"\").")
	}
}

func (c *cycleFinder) reportUses(from, to *Symbol, code, text string) {
	for _, e := range c.edges(from) {
		if e.to == to {
			c.m.report(diag.Error, code, text, e.at)
		}
	}
}

// edges are the uses of symbols in the declaration of s. A resource does not
// depend on those nested in it, but they depend on it.
func (c *cycleFinder) edges(s *Symbol) []edge {
	var out []edge
	if s.Import != nil || s.Decl == nil {
		return nil
	}
	if r := s.Resource; r != nil && r.Nested {
		out = append(out, edge{r.Parent.Symbol, r.Decl.Name.Span})
	}
	use := func(n syntax.Node) bool {
		if r, ok := n.(*syntax.ResourceDecl); ok && (s.Resource == nil || r != s.Resource.Decl) {
			return false
		}
		if to := c.m.Uses[n]; to != nil && to.Decl != nil && to.Kind != Wildcard && to.Kind != Namespace {
			out = append(out, edge{to, n.At()})
		}
		return true
	}
	for _, child := range syntax.Children(s.Decl) {
		syntax.Walk(child, use)
	}
	return out
}
