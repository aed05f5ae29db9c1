package lib

import "gatehouse/internal/csharp/types"

var (
	dictionaryType = types.NewGeneric(types.KindClass, "System.Collections.Generic.Dictionary<TKey, TValue>")
	pairType       = newPairType()
	mapType        = types.NewGeneric(types.KindInterface, "System.Collections.Generic.IDictionary<TKey, TValue>")
	readMapType    = types.NewGeneric(types.KindInterface, "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>")
)

func newPairType() *types.Type {
	t := types.NewGeneric(types.KindStruct, "System.Collections.Generic.KeyValuePair<TKey, TValue>")
	t.Default = func() val { return types.Ref(&Pair{Type: t}) }
	return t
}

// Pair is a KeyValuePair<TKey, TValue>.
type Pair struct {
	Type       *types.Type
	Key, Value val
}

// DotNetType implements types.Object.
func (p *Pair) DotNetType() *types.Type { return p.Type }

// ToText implements types.TextOf.
func (p *Pair) ToText(r *types.Run) string {
	s := "[" + r.Text(p.Key) + ", " + r.Text(p.Value) + "]"
	r.Grow(len(s)) // a pair of pairs doubles
	return s
}

// Lookup is implemented by objects that are an IReadOnlyDictionary<TKey, TValue>: the
// library's own and a host's. Its Each yields Pairs.
type Lookup interface {
	types.Enumerable
	Len() int
	Find(r *types.Run, key val) (val, bool)
}

// changing is what IDictionary<TKey, TValue> needs beside Lookup.
type changing interface {
	Lookup
	put(c call, key, v val, isNew bool)
	drop(c call, key val) bool
	empty(c call)
}

// dictionary is a Dictionary<TKey, TValue>. Like .NET's it yields its entries in the order
// of their adding, and puts new ones where others were removed.
type dictionary struct {
	typ     *types.Type
	pair    *types.Type
	comp    val
	key     func(val) types.Key
	places  map[types.Key]int
	entries []dictionaryEntry
	free    []int
	version int
}

type dictionaryEntry struct {
	key, value val
	used       bool
}

func newDictionary(c *types.Run, typ *types.Type, comparerOrNull val) *dictionary {
	return &dictionary{typ: typ, pair: c.Types.Construct(pairType, typ.Args...), comp: comparerOrNull, key: keyer(comparerOrNull), places: map[types.Key]int{}}
}

// DotNetType implements types.Object.
func (d *dictionary) DotNetType() *types.Type { return d.typ }

// Len is the number of entries.
func (d *dictionary) Len() int { return len(d.places) }

// Find implements Lookup.
func (d *dictionary) Find(_ *types.Run, key val) (val, bool) {
	i, ok := d.places[d.key(key)]
	if !ok {
		return types.Null, false
	}
	return d.entries[i].value, true
}

// Each implements types.Enumerable.
func (d *dictionary) Each(r *types.Run, yield func(val) bool) {
	version := d.version
	for i := 0; i < len(d.entries); i++ {
		e := d.entries[i]
		if !e.used {
			continue
		}
		if !yield(types.Ref(&Pair{Type: d.pair, Key: e.key, Value: e.value})) {
			return
		}
		if d.version != version {
			invalid(r, "Collection was modified; enumeration operation may not execute.")
		}
	}
}

func (d *dictionary) put(c call, key, v val, isNew bool) {
	c.NotNull(key, "key")
	k := d.key(key)
	d.version++
	if i, ok := d.places[k]; ok {
		if isNew {
			c.ThrowArgument("System.ArgumentException", "An item with the same key has already been added.", "")
		}
		d.entries[i].value = v
		return
	}
	c.Grow(96)
	e := dictionaryEntry{key, v, true}
	if n := len(d.free); n > 0 {
		i := d.free[n-1]
		d.free = d.free[:n-1]
		d.entries[i], d.places[k] = e, i
		return
	}
	d.places[k] = len(d.entries)
	d.entries = append(d.entries, e)
}

func (d *dictionary) drop(c call, key val) bool {
	c.NotNull(key, "key")
	k := d.key(key)
	i, ok := d.places[k]
	if ok {
		delete(d.places, k)
		d.entries[i] = dictionaryEntry{}
		d.free = append(d.free, i)
		d.version++
	}
	return ok
}

func (d *dictionary) empty(call) {
	d.places, d.entries, d.free = map[types.Key]int{}, nil, nil
	d.version++
}

