package compile

import (
	"fmt"
	"strings"
	"unique"

	"gatehouse/internal/csharp/arith"
	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/types"
)

func (c *compiler) expr(x bind.Expr) eval {
	switch x := x.(type) {
	case *bind.Const:
		if x.Value.IsStr() {
			text := unique.Make(x.Value.Str()) // equal literals are one object (C# specification 6.4.5.6)
			return func(*frame) types.Value { return types.Str(text.Value()) }
		}
		v := x.Value
		return func(*frame) types.Value { return v }
	case *bind.Local:
		return c.load(x.Var)
	case *bind.Host:
		return func(f *frame) types.Value { return types.Ref(f.run.Context) }
	case *bind.Call:
		return c.call(x)
	case *bind.Invoke:
		return c.invoke(x)
	case *bind.Convert:
		return c.convert(x)
	case *bind.Unary:
		return c.unary(x)
	case *bind.Binary:
		return c.binary(x)
	case *bind.LiftedCall:
		return c.lifted(x)
	case *bind.Logic:
		v, w := c.expr(x.X), c.expr(x.Y)
		if x.And {
			return func(f *frame) types.Value {
				if a := v(f); !a.Bool() {
					return a
				}
				return w(f)
			}
		}
		return func(f *frame) types.Value {
			if a := v(f); a.Bool() {
				return a
			}
			return w(f)
		}
	case *bind.Coalesce:
		v, w := c.expr(x.X), c.expr(x.Y)
		return func(f *frame) types.Value {
			if a := v(f); !a.IsNull() {
				return a
			}
			return w(f)
		}
	case *bind.Ternary:
		cond, v, w := c.expr(x.C), c.expr(x.X), c.expr(x.Y)
		return func(f *frame) types.Value {
			if cond(f).Bool() {
				return v(f)
			}
			return w(f)
		}
	case *bind.Concat:
		return c.concat(x)
	case *bind.Interpolate:
		return c.interpolate(x)
	case *bind.Assign:
		return c.assign(x)
	case *bind.Modify:
		return c.modify(x)
	case *bind.Element:
		return c.element(x)
	case *bind.Is:
		v, test := c.expr(x.X), c.pattern(x.Pattern)
		return func(f *frame) types.Value { return types.Bool(test(f, v(f))) }
	case *bind.As:
		v, t := c.expr(x.X), x.T
		return func(f *frame) types.Value {
			a := v(f)
			if !a.IsNull() && f.run.Types.Is(a, t) {
				return a
			}
			return types.Null
		}
	case *bind.Lambda:
		return c.lambda(x)
	case *bind.NewArray:
		return c.newArray(x)
	case *bind.NewTuple:
		return c.newTuple(x)
	case *bind.Item:
		v, i := c.expr(x.X), x.Index
		return func(f *frame) types.Value {
			t, ok := v(f).Ref().(*types.Tuple)
			if !ok {
				f.run.ThrowNullReference()
			}
			return t.Items[i]
		}
	case *bind.Sequence:
		return c.sequence(x)
	case *bind.Access:
		v, set, then := c.expr(x.X), c.store(x.Var), c.expr(x.Then)
		return func(f *frame) types.Value {
			a := v(f)
			if a.IsNull() {
				return a
			}
			set(f, a)
			return then(f)
		}
	case *bind.Throw:
		v := c.expr(x.X)
		return func(f *frame) types.Value { throw(f, v(f)); return types.Null }
	case *bind.Deconstruct:
		return c.deconstruct(x)
	}
	panic(fmt.Sprintf("compile: no code for %T", x)) // a node that bind makes and this switch forgot
}

func throw(f *frame, v types.Value) {
	f.run.Step()
	e, ok := v.Ref().(*types.Exception)
	if !ok {
		f.run.ThrowNullReference()
	}
	panic(e)
}

func (c *compiler) unary(x *bind.Unary) eval {
	v := c.expr(x.X)
	if x.Op == "!" && !x.Lifted {
		return func(f *frame) types.Value { return types.Bool(!v(f).Bool()) }
	}
	op := arith.Unary(x.Op, x.T.Underlying(), x.Checked)
	if !x.Lifted {
		return func(f *frame) types.Value { return op(f.run, v(f)) }
	}
	return func(f *frame) types.Value {
		if a := v(f); !a.IsNull() {
			return op(f.run, a)
		}
		return types.Null
	}
}

