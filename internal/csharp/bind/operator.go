package bind

import (
	"gatehouse/internal/csharp/arith"
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) binary(x *syntax.Binary) Expr {
	if x.Op == "??" {
		return b.coalesce(x)
	}
	// A chain of + is deep on the left only: walk it, so that long concatenations are no recursion.
	v, w := b.value(x.X), b.value(x.Y)
	if isBad(v) || isBad(w) {
		return bad()
	}
	if x.Op == "&&" || x.Op == "||" {
		if v.Type() != types.Boolean || w.Type() != types.Boolean {
			if y, z := b.implicit(v, types.Boolean), b.implicit(w, types.Boolean); y != nil && z != nil {
				return &Logic{typed{types.Boolean}, x.Op == "&&", y, z}
			}
			b.fail("CS0019", x.Span, x.Op, v.Type().Name, w.Type().Name)
			return bad()
		}
		return b.logic(x.Op == "&&", v, w)
	}
	return b.binaryOf(x.Op, v, w, x.Span)
}

func (b *binder) logic(and bool, v, w Expr) Expr {
	c, okC := v.(*Const)
	d, okD := w.(*Const)
	if okC && okD {
		r := c.Value.Bool() && d.Value.Bool()
		if !and {
			r = c.Value.Bool() || d.Value.Bool()
		}
		return &Const{typed{types.Boolean}, types.Bool(r)}
	}
	return &Logic{typed{types.Boolean}, and, v, w}
}

func (b *binder) coalesce(x *syntax.Binary) Expr {
	v, w := b.value(x.X), b.value(x.Y)
	if isBad(v) || isBad(w) {
		return bad()
	}
	t := v.Type()
	if t == types.NullT && w.Type().Kind != types.KindVoid {
		return w
	}
	switch {
	case !t.CanBeNull():
	case t.Kind == types.KindNullable && b.implicit(w, t.Elem) != nil:
		return &Coalesce{typed{t.Elem}, v, b.convert(w, t.Elem, x.Y.Pos())}
	case b.implicit(w, t) != nil:
		return &Coalesce{typed{t}, v, b.convert(w, t, x.Y.Pos())}
	case w.Type().Kind != types.KindVoid && b.standardType(t.Underlying(), w.Type()):
		return &Coalesce{typed{w.Type()}, b.convert(v, w.Type(), x.X.Pos()), w}
	}
	b.fail("CS0019", x.Span, "??", t.Name, w.Type().Name)
	return bad()
}

// binaryOf binds an operator on two bound operands.
func (b *binder) binaryOf(op string, v, w Expr, at syntax.Span) Expr {
	s, t := v.Type(), w.Type()
	var out Expr
	switch {
	case s.Kind == types.KindVoid || t.Kind == types.KindVoid:
		if s == defaultT && t.Kind != types.KindVoid && (op == "==" || op == "!=") {
			return b.binaryOf(op, b.implicit(v, t), w, at)
		}
		if t == defaultT && s.Kind != types.KindVoid && (op == "==" || op == "!=") {
			return b.binaryOf(op, v, b.implicit(w, s), at)
		}
	case op == "+" && (s == types.String || t == types.String):
		return b.concat(v, w)
	default:
		out = b.builtin(op, v, w, at)
		if out == nil {
			out = b.userOperator(op, v, w, at)
		}
		if out == nil && (op == "==" || op == "!=") {
			out = b.reference(op, v, w)
		}
	}
	if out == nil {
		b.fail("CS0019", at, op, s.Name, t.Name)
		return bad()
	}
	return out
}

func (b *binder) concat(v, w Expr) Expr {
	c, okC := v.(*Const)
	d, okD := w.(*Const)
	if okC && okD && (c.Value.IsNull() || c.T == types.String) && (d.Value.IsNull() || d.T == types.String) {
		return &Const{typed{types.String}, types.Str(types.Join(c.Value.Str(), d.Value.Str()))}
	}
	out := &Concat{typed: typed{types.String}}
	if l, ok := v.(*Concat); ok {
		out.Parts = append(out.Parts, l.Parts...)
	} else {
		out.Parts = append(out.Parts, same(v, types.ObjectT))
	}
	out.Parts = append(out.Parts, same(w, types.ObjectT))
	return out
}

