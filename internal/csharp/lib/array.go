package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// arrays adds System.Array, the base of all T[].
func arrays(r *types.Registry) {
	b := r.Add(types.ArrayT).Extends("", "System.Collections.IEnumerable")
	length := func(_ call, a []val) val { return integer(a[0].Ref().(*types.Array).Len()) }
	b.Get("int Length", length)
	b.Get("long LongLength", func(_ call, a []val) val { return types.Long(int64(a[0].Ref().(*types.Array).Len())) })
	b.Get("int Rank", func(call, []val) val { return integer(1) })
	b.Method("int GetLength(int dimension)", length)
	b.Method("int GetLowerBound(int dimension)", func(call, []val) val { return integer(0) })
	b.Method("int GetUpperBound(int dimension)", func(_ call, a []val) val { return integer(a[0].Ref().(*types.Array).Len() - 1) })
	b.Method("object GetValue(int index)", listAt)
	b.Method("void SetValue(object value, int index)", func(c call, a []val) val { return listPut(c, []val{a[0], a[2], a[1]}) })
	b.Method("object Clone()", func(c call, a []val) val { return types.Ref(cloneArray(c, a[0].Ref().(*types.Array))) })
	b.Method("void CopyTo(Array array, int index)", copyTo)
	b.Func("T[] Empty<T>()", func(c call, _ []val) val { return types.Ref(c.Types.MakeArray(c.T(0), 0)) })
	b.Func("void Copy(Array sourceArray, Array destinationArray, int length)", func(c call, a []val) val {
		return copyArray(c, a[0], 0, a[1], 0, a[2].Int())
	})
	b.Func("void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)", func(c call, a []val) val {
		return copyArray(c, a[0], a[1].Int(), a[2], a[3].Int(), a[4].Int())
	})
	b.Func("void Clear(Array array, int index, int length)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		checkArrayRange(c, x, a[1].Int(), a[2].Int())
		for i := range a[2].Int() {
			x.Put(a[1].Int()+i, x.Type.Elem.Zero())
		}
		return types.Null
	})
	b.Func("void Resize<T>(ref T[] array, int newSize)", func(c call, a []val) val {
		if a[1].Int() < 0 {
			c.OutOfRange("newSize", "Non-negative number required.")
		}
		c.Grow(24 * a[1].Int())
		next := c.Types.MakeArray(c.T(0), a[1].Int())
		if old, ok := a[0].Ref().(*types.Array); ok {
			for i := range min(old.Len(), next.Len()) {
				next.Put(i, old.At(i))
			}
		}
		a[0] = types.Ref(next)
		return types.Null
	})
	arraySearch(b)
	arrayOrder(b)
	arrayRanges(b)
}

func arrayOf(c call, v val, param string) *types.Array {
	c.NotNull(v, param)
	return v.Ref().(*types.Array)
}

func checkArrayRange(c call, x *types.Array, index, length int) {
	if index < 0 || length < 0 || index > x.Len()-length {
		c.Throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
	}
}

func cloneArray(c call, x *types.Array) *types.Array {
	c.Grow(24*len(x.Items) + len(x.Bytes))
	return &types.Array{Type: x.Type, Items: slices.Clone(x.Items), Bytes: slices.Clone(x.Bytes)}
}

func copyArray(c call, from val, i int, to val, j, n int) val {
	x, y := arrayOf(c, from, "sourceArray"), arrayOf(c, to, "destinationArray")
	switch {
	case n < 0:
		c.OutOfRange("length", "Non-negative number required.")
	case i < 0 || i > x.Len()-n:
		c.ThrowArgument("System.ArgumentException", "Source array was not long enough. Check srcIndex and length, and the array's lower bounds.", "")
	case j < 0 || j > y.Len()-n:
		c.ThrowArgument("System.ArgumentException", "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.", "")
	}
	if x.Type.Elem == types.Byte && y.Type.Elem == types.Byte {
		copy(y.Bytes[j:j+n], x.Bytes[i:i+n])
		return types.Null
	}
	part := make([]val, n)
	c.Grow(24 * n)
	for k := range part {
		part[k] = x.At(i + k)
	}
	for k, v := range part {
		y.Put(j+k, v)
	}
	return types.Null
}

