package lib

import (
	"cmp"
	"math"

	"gatehouse/internal/csharp/types"
)

// floats adds System.Double and System.Single.
func floats(r *types.Registry) {
	double := func(f float64) val { return types.Double(f) }
	single := func(f float64) val { return types.Single(float32(f)) }
	addFloat(r, types.DoubleT, 64, "a Double", double)
	addFloat(r, types.SingleT, 32, "a Single", single)
}

func addFloat(r *types.Registry, t *types.Type, bits int, article string, of func(float64) val) {
	b, name := r.Add(t), t.Name
	largest, smallest := math.MaxFloat64, math.SmallestNonzeroFloat64
	if bits == 32 {
		largest, smallest = math.MaxFloat32, math.SmallestNonzeroFloat32
	}
	for constant, f := range map[string]float64{"MaxValue": largest, "MinValue": -largest, "Epsilon": smallest, "NaN": math.NaN(), "PositiveInfinity": math.Inf(1), "NegativeInfinity": math.Inf(-1)} {
		b.Const(name+" "+constant, of(f))
	}
	for test, f := range map[string]func(float64) bool{
		"IsNaN": math.IsNaN, "IsInfinity": func(f float64) bool { return math.IsInf(f, 0) },
		"IsPositiveInfinity": func(f float64) bool { return math.IsInf(f, 1) }, "IsNegativeInfinity": func(f float64) bool { return math.IsInf(f, -1) },
	} {
		b.Func("bool "+test+"("+name+" d)", func(_ call, a []val) val { return types.Bool(f(a[0].Double())) })
	}
	parse := func(style int) types.Func {
		return func(c call, a []val) val {
			c.NotNull(a[0], "String")
			by := style
			if by < 0 {
				by = a[1].Int()
			}
			f, ok, large := parseFloat(a[0].Str(), by, bits)
			if !ok {
				c.ThrowFormat()
			}
			if large {
				c.ThrowOverflow(article)
			}
			return of(f)
		}
	}
	b.Func(name+" Parse(string s)", parse(styleFloat))
	b.Func(name+" Parse(string s, IFormatProvider provider)", parse(styleFloat))
	b.Func(name+" Parse(string s, NumberStyles style)", parse(-1))
	b.Func(name+" Parse(string s, NumberStyles style, IFormatProvider provider)", parse(-1))
	b.Func("bool TryParse(string s, out "+name+" result)", func(_ call, a []val) val {
		f, ok, large := parseFloat(a[0].Str(), styleFloat, bits)
		a[1] = of(0)
		if ok && !large {
			a[1] = of(f)
		}
		return types.Bool(ok && !large)
	})
	b.Func("bool TryParse(string s, NumberStyles style, IFormatProvider provider, out "+name+" result)", func(_ call, a []val) val {
		f, ok, large := parseFloat(a[0].Str(), a[1].Int(), bits)
		a[3] = of(0)
		if ok && !large {
			a[3] = of(f)
		}
		return types.Bool(ok && !large)
	})
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(IFormatProvider provider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider provider)", formatted)
	b.Method("int CompareTo("+name+" value)", func(_ call, a []val) val { return integer(cmp.Compare(a[0].Double(), a[1].Double())) })
	b.Method("bool Equals("+name+" obj)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Format(func(r *types.Run, v val, format string) string { return formatFloat(r, v.Double(), bits, format) })
}
