package sema

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// constantPlace is a place whose value the start of the deployment needs.
type constantPlace struct {
	code, use string
	reference bool // the value of scope or parent, where a whole resource may stand
}

// startProperties of a resource are needed when the deployment starts.
var startProperties = map[string]bool{
	"name": true, "location": true, "kind": true, "subscriptionId": true, "resourceGroup": true, "managedBy": true, "extendedLocation": true,
	"zones": true, "placement": true, "plan": true, "sku": true, "identity": true, "managedByExtended": true, "tags": true, "asserts": true, "scope": true, "parent": true,
}

// checkConstants reports values that are known only while the deployment runs,
// where the start of it needs them: names, conditions and the lengths of loops.
func (m *Model) checkConstants() {
	for _, d := range m.File.Decls {
		switch d := d.(type) {
		case *syntax.FuncDecl:
			if d.Lambda != nil {
				m.constant(d.Lambda.Body, constantPlace{code: "BCP341", use: "inside a function declaration"})
			}
		case *syntax.ResourceDecl:
			// with those nested in it, below
		case *syntax.ModuleDecl:
			if m.readable(d) {
				m.constantsIn(d.Value, "")
			}
		case *syntax.VarDecl:
			m.constantsIn(d.Value, d.Name.Name)
		default:
			for _, c := range syntax.Children(d) {
				m.constantsIn(c, "")
			}
		}
	}
	for _, r := range m.Resources {
		if !r.Existing && r.IsAz() { // an existing resource may be looked up later
			owner := r.Type.Full
			if body := value(itemOf(m.symbolType(r.Symbol))); body.Kind == types.ObjectKind && r.Type.Known {
				owner = body.Name // of a body that a property selects
			}
			m.constantProperties(r.Body, owner, startProperties)
			m.constantsIn(r.Decl.Value, "")
		}
	}
	for _, mod := range m.Modules {
		if m.moduleType(mod).IsError() {
			continue
		}
		m.constantProperties(mod.Body, "module", map[string]bool{"name": true, "scope": true, "identity": true})
	}
}

func (m *Model) constantProperties(o *syntax.Object, owner string, names map[string]bool) {
	if o == nil {
		return
	}
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		if !plain || !names[name] || it.Value == nil {
			continue
		}
		m.constant(it.Value, constantPlace{code: "BCP120", use: fmt.Sprintf("in an assignment to the \"%s\" property of the \"%s\" type", name, owner), reference: name == "scope" || name == "parent"})
	}
}

// constantsIn looks for conditions, loops and run-time functions inside e; variable
// is the one whose value e is.
func (m *Model) constantsIn(e syntax.Node, variable string) {
	syntax.Walk(e, func(n syntax.Node) bool {
		switch x := n.(type) {
		case *syntax.ResourceDecl:
			return false
		case *syntax.If:
			m.constant(x.Cond, constantPlace{code: "BCP177", use: "in the if-condition expression"})
		case *syntax.For:
			m.constant(x.In, constantPlace{code: "BCP178", use: "in the for-expression"})
			if variable != "" && n == e {
				m.constant(x.Body, constantPlace{code: "BCP182", use: fmt.Sprintf("in the for-body of the variable \"%s\"", variable)})
			}
		case *syntax.Call:
			m.constantArguments(x, x.Name.Name, x.Args)
		case *syntax.MethodCall:
			m.constantArguments(x, x.Name.Name, x.Args)
		}
		return true
	})
}

func (m *Model) constantArguments(e syntax.Expr, name string, args []syntax.Expr) {
	if !m.inlined(e, name) {
		return
	}
	for _, a := range args {
		m.constant(a, constantPlace{code: "BCP181", use: fmt.Sprintf("in an argument of the function \"%s\"", name)})
	}
}

// inlined reports whether a call is of a function that only the running deployment can call.
func (m *Model) inlined(e syntax.Expr, name string) bool {
	f, ok := FunctionByName(name)
	if !ok || f.Flags&RequiresInlining == 0 || m.Uses[e] != nil || m.unresolved[e] {
		return false
	}
	c, method := e.(*syntax.MethodCall)
	return !method || !m.TypeOf(c.Base).IsError()
}

