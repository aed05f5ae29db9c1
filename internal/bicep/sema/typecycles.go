package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// findTypeCycles finds types that need themselves: by their names alone, whose type
// is an error, and through a member that is not optional.
func (m *Model) findTypeCycles() {
	m.typeCycles = m.cyclesAmong(m.namedDirectly)
	m.containerCycles = m.cyclesAmong(m.namedInside)
	for s := range m.typeCycles {
		delete(m.containerCycles, s)
	}
}

// cyclesAmong finds and reports the types from which edges lead back.
func (m *Model) cyclesAmong(edges func(*Symbol) []*Symbol) map[*Symbol]bool {
	found := map[*Symbol]bool{}
	next := map[*Symbol][]*Symbol{}
	all := m.Declared(TypeKind)
	for _, s := range all {
		if s.Import == nil {
			next[s] = edges(s)
		}
	}
	for _, s := range all {
		path := pathBack(s, next)
		if path == nil || m.typeCycles[s] {
			continue
		}
		found[s] = true
		if len(path) == 1 {
			m.errorf("BCP298", s.Ident.Span, "This type definition includes itself as required component, which creates a constraint that cannot be fulfilled.")
			continue
		}
		var names []string
		for _, x := range path {
			names = append(names, x.Name)
		}
		m.errorf("BCP299", s.Ident.Span, "This type definition includes itself as a required component via a cycle (\"%s\").", strings.Join(names, "\" -> \""))
	}
	return found
}

// pathBack is the shortest way from s to itself.
func pathBack(s *Symbol, next map[*Symbol][]*Symbol) []*Symbol {
	type step struct {
		at   *Symbol
		path []*Symbol
	}
	queue := []step{{s, []*Symbol{s}}}
	seen := map[*Symbol]bool{}
	for len(queue) > 0 {
		here := queue[0]
		queue = queue[1:]
		for _, n := range next[here.at] {
			if n == s {
				return here.path
			}
			if !seen[n] {
				seen[n] = true
				queue = append(queue, step{n, append(append([]*Symbol{}, here.path...), n)})
			}
		}
	}
	return nil
}

// namedDirectly are the types that the type of s names outside of objects and arrays.
func (m *Model) namedDirectly(s *Symbol) []*Symbol {
	w := &aliasWalk{m: m}
	w.visit(s.Decl.(*syntax.TypeDecl).Value, false)
	return w.direct
}

// namedInside are those that it needs in a member.
func (m *Model) namedInside(s *Symbol) []*Symbol {
	w := &aliasWalk{m: m}
	d := s.Decl.(*syntax.TypeDecl)
	w.visit(d.Value, FindDecorator(d.Decorators, "discriminator") != nil)
	return w.inside
}

type aliasWalk struct {
	m              *Model
	direct, inside []*Symbol
}

func (w *aliasWalk) visit(t syntax.TypeExpr, in bool) {
	switch t := t.(type) {
	case *syntax.TypeName:
		s := w.m.TypeUses[t]
		if s == nil || s.Import != nil || s.Kind != TypeKind {
			return
		}
		if in {
			w.inside = append(w.inside, s)
		} else {
			w.direct = append(w.direct, s)
		}
	case *syntax.TypeParen:
		w.visit(t.X, in)
	case *syntax.TypeNullable:
		w.visit(t.Base, in)
	case *syntax.TypeNonNull:
		w.visit(t.Base, in)
	case *syntax.TypeMember:
		w.visit(t.Base, in)
	case *syntax.TypeIndex:
		w.visit(t.Base, in)
	case *syntax.TypeItems:
		w.visit(t.Base, in)
	case *syntax.TypeAdditional:
		w.visit(t.Base, in)
	case *syntax.TypeUnion:
		for _, x := range t.Members {
			w.visit(x, in)
		}
	case *syntax.TypeArray:
		w.member(t.Item)
	case *syntax.TypeTuple:
		for _, p := range t.Items {
			w.member(p.Value)
		}
	case *syntax.TypeObject:
		for _, p := range t.Props {
			w.member(p.Value)
		}
	}
}

// member visits a member, unless it may be null, which ends the cycle.
func (w *aliasWalk) member(t syntax.TypeExpr) {
	if !w.m.writtenNullable(t, 0) {
		w.visit(t, true)
	}
}

// writtenNullable reports whether a type takes null, by what is written.
func (m *Model) writtenNullable(t syntax.TypeExpr, depth int) bool {
	if depth > 50 {
		return false
	}
	switch t := t.(type) {
	case *syntax.TypeNullable:
		return true
	case *syntax.TypeParen:
		return m.writtenNullable(t.X, depth+1)
	case *syntax.TypeLiteral:
		_, null := t.Value.(*syntax.NullLit)
		return null
	case *syntax.TypeUnion:
		for _, x := range t.Members {
			if m.writtenNullable(x, depth+1) {
				return true
			}
		}
	case *syntax.TypeName:
		if s := m.TypeUses[t]; s != nil && s.Import == nil {
			if d, ok := s.Decl.(*syntax.TypeDecl); ok {
				return m.writtenNullable(d.Value, depth+1)
			}
		}
	}
	return false
}
