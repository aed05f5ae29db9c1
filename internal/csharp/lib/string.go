package lib

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/csharp/types"
)

// stringEnums adds what string's members take beside strings.
func stringEnums(r *types.Registry) {
	r.Enum("System.StringComparison", "CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase")
	r.Enum("System.StringSplitOptions", "None", "RemoveEmptyEntries").Flags()
	r.Interface("System.IFormatProvider")
	invariant := func(types.Call, []types.Value) types.Value { return types.Ref(&culture{}) }
	r.Add(cultureType).Extends("", "IFormatProvider").
		Static("CultureInfo InvariantCulture", invariant).
		Static("CultureInfo CurrentCulture", invariant).
		Get("string Name", func(types.Call, []types.Value) types.Value { return types.Str("") })
}

var cultureType = types.New(types.KindClass, "System.Globalization.CultureInfo")

// culture is the invariant culture, the only one.
type culture struct{ _ byte }

// DotNetType implements types.Object.
func (*culture) DotNetType() *types.Type { return cultureType }

// texts adds System.String.
func texts(r *types.Registry) {
	b := r.Add(types.String).Extends("", "IEnumerable<char>")
	stringBasics(b)
	stringMakers(b)
	stringSearch(b)
	stringParts(b)
	stringJoins(b)
	stringCompares(b)
	stringRanges(b)
}

func stringBasics(b *types.Builder) {
	b.Const("string Empty", types.Str(""))
	b.Get("int Length", func(_ types.Call, a []types.Value) types.Value { return types.Int(int32(types.Length(a[0].Str()))) })
	b.Index("char this[int index]", func(c types.Call, a []types.Value) types.Value {
		s, i := a[0].Str(), a[1].Int()
		if i < 0 || i >= len(s) || i >= types.Length(s) {
			c.Throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
		}
		return types.Char(types.At(s, i))
	}, nil)
	b.Func("bool IsNullOrEmpty(string value)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(a[0].Str() == "") })
	b.Func("bool IsNullOrWhiteSpace(string value)", func(_ types.Call, a []types.Value) types.Value {
		return types.Bool(strings.TrimFunc(a[0].Str(), unicode.IsSpace) == "")
	})
	b.Method("string ToString(IFormatProvider provider)", func(_ types.Call, a []types.Value) types.Value { return a[0] })
	for name, f := range map[string]func(rune) rune{"ToUpper": toUpper, "ToUpperInvariant": toUpper, "ToLower": toLower, "ToLowerInvariant": toLower} {
		change := func(_ types.Call, a []types.Value) types.Value { return types.Str(mapText(a[0].Str(), f)) }
		b.Method("string "+name+"()", change)
		if !strings.HasSuffix(name, "Invariant") {
			b.Method("string "+name+"(CultureInfo culture)", change)
		}
	}
}

func charAt(c types.Call, s string, i int) uint16 {
	if i < 0 || i >= types.Length(s) {
		c.OutOfRange("index", "")
	}
	return types.At(s, i)
}

// isIgnoreCase reads a StringComparison.
func isIgnoreCase(comparison types.Value) bool { return comparison.Int()%2 == 1 }

// fold makes texts comparable without regard to case, as OrdinalIgnoreCase does: by
// simple upper case, which keeps the number of characters.
func fold(s string) string { return mapText(s, toUpper) }

// toUpper is the invariant culture's upper case: the letters that Turkish has of its own, and
// the long s, keep their form.
func toUpper(r rune) rune {
	if r == 'ı' || r == 'ſ' {
		return r
	}
	return unicode.ToUpper(r)
}

func toLower(r rune) rune {
	if r == 'İ' {
		return r
	}
	return unicode.ToLower(r)
}

// mapText maps each character; a lone surrogate stays.
func mapText(s string, f func(rune) rune) string {
	if utf8.ValidString(s) {
		return strings.Map(f, s)
	}
	units := types.EncodeUTF16(s)
	for i, u := range units {
		if r := f(rune(u)); r < 0x10000 && !isHigh(rune(u)) && !isLow(rune(u)) {
			units[i] = uint16(r)
		}
	}
	return types.DecodeUTF16(units)
}
