package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) is(x *syntax.Is) Expr {
	v := b.value(x.X)
	if v.Type().Kind == types.KindVoid {
		b.fail("CS0023", x.Span, "is", v.Type().Name)
		return bad()
	}
	p := b.pattern(x.Pattern, v.Type())
	return &Is{typed{types.Boolean}, v, p}
}

// pattern binds what stands after is or case, for an operand of type t.
func (b *binder) pattern(p syntax.Pattern, t *types.Type) Pattern {
	switch p := p.(type) {
	case *syntax.TypePattern:
		return b.typePattern(p, t)
	case *syntax.ConstantPattern:
		var o operand
		if b.isTypeName(p.X) {
			o = b.operand(p.X)
		}
		if o.typ != nil {
			return Pattern{Type: o.typ}
		}
		v := b.value(p.X)
		if isBad(v) {
			return Pattern{}
		}
		return b.constantPattern(v, t, p.Span)
	}
	return Pattern{}
}

// isTypeName reports whether x names a type here, without reporting anything.
func (b *binder) isTypeName(x syntax.Expr) bool {
	found := false
	if isDotted(x) {
		b.trial(func() { found = b.operand(x).typ != nil })
	}
	return found
}

// isDotted reports whether x is made of names and dots only.
func isDotted(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Name, *syntax.TypeExpr:
		return true
	case *syntax.Member:
		return isDotted(x.X)
	}
	return false
}

func (b *binder) constantPattern(v Expr, t *types.Type, at syntax.Span) Pattern {
	if v.Type() == types.NullT {
		return Pattern{Const: &types.Null}
	}
	if t != types.ObjectT && t.Kind != types.KindInterface {
		v = b.convert(v, t.Underlying(), at)
	}
	c, ok := v.(*Const)
	if !ok {
		if !isBad(v) {
			b.fail("CS0150", at)
		}
		return Pattern{}
	}
	return Pattern{Const: &c.Value}
}

func (b *binder) typePattern(p *syntax.TypePattern, t *types.Type) Pattern {
	var out Pattern
	if p.Type.IsVar() && p.Name != nil && b.reg.Lookup("var", 0) == nil {
		out.Any = true
		if p.Name.Name != "_" {
			out.Var = b.declare(*p.Name, t)
		}
		return out
	}
	want := b.typ(p.Type)
	out.Type = want
	if p.Name != nil {
		b.mayMatch(t, want, p.Type.Span)
	}
	if p.Name != nil && p.Name.Name != "_" {
		out.Var = b.declare(*p.Name, want)
	}
	return out
}

// mayMatch refuses a pattern that no value of type t matches. A mere test, x is T, may be false always.
func (b *binder) mayMatch(t, want *types.Type, at syntax.Span) {
	if want != nil && want.Kind != types.KindError && t.Kind != types.KindError && !b.mayBe(t, want) {
		b.fail("CS8121", at, t.Name, want.Name)
	}
}
