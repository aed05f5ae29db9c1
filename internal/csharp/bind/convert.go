package bind

import (
	"gatehouse/internal/csharp/arith"
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// Types of expressions that have none of their own.
var (
	lambdaT  = &types.Type{Kind: types.KindVoid, Name: "lambda expression"}
	groupT   = &types.Type{Kind: types.KindVoid, Name: "method group"}
	defaultT = &types.Type{Kind: types.KindVoid, Name: "default"}
	throwT   = &types.Type{Kind: types.KindVoid, Name: "<throw expression>"}
)

func bad() Expr { return &Const{typed{types.Error}, types.Null} }

// isBad reports whether x stands for what was reported already, also where it was given a type.
func isBad(x Expr) bool {
	if c, ok := x.(*Convert); ok && c.Kind == Same {
		return isBad(c.X)
	}
	return x.Type().Kind == types.KindError
}

func same(x Expr, t *types.Type) Expr {
	if x.Type() == t {
		return x
	}
	if c, ok := x.(*Const); ok && !isBad(x) { // what is wrong is no constant of the type that it is given
		return &Const{typed{t}, c.Value}
	}
	return &Convert{typed: typed{t}, Kind: Same, X: x}
}

// convert converts implicitly and reports when that can't be done.
func (b *binder) convert(x Expr, to *types.Type, at syntax.Span) Expr {
	if y := b.implicit(x, to); y != nil {
		return y
	}
	b.reportConversion(x, to, at)
	return same(bad(), to)
}

func (b *binder) reportConversion(x Expr, to *types.Type, at syntax.Span) {
	from := x.Type()
	switch {
	case isBad(x) || to.Kind == types.KindError:
		b.failed = true
	case from == lambdaT:
		g := x.(*Group).group
		if _, _, ok := b.reg.Signature(to); !ok {
			b.fail("CS1660", at, to.Name)
			return
		}
		b.lambda(g, to, true) // reports what is wrong inside
		if !b.failed {
			b.fail("CS1662", at)
		}
	case from == groupT:
		b.fail("CS0428", at, x.(*Group).group.name, to.Name)
	case from == types.NullT:
		b.fail("CS0037", at, to.Name)
	case b.isConstOutOfRange(x, to):
		b.fail("CS0031", at, (&types.Run{Types: b.reg}).Text(x.(*Const).Value), to.Name)
	case b.explicit(x, to) != nil:
		b.fail("CS0266", at, types.Qualified(from), types.Qualified(to))
	default:
		b.fail("CS0029", at, types.Qualified(from), types.Qualified(to))
	}
}

func (b *binder) isConstOutOfRange(x Expr, to *types.Type) bool {
	c, ok := x.(*Const)
	return ok && c.T == types.Int32 && to.IsIntegral() && to.Kind != types.KindChar && !arith.Fits(to, c.Value)
}

// widening[from] are the numeric kinds that from converts to implicitly; C# specification 10.2.3.
var widening = map[types.Kind]string{
	types.KindSByte:  "short int long float double",
	types.KindByte:   "short ushort int uint long ulong float double",
	types.KindInt16:  "int long float double",
	types.KindUInt16: "int uint long ulong float double",
	types.KindInt32:  "long float double",
	types.KindUInt32: "long ulong float double",
	types.KindInt64:  "float double",
	types.KindUInt64: "float double",
	types.KindChar:   "ushort int uint long ulong float double",
	types.KindSingle: "double",
}

func widens(from, to *types.Type) bool {
	list := widening[from.Kind]
	if list == "" || to == types.Decimal {
		return false
	}
	for len(list) > 0 {
		n := 0
		for n < len(list) && list[n] != ' ' {
			n++
		}
		if list[:n] == to.Name {
			return true
		}
		list = list[min(n+1, len(list)):]
	}
	return false
}

// implicit converts x to the type, nil when there is no implicit conversion.
func (b *binder) implicit(x Expr, to *types.Type) Expr {
	from := x.Type()
	if from == to {
		return x
	}
	if from.Kind == types.KindError || to.Kind == types.KindError {
		return same(x, to)
	}
	switch from {
	case lambdaT:
		return b.lambda(x.(*Group).group, to, false)
	case groupT:
		return b.groupToDelegate(x.(*Group).group, to)
	case defaultT:
		return &Const{typed{to}, to.Zero()}
	case throwT:
		return &Convert{typed: typed{to}, Kind: Same, X: x}
	case types.NullT:
		if to.CanBeNull() {
			return &Const{typed{to}, types.Null}
		}
	}
	if y := b.constant(x, to); y != nil {
		return y
	}
	if y := b.standard(x, to); y != nil {
		return y
	}
	if t, ok := x.(*NewTuple); ok && to.Kind == types.KindTuple && len(t.Items) == len(to.Args) {
		out := &NewTuple{typed: typed{to}}
		for i, item := range t.Items {
			y := b.implicit(item, to.Args[i])
			if y == nil {
				return nil
			}
			out.Items = append(out.Items, y)
		}
		return out
	}
	return b.userDefined(x, to, "op_Implicit")
}

// constant converts constants: an int that fits, 0 to an enum.
func (b *binder) constant(x Expr, to *types.Type) Expr {
	c, ok := x.(*Const)
	if !ok || c.Value.IsNull() {
		return nil
	}
	t := to.Underlying()
	switch {
	case c.T == types.Int32 && t.IsIntegral() && t.Kind != types.KindChar && arith.Fits(t, c.Value),
		c.T == types.Int64 && t.Kind == types.KindUInt64 && c.Value.Long() >= 0,
		c.T.IsIntegral() && c.Value.Bits() == 0 && t.Kind == types.KindEnum:
		return &Const{typed{to}, types.Of(t, c.Value.Bits())}
	}
	return nil
}

// standard makes the built-in implicit conversions that depend on the types alone.
func (b *binder) standard(x Expr, to *types.Type) Expr {
	from := x.Type()
	if !b.standardType(from, to) {
		return nil
	}
	switch {
	case widens(from, to):
		return b.numeric(x, to)
	case to.Kind == types.KindNullable && from.Kind == types.KindNullable:
		return &Convert{typed: typed{to}, Kind: NullableNumeric, X: x}
	case to.Kind == types.KindNullable && widens(from, to.Elem):
		return same(b.numeric(x, to.Elem), to)
	}
	return same(x, to)
}

// standardType reports whether from converts to to by a built-in implicit conversion.
func (b *binder) standardType(from, to *types.Type) bool {
	switch {
	case from == to:
		return true
	case from.Kind == types.KindVoid || to.Kind == types.KindVoid || from == types.NullT:
		return from == types.NullT && to.CanBeNull()
	case widens(from, to):
		return true
	case to.Kind == types.KindNullable:
		if from.Kind == types.KindNullable {
			return widens(from.Elem, to.Elem)
		}
		return from == to.Elem || widens(from, to.Elem)
	case from.Kind == types.KindNullable:
		return from.Elem != to && b.reg.Derives(from.Elem, to) // boxing
	case from.Kind == types.KindTuple && to.Kind == types.KindTuple:
		return sameElements(from, to)
	case from.Kind == types.KindAnonymous:
		return to == types.ObjectT
	}
	return b.reg.Derives(from, to)
}

func sameElements(a, b *types.Type) bool {
	if len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if a.Args[i] != b.Args[i] && !(a.Args[i].Kind == types.KindTuple && b.Args[i].Kind == types.KindTuple && sameElements(a.Args[i], b.Args[i])) {
			return false
		}
	}
	return true
}

