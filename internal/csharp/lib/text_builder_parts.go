package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// builderSizes adds Length, which cuts or fills with NUL when it is set, and Capacity.
func builderSizes(b *types.Builder) {
	b.GetSet("int Length", self(func(s *stringBuilder) val { return integer(types.Length(string(s.parts))) }), func(c call, a []val) val {
		s, n := a[0].Ref().(*stringBuilder), a[1].Int()
		if n < 0 {
			c.OutOfRange("value", "Length cannot be less than zero.")
		}
		more := n - types.Length(string(s.parts))
		if more < 0 {
			s.parts = []byte(types.Slice(string(s.parts), 0, n))
			return types.Null
		}
		c.Grow(more)
		s.parts = append(s.parts, make([]byte, more)...)
		return types.Null
	})
	b.GetSet("int Capacity", self(func(s *stringBuilder) val { return integer(max(16, cap(s.parts))) }), func(c call, a []val) val {
		if a[1].Int() < types.Length(string(a[0].Ref().(*stringBuilder).parts)) {
			c.OutOfRange("value", "capacity was less than the current size.")
		}
		return types.Null
	})
}

// builderParts adds the members of StringBuilder that look at a part, and its capacity.
func builderParts(b *types.Builder) {
	sb := func(a []val) *stringBuilder { return a[0].Ref().(*stringBuilder) }
	b.New("(string value, int startIndex, int length, int capacity)", func(c call, a []val) val {
		s := &stringBuilder{typ: stringBuilderType}
		checkSubstring(c, a[1].Int(), a[2].Int(), types.Length(a[0].Str()))
		s.add(c, types.Slice(a[0].Str(), a[1].Int(), a[2].Int()))
		return types.Ref(s)
	})
	b.Get("int MaxCapacity", func(call, []val) val { return integer(1<<31 - 1) })
	b.Method("int EnsureCapacity(int capacity)", func(c call, a []val) val {
		if a[1].Int() < 0 {
			c.OutOfRange("capacity", "Capacity must be positive.")
		}
		return integer(max(a[1].Int(), 16, cap(sb(a).parts)))
	})
	b.Method("bool Equals(StringBuilder sb)", func(_ call, a []val) val {
		o, ok := a[1].Ref().(*stringBuilder)
		return types.Bool(ok && string(o.parts) == string(sb(a).parts))
	})
	b.Method("StringBuilder AppendFormat(IFormatProvider provider, string format, params object[] args)", func(c call, a []val) val {
		c.NotNull(a[2], "format")
		sb(a).add(c, formatString(c, a[2].Str(), elements(c, a[3], "args")))
		return a[0]
	})
	b.Method("StringBuilder Insert(int index, string value, int count)", func(c call, a []val) val {
		if a[3].Int() < 0 {
			c.OutOfRange("count", "Non-negative number required.")
		}
		c.Grow(len(a[2].Str()) * a[3].Int())
		return builderInsert(c, sb(a), a[1].Int(), strings.Repeat(a[2].Str(), a[3].Int()))
	})
	b.Method("StringBuilder Insert(int index, char[] value)", func(c call, a []val) val { return builderInsert(c, sb(a), a[1].Int(), charsText(c, a[2])) })
	b.Method("StringBuilder Insert(int index, char[] value, int startIndex, int charCount)", func(c call, a []val) val {
		return builderInsert(c, sb(a), a[1].Int(), types.DecodeUTF16(charsPart(c, a[2], a[3].Int(), a[4].Int(), "value")))
	})
	for _, t := range []string{"string", "char"} {
		b.Method("StringBuilder Replace("+t+" oldValue, "+t+" newValue, int startIndex, int count)", func(c call, a []val) val {
			s, old, with := string(sb(a).parts), c.Text(a[1]), c.Text(a[2])
			n := types.Length(s)
			checkSubstring(c, a[3].Int(), a[4].Int(), n)
			if old == "" {
				c.ThrowArgument("System.ArgumentException", "Empty name is not legal.", "oldValue")
			}
			end := a[3].Int() + a[4].Int()
			part := types.Slice(s, a[3].Int(), a[4].Int())
			c.Grow(len(s) + strings.Count(part, old)*len(with))
			sb(a).parts = []byte(types.Slice(s, 0, a[3].Int()) + strings.ReplaceAll(part, old, with) + types.Slice(s, end, n-end))
			return a[0]
		})
	}
	b.Method("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", func(c call, a []val) val {
		s, to := string(sb(a).parts), arrayOf(c, a[2], "destination")
		checkSubstring(c, a[1].Int(), a[4].Int(), types.Length(s))
		checkChars(c, to, a[3].Int(), a[4].Int())
		for i, u := range types.EncodeUTF16(types.Slice(s, a[1].Int(), a[4].Int())) {
			c.Step()
			to.Put(a[3].Int()+i, types.Char(u))
		}
		return types.Null
	})
}