// runtimeWalk looks for what only the running deployment knows. With a chain, it is
// inside a variable, and only the first finding counts.
type runtimeWalk struct {
	m     *Model
	place constantPlace
	at    syntax.Span // of the variable's use
	chain []string
	found bool
	quiet bool // only look
	seen  map[*Symbol]bool
}

// constant reports the parts of e that only the running deployment knows.
func (m *Model) constant(e syntax.Expr, p constantPlace) { m.lookFor(e, p, false) }

// lateAt reports whether only the running deployment knows e, which reference says
// is the value of scope or parent.
func (m *Model) lateAt(e syntax.Expr, reference bool) bool {
	return m.lookFor(e, constantPlace{reference: reference}, true)
}

func (m *Model) lookFor(e syntax.Expr, p constantPlace, quiet bool) bool {
	direct := &runtimeWalk{m: m, place: p, quiet: quiet}
	direct.visit(e, nil, nil)
	found := direct.found
	if p.reference {
		return found
	}
	syntax.Walk(e, func(n syntax.Node) bool {
		v, ok := n.(*syntax.Variable)
		if !ok {
			return true
		}
		if s := m.Uses[v]; s != nil && s.Kind == Var && s.Import == nil && !m.cyclic[s] {
			w := &runtimeWalk{m: m, place: p, quiet: quiet, at: v.At(), chain: []string{}, seen: map[*Symbol]bool{}}
			w.variable(s)
			found = found || w.found
		}
		return true
	})
	return found
}

func (w *runtimeWalk) variable(s *Symbol) {
	d, ok := s.Decl.(*syntax.VarDecl)
	if !ok || w.seen[s] || w.found {
		return
	}
	w.seen[s] = true
	w.chain = append(w.chain, s.Name)
	w.visit(d.Value, nil, nil)
	w.chain = w.chain[:len(w.chain)-1]
}

// visit looks at n, whose parents, without non-null assertions, are up and above.
func (w *runtimeWalk) visit(n, up, above syntax.Node) {
	if n == nil || w.found {
		return
	}
	switch e := n.(type) {
	case *syntax.ResourceDecl:
		return
	case *syntax.NonNull:
		w.visit(e.X, up, above)
		return
	case *syntax.Index:
		w.index(e)
	case *syntax.Property:
		if s := w.m.target(e.Base); s != nil {
			w.property(e, s, e.Name.Name)
		}
	case *syntax.Variable:
		if s := w.m.Uses[e]; w.chain != nil && s != nil && s.Kind == Var && s.Import == nil && !w.m.cyclic[s] {
			w.variable(s)
			return
		}
		w.whole(e, up, above)
	case *syntax.ResourceAccess:
		w.whole(e, up, above)
		return
	case *syntax.Call:
		if w.m.inlined(e, e.Name.Name) {
			w.flag(e, nil, "", e.Name.Name)
		}
		if e.Name.Name == "nameof" {
			return
		}
	case *syntax.MethodCall:
		if w.m.inlined(e, e.Name.Name) {
			w.flag(e, nil, "", e.Name.Name)
		}
	}
	for _, c := range syntax.Children(n) {
		w.visit(c, n, up)
	}
}

// target is the resource or module that e is, or the item of a collection of them.
func (m *Model) target(e syntax.Expr) *Symbol {
	if n, ok := e.(*syntax.NonNull); ok {
		return m.target(n.X)
	}
	x, indexed := e.(*syntax.Index)
	if indexed {
		e = x.Base
		if n, ok := e.(*syntax.NonNull); ok {
			e = n.X
		}
	}
	s := m.Uses[e]
	if s == nil || m.cyclic[s] || s.Resource == nil && s.Module == nil || (symbolLoop(s) != nil) != indexed || m.symbolType(s).IsError() {
		return nil
	}
	return s
}

// index is x['name'], or an item of a collection.
func (w *runtimeWalk) index(e *syntax.Index) {
	s := w.m.target(e.Base)
	if s == nil {
		return
	}
	t := w.m.TypeOf(e.Index)
	members := []*types.Type{t}
	if t.Kind == types.UnionKind {
		members = t.Items
	}
	if slices.ContainsFunc(members, func(x *types.Type) bool { return x.Kind != types.StringKind || !x.Literal }) {
		w.flag(e, s, "", s.Name)
		return
	}
	for _, x := range members {
		w.property(e, s, x.Text)
	}
}

