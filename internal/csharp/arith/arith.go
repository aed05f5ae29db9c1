// Package arith has C#'s operators and conversions on the built-in types, as .NET
// computes them: 32 and 64 bit overflow, division, shifts, floats. Both the binder, for
// constants, and the compiler use it. Start at Binary, Unary and Convert.
package arith

import (
	"math"

	"gatehouse/internal/csharp/types"
)

// Op computes one operator.
type Op func(r *types.Run, a, b types.Value) types.Value

// Binary is the operator op on two values of type t; nil when there is none.
func Binary(op string, t *types.Type, checked bool) Op {
	switch {
	case t == types.String:
		return stringOp(op)
	case t.Kind == types.KindBool:
		return boolOp(op)
	case t == types.DoubleT || t == types.SingleT:
		return floatOp(op, t)
	case t.Kind == types.KindEnum:
		return enumOp(op, t)
	case t.IsIntegral():
		if cmp := compareOp(op, t.Kind == types.KindUInt64 || t.Kind == types.KindUInt32); cmp != nil {
			return cmp
		}
		return wholeOp(op, t, checked)
	}
	return nil
}

func stringOp(op string) Op {
	switch op {
	case "==":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(EqualText(a, b)) }
	case "!=":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(!EqualText(a, b)) }
	}
	return nil
}

// EqualText is string's ==.
func EqualText(a, b types.Value) bool {
	s, ok := a.Text()
	t, okT := b.Text()
	return ok == okT && s == t
}

func boolOp(op string) Op {
	switch op {
	case "==":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bool() == b.Bool()) }
	case "!=", "^":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bool() != b.Bool()) }
	case "&":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bool() && b.Bool()) }
	case "|":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bool() || b.Bool()) }
	}
	return nil
}

func compareOp(op string, unsigned bool) Op {
	switch op {
	case "==":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() == b.Bits()) }
	case "!=":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() != b.Bits()) }
	}
	if unsigned {
		switch op {
		case "<":
			return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() < b.Bits()) }
		case ">":
			return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() > b.Bits()) }
		case "<=":
			return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() <= b.Bits()) }
		case ">=":
			return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Bits() >= b.Bits()) }
		}
		return nil
	}
	switch op {
	case "<":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Long() < b.Long()) }
	case ">":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Long() > b.Long()) }
	case "<=":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Long() <= b.Long()) }
	case ">=":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(a.Long() >= b.Long()) }
	}
	return nil
}

func floatOp(op string, t *types.Type) Op {
	compare := func(f func(a, b float64) bool) Op {
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Bool(f(a.Double(), b.Double())) }
	}
	compute := func(f func(a, b float64) float64) Op {
		return func(_ *types.Run, a, b types.Value) types.Value { return Float(t, f(a.Double(), b.Double())) }
	}
	switch op {
	case "==":
		return compare(func(a, b float64) bool { return a == b })
	case "!=":
		return compare(func(a, b float64) bool { return a != b })
	case "<":
		return compare(func(a, b float64) bool { return a < b })
	case ">":
		return compare(func(a, b float64) bool { return a > b })
	case "<=":
		return compare(func(a, b float64) bool { return a <= b })
	case ">=":
		return compare(func(a, b float64) bool { return a >= b })
	case "+":
		return compute(func(a, b float64) float64 { return a + b })
	case "-":
		return compute(func(a, b float64) float64 { return a - b })
	case "*":
		return compute(func(a, b float64) float64 { return a * b })
	case "/":
		return compute(func(a, b float64) float64 { return a / b })
	case "%":
		return compute(math.Mod)
	}
	return nil
}

// Float makes a float or double.
func Float(t *types.Type, f float64) types.Value {
	if t == types.SingleT {
		return types.Single(float32(f))
	}
	return types.Double(f)
}

func enumOp(op string, t *types.Type) Op {
	if cmp := compareOp(op, false); cmp != nil {
		return cmp
	}
	under := wholeOp(op, types.Int64, false)
	switch op {
	case "&", "|", "^", "+", "-":
		return func(r *types.Run, a, b types.Value) types.Value { return types.Of(t, under(r, a, b).Bits()) }
	}
	return nil
}

func isUnsigned(t *types.Type) bool {
	switch t.Kind {
	case types.KindByte, types.KindUInt16, types.KindUInt32, types.KindUInt64, types.KindChar:
		return true
	}
	return false
}

func bitsOf(t *types.Type) uint {
	switch t.Kind {
	case types.KindSByte, types.KindByte:
		return 8
	case types.KindInt16, types.KindUInt16, types.KindChar:
		return 16
	case types.KindInt32, types.KindUInt32, types.KindEnum:
		return 32
	}
	return 64
}

// Wrap keeps the bits of n that t has.
func Wrap(t *types.Type, n uint64) uint64 {
	shift := 64 - bitsOf(t)
	if isUnsigned(t) {
		return n << shift >> shift
	}
	return uint64(int64(n<<shift) >> shift)
}

// fits reports whether the whole number n (unsigned when u) is one of t's values.
func fits(t *types.Type, n uint64, u bool) bool {
	if u && int64(n) < 0 { // above all signed numbers
		return t.Kind == types.KindUInt64
	}
	if t.Kind == types.KindUInt64 {
		return int64(n) >= 0
	}
	return Wrap(t, n) == n
}

// Fits reports whether the constant v of a whole number type is one of t's values.
func Fits(t *types.Type, v types.Value) bool { return fits(t, v.Bits(), isUnsigned(v.ValueType())) }

