package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/csharp/types"
)

// lexer cuts src[at:limit] into tokens. Offsets are those of src.
type lexer struct {
	src    string
	at     int
	limit  int
	report func(code string, start, end int, args ...any)
}

// tokens reads all, with an end token at the limit.
func (l *lexer) tokens() []token {
	var list []token
	for {
		t := l.next()
		list = append(list, t)
		if t.kind == end {
			return list
		}
	}
}

func (l *lexer) peek(n int) byte {
	if l.at+n < l.limit {
		return l.src[l.at+n]
	}
	return 0
}

func (l *lexer) rest() string { return l.src[l.at:l.limit] }

// punctuations, longest first. ">>" is left to the parser, for List<List<int>>.
var punctuations = [...]string{"<<=", "...", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", "->", "::",
	"(", ")", "[", "]", "{", "}", ",", ";", ":", "?", ".", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~", "=", "<", ">"}

func (l *lexer) next() token {
	l.trivia()
	start := l.at
	if l.at >= l.limit {
		return token{kind: end, start: l.limit, end: l.limit}
	}
	c := l.src[l.at]
	switch {
	case c == '"':
		return l.regular()
	case c == '\'':
		return l.char()
	case c == '@' && l.peek(1) == '"':
		return l.verbatim()
	case c == '$' && l.peek(1) == '"':
		return l.interpolated(2, false)
	case strings.HasPrefix(l.rest(), `$@"`) || strings.HasPrefix(l.rest(), `@$"`):
		if l.rest()[0] == '@' {
			l.report("CS8401", l.at, l.at+3)
		}
		return l.interpolated(3, true)
	case c >= '0' && c <= '9', c == '.' && l.peek(1) >= '0' && l.peek(1) <= '9':
		return l.number()
	}
	if t, ok := l.word(); ok {
		return t
	}
	for _, p := range punctuations {
		if !strings.HasPrefix(l.rest(), p) {
			continue
		}
		if p == "?." && l.peek(2) >= '0' && l.peek(2) <= '9' { // a ?.5 : b
			continue
		}
		l.at += len(p)
		return token{kind: punctuation, start: start, end: l.at, text: p}
	}
	_, n := utf8.DecodeRuneInString(l.rest())
	l.at += n
	l.report("CS1056", start, l.at, l.src[start:l.at])
	return l.next()
}

// trivia skips white space and comments.
func (l *lexer) trivia() {
	for l.at < l.limit {
		r, n := utf8.DecodeRuneInString(l.rest())
		switch {
		case unicode.IsSpace(r) || r == '\uFEFF':
			l.at += n
		case strings.HasPrefix(l.rest(), "//"):
			if i := strings.IndexAny(l.rest(), "\r\n"); i >= 0 {
				l.at += i
			} else {
				l.at = l.limit
			}
		case strings.HasPrefix(l.rest(), "/*"):
			i := strings.Index(l.rest()[2:], "*/")
			if i < 0 {
				l.report("CS1035", l.at, l.at+2)
				l.at = l.limit
				return
			}
			l.at += i + 4
		default:
			return
		}
	}
}

func (l *lexer) word() (token, bool) {
	start := l.at
	at := strings.HasPrefix(l.rest(), "@")
	i := l.at
	if at {
		i++
	}
	first := i
	for i < l.limit {
		r, n := utf8.DecodeRuneInString(l.src[i:l.limit])
		if !(r == '_' || unicode.IsLetter(r) || i > first && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))) {
			break
		}
		i += n
	}
	if i == first {
		return token{}, false
	}
	l.at = i
	name := l.src[first:i]
	if !at && keywords[name] {
		return token{kind: keyword, start: start, end: i, text: name}, true
	}
	return token{kind: identifier, start: start, end: i, text: name}, true
}

func (l *lexer) number() token {
	start := l.at
	digits := func(ok string) {
		for l.at < l.limit && strings.IndexByte(ok, l.src[l.at]|0x20) >= 0 || l.at < l.limit && l.src[l.at] == '_' {
			l.at++
		}
	}
	if l.src[l.at] == '0' && (l.peek(1)|0x20 == 'x' || l.peek(1)|0x20 == 'b') {
		l.at += 2
		digits("0123456789abcdef")
	} else {
		isDigit := func(n int) bool { return l.peek(n) >= '0' && l.peek(n) <= '9' }
		for isDigit(0) || l.peek(0) == '_' {
			l.at++
		}
		if l.peek(0) == '.' && isDigit(1) {
			l.at++
			for isDigit(0) || l.peek(0) == '_' {
				l.at++
			}
		}
		if l.peek(0)|0x20 == 'e' && (isDigit(1) || (l.peek(1) == '+' || l.peek(1) == '-') && isDigit(2)) {
			l.at += 2
			for isDigit(0) {
				l.at++
			}
		}
	}
	for l.at < l.limit && strings.IndexByte("uUlLfFdDmM", l.src[l.at]) >= 0 {
		l.at++
	}
	return token{kind: number, start: start, end: l.at, text: l.src[start:l.at]}
}

// regular reads "...".
func (l *lexer) regular() token {
	start := l.at
	l.at++
	value, ok := l.escaped('"')
	if !ok {
		l.report("CS1010", start, l.at)
	}
	return token{kind: text, start: start, end: l.at, text: l.src[start:l.at], value: value}
}

