package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// hashSet is a HashSet<T>: a dictionary without values.
type hashSet struct {
	typ    *types.Type
	key    func(val) types.Key
	by     val // the comparer; null: the default one
	places map[types.Key]int
	items  []val
}

// DotNetType implements types.Object.
func (s *hashSet) DotNetType() *types.Type { return s.typ }

// Len is the number of elements.
func (s *hashSet) Len() int { return len(s.items) }

// Each implements types.Enumerable.
func (s *hashSet) Each(_ *types.Run, yield func(val) bool) {
	for _, v := range slices.Clone(s.items) {
		if !yield(v) {
			return
		}
	}
}

func newHashSet(typ *types.Type, comparerOrNull val) *hashSet {
	return &hashSet{typ: typ, key: keyer(comparerOrNull), by: comparerOrNull, places: map[types.Key]int{}}
}

func (s *hashSet) add(r *types.Run, v val) bool {
	k := s.key(v)
	if _, ok := s.places[k]; ok {
		return false
	}
	r.Grow(64)
	s.places[k] = len(s.items)
	s.items = append(s.items, v)
	return true
}

func (s *hashSet) has(v val) bool { _, ok := s.places[s.key(v)]; return ok }

func (s *hashSet) remove(v val) bool {
	i, ok := s.places[s.key(v)]
	if ok {
		s.keep(func(k int) bool { return k != i })
	}
	return ok
}

func (s *hashSet) clear() { s.items, s.places = nil, map[types.Key]int{} }

// keep drops all elements but those whose place f accepts.
func (s *hashSet) keep(f func(i int) bool) {
	var left []val
	for i, v := range s.items {
		if f(i) {
			left = append(left, v)
		}
	}
	s.clear()
	for i, v := range left {
		s.places[s.key(v)] = i
	}
	s.items = left
}

// other is the elements of a sequence as a set with s's comparer.
func (s *hashSet) other(c call, v val) *hashSet {
	c.NotNull(v, "other")
	o := &hashSet{key: s.key, places: map[types.Key]int{}}
	c.Each(v, func(e val) bool { o.add(c.Run, e); return true })
	return o
}

func (s *hashSet) subsetOf(o *hashSet) bool {
	for _, v := range s.items {
		if !o.has(v) {
			return false
		}
	}
	return true
}

// sets adds HashSet<T> and ISet<T>.
func sets(r *types.Registry) {
	setMembers(r.Interface("System.Collections.Generic.ISet<T>").Extends("", "ICollection<T>"))
	b := r.Add(hashSetType).Extends("", "ISet<T>", "IReadOnlyCollection<T>")
	for _, row := range []struct {
		signature string
		from, by  int
	}{
		{"()", -1, -1},
		{"(IEnumerable<T> collection)", 0, -1},
		{"(IEqualityComparer<T> comparer)", -1, 0},
		{"(IEnumerable<T> collection, IEqualityComparer<T> comparer)", 0, 1},
	} {
		b.New(row.signature, func(c call, a []val) val {
			by := types.Null
			if row.by >= 0 {
				by = a[row.by]
			}
			s := newHashSet(c.Site.Result, by)
			if row.from >= 0 {
				c.NotNull(a[row.from], "collection")
				c.Each(a[row.from], func(v val) bool { s.add(c.Run, v); return true })
			}
			return types.Ref(s)
		})
	}
	setMembers(b)
	b.Get("int Count", count)
	b.Method("void Clear()", collectionClear)
	b.Method("bool Contains(T item)", func(c call, a []val) val { return types.Bool(contains(c, a[0], a[1])) })
	b.Method("bool Remove(T item)", collectionRemove)
	b.Method("void CopyTo(T[] array)", copyTo).Method("void CopyTo(T[] array, int arrayIndex)", copyTo)
	b.Method("void CopyTo(T[] array, int arrayIndex, int count)", func(c call, a []val) val {
		items := a[0].Ref().(*hashSet).items
		if a[3].Int() < 0 {
			c.OutOfRange("count", "Non-negative number required.")
		}
		some := types.Ref(c.Types.NewArray(types.ObjectT, slices.Clone(items[:min(len(items), a[3].Int())])))
		return copyTo(c, []val{some, a[1], a[2]})
	})
	b.Get("IEqualityComparer<T> Comparer", func(c call, a []val) val {
		s := a[0].Ref().(*hashSet)
		if s.by.IsNull() {
			return types.Ref(&comparer{typ: c.Types.Construct(equalityComparerType, c.Site.Result.Args...)})
		}
		return s.by
	})
	b.Method("void TrimExcess()", func(call, []val) val { return types.Null })
	b.Method("bool TryGetValue(T equalValue, out T actualValue)", func(c call, a []val) val {
		s := a[0].Ref().(*hashSet)
		i, ok := s.places[s.key(a[1])]
		if a[2] = c.Site.Params[0].Zero(); ok {
			a[2] = s.items[i]
		}
		return types.Bool(ok)
	})
	b.Method("int RemoveWhere(Predicate<T> match)", func(c call, a []val) val {
		s := a[0].Ref().(*hashSet)
		before := len(s.items)
		s.keep(func(i int) bool { return !c.Invoke(a[1], s.items[i]).Bool() })
		return integer(before - len(s.items))
	})
}

