package lib

import "gatehouse/internal/csharp/types"

// spanExact adds TimeSpan's ParseExact and TryParseExact, with one format or several, and the style
// AssumeNegative, which custom formats know alone.
func spanExact(r *types.Registry) {
	r.Enum("System.Globalization.TimeSpanStyles", "None", "AssumeNegative").Flags()
	b := r.Add(timeSpanType)
	for _, format := range []string{"string format", "string[] formats"} {
		for _, style := range []string{"", ", TimeSpanStyles styles"} {
			head := "(string input, " + format + ", IFormatProvider formatProvider" + style
			b.Func("TimeSpan ParseExact"+head+")", func(c call, a []val) val {
				c.NotNull(a[0], "input")
				v, ok := parseSpanFormats(c, a)
				if !ok {
					c.Throw("System.FormatException", "Input string was not in a correct format.")
				}
				return v
			})
			b.Func("bool TryParseExact"+head+", out TimeSpan result)", func(c call, a []val) val {
				last := len(a) - 1
				v, ok := parseSpanFormats(c, a[:last])
				a[last] = v
				return types.Bool(ok && !a[0].IsNull())
			})
		}
	}
}

// parseSpanFormats reads a[0] by the format or formats a[1], with the styles a[3] if there are some.
func parseSpanFormats(c call, a []val) (val, bool) {
	formats := []val{a[1]}
	if list, ok := a[1].Ref().(*types.Array); ok {
		formats = list.Items
	}
	for _, f := range formats {
		format := f.Str()
		v, ok := parseSpanExact(a[0].Str(), format)
		if ok && len(a) > 3 && a[3].Int() == 1 && len(format) > 1 {
			v = makeSpan(-v.Long())
		}
		if ok {
			return v, true
		}
		c.Step()
	}
	return makeSpan(0), false
}
