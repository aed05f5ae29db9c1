package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// untypedArrays adds the members of System.Array that take an Array or a long index; arrays have one
// dimension here.
func untypedArrays(r *types.Registry) {
	r.Interface("System.Collections.IComparer").Method("int Compare(object x, object y)", func(c call, a []val) val {
		return integer(orderOf(a[0])(c.Run, a[1], a[2]))
	})
	b := r.Add(types.ArrayT)
	untypedSearch(b)
	untypedSort(b)
	longIndexes(b)
	b.Get("object SyncRoot", func(_ call, a []val) val { return a[0] })
	b.Method("void Initialize()", func(call, []val) val { return types.Null })
	b.Func("void ConstrainedCopy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)", func(c call, a []val) val {
		return copyArray(c, a[0], a[1].Int(), a[2], a[3].Int(), a[4].Int())
	})
}

func untypedSearch(b *types.Builder) {
	equals := func(want val) func(val) bool { return func(v val) bool { return types.Equal(v, want) } }
	for name, last := range map[string]bool{"IndexOf": false, "LastIndexOf": true} {
		b.Func("int "+name+"(Array array, object value)", func(c call, a []val) val {
			return seek(c, arrayOf(c, a[0], "array"), last, "startIndex", nil, equals(a[1]))
		})
		for _, form := range []string{"int startIndex", "int startIndex, int count"} {
			b.Func("int "+name+"(Array array, object value, "+form+")", func(c call, a []val) val {
				return seek(c, arrayOf(c, a[0], "array"), last, "startIndex", a[2:], equals(a[1]))
			})
		}
	}
	search := func(c call, x *types.Array, from, to int, value, by val) val {
		return integer(binarySearch(c, x, from, to, value, by))
	}
	b.Func("int BinarySearch(Array array, object value)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		return search(c, x, 0, x.Len(), a[1], types.Null)
	})
	b.Func("int BinarySearch(Array array, object value, System.Collections.IComparer comparer)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		return search(c, x, 0, x.Len(), a[1], a[2])
	})
	part := func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		checkArrayPart(c, x, a[1].Int(), a[2].Int())
		return search(c, x, a[1].Int(), a[1].Int()+a[2].Int(), a[3], append(slices.Clone(a), types.Null)[4])
	}
	b.Func("int BinarySearch(Array array, int index, int length, object value)", part)
	b.Func("int BinarySearch(Array array, int index, int length, object value, System.Collections.IComparer comparer)", part)
	b.Func("int BinarySearch<T>(T[] array, int index, int length, T value, IComparer<T> comparer)", part)
}

func untypedSort(b *types.Builder) {
	sort := func(c call, v val, index, length int, by val) val {
		x := arrayOf(c, v, "array")
		checkArrayPart(c, x, index, length)
		items := c.Collect(v)
		sortValues(c, items[index:index+length], by)
		for i, item := range items {
			x.Put(i, item)
		}
		return types.Null
	}
	length := func(c call, v val) int { return arrayOf(c, v, "array").Len() }
	b.Func("void Sort(Array array)", func(c call, a []val) val { return sort(c, a[0], 0, length(c, a[0]), types.Null) })
	b.Func("void Sort(Array array, System.Collections.IComparer comparer)", func(c call, a []val) val { return sort(c, a[0], 0, length(c, a[0]), a[1]) })
	b.Func("void Sort(Array array, int index, int length)", func(c call, a []val) val { return sort(c, a[0], a[1].Int(), a[2].Int(), types.Null) })
	b.Func("void Sort(Array array, int index, int length, System.Collections.IComparer comparer)", func(c call, a []val) val {
		return sort(c, a[0], a[1].Int(), a[2].Int(), a[3])
	})
	for _, form := range [][2]string{{"Array keys, Array items", "System.Collections.IComparer comparer"}, {"TKey[] keys, TValue[] items", "IComparer<TKey> comparer"}} {
		name := "Sort"
		if form[0][0] == 'T' {
			name = "Sort<TKey, TValue>"
		} else {
			b.Func("void "+name+"("+form[0]+")", sortPairs)
			b.Func("void "+name+"("+form[0]+", "+form[1]+")", sortPairs)
		}
		b.Func("void "+name+"("+form[0]+", int index, int length)", sortPairsPart)
		b.Func("void "+name+"("+form[0]+", int index, int length, "+form[1]+")", sortPairsPart)
	}
}

// sortPairsPart sorts a part of the keys and takes the items along.
func sortPairsPart(c call, a []val) val {
	keys, items := arrayOf(c, a[0], "keys"), arrayOf(c, a[1], "items")
	index, length := a[2].Int(), a[3].Int()
	checkArrayPart(c, keys, index, length)
	checkArrayPart(c, items, index, length)
	k := &types.Array{Type: keys.Type, Items: c.Collect(a[0])[index : index+length]}
	v := &types.Array{Type: items.Type, Items: c.Collect(a[1])[index : index+length]}
	if keys.Type.Elem == types.Byte || items.Type.Elem == types.Byte {
		k, v = c.Types.NewArray(keys.Type.Elem, k.Items), c.Types.NewArray(items.Type.Elem, v.Items)
	}
	sortPairs(c, append([]val{types.Ref(k), types.Ref(v)}, a[4:]...))
	for i := range length {
		keys.Put(index+i, k.At(i))
		items.Put(index+i, v.At(i))
	}
	return types.Null
}

// longIndexes adds the forms with 64-bit indexes and with a list of one index.
func longIndexes(b *types.Builder) {
	only := func(c call, v val) int {
		x := arrayOf(c, v, "indices")
		if x.Len() != 1 {
			c.ThrowArgument("System.ArgumentException", "The length of the array does not match the rank.", "")
		}
		return x.At(0).Int()
	}
	b.Method("long GetLongLength(int dimension)", func(_ call, a []val) val { return types.Long(int64(a[0].Ref().(*types.Array).Len())) })
	b.Method("void CopyTo(Array array, long index)", copyTo)
	b.Func("void Copy(Array sourceArray, Array destinationArray, long length)", func(c call, a []val) val {
		return copyArray(c, a[0], 0, a[1], 0, a[2].Int())
	})
	b.Func("void Copy(Array sourceArray, long sourceIndex, Array destinationArray, long destinationIndex, long length)", func(c call, a []val) val {
		return copyArray(c, a[0], a[1].Int(), a[2], a[3].Int(), a[4].Int())
	})
	b.Method("object GetValue(long index)", listAt)
	b.Method("void SetValue(object value, long index)", func(c call, a []val) val { return listPut(c, []val{a[0], a[2], a[1]}) })
	for _, form := range []string{"int[]", "long[]"} {
		b.Method("object GetValue("+form+" indices)", func(c call, a []val) val { return listAt(c, []val{a[0], integer(only(c, a[1]))}) })
		b.Method("void SetValue(object value, "+form+" indices)", func(c call, a []val) val {
			return listPut(c, []val{a[0], integer(only(c, a[2])), a[1]})
		})
	}
}
