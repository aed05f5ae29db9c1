package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// seek is the first (or last) index in the range of optional arguments, the first of them called start,
// whose element matches.
func seek(c call, l Indexed, last bool, start string, a []val, match func(v val) bool) val {
	from, to := searched(c, l.Len(), last, start, a)
	for k := range to - from {
		i := from + k
		if last {
			i = to - 1 - k
		}
		c.Step()
		if match(l.At(i)) {
			return integer(i)
		}
	}
	return integer(-1)
}

// ranges are the optional parameters that searches have after the first; List<T> and Array name the start differently.
func ranges(start string) []string {
	return []string{", int " + start, ", int " + start + ", int count"}
}

// findRanges are the same of FindIndex, which has them before the predicate.
func findRanges() []string { return []string{"int startIndex, ", "int startIndex, int count, "} }

// listRanges adds the overloads of List<T> for a part of the list.
func listRanges(b *types.Builder) {
	for name, last := range map[string]bool{"": false, "Last": true} {
		for _, rest := range ranges("index") {
			b.Method("int "+name+"IndexOf(T item"+rest+")", func(c call, a []val) val {
				return seek(c, a[0].Ref().(*list), last, "index", a[2:], func(v val) bool { return types.Equal(v, a[1]) })
			})
		}
		for _, rest := range findRanges() {
			b.Method("int Find"+name+"Index("+rest+"Predicate<T> match)", func(c call, a []val) val {
				end := len(a) - 1
				return seek(c, a[0].Ref().(*list), last, "startIndex", a[1:end], func(v val) bool { return c.Invoke(a[end], v).Bool() })
			})
		}
	}
	part := func(c call, a []val) (*list, []val) {
		l := a[0].Ref().(*list)
		checkRange(c, l, a[1].Int(), a[2].Int())
		return l, l.items[a[1].Int() : a[1].Int()+a[2].Int()]
	}
	b.Method("void Reverse(int index, int count)", func(c call, a []val) val {
		l, items := part(c, a)
		slices.Reverse(items)
		l.version++
		return types.Null
	})
	b.Method("void Sort(int index, int count, IComparer<T> comparer)", func(c call, a []val) val {
		l, items := part(c, a)
		sortValues(c, items, a[3])
		l.version++
		return types.Null
	})
	b.Method("void CopyTo(int index, T[] array, int arrayIndex, int count)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		checkRange(c, l, a[1].Int(), a[4].Int())
		return copyArray(c, types.Ref(c.Types.NewArray(types.ObjectT, l.items)), a[1].Int(), a[2], a[3].Int(), a[4].Int())
	})
	b.Method("int BinarySearch(T item, IComparer<T> comparer)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		return integer(binarySearch(c, l, 0, l.Len(), a[1], a[2]))
	})
	b.Method("int BinarySearch(int index, int count, T item, IComparer<T> comparer)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		checkRange(c, l, a[1].Int(), a[2].Int())
		return integer(binarySearch(c, l, a[1].Int(), a[1].Int()+a[2].Int(), a[3], a[4]))
	})
	b.Method("void TrimExcess()", func(call, []val) val { return types.Null })
}

// sortValues sorts by a comparer, null for the default one. .NET's sort is not stable; what
// is equal keeps its order here.
func sortValues(c call, items []val, comparer val) {
	order := orderOf(comparer)
	slices.SortStableFunc(items, func(x, y val) int { c.Step(); return order(c.Run, x, y) })
}

