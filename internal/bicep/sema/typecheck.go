package sema

import (
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

var operatorText = map[syntax.Kind]string{
	syntax.Not: "!", syntax.Minus: "-", syntax.Plus: "+", syntax.Star: "*", syntax.Slash: "/", syntax.Percent: "%",
	syntax.Less: "<", syntax.LessEq: "<=", syntax.Greater: ">", syntax.GreaterEq: ">=", syntax.AndAnd: "&&", syntax.OrOr: "||",
	syntax.EqualsFold: "=~", syntax.NotEqualsFold: "!~",
}

// operands says which types an operator takes on both sides.
func operands(op syntax.Kind) (first, second string) {
	switch op {
	case syntax.AndAnd, syntax.OrOr:
		return "bool", ""
	case syntax.EqualsFold, syntax.NotEqualsFold:
		return "string", ""
	case syntax.Less, syntax.LessEq, syntax.Greater, syntax.GreaterEq:
		return "int", "string"
	case syntax.Plus, syntax.Minus, syntax.Star, syntax.Slash, syntax.Percent:
		return "int", ""
	}
	return "", ""
}

// is reports whether t is, or may be, of the base type.
func (t *Type) is(base string) bool { return t == nil || t.Base == "any" || t.Base == base }

func (m *Model) checkUnary(e *syntax.Unary) {
	want := "int"
	if e.Op == syntax.Not {
		want = "bool"
	}
	if t := m.TypeOf(e.X); !t.is(want) {
		m.errorf("BCP044", e.Span, "Cannot apply operator \"%s\" to operand of type \"%s\".", operatorText[e.Op], t)
	}
}

func (m *Model) checkBinary(e *syntax.Binary) {
	first, second := operands(e.Op)
	if first == "" {
		return
	}
	x, y := m.TypeOf(e.X), m.TypeOf(e.Y)
	if x.is(first) && y.is(first) || second != "" && x.is(second) && y.is(second) {
		return
	}
	if x == nil || y == nil || m.hasError(e.X.At()) || m.hasError(e.Y.At()) {
		return
	}
	hint := ""
	if e.Op == syntax.Plus && x.is("string") && y.is("string") {
		hint = " Use string interpolation instead."
	}
	m.errorf("BCP045", e.Span, "Cannot apply operator \"%s\" to operands of type \"%s\" and \"%s\".%s", operatorText[e.Op], x, y, hint)
}

func (m *Model) checkTernary(e *syntax.Ternary) {
	if t := m.TypeOf(e.Cond); !t.is("bool") {
		m.errorf("BCP046", e.Cond.At(), "Expected a value of type \"bool\".")
	}
}

// checkIndex checks x[i].
func (m *Model) checkIndex(e *syntax.Index) {
	base, index := m.TypeOf(e.Base), m.TypeOf(e.Index)
	if base == nil || index == nil {
		return
	}
	switch base.Base {
	case "string", "int", "bool", "null":
		m.errorf("BCP076", e.Base.At(), "Cannot index over expression of type \"%s\". Arrays or objects are required.", base)
	case "array":
		if !index.is("int") {
			m.errorf("BCP074", e.Index.At(), "Indexing over arrays requires an index of type \"int\" but the provided index was of type \"%s\".", index)
		}
	case "object":
		if !index.is("string") {
			m.errorf("BCP075", e.Index.At(), "Indexing over objects requires an index of type \"string\" but the provided index was of type \"%s\".", index)
		}
	default:
		if !index.is("string") && !index.is("int") {
			m.errorf("BCP049", e.Index.At(), "The array index must be of type \"string\" or \"int\" but the provided index was of type \"%s\".", index)
		}
	}
}

// checkAccess checks the base of x.name.
func (m *Model) checkAccess(e *syntax.Property) {
	t := m.TypeOf(e.Base)
	if t == nil || e.Safe {
		return
	}
	switch t.Base {
	case "string", "int", "bool", "null", "array":
		m.errorf("BCP055", e.Name.Span, "Cannot access properties of type \"%s\". An \"object\" type is required.", t)
	}
}

// hasError reports whether an error was found inside the span.
func (m *Model) hasError(at syntax.Span) bool {
	for _, d := range m.Diags {
		if d.Severity == diag.Error && d.Range.Start.Offset >= at.Start && d.Range.End.Offset <= at.End {
			return true
		}
	}
	return false
}

// checkReferences reports uses of declarations that are not valid themselves
// (BCP062); the declaration has its own error.
func (m *Model) checkReferences() {
	if !m.Diags.HasErrors() {
		return
	}
	bad := map[*Symbol]bool{}
	for _, s := range m.Symbols {
		switch d := s.Decl.(type) {
		case *syntax.VarDecl:
			bad[s] = m.hasError(d.Value.At())
		case *syntax.ParamDecl:
			bad[s] = d.Type != nil && m.hasError(d.Type.At())
		case *syntax.ResourceDecl:
			bad[s] = s.Resource.Type.Full == ""
		}
	}
	for use, s := range m.Uses {
		if bad[s] && s.Name != "" && !m.hasError(use.At()) {
			m.errorf("BCP062", use.At(), "The referenced declaration with name \"%s\" is not valid.", s.Name)
		}
	}
}
