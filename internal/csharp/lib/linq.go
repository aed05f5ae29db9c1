package lib

import "gatehouse/internal/csharp/types"

// enumerable adds System.Linq.Enumerable: sequences that are worked out while they are
// walked, and what counts, picks or collects elements at once.
func enumerable(r *types.Registry) {
	b := r.StaticClass("System.Linq.Enumerable")
	linqShape(b)
	linqSets(b)
	linqJoins(b)
	linqPick(b)
	linqCount(b)
	linqCollect(b)
	linqNumbers(b)
	linqOrder(r, b)
	linqGroups(r, b)
}

// lambda is a delegate argument, kept for a later walk.
func lambda(c call, f val, param string) func(r *types.Run, args ...val) val {
	c.NotNull(f, param)
	return func(r *types.Run, args ...val) val { return r.Invoke(f, args...) }
}

// operator makes a sequence operator: source and lambda or count checked now, each run later.
func operator(prepare func(c call, a []val) func(r *types.Run, yield func(val) bool)) types.Func {
	return func(c call, a []val) val {
		c.NotNull(a[0], "source")
		return lazy(c, prepare(c, a))
	}
}

// linqShape adds what keeps, drops and maps elements.
func linqShape(b *types.Builder) {
	b.Func("IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, f := a[0], lambda(c, a[1], "predicate")
		return func(r *types.Run, yield func(val) bool) {
			r.Each(src, func(v val) bool { return !f(r, v).Bool() || yield(v) })
		}
	}))
	b.Func("IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, f := a[0], lambda(c, a[1], "predicate")
		return func(r *types.Run, yield func(val) bool) {
			i := -1
			r.Each(src, func(v val) bool { i++; return !f(r, v, integer(i)).Bool() || yield(v) })
		}
	}))
	b.Func("IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, f := a[0], lambda(c, a[1], "selector")
		return func(r *types.Run, yield func(val) bool) {
			r.Each(src, func(v val) bool { return yield(f(r, v)) })
		}
	}))
	b.Func("IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, f := a[0], lambda(c, a[1], "selector")
		return func(r *types.Run, yield func(val) bool) {
			i := -1
			r.Each(src, func(v val) bool { i++; return yield(f(r, v, integer(i))) })
		}
	}))
	linqMany(b)
	linqParts(b)
	b.Func("IEnumerable<T> Cast<T>(this System.Collections.IEnumerable source)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, t := a[0], c.T(0)
		return func(r *types.Run, yield func(val) bool) {
			r.Each(src, func(v val) bool { return yield(castTo(r, v, t)) })
		}
	}))
	b.Func("IEnumerable<T> OfType<T>(this System.Collections.IEnumerable source)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
		src, t := a[0], c.T(0)
		return func(r *types.Run, yield func(val) bool) {
			r.Each(src, func(v val) bool { return !r.Types.Is(v, t) || yield(v) })
		}
	}))
	b.Func("IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", func(_ call, a []val) val { return a[0] })
}

// castTo is a cast of an object to T, which converts nothing.
func castTo(r *types.Run, v val, t *types.Type) val {
	if v.IsNull() {
		if !t.CanBeNull() {
			r.ThrowNullReference()
		}
		return v
	}
	if !r.Types.Is(v, t) {
		r.Throw("System.InvalidCastException", "Unable to cast object of type '"+types.FullName(types.TypeOf(v))+"' to type '"+types.FullName(t)+"'.")
	}
	return v
}

func linqMany(b *types.Builder) {
	for _, indexed := range []bool{false, true} {
		index := map[bool]string{false: "", true: "int, "}[indexed]
		args := func(v val, i int) []val {
			if indexed {
				return []val{v, integer(i)}
			}
			return []val{v}
		}
		b.Func("IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, "+index+"IEnumerable<R>> selector)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
			src, f := a[0], lambda(c, a[1], "selector")
			return func(r *types.Run, yield func(val) bool) {
				i, more := -1, true
				r.Each(src, func(v val) bool {
					i++
					r.Each(f(r, args(v, i)...), func(w val) bool { more = yield(w); return more })
					return more
				})
			}
		}))
		b.Func("IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, "+index+"IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
			src, f, g := a[0], lambda(c, a[1], "collectionSelector"), lambda(c, a[2], "resultSelector")
			return func(r *types.Run, yield func(val) bool) {
				i, more := -1, true
				r.Each(src, func(v val) bool {
					i++
					r.Each(f(r, args(v, i)...), func(w val) bool { more = yield(g(r, v, w)); return more })
					return more
				})
			}
		}))
	}
}

func linqParts(b *types.Builder) {
	b.Func("IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", operator(func(_ call, a []val) func(*types.Run, func(val) bool) {
		src, n := a[0], a[1].Int()
		return func(r *types.Run, yield func(val) bool) {
			if n <= 0 {
				return
			}
			i := 0
			r.Each(src, func(v val) bool { i++; return yield(v) && i < n })
		}
	}))
	b.Func("IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", operator(func(_ call, a []val) func(*types.Run, func(val) bool) {
		src, n := a[0], a[1].Int()
		return func(r *types.Run, yield func(val) bool) {
			i := 0
			r.Each(src, func(v val) bool { i++; return i <= n || yield(v) })
		}
	}))
	for _, indexed := range []bool{false, true} {
		signature := map[bool]string{false: "Func<T, bool>", true: "Func<T, int, bool>"}[indexed]
		test := func(c call, f val) func(r *types.Run, v val, i int) bool {
			g := lambda(c, f, "predicate")
			return func(r *types.Run, v val, i int) bool {
				if indexed {
					return g(r, v, integer(i)).Bool()
				}
				return g(r, v).Bool()
			}
		}
		b.Func("IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, "+signature+" predicate)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
			src, f := a[0], test(c, a[1])
			return func(r *types.Run, yield func(val) bool) {
				i := -1
				r.Each(src, func(v val) bool { i++; return f(r, v, i) && yield(v) })
			}
		}))
		b.Func("IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, "+signature+" predicate)", operator(func(c call, a []val) func(*types.Run, func(val) bool) {
			src, f := a[0], test(c, a[1])
			return func(r *types.Run, yield func(val) bool) {
				i, skipping := -1, true
				r.Each(src, func(v val) bool {
					i++
					skipping = skipping && f(r, v, i)
					return skipping || yield(v)
				})
			}
		}))
	}
	b.Func("IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", operator(func(_ call, a []val) func(*types.Run, func(val) bool) {
		src := a[0]
		return func(r *types.Run, yield func(val) bool) {
			items := r.Collect(src)
			for i := len(items) - 1; i >= 0 && yield(items[i]); i-- {
				r.Step()
			}
		}
	}))
	b.Func("IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", defaultIfEmpty)
	b.Func("IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)", defaultIfEmpty)
}

func defaultIfEmpty(c call, a []val) val {
	c.NotNull(a[0], "source")
	src, fallback := a[0], c.T(0).Zero()
	if len(a) > 1 {
		fallback = a[1]
	}
	return lazy(c, func(r *types.Run, yield func(val) bool) {
		empty := true
		r.Each(src, func(v val) bool { empty = false; return yield(v) })
		if empty {
			yield(fallback)
		}
	})
}
