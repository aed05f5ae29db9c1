package lib

import (
	"strings"
	"unicode"

	"gatehouse/internal/csharp/types"
)

// stringParts adds what makes parts and variants of a string.
func stringParts(b *types.Builder) {
	b.Method("string Substring(int startIndex)", func(c types.Call, a []types.Value) types.Value {
		s, start := a[0].Str(), a[1].Int()
		n := types.Length(s)
		checkSubstring(c, start, 0, n)
		return types.Str(types.Slice(s, start, n-start))
	})
	b.Method("string Substring(int startIndex, int length)", func(c types.Call, a []types.Value) types.Value {
		s, start, length := a[0].Str(), a[1].Int(), a[2].Int()
		checkSubstring(c, start, length, types.Length(s))
		return types.Str(types.Slice(s, start, length))
	})
	b.Method("string Remove(int startIndex)", func(c types.Call, a []types.Value) types.Value {
		s, start := a[0].Str(), a[1].Int()
		if start < 0 || start >= types.Length(s) {
			c.OutOfRange("startIndex", "startIndex must be less than length of string.")
		}
		return types.Str(types.Slice(s, 0, start))
	})
	b.Method("string Remove(int startIndex, int count)", func(c types.Call, a []types.Value) types.Value {
		s, start, count := a[0].Str(), a[1].Int(), a[2].Int()
		n := types.Length(s)
		if start < 0 || count < 0 || start+count > n {
			c.OutOfRange("count", "Index and count must refer to a location within the string.")
		}
		return types.Str(types.Join(types.Slice(s, 0, start), types.Slice(s, start+count, n-start-count)))
	})
	b.Method("string Insert(int startIndex, string value)", func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[2], "value")
		s, at := a[0].Str(), a[1].Int()
		n := types.Length(s)
		if at < 0 || at > n {
			c.OutOfRange("startIndex", "")
		}
		c.Grow(len(s) + len(a[2].Str()))
		return types.Str(types.Join(types.Join(types.Slice(s, 0, at), a[2].Str()), types.Slice(s, at, n-at)))
	})
	replace := func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[1], "oldValue")
		old := c.Text(a[1])
		if old == "" {
			c.ThrowArgument("System.ArgumentException", "String cannot be of zero length.", "oldValue")
		}
		s, with := a[0].Str(), c.Text(a[2])
		c.Grow(len(s) + strings.Count(s, old)*len(with))
		return types.Str(strings.ReplaceAll(s, old, with))
	}
	b.Method("string Replace(string oldValue, string newValue)", replace)
	b.Method("string Replace(char oldChar, char newChar)", replace)
	trims(b)
	pads(b)
	splits(b)
}

func checkSubstring(c types.Call, start, length, n int) {
	switch {
	case start < 0:
		c.OutOfRange("startIndex", "StartIndex cannot be less than zero.")
	case start > n:
		c.OutOfRange("startIndex", "startIndex cannot be larger than length of string.")
	case length < 0:
		c.OutOfRange("length", "Length cannot be less than zero.")
	case length > n-start:
		c.OutOfRange("length", "Index and length must refer to a location within the string.")
	}
}

func trims(b *types.Builder) {
	for name, trim := range map[string]func(string, func(rune) bool) string{"Trim": strings.TrimFunc, "TrimStart": strings.TrimLeftFunc, "TrimEnd": strings.TrimRightFunc} {
		if name == "Trim" {
			b.Method("string Trim()", func(_ types.Call, a []types.Value) types.Value { return types.Str(trim(a[0].Str(), unicode.IsSpace)) })
		}
		b.Method("string "+name+"(params char[] trimChars)", func(_ types.Call, a []types.Value) types.Value {
			set := charSet(a[1])
			if len(set) == 0 {
				return types.Str(trim(a[0].Str(), unicode.IsSpace))
			}
			return types.Str(trim(a[0].Str(), func(r rune) bool { return r < 0x10000 && set[uint16(r)] }))
		})
	}
}

