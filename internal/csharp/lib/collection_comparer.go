package lib

import (
	"cmp"

	"gatehouse/internal/csharp/types"
)

var (
	stringComparerType   = types.New(types.KindClass, "System.StringComparer")
	equalityComparerType = types.NewGeneric(types.KindClass, "System.Collections.Generic.EqualityComparer<T>")
	comparerType         = types.NewGeneric(types.KindClass, "System.Collections.Generic.Comparer<T>")
)

// comparer is a StringComparer (text set), one of nodes (key or order), or a default comparer.
type comparer struct {
	typ   *types.Type
	text  bool
	how   int // a StringComparison
	key   func(r *types.Run, v val) string
	order func(r *types.Run, x, y val) int
}

// DotNetType implements types.Object.
func (c *comparer) DotNetType() *types.Type { return c.typ }

// comparers adds IComparer<T>, IEqualityComparer<T>, StringComparer and the default comparers.
func comparers(r *types.Registry) {
	compare := func(c call, a []val) val { return integer(orderOf(a[0])(c.Run, a[1], a[2])) }
	equal := func(_ call, a []val) val { return types.Bool(keyer(a[0])(a[1]) == keyer(a[0])(a[2])) }
	hash := func(_ call, a []val) val {
		v := a[1]
		if o, ok := a[0].Ref().(*comparer); ok && o.text && o.how%2 == 1 {
			v = str(fold(v.Str()))
		}
		return types.Int(hashCode(v))
	}
	r.Interface("System.Collections.Generic.IComparer<in T>").Method("int Compare(T x, T y)", compare)
	r.Interface("System.Collections.Generic.IEqualityComparer<in T>").Method("bool Equals(T x, T y)", equal).Method("int GetHashCode(T obj)", hash)
	b := r.Add(stringComparerType).Extends("", "IComparer<string>", "IEqualityComparer<string>")
	for i, name := range []string{"CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase"} {
		b.Static("StringComparer "+name, func(call, []val) val { return types.Ref(&comparer{typ: stringComparerType, text: true, how: i}) })
	}
	b.Method("int Compare(string x, string y)", compare)
	b.Method("bool Equals(string x, string y)", equal)
	b.Method("int GetHashCode(string obj)", hash)
	b.Method("int Compare(object x, object y)", func(c call, a []val) val {
		if a[1].IsStr() && a[2].IsStr() || a[1].IsNull() || a[2].IsNull() {
			return compare(c, a)
		}
		return integer(compareValues(c.Run, a[1], a[2]))
	})
	b.Method("bool Equals(object x, object y)", equal).Method("int GetHashCode(object obj)", hash)
	b.Func("StringComparer Create(CultureInfo culture, bool ignoreCase)", func(_ call, a []val) val {
		return types.Ref(&comparer{typ: stringComparerType, text: true, how: 2 + a[1].Int()})
	})
	standard := func(c call, _ []val) val { return types.Ref(&comparer{typ: c.Site.Result}) }
	r.Add(equalityComparerType).Extends("", "IEqualityComparer<T>").Static("EqualityComparer<T> Default", standard)
	r.Add(comparerType).Extends("", "IComparer<T>").Static("Comparer<T> Default", standard)
}

// keyer is how a comparer (null: the default one) makes keys of values.
func keyer(comparerOrNull val) func(val) types.Key {
	if o, ok := comparerOrNull.Ref().(*comparer); ok && o.key != nil {
		r := &types.Run{}
		r.Reset(nil, nil, types.Limits{})
		return func(v val) types.Key { return types.KeyOf(str(o.key(r, v))) }
	}
	if o, ok := comparerOrNull.Ref().(*comparer); ok && o.text && o.how%2 == 1 {
		return func(v val) types.Key {
			if s, ok := v.Text(); ok {
				return types.KeyOf(str(fold(s)))
			}
			return types.KeyOf(v)
		}
	}
	return types.KeyOf
}

// orderOf is how a comparer (null: the default one) orders values.
func orderOf(comparerOrNull val) func(r *types.Run, x, y val) int {
	if o, ok := comparerOrNull.Ref().(*comparer); ok && o.order != nil {
		return o.order
	}
	if o, ok := comparerOrNull.Ref().(*comparer); ok && o.text {
		return func(_ *types.Run, x, y val) int { return CompareText(x, y, o.how) }
	}
	return compareValues
}

// ordered is implemented by objects that are an IComparable.
type ordered interface {
	compareTo(r *types.Run, v val) int
}

// compareValues is Comparer<T>.Default: null first, numbers by size, strings by the culture.
func compareValues(r *types.Run, x, y val) int {
	switch {
	case x.IsNull() && y.IsNull():
		return 0
	case x.IsNull():
		return -1
	case y.IsNull():
		return 1
	case x.IsStr() && y.IsStr():
		return CompareText(x, y, 0)
	}
	if d, ok := x.Ref().(*types.DecimalNumber); ok {
		return d.Cmp(y.Decimal())
	}
	if o, ok := x.Ref().(ordered); ok {
		return o.compareTo(r, y)
	}
	if t := x.ValueType(); t != nil && t == y.ValueType() {
		switch {
		case t == types.DoubleT || t == types.SingleT:
			return cmp.Compare(x.Double(), y.Double())
		case t == dateTimeType:
			return cmp.Compare(dateTicks(x), dateTicks(y))
		case t.Kind == types.KindUInt64:
			return cmp.Compare(x.Bits(), y.Bits())
		}
		return cmp.Compare(x.Long(), y.Long())
	}
	if t, ok := x.Ref().(*types.Tuple); ok {
		if u, ok := y.Ref().(*types.Tuple); ok && t.Type.Kind != types.KindAnonymous && len(t.Items) == len(u.Items) {
			for i := range t.Items {
				if d := compareValues(r, t.Items[i], u.Items[i]); d != 0 {
					return d
				}
			}
			return 0
		}
	}
	invalid(r, "Failed to compare two elements in the array.")
	return 0
}