// builtin binds the language's own operators; nil when none fits.
func (b *binder) builtin(op string, v, w Expr, at syntax.Span) Expr {
	s, t := v.Type().Underlying(), w.Type().Underlying()
	lifted := v.Type().Kind == types.KindNullable || w.Type().Kind == types.KindNullable
	equality := op == "==" || op == "!="
	if equality && (v.Type() == types.NullT || w.Type() == types.NullT) {
		if b.comparesToNull(op, v.Type()) && b.comparesToNull(op, w.Type()) {
			return &Binary{typed: typed{types.Boolean}, Op: op, X: v, Y: w, Operand: types.ObjectT}
		}
		return nil
	}
	if !equality {
		v, w = b.nullOperand(v, w.Type()), b.nullOperand(w, v.Type())
		s, t = v.Type().Underlying(), w.Type().Underlying()
		lifted = v.Type().Kind == types.KindNullable || w.Type().Kind == types.KindNullable
	}
	var operand *types.Type
	switch {
	case op == "<<" || op == ">>":
		return b.shift(op, v, w, lifted)
	case s == types.Boolean && t == types.Boolean && (equality || op == "&" || op == "|" || op == "^"):
		operand = types.Boolean
	case s == types.String && t == types.String && equality:
		operand = types.String
	case s.Kind == types.KindEnum || t.Kind == types.KindEnum:
		operand = b.enumOperand(op, v, w)
	case isNumber(s) && isNumber(t):
		operand = promote(v, w)
		if operand == nil {
			b.fail("CS0034", at, op, v.Type().Name, w.Type().Name)
			return bad()
		}
		if operand == types.DoubleT || operand == types.SingleT {
			if op == "&" || op == "|" || op == "^" {
				return nil
			}
		}
	}
	if operand == nil {
		return nil
	}
	return b.apply(op, operand, v, w, lifted, at)
}

// nullOperand makes the null beside a number or bool the null of its nullable type, whose operators
// are lifted: (int?)x > null is allowed and false (C# specification 12.4.8).
func (b *binder) nullOperand(x Expr, other *types.Type) Expr {
	if u := other.Underlying(); x.Type() == types.NullT && (isNumber(u) || u == types.Boolean) {
		return &Const{typed{b.reg.Nullable(u)}, types.Null}
	}
	return x
}

// comparesToNull reports whether t == null is allowed: also for a value type that has the
// operator, which then compares as its nullable form (C# specification 12.12.10).
func (b *binder) comparesToNull(op string, t *types.Type) bool {
	return t.CanBeNull() || isNumber(t) || t == types.Boolean || t.Kind == types.KindEnum || len(b.reg.Own(t, "operator "+op)) > 0
}

func (b *binder) apply(op string, operand *types.Type, v, w Expr, lifted bool, at syntax.Span) Expr {
	f := arith.Binary(op, operand, b.checked)
	if f == nil {
		return nil
	}
	result := operand
	switch op {
	case "==", "!=", "<", ">", "<=", ">=":
		result = types.Boolean
	}
	if lifted {
		n := b.reg.Nullable(operand)
		x, y := b.implicit(v, n), b.implicit(w, n)
		if x == nil || y == nil {
			return nil
		}
		if result == types.Boolean && operand != types.Boolean || op == "==" || op == "!=" {
			return &Binary{typed: typed{types.Boolean}, Op: op, X: x, Y: y, Operand: operand, Lifted: true, Checked: b.checked}
		}
		return &Binary{typed: typed{b.reg.Nullable(result)}, Op: op, X: x, Y: y, Operand: operand, Lifted: true, Checked: b.checked}
	}
	x, y := b.toOperand(v, operand), b.toOperand(w, operand)
	if op == "-" && operand.Kind == types.KindEnum && v.Type() == w.Type() {
		result = types.Int32
	}
	c, okC := x.(*Const)
	d, okD := y.(*Const)
	if okD && (op == "/" || op == "%") && operand.IsIntegral() && d.Value.Bits() == 0 {
		b.fail("CS0020", at)
		return bad()
	}
	if okC && okD {
		exact := arith.Binary(op, operand, operand.IsIntegral() && !b.unchecked) // constants are computed checked
		if folded, ok := b.fold(func(r *types.Run) types.Value { return exact(r, c.Value, d.Value) }); ok {
			return &Const{typed{result}, folded}
		}
		b.fail("CS0220", at)
		return bad()
	}
	return &Binary{typed: typed{result}, Op: op, X: x, Y: y, Operand: operand, Checked: b.checked}
}

func (b *binder) toOperand(x Expr, t *types.Type) Expr {
	if x.Type() == t {
		return x
	}
	if isNumber(x.Type()) && isNumber(t) {
		return b.numeric(x, t)
	}
	return same(x, t)
}

func (b *binder) shift(op string, v, w Expr, lifted bool) Expr {
	s, t := v.Type().Underlying(), w.Type().Underlying()
	if !s.IsIntegral() || !t.IsIntegral() || lifted || b.implicit(w, types.Int32) == nil {
		return nil
	}
	operand := promoteUnary("~", s)
	x, y := b.numeric(v, operand), b.implicit(w, types.Int32)
	c, okC := x.(*Const)
	d, okD := y.(*Const)
	if okC && okD {
		return &Const{typed{operand}, arith.Binary(op, operand, false)(&types.Run{Types: b.reg}, c.Value, d.Value)}
	}
	return &Binary{typed: typed{operand}, Op: op, X: x, Y: y, Operand: operand}
}

