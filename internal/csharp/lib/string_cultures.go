package lib

import (
	"golang.org/x/text/unicode/norm"

	"gatehouse/internal/csharp/types"
)

// stringCultures adds the members of string that take a culture, which is the invariant one whatever
// it is, parts to compare, and the forms of normalisation.
func stringCultures(r *types.Registry) {
	r.Enum("System.Globalization.CompareOptions", "None=0", "IgnoreCase=1", "IgnoreNonSpace=2", "IgnoreSymbols=4", "IgnoreKanaType=8", "IgnoreWidth=16",
		"StringSort=536870912", "OrdinalIgnoreCase=268435456", "Ordinal=1073741824").Flags()
	b := r.Add(types.String)
	for name, at := range map[string]string{"StartsWith": "Prefix", "EndsWith": "Suffix"} {
		b.Method("bool "+name+"(string value, bool ignoreCase, CultureInfo culture)", func(c call, a []val) val {
			c.NotNull(a[1], "value")
			s, part := a[0].Str(), a[1].Str()
			if a[2].Bool() {
				s, part = fold(s), fold(part)
			}
			if len(part) > len(s) {
				return types.Bool(false)
			}
			if at == "Prefix" {
				return types.Bool(s[:len(part)] == part)
			}
			return types.Bool(s[len(s)-len(part):] == part)
		})
	}
	b.Func("int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)", func(_ call, a []val) val {
		return integer(CompareText(a[0], a[1], a[2].Int()))
	})
	b.Func("int Compare(string strA, string strB, CultureInfo culture, CompareOptions options)", func(_ call, a []val) val {
		return integer(CompareText(a[0], a[1], comparisonOf(a[3].Int())))
	})
	compareParts := func(comparison func(a []val) int) types.Func {
		return func(c call, a []val) val {
			x, y := comparedPart(c, a[0], a[1].Int(), a[4].Int()), comparedPart(c, a[2], a[3].Int(), a[4].Int())
			return integer(CompareText(x, y, comparison(a)))
		}
	}
	const parts = "int Compare(string strA, int indexA, string strB, int indexB, int length, "
	b.Func(parts+"bool ignoreCase, CultureInfo culture)", compareParts(func(a []val) int { return a[5].Int() }))
	b.Func(parts+"CultureInfo culture, CompareOptions options)", compareParts(func(a []val) int { return comparisonOf(a[6].Int()) }))
	normalForms(r, b)
}

// comparisonOf is the StringComparison that CompareOptions come to.
func comparisonOf(options int) int {
	switch {
	case options&0x40000000 != 0:
		return 4
	case options&0x10000000 != 0:
		return 5
	}
	return options & 1
}

// comparedPart is the part of a text that Compare looks at: it may end before length.
func comparedPart(c call, v val, index, length int) val {
	if v.IsNull() {
		return v
	}
	n := types.Length(v.Str())
	switch {
	case length < 0:
		c.OutOfRange("length", "Length cannot be less than zero.")
	case index < 0 || index > n:
		c.OutOfRange("indexA", indexMessage)
	}
	return str(types.Slice(v.Str(), index, min(length, n-index)))
}

func normalForms(r *types.Registry, b *types.Builder) {
	r.Enum("System.Text.NormalizationForm", "FormC=1", "FormD=2", "FormKC=5", "FormKD=6")
	form := func(a []val) norm.Form {
		if len(a) == 1 {
			return norm.NFC
		}
		return map[int]norm.Form{1: norm.NFC, 2: norm.NFD, 5: norm.NFKC, 6: norm.NFKD}[a[1].Int()]
	}
	for _, params := range []string{"()", "(NormalizationForm normalizationForm)"} {
		b.Method("string Normalize"+params, func(c call, a []val) val {
			s := form(a).String(a[0].Str())
			c.Grow(len(s))
			return str(s)
		})
		b.Method("bool IsNormalized"+params, func(_ call, a []val) val { return types.Bool(form(a).IsNormalString(a[0].Str())) })
	}
}
