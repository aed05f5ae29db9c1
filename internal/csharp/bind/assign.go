package bind

import (
	"strings"

	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) increment(x *syntax.Unary) Expr {
	target, ok := b.target(x.X, true)
	if !ok {
		return bad()
	}
	old := b.temp(target.Type)
	one := Expr(&Const{typed{types.Int32}, types.Int(1)})
	v := b.binaryOf(x.Op[:1], &Local{typed: typed{target.Type}, Var: old}, one, x.Span)
	if isBad(v) {
		return v
	}
	next := b.explicit(v, target.Type)
	if next == nil {
		b.fail("CS0023", x.Span, x.Op, target.Type.Name)
		return bad()
	}
	return &Modify{typed{target.Type}, target, old, next, x.Post}
}

func (b *binder) assign(x *syntax.Assign) Expr {
	if d := deconstruction(x); d != nil {
		return b.deconstruct(b.value(x.Y), x.Y.Pos(), x.Span, d)
	}
	if x.Op != "=" {
		return b.compound(x)
	}
	target, ok := b.target(x.X, false)
	v := b.value(x.Y)
	if !ok {
		return bad()
	}
	if target.Ignore {
		return &Assign{typed{v.Type()}, target, v}
	}
	return &Assign{typed{target.Type}, target, b.convert(v, target.Type, x.Y.Pos())}
}

func (b *binder) compound(x *syntax.Assign) Expr {
	target, ok := b.target(x.X, true)
	y := b.value(x.Y)
	if !ok || isBad(y) {
		return bad()
	}
	old := b.temp(target.Type)
	op := strings.TrimSuffix(x.Op, "=")
	v := b.binaryOf(op, &Local{typed: typed{target.Type}, Var: old}, y, x.Span)
	if isBad(v) {
		return v
	}
	next := b.implicit(v, target.Type)
	if next == nil && b.implicit(y, target.Type) != nil {
		next = b.explicit(v, target.Type)
	}
	if next == nil {
		b.reportConversion(v, target.Type, x.Span)
		return bad()
	}
	return &Modify{typed{target.Type}, target, old, next, false}
}

// target binds what stands to the left of an assignment; read says that it is also read.
func (b *binder) target(x syntax.Expr, read bool) (Target, bool) {
	if p, ok := x.(*syntax.Paren); ok {
		return b.target(p.X, read)
	}
	if n, ok := x.(*syntax.Name); ok && n.Name == "_" && !read && b.lookup("_") == nil {
		return Target{Ignore: true}, true
	}
	at := x.Pos()
	v := b.valueOf(b.operandFor(x, !read), at)
	switch v := v.(type) {
	case *Local:
		if v.Var.ReadOnly != "" {
			b.fail("CS1656", at, v.Var.Name, v.Var.ReadOnly)
			return Target{}, false
		}
		return Target{Var: v.Var, Type: v.T}, true
	case *Element:
		return Target{Array: v.X, Index: v.Index, Type: v.T}, true
	case *Call:
		if v.Member.Kind != types.Property && v.Member.Kind != types.Indexer {
			break
		}
		if v.Member.Set == nil {
			b.fail("CS0200", at, v.Member.Owner.Name+"."+v.Member.Name)
			return Target{}, false
		}
		return Target{Member: v.Member, Site: v.Site, Recv: v.Recv, Args: v.Args, Type: v.T}, true
	case *Host:
		b.fail("CS1604", at, "context")
		return Target{}, false
	case *Const:
		if isBad(v) {
			return Target{}, false
		}
	}
	if !isBad(v) {
		b.fail("CS0131", at)
	}
	return Target{}, false
}
