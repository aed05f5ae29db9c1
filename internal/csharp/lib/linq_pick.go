package lib

import "gatehouse/internal/csharp/types"

const (
	noElements  = "Sequence contains no elements"
	noMatch     = "Sequence contains no matching element"
	manyElement = "Sequence contains more than one element"
	manyMatches = "Sequence contains more than one matching element"
)

// pick is First, Last or Single of the elements that match; f may be nil.
func pick(c call, src val, name string, f func(val) bool) (found val, ok bool) {
	c.NotNull(src, "source")
	c.Each(src, func(v val) bool {
		if f != nil && !f(v) {
			return true
		}
		if ok && name == "Single" {
			if f == nil {
				invalid(c.Run, manyElement)
			}
			invalid(c.Run, manyMatches)
		}
		found, ok = v, true
		return name != "First"
	})
	return found, ok
}

// linqPick adds First, Last, Single, ElementAt and their OrDefault forms.
func linqPick(b *types.Builder) {
	for _, name := range []string{"First", "Last", "Single"} {
		for _, orDefault := range []bool{false, true} {
			method := name + map[bool]string{true: "OrDefault"}[orDefault]
			f := func(c call, a []val) val {
				var test func(val) bool
				if len(a) > 1 {
					c.NotNull(a[1], "predicate")
					p := a[1]
					test = func(v val) bool { return c.Invoke(p, v).Bool() }
				}
				v, ok := pick(c, a[0], name, test)
				switch {
				case ok:
					return v
				case orDefault:
					return c.T(0).Zero()
				case test != nil:
					invalid(c.Run, noMatch)
				}
				invalid(c.Run, noElements)
				return v
			}
			b.Func("T "+method+"<T>(this IEnumerable<T> source)", f)
			b.Func("T "+method+"<T>(this IEnumerable<T> source, Func<T, bool> predicate)", f)
		}
	}
	elementAt := func(c call, a []val) (val, bool) {
		c.NotNull(a[0], "source")
		n, found, ok := a[1].Int(), types.Null, false
		if n < 0 {
			return found, false
		}
		if l, is := a[0].Ref().(Indexed); is {
			if n >= l.Len() {
				return found, false
			}
			return l.At(n), true
		}
		i := -1
		c.Each(a[0], func(v val) bool { i++; found, ok = v, i == n; return !ok })
		return found, ok
	}
	b.Func("T ElementAt<T>(this IEnumerable<T> source, int index)", func(c call, a []val) val {
		v, ok := elementAt(c, a)
		if !ok {
			c.OutOfRange("index", indexMessage)
		}
		return v
	})
	b.Func("T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", func(c call, a []val) val {
		if v, ok := elementAt(c, a); ok {
			return v
		}
		return c.T(0).Zero()
	})
}

// linqCount adds Any, All, Count and Aggregate.
func linqCount(b *types.Builder) {
	b.Func("bool Any<T>(this IEnumerable<T> source)", func(c call, a []val) val {
		_, ok := pick(c, a[0], "First", nil)
		return types.Bool(ok)
	})
	b.Func("bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", func(c call, a []val) val {
		c.NotNull(a[1], "predicate")
		p := a[1]
		_, ok := pick(c, a[0], "First", func(v val) bool { return c.Invoke(p, v).Bool() })
		return types.Bool(ok)
	})
	b.Func("bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", func(c call, a []val) val {
		c.NotNull(a[1], "predicate")
		p := a[1]
		_, ok := pick(c, a[0], "First", func(v val) bool { return !c.Invoke(p, v).Bool() })
		return types.Bool(!ok)
	})
	for name, result := range map[string]*types.Type{"Count": types.Int32, "LongCount": types.Int64} {
		b.Func(result.Name+" "+name+"<T>(this IEnumerable<T> source)", func(c call, a []val) val {
			c.NotNull(a[0], "source")
			return types.Of(result, count(c, a).Bits())
		})
		b.Func(result.Name+" "+name+"<T>(this IEnumerable<T> source, Func<T, bool> predicate)", func(c call, a []val) val {
			c.NotNull(a[0], "source")
			c.NotNull(a[1], "predicate")
			n, p := uint64(0), a[1]
			c.Each(a[0], func(v val) bool { n += c.Invoke(p, v).Bits(); return true })
			return types.Of(result, n)
		})
	}
	b.Func("T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", func(c call, a []val) val {
		c.NotNull(a[0], "source")
		c.NotNull(a[1], "func")
		f, sum, any := a[1], types.Null, false
		c.Each(a[0], func(v val) bool {
			if !any {
				sum, any = v, true
				return true
			}
			sum = c.Invoke(f, sum, v)
			return true
		})
		if !any {
			invalid(c.Run, noElements)
		}
		return sum
	})
	fold := func(c call, a []val) val {
		c.NotNull(a[0], "source")
		c.NotNull(a[2], "func")
		f, sum := a[2], a[1]
		c.Each(a[0], func(v val) bool { sum = c.Invoke(f, sum, v); return true })
		if len(a) > 3 {
			return c.Invoke(a[3], sum)
		}
		return sum
	}
	b.Func("A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)", fold)
	b.Func("R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, Func<A, R> resultSelector)", fold)
}