// char reads 'x'.
func (l *lexer) char() token {
	start := l.at
	l.at++
	value, ok := l.escaped('\'')
	switch {
	case !ok:
		l.report("CS1010", start, l.at)
	case value == "":
		l.report("CS1011", start, l.at)
	case types.Length(value) > 1:
		l.report("CS1012", start, l.at)
	}
	return token{kind: character, start: start, end: l.at, text: l.src[start:l.at], value: value}
}

// escaped reads to after the closing quote, decoding escapes; ok is false at a line's end.
func (l *lexer) escaped(quote byte) (value string, ok bool) {
	var b strings.Builder
	for l.at < l.limit {
		c := l.src[l.at]
		switch {
		case c == quote:
			l.at++
			return normal(b.String()), true
		case c == '\n' || c == '\r':
			return b.String(), false
		case c == '\\':
			b.WriteString(l.escape())
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	return b.String(), false
}

// normal joins surrogate pairs that were written as two escapes.
func normal(s string) string {
	if strings.IndexByte(s, 0xED) < 0 {
		return s
	}
	return types.DecodeUTF16(types.EncodeUTF16(s))
}

// escape reads \n, \u0041, ...
func (l *lexer) escape() string {
	start := l.at
	l.at++
	c := l.peek(0)
	l.at++
	simple := map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '\\': "\\", '"': "\"", '\'': "'", '0': "\x00", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v"}
	if s, ok := simple[c]; ok {
		return s
	}
	least, most := 0, 0
	switch c {
	case 'u':
		least, most = 4, 4
	case 'U':
		least, most = 8, 8
	case 'x':
		least, most = 1, 4
	}
	n := 0
	for n < most && l.at+n < l.limit && strings.IndexByte("0123456789abcdefABCDEF", l.src[l.at+n]) >= 0 {
		n++
	}
	if most == 0 || n < least {
		l.at = min(l.at, l.limit)
		l.report("CS1009", start, l.at)
		return ""
	}
	v, _ := strconv.ParseUint(l.src[l.at:l.at+n], 16, 32) // at most 8 hexadecimal digits
	l.at += n
	if v > unicode.MaxRune {
		l.report("CS1009", start, l.at)
		return ""
	}
	if v < 0x10000 {
		return types.DecodeUTF16([]uint16{uint16(v)})
	}
	return string(rune(v))
}

// verbatim reads @"...".
func (l *lexer) verbatim() token {
	start := l.at
	l.at += 2
	var b strings.Builder
	for {
		i := strings.IndexByte(l.rest(), '"')
		if i < 0 {
			l.at = l.limit
			l.report("CS1039", start, l.at)
			break
		}
		b.WriteString(l.rest()[:i])
		l.at += i + 1
		if l.peek(0) != '"' {
			break
		}
		b.WriteByte('"')
		l.at++
	}
	return token{kind: text, start: start, end: l.at, text: l.src[start:l.at], value: b.String()}
}

// interpolated reads $"..." or $@"..." and leaves the holes to the parser.
func (l *lexer) interpolated(open int, verbatim bool) token {
	t := token{kind: interpolated, start: l.at}
	l.at += open
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			t.parts = append(t.parts, part{text: normal(b.String())})
			b.Reset()
		}
	}
loop:
	for {
		c := l.peek(0)
		switch {
		case l.at >= l.limit || !verbatim && (c == '\n' || c == '\r'):
			l.report(map[bool]string{true: "CS1039", false: "CS1010"}[verbatim], min(l.at, l.limit), min(l.at, l.limit))
			break loop
		case c == '"' && verbatim && l.peek(1) == '"':
			b.WriteByte('"')
			l.at += 2
		case c == '"':
			l.at++
			break loop
		case c == '\\' && !verbatim:
			b.WriteString(l.escape())
		case (c == '{' || c == '}') && l.peek(1) == c:
			b.WriteByte(c)
			l.at += 2
		case c == '}':
			l.report("CS8086", l.at, l.at+1, "}")
			l.at++
		case c == '{':
			flush()
			start := l.at + 1
			if !l.hole() {
				l.report("CS8076", start-1, start)
				break loop
			}
			t.parts = append(t.parts, part{hole: true, start: start, end: l.at})
			l.at++
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	flush()
	t.end = l.at
	t.text = l.src[t.start:t.end]
	return t
}

// hole goes from { to its }, over nested brackets, strings and comments.
func (l *lexer) hole() bool {
	quiet := lexer{src: l.src, at: l.at + 1, limit: l.limit, report: func(string, int, int, ...any) {}}
	depth := 0
	for {
		quiet.trivia()
		at := quiet.at
		if at < l.limit && l.src[at] == '}' && depth == 0 {
			l.at = at
			return true
		}
		if at < l.limit && l.src[at] == ':' && depth == 0 && quiet.peek(1) != ':' { // a format runs to the brace, whatever it holds
			i := strings.IndexAny(quiet.rest(), "}\"")
			if i < 0 || quiet.rest()[i] != '}' {
				return false
			}
			l.at = at + i
			return true
		}
		switch t := quiet.next(); {
		case t.kind == end:
			return false
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		}
		if depth < 0 {
			return false
		}
	}
}