// enumOperand is the enum that op works on: both of one type, or the other the constant 0;
// + and - also take a number.
func (b *binder) enumOperand(op string, v, w Expr) *types.Type {
	s, t := v.Type().Underlying(), w.Type().Underlying()
	switch {
	case s == t:
		if op == "+" {
			return nil
		}
		return s
	case s.Kind == types.KindEnum && (b.constant(w, s) != nil || (op == "+" || op == "-") && t.IsIntegral()):
		return s
	case t.Kind == types.KindEnum && (b.constant(v, t) != nil || op == "+" && s.IsIntegral()):
		return t
	}
	return nil
}

// promote is binary numeric promotion; C# specification 12.4.7.3. nil: ulong with a signed type.
func promote(v, w Expr) *types.Type {
	s, t := v.Type().Underlying(), w.Type().Underlying()
	has := func(k *types.Type) bool { return s == k || t == k }
	switch {
	case has(types.DoubleT):
		return types.DoubleT
	case has(types.SingleT):
		return types.SingleT
	case has(types.UInt64):
		if negative(v) || negative(w) {
			return nil
		}
		return types.UInt64
	case has(types.Int64):
		return types.Int64
	case has(types.UInt32):
		if signed(s) && !positive(v) || signed(t) && !positive(w) {
			return types.Int64
		}
		return types.UInt32
	}
	return types.Int32
}

func signed(t *types.Type) bool {
	return t == types.SByte || t == types.Int16 || t == types.Int32 || t == types.Int64
}

func positive(x Expr) bool {
	c, ok := x.(*Const)
	return ok && c.Value.Long() >= 0
}

// negative reports whether x may be negative, so that it has no type in common with ulong.
func negative(x Expr) bool { return signed(x.Type().Underlying()) && !positive(x) }

// userOperator finds an operator that the types of the library declare.
func (b *binder) userOperator(op string, v, w Expr, at syntax.Span) Expr {
	var members []*types.Member
	var owners []*types.Type
	seen := map[*types.Type]bool{}
	for _, x := range []Expr{v, w} {
		for t := x.Type().Underlying(); t != nil && !seen[t]; t = b.reg.Base(t) {
			seen[t] = true
			for _, m := range b.reg.Own(t, "operator "+op) {
				if len(m.Params) == 2 {
					members, owners = append(members, m), append(owners, t)
				}
			}
		}
	}
	if len(members) == 0 {
		return nil
	}
	g := &group{name: op, members: members, owners: owners}
	if c := b.resolve(g, []argument{{x: v}, {x: w}}, nil); c != nil {
		return b.folded(b.makeCall(g, c), at)
	}
	if v.Type().Kind != types.KindNullable && w.Type().Kind != types.KindNullable {
		return nil
	}
	x, y := same(v, v.Type().Underlying()), same(w, w.Type().Underlying())
	c := b.resolve(g, []argument{{x: x}, {x: y}}, nil)
	if c == nil {
		return nil
	}
	call := b.makeCall(g, c).(*Call)
	if call.T == types.Boolean {
		return &LiftedCall{typed{types.Boolean}, call, true}
	}
	return &LiftedCall{typed{b.reg.Nullable(call.T)}, call, false}
}

// folded computes an operator on constant decimals: they are constants of the language,
// although their operators are the library's.
func (b *binder) folded(x Expr, at syntax.Span) Expr {
	call, ok := x.(*Call)
	if !ok || call.Member.Owner != types.Decimal {
		return x
	}
	args := make([]types.Value, len(call.Args))
	for i, a := range call.Args {
		c, ok := b.constantOf(a)
		if !ok {
			return x
		}
		args[i] = c
	}
	if name := call.Member.Name; (name == "operator /" || name == "operator %") && args[1].Decimal().Sign() == 0 {
		b.fail("CS0020", at)
		return bad()
	}
	v, ok := b.fold(func(r *types.Run) types.Value { return call.Member.Call(types.Call{Run: r, Site: call.Site}, args) })
	if !ok {
		b.fail("CS0463", at)
		return bad()
	}
	return &Const{typed{call.T}, v}
}

// constantOf is the value of a constant, or of one that is converted to decimal.
func (b *binder) constantOf(x Expr) (types.Value, bool) {
	switch x := x.(type) {
	case *Const:
		return x.Value, true
	case *Call:
		if x.Member.Owner != types.Decimal || x.Member.Name != "op_Implicit" {
			break
		}
		if c, ok := x.Args[0].(*Const); ok {
			return b.fold(func(r *types.Run) types.Value {
				return x.Member.Call(types.Call{Run: r, Site: x.Site}, []types.Value{c.Value})
			})
		}
	}
	return types.Null, false
}

// reference is == and != of references: one must be able to be the other.
func (b *binder) reference(op string, v, w Expr) Expr {
	s, t := v.Type(), w.Type()
	if s.Kind == types.KindTuple && t.Kind == types.KindTuple && len(s.Args) == len(t.Args) {
		return &Binary{typed: typed{types.Boolean}, Op: op, X: v, Y: w, Operand: s}
	}
	if !s.IsRef() || !t.IsRef() || !b.mayBe(s, t) && !b.mayBe(t, s) {
		return nil
	}
	return &Binary{typed: typed{types.Boolean}, Op: op, X: v, Y: w, Operand: types.ObjectT}
}
