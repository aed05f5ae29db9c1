package lib

import "gatehouse/internal/csharp/types"

// stringRanges adds the overloads of searches and comparisons that look at a part of a
// string.
func stringRanges(b *types.Builder) {
	for name, last := range map[string]bool{"IndexOfAny": false, "LastIndexOfAny": true} {
		find := func(c call, a []val) val { return indexOfAnyIn(c, a, last) }
		b.Method("int "+name+"(char[] anyOf)", find)
		b.Method("int "+name+"(char[] anyOf, int startIndex)", find)
		b.Method("int "+name+"(char[] anyOf, int startIndex, int count)", find)
	}
	for name, last := range map[string]bool{"IndexOf": false, "LastIndexOf": true} {
		find := indexOf(last)
		b.Method("int "+name+"(string value, int startIndex, int count, StringComparison comparisonType)", func(c call, a []val) val {
			c.NotNull(a[1], "value")
			s, part := a[0], a[1]
			if isIgnoreCase(a[4]) {
				s, part = str(fold(s.Str())), str(fold(part.Str()))
			}
			return find(c, []val{s, part, a[2], a[3]})
		})
	}
	compare := func(comparison func(a []val) int) types.Func {
		return func(c call, a []val) val {
			return integer(CompareText(partOf(c, a[0], a[1].Int(), a[4].Int()), partOf(c, a[2], a[3].Int(), a[4].Int()), comparison(a)))
		}
	}
	const head = "(string strA, int indexA, string strB, int indexB, int length"
	b.Func("int Compare"+head+")", compare(func([]val) int { return 0 }))
	b.Func("int Compare"+head+", bool ignoreCase)", compare(func(a []val) int { return a[5].Int() }))
	b.Func("int Compare"+head+", StringComparison comparisonType)", compare(func(a []val) int { return a[5].Int() }))
	b.Func("int CompareOrdinal"+head+")", compare(func([]val) int { return 4 }))
	b.Func("int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)", func(_ call, a []val) val {
		return integer(CompareText(a[0], a[1], a[2].Int()))
	})
	b.Method("int CompareTo(object value)", func(c call, a []val) val {
		if !a[1].IsNull() && !a[1].IsStr() {
			c.ThrowArgument("System.ArgumentException", "Object must be of type String.", "")
		}
		return integer(CompareText(a[0], a[1], 0))
	})
}

// partOf is at most n units of a string from at; null is null.
func partOf(c call, v val, at, n int) val {
	if v.IsNull() {
		return v
	}
	size := types.Length(v.Str())
	if at < 0 || at > size {
		c.OutOfRange("index", "Index and length must refer to a location within the string.")
	}
	if n < 0 {
		c.OutOfRange("length", "Length cannot be less than zero.")
	}
	return str(types.Slice(v.Str(), at, min(n, size-at)))
}

// indexOfAnyIn is IndexOfAny or LastIndexOfAny with optional start and count.
func indexOfAnyIn(c call, a []val, last bool) val {
	c.NotNull(a[1], "anyOf")
	units, set := types.EncodeUTF16(a[0].Str()), charSet(a[1])
	from, to := searched(c, len(units), last, "startIndex", a[2:])
	for k := range to - from {
		i := from + k
		if last {
			i = to - 1 - k
		}
		if set[units[i]] {
			return integer(i)
		}
	}
	return integer(-1)
}

// searched is the range [from, to) that optional start and count arguments mean in a
// sequence of n: backwards for the Last forms. Errors name the start as the member does.
func searched(c call, n int, last bool, startName string, a []val) (from, to int) {
	from, to = 0, n
	if len(a) == 0 || last && n == 0 {
		return from, to
	}
	start := a[0].Int()
	if start < 0 || !last && start > n || last && start >= n {
		c.OutOfRange(startName, indexMessage)
	}
	if last {
		to = start + 1
	} else {
		from = start
	}
	if len(a) == 1 {
		return from, to
	}
	count := a[1].Int()
	if count < 0 || count > to-from {
		c.OutOfRange("count", "Count must be positive and count must refer to a location within the string/array/collection.")
	}
	if last {
		return to - count, to
	}
	return from, from + count
}
