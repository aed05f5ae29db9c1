package lib

import (
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// stringJoins adds Concat, Join, Format and Copy.
func stringJoins(b *types.Builder) {
	concat := func(c types.Call, a []types.Value) types.Value { return types.Str(joinAll(c, "", a)) }
	b.Func("string Concat(object arg0)", concat)
	b.Func("string Concat(object arg0, object arg1)", concat)
	b.Func("string Join(string separator, string[] value, int startIndex, int count)", func(c call, a []val) val {
		x := arrayOf(c, a[1], "value")
		if start, n := a[2].Int(), a[3].Int(); start < 0 || n < 0 || start > x.Len()-n {
			c.OutOfRange("startIndex", "Index was out of range. Must be non-negative and less than the size of the collection.")
		}
		return str(joinAll(c, a[0].Str(), x.Items[a[2].Int():a[2].Int()+a[3].Int()]))
	})
	b.Func("string Concat(object arg0, object arg1, object arg2)", concat)
	b.Func("string Concat(params object[] args)", func(c types.Call, a []types.Value) types.Value {
		return types.Str(joinAll(c, "", elements(c, a[0], "args")))
	})
	b.Func("string Concat(params string[] values)", func(c types.Call, a []types.Value) types.Value {
		return types.Str(joinAll(c, "", elements(c, a[0], "values")))
	})
	b.Func("string Concat<T>(IEnumerable<T> values)", func(c types.Call, a []types.Value) types.Value {
		return types.Str(joinAll(c, "", elements(c, a[0], "values")))
	})
	for s, name := range map[string]string{"params string[] value": "value", "params object[] values": "values", "IEnumerable<string> values": "values"} {
		b.Func("string Join(string separator, "+s+")", func(c types.Call, a []types.Value) types.Value {
			return types.Str(joinAll(c, a[0].Str(), elements(c, a[1], name)))
		})
	}
	b.Func("string Join<T>(string separator, IEnumerable<T> values)", func(c types.Call, a []types.Value) types.Value {
		return types.Str(joinAll(c, a[0].Str(), elements(c, a[1], "values")))
	})
	b.Func("string Format(string format, params object[] args)", func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[0], "format")
		return types.Str(formatString(c, a[0].Str(), elements(c, a[1], "args")))
	})
	b.Func("string Format(IFormatProvider provider, string format, params object[] args)", func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[1], "format")
		return types.Str(formatString(c, a[1].Str(), elements(c, a[2], "args")))
	})
	b.Func("string Copy(string str)", func(_ types.Call, a []types.Value) types.Value { return a[0] })
}

func elements(c types.Call, v types.Value, param string) []types.Value {
	c.NotNull(v, param)
	return c.Collect(v)
}

func joinAll(c types.Call, separator string, list []types.Value) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = c.Text(v)
		c.Grow(len(parts[i]) + len(separator))
	}
	return strings.Join(parts, separator)
}

// formatString is string.Format: {index[,alignment][:format]}.
func formatString(c types.Call, format string, args []types.Value) string {
	var b strings.Builder
	bad := func() { c.Throw("System.FormatException", "Input string was not in a correct format.") }
	for i := 0; i < len(format); i++ {
		ch := format[i]
		if ch != '{' && ch != '}' {
			b.WriteByte(ch)
			continue
		}
		if i+1 < len(format) && format[i+1] == ch {
			b.WriteByte(ch)
			i++
			continue
		}
		end := strings.IndexByte(format[i:], '}')
		if ch == '}' || end < 0 {
			bad()
		}
		item, spec, _ := strings.Cut(format[i+1:i+end], ":")
		index, width, aligned := strings.Cut(item, ",")
		n, err := strconv.Atoi(strings.TrimSpace(index))
		if err != nil || n < 0 {
			bad()
		}
		if n >= len(args) {
			c.Throw("System.FormatException", "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.")
		}
		text := c.Format(args[n], spec)
		if aligned {
			w, err := strconv.Atoi(strings.TrimSpace(width))
			if err != nil {
				bad()
			}
			text = Align(c.Run, text, w)
		}
		c.Grow(len(text))
		b.WriteString(text)
		i += end
	}
	return b.String()
}

// Align pads text to the width of a format item: to the left when it is negative.
func Align(r *types.Run, text string, width int) string {
	n := max(width, -width) - types.Length(text)
	if n <= 0 {
		return text
	}
	r.Grow(n)
	if width < 0 {
		return text + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + text
}
