package lib

import (
	"encoding/binary"
	"strings"

	"gatehouse/internal/csharp/types"
)

// utf32Code is UTF-32, little-endian.
func utf32Code() *encoding {
	return &encoding{"utf-32", func(s string) []byte {
		var b []byte
		for _, r := range toValid(s) {
			b = binary.LittleEndian.AppendUint32(b, uint32(r))
		}
		return b
	}, func(b []byte) string {
		var s strings.Builder
		for ; len(b) >= 4; b = b[4:] {
			s.WriteRune(rune(min(binary.LittleEndian.Uint32(b), 0x110000))) // what is no character becomes U+FFFD
		}
		if len(b) > 0 {
			s.WriteRune(0xFFFD)
		}
		return s.String()
	}}
}

// codePages are the numbers and names that Windows gives the encodings.
func codePages() map[string]struct {
	page int
	name string
} {
	return map[string]struct {
		page int
		name string
	}{"utf-8": {65001, "Unicode (UTF-8)"}, "us-ascii": {20127, "US-ASCII"}, "iso-8859-1": {28591, "Western European (ISO)"}, "utf-16": {1200, "Unicode"},
		"utf-16BE": {1201, "Unicode (Big-Endian)"}, "utf-32": {12000, "Unicode (UTF-32)"}}
}

// encodingParts adds the members of Encoding that look at a part, its names and Convert.
func encodingParts(b *types.Builder, all map[string]*encoding) {
	of := func(a []val) *encoding { return a[0].Ref().(*encoding) }
	b.Get("string HeaderName", self(func(e *encoding) val { return str(e.name) }))
	b.Get("string EncodingName", self(func(e *encoding) val { return str(codePages()[e.name].name) }))
	b.Get("int CodePage", self(func(e *encoding) val { return integer(codePages()[e.name].page) }))
	b.Get("bool IsSingleByte", self(func(e *encoding) val { return types.Bool(e.name == "us-ascii" || e.name == "iso-8859-1") }))
	b.Func("Encoding GetEncoding(int codepage)", func(c call, a []val) val {
		for _, e := range all {
			if codePages()[e.name].page == a[0].Int() {
				return types.Ref(e)
			}
		}
		c.Throw("System.NotSupportedException", "No data is available for encoding "+c.Text(a[0])+".")
		return types.Null
	})
	b.Func("byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", func(c call, a []val) val {
		c.NotNull(a[0], "srcEncoding")
		c.NotNull(a[1], "dstEncoding")
		data := arrayOf(c, a[2], "bytes").Bytes
		c.Grow(4 * len(data))
		return types.Ref(c.Types.Bytes(a[1].Ref().(*encoding).encode(of(a).decode(data))))
	})
	b.Method("byte[] GetBytes(char[] chars, int index, int count)", func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(of(a).encode(types.DecodeUTF16(charsPart(c, a[1], a[2].Int(), a[3].Int(), "chars")))))
	})
	b.Method("int GetBytes(string s, int charIndex, int charCount, byte[] bytes, int byteIndex)", func(c call, a []val) val {
		c.NotNull(a[1], "s")
		checkSubstring(c, a[2].Int(), a[3].Int(), types.Length(a[1].Str()))
		data, to := of(a).encode(types.Slice(a[1].Str(), a[2].Int(), a[3].Int())), arrayOf(c, a[4], "bytes").Bytes
		if at := a[5].Int(); at < 0 || at > len(to)-len(data) {
			smallBuffer(c, of(a), "byte", "bytes")
		}
		return integer(copy(to[a[5].Int():], data))
	})
	b.Method("int GetByteCount(char[] chars)", func(c call, a []val) val { return integer(len(of(a).encode(charsText(c, a[1])))) })
	b.Method("char[] GetChars(byte[] bytes, int index, int count)", func(c call, a []val) val {
		text := of(a).decode(bytesPart(c, a[1], a[2].Int(), a[3].Int(), "bytes"))
		return types.Ref(c.Types.NewArray(types.CharT, c.Collect(str(text))))
	})
	b.Method("int GetCharCount(byte[] bytes, int index, int count)", func(c call, a []val) val {
		return integer(types.Length(of(a).decode(bytesPart(c, a[1], a[2].Int(), a[3].Int(), "bytes"))))
	})
	most := map[string][2]int{"utf-8": {3, 3}, "us-ascii": {1, 1}, "iso-8859-1": {1, 1}, "utf-16": {2, 2}, "utf-16BE": {2, 2}, "utf-32": {4, 4}}
	b.Method("int GetMaxByteCount(int charCount)", func(_ call, a []val) val { m := most[of(a).name]; return integer(a[1].Int()*m[0] + m[1]) })
	b.Method("int GetMaxCharCount(int byteCount)", func(_ call, a []val) val {
		switch of(a).name {
		case "utf-8":
			return integer(a[1].Int() + 1)
		case "us-ascii", "iso-8859-1":
			return a[1]
		}
		return integer(a[1].Int()/2 + 2)
	})
}