func pads(b *types.Builder) {
	for name, left := range map[string]bool{"PadLeft": true, "PadRight": false} {
		f := func(c types.Call, a []types.Value) types.Value {
			s, fill := a[0].Str(), " "
			if a[1].Int() < 0 {
				c.OutOfRange("totalWidth", "Non-negative number required.")
			}
			if len(a) > 2 {
				fill = c.Text(a[2])
			}
			n := max(0, a[1].Int()-types.Length(s))
			c.Grow(n)
			if left {
				return types.Str(strings.Repeat(fill, n) + s)
			}
			return types.Str(s + strings.Repeat(fill, n))
		}
		b.Method("string "+name+"(int totalWidth)", f)
		b.Method("string "+name+"(int totalWidth, char paddingChar)", f)
	}
}

func splits(b *types.Builder) {
	b.Method("string[] Split(params char[] separator)", func(c types.Call, a []types.Value) types.Value { return split(c, a[0].Str(), a[1], -1, 0) })
	for _, row := range []struct {
		signature      string
		count, options int // the places of these arguments
	}{
		{"string[] Split(char[] separator, int count)", 2, 0},
		{"string[] Split(char[] separator, StringSplitOptions options)", 0, 2},
		{"string[] Split(char[] separator, int count, StringSplitOptions options)", 2, 3},
		{"string[] Split(string[] separator, StringSplitOptions options)", 0, 2},
		{"string[] Split(string[] separator, int count, StringSplitOptions options)", 2, 3},
		{"string[] Split(string separator, StringSplitOptions options = 0)", 0, 2},
		{"string[] Split(char separator, StringSplitOptions options)", 0, 2},
		{"string[] Split(char separator, int count, StringSplitOptions options = 0)", 2, 3},
	} {
		b.Method(row.signature, func(c types.Call, a []types.Value) types.Value {
			count, options := -1, 0
			if row.count > 0 {
				count = a[row.count].Int()
			}
			if row.options > 0 {
				options = a[row.options].Int()
			}
			return split(c, a[0].Str(), a[1], count, options)
		})
	}
}

// split is string.Split; no separators mean white space.
func split(c types.Call, s string, separator types.Value, count, options int) types.Value {
	var parts []string
	seps := separators(c, separator)
	keep := options&1 == 0
	if count == 0 || s == "" && !keep {
		return c.Types.Strings(nil)
	}
	next := finder{seps: seps, at: make([]int, len(seps))}
	for {
		at, n := next.first(c, s)
		if at < 0 || count > 0 && len(parts) == count-1 {
			break
		}
		if at > 0 || keep {
			parts = append(parts, s[:at])
		}
		s = s[at+n:]
		next.done += at + n
		c.Grow(24)
	}
	if s != "" || keep {
		parts = append(parts, s)
	}
	return c.Types.Strings(parts)
}

func separators(c types.Call, v types.Value) (list []string) {
	if array, ok := v.Ref().(*types.Array); ok {
		for _, e := range array.Items {
			if s := c.Text(e); s != "" {
				list = append(list, s)
			}
		}
		return list
	}
	if s := c.Text(v); s != "" {
		list = append(list, s)
	}
	return list
}

// finder finds the separators of a text that gets shorter; each is looked for once as far as it stands.
type finder struct {
	seps []string
	at   []int // where each stands in the whole text; -1 nowhere
	done int   // how much of the text is cut off
}

// first is where the first separator stands in the rest s, and its length; white space when there are none.
func (f *finder) first(c types.Call, s string) (at, n int) {
	if len(f.seps) == 0 {
		for i, r := range s {
			if unicode.IsSpace(r) {
				return i, len(string(r))
			}
		}
		return -1, 0
	}
	at = -1
	for i, sep := range f.seps {
		c.Step()
		if f.at[i] >= 0 && f.at[i] <= f.done {
			f.at[i] = strings.Index(s, sep)
			if f.at[i] >= 0 {
				f.at[i] += f.done
			}
		}
		if k := f.at[i] - f.done; f.at[i] >= 0 && (at < 0 || k < at) {
			at, n = k, len(sep)
		}
	}
	return at, n
}
