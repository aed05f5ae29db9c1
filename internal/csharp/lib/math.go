package lib

import (
	"math"
	"math/big"
	"math/rand/v2"

	"gatehouse/internal/csharp/types"
)

// mathematics adds System.Math and MidpointRounding.
func mathematics(r *types.Registry) {
	r.Enum("System.MidpointRounding", "ToEven", "AwayFromZero")
	b := r.StaticClass("System.Math")
	b.Const("double PI", types.Double(math.Pi))
	b.Const("double E", types.Double(math.E))
	for name, f := range map[string]func(float64) float64{
		"Acos": math.Acos, "Asin": math.Asin, "Atan": math.Atan, "Cos": math.Cos, "Sin": math.Sin, "Tan": math.Tan,
		"Cosh": math.Cosh, "Sinh": math.Sinh, "Tanh": math.Tanh, "Exp": math.Exp, "Log": math.Log, "Log10": math.Log10, "Sqrt": math.Sqrt,
		"Floor": math.Floor, "Ceiling": math.Ceil, "Truncate": math.Trunc,
	} {
		b.Func("double "+name+"(double d)", func(_ call, a []val) val { return types.Double(f(a[0].Double())) })
	}
	for name, f := range map[string]func(x, y float64) float64{
		"Pow": math.Pow, "Atan2": math.Atan2, "IEEERemainder": math.Remainder, "Log": func(x, y float64) float64 { return math.Log(x) / math.Log(y) },
	} {
		b.Func("double "+name+"(double x, double y)", func(_ call, a []val) val { return types.Double(f(a[0].Double(), a[1].Double())) })
	}
	for name, f := range map[string]func(*types.DecimalNumber) *types.DecimalNumber{
		"Floor": (*types.DecimalNumber).Floor, "Ceiling": (*types.DecimalNumber).Ceiling, "Truncate": (*types.DecimalNumber).Truncate,
	} {
		b.Func("decimal "+name+"(decimal d)", func(_ call, a []val) val { return types.Dec(f(a[0].Decimal())) })
	}
	for _, rest := range []string{"", ", int decimals", ", MidpointRounding mode", ", int decimals, MidpointRounding mode"} {
		b.Func("decimal Round(decimal d"+rest+")", roundDecimal)
		b.Func("double Round(double value"+rest+")", roundDouble)
	}
	mathOfIntegers(b)
	mathOfAll(b)
}

func roundDouble(c call, a []val) val {
	places, mode := roundingOf(a[1:])
	if places < 0 || places > 15 {
		c.OutOfRange("digits", "Rounding digits must be between 0 and 15, inclusive.")
	}
	round := math.RoundToEven
	if mode == 1 {
		round = math.Round
	}
	f := a[0].Double()
	if math.Abs(f) >= 1e16 || math.IsNaN(f) {
		return a[0]
	}
	power := math.Pow10(places)
	return types.Double(round(f*power) / power)
}

func mathOfIntegers(b *types.Builder) {
	b.Func("long BigMul(int a, int b)", func(_ call, a []val) val { return types.Long(a[0].Long() * a[1].Long()) })
	for _, t := range []string{"int", "long"} {
		b.Func(t+" DivRem("+t+" a, "+t+" b, out "+t+" result)", func(c call, a []val) val {
			if a[1].Long() == 0 {
				c.Throw("System.DivideByZeroException", "Attempted to divide by zero.")
			}
			x, y, of := a[0].Long(), a[1].Long(), a[0].ValueType()
			a[2] = types.Of(of, uint64(x%y))
			return types.Of(of, uint64(x/y))
		})
	}
	for _, row := range integerTypes() {
		if row.unsigned {
			continue
		}
		n := row.t.Name
		b.Func(n+" Abs("+n+" value)", func(c call, a []val) val {
			if lo, _ := row.bounds(); a[0].Bits() == lo {
				c.Throw("System.OverflowException", "Negating the minimum value of a twos complement number is invalid.")
			}
			return types.Of(row.t, uint64(max(a[0].Long(), -a[0].Long())))
		})
		b.Func("int Sign("+n+" value)", func(_ call, a []val) val { return integer(int(min(1, max(-1, a[0].Long())))) })
	}
}