func (c *compiler) binary(x *bind.Binary) eval {
	v, w := c.expr(x.X), c.expr(x.Y)
	switch {
	case x.Operand == types.ObjectT:
		return c.identity(x, v, w)
	case x.Operand.Kind == types.KindTuple:
		equal := x.Op == "=="
		return func(f *frame) types.Value { return types.Bool(types.Equal(v(f), w(f)) == equal) }
	case x.Lifted:
		return c.liftedBinary(x, v, w)
	case x.Operand == types.String:
		return stringEquality(x, v, w)
	case x.Operand == types.Int32 && !x.Checked:
		if k, ok := x.Y.(*bind.Const); ok {
			if e := compareConst(x.Op, v, k.Value.Long()); e != nil {
				return e
			}
		}
	}
	op := arith.Binary(x.Op, x.Operand, x.Checked)
	if x.T == types.Int32 && x.Operand.Kind == types.KindEnum {
		return func(f *frame) types.Value { return types.Int(int32(op(f.run, v(f), w(f)).Long())) }
	}
	return func(f *frame) types.Value {
		a := v(f)
		return op(f.run, a, w(f))
	}
}

// identity is == and != of references, and of anything with null.
func (c *compiler) identity(x *bind.Binary, v, w eval) eval {
	equal := x.Op == "=="
	if k, ok := x.Y.(*bind.Const); ok && k.Value.IsNull() {
		return func(f *frame) types.Value { return types.Bool(v(f).IsNull() == equal) }
	}
	if k, ok := x.X.(*bind.Const); ok && k.Value.IsNull() {
		return func(f *frame) types.Value { return types.Bool(w(f).IsNull() == equal) }
	}
	return func(f *frame) types.Value {
		a := v(f)
		return types.Bool(types.SameObject(a, w(f)) == equal)
	}
}

func stringEquality(x *bind.Binary, v, w eval) eval {
	equal := x.Op == "=="
	if k, ok := x.Y.(*bind.Const); ok && !k.Value.IsNull() {
		text := k.Value.Str()
		return func(f *frame) types.Value {
			s, ok := v(f).Text()
			return types.Bool((ok && s == text) == equal)
		}
	}
	return func(f *frame) types.Value {
		a := v(f)
		return types.Bool(arith.EqualText(a, w(f)) == equal)
	}
}

func compareConst(op string, v eval, k int64) eval {
	switch op {
	case "==":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() == k) }
	case "!=":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() != k) }
	case "<":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() < k) }
	case ">":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() > k) }
	case "<=":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() <= k) }
	case ">=":
		return func(f *frame) types.Value { return types.Bool(v(f).Long() >= k) }
	}
	return nil
}

// liftedBinary: null makes the result null, comparisons false; C# specification 12.4.8.
func (c *compiler) liftedBinary(x *bind.Binary, v, w eval) eval {
	op := arith.Binary(x.Op, x.Operand, x.Checked)
	threeValued := x.Operand == types.Boolean && (x.Op == "&" || x.Op == "|")
	return func(f *frame) types.Value {
		a := v(f)
		b := w(f)
		if !a.IsNull() && !b.IsNull() {
			return op(f.run, a, b)
		}
		switch x.Op {
		case "==":
			return types.Bool(a.IsNull() && b.IsNull())
		case "!=":
			return types.Bool(a.IsNull() != b.IsNull())
		case "<", ">", "<=", ">=":
			return types.Bool(false)
		}
		if threeValued { // false & null is false, true | null is true
			for _, k := range [2]types.Value{a, b} {
				if !k.IsNull() && k.Bool() == (x.Op == "|") {
					return k
				}
			}
		}
		return types.Null
	}
}

func (c *compiler) concat(x *bind.Concat) eval {
	parts := make([]eval, len(x.Parts))
	for i, p := range x.Parts {
		parts[i] = c.expr(p)
	}
	if len(parts) == 2 {
		v, w := parts[0], parts[1]
		return func(f *frame) types.Value {
			a := f.run.Text(v(f))
			b := f.run.Text(w(f))
			f.run.Grow(len(a) + len(b))
			return types.Str(types.Join(a, b))
		}
	}
	return func(f *frame) types.Value {
		var room [8]string
		list := room[:0]
		n := 0
		for _, p := range parts {
			s := f.run.Text(p(f))
			n += len(s)
			list = append(list, s)
		}
		f.run.Grow(n)
		return types.Str(whole(strings.Join(list, "")))
	}
}

// whole joins surrogates that came together.
func whole(s string) string {
	if strings.IndexByte(s, 0xED) < 0 {
		return s
	}
	return types.DecodeUTF16(types.EncodeUTF16(s))
}

func (c *compiler) interpolate(x *bind.Interpolate) eval {
	type piece struct {
		text   string
		x      eval
		align  int
		format string
	}
	parts := make([]piece, len(x.Parts))
	for i, p := range x.Parts {
		parts[i] = piece{text: p.Text, align: p.Align, format: p.Format}
		if p.X != nil {
			parts[i].x = c.expr(p.X)
		}
	}
	return func(f *frame) types.Value {
		var room [8]string
		list := room[:0]
		for i := range parts {
			p := &parts[i]
			s := p.text
			if p.x != nil {
				v := p.x(f)
				if p.format == "" {
					s = f.run.Text(v)
				} else {
					s = f.run.Format(v, p.format)
				}
				s = align(f.run, s, p.align)
			}
			f.run.Grow(len(s))
			list = append(list, s)
		}
		return types.Str(whole(strings.Join(list, "")))
	}
}

