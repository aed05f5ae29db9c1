package lib

import (
	"gatehouse/internal/csharp/types"
)

// linqNumbers adds Sum, Average, Min and Max for the number types and their nullables,
// over the elements or what a selector makes of them.
func linqNumbers(b *types.Builder) {
	for _, t := range []*types.Type{types.Int32, types.Int64, types.SingleT, types.DoubleT, types.Decimal} {
		average := t.Name
		if t == types.Int32 || t == types.Int64 {
			average = "double"
		}
		for _, q := range []string{"", "?"} {
			add := func(result, name string, f func(c call, list []val) val) {
				body := func(c call, a []val) val {
					v := f(c, numbersOf(c, a))
					if v.IsNull() && q == "" {
						invalid(c.Run, noElements)
					}
					return v
				}
				b.Func(result+q+" "+name+"(this IEnumerable<"+t.Name+q+"> source)", body)
				b.Func(result+q+" "+name+"<T>(this IEnumerable<T> source, Func<T, "+t.Name+q+"> selector)", body)
			}
			add(t.Name, "Sum", func(c call, list []val) val { return sumOf(c, t, list) })
			add(average, "Average", func(c call, list []val) val { return averageOf(c, t, list) })
			add(t.Name, "Max", func(c call, list []val) val { return extreme(c, list, 1) })
			add(t.Name, "Min", func(c call, list []val) val { return extreme(c, list, -1) })
		}
	}
	for name, want := range map[string]int{"Max": 1, "Min": -1} {
		f := func(c call, a []val) val {
			v := extreme(c, numbersOf(c, a), want)
			if v.IsNull() && !c.Site.Result.CanBeNull() {
				invalid(c.Run, noElements)
			}
			return v
		}
		b.Func("T "+name+"<T>(this IEnumerable<T> source)", f)
		b.Func("R "+name+"<T, R>(this IEnumerable<T> source, Func<T, R> selector)", f)
	}
}

// numbersOf is what the selector makes of the elements, without nulls.
func numbersOf(c call, a []val) []val {
	c.NotNull(a[0], "source")
	var list []val
	selector := types.Null
	if len(a) > 1 {
		c.NotNull(a[1], "selector")
		selector = a[1]
	}
	c.Each(a[0], func(v val) bool {
		if !selector.IsNull() {
			v = c.Invoke(selector, v)
		}
		if !v.IsNull() {
			c.Grow(24)
			list = append(list, v)
		}
		return true
	})
	return list
}

// sumOf adds up; whole numbers are checked for overflow, as .NET does.
func sumOf(c call, t *types.Type, list []val) val {
	switch t {
	case types.Decimal:
		sum := types.Dec(types.DecimalOf(0))
		for _, v := range list {
			sum = decimalArithmetic(c, "+", sum.Decimal(), v.Decimal())
		}
		return sum
	case types.DoubleT, types.SingleT:
		sum := 0.0
		for _, v := range list {
			sum += v.Double()
		}
		if t == types.SingleT {
			return types.Single(float32(sum))
		}
		return types.Double(sum)
	}
	sum := int64(0)
	for _, v := range list {
		var ok bool
		sum, ok = addChecked(sum, v.Long())
		if !ok || t == types.Int32 && sum != int64(int32(sum)) {
			c.ThrowOverflow("")
		}
	}
	return types.Of(t, uint64(sum))
}

func averageOf(c call, t *types.Type, list []val) val {
	if len(list) == 0 {
		return types.Null
	}
	n := float64(len(list))
	switch t {
	case types.Decimal:
		return decimalArithmetic(c, "/", sumOf(c, t, list).Decimal(), types.DecimalOf(int64(len(list))))
	case types.DoubleT:
		return types.Double(sumOf(c, t, list).Double() / n)
	case types.SingleT:
		return types.Single(float32(sumOf(c, types.DoubleT, list).Double() / n))
	}
	return types.Double(float64(sumOf(c, types.Int64, list).Long()) / n)
}

// extreme is the largest (want 1) or the smallest (want -1) element; null without elements.
func extreme(c call, list []val, want int) val {
	if len(list) == 0 {
		return types.Null
	}
	best := list[0]
	for _, v := range list[1:] {
		if compareValues(c.Run, v, best)*want > 0 {
			best = v
		}
	}
	return best
}
