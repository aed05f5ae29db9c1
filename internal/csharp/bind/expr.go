package bind

import (
	"gatehouse/internal/csharp/arith"
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// value binds an expression that must have a value.
func (b *binder) value(x syntax.Expr) Expr {
	o := b.operand(x)
	return b.valueOf(o, x.Pos())
}

func (b *binder) valueOf(o operand, at syntax.Span) Expr {
	switch {
	case o.ns != "":
		b.fail("CS0119", at, o.ns, "namespace")
		return bad()
	case o.typ != nil:
		b.fail("CS0119", at, o.typ.Name, "type")
		return bad()
	}
	return o.x
}

// natural is value for places that need a type: no lambda, method group, null or void.
func (b *binder) natural(x syntax.Expr, at syntax.Span) Expr {
	v := b.value(x)
	switch t := v.Type(); {
	case t == types.NullT:
		b.fail("CS0815", at, "<null>")
	case t.Kind == types.KindVoid:
		b.fail("CS0815", at, t.Name)
	default:
		return v
	}
	return bad()
}

// expr binds every expression but names, members and types, which operand does.
func (b *binder) expr(x syntax.Expr) Expr {
	b.work(x.Pos())
	switch x := x.(type) {
	case *syntax.Literal:
		return b.literal(x)
	case *syntax.Paren:
		return b.value(x.X)
	case *syntax.Interpolated:
		return b.interpolated(x)
	case *syntax.Call:
		return b.call(x)
	case *syntax.Index:
		return b.index(x)
	case *syntax.Conditional:
		return b.conditional(x)
	case *syntax.Bound:
		v := b.bound[len(b.bound)-1]
		return &Local{typed: typed{v.Type}, Var: b.use(v)}
	case *syntax.Unary:
		return b.unary(x)
	case *syntax.Binary:
		return b.binary(x)
	case *syntax.Assign:
		return b.assign(x)
	case *syntax.Ternary:
		return b.ternary(x)
	case *syntax.Cast:
		return b.cast(x)
	case *syntax.Is:
		return b.is(x)
	case *syntax.As:
		return b.as(x)
	case *syntax.Lambda:
		return &Group{typed{lambdaT}, &group{lambda: x, scope: b.scope, fn: b.fn}}
	case *syntax.New:
		return b.newObject(x)
	case *syntax.NewArray:
		return b.newArray(x)
	case *syntax.NewAnonymous:
		return b.newAnonymous(x)
	case *syntax.TypeOf:
		t := b.typ(x.Type)
		return b.typeOf(t)
	case *syntax.Default:
		if x.Type == nil {
			return &Const{typed{defaultT}, types.Null}
		}
		t := b.typ(x.Type)
		return &Const{typed{t}, t.Zero()}
	case *syntax.NameOf:
		return &Const{typed{types.String}, types.Str(b.nameOf(x.X))}
	case *syntax.Tuple:
		return b.tuple(x)
	case *syntax.ThrowExpr:
		return &Throw{typed{throwT}, b.exception(x.X)}
	case *syntax.Checked:
		defer b.overflow(x.On)()
		return b.value(x.X)
	case *syntax.Declaration:
		b.fail("CS1525", x.Type.Span, x.Type.Name)
		return bad()
	}
	b.failed = true
	return bad() // *syntax.Bad: the parser has reported it
}

// overflow enters checked or unchecked code and gives what leaves it.
func (b *binder) overflow(checked bool) func() {
	on, off := b.checked, b.unchecked
	b.checked, b.unchecked = checked, !checked
	return func() { b.checked, b.unchecked = on, off }
}

// typeOf makes the Type object through the registered member object.GetType's family.
func (b *binder) typeOf(t *types.Type) Expr {
	for _, m := range b.reg.Own(types.TypeT, "of") {
		return &Call{typed: typed{types.TypeT}, Member: m, Site: &types.Site{TypeArgs: []*types.Type{t}, Result: types.TypeT}}
	}
	return bad()
}

func (b *binder) nameOf(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Name:
		if o := b.operand(x); o.x != nil && isBad(o.x) {
			return ""
		}
		return x.Name
	case *syntax.Member:
		if o := b.operand(x); o.x != nil && isBad(o.x) {
			return ""
		}
		return x.Name.Name
	case *syntax.TypeExpr:
		return x.Type.Name
	}
	b.fail("CS8081", x.Pos())
	return ""
}

