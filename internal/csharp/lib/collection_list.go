package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// lists adds List<T>.
func lists(r *types.Registry) {
	b := r.Add(listType).Extends("", "IList<T>", "IReadOnlyList<T>")
	b.New("()", newList)
	b.New("(int capacity)", newList)
	b.New("(IEnumerable<T> collection)", func(c call, a []val) val {
		c.NotNull(a[0], "collection")
		return types.Ref(&list{typ: c.Site.Result, items: c.Collect(a[0])})
	})
	b.Get("int Count", self(func(l *list) val { return integer(len(l.items)) }))
	b.GetSet("int Capacity", self(func(l *list) val { return integer(cap(l.items)) }), func(c call, a []val) val {
		l, n := a[0].Ref().(*list), a[1].Int()
		if n < len(l.items) {
			c.OutOfRange("value", "capacity was less than the current size.")
		}
		c.Grow(24 * n)
		l.items = append(make([]val, 0, n), l.items...)
		return types.Null
	})
	b.Index("T this[int index]", listAt, listPut)
	b.Method("void Add(T item)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		l.insert(c, len(l.items), a[1])
		return types.Null
	})
	b.Method("void AddRange(IEnumerable<T> collection)", func(c call, a []val) val {
		return insertRange(c, a[0], len(a[0].Ref().(*list).items), a[1])
	})
	b.Method("void InsertRange(int index, IEnumerable<T> collection)", func(c call, a []val) val { return insertRange(c, a[0], a[1].Int(), a[2]) })
	b.Method("void Insert(int index, T item)", listInsert)
	b.Method("void RemoveAt(int index)", listRemoveAt)
	b.Method("void Clear()", collectionClear)
	b.Method("bool Remove(T item)", collectionRemove)
	b.Method("bool Contains(T item)", func(c call, a []val) val { return types.Bool(contains(c, a[0], a[1])) })
	b.Method("void CopyTo(T[] array)", copyTo)
	b.Method("void CopyTo(T[] array, int arrayIndex)", copyTo)
	b.Method("T[] ToArray()", func(c call, a []val) val {
		return types.Ref(c.Types.NewArray(c.Site.Result.Elem, c.Collect(a[0])))
	})
	b.Method("void RemoveRange(int index, int count)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		checkRange(c, l, a[1].Int(), a[2].Int())
		l.version++
		l.items = slices.Delete(l.items, a[1].Int(), a[1].Int()+a[2].Int())
		return types.Null
	})
	b.Method("List<T> GetRange(int index, int count)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		checkRange(c, l, a[1].Int(), a[2].Int())
		return types.Ref(&list{typ: l.typ, items: slices.Clone(l.items[a[1].Int() : a[1].Int()+a[2].Int()])})
	})
	b.Method("ReadOnlyCollection<T> AsReadOnly()", func(c call, a []val) val {
		return types.Ref(&list{typ: c.Site.Result, items: a[0].Ref().(*list).items})
	})
	listSearch(b)
	listOrder(b)
	listRanges(b)
}

func newList(c call, a []val) val {
	if len(a) > 0 && a[0].Int() < 0 {
		c.OutOfRange("capacity", "Non-negative number required.")
	}
	return types.Ref(&list{typ: c.Site.Result})
}

func insertRange(c call, to val, at int, from val) val {
	c.NotNull(from, "collection")
	l := to.Ref().(*list)
	if at < 0 || at > len(l.items) {
		c.OutOfRange("index", indexMessage)
	}
	l.version++
	l.items = slices.Insert(l.items, at, c.Collect(from)...)
	return types.Null
}

func checkRange(c call, l *list, index, count int) {
	switch {
	case index < 0:
		c.OutOfRange("index", "Non-negative number required.")
	case count < 0:
		c.OutOfRange("count", "Non-negative number required.")
	case index+count > len(l.items):
		c.ThrowArgument("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.", "")
	}
}

// find is the index of the first (or last) element that matches; -1 without.
func find(c call, l Indexed, match val, last bool) int {
	c.NotNull(match, "match")
	for k := range l.Len() {
		i := k
		if last {
			i = l.Len() - 1 - k
		}
		c.Step()
		if c.Invoke(match, l.At(i)).Bool() {
			return i
		}
	}
	return -1
}

