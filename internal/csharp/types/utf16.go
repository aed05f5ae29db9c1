package types

import (
	"unicode/utf16"
	"unicode/utf8"
)

// .NET strings are sequences of UTF-16 code units. Here a string is UTF-8, where a lone
// surrogate is written as the three bytes that UTF-8's scheme gives it (WTF-8). All
// indexes that C# code sees count UTF-16 units; for ASCII texts, which nearly all
// are, these are byte offsets, and the functions below begin with that case.

// IsASCII reports whether all bytes are below 0x80.
func IsASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Length is string.Length.
func Length(s string) int {
	n := 0
	for i := 0; i < len(s); {
		_, size, units := decode(s[i:])
		i += size
		n += units
	}
	return n
}

// decode reads one code point of WTF-8 and says how many UTF-16 units it has.
func decode(s string) (r rune, size, units int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1, 1
	}
	r, size = utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3, 1
	}
	if r >= 0x10000 {
		return r, size, 2
	}
	return r, size, 1
}

// EncodeUTF16 is the text's code units.
func EncodeUTF16(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, size, units := decode(s[i:])
		i += size
		if units == 2 {
			a, b := utf16.EncodeRune(r)
			out = append(out, uint16(a), uint16(b))
		} else {
			out = append(out, uint16(r))
		}
	}
	return out
}

// DecodeUTF16 is the text of code units; lone surrogates are kept.
func DecodeUTF16(u []uint16) string {
	b := make([]byte, 0, len(u))
	for i := 0; i < len(u); i++ {
		c := rune(u[i])
		if c >= 0xD800 && c < 0xDC00 && i+1 < len(u) && u[i+1] >= 0xDC00 && u[i+1] < 0xE000 {
			b = utf8.AppendRune(b, utf16.DecodeRune(c, rune(u[i+1])))
			i++
			continue
		}
		if c >= 0xD800 && c < 0xE000 {
			b = append(b, 0xED, byte(0x80|c>>6&0x3F), byte(0x80|c&0x3F))
			continue
		}
		b = utf8.AppendRune(b, c)
	}
	return string(b)
}

// Slice is the text of n units from start; both are inside of the text.
func Slice(s string, start, n int) string {
	if IsASCII(s) {
		return s[start : start+n]
	}
	return DecodeUTF16(EncodeUTF16(s)[start : start+n])
}

// At is the code unit at i, which is inside of the text.
func At(s string, i int) uint16 {
	if IsASCII(s) {
		return uint16(s[i])
	}
	return EncodeUTF16(s)[i]
}

// Units is the index in UTF-16 units of the byte offset at.
func Units(s string, at int) int { return Length(s[:at]) }

// Offset is the byte offset of the unit at index i; one inside of a surrogate pair is the pair's.
func Offset(s string, i int) int {
	if IsASCII(s) {
		return i
	}
	at := 0
	for n := 0; at < len(s) && n < i; {
		_, size, units := decode(s[at:])
		at += size
		n += units
	}
	return at
}

// Join concatenates, joining surrogates that meet.
func Join(a, b string) string {
	if len(a) >= 3 && len(b) >= 3 && b[0] == 0xED && b[1] >= 0xB0 && a[len(a)-3] == 0xED && a[len(a)-2] >= 0xA0 && a[len(a)-2] < 0xB0 {
		return DecodeUTF16(append(EncodeUTF16(a), EncodeUTF16(b)...))
	}
	return a + b
}