func (b *binder) interpolated(x *syntax.Interpolated) Expr {
	out := &Interpolate{typed: typed{types.String}}
	for _, p := range x.Parts {
		if p.X == nil {
			out.Parts = append(out.Parts, Piece{Text: p.Text})
			continue
		}
		piece := Piece{X: b.boxed(p.X), Format: p.Format}
		if p.Align != nil {
			a := b.convert(b.value(p.Align), types.Int32, p.Align.Pos())
			if c, ok := a.(*Const); ok {
				piece.Align = c.Value.Int()
			} else if !isBad(a) {
				b.fail("CS0150", p.Align.Pos())
			}
		}
		out.Parts = append(out.Parts, piece)
	}
	if len(out.Parts) == 0 {
		return &Const{typed{types.String}, types.Str("")}
	}
	return out
}

// boxed binds what is made a string: anything that converts to object.
func (b *binder) boxed(x syntax.Expr) Expr { return b.convert(b.value(x), types.ObjectT, x.Pos()) }

func (b *binder) cast(x *syntax.Cast) Expr {
	t := b.typ(x.Type)
	v := b.value(x.X)
	if isBad(v) || t.Kind == types.KindError {
		return same(bad(), t)
	}
	if c, ok := v.(*Const); ok && !b.unchecked && t.IsIntegral() && b.outOfRange(c, t) {
		b.fail("CS0221", x.Span, (&types.Run{Types: b.reg}).Text(c.Value), t.Name)
		return same(bad(), t)
	}
	if y := b.explicit(v, t); y != nil {
		return y
	}
	switch {
	case v.Type() == types.NullT:
		b.fail("CS0037", x.Span, t.Name)
	case v.Type() == lambdaT, v.Type() == groupT:
		b.reportConversion(v, t, x.Span)
	default:
		b.fail("CS0030", x.Span, types.Qualified(v.Type()), types.Qualified(t))
	}
	return same(bad(), t)
}

// outOfRange reports whether a constant number does not fit a type of whole numbers.
func (b *binder) outOfRange(c *Const, t *types.Type) bool {
	if c.T.IsIntegral() {
		return !arith.Fits(t, c.Value)
	}
	if c.T != types.DoubleT && c.T != types.SingleT {
		return false
	}
	_, ok := b.fold(func(r *types.Run) types.Value { return arith.Convert(c.T, t, true)(r, c.Value) })
	return !ok
}

func (b *binder) as(x *syntax.As) Expr {
	v, t := b.value(x.X), b.typ(x.Type)
	if isBad(v) || t.Kind == types.KindError {
		return same(bad(), t)
	}
	if !t.CanBeNull() {
		b.fail("CS0077", x.Span, t.Name)
		return same(bad(), t)
	}
	if b.standardType(v.Type(), t) {
		return same(b.implicit(v, t), t)
	}
	if !b.mayBe(v.Type(), t) {
		b.fail("CS0039", x.Span, types.Qualified(v.Type()), types.Qualified(t))
	}
	return &As{typed{t}, v}
}

// mayBe reports whether a value of type from can be one of t at run time.
func (b *binder) mayBe(from, t *types.Type) bool {
	if from == types.NullT {
		return t.CanBeNull()
	}
	return b.standardType(from, t) || b.standardExplicit(&Local{typed: typed{from}}, t) != nil && !(isNumber(from) && isNumber(t) && from != t)
}

func (b *binder) ternary(x *syntax.Ternary) Expr {
	c := b.condition(x.C)
	v, w := b.value(x.X), b.value(x.Y)
	if isBad(v) || isBad(w) {
		return bad()
	}
	t := b.commonOf(v, w)
	if t == nil {
		b.fail("CS0173", x.Span, v.Type().Name, w.Type().Name)
		return bad()
	}
	return &Ternary{typed{t}, c, b.convert(v, t, x.X.Pos()), b.convert(w, t, x.Y.Pos())}
}

