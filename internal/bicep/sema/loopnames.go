package sema

import (
	"fmt"
	"sort"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// invariantNames warns of resources and modules of a loop that all have the same
// name, since nothing that tells them apart refers to the loop's item or index.
func (m *Model) invariantNames() {
	for _, r := range m.Resources {
		if r.Loop == nil || r.Name == nil || !r.IsAz() {
			continue
		}
		if t := value(itemOf(m.symbolType(r.Symbol))); t.Kind == types.ObjectKind {
			m.invariantLoop(r.Loop, r.Body, t, r.Decl.Name)
		}
	}
	for _, mod := range m.Modules {
		if mod.Loop == nil || mod.Name == nil || m.moduleType(mod).IsError() {
			continue
		}
		m.invariantLoop(mod.Loop, mod.Body, m.moduleType(mod).Body, mod.Decl.Name)
	}
}

func itemOf(t *types.Type) *types.Type {
	if t.Kind == types.ArrayKind {
		return t.Item
	}
	return t
}

func (m *Model) invariantLoop(f *syntax.For, body *syntax.Object, t *types.Type, name syntax.Ident) {
	if f.Item.Name == "" {
		return
	}
	var telling []string
	for _, p := range t.Props {
		switch p.Name {
		case "name", "parent", "scope":
			telling = append(telling, p.Name)
			if v := body.Value(p.Name); v != nil && m.refersToLoop(v, f) {
				return
			}
		}
	}
	sort.Strings(telling)
	what, where := fmt.Sprintf("\"%s\"", f.Item.Name), ""
	if f.Index != nil {
		what += fmt.Sprintf(" or the index variable \"%s\"", f.Index.Name)
		where = " in the loop body"
	}
	m.warnf("BCP179", name.Span, "Unique resource or deployment name is required when looping. The loop item variable %s must be referenced in at least one of the value expressions of the following properties%s: %s", what, where, quoted(telling))
}

// refersToLoop reports whether e uses the item or index of f.
func (m *Model) refersToLoop(e syntax.Expr, f *syntax.For) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Variable); ok {
			if s := m.Uses[v]; s != nil && s.For == f && (s.Kind == LoopItem || s.Kind == LoopIndex) {
				found = true
			}
		}
		return !found
	})
	return found
}
