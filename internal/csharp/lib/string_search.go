package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// stringSearch adds Contains, StartsWith, EndsWith and the IndexOf family. string
// arguments without StringComparison compare by the culture in .NET's StartsWith,
// EndsWith and IndexOf; with the invariant culture that is ordinal for the texts of
// HTTP, and is done so here.
func stringSearch(b *types.Builder) {
	test := func(f func(s, part string) bool) types.Func {
		return func(c types.Call, a []types.Value) types.Value {
			c.NotNull(a[1], "value")
			s, part := a[0].Str(), c.Text(a[1])
			if len(a) > 2 && isIgnoreCase(a[2]) {
				s, part = fold(s), fold(part)
			}
			return types.Bool(f(s, part))
		}
	}
	for name, f := range map[string]func(s, part string) bool{"Contains": strings.Contains, "StartsWith": strings.HasPrefix, "EndsWith": strings.HasSuffix} {
		b.Method("bool "+name+"(string value)", test(f))
		b.Method("bool "+name+"(string value, StringComparison comparisonType)", test(f))
	}
	b.Method("bool Contains(char value)", test(strings.Contains))
	b.Method("bool StartsWith(char value)", test(strings.HasPrefix))
	b.Method("bool EndsWith(char value)", test(strings.HasSuffix))
	for _, what := range []string{"char", "string"} {
		for name, last := range map[string]bool{"IndexOf": false, "LastIndexOf": true} {
			f := indexOf(last)
			b.Method("int "+name+"("+what+" value)", f)
			b.Method("int "+name+"("+what+" value, int startIndex)", f)
			b.Method("int "+name+"("+what+" value, int startIndex, int count)", f)
		}
	}
	for name, last := range map[string]bool{"IndexOf": false, "LastIndexOf": true} {
		f := indexOf(last)
		b.Method("int "+name+"(string value, StringComparison comparisonType)", func(c types.Call, a []types.Value) types.Value {
			return indexFold(c, a, f, a[2])
		})
		b.Method("int "+name+"(string value, int startIndex, StringComparison comparisonType)", func(c types.Call, a []types.Value) types.Value {
			return indexFold(c, a[:3], f, a[3])
		})
	}
}

func indexFold(c types.Call, a []types.Value, f types.Func, comparison types.Value) types.Value {
	c.NotNull(a[1], "value")
	list := []types.Value{a[0], a[1]}
	if len(a) == 3 && a[2].ValueType() == types.Int32 {
		list = append(list, a[2])
	}
	if isIgnoreCase(comparison) {
		list[0], list[1] = types.Str(fold(a[0].Str())), types.Str(fold(c.Text(a[1])))
	}
	return f(c, list)
}

// indexOf is IndexOf or LastIndexOf with optional start and count.
func indexOf(last bool) types.Func {
	return func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[1], "value")
		s, part := a[0].Str(), c.Text(a[1])
		n := types.Length(s)
		start, end := 0, n
		if len(a) > 2 {
			at := a[2].Int()
			if at < 0 || at > n {
				c.OutOfRange("startIndex", "Index was out of range. Must be non-negative and less than the size of the collection.")
			}
			start = at
			if last {
				start, end = 0, min(at+1, n)
			}
		}
		if len(a) > 3 {
			count := a[3].Int()
			if count < 0 || !last && start+count > n || last && end-count < 0 {
				c.OutOfRange("count", "Count must be positive and count must refer to a location within the string/array/collection.")
			}
			if last {
				start = end - count
			} else {
				end = start + count
			}
		}
		from, to := types.Offset(s, start), types.Offset(s, end)
		find := strings.Index
		if last {
			find = strings.LastIndex
		}
		at := find(s[from:to], part)
		if at < 0 {
			return types.Int(-1)
		}
		return types.Int(int32(types.Units(s, from+at)))
	}
}

// charSet is the members of a char[].
func charSet(v types.Value) map[uint16]bool {
	set := map[uint16]bool{}
	if array, ok := v.Ref().(*types.Array); ok {
		for _, u := range array.Items {
			set[u.Char()] = true
		}
	}
	return set
}