// property flags a property that is not known from the start.
func (w *runtimeWalk) property(e syntax.Expr, s *Symbol, name string) {
	if name != "" && !w.m.knownAtStart(s, name) && w.m.hasProperty(s, name) {
		w.flag(e, s, name, s.Name)
	}
}

// hasProperty: a property that a module does not have is another error.
func (m *Model) hasProperty(s *Symbol, name string) bool {
	if s.Module == nil {
		return true
	}
	return m.moduleType(s.Module).Body.Prop(name) != nil
}

// whole flags a resource or module as a value.
func (w *runtimeWalk) whole(e syntax.Expr, up, above syntax.Node) {
	x, indexed := up.(*syntax.Index)
	if _, prop := up.(*syntax.Property); prop {
		return
	}
	if w.place.reference {
		if s := w.m.target(e); s != nil && !indexed && len(w.m.lateParts(s)) > 0 {
			w.flag(e, s, "", s.Name)
		}
		return
	}
	if !indexed {
		if s := w.m.target(e); s != nil {
			w.flag(e, s, "", s.Name)
		}
		return
	}
	switch above.(type) {
	case *syntax.Property, *syntax.Index:
		return
	}
	if s := w.m.target(x); s != nil && x.Base == e {
		if t := w.m.TypeOf(x.Index); types.Assignable(t, types.Int) {
			w.flag(e, s, "", s.Name)
		}
	}
}

func (w *runtimeWalk) flag(e syntax.Expr, s *Symbol, property, tail string) {
	at, chain := e.At(), ""
	if w.quiet {
		w.found = true
		return
	}
	if w.chain != nil {
		if w.found {
			return
		}
		w.found, at = true, w.at
		chain = fmt.Sprintf(" You are referencing a variable which cannot be calculated at the start (\"%s\").", strings.Join(append(slices.Clone(w.chain), tail), "\" -> \""))
	}
	what := "requires a value that can be calculated"
	if w.place.code == "BCP182" {
		what = "requires values that can be calculated"
		if s != nil && property != "" {
			chain += fmt.Sprintf(" The property \"%s\" of %s cannot be calculated at the start.", property, s.Name)
		}
	}
	if s != nil {
		chain += w.m.accessible(s)
	}
	w.m.errorf(w.place.code, at, "This expression is being used %s, which %s at the start of the deployment.%s", w.place.use, what, chain)
}

// declaredTarget is the resource or module that e is, or an item of.
func (m *Model) declaredTarget(e syntax.Expr) *Symbol {
	e = syntax.Unparen(e)
	if x, ok := e.(*syntax.Index); ok {
		e = syntax.Unparen(x.Base)
	}
	if s := m.Uses[e]; s != nil && (s.Resource != nil || s.Module != nil) {
		return s
	}
	return nil
}

// valueOf is e, or what the variable is set to that e names.
func (m *Model) valueOf(e syntax.Expr) syntax.Expr {
	for range m.Symbols { // a variable that needs itself has been reported
		v, ok := syntax.Unparen(e).(*syntax.Variable)
		if !ok || m.Uses[v] == nil || m.Uses[v].Kind != Var || m.Uses[v].Import != nil {
			return e
		}
		d, ok := m.Uses[v].Decl.(*syntax.VarDecl)
		if !ok {
			return e
		}
		e = d.Value
	}
	return e
}

// knownAtStart reports whether a property is known before deployment.
func (m *Model) knownAtStart(s *Symbol, property string) bool {
	return slices.Contains(m.startNames(s), property)
}

// startNames are the properties of s that are known before it is deployed. The id of
// an existing resource whose name comes late is not.
func (m *Model) startNames(s *Symbol) []string {
	switch {
	case s.Module != nil:
		return []string{"name"}
	case s.Resource == nil || !m.LeftOut(s.Resource):
		return []string{"apiVersion", "id", "name", "type"}
	case slices.Contains(m.lateParts(s), "name"):
		return []string{"apiVersion", "type"}
	}
	return []string{"apiVersion", "name", "type"}
}

func (m *Model) accessible(s *Symbol) string {
	return fmt.Sprintf(" Properties of %s which can be calculated at the start include %s.", s.Name, quoted(m.startNames(s)))
}
