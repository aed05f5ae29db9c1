package lib

import (
	"math"
	"math/big"

	"gatehouse/internal/csharp/types"
)

func decimalResult(c call, d *types.DecimalNumber, ok bool) val {
	if !ok {
		c.ThrowOverflow("a Decimal")
	}
	return types.Dec(d)
}

// decimalParse reads by NumberStyles; large says that the number is beyond the range.
func decimalParse(s string, style int) (d *types.DecimalNumber, ok, large bool) {
	text, ok := plainNumber(s, style)
	if !ok {
		return types.DecimalOf(0), false, false
	}
	d, ok = types.ParseDecimal(text)
	return d, true, !ok
}

func readDecimal(c call, s val, style int) val {
	c.NotNull(s, "String")
	d, ok, large := decimalParse(s.Str(), style)
	if !ok {
		c.ThrowFormat()
	}
	return decimalResult(c, d, !large)
}

// decimals adds System.Decimal with its operators.
func decimals(r *types.Registry) {
	b := r.Add(types.Decimal)
	for name, d := range map[string]*types.DecimalNumber{"Zero": types.DecimalOf(0), "One": types.DecimalOf(1), "MinusOne": types.DecimalOf(-1), "MaxValue": types.MaxDecimal(), "MinValue": types.MaxDecimal().Neg()} {
		b.Const("decimal "+name, types.Dec(d))
	}
	for _, t := range []string{"int", "uint", "long", "ulong", "float", "double"} {
		b.New("("+t+" value)", toDecimal)
	}
	decimalOperators(b)
	decimalParts(b)
	b.Func("decimal Parse(string s)", func(c call, a []val) val { return readDecimal(c, a[0], styleNumber) })
	b.Func("decimal Parse(string s, IFormatProvider provider)", func(c call, a []val) val { return readDecimal(c, a[0], styleNumber) })
	b.Func("decimal Parse(string s, NumberStyles style)", func(c call, a []val) val { return readDecimal(c, a[0], a[1].Int()) })
	b.Func("decimal Parse(string s, NumberStyles style, IFormatProvider provider)", func(c call, a []val) val { return readDecimal(c, a[0], a[1].Int()) })
	try := func(s val, style int) (val, val) {
		d, ok, large := decimalParse(s.Str(), style)
		if !ok || large {
			return types.Dec(types.DecimalOf(0)), types.Bool(false)
		}
		return types.Dec(d), types.Bool(true)
	}
	b.Func("bool TryParse(string s, out decimal result)", func(_ call, a []val) (ok val) { a[1], ok = try(a[0], styleNumber); return ok })
	b.Func("bool TryParse(string s, NumberStyles style, IFormatProvider provider, out decimal result)", func(_ call, a []val) (ok val) {
		a[3], ok = try(a[0], a[1].Int())
		return ok
	})
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(IFormatProvider provider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider provider)", formatted)
	b.Method("int CompareTo(decimal value)", func(_ call, a []val) val { return integer(a[0].Decimal().Cmp(a[1].Decimal())) })
	b.Method("bool Equals(decimal value)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Func("bool Equals(decimal d1, decimal d2)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Format(func(r *types.Run, v val, format string) string {
		if format == "" || format == "G" || format == "g" {
			return v.Decimal().String()
		}
		return FormatDecimalText(r, v.Decimal().String(), format)
	})
}

// toDecimal converts any number; .NET takes 15 digits of a double and 7 of a float.
func toDecimal(c call, a []val) val {
	d, ok := decimalOf(a[0])
	return decimalResult(c, d, ok)
}

func decimalOf(v val) (*types.DecimalNumber, bool) {
	switch v.ValueType() {
	case nil:
		return v.Decimal(), true
	case types.DoubleT:
		return types.DecimalOfFloat(v.Double(), 15)
	case types.SingleT:
		return types.DecimalOfFloat(v.Double(), 7)
	case types.UInt64:
		return types.DecimalOfBig(new(big.Int).SetUint64(v.Bits()))
	}
	return types.DecimalOf(v.Long()), true
}

// decimalArithmetic computes for + - * / and %.
func decimalArithmetic(c call, op string, x, y *types.DecimalNumber) val {
	var d *types.DecimalNumber
	ok := true
	if (op == "/" || op == "%") && y.Sign() == 0 {
		c.Throw("System.DivideByZeroException", "Attempted to divide by zero.")
	}
	switch op {
	case "+":
		d, ok = x.Add(y)
	case "-":
		d, ok = x.Sub(y)
	case "*":
		d, ok = x.Mul(y)
	case "/":
		d, ok = x.Quo(y)
	case "%":
		d, ok = x.Rem(y)
	}
	return decimalResult(c, d, ok)
}

func decimalOperators(b *types.Builder) {
	for op, name := range map[string]string{"+": "Add", "-": "Subtract", "*": "Multiply", "/": "Divide", "%": "Remainder"} {
		f := func(c call, a []val) val { return decimalArithmetic(c, op, a[0].Decimal(), a[1].Decimal()) }
		b.Operator("decimal operator "+op+"(decimal d1, decimal d2)", f)
		b.Func("decimal "+name+"(decimal d1, decimal d2)", f)
	}
	for op, f := range map[string]func(d int) bool{
		"==": func(d int) bool { return d == 0 }, "!=": func(d int) bool { return d != 0 }, "<": func(d int) bool { return d < 0 },
		">": func(d int) bool { return d > 0 }, "<=": func(d int) bool { return d <= 0 }, ">=": func(d int) bool { return d >= 0 },
	} {
		b.Operator("bool operator "+op+"(decimal d1, decimal d2)", func(_ call, a []val) val {
			return types.Bool(f(a[0].Decimal().Cmp(a[1].Decimal())))
		})
	}
	b.Operator("decimal operator -(decimal d)", func(_ call, a []val) val { return types.Dec(a[0].Decimal().Neg()) })
	b.Operator("decimal operator +(decimal d)", func(_ call, a []val) val { return a[0] })
	one := types.DecimalOf(1)
	b.Operator("decimal operator ++(decimal d)", func(c call, a []val) val { return decimalArithmetic(c, "+", a[0].Decimal(), one) })
	b.Operator("decimal operator --(decimal d)", func(c call, a []val) val { return decimalArithmetic(c, "-", a[0].Decimal(), one) })
	for _, t := range []string{"sbyte", "byte", "short", "ushort", "char", "int", "uint", "long", "ulong"} {
		b.Implicit("decimal ("+t+" value)", toDecimal)
	}
	b.Explicit("decimal (float value)", toDecimal)
	b.Explicit("decimal (double value)", toDecimal)
	b.Explicit("double (decimal value)", func(_ call, a []val) val { return types.Double(a[0].Decimal().Float()) })
	b.Explicit("float (decimal value)", func(_ call, a []val) val { return types.Single(float32(a[0].Decimal().Float())) })
	for _, row := range integerTypes() {
		to := func(c call, a []val) val { return row.fromBig(c, a[0].Decimal().Big()) }
		b.Explicit(row.t.Name+" (decimal value)", to)
		b.Func(row.t.Name+" To"+row.t.Full[len("System."):]+"(decimal d)", to)
	}
	b.Explicit("char (decimal value)", func(c call, a []val) val {
		n := a[0].Decimal().Big()
		if !n.IsUint64() || n.Uint64() > math.MaxUint16 {
			c.ThrowOverflow("a character")
		}
		return types.Char(uint16(n.Uint64()))
	})
	b.Func("double ToDouble(decimal d)", func(_ call, a []val) val { return types.Double(a[0].Decimal().Float()) })
	b.Func("float ToSingle(decimal d)", func(_ call, a []val) val { return types.Single(float32(a[0].Decimal().Float())) })
}

// fromBig makes a whole number of i's type, or raises OverflowException.
func (i integerType) fromBig(c call, n *big.Int) val {
	lo, hi := i.bounds()
	if i.unsigned {
		if !n.IsUint64() || n.Uint64() > hi {
			c.ThrowOverflow(i.article)
		}
		return types.Of(i.t, n.Uint64())
	}
	if !n.IsInt64() || n.Int64() < int64(lo) || n.Int64() > int64(hi) {
		c.ThrowOverflow(i.article)
	}
	return types.Of(i.t, uint64(n.Int64()))
}

func decimalParts(b *types.Builder) {
	for name, f := range map[string]func(d *types.DecimalNumber) *types.DecimalNumber{
		"Floor": (*types.DecimalNumber).Floor, "Ceiling": (*types.DecimalNumber).Ceiling, "Truncate": (*types.DecimalNumber).Truncate, "Negate": (*types.DecimalNumber).Neg,
	} {
		b.Func("decimal "+name+"(decimal d)", func(_ call, a []val) val { return types.Dec(f(a[0].Decimal())) })
	}
	b.Func("decimal Round(decimal d)", roundDecimal)
	b.Func("decimal Round(decimal d, int decimals)", roundDecimal)
	b.Func("decimal Round(decimal d, MidpointRounding mode)", roundDecimal)
	b.Func("decimal Round(decimal d, int decimals, MidpointRounding mode)", roundDecimal)
	b.Func("int Compare(decimal d1, decimal d2)", func(_ call, a []val) val { return integer(a[0].Decimal().Cmp(a[1].Decimal())) })
}

// roundDecimal takes the number of decimals and the mode, each optional.
func roundDecimal(c call, a []val) val {
	places, mode := roundingOf(a[1:])
	if places < 0 || places > 28 {
		c.OutOfRange("decimals", "Decimal can only round to between 0 and 28 digits of precision.")
	}
	return types.Dec(a[0].Decimal().Round(places, mode == 1))
}

func roundingOf(a []val) (places, mode int) {
	for _, v := range a {
		if v.ValueType() == types.Int32 {
			places = v.Int()
		} else {
			mode = v.Int()
		}
	}
	return places, mode
}
