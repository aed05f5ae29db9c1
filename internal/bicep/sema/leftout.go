package sema

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// LeftOut reports whether r is an existing resource that a template can't hold: its
// name, or that of the resource it belongs to, is known only when others are
// deployed. Its id and name are written out where they are used instead.
func (m *Model) LeftOut(r *Resource) bool {
	if out, done := m.leftOut[r]; done {
		return out
	}
	if m.leftOut == nil {
		m.leftOut = map[*Resource]bool{}
	}
	m.leftOut[r] = false // ends recursion in a cycle
	if r.Existing && r.IsAz() && r.Body != nil {
		m.leftOut[r] = r.Parent != nil && m.LeftOut(r.Parent) || r.Scope.Resource != nil && m.LeftOut(r.Scope.Resource) || m.lateBody(r)
	}
	return m.leftOut[r]
}

// lateBody reports whether the body of r uses what only the running deployment
// knows. As in the official compiler, one in a loop or with a condition stays; so does
// one that a resource of an extension names, whose properties may be known before.
func (m *Model) lateBody(r *Resource) bool {
	if r.Loop != nil || r.Cond != nil {
		return false
	}
	w := &dependencyWalk{m: m, own: r.Symbol, azure: true}
	for i := range r.Body.Items {
		it := &r.Body.Items[i]
		switch name, _ := it.Name(); name {
		case "dependsOn", "parent", "scope":
		default:
			w.value(it.Value)
		}
	}
	return w.inline
}

// lateParts are the properties by which r is found, of those that only the running
// deployment knows, when r is left out for it.
func (m *Model) lateParts(s *Symbol) []string {
	if s.Resource == nil || !m.LeftOut(s.Resource) {
		return nil
	}
	if parts, done := m.lateNames[s]; done {
		return parts
	}
	if m.lateNames == nil {
		m.lateNames = map[*Symbol][]string{}
	}
	m.lateNames[s] = nil // ends recursion in a cycle
	var parts []string
	for _, name := range []string{"name", "parent", "scope"} {
		if e := s.Resource.Body.Value(name); e != nil && m.lateAt(e, name != "name") {
			parts = append(parts, name)
		}
	}
	m.lateNames[s] = parts
	return parts
}

// checkLeftOut reports what would need a resource that is left out (BCP307).
func (m *Model) checkLeftOut() {
	if !slices.ContainsFunc(m.Resources, m.LeftOut) {
		return
	}
	for _, d := range m.File.Decls {
		syntax.Walk(d, func(n syntax.Node) bool {
			switch e := n.(type) {
			case *syntax.Property:
				m.needsLate(e, e.Base, e.Name.Name)
			case *syntax.Index:
				if x, ok := e.Index.(*syntax.StringLit); ok {
					name, _ := x.Text()
					m.needsLate(e, e.Base, name)
				}
			case *syntax.MethodCall:
				if m.inlined(e, e.Name.Name) {
					m.needsLate(e, e.Base, "")
				}
			}
			return true
		})
	}
	for _, r := range m.Resources {
		m.lateDependencies(r)
	}
}

// needsLate reports the use e of a property of the resource base, or of all of it.
func (m *Model) needsLate(e, base syntax.Expr, property string) {
	s := m.target(base)
	if s == nil || property != "" && (constantProperty(property) || !m.declares(s, property)) {
		return
	}
	parts := m.lateParts(s)
	if len(parts) == 0 {
		return
	}
	functions := ""
	if strings.EqualFold(s.Resource.Type.Full, "Microsoft.KeyVault/vaults") {
		functions = fmt.Sprintf(" The accessible functions of \"%s\" include \"getSecret\".", s.Name)
	}
	m.errorf("BCP307", e.At(), "The expression cannot be evaluated, because the identifier properties of the referenced existing resource including %s cannot be calculated at the start of the deployment. In this situation, the accessible properties of \"%s\" include \"apiVersion\", \"id\", \"name\", \"type\".%s", quoted(parts), s.Name, functions)
}

// declares reports whether the type of s has the property.
func (m *Model) declares(s *Symbol, property string) bool {
	return value(itemOf(m.symbolType(s))).Prop(property) != nil
}

// lateDependencies reports dependsOn in, or on, a resource that is left out.
func (m *Model) lateDependencies(r *Resource) {
	if r.Nested || r.Body == nil {
		return
	}
	item := r.Body.Get("dependsOn")
	if item == nil {
		return
	}
	if m.LeftOut(r) {
		m.errorf("BCP433", item.At(), "The resource \"%s\" cannot declare explicit dependencies because its identifier properties including %s cannot be calculated at the start of the deployment.", r.Symbol.Name, quoted(m.lateParts(r.Symbol)))
		return
	}
	syntax.Walk(item.Value, func(n syntax.Node) bool {
		if s := m.Uses[n]; s != nil && s.Resource != nil && m.LeftOut(s.Resource) {
			m.errorf("BCP434", n.At(), "The resource \"%s\" cannot declare an explicit dependency on \"%s\" because the identifier properties of the latter including %s cannot be calculated at the start of the deployment.", r.Symbol.Name, s.Name, quoted(m.lateParts(s)))
		}
		return true
	})
}
