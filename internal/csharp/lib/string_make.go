package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// stringMakers adds the constructors, and what goes between strings and char[].
func stringMakers(b *types.Builder) {
	b.New("(char c, int count)", func(c call, a []val) val {
		if a[1].Int() < 0 {
			c.OutOfRange("count", "'count' must be non-negative.")
		}
		c.Grow(a[1].Int())
		return str(strings.Repeat(c.Text(a[0]), a[1].Int()))
	})
	b.New("(char[] value)", func(c call, a []val) val { return str(charsText(c, a[0])) })
	b.New("(char[] value, int startIndex, int length)", func(c call, a []val) val {
		return str(types.DecodeUTF16(charsPart(c, a[0], a[1].Int(), a[2].Int(), "value")))
	})
	b.Method("char[] ToCharArray()", func(c call, a []val) val {
		return types.Ref(c.Types.NewArray(types.CharT, c.Collect(a[0])))
	})
	b.Method("char[] ToCharArray(int startIndex, int length)", func(c call, a []val) val {
		s := a[0].Str()
		checkSubstring(c, a[1].Int(), a[2].Int(), types.Length(s))
		return types.Ref(c.Types.NewArray(types.CharT, c.Collect(str(types.Slice(s, a[1].Int(), a[2].Int())))))
	})
	b.Method("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", func(c call, a []val) val {
		s, to := a[0].Str(), arrayOf(c, a[2], "destination")
		checkSubstring(c, a[1].Int(), a[4].Int(), types.Length(s))
		checkChars(c, to, a[3].Int(), a[4].Int())
		for i, u := range types.EncodeUTF16(types.Slice(s, a[1].Int(), a[4].Int())) {
			c.Step()
			to.Put(a[3].Int()+i, types.Char(u))
		}
		return types.Null
	})
	same := func(_ call, a []val) val { return a[0] }
	b.Method("object Clone()", same)
	b.Method("string ToString()", same)
	b.Func("string Intern(string str)", func(c call, a []val) val { c.NotNull(a[0], "str"); return a[0] })
	b.Func("string IsInterned(string str)", func(c call, a []val) val { c.NotNull(a[0], "str"); return a[0] })
}

// charsPart is n units of a char[] from start.
func charsPart(c call, v val, start, n int, param string) []uint16 {
	x := arrayOf(c, v, param)
	checkChars(c, x, start, n)
	c.Grow(2 * n)
	out := make([]uint16, n)
	for i := range out {
		out[i] = x.At(start + i).Char()
	}
	return out
}

// checkChars raises ArgumentOutOfRangeException for a part that is outside of the array.
func checkChars(c call, x *types.Array, start, n int) {
	switch {
	case start < 0:
		c.OutOfRange("startIndex", "StartIndex cannot be less than zero.")
	case n < 0:
		c.OutOfRange("length", "Length cannot be less than zero.")
	case start > x.Len()-n:
		c.OutOfRange("startIndex", "Index was out of range. Must be non-negative and less than the size of the collection.")
	}
}