// arrayRanges adds the overloads of System.Array for a part of an array.
func arrayRanges(b *types.Builder) {
	for name, last := range map[string]bool{"": false, "Last": true} {
		for _, rest := range ranges("startIndex") {
			b.Func("int "+name+"IndexOf<T>(T[] array, T value"+rest+")", func(c call, a []val) val {
				return seek(c, arrayOf(c, a[0], "array"), last, "startIndex", a[2:], func(v val) bool { return types.Equal(v, a[1]) })
			})
		}
		for _, rest := range findRanges() {
			b.Func("int Find"+name+"Index<T>(T[] array, "+rest+"Predicate<T> match)", func(c call, a []val) val {
				end := len(a) - 1
				return seek(c, arrayOf(c, a[0], "array"), last, "startIndex", a[1:end], func(v val) bool { return c.Invoke(a[end], v).Bool() })
			})
		}
	}
	change := func(c call, a []val, f func(items []val)) val {
		x := arrayOf(c, a[0], "array")
		checkArrayPart(c, x, a[1].Int(), a[2].Int())
		items := c.Collect(a[0])
		f(items[a[1].Int() : a[1].Int()+a[2].Int()])
		for i, v := range items {
			x.Put(i, v)
		}
		return types.Null
	}
	reverse := func(c call, a []val) val { return change(c, a, func(l []val) { slices.Reverse(l) }) }
	b.Func("void Reverse(Array array, int index, int length)", reverse)
	b.Func("void Sort<T>(T[] array, int index, int length)", func(c call, a []val) val {
		return change(c, a, func(l []val) { sortValues(c, l, types.Null) })
	})
	b.Func("void Sort<T>(T[] array, int index, int length, IComparer<T> comparer)", func(c call, a []val) val {
		return change(c, a, func(l []val) { sortValues(c, l, a[3]) })
	})
	b.Func("void Sort<TKey, TValue>(TKey[] keys, TValue[] items)", sortPairs)
	b.Func("void Sort<TKey, TValue>(TKey[] keys, TValue[] items, IComparer<TKey> comparer)", sortPairs)
	b.Func("int BinarySearch<T>(T[] array, T value, IComparer<T> comparer)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		return integer(binarySearch(c, x, 0, x.Len(), a[1], a[2]))
	})
	b.Func("int BinarySearch<T>(T[] array, int index, int length, T value)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		checkArrayPart(c, x, a[1].Int(), a[2].Int())
		return integer(binarySearch(c, x, a[1].Int(), a[1].Int()+a[2].Int(), a[3], types.Null))
	})
	b.Func("ReadOnlyCollection<T> AsReadOnly<T>(T[] array)", func(c call, a []val) val {
		c.NotNull(a[0], "array")
		return types.Ref(&list{typ: c.Site.Result, items: c.Collect(a[0])})
	})
	b.Func("Array CreateInstance(Type elementType, int length)", func(c call, a []val) val {
		c.NotNull(a[0], "elementType")
		if a[1].Int() < 0 {
			c.OutOfRange("length", "Non-negative number required.")
		}
		c.Grow(24 * a[1].Int())
		return types.Ref(c.Types.MakeArray(a[0].Ref().(*TypeObject).Of, a[1].Int()))
	})
	fixed := func(b bool) types.Func { return func(call, []val) val { return types.Bool(b) } }
	b.Get("bool IsReadOnly", fixed(false)).Get("bool IsFixedSize", fixed(true)).Get("bool IsSynchronized", fixed(false))
}

func checkArrayPart(c call, x *types.Array, index, length int) {
	switch {
	case index < 0 || length < 0:
		c.OutOfRange(map[bool]string{true: "index", false: "length"}[index < 0], "Non-negative number required.")
	case index > x.Len()-length:
		c.ThrowArgument("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.", "")
	}
}

// sortPairs sorts keys and takes the items along.
func sortPairs(c call, a []val) val {
	keys, items := arrayOf(c, a[0], "keys"), arrayOf(c, a[1], "items")
	if items.Len() < keys.Len() {
		c.ThrowArgument("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.", "")
	}
	by := types.Null
	if len(a) > 2 {
		by = a[2]
	}
	order := orderOf(by)
	places := make([]int, keys.Len())
	for i := range places {
		places[i] = i
	}
	k, v := c.Collect(a[0]), c.Collect(a[1])
	slices.SortStableFunc(places, func(i, j int) int { c.Step(); return order(c.Run, k[i], k[j]) })
	for i, from := range places {
		keys.Put(i, k[from])
		items.Put(i, v[from])
	}
	return types.Null
}