func mathOfAll(b *types.Builder) {
	b.Func("double Abs(double value)", func(_ call, a []val) val { return types.Double(math.Abs(a[0].Double())) })
	b.Func("float Abs(float value)", func(_ call, a []val) val { return types.Single(float32(math.Abs(a[0].Double()))) })
	b.Func("decimal Abs(decimal value)", func(_ call, a []val) val {
		if a[0].Decimal().Sign() < 0 {
			return types.Dec(a[0].Decimal().Neg())
		}
		return a[0]
	})
	signOf := func(c call, a []val) val {
		f := a[0].Double()
		switch {
		case f > 0:
			return integer(1)
		case f < 0:
			return integer(-1)
		case f == 0:
			return integer(0)
		}
		c.Throw("System.ArithmeticException", "Function does not accept floating point Not-a-Number values.")
		return types.Null
	}
	b.Func("int Sign(double value)", signOf)
	b.Func("int Sign(float value)", signOf)
	b.Func("int Sign(decimal value)", func(_ call, a []val) val { return integer(a[0].Decimal().Sign()) })
	for _, t := range types.Keywords() {
		if !t.IsNumeric() {
			continue
		}
		for name, want := range map[string]int{"Max": 1, "Min": -1} {
			b.Func(t.Name+" "+name+"("+t.Name+" val1, "+t.Name+" val2)", func(c call, a []val) val {
				if t == types.DoubleT || t == types.SingleT {
					f := math.Max(a[0].Double(), a[1].Double())
					if want < 0 {
						f = math.Min(a[0].Double(), a[1].Double())
					}
					return types.Of(t, math.Float64bits(f))
				}
				if compareValues(c.Run, a[0], a[1])*want >= 0 {
					return a[0]
				}
				return a[1]
			})
		}
	}
}

var randomType = types.New(types.KindClass, "System.Random")

// random is a System.Random. With a seed it repeats itself as .NET Framework's does: Knuth's
// subtractive generator.
type random struct {
	seeded bool
	table  [56]int32
	i, j   int
}

// DotNetType implements types.Object.
func (*random) DotNetType() *types.Type { return randomType }

func newRandom(seed int32) *random {
	g := &random{seeded: true, j: 21}
	abs := int64(seed)
	if abs < 0 {
		abs = min(-abs, math.MaxInt32)
	}
	mj := int32(161803398 - abs)
	g.table[55] = mj
	mk := int32(1)
	for i := 1; i < 55; i++ {
		ii := 21 * i % 55
		g.table[ii] = mk
		mk = mj - mk
		if mk < 0 {
			mk += math.MaxInt32
		}
		mj = g.table[ii]
	}
	for range 4 {
		for i := 1; i < 56; i++ {
			g.table[i] -= g.table[1+(i+30)%55]
			if g.table[i] < 0 {
				g.table[i] += math.MaxInt32
			}
		}
	}
	return g
}

// internal is a number in [0, int.MaxValue).
func (g *random) internal() int32 {
	if !g.seeded {
		return rand.Int32N(math.MaxInt32)
	}
	g.i, g.j = g.i%55+1, g.j%55+1
	n := g.table[g.i] - g.table[g.j]
	if n == math.MaxInt32 {
		n--
	}
	if n < 0 {
		n += math.MaxInt32
	}
	g.table[g.i] = n
	return n
}

func (g *random) double() float64 { return float64(g.internal()) * (1.0 / math.MaxInt32) }

// within is a number in [lo, hi).
func (g *random) within(lo, hi int64) int64 {
	span := hi - lo
	if span <= math.MaxInt32 {
		return int64(g.double()*float64(span)) + lo
	}
	n := g.internal()
	if g.internal()%2 == 0 {
		n = -n
	}
	return int64((float64(n)+math.MaxInt32-1)/(2*float64(math.MaxInt32)-1)*float64(span)) + lo
}

// randoms adds System.Random.
func randoms(r *types.Registry) {
	b := r.Add(randomType)
	b.New("()", func(call, []val) val { return types.Ref(&random{}) })
	b.New("(int Seed)", func(_ call, a []val) val { return types.Ref(newRandom(int32(a[0].Int()))) })
	b.Method("int Next()", self(func(g *random) val { return types.Int(g.internal()) }))
	b.Method("int Next(int maxValue)", func(c call, a []val) val {
		if a[1].Int() < 0 {
			c.OutOfRange("maxValue", "'maxValue' must be greater than zero.")
		}
		return types.Int(int32(a[0].Ref().(*random).within(0, a[1].Long())))
	})
	b.Method("int Next(int minValue, int maxValue)", func(c call, a []val) val {
		if a[1].Int() > a[2].Int() {
			c.OutOfRange("minValue", "'minValue' cannot be greater than maxValue.")
		}
		return types.Int(int32(a[0].Ref().(*random).within(a[1].Long(), a[2].Long())))
	})
	b.Method("double NextDouble()", self(func(g *random) val { return types.Double(g.double()) }))
	b.Method("void NextBytes(byte[] buffer)", func(c call, a []val) val {
		x := arrayOf(c, a[1], "buffer")
		for i := range x.Bytes {
			x.Bytes[i] = byte(a[0].Ref().(*random).internal())
		}
		return types.Null
	})
}

// addChecked is a + b of longs, false on overflow.
func addChecked(a, b int64) (int64, bool) {
	s := a + b
	return s, (a >= 0) != (b >= 0) || (s >= 0) == (a >= 0)
}

// wholeOf is any whole number as a big one.
func wholeOf(v val) *big.Int {
	if v.ValueType() == types.UInt64 {
		return new(big.Int).SetUint64(v.Bits())
	}
	return big.NewInt(v.Long())
}
