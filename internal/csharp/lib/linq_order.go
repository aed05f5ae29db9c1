package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// ordering is an IOrderedEnumerable<T>: a source and the keys to order it by.
type ordering struct {
	typ  *types.Type
	src  val
	keys []orderKey
}

type orderKey struct {
	selector   val
	compare    func(r *types.Run, x, y val) int
	descending bool
}

// DotNetType implements types.Object.
func (o *ordering) DotNetType() *types.Type { return o.typ }

// Each implements types.Enumerable: a stable sort of the source.
func (o *ordering) Each(r *types.Run, yield func(val) bool) {
	type element struct {
		v    val
		keys []val
	}
	var list []element
	r.Each(o.src, func(v val) bool {
		e := element{v, make([]val, len(o.keys))}
		for i, k := range o.keys {
			e.keys[i] = r.Invoke(k.selector, v)
		}
		r.Grow(64)
		list = append(list, e)
		return true
	})
	slices.SortStableFunc(list, func(x, y element) int {
		r.Step()
		for i, k := range o.keys {
			if d := k.compare(r, x.keys[i], y.keys[i]); d != 0 {
				if k.descending {
					return -d
				}
				return d
			}
		}
		return 0
	})
	for _, e := range list {
		if !yield(e.v) {
			return
		}
	}
}

// linqOrder adds OrderBy and ThenBy.
func linqOrder(r *types.Registry, b *types.Builder) {
	r.Interface("System.Linq.IOrderedEnumerable<out T>").Extends("", "IEnumerable<T>")
	for name, descending := range map[string]bool{"By": false, "ByDescending": true} {
		for _, with := range []string{"", ", IComparer<K> comparer"} {
			key := func(c call, a []val) orderKey {
				c.NotNull(a[0], "source")
				c.NotNull(a[1], "keySelector")
				k := orderKey{selector: a[1], compare: compareValues, descending: descending}
				if len(a) > 2 {
					k.compare = orderOf(a[2])
				}
				return k
			}
			b.Func("IOrderedEnumerable<T> Order"+name+"<T, K>(this IEnumerable<T> source, Func<T, K> keySelector"+with+")", func(c call, a []val) val {
				return types.Ref(&ordering{typ: c.Site.Result, src: a[0], keys: []orderKey{key(c, a)}})
			})
			b.Func("IOrderedEnumerable<T> Then"+name+"<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector"+with+")", func(c call, a []val) val {
				k := key(c, a)
				o := a[0].Ref().(*ordering)
				return types.Ref(&ordering{typ: o.typ, src: o.src, keys: append(slices.Clone(o.keys), k)})
			})
		}
	}
}

var (
	groupingType = types.NewGeneric(types.KindInterface, "System.Linq.IGrouping<out TKey, out TElement>")
	lookupType   = types.NewGeneric(types.KindInterface, "System.Linq.ILookup<TKey, TElement>")
)

// grouping is an IGrouping<K, E>.
type grouping struct {
	typ   *types.Type
	key   val
	items []val
}

// DotNetType implements types.Object.
func (g *grouping) DotNetType() *types.Type { return g.typ }

// Len is the number of elements.
func (g *grouping) Len() int { return len(g.items) }

// Each implements types.Enumerable.
func (g *grouping) Each(_ *types.Run, yield func(val) bool) {
	for _, v := range g.items {
		if !yield(v) {
			return
		}
	}
}

// groups are groupings in the order of their first elements; also an ILookup<K, E>.
type groups struct {
	typ    *types.Type
	key    func(val) types.Key
	places map[types.Key]*grouping
	list   []*grouping
}

// DotNetType implements types.Object.
func (g *groups) DotNetType() *types.Type { return g.typ }

// Len is the number of groups.
func (g *groups) Len() int { return len(g.list) }

// Each implements types.Enumerable.
func (g *groups) Each(_ *types.Run, yield func(val) bool) {
	for _, x := range g.list {
		if !yield(types.Ref(x)) {
			return
		}
	}
}

