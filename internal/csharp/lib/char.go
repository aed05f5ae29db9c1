package lib

import (
	"strings"
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
		"IsHighSurrogate": isHigh,
		"IsLowSurrogate":  isLow,
	} {
		b.Func("bool "+name+"(char c)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(test(rune(a[0].Char()))) })
		b.Func("bool "+name+"(string s, int index)", func(c types.Call, a []types.Value) types.Value {
			return types.Bool(test(rune(charAt(c, a[0].Str(), a[1].Int()))))
		})
	}
	for name, f := range map[string]func(rune) rune{"ToUpper": toUpper, "ToLower": toLower, "ToUpperInvariant": toUpper, "ToLowerInvariant": toLower} {
		change := func(_ types.Call, a []types.Value) types.Value { return types.Char(uint16(f(rune(a[0].Char())))) }
		b.Func("char "+name+"(char c)", change)
		if !strings.HasSuffix(name, "Invariant") {
			b.Func("char "+name+"(char c, CultureInfo culture)", change)
		}
	}
	b.Func("double GetNumericValue(char c)", func(_ types.Call, a []types.Value) types.Value {
		if c := a[0].Char(); c >= '0' && c <= '9' {
			return types.Double(float64(c - '0'))
		}
		return types.Double(-1)
	})
	b.Func("bool TryParse(string s, out char result)", func(_ call, a []val) val {
		ok := types.Length(a[0].Str()) == 1
		a[1] = types.Char(0)
		if ok {
			a[1] = types.Char(types.At(a[0].Str(), 0))
		}
		return types.Bool(ok)
	})
	surrogatePairs(b)
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

func isHigh(c rune) bool { return c >= 0xD800 && c < 0xDC00 }

func isLow(c rune) bool { return c >= 0xDC00 && c < 0xE000 }

// surrogatePairs adds what goes between code points and their one or two chars.
func surrogatePairs(b *types.Builder) {
	b.Func("bool IsSurrogatePair(char highSurrogate, char lowSurrogate)", func(_ call, a []val) val {
		return types.Bool(isHigh(rune(a[0].Char())) && isLow(rune(a[1].Char())))
	})
	b.Func("bool IsSurrogatePair(string s, int index)", func(c call, a []val) val {
		s, i := a[0].Str(), a[1].Int()
		return types.Bool(isHigh(rune(charAt(c, s, i))) && i+1 < types.Length(s) && isLow(rune(types.At(s, i+1))))
	})
	b.Func("string ConvertFromUtf32(int utf32)", func(c call, a []val) val {
		n := rune(a[0].Int())
		if n < 0 || n > 0x10FFFF || isHigh(n) || isLow(n) {
			c.OutOfRange("utf32", "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff).")
		}
		return str(string(n))
	})
	toPoint := func(c call, high, low uint16) val {
		if !isHigh(rune(high)) || !isLow(rune(low)) {
			c.OutOfRange("highSurrogate", "A valid high surrogate character is between 0xd800 and 0xdbff, inclusive.")
		}
		return integer((int(high)-0xD800)<<10 + int(low) - 0xDC00 + 0x10000)
	}
	b.Func("int ConvertToUtf32(char highSurrogate, char lowSurrogate)", func(c call, a []val) val { return toPoint(c, a[0].Char(), a[1].Char()) })
	b.Func("int ConvertToUtf32(string s, int index)", func(c call, a []val) val {
		s, i := a[0].Str(), a[1].Int()
		u := charAt(c, s, i)
		if !isHigh(rune(u)) && !isLow(rune(u)) {
			return integer(int(u))
		}
		if i+1 >= types.Length(s) {
			c.ThrowArgument("System.ArgumentException", "Found a high surrogate char without a following low surrogate at index: "+c.Text(a[1])+". The input may not be in this encoding, or may not contain valid Unicode (UTF-16) characters.", "s")
		}
		return toPoint(c, u, types.At(s, i+1))
	})
}