// numeric converts between numbers, chars and enums; constants at once.
func (b *binder) numeric(x Expr, to *types.Type) Expr {
	if x.Type() == to {
		return x
	}
	if c, ok := x.(*Const); ok {
		if v, ok := b.fold(func(r *types.Run) types.Value { return arith.Convert(c.T, to, b.checked)(r, c.Value) }); ok {
			return &Const{typed{to}, v}
		}
	}
	return &Convert{typed: typed{to}, Kind: Numeric, X: x, Checked: b.checked}
}

// fold computes when compiling; ok is false when that raises an exception.
func (b *binder) fold(f func(r *types.Run) types.Value) (v types.Value, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, isException := p.(*types.Exception); !isException {
				panic(p)
			}
			ok = false
		}
	}()
	r := &types.Run{}
	r.Reset(b.reg, nil, types.Limits{Steps: 10_000, Bytes: 1 << 20})
	return f(r), true
}

// userDefined finds op_Implicit or op_Explicit in both types.
func (b *binder) userDefined(x Expr, to *types.Type, name string) Expr {
	from := x.Type()
	if from.Kind == types.KindNullable && to.CanBeNull() {
		return nil
	}
	var best *types.Member
	var bestOwner *types.Type
	bestScore := 99
	var owners []*types.Type
	for t := from.Underlying(); t != nil; t = b.reg.Base(t) {
		owners = append(owners, t)
	}
	owners = append(owners, to.Underlying())
	for _, o := range owners {
		list := b.reg.Own(o, name)
		if name == "op_Explicit" {
			list = append(append([]*types.Member{}, list...), b.reg.Own(o, "op_Implicit")...)
		}
		for _, m := range list {
			p, res := b.memberType(m.Params[0].Type, o), b.memberType(m.Result, o)
			score := b.conversionScore(x, from, to, p, res, name == "op_Explicit")
			if score < bestScore {
				best, bestOwner, bestScore = m, o, score
			}
		}
	}
	if best == nil {
		return nil
	}
	p, res := b.memberType(best.Params[0].Type, bestOwner), b.memberType(best.Result, bestOwner)
	arg := b.standard(x, p)
	if arg == nil {
		arg = b.constant(x, p)
	}
	if arg == nil {
		arg = b.standardExplicit(x, p)
	}
	call := Expr(&Call{typed: typed{res}, Member: best, Args: []Expr{arg}, Site: &types.Site{Receiver: bestOwner, Result: res, Params: []*types.Type{p}}})
	if v, ok := b.constantOf(call); ok && res == types.Decimal {
		call = &Const{typed{res}, v}
	}
	if res == to {
		return call
	}
	if y := b.standard(call, to); y != nil {
		return y
	}
	return b.standardExplicit(call, to)
}

