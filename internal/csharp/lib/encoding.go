package lib

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/csharp/types"
)

var encodingType = types.New(types.KindClass, "System.Text.Encoding")

// encoding is a System.Text.Encoding, by its web name.
type encoding struct {
	name   string
	encode func(s string) []byte
	decode func(b []byte) string
}

// DotNetType implements types.Object.
func (*encoding) DotNetType() *types.Type { return encodingType }

func utf16Bytes(order binary.AppendByteOrder) func(string) []byte {
	return func(s string) []byte {
		var b []byte
		for _, u := range types.EncodeUTF16(s) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
}

func utf16Text(order binary.ByteOrder) func([]byte) string {
	return func(b []byte) string {
		u := make([]uint16, 0, len(b)/2+1)
		for ; len(b) >= 2; b = b[2:] {
			u = append(u, order.Uint16(b))
		}
		if len(b) > 0 {
			u = append(u, 0xFFFD)
		}
		return types.DecodeUTF16(u)
	}
}

// narrow makes an encoding of one byte a character, up to a limit.
func narrow(name string, limit rune, bad byte) *encoding {
	return &encoding{name, func(s string) []byte {
		var b []byte
		for _, u := range types.EncodeUTF16(s) {
			if rune(u) >= limit {
				u = '?'
			}
			b = append(b, byte(u))
		}
		return b
	}, func(b []byte) string {
		var s strings.Builder
		for _, c := range b {
			if rune(c) >= limit {
				s.WriteByte(bad)
				continue
			}
			s.WriteRune(rune(c))
		}
		return s.String()
	}}
}

func encodings() map[string]*encoding {
	utf8Code := &encoding{"utf-8", func(s string) []byte { return []byte(toValid(s)) }, func(b []byte) string { return toValid(string(b)) }}
	return map[string]*encoding{
		"UTF8": utf8Code, "Default": utf8Code, "ASCII": narrow("us-ascii", 0x80, '?'), "Latin1": narrow("iso-8859-1", 0x100, '?'),
		"UTF32": utf32Code(), "Unicode": {"utf-16", utf16Bytes(binary.LittleEndian), utf16Text(binary.LittleEndian)}, "BigEndianUnicode": {"utf-16BE", utf16Bytes(binary.BigEndian), utf16Text(binary.BigEndian)},
	}
}

// toValid writes U+FFFD for each byte sequence that is no character, lone surrogates included.
func toValid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 && s[i] == 0xED && i+2 < len(s) && s[i+1] >= 0xA0 {
			size = 3
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// textEncodings adds System.Text.Encoding.
func textEncodings(r *types.Registry) {
	b := r.Add(encodingType)
	all := encodings()
	for name, e := range all {
		b.Static("Encoding "+name, func(call, []val) val { return types.Ref(e) })
	}
	b.Func("Encoding GetEncoding(string name)", func(c call, a []val) val {
		c.NotNull(a[0], "name")
		for _, e := range all {
			if strings.EqualFold(e.name, a[0].Str()) || strings.EqualFold(strings.ReplaceAll(e.name, "-", ""), a[0].Str()) {
				return types.Ref(e)
			}
		}
		c.ThrowArgument("System.ArgumentException", "'"+a[0].Str()+"' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method.", "name")
		return types.Null
	})
	encodingParts(b, all)
	b.Get("string WebName", self(func(e *encoding) val { return str(e.name) }))
	b.Get("string BodyName", self(func(e *encoding) val { return str(e.name) }))
	b.Method("byte[] GetBytes(string s)", func(c call, a []val) val {
		c.NotNull(a[1], "s")
		c.Grow(len(a[1].Str()))
		return types.Ref(c.Types.Bytes(a[0].Ref().(*encoding).encode(a[1].Str())))
	})
	b.Method("byte[] GetBytes(char[] chars)", func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(a[0].Ref().(*encoding).encode(charsText(c, a[1]))))
	})
	decode := func(c call, e *encoding, data []byte) val {
		c.Grow(2 * len(data))
		return str(e.decode(data))
	}
	b.Method("string GetString(byte[] bytes)", func(c call, a []val) val {
		return decode(c, a[0].Ref().(*encoding), arrayOf(c, a[1], "bytes").Bytes)
	})
	b.Method("string GetString(byte[] bytes, int index, int count)", func(c call, a []val) val {
		return decode(c, a[0].Ref().(*encoding), bytesPart(c, a[1], a[2].Int(), a[3].Int(), "bytes"))
	})
	b.Method("char[] GetChars(byte[] bytes)", func(c call, a []val) val {
		return types.Ref(c.Types.NewArray(types.CharT, c.Collect(decode(c, a[0].Ref().(*encoding), arrayOf(c, a[1], "bytes").Bytes))))
	})
	b.Method("int GetByteCount(string s)", func(c call, a []val) val {
		c.NotNull(a[1], "s")
		return integer(len(a[0].Ref().(*encoding).encode(a[1].Str())))
	})
	b.Method("int GetCharCount(byte[] bytes)", func(c call, a []val) val {
		return integer(types.Length(a[0].Ref().(*encoding).decode(arrayOf(c, a[1], "bytes").Bytes)))
	})
	b.Method("byte[] GetPreamble()", func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(map[string][]byte{"utf-8": {0xEF, 0xBB, 0xBF}, "utf-16": {0xFF, 0xFE}, "utf-16BE": {0xFE, 0xFF}, "utf-32": {0xFF, 0xFE, 0, 0}}[a[0].Ref().(*encoding).name]))
	})
}

