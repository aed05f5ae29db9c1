package lib

import "gatehouse/internal/csharp/types"

// linqSets adds what joins sequences and drops equal elements.
func linqSets(b *types.Builder) {
	b.Func("IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", func(c call, a []val) val {
		return concatenated(c, a[0], a[1])
	})
	single := func(c call, v val) val { return types.Ref(c.Types.NewArray(types.ObjectT, []val{v})) }
	b.Func("IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", func(c call, a []val) val { return concatenated(c, a[0], single(c, a[1])) })
	b.Func("IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", func(c call, a []val) val { return concatenated(c, single(c, a[1]), a[0]) })
	for _, with := range []string{"", ", IEqualityComparer<T> comparer"} {
		by := func(a []val, at int) val {
			if len(a) > at {
				return a[at]
			}
			return types.Null
		}
		b.Func("IEnumerable<T> Distinct<T>(this IEnumerable<T> source"+with+")", func(c call, a []val) val {
			c.NotNull(a[0], "source")
			src, comp := a[0], by(a, 1)
			return lazy(c, func(r *types.Run, yield func(val) bool) {
				seen := newHashSet(nil, comp)
				r.Each(src, func(v val) bool { return !seen.add(r, v) || yield(v) })
			})
		})
		b.Func("IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second"+with+")", func(c call, a []val) val {
			both, comp := concatenated(c, a[0], a[1]), by(a, 2)
			return lazy(c, func(r *types.Run, yield func(val) bool) {
				seen := newHashSet(nil, comp)
				r.Each(both, func(v val) bool { return !seen.add(r, v) || yield(v) })
			})
		})
		for name, keep := range map[string]bool{"Intersect": true, "Except": false} {
			b.Func("IEnumerable<T> "+name+"<T>(this IEnumerable<T> first, IEnumerable<T> second"+with+")", func(c call, a []val) val {
				c.NotNull(a[0], "first")
				c.NotNull(a[1], "second")
				first, second, comp := a[0], a[1], by(a, 2)
				return lazy(c, func(r *types.Run, yield func(val) bool) {
					other, seen := newHashSet(nil, comp), newHashSet(nil, comp)
					r.Each(second, func(v val) bool { other.add(r, v); return true })
					r.Each(first, func(v val) bool { return other.has(v) != keep || !seen.add(r, v) || yield(v) })
				})
			})
		}
		b.Func("bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second"+with+")", func(c call, a []val) val {
			c.NotNull(a[0], "first")
			c.NotNull(a[1], "second")
			key := keyer(by(a, 2))
			x, y := c.Collect(a[0]), c.Collect(a[1])
			same := len(x) == len(y)
			for i := 0; same && i < len(x); i++ {
				same = key(x[i]) == key(y[i])
			}
			return types.Bool(same)
		})
		b.Func("bool Contains<T>(this IEnumerable<T> source, T value"+with+")", func(c call, a []val) val {
			c.NotNull(a[0], "source")
			key := keyer(by(a, 2))
			want, found := key(a[1]), false
			c.Each(a[0], func(v val) bool { found = key(v) == want; return !found })
			return types.Bool(found)
		})
	}
	b.Func("IEnumerable<R> Zip<T, U, R>(this IEnumerable<T> first, IEnumerable<U> second, Func<T, U, R> resultSelector)", func(c call, a []val) val {
		c.NotNull(a[0], "first")
		c.NotNull(a[1], "second")
		first, second, f := a[0], a[1], lambda(c, a[2], "resultSelector")
		return lazy(c, func(r *types.Run, yield func(val) bool) {
			others, i := r.Collect(second), -1
			r.Each(first, func(v val) bool { i++; return i < len(others) && yield(f(r, v, others[i])) })
		})
	})
}

func concatenated(c call, first, second val) val {
	c.NotNull(first, "first")
	c.NotNull(second, "second")
	return lazy(c, func(r *types.Run, yield func(val) bool) {
		more := true
		r.Each(first, func(v val) bool { more = yield(v); return more })
		if more {
			r.Each(second, yield)
		}
	})
}

// linqJoins adds Join and GroupJoin.
func linqJoins(b *types.Builder) {
	for _, with := range []string{"", ", IEqualityComparer<K> comparer"} {
		join := func(group bool) types.Func {
			return func(c call, a []val) val {
				c.NotNull(a[0], "outer")
				c.NotNull(a[1], "inner")
				outer, inner := a[0], a[1]
				ok, ik, f := lambda(c, a[2], "outerKeySelector"), lambda(c, a[3], "innerKeySelector"), lambda(c, a[4], "resultSelector")
				comp := types.Null
				if len(a) > 5 {
					comp = a[5]
				}
				elem := c.T(1)
				return lazy(c, func(r *types.Run, yield func(val) bool) {
					groups := groupBy(r, inner, ik, nil, comp)
					r.Each(outer, func(v val) bool {
						g := groups.of(ok(r, v))
						if group {
							return yield(f(r, v, types.Ref(r.Types.NewArray(elem, g))))
						}
						for _, w := range g {
							if !yield(f(r, v, w)) {
								return false
							}
						}
						return true
					})
				})
			}
		}
		b.Func("IEnumerable<R> Join<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, U, R> resultSelector"+with+")", join(false))
		b.Func("IEnumerable<R> GroupJoin<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, IEnumerable<U>, R> resultSelector"+with+")", join(true))
	}
}