func setMembers(b *types.Builder) {
	b.Method("bool Add(T item)", func(c call, a []val) val { return types.Bool(a[0].Ref().(*hashSet).add(c.Run, a[1])) })
	for name, f := range map[string]func(c call, s, o *hashSet){
		"UnionWith": func(c call, s, o *hashSet) {
			for _, v := range o.items {
				s.add(c.Run, v)
			}
		},
		"ExceptWith":    func(_ call, s, o *hashSet) { s.keep(func(i int) bool { return !o.has(s.items[i]) }) },
		"IntersectWith": func(_ call, s, o *hashSet) { s.keep(func(i int) bool { return o.has(s.items[i]) }) },
		"SymmetricExceptWith": func(c call, s, o *hashSet) {
			for _, v := range o.items {
				if !s.remove(v) {
					s.add(c.Run, v)
				}
			}
		},
	} {
		b.Method("void "+name+"(IEnumerable<T> other)", func(c call, a []val) val {
			s := a[0].Ref().(*hashSet)
			f(c, s, s.other(c, a[1]))
			return types.Null
		})
	}
	for name, f := range map[string]func(s, o *hashSet) bool{
		"IsSubsetOf":         func(s, o *hashSet) bool { return s.subsetOf(o) },
		"IsSupersetOf":       func(s, o *hashSet) bool { return o.subsetOf(s) },
		"IsProperSubsetOf":   func(s, o *hashSet) bool { return s.subsetOf(o) && len(s.items) < len(o.items) },
		"IsProperSupersetOf": func(s, o *hashSet) bool { return o.subsetOf(s) && len(o.items) < len(s.items) },
		"Overlaps":           func(s, o *hashSet) bool { return slices.ContainsFunc(s.items, o.has) },
		"SetEquals":          func(s, o *hashSet) bool { return s.subsetOf(o) && o.subsetOf(s) },
	} {
		b.Method("bool "+name+"(IEnumerable<T> other)", func(c call, a []val) val {
			s := a[0].Ref().(*hashSet)
			return types.Bool(f(s, s.other(c, a[1])))
		})
	}
}

// row is a Queue<T>, or a Stack<T>, whose top is items[0].
type row struct {
	typ   *types.Type
	items []val
}

// DotNetType implements types.Object.
func (q *row) DotNetType() *types.Type { return q.typ }

// Len is the number of elements.
func (q *row) Len() int { return len(q.items) }

// Each implements types.Enumerable.
func (q *row) Each(_ *types.Run, yield func(val) bool) {
	for _, v := range slices.Clone(q.items) {
		if !yield(v) {
			return
		}
	}
}

// rows adds Queue<T> and Stack<T>.
func rows(r *types.Registry) {
	for _, kind := range []struct {
		t                *types.Type
		what, push, take string
		front            bool
	}{
		{queueType, "Queue", "Enqueue", "Dequeue", false},
		{stackType, "Stack", "Push", "Pop", true},
	} {
		b := r.Add(kind.t).Extends("", "IReadOnlyCollection<T>")
		push := func(c call, q *row, v val) {
			c.Grow(24)
			if kind.front {
				q.items = slices.Insert(q.items, 0, v)
				return
			}
			q.items = append(q.items, v)
		}
		first := func(c call, q *row) val {
			if len(q.items) == 0 {
				invalid(c.Run, kind.what+" empty.")
			}
			return q.items[0]
		}
		b.New("()", func(c call, _ []val) val { return types.Ref(&row{typ: c.Site.Result}) })
		b.New("(int capacity)", func(c call, _ []val) val { return types.Ref(&row{typ: c.Site.Result}) })
		b.New("(IEnumerable<T> collection)", func(c call, a []val) val {
			q := &row{typ: c.Site.Result}
			c.Each(a[0], func(v val) bool { push(c, q, v); return true })
			return types.Ref(q)
		})
		b.Get("int Count", count)
		b.Method("void "+kind.push+"(T item)", func(c call, a []val) val { push(c, a[0].Ref().(*row), a[1]); return types.Null })
		b.Method("T "+kind.take+"()", func(c call, a []val) val {
			q := a[0].Ref().(*row)
			v := first(c, q)
			q.items = q.items[1:]
			return v
		})
		b.Method("T Peek()", func(c call, a []val) val { return first(c, a[0].Ref().(*row)) })
		b.Method("void Clear()", self(func(q *row) val { q.items = nil; return types.Null }))
		b.Method("bool Contains(T item)", func(c call, a []val) val { return types.Bool(contains(c, a[0], a[1])) })
		b.Method("T[] ToArray()", func(c call, a []val) val {
			return types.Ref(c.Types.NewArray(c.Site.Result.Elem, c.Collect(a[0])))
		})
		b.Method("void CopyTo(T[] array, int arrayIndex)", copyTo)
		b.Method("void TrimExcess()", func(call, []val) val { return types.Null })
	}
}
