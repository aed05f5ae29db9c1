package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// deconstruction gives the left side of (a, b) = x and var (a, b) = x; nil for all else.
func deconstruction(x *syntax.Assign) []syntax.Expr {
	if x.Op != "=" {
		return nil
	}
	return parts(x.X)
}

// parts are the places of (a, b) and var (a, b); nil for all else.
func parts(x syntax.Expr) []syntax.Expr {
	switch l := x.(type) {
	case *syntax.Tuple:
		return l.Items
	case *syntax.Call: // var (a, b)
		n, ok := l.Fn.(*syntax.Name)
		if !ok || n.Name != "var" {
			return nil
		}
		var list []syntax.Expr
		for _, a := range l.Args {
			name, ok := a.X.(*syntax.Name)
			if !ok {
				return nil
			}
			list = append(list, &syntax.Declaration{Span: name.Span, Type: &syntax.TypeRef{Span: n.Span, Name: "var"}, Name: *name})
		}
		return list
	}
	return nil
}

// deconstruct binds the assignment of v's parts to left. What can't be is reported at.
func (b *binder) deconstruct(v Expr, at, all syntax.Span, left []syntax.Expr) Expr {
	t := v.Type()
	problem := true
	switch {
	case isBad(v):
	case t.Kind != types.KindTuple:
		b.fail("CS8129", at, t.Name, len(left))
	case len(t.Args) != len(left):
		b.fail("CS8132", all, len(t.Args), len(left))
	default:
		problem = false
	}
	if problem {
		for _, l := range left { // what follows must know the variables
			if d, ok := l.(*syntax.Declaration); ok && d.Name.Name != "_" {
				b.declare(d.Name, types.Error)
			}
		}
		return bad()
	}
	out := &Deconstruct{typed: typed{t}, X: v}
	for i, l := range left {
		tmp := b.temp(t.Args[i])
		target, ok := b.part(l, t.Args[i])
		if !ok {
			return bad()
		}
		out.Targets = append(out.Targets, target)
		out.Vars = append(out.Vars, tmp)
		out.Convert = append(out.Convert, b.convert(&Local{typed: typed{tmp.Type}, Var: tmp}, target.Type, l.Pos()))
	}
	return out
}

// part binds one place of a deconstruction, which gets a value of type t.
func (b *binder) part(l syntax.Expr, t *types.Type) (Target, bool) {
	d, ok := l.(*syntax.Declaration)
	if !ok {
		target, ok := b.target(l, false)
		if target.Ignore {
			target.Type = t
		}
		return target, ok
	}
	if !d.Type.IsVar() {
		t = b.typ(d.Type)
	}
	if d.Name.Name == "_" {
		return Target{Ignore: true, Type: t}, true
	}
	v := b.declare(d.Name, t)
	v.Start = 0
	return Target{Var: v, Type: t, New: true}, true
}
