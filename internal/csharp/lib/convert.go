package lib

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// changeType converts as System.Convert does, by the invariant culture.
func changeType(c call, v val, to *types.Type) val {
	to = to.Underlying()
	if v.IsNull() {
		if to.Kind == types.KindString || to.CanBeNull() {
			return types.Null
		}
		return to.Zero()
	}
	if b, ok := v.Ref().(*bigInteger); ok && to != types.String {
		d, fits := types.DecimalOfBig(b.n)
		v = decimalResult(c, d, fits)
	}
	switch {
	case types.TypeOf(v) == to:
		return v
	case to == types.String:
		return str(c.Text(v))
	case to == types.Boolean:
		return toBoolean(c, v)
	case to == types.DoubleT || to == types.SingleT:
		return toFloat(c, v, to)
	case to == types.Decimal:
		return convertDecimal(c, v)
	case to == types.CharT:
		return toChar(c, v)
	case to == dateTimeType:
		return toDate(c, v)
	}
	for _, row := range integerTypes() {
		if row.t == to {
			return row.convert(c, v)
		}
	}
	return invalidCast(c, v, to)
}

func invalidCast(c call, v val, to *types.Type) val {
	from := types.TypeOf(v)
	if from.Kind != types.KindString && v.ValueType() == nil && from != types.Decimal {
		c.Throw("System.InvalidCastException", "Unable to cast object of type '"+types.FullName(from)+"' to type 'System.IConvertible'.")
	}
	c.Throw("System.InvalidCastException", "Invalid cast from '"+types.FullName(from)+"' to '"+types.FullName(to)+"'.")
	return types.Null
}

func isNumber(v val) bool {
	t := v.ValueType()
	return t != nil && (t.IsNumeric() || t.Kind == types.KindEnum) || types.TypeOf(v) == types.Decimal
}

func toBoolean(c call, v val) val {
	switch {
	case v.IsStr():
		b, ok := parseBool(v.Str())
		if !ok {
			c.Throw("System.FormatException", "String was not recognized as a valid Boolean.")
		}
		return types.Bool(b)
	case isNumber(v):
		return types.Bool(floatOf(v) != 0)
	}
	return invalidCast(c, v, types.Boolean)
}

func toFloat(c call, v val, to *types.Type) val {
	f := 0.0
	switch {
	case v.IsStr():
		bits, name := 64, "a Double"
		if to == types.SingleT {
			bits, name = 32, "a Single"
		}
		n, ok, large := parseFloat(v.Str(), styleFloat, bits)
		if !ok {
			c.ThrowFormat()
		}
		if large {
			c.ThrowOverflow(name)
		}
		f = n
	case v.ValueType() == types.Boolean:
		f = float64(v.Bits())
	case v.ValueType() == types.UInt64:
		f = float64(v.Bits())
	case isNumber(v):
		f = floatOf(v)
	default:
		return invalidCast(c, v, to)
	}
	if to == types.SingleT {
		return types.Single(float32(f))
	}
	return types.Double(f)
}

func convertDecimal(c call, v val) val {
	switch {
	case v.IsStr():
		return readDecimal(c, v, styleNumber)
	case isNumber(v):
		return toDecimal(c, []val{v})
	case v.ValueType() == types.Boolean:
		return types.Dec(types.DecimalOf(v.Long()))
	}
	return invalidCast(c, v, types.Decimal)
}

func toChar(c call, v val) val {
	if v.IsStr() {
		if types.Length(v.Str()) != 1 {
			c.Throw("System.FormatException", "String must be exactly one character long.")
		}
		return types.Char(types.At(v.Str(), 0))
	}
	if t := v.ValueType(); t != nil && t.IsIntegral() {
		if v.Bits() > math.MaxUint16 {
			c.ThrowOverflow("a character")
		}
		return types.Char(uint16(v.Bits()))
	}
	return invalidCast(c, v, types.CharT)
}

func toDate(c call, v val) val {
	if o, ok := v.Ref().(*dateOffset); ok {
		return makeDate(o.ticks, 0)
	}
	if !v.IsStr() {
		return invalidCast(c, v, dateTimeType)
	}
	d, ok := parseDate(c.Clock(), v.Str())
	if !ok {
		badDate(c)
	}
	return d.date(c, 0)
}

