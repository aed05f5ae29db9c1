package sema

import (
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// checkExports reports what is exported and needs what can't be.
func (m *Model) checkExports() {
	for _, s := range m.Symbols {
		if !s.Exported() || s.Kind != Var && s.Kind != Func {
			continue
		}
		var names []string
		for _, x := range m.closure(s) {
			switch x.Kind {
			case Var, TypeKind, Func, Wildcard, LoopItem, LoopIndex, LambdaVar, FuncParam, Namespace:
			default:
				if x.Import == nil {
					names = append(names, x.Name)
				}
			}
		}
		if slices.Sort(names); names != nil {
			at := FindDecorator(s.Decl.Decorated(), "export").Span
			m.errorf("BCP372", at, "The \"@export()\" decorator may not be applied to variables that refer to parameters, modules, or resource, either directly or indirectly. The target of this decorator contains direct or transitive references to the following unexportable symbols: %s.", quoted(names))
		}
	}
}

// closure is what s refers to, directly or through others of its file.
func (m *Model) closure(s *Symbol) []*Symbol {
	var out []*Symbol
	seen := map[*Symbol]bool{s: true}
	var follow func(*Symbol)
	follow = func(s *Symbol) {
		if s.Decl == nil || s.Import != nil {
			return
		}
		syntax.Walk(s.Decl, func(n syntax.Node) bool {
			e, ok := n.(syntax.Expr)
			if !ok {
				return true
			}
			if x := m.Uses[e]; x != nil && !seen[x] {
				seen[x] = true
				out = append(out, x)
				follow(x)
			}
			return true
		})
	}
	follow(s)
	return out
}

// importedTwice reports what is imported under several names.
func (m *Model) importedTwice() {
	type origin struct{ path, name string }
	groups := map[origin][]*syntax.ImportItem{}
	var order []origin
	for _, d := range m.File.Decls {
		decl, ok := d.(*syntax.ImportDecl)
		if !ok {
			continue
		}
		path, ok := decl.Path.Text()
		if !ok {
			continue
		}
		for i := range decl.Items {
			it := &decl.Items[i]
			if s := m.Names[it.Local()]; s == nil || s.Import == nil || s.Import.Target == nil {
				continue // it has another error
			}
			k := origin{path, it.Name}
			if groups[k] == nil {
				order = append(order, k)
			}
			groups[k] = append(groups[k], it)
		}
	}
	for _, k := range order {
		g := groups[k]
		if len(g) < 2 {
			continue
		}
		var names []string
		for _, it := range g {
			names = append(names, "'"+it.Local()+"'")
		}
		for _, it := range g {
			at := it.Span
			if it.Alias != nil {
				at.End = it.Alias.End
			}
			m.errorf("BCP362", at, "This symbol is imported multiple times under the names %s.", strings.Join(names, ", "))
		}
	}
}
