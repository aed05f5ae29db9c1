package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// argument is a bound argument of a call.
type argument struct {
	x    Expr
	mode string
	name string
	at   syntax.Span
	out  *syntax.Declaration // out var x: its type comes from the parameter
	dst  Target
}

// args binds the arguments of a call; nil when one is wrong.
func (b *binder) args(list []syntax.Arg) []argument {
	out := make([]argument, 0, len(list))
	ok := true
	named := false
	for _, a := range list {
		arg := argument{mode: a.Mode, at: a.X.Pos()}
		if a.Name != nil {
			arg.name, named = a.Name.Name, true
		} else if named {
			b.fail("CS1738", a.X.Pos())
		}
		switch d, isDecl := a.X.(*syntax.Declaration); {
		case isDecl && a.Mode == "out":
			arg.out = d
			if d.Type.IsVar() {
				arg.x = &Group{typed{defaultT}, nil}
			} else {
				arg.x = &Local{typed: typed{b.typ(d.Type)}}
			}
		case a.Mode != "":
			arg.dst, isDecl = b.target(a.X, a.Mode == "ref")
			if !isDecl {
				ok = false
				continue
			}
			if arg.dst.Ignore {
				arg.x = &Group{typed{defaultT}, nil}
			} else {
				arg.x = &Local{typed: typed{arg.dst.Type}, Var: arg.dst.Var}
				if arg.dst.Member != nil {
					b.fail("CS1510", arg.at)
				}
			}
		default:
			arg.x = b.value(a.X)
		}
		if isBad(arg.x) {
			ok = false
		}
		if arg.x.Type().Kind == types.KindVoid && arg.x.Type() == types.Void {
			b.fail("CS1503", arg.at, len(out)+1, "void", "object")
			ok = false
		}
		out = append(out, arg)
	}
	if !ok {
		for i, a := range list { // what follows must know the variables that out would have declared
			if d, isDecl := a.X.(*syntax.Declaration); isDecl && i < len(out) {
				b.declare(d.Name, types.Error)
			}
		}
		return nil
	}
	return out
}

func (b *binder) call(x *syntax.Call) Expr {
	if m, ok := x.Fn.(*syntax.Member); ok {
		b.invoked = m
	}
	fn := b.valueOf(b.operand(x.Fn), x.Fn.Pos())
	args := b.args(x.Args)
	if isBad(fn) || args == nil && len(x.Args) > 0 {
		return bad()
	}
	g, ok := fn.(*Group)
	if !ok {
		return b.invoke(fn, args, x)
	}
	if g.group == nil || g.group.lambda != nil {
		b.fail("CS0149", x.Fn.Pos())
		return bad()
	}
	c := b.resolve(g.group, args, nil)
	if c == nil {
		b.reportCall(g.group, args, g.group.at)
		b.declareOuts(args)
		return bad()
	}
	return b.makeCall(g.group, c)
}

func (b *binder) declareOuts(args []argument) {
	for _, a := range args {
		if a.out != nil && a.out.Name.Name != "_" {
			t := types.Error
			if !a.out.Type.IsVar() {
				t = a.x.Type()
			}
			b.declare(a.out.Name, t)
		}
	}
}

// invoke calls a delegate.
func (b *binder) invoke(fn Expr, args []argument, x *syntax.Call) Expr {
	params, result, ok := b.reg.Signature(fn.Type())
	if !ok {
		if m, isMember := x.Fn.(*syntax.Member); isMember {
			b.fail("CS1955", m.Name.Span, m.Name.Name)
		} else {
			b.fail("CS0149", x.Fn.Pos())
		}
		return bad()
	}
	if len(params) != len(args) {
		b.fail("CS1593", x.Span, fn.Type().Name, len(args))
		return bad()
	}
	out := &Invoke{typed: typed{result}, Fn: fn}
	for i, a := range args {
		if y := b.implicit(a.x, params[i]); y != nil {
			out.Args = append(out.Args, y)
			continue
		}
		b.reportArgument(i, a, params[i])
		return bad()
	}
	return out
}

// makeCall makes the call of the candidate that was chosen.
func (b *binder) makeCall(g *group, c *candidate) Expr {
	m := c.member
	if c.rival != nil && g.at.End > 0 {
		b.fail("CS0121", g.at, (&syntaxName{m}).String(), (&syntaxName{c.rival.member}).String())
		return bad()
	}
	result := b.memberType(m.Result, c.owner)
	result = b.reg.Substitute(result, m.TypeParams, c.typeArgs)
	if m.Kind == types.Constructor {
		result = c.owner
	}
	site := &types.Site{TypeArgs: c.typeArgs, Receiver: c.owner, Result: result}
	call := &Call{typed: typed{result}, Member: m, Site: site}
	if g.recv != nil && !c.ext {
		call.Recv = g.recv
	}
	call.Args = make([]Expr, len(m.Params))
	var rest []Expr
	for i, a := range c.args {
		k := c.place[i]
		t := c.params[k]
		switch {
		case a.mode != "":
			call.Args[k] = b.outArg(a, t)
			call.Outs = append(call.Outs, k)
		case c.expanded && k == len(m.Params)-1:
			rest = append(rest, b.convert(a.x, t, a.at))
		default:
			call.Args[k] = b.convert(a.x, t, a.at)
		}
	}
	site.Params = c.params
	for k, p := range m.Params {
		switch {
		case call.Args[k] != nil:
		case c.expanded && k == len(m.Params)-1:
			call.Args[k] = &NewArray{typed: typed{b.reg.Array(c.params[k])}, Items: rest}
		default:
			call.Args[k] = &Const{typed{c.params[k]}, defaultArg(p, c.params[k])}
		}
	}
	if g.routine != nil {
		return b.callRoutine(g.routine, call)
	}
	return call
}

func defaultArg(p types.Param, t *types.Type) types.Value {
	if p.Default.IsNull() {
		return t.Zero()
	}
	return p.Default
}

// outArg is where the call writes to; compile reads its Target.
func (b *binder) outArg(a argument, t *types.Type) Expr {
	target := a.dst
	switch {
	case a.out != nil && a.out.Name.Name == "_", target.Ignore:
		target = Target{Ignore: true, Type: t}
	case a.out != nil:
		v := b.declare(a.out.Name, t)
		target = Target{Var: v, Type: t, New: true}
		v.Start = 0
	}
	return &Out{typed{t}, target, a.mode == "ref"}
}
