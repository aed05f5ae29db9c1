package lib

import (
	"strconv"

	"gatehouse/internal/csharp/types"
)

// typeCodes are System.TypeCode's names for the types that have one, in the order of their values;
// what has none is Object.
func typeCodes() map[*types.Type]uint64 {
	return map[*types.Type]uint64{
		types.Boolean: 3, types.CharT: 4, types.SByte: 5, types.Byte: 6, types.Int16: 7, types.UInt16: 8, types.Int32: 9, types.UInt32: 10,
		types.Int64: 11, types.UInt64: 12, types.SingleT: 13, types.DoubleT: 14, types.Decimal: 15, dateTimeType: 16, types.String: 18,
	}
}

// comparables adds what IComparable and IConvertible give every simple type: CompareTo(object) and
// GetTypeCode.
func comparables(r *types.Registry) {
	codes := typeCodes()
	enum := r.Enum("System.TypeCode", "Empty", "Object", "DBNull", "Boolean", "Char", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32",
		"Int64", "UInt64", "Single", "Double", "Decimal", "DateTime", "String=18").Type()
	for t, code := range codes {
		if t == dateTimeType { // the page allows neither of it
			continue
		}
		b := r.Add(t)
		b.Method("TypeCode GetTypeCode()", func(call, []val) val { return types.Of(enum, code) })
		if t != types.String { // string has it
			compareToObject(b)
		}
	}
	for _, t := range []*types.Type{guidType, timeSpanType} {
		compareToObject(r.Add(t))
	}
	b := r.StaticClass("System.Convert")
	b.Func("TypeCode GetTypeCode(object value)", func(_ call, a []val) val {
		if a[0].IsNull() {
			return types.Of(enum, 0)
		}
		if code, ok := codes[types.TypeOf(a[0])]; ok {
			return types.Of(enum, code)
		}
		return types.Of(enum, 1)
	})
	change := func(c call, a []val) val {
		for t, code := range codes {
			if code == a[1].Bits() {
				return changeOrRefuse(c, a[0], t)
			}
		}
		switch code := a[1].Int(); {
		case code == 0 && a[0].IsNull() || code == 1:
			return a[0]
		case code == 0:
			c.Throw("System.InvalidCastException", "Object cannot be cast to Empty.")
		}
		c.ThrowArgument("System.ArgumentException", "Unknown TypeCode value.", "")
		return types.Null
	}
	b.Func("object ChangeType(object value, TypeCode typeCode)", change)
	b.Func("object ChangeType(object value, TypeCode typeCode, IFormatProvider provider)", change)
}

// compareToObject adds IComparable's CompareTo: null is less than all, another type is an error.
func compareToObject(b *types.Builder) {
	t := b.Type()
	b.Method("int CompareTo(object value)", func(c call, a []val) val {
		switch {
		case a[1].IsNull():
			return integer(1)
		case types.TypeOf(a[1]) != t:
			c.ThrowArgument("System.ArgumentException", "Object must be of type "+t.Full[len("System."):]+".", "")
		}
		return integer(compareValues(c.Run, a[0], a[1]))
	})
}

// changeOrRefuse is Convert.ChangeType: a value type has no null.
func changeOrRefuse(c call, v val, to *types.Type) val {
	if v.IsNull() && !to.CanBeNull() {
		c.Throw("System.InvalidCastException", "Null object cannot be converted to a value type.")
	}
	return changeType(c, v, to)
}

// charCategories adds Char's numeric value and category, and the forms that take a culture.
func charCategories(r *types.Registry) {
	category := r.Enum("System.Globalization.UnicodeCategory", unicodeCategories()...).Type()
	b := r.Add(types.CharT)
	at := func(c call, a []val) val {
		if len(a) == 1 {
			return a[0]
		}
		c.NotNull(a[0], "s")
		if i := a[1].Int(); i < 0 || i >= types.Length(a[0].Str()) {
			c.OutOfRange("index", "Index was out of range. Must be non-negative and less than the size of the collection.")
		}
		return types.Char(types.At(a[0].Str(), a[1].Int()))
	}
	for _, form := range []string{"(char c)", "(string s, int index)"} {
		b.Func("UnicodeCategory GetUnicodeCategory"+form, func(c call, a []val) val { return types.Of(category, uint64(categoryOf(rune(at(c, a).Char())))) })
	}
	b.Func("double GetNumericValue(string s, int index)", func(c call, a []val) val {
		n, err := strconv.Atoi(c.Text(at(c, a)))
		if err != nil {
			return types.Double(-1)
		}
		return types.Double(float64(n))
	})
	for _, t := range []*types.Type{types.CharT, types.Boolean} {
		r.Add(t).Method("string ToString(IFormatProvider provider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	}
}