func listSearch(b *types.Builder) {
	b.Method("int IndexOf(T item)", func(_ call, a []val) val { return integer(indexOfValue(a[0].Ref().(*list), a[1])) })
	b.Method("int LastIndexOf(T item)", func(_ call, a []val) val {
		l := a[0].Ref().(*list)
		for i := len(l.items) - 1; i >= 0; i-- {
			if types.Equal(l.items[i], a[1]) {
				return integer(i)
			}
		}
		return integer(-1)
	})
	for name, last := range map[string]bool{"Find": false, "FindLast": true} {
		b.Method("T "+name+"(Predicate<T> match)", func(c call, a []val) val {
			l := a[0].Ref().(*list)
			if i := find(c, l, a[1], last); i >= 0 {
				return l.items[i]
			}
			return c.Site.Result.Zero()
		})
		b.Method("int "+name+"Index(Predicate<T> match)", func(c call, a []val) val {
			return integer(find(c, a[0].Ref().(*list), a[1], last))
		})
	}
	b.Method("bool Exists(Predicate<T> match)", func(c call, a []val) val { return types.Bool(find(c, a[0].Ref().(*list), a[1], false) >= 0) })
	b.Method("bool TrueForAll(Predicate<T> match)", func(c call, a []val) val {
		for _, v := range c.Collect(a[0]) {
			if !c.Invoke(a[1], v).Bool() {
				return types.Bool(false)
			}
		}
		return types.Bool(true)
	})
	b.Method("List<T> FindAll(Predicate<T> match)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		out := &list{typ: l.typ}
		c.Each(a[0], func(v val) bool {
			if c.Invoke(a[1], v).Bool() {
				out.items = append(out.items, v)
			}
			return true
		})
		return types.Ref(out)
	})
	b.Method("int RemoveAll(Predicate<T> match)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		before := len(l.items)
		l.items = slices.DeleteFunc(l.items, func(v val) bool { c.Step(); return c.Invoke(a[1], v).Bool() })
		l.version++
		return integer(before - len(l.items))
	})
	b.Method("void ForEach(Action<T> action)", func(c call, a []val) val {
		c.NotNull(a[1], "action")
		c.Each(a[0], func(v val) bool { c.Invoke(a[1], v); return true })
		return types.Null
	})
	b.Method("List<R> ConvertAll<R>(Converter<T, R> converter)", func(c call, a []val) val {
		items := c.Collect(a[0])
		for i := range items {
			items[i] = c.Invoke(a[1], items[i])
		}
		return types.Ref(&list{typ: c.Site.Result, items: items})
	})
}

func listOrder(b *types.Builder) {
	sorter := func(compare func(c call, a []val) func(x, y val) int) types.Func {
		return func(c call, a []val) val {
			l := a[0].Ref().(*list)
			slices.SortStableFunc(l.items, compare(c, a))
			l.version++
			return types.Null
		}
	}
	b.Method("void Sort()", sorter(func(c call, _ []val) func(x, y val) int {
		return func(x, y val) int { c.Step(); return compareValues(c.Run, x, y) }
	}))
	b.Method("void Sort(Comparison<T> comparison)", sorter(func(c call, a []val) func(x, y val) int {
		f := a[1]
		return func(x, y val) int { c.Step(); return c.Invoke(f, x, y).Int() }
	}))
	b.Method("void Sort(IComparer<T> comparer)", sorter(func(c call, a []val) func(x, y val) int {
		o := orderOf(a[1])
		return func(x, y val) int { c.Step(); return o(c.Run, x, y) }
	}))
	b.Method("void Reverse()", self(func(l *list) val { slices.Reverse(l.items); l.version++; return types.Null }))
	b.Method("int BinarySearch(T item)", func(c call, a []val) val {
		l := a[0].Ref().(*list)
		return integer(binarySearch(c, l, 0, l.Len(), a[1], types.Null))
	})
}

// binarySearch is the index in [lo, hi), or the complement of where the value belongs; the
// comparer null is the default one.
func binarySearch(c call, l Indexed, lo, hi int, v, comparer val) int {
	order := orderOf(comparer)
	for hi--; lo <= hi; {
		mid := (lo + hi) / 2
		c.Step()
		d := order(c.Run, l.At(mid), v)
		if d == 0 {
			return mid
		}
		if d < 0 {
			lo = mid + 1
		} else {
			hi = mid - 1
		}
	}
	return ^lo
}