// commonOf is the type of ?: by its two results.
func (b *binder) commonOf(v, w Expr) *types.Type {
	s, t := v.Type(), w.Type()
	hasS, hasT := s != types.NullT && s.Kind != types.KindVoid, t != types.NullT && t.Kind != types.KindVoid
	if s == t && hasS {
		return s
	}
	if s == throwT && hasT {
		return t
	}
	if t == throwT && hasS {
		return s
	}
	toT, toS := hasT && b.implicit(v, t) != nil, hasS && b.implicit(w, s) != nil
	switch {
	case toT && !toS:
		return t
	case toS && !toT:
		return s
	case toS && toT: // both ways: constants; the wider of the two
		if b.standardType(s, t) {
			return t
		}
		return s
	}
	return nil
}

func (b *binder) condition(x syntax.Expr) Expr {
	v := b.value(x)
	if v.Type() == types.Boolean || isBad(v) {
		return v
	}
	return b.convert(v, types.Boolean, x.Pos())
}

func (b *binder) exception(x syntax.Expr) Expr {
	v := b.value(x)
	if !isBad(v) && v.Type() != types.NullT && !b.reg.Derives(v.Type(), types.ExceptionT) {
		b.fail("CS0029", x.Pos(), v.Type().Name, "System.Exception")
	}
	return v
}

func (b *binder) tuple(x *syntax.Tuple) Expr {
	out := &NewTuple{}
	labels := make([]string, len(x.Items))
	args := make([]*types.Type, len(x.Items))
	for i, item := range x.Items {
		v := b.natural(item, item.Pos())
		out.Items = append(out.Items, v)
		args[i], labels[i] = v.Type(), x.Names[i]
		if labels[i] == "" { // C# 7.1 infers names
			switch n := item.(type) {
			case *syntax.Name:
				labels[i] = n.Name
			case *syntax.Member:
				labels[i] = n.Name.Name
			}
		}
	}
	if len(x.Items) < 2 {
		b.failed = true
		b.fail("CS1525", x.Span, ")")
		return bad()
	}
	out.T = b.reg.Tuple(args, labels)
	return out
}

func (b *binder) unary(x *syntax.Unary) Expr {
	if x.Op == "++" || x.Op == "--" {
		return b.increment(x)
	}
	if lit, ok := x.X.(*syntax.Literal); ok && x.Op == "-" && lit.Kind == syntax.NumberLiteral {
		if v := b.negative(lit); v != nil {
			return v
		}
	}
	v := b.value(x.X)
	if isBad(v) {
		return v
	}
	return b.unaryOf(x.Op, v, x.Span)
}

func (b *binder) unaryOf(op string, v Expr, at syntax.Span) Expr {
	t := v.Type()
	lifted := t.Kind == types.KindNullable
	u := t.Underlying()
	if m := b.unaryOperator(op, u); m != nil {
		return b.folded(&Call{typed: typed{m.Result}, Member: m, Args: []Expr{v}, Site: &types.Site{Receiver: u, Result: m.Result}}, at)
	}
	var result *types.Type
	switch {
	case op == "!" && u == types.Boolean, op == "~" && u.Kind == types.KindEnum:
		result = u
	case op == "!" || u == types.Decimal:
	case op != "~" && (u == types.DoubleT || u == types.SingleT):
		result = u
	case u.IsIntegral():
		result = promoteUnary(op, u)
	}
	if result == nil {
		b.fail("CS0023", at, op, t.Name)
		return bad()
	}
	if lifted {
		x := b.convert(v, b.reg.Nullable(result), at)
		return &Unary{typed: typed{b.reg.Nullable(result)}, Op: op, X: x, Lifted: true, Checked: b.checked}
	}
	if result != u {
		v = b.numeric(v, result)
	}
	if c, ok := v.(*Const); ok {
		if folded, ok := b.fold(func(r *types.Run) types.Value { return arith.Unary(op, result, b.checked)(r, c.Value) }); ok {
			return &Const{typed{result}, folded}
		}
	}
	return &Unary{typed: typed{result}, Op: op, X: v, Checked: b.checked}
}

func promoteUnary(op string, t *types.Type) *types.Type {
	switch t.Kind {
	case types.KindUInt32:
		if op == "-" {
			return types.Int64
		}
		return t
	case types.KindInt64:
		return t
	case types.KindUInt64:
		if op == "-" {
			return nil
		}
		return t
	}
	return types.Int32
}

func (b *binder) unaryOperator(op string, t *types.Type) *types.Member {
	for _, m := range b.reg.Own(t, "operator "+op) {
		if len(m.Params) == 1 {
			return m
		}
	}
	return nil
}
