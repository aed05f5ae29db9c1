package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// The identities of the collection types, which objects tell as their own.
var (
	listType      = types.NewGeneric(types.KindClass, "System.Collections.Generic.List<T>")
	hashSetType   = types.NewGeneric(types.KindClass, "System.Collections.Generic.HashSet<T>")
	queueType     = types.NewGeneric(types.KindClass, "System.Collections.Generic.Queue<T>")
	stackType     = types.NewGeneric(types.KindClass, "System.Collections.Generic.Stack<T>")
	walkerType    = types.NewGeneric(types.KindInterface, "System.Collections.Generic.IEnumerator<out T>")
	readOnlyList  = types.NewGeneric(types.KindClass, "System.Collections.ObjectModel.ReadOnlyCollection<T>")
	plainSequence = types.New(types.KindInterface, "System.Collections.IEnumerable")
)

// Indexed is implemented by objects that are an IReadOnlyList<T>.
type Indexed interface {
	types.Enumerable
	Len() int
	At(i int) val
}

// listed is what IList<T> and ICollection<T> need beside Indexed: lists that can change.
type listed interface {
	Indexed
	insert(c call, i int, v val)
	removeAt(c call, i int)
	replace(c call, i int, v val)
	clear(c call)
}

// collectionInterfaces adds the interfaces, whose members work on any object of the library.
func collectionInterfaces(r *types.Registry) {
	r.Add(plainSequence).Method("IEnumerator<object> GetEnumerator()", getEnumerator)
	r.Add(types.EnumerableT).Extends("", "System.Collections.IEnumerable").
		Method("IEnumerator<T> GetEnumerator()", getEnumerator)
	r.Add(walkerType).Extends("", "IDisposable").
		Get("T Current", self(func(w *walker) val { return w.current() })).
		Method("bool MoveNext()", self(func(w *walker) val { w.at++; return types.Bool(w.at < len(w.items)) })).
		Method("void Reset()", self(func(w *walker) val { w.at = -1; return types.Null }))
	r.Interface("System.Collections.Generic.IReadOnlyCollection<out T>").Extends("", "IEnumerable<T>").Get("int Count", count)
	r.Interface("System.Collections.Generic.IReadOnlyList<out T>").Extends("", "IReadOnlyCollection<T>").Index("T this[int index]", listAt, nil)
	r.Interface("System.Collections.Generic.ICollection<T>").Extends("", "IEnumerable<T>").
		Get("int Count", count).
		Get("bool IsReadOnly", func(_ call, a []val) val { return types.Bool(isReadOnly(a[0])) }).
		Method("void Add(T item)", collectionAdd).
		Method("void Clear()", collectionClear).
		Method("bool Contains(T item)", func(c call, a []val) val { return types.Bool(contains(c, a[0], a[1])) }).
		Method("bool Remove(T item)", collectionRemove).
		Method("void CopyTo(T[] array, int arrayIndex)", copyTo)
	r.Interface("System.Collections.Generic.IList<T>").Extends("", "ICollection<T>").
		Index("T this[int index]", listAt, listPut).
		Method("int IndexOf(T item)", func(c call, a []val) val {
			l, ok := a[0].Ref().(Indexed)
			if !ok {
				l = &list{items: c.Collect(a[0])}
			}
			return integer(indexOfValue(l, a[1]))
		}).
		Method("void Insert(int index, T item)", listInsert).
		Method("void RemoveAt(int index)", listRemoveAt)
	r.Add(readOnlyList).Extends("", "IList<T>", "IReadOnlyList<T>").
		Get("int Count", count).
		Index("T this[int index]", listAt, nil)
	comparers(r)
}

// walker is an IEnumerator<T>. It walks what the collection held when it was made.
type walker struct {
	typ   *types.Type
	items []val
	at    int
}

// DotNetType implements types.Object.
func (w *walker) DotNetType() *types.Type { return w.typ }

func (w *walker) current() val {
	if w.at < 0 || w.at >= len(w.items) {
		return types.Null
	}
	return w.items[w.at]
}

func getEnumerator(c call, a []val) val {
	return types.Ref(&walker{typ: c.Site.Result, items: c.Collect(a[0]), at: -1})
}

func count(c call, a []val) val {
	if n, ok := knownLength(a[0]); ok {
		return integer(n)
	}
	n := 0
	c.Each(a[0], func(val) bool { n++; return true })
	return integer(n)
}

// knownLength is the number of elements, when it is known without a walk.
func knownLength(v val) (int, bool) {
	switch o := v.Ref().(type) {
	case types.Counted:
		return o.Len(), true
	case *sequence:
		if o.len != nil {
			return o.len(), true
		}
	}
	return 0, false
}

func isReadOnly(v val) bool {
	_, fixed := v.Ref().(*types.Array)
	_, change := v.Ref().(listed)
	_, change2 := v.Ref().(*hashSet)
	_, change3 := v.Ref().(changing)
	return fixed || !change && !change2 && !change3
}

const indexMessage = "Index was out of range. Must be non-negative and less than the size of the collection."

func listAt(c call, a []val) val {
	l, ok := a[0].Ref().(Indexed)
	if !ok {
		return tokenAt(c, a) // a JContainer that is no JArray says so
	}
	i := a[1].Int()
	if i < 0 || i >= l.Len() {
		badIndex(c, a[0])
	}
	return l.At(i)
}