// convert makes a whole number: fractions round half to even, and what does not fit raises
// OverflowException.
func (i integerType) convert(c call, v val) val {
	switch t := v.ValueType(); {
	case v.IsStr():
		return i.parse(c, v)
	case t == types.Boolean || t == types.CharT:
		return i.fromBig(c, big.NewInt(v.Long()))
	case t == types.DoubleT || t == types.SingleT:
		f := math.RoundToEven(v.Double())
		if math.IsNaN(f) || math.Abs(f) > math.MaxUint64 {
			c.ThrowOverflow(i.article)
		}
		n, _ := big.NewFloat(f).Int(nil)
		return i.fromBig(c, n)
	case t == nil && types.TypeOf(v) == types.Decimal:
		return i.fromBig(c, v.Decimal().Round(0, false).Big())
	case t != nil && (t.IsIntegral() || t.Kind == types.KindEnum):
		return i.fromBig(c, wholeOf(v))
	}
	return invalidCast(c, v, i.t)
}

// conversions adds System.Convert.
func conversions(r *types.Registry) {
	b := r.StaticClass("System.Convert")
	names := map[string]*types.Type{"ToBoolean": types.Boolean, "ToChar": types.CharT, "ToSingle": types.SingleT, "ToDouble": types.DoubleT, "ToDecimal": types.Decimal, "ToDateTime": dateTimeType}
	for _, row := range integerTypes() {
		names["To"+row.t.Full[len("System."):]] = row.t
	}
	sources := []string{"object", "string", "bool", "char", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "decimal", "DateTime"}
	for name, to := range names {
		f := func(c call, a []val) val { return changeType(c, a[0], to) }
		for _, from := range sources {
			b.Func(to.Name+" "+name+"("+from+" value)", f)
		}
		b.Func(to.Name+" "+name+"(object value, IFormatProvider provider)", f)
		b.Func(to.Name+" "+name+"(string value, IFormatProvider provider)", f)
	}
	text := func(c call, a []val) val {
		if a[0].IsNull() && c.Site.Params[0] == types.String {
			return types.Null
		}
		return str(c.Text(a[0]))
	}
	for _, from := range sources {
		b.Func("string ToString("+from+" value)", text)
		b.Func("string ToString("+from+" value, IFormatProvider provider)", text)
	}
	bases(b)
	base64s(r, b)
	change := func(c call, a []val) val {
		c.NotNull(a[1], "conversionType")
		return changeOrRefuse(c, a[0], a[1].Ref().(*TypeObject).Of)
	}
	b.Func("object ChangeType(object value, Type conversionType)", change)
	b.Func("object ChangeType(object value, Type conversionType, IFormatProvider provider)", change)
	b.Func("bool IsDBNull(object value)", func(call, []val) val { return types.Bool(false) })
}

// bases adds the conversions of texts in base 2, 8, 10 and 16.
func bases(b *types.Builder) {
	checkBase := func(c call, base int) {
		if base != 2 && base != 8 && base != 10 && base != 16 {
			c.Throw("System.ArgumentException", "Invalid Base.")
		}
	}
	for _, row := range integerTypes() {
		name := row.t.Full[len("System."):]
		b.Func(row.t.Name+" To"+name+"(string value, int fromBase)", func(c call, a []val) val {
			checkBase(c, a[1].Int())
			if a[1].Int() == 10 {
				return row.parse(c, a[0])
			}
			s := a[0].Str()
			if a[1].Int() == 16 {
				s = strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
			}
			if s == "" {
				c.OutOfRange("startIndex", "Index was out of range. Must be non-negative and less than the size of the collection.")
			}
			n, err := strconv.ParseUint(s, a[1].Int(), row.bits)
			if err != nil || strings.ContainsAny(s, "_+-") {
				if orSyntax(err).(*strconv.NumError).Err == strconv.ErrRange {
					c.ThrowOverflow(row.article)
				}
				c.Throw("System.FormatException", "Could not find any recognizable digits.")
			}
			return types.Of(row.t, row.extend(n))
		})
		if row.t == types.SByte || row.t == types.UInt16 || row.t == types.UInt32 || row.t == types.UInt64 {
			continue
		}
		b.Func("string ToString("+row.t.Name+" value, int toBase)", func(c call, a []val) val {
			checkBase(c, a[1].Int())
			if a[1].Int() == 10 {
				return str(c.Text(a[0]))
			}
			return str(strconv.FormatUint(a[0].Bits()<<(64-row.bits)>>(64-row.bits), a[1].Int()))
		})
	}
}