// dictionaries adds Dictionary, its interfaces and KeyValuePair.
func dictionaries(r *types.Registry) {
	r.Add(pairType).
		New("(TKey key, TValue value)", func(c call, a []val) val { return types.Ref(&Pair{c.Site.Result, a[0], a[1]}) }).
		Get("TKey Key", func(_ call, a []val) val { k, _ := pairOf(a[0]); return k }).
		Get("TValue Value", func(_ call, a []val) val { _, v := pairOf(a[0]); return v })
	lookups(r.Add(readMapType).Extends("", "IReadOnlyCollection<KeyValuePair<TKey, TValue>>"), "IEnumerable", false)
	lookups(r.Add(mapType).Extends("", "ICollection<KeyValuePair<TKey, TValue>>"), "ICollection", true)
	b := r.Add(dictionaryType).Extends("", "IDictionary<TKey, TValue>", "IReadOnlyDictionary<TKey, TValue>")
	b.New("()", newMap(-1, -1))
	b.New("(int capacity)", newMap(-1, -1))
	b.New("(IEqualityComparer<TKey> comparer)", newMap(-1, 0))
	b.New("(int capacity, IEqualityComparer<TKey> comparer)", newMap(-1, 1))
	b.New("(IDictionary<TKey, TValue> dictionary)", newMap(0, -1))
	b.New("(IDictionary<TKey, TValue> dictionary, IEqualityComparer<TKey> comparer)", newMap(0, 1))
	lookups(b, "ICollection", true)
	b.Get("int Count", count)
	b.Get("IEqualityComparer<TKey> Comparer", func(_ call, a []val) val {
		if d := a[0].Ref().(*dictionary); !d.comp.IsNull() {
			return d.comp
		}
		return types.Ref(&comparer{typ: equalityComparerType})
	})
	b.Method("void Clear()", collectionClear)
	b.Method("bool ContainsValue(TValue value)", func(_ call, a []val) val {
		for _, e := range a[0].Ref().(*dictionary).entries {
			if e.used && types.Equal(e.value, a[1]) {
				return types.Bool(true)
			}
		}
		return types.Bool(false)
	})
}

// newMap makes a constructor; the arguments' places are -1 when absent.
func newMap(from, comp int) types.Func {
	return func(c call, a []val) val {
		by := types.Null
		if comp >= 0 {
			by = a[comp]
		}
		d := newDictionary(c.Run, c.Site.Result, by)
		if from >= 0 {
			c.NotNull(a[from], "dictionary")
			c.Each(a[from], func(p val) bool { k, v := pairOf(p); d.put(c, k, v, true); return true })
		}
		return types.Ref(d)
	}
}

// lookups adds what all dictionaries have.
func lookups(b *types.Builder, sequence string, change bool) {
	get := func(c call, a []val) val {
		c.NotNull(a[1], "key")
		v, ok := findKey(c, a[0], a[1])
		if !ok {
			c.Throw("System.Collections.Generic.KeyNotFoundException", "The given key was not present in the dictionary.")
		}
		return v
	}
	set := func(c call, a []val) val { writableMap(c, a[0]).put(c, a[1], a[2], false); return types.Null }
	if !change {
		set = nil
	}
	b.Index("TValue this[TKey key]", get, set)
	b.Get(sequence+"<TKey> Keys", projected(func(p val) val { k, _ := pairOf(p); return k }))
	b.Get(sequence+"<TValue> Values", projected(func(p val) val { _, v := pairOf(p); return v }))
	b.Method("bool ContainsKey(TKey key)", func(c call, a []val) val {
		c.NotNull(a[1], "key")
		_, ok := findKey(c, a[0], a[1])
		return types.Bool(ok)
	})
	b.Method("bool TryGetValue(TKey key, out TValue value)", func(c call, a []val) val {
		c.NotNull(a[1], "key")
		v, ok := findKey(c, a[0], a[1])
		if !ok {
			v = c.Site.Params[1].Zero()
		}
		a[2] = v
		return types.Bool(ok)
	})
	if change {
		b.Method("void Add(TKey key, TValue value)", func(c call, a []val) val {
			writableMap(c, a[0]).put(c, a[1], a[2], true)
			return types.Null
		})
		b.Method("bool Remove(TKey key)", func(c call, a []val) val { return types.Bool(writableMap(c, a[0]).drop(c, a[1])) })
	}
}

func writableMap(c call, v val) changing {
	m, ok := v.Ref().(changing)
	if !ok {
		c.Throw("System.NotSupportedException", "Collection is read-only.")
	}
	return m
}

// projected is Keys or Values: a sequence that follows the dictionary.
func projected(part func(pair val) val) types.Func {
	return func(c call, a []val) val {
		m := lookupOf(c, a[0])
		return types.Ref(&sequence{typ: c.Site.Result, len: m.Len, each: func(r *types.Run, yield func(val) bool) {
			m.Each(r, func(v val) bool { return yield(part(v)) })
		}})
	}
}