func badIndex(c call, v val) {
	if _, ok := v.Ref().(*types.Array); ok {
		c.Throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
	}
	c.OutOfRange("index", indexMessage)
}

func listPut(c call, a []val) val {
	l, ok := a[0].Ref().(Indexed)
	if !ok {
		return setTokenAt(c, a)
	}
	i := a[1].Int()
	if i < 0 || i >= l.Len() {
		badIndex(c, a[0])
	}
	switch l := l.(type) {
	case *types.Array:
		l.Put(i, a[2])
	case listed:
		l.replace(c, i, a[2])
	default:
		c.Throw("System.NotSupportedException", "Collection is read-only.")
	}
	return types.Null
}

func changeable(c call, v val) listed {
	l, ok := v.Ref().(listed)
	if !ok {
		c.Throw("System.NotSupportedException", "Collection was of a fixed size.")
	}
	return l
}

func listInsert(c call, a []val) val {
	l := changeable(c, a[0])
	if i := a[1].Int(); i < 0 || i > l.Len() {
		c.OutOfRange("index", "Index must be within the bounds of the List.")
	}
	l.insert(c, a[1].Int(), a[2])
	return types.Null
}

func listRemoveAt(c call, a []val) val {
	l := changeable(c, a[0])
	if i := a[1].Int(); i < 0 || i >= l.Len() {
		c.OutOfRange("index", indexMessage)
	}
	l.removeAt(c, a[1].Int())
	return types.Null
}

func collectionAdd(c call, a []val) val {
	switch o := a[0].Ref().(type) {
	case *hashSet:
		o.add(c.Run, a[1])
	case changing:
		k, v := pairOf(a[1])
		o.put(c, k, v, true)
	default:
		l := changeable(c, a[0])
		l.insert(c, l.Len(), a[1])
	}
	return types.Null
}

func collectionClear(c call, a []val) val {
	switch o := a[0].Ref().(type) {
	case *hashSet:
		o.clear()
	case changing:
		o.empty(c)
	default:
		changeable(c, a[0]).clear(c)
	}
	return types.Null
}

func collectionRemove(c call, a []val) val {
	switch o := a[0].Ref().(type) {
	case *hashSet:
		return types.Bool(o.remove(a[1]))
	case changing:
		k, _ := pairOf(a[1])
		return types.Bool(!k.IsNull() && o.drop(c, k))
	}
	l := changeable(c, a[0])
	i := indexOfValue(l, a[1])
	if i >= 0 {
		l.removeAt(c, i)
	}
	return types.Bool(i >= 0)
}

func contains(c call, collection, v val) bool {
	switch o := collection.Ref().(type) {
	case *hashSet:
		return o.has(v)
	case Indexed:
		return indexOfValue(o, v) >= 0
	}
	found := false
	c.Each(collection, func(e val) bool { found = types.Equal(e, v); return !found })
	return found
}

func indexOfValue(l Indexed, v val) int {
	for i := range l.Len() {
		if types.Equal(l.At(i), v) {
			return i
		}
	}
	return -1
}

func copyTo(c call, a []val) val {
	c.NotNull(a[1], "array")
	to, at := a[1].Ref().(*types.Array), 0
	if len(a) > 2 {
		at = a[2].Int()
	}
	items := c.Collect(a[0])
	if at < 0 || at+len(items) > to.Len() {
		c.ThrowArgument("System.ArgumentException", "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.", "")
	}
	for i, v := range items {
		to.Put(at+i, v)
	}
	return types.Null
}

// list is a List<T>, or the ReadOnlyCollection<T> of one.
type list struct {
	typ     *types.Type
	items   []val
	version int
}

// DotNetType implements types.Object.
func (l *list) DotNetType() *types.Type { return l.typ }

// Len, At and Each implement Indexed.
func (l *list) Len() int { return len(l.items) }

// At is element i.
func (l *list) At(i int) val { return l.items[i] }

// Each walks the list, which must not change meanwhile.
func (l *list) Each(r *types.Run, yield func(val) bool) {
	version := l.version
	for i := 0; i < len(l.items); i++ {
		if !yield(l.items[i]) {
			return
		}
		if l.version != version {
			invalid(r, "Collection was modified; enumeration operation may not execute.")
		}
	}
}

func (l *list) writable(c call) {
	if l.typ.Def == readOnlyList {
		c.Throw("System.NotSupportedException", "Collection is read-only.")
	}
	l.version++
}

func (l *list) insert(c call, i int, v val) {
	l.writable(c)
	c.Grow(24)
	l.items = slices.Insert(l.items, i, v)
}

func (l *list) removeAt(c call, i int) {
	l.writable(c)
	l.items = slices.Delete(l.items, i, i+1)
}

func (l *list) replace(c call, i int, v val) {
	l.writable(c)
	l.items[i] = v
}

func (l *list) clear(c call) {
	l.writable(c)
	l.items = nil
}

// NewList makes a List<elem>; items is kept.
func NewList(r *types.Registry, elem *types.Type, items []val) val {
	return types.Ref(&list{typ: r.Construct(listType, elem), items: items})
}
