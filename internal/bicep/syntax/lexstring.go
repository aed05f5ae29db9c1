package syntax

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stringStart reads from a quote to the end of the string or to its first `${`.
func (x *lexer) stringStart(start int) {
	if strings.HasPrefix(x.text[start:], "'''") {
		x.multiLine(start, start+3, 0)
		return
	}
	x.pos++
	x.stringPiece(start, StringComplete, StringLeft)
}

// dollarString reads $”'...”', whose interpolations have as many dollars as
// the string began with.
func (x *lexer) dollarString(start int) bool {
	n := 0
	for x.peek(n) == '$' {
		n++
	}
	if !strings.HasPrefix(x.text[start+n:], "'''") {
		return false
	}
	x.multiLine(start, start+n+3, n)
	return true
}

// stringContinue reads on after the `}` of an interpolation.
func (x *lexer) stringContinue(start int) {
	in := x.open[len(x.open)-1]
	x.open = x.open[:len(x.open)-1]
	x.pos++
	if in.multi {
		x.multiLineRest(start, start+1, in.dollars, StringRight, StringMiddle)
		return
	}
	x.stringPiece(start, StringRight, StringMiddle)
}

// stringPiece reads a piece of a single-line string: of kind last when the
// closing quote ends it, of kind more when an interpolation does.
func (x *lexer) stringPiece(start int, last, more Kind) {
	var b strings.Builder
	for {
		if x.pos >= len(x.text) {
			x.report(msgUnterminatedString, start, x.pos)
			x.addString(last, start, b.String())
			x.malformed()
			return
		}
		switch c := x.text[x.pos]; {
		case c == '\n' || c == '\r':
			x.report(msgStringNewLine, start, x.pos)
			x.addString(last, start, b.String())
			x.malformed()
			return
		case c == '\'':
			x.pos++
			x.addString(last, start, b.String())
			return
		case c == '$' && x.peek(1) == '{':
			x.pos += 2
			x.addString(more, start, b.String())
			x.open = append(x.open, interpolation{})
			return
		case c == '\\' && x.pos+1 == len(x.text):
			x.pos++
			x.report(msgEscapeAtEOF, start, x.pos)
			x.addString(last, start, b.String())
			x.malformed()
			return
		case c == '\\':
			x.escape(&b)
		case c < utf8.RuneSelf:
			b.WriteByte(c)
			x.pos++
		default:
			x.wide(&b)
		}
	}
}

func (x *lexer) addString(k Kind, start int, value string) {
	x.add(k, start)
	t := &x.tokens[len(x.tokens)-1]
	t.Value, t.Malformed, x.badEscape = value, x.badEscape, false
}

// wide copies one non-ASCII character, and reports bytes that are not UTF-8.
func (x *lexer) wide(b *strings.Builder) {
	r, n := utf8.DecodeRuneInString(x.text[x.pos:])
	if r == utf8.RuneError && n == 1 {
		x.report(msgInvalidUTF8, x.pos, x.pos+1)
	}
	b.WriteRune(r)
	x.pos += n
}

// escapes are the single-character escape sequences.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '\'': '\'', '$': '$'}

func (x *lexer) escape(b *strings.Builder) {
	start := x.pos
	x.pos++
	c := x.text[x.pos]
	if c == 'u' {
		x.unicodeEscape(b, start)
		return
	}
	if v, ok := escapes[c]; ok {
		b.WriteByte(v)
		x.pos++
		return
	}
	if c != '\n' && c != '\r' {
		_, n := utf8.DecodeRuneInString(x.text[x.pos:])
		x.pos += n
	}
	x.wrongEscape(msgBadEscape, start)
}

// wrongEscape reports the escape that begins at start; the string has no value then.
func (x *lexer) wrongEscape(m message, start int) {
	x.badEscape = true
	x.report(m, start, x.pos)
}

// unicodeEscape reads \u{1F600}. Two escapes may be the halves of a surrogate
// pair. At the end of the text, the string as a whole is wrong.
func (x *lexer) unicodeEscape(b *strings.Builder, start int) {
	x.pos++
	if x.pos == len(x.text) {
		return
	}
	if x.peek(0) != '{' {
		x.wrongEscape(msgUnicodeEscape, start)
		return
	}
	x.pos++
	digits := x.pos
	for x.pos < len(x.text) && strings.IndexByte("0123456789abcdefABCDEF", x.text[x.pos]) >= 0 {
		x.pos++
	}
	if x.pos == len(x.text) {
		return
	}
	v, err := strconv.ParseUint(x.text[digits:x.pos], 16, 32)
	if x.peek(0) == '}' && digits < x.pos {
		x.pos++
		if err == nil && v <= utf8.MaxRune {
			x.writeRune(b, rune(v))
			return
		}
	}
	x.wrongEscape(msgUnicodeEscape, start)
}

func (x *lexer) writeRune(b *strings.Builder, r rune) {
	if low, n := lowSurrogate(x.text[x.pos:]); utf16.IsSurrogate(r) && n > 0 {
		r = utf16.DecodeRune(r, low)
		x.pos += n
	}
	b.WriteRune(r)
}

// lowSurrogate reads the escaped second half of a surrogate pair at the start of
// text, and how long it is; 0 when there is none.
func lowSurrogate(text string) (rune, int) {
	end := strings.IndexByte(text, '}')
	if !strings.HasPrefix(text, `\u{`) || end < 0 {
		return 0, 0
	}
	v, err := strconv.ParseUint(text[3:end], 16, 32)
	if err != nil || v < 0xdc00 || v > 0xdfff {
		return 0, 0
	}
	return rune(v), end + 1
}

// multiLine reads ”'...”'. A line end directly after the opening quotes is not
// part of the value; nothing is escaped.
func (x *lexer) multiLine(start, body, dollars int) {
	if strings.HasPrefix(x.text[body:], "\r\n") {
		body += 2
	} else if body < len(x.text) && (x.text[body] == '\n' || x.text[body] == '\r') {
		body++
	}
	x.multiLineRest(start, body, dollars, StringComplete, StringLeft)
}

func (x *lexer) multiLineRest(start, body, dollars int, last, more Kind) {
	rest := x.text[body:]
	end := strings.Index(rest, "'''")
	if dollars > 0 {
		hole := strings.Repeat("$", dollars) + "{"
		if i := strings.Index(rest, hole); i >= 0 && (end < 0 || i < end) {
			x.pos = body + i + len(hole)
			x.addString(more, start, rest[:i])
			x.open = append(x.open, interpolation{multi: true, dollars: dollars})
			return
		}
	}
	if end < 0 {
		x.pos = len(x.text)
		x.report(msgMultilineUnterminated, start, x.pos)
		x.addString(last, start, rest)
		x.malformed()
		return
	}
	for end+3 < len(rest) && rest[end+3] == '\'' { // further quotes belong to the value
		end++
	}
	x.pos = body + end + 3
	x.addString(last, start, strings.ToValidUTF8(rest[:end], "\ufffd"))
}