// bitConverters adds System.BitConverter, which is little-endian.
func bitConverters(r *types.Registry) {
	b := r.StaticClass("System.BitConverter")
	b.Const("bool IsLittleEndian", types.Bool(true))
	text := func(c call, data []byte) val {
		c.Grow(3 * len(data))
		var s strings.Builder
		for i, x := range data {
			if i > 0 {
				s.WriteByte('-')
			}
			s.WriteString(strings.ToUpper(hex.EncodeToString([]byte{x})))
		}
		return str(s.String())
	}
	b.Func("string ToString(byte[] value)", func(c call, a []val) val { return text(c, arrayOf(c, a[0], "value").Bytes) })
	b.Func("string ToString(byte[] value, int startIndex)", func(c call, a []val) val {
		return text(c, bytesPart(c, a[0], a[1].Int(), len(arrayOf(c, a[0], "value").Bytes)-a[1].Int(), "value"))
	})
	b.Func("string ToString(byte[] value, int startIndex, int length)", func(c call, a []val) val {
		return text(c, bytesPart(c, a[0], a[1].Int(), a[2].Int(), "value"))
	})
	add := func(t *types.Type, size int, bits func(val) uint64, back func(uint64) val) {
		b.Func("byte[] GetBytes("+t.Name+" value)", func(c call, a []val) val {
			data := binary.LittleEndian.AppendUint64(nil, bits(a[0]))
			return types.Ref(c.Types.Bytes(data[:size:size]))
		})
		b.Func(t.Name+" To"+t.Full[len("System."):]+"(byte[] value, int startIndex)", func(c call, a []val) val {
			x := arrayOf(c, a[0], "value").Bytes
			if i := a[1].Int(); i < 0 || i >= len(x) {
				c.OutOfRange("startIndex", "Index was out of range. Must be non-negative and less than the size of the collection.")
			} else if i > len(x)-size {
				c.ThrowArgument("System.ArgumentException", "Destination array is not long enough to copy all the items in the collection. Check array index and length.", "")
			}
			data := make([]byte, 8)
			copy(data, x[a[1].Int():a[1].Int()+size])
			return back(binary.LittleEndian.Uint64(data))
		})
	}
	for _, row := range integerTypes() {
		if row.bits > 8 {
			add(row.t, row.bits/8, val.Bits, func(n uint64) val { return types.Of(row.t, row.extend(n)) })
		}
	}
	add(types.CharT, 2, val.Bits, func(n uint64) val { return types.Char(uint16(n)) })
	add(types.Boolean, 1, val.Bits, func(n uint64) val { return types.Bool(n != 0) })
	add(types.DoubleT, 8, func(v val) uint64 { return math.Float64bits(v.Double()) }, func(n uint64) val { return types.Double(math.Float64frombits(n)) })
	add(types.SingleT, 4, func(v val) uint64 { return uint64(math.Float32bits(float32(v.Double()))) }, func(n uint64) val { return types.Single(math.Float32frombits(uint32(n))) })
	b.Func("long DoubleToInt64Bits(double value)", func(_ call, a []val) val { return types.Long(int64(math.Float64bits(a[0].Double()))) })
	b.Func("double Int64BitsToDouble(long value)", func(_ call, a []val) val { return types.Double(math.Float64frombits(a[0].Bits())) })
}