// linqCollect adds ToList, ToArray, ToDictionary and what makes sequences of nothing.
func linqCollect(b *types.Builder) {
	b.Func("List<T> ToList<T>(this IEnumerable<T> source)", func(c call, a []val) val {
		c.NotNull(a[0], "source")
		return types.Ref(&list{typ: c.Site.Result, items: c.Collect(a[0])})
	})
	b.Func("T[] ToArray<T>(this IEnumerable<T> source)", func(c call, a []val) val {
		c.NotNull(a[0], "source")
		return types.Ref(c.Types.NewArray(c.T(0), c.Collect(a[0])))
	})
	for _, with := range []string{"", ", IEqualityComparer<T> comparer"} {
		b.Func("HashSet<T> ToHashSet<T>(this IEnumerable<T> source"+with+")", func(c call, a []val) val {
			c.NotNull(a[0], "source")
			comp := types.Null
			if len(a) > 1 {
				comp = a[1]
			}
			s := newHashSet(c.Site.Result, comp)
			c.Each(a[0], func(v val) bool { s.add(c.Run, v); return true })
			return types.Ref(s)
		})
	}
	toMap := func(value, comp int) types.Func {
		return func(c call, a []val) val {
			c.NotNull(a[0], "source")
			c.NotNull(a[1], "keySelector")
			by := types.Null
			if comp > 0 {
				by = a[comp]
			}
			d, key, pick := newDictionary(c.Run, c.Site.Result, by), a[1], a[max(value, 0)]
			c.Each(a[0], func(v val) bool {
				w := v
				if value > 0 {
					w = c.Invoke(pick, v)
				}
				d.put(c, c.Invoke(key, v), w, true)
				return true
			})
			return types.Ref(d)
		}
	}
	b.Func("Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", toMap(-1, -1))
	b.Func("Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)", toMap(-1, 2))
	b.Func("Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)", toMap(2, -1))
	b.Func("Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)", toMap(2, 3))
	b.Func("IEnumerable<T> Empty<T>()", func(c call, _ []val) val { return types.Ref(c.Types.MakeArray(c.T(0), 0)) })
	b.Func("IEnumerable<int> Range(int start, int count)", func(c call, a []val) val {
		start, n := a[0].Int(), a[1].Int()
		if n < 0 || start+n-1 > 1<<31-1 {
			c.OutOfRange("count", "")
		}
		return lazy(c, func(_ *types.Run, yield func(val) bool) {
			for i := 0; i < n && yield(integer(start+i)); i++ {
			}
		})
	})
	b.Func("IEnumerable<T> Repeat<T>(T element, int count)", func(c call, a []val) val {
		v, n := a[0], a[1].Int()
		if n < 0 {
			c.OutOfRange("count", "")
		}
		return lazy(c, func(_ *types.Run, yield func(val) bool) {
			for i := 0; i < n && yield(v); i++ {
			}
		})
	})
}
