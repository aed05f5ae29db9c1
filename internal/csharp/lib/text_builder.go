package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

var stringBuilderType = types.New(types.KindClass, "System.Text.StringBuilder")

// stringBuilder is a System.Text.StringBuilder.
type stringBuilder struct {
	typ   *types.Type
	parts []byte
}

// DotNetType implements types.Object.
func (s *stringBuilder) DotNetType() *types.Type { return s.typ }

// ToText implements types.TextOf.
func (s *stringBuilder) ToText(*types.Run) string { return string(s.parts) }

func (s *stringBuilder) add(c call, text string) {
	c.Grow(len(text))
	if n := len(s.parts); n >= 3 && s.parts[n-3] == 0xED && len(text) >= 3 && text[0] == 0xED { // two halves of a surrogate pair
		s.parts = []byte(types.Join(string(s.parts), text))
		return
	}
	s.parts = append(s.parts, text...)
}

// stringBuilders adds System.Text.StringBuilder, StringReader and StringWriter.
func stringBuilders(r *types.Registry) {
	b := r.Add(stringBuilderType)
	for _, form := range []string{"()", "(int capacity)", "(string value)", "(string value, int capacity)", "(int capacity, int maxCapacity)"} { // capacities bound nothing here
		b.New(form, func(c call, a []val) val {
			s := &stringBuilder{typ: stringBuilderType}
			if len(a) > 0 {
				s.add(c, a[0].Str())
			}
			return types.Ref(s)
		})
	}
	sb := func(a []val) *stringBuilder { return a[0].Ref().(*stringBuilder) }
	builderSizes(b)
	b.Index("char this[int index]", func(c call, a []val) val {
		s, i := string(sb(a).parts), a[1].Int()
		if i < 0 || i >= types.Length(s) {
			c.Throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
		}
		return types.Char(types.At(s, i))
	}, func(c call, a []val) val {
		u := types.EncodeUTF16(string(sb(a).parts))
		if i := a[1].Int(); i < 0 || i >= len(u) {
			c.OutOfRange("index", "Index was out of range. Must be non-negative and less than the size of the collection.")
		}
		u[a[1].Int()] = a[2].Char()
		sb(a).parts = []byte(types.DecodeUTF16(u))
		return types.Null
	})
	appendText := func(c call, a []val) val { sb(a).add(c, c.Text(a[1])); return a[0] }
	for _, t := range []string{"string", "object", "char", "bool", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "decimal"} {
		b.Method("StringBuilder Append("+t+" value)", appendText)
		b.Method("StringBuilder Insert(int index, "+t+" value)", func(c call, a []val) val { return builderInsert(c, sb(a), a[1].Int(), c.Text(a[2])) })
	}
	b.Method("StringBuilder Append(char[] value)", func(c call, a []val) val { sb(a).add(c, charsText(c, a[1])); return a[0] })
	b.Method("StringBuilder Append(char value, int repeatCount)", func(c call, a []val) val {
		if a[2].Int() < 0 {
			c.OutOfRange("repeatCount", "'repeatCount' must be non-negative.")
		}
		c.Grow(a[2].Int())
		sb(a).parts = append(sb(a).parts, strings.Repeat(c.Text(a[1]), a[2].Int())...)
		return a[0]
	})
	b.Method("StringBuilder Append(string value, int startIndex, int count)", func(c call, a []val) val {
		checkSubstring(c, a[2].Int(), a[3].Int(), types.Length(a[1].Str()))
		sb(a).add(c, types.Slice(a[1].Str(), a[2].Int(), a[3].Int()))
		return a[0]
	})
	b.Method("StringBuilder Append(char[] value, int startIndex, int charCount)", func(c call, a []val) val {
		sb(a).add(c, types.DecodeUTF16(charsPart(c, a[1], a[2].Int(), a[3].Int(), "value")))
		return a[0]
	})
	builderParts(b)
	b.Method("StringBuilder AppendLine()", func(c call, a []val) val { sb(a).add(c, newLine); return a[0] })
	b.Method("StringBuilder AppendLine(string value)", func(c call, a []val) val { sb(a).add(c, a[1].Str()+newLine); return a[0] })
	b.Method("StringBuilder AppendFormat(string format, params object[] args)", func(c call, a []val) val {
		c.NotNull(a[1], "format")
		sb(a).add(c, formatString(c, a[1].Str(), elements(c, a[2], "args")))
		return a[0]
	})
	b.Method("StringBuilder Remove(int startIndex, int length)", func(c call, a []val) val {
		s := string(sb(a).parts)
		n := types.Length(s)
		if a[1].Int() < 0 || a[2].Int() < 0 || a[1].Int()+a[2].Int() > n {
			c.OutOfRange("index", "Index was out of range. Must be non-negative and less than the size of the collection.")
		}
		end := a[1].Int() + a[2].Int()
		sb(a).parts = []byte(types.Slice(s, 0, a[1].Int()) + types.Slice(s, end, n-end))
		return a[0]
	})
	for _, t := range []string{"string", "char"} {
		b.Method("StringBuilder Replace("+t+" oldValue, "+t+" newValue)", func(c call, a []val) val {
			old, s := c.Text(a[1]), string(sb(a).parts)
			if old == "" {
				c.ThrowArgument("System.ArgumentException", "Empty name is not legal.", "oldValue")
			}
			c.Grow(len(s) + strings.Count(s, old)*len(c.Text(a[2])))
			sb(a).parts = []byte(strings.ReplaceAll(s, old, c.Text(a[2])))
			return a[0]
		})
	}
	b.Method("StringBuilder Clear()", func(_ call, a []val) val { sb(a).parts = nil; return a[0] })
	b.Method("string ToString(int startIndex, int length)", func(c call, a []val) val {
		s := string(sb(a).parts)
		checkSubstring(c, a[1].Int(), a[2].Int(), types.Length(s))
		return str(types.Slice(s, a[1].Int(), a[2].Int()))
	})
	stringStreams(r)
}

func charsText(c call, v val) string {
	x, ok := v.Ref().(*types.Array)
	if !ok {
		return ""
	}
	u := make([]uint16, len(x.Items))
	for i, e := range x.Items {
		u[i] = e.Char()
	}
	c.Grow(2 * len(u))
	return types.DecodeUTF16(u)
}

func builderInsert(c call, s *stringBuilder, at int, text string) val {
	old := string(s.parts)
	n := types.Length(old)
	if at < 0 || at > n {
		c.OutOfRange("index", "Index was out of range. Must be non-negative and less than the size of the collection.")
	}
	c.Grow(len(text) + len(old))
	s.parts = []byte(types.Slice(old, 0, at) + text + types.Slice(old, at, n-at))
	return types.Ref(s)
}
