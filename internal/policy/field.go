package policy

import "strings"

// The grammar of header fields, shared by all who read or make them.

// tokenBytes are the characters of a token (RFC 9110 section 5.6.2).
var tokenBytes = func() (t [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

// IsToken reports whether s may be a field's name or a method.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// IsFieldValue reports whether s holds no control character but tabs (RFC 9110 section 5.5).
func IsFieldValue(s string) bool {
	for len(s) >= 8 && !mayHoldControl(s) { // what is not sure is looked at byte by byte
		s = s[8:]
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// mayHoldControl reports whether one of the first eight bytes of s is below a space or is DEL,
// looking at them all at once. A byte with its top bit set is neither.
func mayHoldControl(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	del := w ^ 0x7f*ones // zero where w holds DEL
	return ((w-' '*ones)&^w|(del-ones)&^del)&tops != 0
}

// TrimOWS takes spaces and tabs off both ends (RFC 9110 section 5.6.3).
func TrimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// sameFieldName compares the names of fields. They are ASCII, so that those of two lengths differ.
func sameFieldName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// HasToken reports whether a comma-separated list holds token, in any case.
func HasToken(list, token string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(TrimOWS(item), token) {
			return true
		}
	}
	return false
}

// ParseLength reads a Content-Length: digits only, one number (RFC 9110 section 8.6).
func ParseLength(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
