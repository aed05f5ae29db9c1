package syntax

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/diag"
)

// maxIdentifier is the longest identifier (BCP024).
const maxIdentifier = 255

// lexer makes the tokens of one file. A string with interpolation becomes
// several tokens; braces counts open braces inside each interpolation so that the
// closing one is known.
type lexer struct {
	src        *diag.Source
	text       string
	pos        int
	tokens     []Token
	open       []interpolation
	diags      diag.List
	directives []Directive
}

// interpolation is a `${` whose `}` has not been met.
type interpolation struct {
	braces  int
	multi   bool
	dollars int
}

func (x *lexer) report(m message, start, end int) {
	x.diags = append(x.diags, diag.Diagnostic{Code: m.code, Message: m.text, File: x.src.Name, Range: x.src.Range(start, end)})
}

// lex tokenizes all of src. The last token is EOF.
func lex(src *diag.Source) *lexer {
	x := &lexer{src: src, text: src.Text}
	x.tokens = make([]Token, 0, len(x.text)/5+8)
	if strings.HasPrefix(x.text, "\ufeff") {
		x.pos = 3
	}
	for x.pos < len(x.text) {
		x.next()
	}
	x.add(EOF, len(x.text))
	return x
}

func (x *lexer) add(k Kind, start int) {
	x.tokens = append(x.tokens, Token{Kind: k, Span: Span{start, x.pos}, Text: x.text[start:x.pos]})
}

func (x *lexer) peek(n int) byte {
	if x.pos+n < len(x.text) {
		return x.text[x.pos+n]
	}
	return 0
}

// next reads one token or one piece of trivia.
func (x *lexer) next() {
	start, c := x.pos, x.text[x.pos]
	switch {
	case c == ' ' || c == '\t':
		x.pos++
	case c == '\n' || c == '\r':
		x.newLines(start)
	case c == '/' && x.peek(1) == '/':
		x.lineComment()
	case c == '/' && x.peek(1) == '*':
		x.blockComment(start)
	case c == '#' && x.directive(start):
	case c == '\'':
		x.stringStart(start)
	case c == '$' && x.dollarString(start):
	case isIdentStart(c):
		x.identifier(start)
	case c >= '0' && c <= '9':
		for c = x.peek(0); c >= '0' && c <= '9'; c = x.peek(0) {
			x.pos++
		}
		x.add(Integer, start)
	case c == '}' && len(x.open) > 0 && x.open[len(x.open)-1].braces == 0:
		x.stringContinue(start)
	default:
		x.punctuation(start)
	}
}

// newLines takes a run of line ends and blanks between them as one token, as
// several blank lines mean the same as one.
func (x *lexer) newLines(start int) {
	end := start
	for x.pos < len(x.text) {
		switch x.text[x.pos] {
		case '\n', '\r':
			x.pos++
			end = x.pos
			continue
		case ' ', '\t':
			x.pos++
			continue
		}
		break
	}
	x.pos = end
	x.add(NewLine, start)
}

func (x *lexer) lineComment() {
	for x.pos < len(x.text) && x.text[x.pos] != '\n' && x.text[x.pos] != '\r' {
		x.pos++
	}
}

func (x *lexer) blockComment(start int) {
	i := strings.Index(x.text[start+2:], "*/")
	if i < 0 {
		x.pos = len(x.text)
		x.report(msgUnterminatedComment, start, x.pos)
		return
	}
	x.pos = start + 2 + i + 2
}

// directive reads `#disable-next-line CODE...`, which must begin its line.
func (x *lexer) directive(start int) bool {
	if n := len(x.tokens); n > 0 && x.tokens[n-1].Kind != NewLine {
		return false
	}
	end := start
	for end < len(x.text) && x.text[end] != '\n' && x.text[end] != '\r' {
		end++
	}
	line := x.text[start+1 : end]
	if line == "" || line[0] == ' ' || line[0] == '\t' {
		return false // the official lexer wants the word next to the #
	}
	if i := strings.Index(line, "//"); i >= 0 {
		line = line[:i]
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "disable-next-line", "disable-diagnostics", "restore-diagnostics":
	default:
		return false
	}
	x.pos = end
	x.directives = append(x.directives, Directive{Span: Span{start, end}, Name: words[0], Codes: words[1:]})
	return true
}

func isIdentStart(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// IsIdentifier reports whether a declaration can have the name s.
func IsIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isIdentPart(s[i]) || i == 0 && !isIdentStart(s[i]) {
			return false
		}
	}
	return s != ""
}

func isIdentPart(c byte) bool { return isIdentStart(c) || c >= '0' && c <= '9' }

func (x *lexer) identifier(start int) {
	for x.pos < len(x.text) && isIdentPart(x.text[x.pos]) {
		x.pos++
	}
	x.add(Identifier, start)
	if x.pos-start > maxIdentifier {
		x.report(msgIdentifierTooLong, start, x.pos)
	}
}

// longest first, so that a prefix does not win.
var punctuation = []struct {
	text string
	kind Kind
}{
	{"...", Ellipsis}, {"::", DoubleColon}, {"==", Equals}, {"=>", Arrow}, {"=~", EqualsFold}, {"!=", NotEquals}, {"!~", NotEqualsFold},
	{"<=", LessEq}, {">=", GreaterEq}, {"&&", AndAnd}, {"||", OrOr}, {"??", Coalesce},
	{"{", LBrace}, {"}", RBrace}, {"(", LParen}, {")", RParen}, {"[", LSquare}, {"]", RSquare}, {"@", At}, {",", Comma}, {".", Dot},
	{"?", Question}, {":", Colon}, {";", Semicolon}, {"=", Assign}, {"+", Plus}, {"-", Minus}, {"*", Star}, {"/", Slash}, {"%", Percent},
	{"!", Not}, {"<", Less}, {">", Greater}, {"|", Pipe}, {"^", Hat},
}

func (x *lexer) punctuation(start int) {
	rest := x.text[start:]
	for i := range punctuation {
		p := &punctuation[i]
		if rest[0] != p.text[0] || !strings.HasPrefix(rest, p.text) {
			continue
		}
		if p.kind == LBrace || p.kind == RBrace {
			x.countBrace(p.kind)
		}
		x.pos += len(p.text)
		x.add(p.kind, start)
		return
	}
	x.unknown(start)
}

func (x *lexer) countBrace(k Kind) {
	if n := len(x.open); n > 0 && k == LBrace {
		x.open[n-1].braces++
	} else if n > 0 {
		x.open[n-1].braces--
	}
}

func (x *lexer) unknown(start int) {
	r, n := utf8.DecodeRuneInString(x.text[start:])
	x.pos += n
	x.add(Unknown, start)
	if r == utf8.RuneError && n == 1 {
		x.report(msgInvalidUTF8, start, x.pos)
		return
	}
	if r == '"' {
		x.report(msgDoubleQuote.with(x.text[start:x.pos]), start, x.pos)
		return
	}
	x.report(msgUnrecognizedToken.with(x.text[start:x.pos]), start, x.pos)
}