func align(r *types.Run, s string, width int) string {
	if width == 0 {
		return s
	}
	n := max(width, -width) - types.Length(s)
	if n <= 0 {
		return s
	}
	r.Grow(n)
	if width < 0 {
		return s + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + s
}

func (c *compiler) convert(x *bind.Convert) eval {
	v := c.expr(x.X)
	from, to := x.X.Type(), x.T
	switch x.Kind {
	case bind.Numeric:
		op := arith.Convert(from, to, x.Checked)
		return func(f *frame) types.Value { return op(f.run, v(f)) }
	case bind.NullableNumeric:
		op := arith.Convert(from.Underlying(), to.Underlying(), x.Checked)
		return func(f *frame) types.Value {
			if a := v(f); !a.IsNull() {
				return op(f.run, a)
			}
			return types.Null
		}
	case bind.FromNullable:
		return func(f *frame) types.Value {
			a := v(f)
			if a.IsNull() {
				f.run.Throw("System.InvalidOperationException", "Nullable object must have a value.")
			}
			return a
		}
	case bind.Downcast:
		return c.downcast(v, to)
	}
	return v
}

func (c *compiler) downcast(v eval, to *types.Type) eval {
	null := to.CanBeNull()
	return func(f *frame) types.Value {
		a := v(f)
		switch {
		case a.IsNull():
			if !null {
				f.run.ThrowNullReference()
			}
		case to == types.String && a.IsStr(), a.ValueType() == to:
		case !f.run.Types.Is(a, to):
			castFailed(f.run, a, to)
		}
		return a
	}
}

func castFailed(r *types.Run, v types.Value, to *types.Type) {
	if to.IsValueType() || to.Kind == types.KindNullable {
		r.Throw("System.InvalidCastException", "Specified cast is not valid.")
	}
	name := "object"
	if t := types.TypeOf(v); t != nil {
		name = types.FullName(t)
	}
	r.Throw("System.InvalidCastException", "Unable to cast object of type '"+name+"' to type '"+types.FullName(to)+"'.")
}

// pattern tests a value and stores the pattern's variable.
func (c *compiler) pattern(p bind.Pattern) func(f *frame, v types.Value) bool {
	test := func(*frame, types.Value) bool { return true }
	switch {
	case p.Const != nil:
		k := *p.Const
		test = func(_ *frame, v types.Value) bool { return types.Equal(v, k) }
	case p.Type == types.String:
		test = func(_ *frame, v types.Value) bool { return v.IsStr() }
	case p.Type != nil:
		t := p.Type
		test = func(f *frame, v types.Value) bool { return f.run.Types.Is(v, t) }
	}
	if p.Var == nil {
		return test
	}
	set := c.fresh(p.Var)
	return func(f *frame, v types.Value) bool {
		if !test(f, v) {
			return false
		}
		set(f, v)
		return true
	}
}

func (c *compiler) newArray(x *bind.NewArray) eval {
	elem := x.T.Elem
	if x.Size != nil {
		size := c.expr(x.Size)
		return func(f *frame) types.Value {
			n := size(f).Int()
			if n < 0 {
				f.run.Throw("System.OverflowException", "Arithmetic operation resulted in an overflow.")
			}
			f.run.Grow(24 * n)
			return types.Ref(f.run.Types.MakeArray(elem, n))
		}
	}
	items := c.list(x.Items)
	return func(f *frame) types.Value {
		list := make([]types.Value, len(items))
		for i, e := range items {
			list[i] = e(f)
		}
		f.run.Grow(24 * len(list))
		return types.Ref(f.run.Types.NewArray(elem, list))
	}
}

func (c *compiler) newTuple(x *bind.NewTuple) eval {
	items, t := c.list(x.Items), x.T
	return func(f *frame) types.Value {
		list := make([]types.Value, len(items))
		for i, e := range items {
			list[i] = e(f)
		}
		return f.run.NewTuple(t, list)
	}
}

func (c *compiler) list(xs []bind.Expr) []eval {
	out := make([]eval, len(xs))
	for i, x := range xs {
		out[i] = c.expr(x)
	}
	return out
}

func (c *compiler) sequence(x *bind.Sequence) eval {
	var first exec
	if x.First != nil {
		first = c.stmt(x.First)
	}
	v, set, ops, get := c.expr(x.Value), c.store(x.Var), c.list(x.Ops), c.load(x.Var)
	return func(f *frame) types.Value {
		if first != nil {
			first(f)
		}
		set(f, v(f))
		for _, op := range ops {
			op(f)
		}
		return get(f)
	}
}
