package lib

import (
	"unicode"

	"gatehouse/internal/csharp/types"
)

// chars adds System.Char.
func chars(r *types.Registry) {
	b := r.Add(types.CharT)
	b.Const("char MaxValue", types.Char(0xFFFF))
	b.Const("char MinValue", types.Char(0))
	for name, test := range map[string]func(rune) bool{
		"IsDigit":         unicode.IsDigit,
		"IsNumber":        unicode.IsNumber,
		"IsLetter":        unicode.IsLetter,
		"IsLetterOrDigit": func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) },
		"IsWhiteSpace":    unicode.IsSpace,
		"IsUpper":         unicode.IsUpper,
		"IsLower":         unicode.IsLower,
		"IsPunctuation":   unicode.IsPunct,
		"IsSymbol":        unicode.IsSymbol,
		"IsControl":       unicode.IsControl,
		"IsSeparator":     func(c rune) bool { return unicode.In(c, unicode.Z) },
		"IsSurrogate":     func(c rune) bool { return c >= 0xD800 && c < 0xE000 },
	} {
		b.Func("bool "+name+"(char c)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(test(rune(a[0].Char()))) })
		b.Func("bool "+name+"(string s, int index)", func(c types.Call, a []types.Value) types.Value {
			return types.Bool(test(rune(charAt(c, a[0].Str(), a[1].Int()))))
		})
	}
	for name, f := range map[string]func(rune) rune{"ToUpper": unicode.ToUpper, "ToLower": unicode.ToLower, "ToUpperInvariant": unicode.ToUpper, "ToLowerInvariant": unicode.ToLower} {
		b.Func("char "+name+"(char c)", func(_ types.Call, a []types.Value) types.Value { return types.Char(uint16(f(rune(a[0].Char())))) })
	}
	b.Func("double GetNumericValue(char c)", func(_ types.Call, a []types.Value) types.Value {
		if c := a[0].Char(); c >= '0' && c <= '9' {
			return types.Double(float64(c - '0'))
		}
		return types.Double(-1)
	})
	b.Func("char Parse(string s)", func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[0], "s")
		if types.Length(a[0].Str()) != 1 {
			c.Throw("System.FormatException", "String must be exactly one character long.")
		}
		return types.Char(types.At(a[0].Str(), 0))
	})
	b.Func("string ToString(char c)", func(c types.Call, a []types.Value) types.Value { return types.Str(c.Text(a[0])) })
	b.Method("int CompareTo(char value)", func(_ types.Call, a []types.Value) types.Value {
		return types.Int(int32(a[0].Char()) - int32(a[1].Char()))
	})
	b.Method("bool Equals(char obj)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(a[0] == a[1]) })
}
