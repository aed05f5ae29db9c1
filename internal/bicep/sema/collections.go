package sema

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// collectionWalk looks for resource and module collections that stand where only
// their items may (BCP144).
type collectionWalk struct {
	m         *Model
	loops     int  // how many are around
	dependsOn bool // inside the dependsOn of a resource or module
	props     bool // inside the properties of a resource or the params of a module
	output    bool
	variable  bool
	through   *syntax.Variable // the variable whose value is looked at, since it is inlined
	chain     []string
}

func (m *Model) collections() {
	for _, d := range m.File.Decls {
		w := &collectionWalk{m: m}
		switch d.(type) {
		case *syntax.OutputDecl:
			w.output = true
		case *syntax.VarDecl:
			w.variable = true
		}
		w.visit(d, nil)
	}
}

func (w *collectionWalk) visit(n, up syntax.Node) {
	switch e := n.(type) {
	case nil:
		return
	case *syntax.Paren:
		w.visit(e.X, up)
		return
	case *syntax.Call:
		if e.Name.Name == "nameof" {
			return
		}
	case *syntax.ResourceDecl:
		w.body(e.Value, "properties")
		return
	case *syntax.ModuleDecl:
		w.body(e.Value, "params")
		return
	case *syntax.For:
		w.loops++
		defer func() { w.loops-- }()
	case *syntax.Variable:
		w.access(e, up)
	case *syntax.ResourceAccess:
		w.access(e, up)
	}
	for _, c := range syntax.Children(n) {
		w.visit(c, n)
	}
}

// body visits the value of a resource or module, whose property named inner may
// hold collections.
func (w *collectionWalk) body(value syntax.Expr, inner string) {
	loop, cond, body := syntax.Body(value)
	if loop != nil {
		w.loops++
		defer func() { w.loops-- }()
		w.visit(loop.In, loop)
	}
	if cond != nil {
		w.visit(cond.Cond, cond)
	}
	if body == nil {
		return
	}
	for i := range body.Items {
		it := &body.Items[i]
		before := *w
		switch name, _ := it.Name(); name {
		case "dependsOn":
			w.dependsOn = true
		case inner:
			w.props = true
		}
		if it.Key != nil {
			w.visit(it.Key, body)
		}
		switch {
		case it.Value != nil:
			w.visit(it.Value, body)
		case it.Spread != nil:
			w.visit(it.Spread, body)
		case it.Resource != nil:
			nested := collectionWalk{m: w.m, loops: w.loops}
			nested.visit(it.Resource, body)
		}
		w.dependsOn, w.props = before.dependsOn, before.props
	}
}

func (w *collectionWalk) access(e syntax.Expr, up syntax.Node) {
	s := w.m.Uses[e]
	switch {
	case s == nil:
	case (s.Resource != nil || s.Module != nil) && symbolLoop(s) != nil:
		w.collection(e, s, up)
	case s.Kind == Var && s.Import == nil && w.m.Inline[s] && !w.m.cyclic[s] && (!w.variable || w.loops > 0):
		w.inlined(e, s)
	}
}

func (w *collectionWalk) collection(e syntax.Expr, s *Symbol, up syntax.Node) {
	switch up.(type) {
	case *syntax.Property, *syntax.Index, *syntax.ResourceAccess:
		return
	}
	if w.dependsOn || w.loops == 0 && (w.props || w.output || w.variable && w.through == nil) {
		return
	}
	at, chain := e.At(), ""
	if w.through != nil {
		at = w.through.At()
		chain = fmt.Sprintf("The collection was accessed by the chain of \"%s\". ", strings.Join(append(slices.Clone(w.chain), s.Name), "\" -> \""))
	}
	w.m.errorf("BCP144", at, "Directly referencing a resource or module collection is not currently supported here. %sApply an array indexer to the expression.", chain)
}

// inlined looks into the value of a variable that stands at the place of its use.
func (w *collectionWalk) inlined(e syntax.Expr, s *Symbol) {
	v, ok := e.(*syntax.Variable)
	d, isVar := s.Decl.(*syntax.VarDecl)
	if !ok || !isVar || slices.Contains(w.chain, s.Name) {
		return
	}
	outer := w.through == nil
	if outer {
		w.through = v
	}
	w.chain = append(w.chain, s.Name)
	w.visit(d.Value, d)
	w.chain = w.chain[:len(w.chain)-1]
	if outer {
		w.through = nil
	}
}