// conversionScore ranks a user-defined conversion: 0 is exact, 99 is none.
func (b *binder) conversionScore(x Expr, from, to, param, result *types.Type, explicit bool) int {
	score := 0
	switch {
	case from == param:
	case b.standardType(from, param):
		score++
	case b.constant(x, param) != nil:
		score++
	case explicit && b.standardExplicit(x, param) != nil:
		score += 4
	default:
		return 99
	}
	switch {
	case result == to:
	case b.standardType(result, to):
		score += 2
	case explicit && b.standardExplicit(&Local{typed: typed{result}}, to) != nil:
		score += 8
	default:
		return 99
	}
	return score
}

func (b *binder) memberType(t, owner *types.Type) *types.Type {
	if owner == nil || owner.Def == nil {
		return t
	}
	return b.reg.Substitute(t, owner.Def.Params, owner.Args)
}

// explicit makes a cast; nil when there is none.
func (b *binder) explicit(x Expr, to *types.Type) Expr {
	if y := b.implicit(x, to); y != nil {
		return y
	}
	if y := b.standardExplicit(x, to); y != nil {
		return y
	}
	return b.userDefined(x, to, "op_Explicit")
}

func isNumber(t *types.Type) bool {
	return t.IsNumeric() && t != types.Decimal || t.Kind == types.KindChar || t.Kind == types.KindEnum
}

// standardExplicit makes the built-in conversions that need a cast.
func (b *binder) standardExplicit(x Expr, to *types.Type) Expr {
	from := x.Type()
	switch {
	case isNumber(from) && isNumber(to):
		return b.numeric(x, to)
	case from.Kind == types.KindNullable && to.Kind == types.KindNullable && isNumber(from.Elem) && isNumber(to.Elem):
		return &Convert{typed: typed{to}, Kind: NullableNumeric, X: x, Checked: b.checked}
	case from.Kind == types.KindNullable && (from.Elem == to || isNumber(from.Elem) && isNumber(to)):
		return b.numericOrSame(&Convert{typed: typed{from.Elem}, Kind: FromNullable, X: x}, to)
	case to.Kind == types.KindNullable && isNumber(from) && isNumber(to.Elem):
		return same(b.numeric(x, to.Elem), to)
	case from == types.ObjectT || from.Kind == types.KindInterface:
		if to.Kind == types.KindVoid || from.Kind == types.KindInterface && to.IsValueType() && !b.reg.Derives(to, from) {
			return nil
		}
		return &Convert{typed: typed{to}, Kind: Downcast, X: x}
	case b.reg.Derives(to, from) && to != types.ObjectT:
		return &Convert{typed: typed{to}, Kind: Downcast, X: x}
	case to.Kind == types.KindInterface && from.Kind == types.KindClass:
		return &Convert{typed: typed{to}, Kind: Downcast, X: x}
	}
	return nil
}

func (b *binder) numericOrSame(x Expr, to *types.Type) Expr {
	if x.Type() == to {
		return x
	}
	return b.numeric(x, to)
}

// bestCommon is the type that all the others convert to; nil without one.
func (b *binder) bestCommon(xs []Expr) *types.Type {
	var best *types.Type
	for _, x := range xs {
		t := x.Type()
		if t == types.NullT || t.Kind == types.KindVoid || t.Kind == types.KindError {
			continue
		}
		all := true
		for _, y := range xs {
			if b.implicit(y, t) == nil {
				all = false
				break
			}
		}
		if all && (best == nil || b.standardType(t, best)) {
			best = t
		}
	}
	return best
}