func (g *groups) of(key val) []val {
	if x := g.places[g.key(key)]; x != nil {
		return x.items
	}
	return nil
}

// groupBy makes groups; element may be nil.
func groupBy(r *types.Run, src val, key, element func(r *types.Run, args ...val) val, comp val) *groups {
	g := &groups{key: keyer(comp), places: map[types.Key]*grouping{}}
	r.Each(src, func(v val) bool {
		k := key(r, v)
		id := g.key(k)
		x := g.places[id]
		if x == nil {
			r.Grow(128)
			x = &grouping{key: k}
			g.places[id] = x
			g.list = append(g.list, x)
		}
		if element != nil {
			v = element(r, v)
		}
		r.Grow(24)
		x.items = append(x.items, v)
		return true
	})
	return g
}

// typed gives the groups their type, IGrouping<key, element>.
func (g *groups) typed(t *types.Type) *groups {
	for _, x := range g.list {
		x.typ = t
	}
	return g
}

// linqGroups adds GroupBy and ToLookup, in all their forms.
func linqGroups(r *types.Registry, b *types.Builder) {
	r.Add(groupingType).Extends("", "IEnumerable<TElement>").Get("TKey Key", self(func(g *grouping) val { return g.key }))
	r.Add(lookupType).Extends("", "IEnumerable<IGrouping<TKey, TElement>>").
		Get("int Count", count).
		Method("bool Contains(TKey key)", func(_ call, a []val) val { return types.Bool(a[0].Ref().(*groups).of(a[1]) != nil) }).
		Index("IEnumerable<TElement> this[TKey key]", func(c call, a []val) val {
			return types.Ref(c.Types.NewArray(c.Site.Receiver.Args[1], a[0].Ref().(*groups).of(a[1])))
		}, nil)
	for _, element := range []bool{false, true} {
		params, pick, elem := "T, K", "", "T"
		if element {
			params, pick, elem = "T, K, E", ", Func<T, E> elementSelector", "E"
		}
		for _, with := range []string{"", ", IEqualityComparer<K> comparer"} {
			b.Func("IEnumerable<IGrouping<K, "+elem+">> GroupBy<"+params+">(this IEnumerable<T> source, Func<T, K> keySelector"+pick+with+")", grouped(element, false, with != "", false))
			b.Func("IEnumerable<R> GroupBy<"+params+", R>(this IEnumerable<T> source, Func<T, K> keySelector"+pick+", Func<K, IEnumerable<"+elem+">, R> resultSelector"+with+")", grouped(element, true, with != "", false))
			b.Func("ILookup<K, "+elem+"> ToLookup<"+params+">(this IEnumerable<T> source, Func<T, K> keySelector"+pick+with+")", grouped(element, false, with != "", true))
		}
	}
}

// grouped is the body of GroupBy and ToLookup by which optional arguments there are.
func grouped(element, result, comparer, atOnce bool) types.Func {
	return func(c call, a []val) val {
		c.NotNull(a[0], "source")
		src, key, next := a[0], lambda(c, a[1], "keySelector"), 2
		var pick, make func(*types.Run, ...val) val
		comp, elem := types.Null, c.T(0)
		if element {
			pick, elem = lambda(c, a[next], "elementSelector"), c.T(2)
			next++
		}
		if result {
			make = lambda(c, a[next], "resultSelector")
			next++
		}
		if comparer {
			comp = a[next]
		}
		typ := c.Types.Construct(groupingType, c.T(1), elem)
		if atOnce {
			g := groupBy(c.Run, src, key, pick, comp).typed(typ)
			g.typ = c.Site.Result
			return types.Ref(g)
		}
		return lazy(c, func(r *types.Run, yield func(val) bool) {
			for _, g := range groupBy(r, src, key, pick, comp).typed(typ).list {
				v := types.Ref(g)
				if make != nil {
					v = make(r, g.key, v)
				}
				if !yield(v) {
					return
				}
			}
		})
	}
}