func arraySearch(b *types.Builder) {
	b.Func("int IndexOf<T>(T[] array, T value)", func(c call, a []val) val {
		return integer(indexOfValue(arrayOf(c, a[0], "array"), a[1]))
	})
	b.Func("int LastIndexOf<T>(T[] array, T value)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		for i := x.Len() - 1; i >= 0; i-- {
			if types.Equal(x.At(i), a[1]) {
				return integer(i)
			}
		}
		return integer(-1)
	})
	for name, last := range map[string]bool{"Find": false, "FindLast": true} {
		b.Func("T "+name+"<T>(T[] array, Predicate<T> match)", func(c call, a []val) val {
			x := arrayOf(c, a[0], "array")
			if i := find(c, x, a[1], last); i >= 0 {
				return x.At(i)
			}
			return c.T(0).Zero()
		})
		b.Func("int "+name+"Index<T>(T[] array, Predicate<T> match)", func(c call, a []val) val {
			return integer(find(c, arrayOf(c, a[0], "array"), a[1], last))
		})
	}
	b.Func("bool Exists<T>(T[] array, Predicate<T> match)", func(c call, a []val) val {
		return types.Bool(find(c, arrayOf(c, a[0], "array"), a[1], false) >= 0)
	})
	b.Func("bool TrueForAll<T>(T[] array, Predicate<T> match)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		for i := range x.Len() {
			if !c.Invoke(a[1], x.At(i)).Bool() {
				return types.Bool(false)
			}
		}
		return types.Bool(true)
	})
	b.Func("T[] FindAll<T>(T[] array, Predicate<T> match)", func(c call, a []val) val {
		var out []val
		c.NotNull(a[0], "array")
		c.Each(a[0], func(v val) bool {
			if c.Invoke(a[1], v).Bool() {
				out = append(out, v)
			}
			return true
		})
		return types.Ref(c.Types.NewArray(c.T(0), out))
	})
	b.Func("void ForEach<T>(T[] array, Action<T> action)", func(c call, a []val) val {
		c.NotNull(a[0], "array")
		c.Each(a[0], func(v val) bool { c.Invoke(a[1], v); return true })
		return types.Null
	})
	b.Func("R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)", func(c call, a []val) val {
		c.NotNull(a[0], "array")
		items := c.Collect(a[0])
		for i := range items {
			items[i] = c.Invoke(a[1], items[i])
		}
		return types.Ref(c.Types.NewArray(c.T(1), items))
	})
	b.Func("int BinarySearch<T>(T[] array, T value)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "array")
		return integer(binarySearch(c, x, 0, x.Len(), a[1], types.Null))
	})
}

func arrayOrder(b *types.Builder) {
	rewrite := func(c call, v val, f func([]val)) val {
		x := arrayOf(c, v, "array")
		items := c.Collect(v)
		f(items)
		for i := range items {
			x.Put(i, items[i])
		}
		return types.Null
	}
	b.Func("void Sort<T>(T[] array)", func(c call, a []val) val {
		return rewrite(c, a[0], func(l []val) {
			slices.SortStableFunc(l, func(x, y val) int { c.Step(); return compareValues(c.Run, x, y) })
		})
	})
	b.Func("void Sort<T>(T[] array, Comparison<T> comparison)", func(c call, a []val) val {
		f := a[1]
		return rewrite(c, a[0], func(l []val) {
			slices.SortStableFunc(l, func(x, y val) int { c.Step(); return c.Invoke(f, x, y).Int() })
		})
	})
	b.Func("void Sort<T>(T[] array, IComparer<T> comparer)", func(c call, a []val) val {
		o := orderOf(a[1])
		return rewrite(c, a[0], func(l []val) {
			slices.SortStableFunc(l, func(x, y val) int { c.Step(); return o(c.Run, x, y) })
		})
	})
	b.Func("void Reverse(Array array)", func(c call, a []val) val { return rewrite(c, a[0], func(l []val) { slices.Reverse(l) }) })
	b.Func("void Reverse<T>(T[] array)", func(c call, a []val) val { return rewrite(c, a[0], func(l []val) { slices.Reverse(l) }) })
}