func wholeOp(op string, t *types.Type, checked bool) Op {
	unsigned, bits := isUnsigned(t), bitsOf(t)
	result := func(r *types.Run, n uint64, exact bool) types.Value {
		w := Wrap(t, n)
		if checked && (!exact || w != n) {
			r.ThrowOverflow("")
		}
		return types.Of(t, w)
	}
	switch op {
	case "+":
		return func(r *types.Run, a, b types.Value) types.Value {
			x, y := a.Bits(), b.Bits()
			s := x + y
			exact := (int64(s) > int64(x)) == (int64(y) > 0)
			if unsigned {
				exact = s >= x
			}
			return result(r, s, exact || y == 0)
		}
	case "-":
		return func(r *types.Run, a, b types.Value) types.Value {
			x, y := a.Bits(), b.Bits()
			s := x - y
			exact := (int64(s) < int64(x)) == (int64(y) > 0)
			if unsigned {
				exact = x >= y
			}
			return result(r, s, exact || y == 0)
		}
	case "*":
		return func(r *types.Run, a, b types.Value) types.Value {
			x, y := a.Bits(), b.Bits()
			s := x * y
			exact := x == 0 || (unsigned && s/x == y) || !unsigned && int64(s)/int64(x) == int64(y) && !(int64(x) == -1 && int64(y) == math.MinInt64)
			return result(r, s, exact)
		}
	case "/", "%":
		return divide(op, t, unsigned)
	case "&":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Of(t, a.Bits()&b.Bits()) }
	case "|":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Of(t, a.Bits()|b.Bits()) }
	case "^":
		return func(_ *types.Run, a, b types.Value) types.Value { return types.Of(t, a.Bits()^b.Bits()) }
	case "<<":
		return func(_ *types.Run, a, b types.Value) types.Value {
			return types.Of(t, Wrap(t, a.Bits()<<(b.Bits()&uint64(bits-1))))
		}
	case ">>":
		return func(_ *types.Run, a, b types.Value) types.Value {
			n := b.Bits() & uint64(bits-1)
			if unsigned {
				return types.Of(t, a.Bits()>>n)
			}
			return types.Of(t, uint64(a.Long()>>n))
		}
	}
	return nil
}

func divide(op string, t *types.Type, unsigned bool) Op {
	least := types.Of(t, Wrap(t, 1<<(bitsOf(t)-1)))
	return func(r *types.Run, a, b types.Value) types.Value {
		if b.Bits() == 0 {
			r.Throw("System.DivideByZeroException", "Attempted to divide by zero.")
		}
		switch {
		case unsigned && op == "/":
			return types.Of(t, a.Bits()/b.Bits())
		case unsigned:
			return types.Of(t, a.Bits()%b.Bits())
		case b.Long() == -1 && a == least:
			r.ThrowOverflow("")
		case op == "/":
			return types.Of(t, uint64(a.Long()/b.Long()))
		}
		return types.Of(t, uint64(a.Long()%b.Long()))
	}
}

// Unary is + - ~ ! on a value of type t.
func Unary(op string, t *types.Type, checked bool) func(r *types.Run, v types.Value) types.Value {
	switch {
	case op == "!":
		return func(_ *types.Run, v types.Value) types.Value { return types.Bool(!v.Bool()) }
	case op == "+":
		return func(_ *types.Run, v types.Value) types.Value { return v }
	case op == "~":
		return func(_ *types.Run, v types.Value) types.Value { return types.Of(t, Wrap(t, ^v.Bits())) }
	case t == types.DoubleT || t == types.SingleT:
		return func(_ *types.Run, v types.Value) types.Value { return Float(t, -v.Double()) }
	}
	minus := wholeOp("-", t, checked)
	zero := types.Of(t, 0)
	return func(r *types.Run, v types.Value) types.Value { return minus(r, zero, v) }
}

// Convert makes a value of type from (a number, char or enum) one of type to.
func Convert(from, to *types.Type, checked bool) func(r *types.Run, v types.Value) types.Value {
	fromFloat, toFloat := from == types.DoubleT || from == types.SingleT, to == types.DoubleT || to == types.SingleT
	switch {
	case fromFloat && toFloat:
		return func(_ *types.Run, v types.Value) types.Value { return Float(to, v.Double()) }
	case toFloat && isUnsigned(from):
		return func(_ *types.Run, v types.Value) types.Value { return Float(to, float64(v.Bits())) }
	case toFloat:
		return func(_ *types.Run, v types.Value) types.Value { return Float(to, float64(v.Long())) }
	case fromFloat:
		return func(r *types.Run, v types.Value) types.Value { return fromDouble(r, v.Double(), to, checked) }
	}
	u := isUnsigned(from)
	return func(r *types.Run, v types.Value) types.Value {
		if checked && !fits(to, v.Bits(), u) {
			r.ThrowOverflow("")
		}
		return types.Of(to, Wrap(to, v.Bits()))
	}
}

// fromDouble truncates; outside of the range the result is what x64 gives, or an
// OverflowException when checked.
func fromDouble(r *types.Run, f float64, to *types.Type, checked bool) types.Value {
	t := math.Trunc(f)
	if t >= -9223372036854775808 && t < 9223372036854775808 {
		n := uint64(int64(t))
		if checked && !fits(to, n, false) {
			r.ThrowOverflow("")
		}
		if to.Kind == types.KindInt32 && Wrap(to, n) != n {
			n = 1 << 31
		}
		return types.Of(to, Wrap(to, n))
	}
	if t >= 0 && t < 18446744073709551616 && to.Kind == types.KindUInt64 {
		return types.Of(to, uint64(t))
	}
	if checked {
		r.ThrowOverflow("")
	}
	return types.Of(to, Wrap(to, 1<<(bitsOf(to)-1)))
}
