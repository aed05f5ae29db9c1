package lib

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// integerType is one row of the table of whole number types.
type integerType struct {
	t        *types.Type
	bits     int
	unsigned bool
	article  string // as overflow messages name it
}

func integerTypes() []integerType {
	return []integerType{
		{types.SByte, 8, false, "a signed byte"},
		{types.Byte, 8, true, "an unsigned byte"},
		{types.Int16, 16, false, "an Int16"},
		{types.UInt16, 16, true, "a UInt16"},
		{types.Int32, 32, false, "an Int32"},
		{types.UInt32, 32, true, "a UInt32"},
		{types.Int64, 64, false, "an Int64"},
		{types.UInt64, 64, true, "a UInt64"},
	}
}

// integers adds the eight whole number types.
func integers(r *types.Registry) {
	r.Enum("System.Globalization.NumberStyles", "None=0", "AllowLeadingWhite=1", "AllowTrailingWhite=2", "AllowLeadingSign=4", "Integer=7",
		"AllowTrailingSign=8", "AllowParentheses=16", "AllowDecimalPoint=32", "AllowThousands=64", "Number=111", "AllowExponent=128", "Float=167",
		"AllowCurrencySymbol=256", "Currency=383", "Any=511", "AllowHexSpecifier=512", "HexNumber=515").Flags()
	for _, row := range integerTypes() {
		row.add(r)
	}
}

func (i integerType) add(r *types.Registry) {
	name := i.t.Name
	b := r.Add(i.t)
	lo, hi := i.bounds()
	b.Const(name+" MinValue", types.Of(i.t, lo))
	b.Const(name+" MaxValue", types.Of(i.t, hi))
	b.Func(name+" Parse(string s)", func(c types.Call, a []types.Value) types.Value { return i.parse(c, a[0]) })
	b.Func(name+" Parse(string s, IFormatProvider provider)", func(c types.Call, a []types.Value) types.Value { return i.parse(c, a[0]) })
	b.Func(name+" Parse(string s, NumberStyles style)", func(c types.Call, a []types.Value) types.Value { return i.parseStyle(c, a[0], a[1].Int()) })
	b.Func(name+" Parse(string s, NumberStyles style, IFormatProvider provider)", func(c types.Call, a []types.Value) types.Value { return i.parseStyle(c, a[0], a[1].Int()) })
	b.Func("bool TryParse(string s, out "+name+" result)", func(_ types.Call, a []types.Value) types.Value {
		v, err := i.read(a[0].Str(), 7)
		a[1] = v
		return types.Bool(err == nil)
	})
	b.Func("bool TryParse(string s, NumberStyles style, IFormatProvider provider, out "+name+" result)", func(_ types.Call, a []types.Value) types.Value {
		v, err := i.read(a[0].Str(), a[1].Int())
		a[3] = v
		return types.Bool(err == nil)
	})
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(IFormatProvider provider)", func(c types.Call, a []types.Value) types.Value { return types.Str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider provider)", formatted)
	b.Method("int CompareTo("+name+" value)", func(_ types.Call, a []types.Value) types.Value { return types.Int(i.compare(a[0], a[1])) })
	b.Method("bool Equals("+name+" obj)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(a[0] == a[1]) })
	b.Format(func(r *types.Run, v types.Value, format string) string { return formatInteger(r, v, i, format) })
}

// formatted is ToString(string format) of every type that has a formatter.
func formatted(c types.Call, a []types.Value) types.Value {
	return types.Str(c.Format(a[0], a[1].Str()))
}

func (i integerType) bounds() (lo, hi uint64) {
	if i.unsigned {
		return 0, math.MaxUint64 >> (64 - i.bits)
	}
	hi = 1<<(i.bits-1) - 1
	return uint64(-int64(hi) - 1), hi
}

func (i integerType) compare(a, b types.Value) int32 {
	less := a.Long() < b.Long()
	if i.unsigned {
		less = a.Bits() < b.Bits()
	}
	switch {
	case less:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func (i integerType) parse(c types.Call, s types.Value) types.Value { return i.parseStyle(c, s, 7) }

func (i integerType) parseStyle(c types.Call, s types.Value, style int) types.Value {
	c.NotNull(s, "String")
	v, err := i.read(s.Str(), style)
	switch {
	case errors.Is(err, strconv.ErrRange):
		c.ThrowOverflow(i.article)
	case err != nil:
		c.ThrowFormat()
	}
	return v
}

// read parses s by NumberStyles; after an error the value is zero.
func (i integerType) read(s string, style int) (types.Value, error) {
	zero := types.Of(i.t, 0)
	if style&1 != 0 {
		s = strings.TrimLeft(s, " \t\r\n\v\f")
	}
	if style&2 != 0 {
		s = strings.TrimRight(s, " \t\r\n\v\f\x00")
	}
	if style&512 != 0 {
		n, err := strconv.ParseUint(s, 16, i.bits)
		if strings.ContainsAny(s, "+-_") || err != nil {
			return zero, orSyntax(err)
		}
		return types.Of(i.t, i.extend(n)), nil
	}
	if style&64 != 0 {
		s = strings.ReplaceAll(s, ",", "")
	}
	if whole, fraction, point := strings.Cut(s, "."); point && style&32 != 0 && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	if strings.Contains(s, "_") || style&4 == 0 && strings.ContainsAny(s, "+-") {
		return zero, strconv.ErrSyntax
	}
	if i.unsigned {
		s, _ = strings.CutPrefix(s, "+")
		if digits, minus := strings.CutPrefix(s, "-"); minus {
			if n, err := strconv.ParseUint(digits, 10, 64); err != nil || n != 0 {
				return zero, orRange(err)
			}
			return zero, nil
		}
		n, err := strconv.ParseUint(s, 10, i.bits)
		if err != nil {
			return zero, err
		}
		return types.Of(i.t, n), nil
	}
	n, err := strconv.ParseInt(s, 10, i.bits)
	if err != nil {
		return zero, err
	}
	return types.Of(i.t, uint64(n)), nil
}

// extend makes bits of i's width a value, with the sign extended.
func (i integerType) extend(n uint64) uint64 {
	if i.unsigned {
		return n
	}
	shift := 64 - i.bits
	return uint64(int64(n<<shift) >> shift)
}

func orSyntax(err error) error {
	if err == nil {
		return strconv.ErrSyntax
	}
	return err
}

func orRange(err error) error {
	if err == nil {
		return strconv.ErrRange
	}
	return err
}
