package sema

import (
	"gatehouse/internal/bicep/syntax"
)

// Type is what is known of a value's type without resource types: a primitive
// name, a literal's text, or any.
type Type struct {
	Base    string // string, int, bool, object, array, null, any, resource, module, error
	Literal string // of a literal: its text as written in a type, 'x' or 1
}

func (t *Type) String() string {
	if t == nil {
		return "error"
	}
	if t.Literal != "" {
		return t.Literal
	}
	return t.Base
}

// fits reports whether a value of type t may stand where want is declared. A
// resource or module is an object there.
func (t *Type) fits(want *Type) bool {
	switch {
	case want.Base == "any", t.Base == "any", want.Base == t.Base:
		return true
	case t.Base == "resource", t.Base == "module":
		return want.Base == "object"
	}
	return false
}

var anyType = &Type{Base: "any"}

// TypeOf infers the type of e, or any.
func (m *Model) TypeOf(e syntax.Expr) *Type {
	switch e := syntax.Unparen(e).(type) {
	case *syntax.StringLit:
		if text, ok := e.Text(); ok {
			return &Type{"string", "'" + text + "'"}
		}
		return &Type{Base: "string"}
	case *syntax.IntLit:
		return &Type{"int", formatUint(e.Value)}
	case *syntax.BoolLit:
		if e.Value {
			return &Type{"bool", "true"}
		}
		return &Type{"bool", "false"}
	case *syntax.NullLit:
		return &Type{Base: "null"}
	case *syntax.Object:
		return &Type{Base: "object"}
	case *syntax.Array:
		if len(e.Items) == 0 {
			return &Type{"array", "<empty array>"}
		}
		return &Type{Base: "array"}
	case *syntax.For:
		return &Type{Base: "array"}
	case *syntax.Unary:
		return m.unaryType(e)
	case *syntax.Binary:
		return m.binaryType(e)
	case *syntax.Ternary:
		a, b := m.TypeOf(e.Then), m.TypeOf(e.Else)
		if a.Base == b.Base {
			return &Type{Base: a.Base}
		}
		return anyType
	case *syntax.Call:
		return m.callType(e)
	case *syntax.Variable:
		return m.symbolType(m.Uses[e])
	case *syntax.Bad:
		return nil
	}
	return anyType
}

func (m *Model) unaryType(e *syntax.Unary) *Type {
	if e.Op == syntax.Not {
		return &Type{Base: "bool"}
	}
	if i, ok := e.X.(*syntax.IntLit); ok && e.Op == syntax.Minus {
		return &Type{"int", "-" + formatUint(i.Value)}
	}
	return &Type{Base: "int"}
}

func (m *Model) binaryType(e *syntax.Binary) *Type {
	switch e.Op {
	case syntax.Plus, syntax.Minus, syntax.Star, syntax.Slash, syntax.Percent:
		return &Type{Base: "int"}
	case syntax.Coalesce:
		a, b := m.TypeOf(e.X), m.TypeOf(e.Y)
		if a != nil && b != nil && a.Base == b.Base {
			return &Type{Base: a.Base}
		}
		return anyType
	}
	return &Type{Base: "bool"}
}

func (m *Model) callType(e *syntax.Call) *Type {
	if m.Uses[e] != nil {
		return anyType
	}
	f, ok := FunctionByName(e.Name.Name)
	if !ok || f.Returns == "" {
		return anyType
	}
	return &Type{Base: f.Returns}
}

func (m *Model) symbolType(s *Symbol) *Type {
	if s == nil {
		return nil
	}
	switch s.Kind {
	case ResourceKind:
		if s.Resource.Collection() {
			return &Type{Base: "array"}
		}
		return &Type{Base: "resource", Literal: s.Resource.Type.Full + "@" + s.Resource.Type.Version}
	case ModuleKind:
		return &Type{Base: "module"}
	case Param:
		if d, ok := s.Decl.(*syntax.ParamDecl); ok {
			return m.declaredType(d.Type)
		}
	}
	return anyType
}

// declaredType reduces a type expression to its base.
func (m *Model) declaredType(t syntax.TypeExpr) *Type {
	switch t := t.(type) {
	case *syntax.TypeName:
		if m.TypeUses[t] == nil && ambientTypes[t.Name.Name] {
			return &Type{Base: t.Name.Name}
		}
	case *syntax.TypeArray, *syntax.TypeTuple:
		return &Type{Base: "array"}
	case *syntax.TypeObject:
		return &Type{Base: "object"}
	case *syntax.TypeLiteral:
		if _, null := t.Value.(*syntax.NullLit); !null {
			return m.TypeOf(t.Value)
		}
	case *syntax.TypeParen:
		return m.declaredType(t.X)
	}
	return anyType
}
