package lib

import (
	"strings"
	"unicode"

	"gatehouse/internal/csharp/types"
)

// stringCompares adds Equals, Compare, CompareOrdinal and CompareTo.
func stringCompares(b *types.Builder) {
	b.Method("bool Equals(string value)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(equalText(a[0], a[1], 4)) })
	b.Method("bool Equals(string value, StringComparison comparisonType)", func(_ types.Call, a []types.Value) types.Value {
		return types.Bool(equalText(a[0], a[1], a[2].Int()))
	})
	b.Func("bool Equals(string a, string b)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(equalText(a[0], a[1], 4)) })
	b.Func("bool Equals(string a, string b, StringComparison comparisonType)", func(_ types.Call, a []types.Value) types.Value {
		return types.Bool(equalText(a[0], a[1], a[2].Int()))
	})
	compare := func(comparison func(a []types.Value) int) types.Func {
		return func(_ types.Call, a []types.Value) types.Value {
			return types.Int(int32(CompareText(a[0], a[1], comparison(a))))
		}
	}
	fixed := func(n int) func([]types.Value) int { return func([]types.Value) int { return n } }
	b.Method("int CompareTo(string strB)", compare(fixed(0)))
	b.Func("int Compare(string strA, string strB)", compare(fixed(0)))
	b.Func("int CompareOrdinal(string strA, string strB)", compare(fixed(4)))
	b.Func("int Compare(string strA, string strB, bool ignoreCase)", compare(func(a []types.Value) int { return a[2].Int() }))
	b.Func("int Compare(string strA, string strB, StringComparison comparisonType)", compare(func(a []types.Value) int { return a[2].Int() }))
}

func equalText(a, b types.Value, comparison int) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	if comparison%2 == 0 {
		return a.Str() == b.Str()
	}
	return a.Str() == b.Str() || fold(a.Str()) == fold(b.Str())
}

// CompareText compares two strings by a StringComparison; null is less than all.
func CompareText(a, b types.Value, comparison int) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return -1
	case b.IsNull():
		return 1
	}
	s, t := a.Str(), b.Str()
	switch comparison {
	case 4:
		return ordinal(s, t)
	case 5:
		return ordinal(fold(s), fold(t))
	}
	return cultural(s, t, comparison%2 == 1)
}

// ordinal compares code units; UTF-8 and UTF-16 disagree above U+D800 only.
func ordinal(s, t string) int {
	if types.IsASCII(s) && types.IsASCII(t) {
		return strings.Compare(s, t)
	}
	u, v := types.EncodeUTF16(s), types.EncodeUTF16(t)
	for i := 0; i < len(u) && i < len(v); i++ {
		if u[i] != v[i] {
			return int(u[i]) - int(v[i])
		}
	}
	return len(u) - len(v)
}

// cultural is the invariant culture's order for letters, digits and signs: signs before
// digits before letters, case decides next and lower case comes first. The hyphen and the
// apostrophe weigh so little that they count only between texts that are else equal.
func cultural(s, t string, ignoreCase bool) int {
	a, b := words(s), words(t)
	for i := 0; i < len(a) && i < len(b); i++ {
		if d := weight(a[i]) - weight(b[i]); d != 0 {
			return sign(d)
		}
	}
	if d := len(a) - len(b); d != 0 {
		return sign(d)
	}
	for i := range a {
		if a[i] != b[i] && !ignoreCase {
			if unicode.IsLower(a[i]) {
				return -1
			}
			return 1
		}
	}
	if x, y := len(s)-len(string(a)), len(t)-len(string(b)); x != y {
		return sign(x - y)
	} else if x == 0 {
		return 0
	}
	return sign(ordinal(fold(s), fold(t)))
}

// words are the characters that have a weight of their own.
func words(s string) []rune {
	list := []rune(s)
	kept := list[:0]
	for _, r := range list {
		if r != '-' && r != '\'' {
			kept = append(kept, r)
		}
	}
	return kept
}

func weight(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return 1<<22 + int(unicode.ToLower(r))
	case unicode.IsDigit(r):
		return 1<<21 + int(r)
	}
	return int(r)
}

func sign(n int) int { return min(1, max(-1, n)) }
