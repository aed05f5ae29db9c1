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
	comments   []Span // and directives
	badEscape  bool   // in the string that is being read
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
		x.newLine(start)
	case c == '/' && x.peek(1) == '/':
		x.lineComment(start)
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

// newLine takes a run of line ends as one token. Inside an interpolation it
// ends all strings that are open.
func (x *lexer) newLine(start int) {
	if len(x.open) > 0 {
		x.report(msgStringNewLine, start, start)
		x.open = x.open[:0]
		x.add(StringRight, start)
		x.malformed()
		return
	}
	for c := x.peek(0); c == '\n' || c == '\r'; c = x.peek(0) {
		x.pos++
	}
	x.add(NewLine, start)
}

// malformed marks the last token as a piece of a string that has no value.
func (x *lexer) malformed() { x.tokens[len(x.tokens)-1].Malformed = true }

func (x *lexer) lineComment(start int) {
	for x.pos < len(x.text) && x.text[x.pos] != '\n' && x.text[x.pos] != '\r' {
		x.pos++
	}
	x.comments = append(x.comments, Span{start, x.pos})
}

func (x *lexer) blockComment(start int) {
	i := strings.Index(x.text[start+2:], "*/")
	if i < 0 {
		x.pos = len(x.text)
		x.report(msgUnterminatedComment, start, x.pos)
	} else {
		x.pos = start + 2 + i + 2
	}
	x.comments = append(x.comments, Span{start, x.pos})
}

// directives are the words after a #, in the order in which they are tried.
var directives = []string{"disable-next-line", "disable-diagnostics", "restore-diagnostics"}

// directive reads `#disable-next-line CODE...`, in front of which its line is blank.
func (x *lexer) directive(start int) bool {
	line := strings.LastIndexAny(x.text[:start], "\r\n") + 1
	if strings.Trim(x.text[line:start], " \t\ufeff") != "" {
		return false
	}
	for _, word := range directives {
		if strings.HasPrefix(x.text[start+1:], word) {
			x.pos = start + 1 + len(word)
			x.directiveCodes(&Directive{Name: word}, start)
			return true
		}
	}
	return false
}

// directiveCodes reads the codes of d: words of letters, digits, _ and - that
// blanks part. Anything else ends the directive.
func (x *lexer) directiveCodes(d *Directive, start int) {
	end := x.pos
	for {
		for x.peek(0) == ' ' || x.peek(0) == '\t' {
			x.pos++
		}
		word := x.pos
		for x.pos < len(x.text) && (isIdentPart(x.text[x.pos]) || x.text[x.pos] == '-') {
			x.pos++
		}
		if x.pos == word {
			break
		}
		d.Codes = append(d.Codes, x.text[word:x.pos])
		end = x.pos
		if c := x.peek(0); c != ' ' && c != '\t' {
			break
		}
	}
	x.pos = end
	d.Span = Span{start, end}
	if len(d.Codes) == 0 {
		for end < len(x.text) && (x.text[end] == ' ' || x.text[end] == '\t') {
			end++
		}
		x.report(msgNoDirectiveCodes, end, end)
	}
	x.directives = append(x.directives, *d)
	x.comments = append(x.comments, d.Span)
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

// countBrace notes an object inside an interpolation, which the parser refuses.
// From there on, as in the official lexer, no brace ends the interpolation.
func (x *lexer) countBrace(k Kind) {
	if n := len(x.open); n > 0 && k == LBrace {
		x.open[n-1].braces++
	}
}

func (x *lexer) unknown(start int) {
	r, n := utf8.DecodeRuneInString(x.text[start:])
	x.pos += n
	for r == '$' && x.peek(0) == '$' {
		x.pos++
	}
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