func base64s(r *types.Registry, b *types.Builder) {
	r.Enum("System.Base64FormattingOptions", "None", "InsertLineBreaks")
	encode := func(c call, data []byte, lines bool) val {
		c.Grow(2 * len(data))
		s := base64.StdEncoding.EncodeToString(data)
		if !lines {
			return str(s)
		}
		var b strings.Builder
		for len(s) > 76 {
			b.WriteString(s[:76] + newLine)
			s = s[76:]
		}
		return str(b.String() + s)
	}
	b.Func("string ToBase64String(byte[] inArray)", func(c call, a []val) val { return encode(c, arrayOf(c, a[0], "inArray").Bytes, false) })
	b.Func("string ToBase64String(byte[] inArray, Base64FormattingOptions options)", func(c call, a []val) val {
		return encode(c, arrayOf(c, a[0], "inArray").Bytes, a[1].Int() == 1)
	})
	b.Func("string ToBase64String(byte[] inArray, int offset, int length)", func(c call, a []val) val {
		return encode(c, bytesPart(c, a[0], a[1].Int(), a[2].Int(), "inArray"), false)
	})
	b.Func("string ToBase64String(byte[] inArray, int offset, int length, Base64FormattingOptions options)", func(c call, a []val) val {
		return encode(c, bytesPart(c, a[0], a[1].Int(), a[2].Int(), "inArray"), a[3].Int() == 1)
	})
	for _, form := range []string{"", ", Base64FormattingOptions options"} {
		b.Func("int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut"+form+")", func(c call, a []val) val {
			text := encode(c, bytesPart(c, a[0], a[1].Int(), a[2].Int(), "inArray"), len(a) > 5 && a[5].Int() == 1).Str()
			to := arrayOf(c, a[3], "outArray")
			if at := a[4].Int(); at < 0 || at > to.Len()-len(text) {
				c.OutOfRange("offsetOut", "Either offset did not refer to a position in the string, or there is an insufficient length of destination character array.")
			}
			for i := range len(text) {
				to.Put(a[4].Int()+i, types.Char(uint16(text[i])))
			}
			return integer(len(text))
		})
	}
	b.Func("byte[] FromBase64String(string s)", func(c call, a []val) val {
		c.NotNull(a[0], "s")
		return fromBase64(c, a[0].Str())
	})
	b.Func("byte[] FromBase64CharArray(char[] inArray, int offset, int length)", func(c call, a []val) val {
		return fromBase64(c, types.DecodeUTF16(charsPart(c, a[0], a[1].Int(), a[2].Int(), "inArray")))
	})
}

func fromBase64(c call, s string) val {
	data, ok := decodeBase64(s)
	if !ok && len(strings.Join(strings.Fields(s), ""))%4 != 0 && strings.Trim(s, base64Letters) == "" {
		c.Throw("System.FormatException", "Invalid length for a Base-64 char array or string.")
	}
	if !ok {
		c.Throw("System.FormatException", "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ")
	}
	c.Grow(len(data))
	return types.Ref(c.Types.Bytes(data))
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"

// bytesPart is a part of a byte[].
func bytesPart(c call, v val, offset, length int, param string) []byte {
	x := arrayOf(c, v, param)
	if offset < 0 || length < 0 || offset > len(x.Bytes)-length {
		c.OutOfRange("offset", "Offset and length must refer to a position in the string.")
	}
	return x.Bytes[offset : offset+length]
}

// decodeBase64 reads standard Base64 with its padding; white space is skipped.
func decodeBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, " \t\r\n") {
		s = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(s)
	}
	data, err := base64.StdEncoding.DecodeString(s)
	return data, err == nil
}
