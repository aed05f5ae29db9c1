package syntax

import (
	"strings"

	"gatehouse/internal/diag"
)

// maxDepth limits nesting, so that no input exhausts the stack.
const maxDepth = 200

// Parse parses text, named name in diagnostics. A name that ends in .bicepparam
// has the grammar of parameter files.
func Parse(name, text string) (*File, diag.List) {
	src := diag.NewSource(name, text)
	x := lex(src)
	p := &parser{src: src, tokens: x.tokens, diags: x.diags, lexed: len(x.diags)}
	p.params = strings.HasSuffix(strings.ToLower(name), ".bicepparam")
	f := &File{Source: src, Directives: x.directives, Tokens: x.tokens, Comments: x.comments}
	for !p.at(EOF) {
		if d := p.statement(); d != nil {
			f.Decls = append(f.Decls, d)
		}
	}
	f.Pieces = p.pieces
	p.diags.Sort()
	return f, p.diags
}

// parser reads tokens. It recovers as the official one does: what can't be read
// unwinds with fail to the nearest attempt, which reports it, drops what was
// reported inside, and skips to a token where its caller can go on.
type parser struct {
	src     *diag.Source
	tokens  []Token
	i       int
	depth   int
	negated int // the place behind the last minus sign that is no operator between two operands
	diags   diag.List
	lexed   int // how many of diags are the lexer's
	params  bool
	pieces  []Piece
}

// failure is what fail panics with; only attempt and statement recover it.
type failure struct {
	m    message
	at   Span
	deep bool // nested too deeply: the statement as a whole is given up
}

// flags say what an expression may hold at its place.
type flags uint8

const (
	complexLiterals flags = 1 << iota // objects and arrays
	resources                         // nested resource declarations
)

// outcome says what an attempt came to.
type outcome uint8

const (
	read    outcome = iota
	skipped         // tokens were skipped
	missing         // nothing was there; what follows from that is not reported
)

func (p *parser) tok() *Token    { return &p.tokens[p.i] }
func (p *parser) at(k Kind) bool { return p.tokens[p.i].Kind == k }

// ahead is the token n further on.
func (p *parser) ahead(n int) *Token {
	if p.i+n < len(p.tokens) {
		return &p.tokens[p.i+n]
	}
	return &p.tokens[len(p.tokens)-1]
}

// next takes the current token.
func (p *parser) next() *Token {
	t := &p.tokens[p.i]
	if t.Kind != EOF {
		p.i++
	}
	return t
}

func (p *parser) accept(k Kind) bool {
	if p.at(k) {
		p.next()
		return true
	}
	return false
}

func (t *Token) is(word string) bool { return t.Kind == Identifier && t.Text == word }

// keyword reports whether the current token is that contextual keyword.
func (p *parser) keyword(word string) bool { return p.tok().is(word) }

// literalWord reports whether t is one of the words that are literals and never names.
func literalWord(t *Token) bool {
	return t.Kind == Identifier && (t.Text == "true" || t.Text == "false" || t.Text == "null")
}

// atName reports whether an identifier is next.
func (p *parser) atName() bool { return p.at(Identifier) && !literalWord(p.tok()) }

// end is where the last taken token ended.
func (p *parser) end() int {
	if p.i == 0 {
		return 0
	}
	return p.tokens[p.i-1].End
}

func (p *parser) from(start int) Span { return Span{start, max(start, p.end())} }

// here is the empty span in front of the current token.
func (p *parser) here() Span { return Span{p.tok().Start, p.tok().Start} }

func (p *parser) report(m message, at Span) {
	p.diags = append(p.diags, diag.Diagnostic{Code: m.code, Message: m.text, File: p.src.Name, Range: p.src.Range(at.Start, at.End)})
}

// fail gives up what is being read because of the current token. A line end is
// no range to underline.
func (p *parser) fail(m message) {
	at := p.tok().Span
	if p.at(NewLine) {
		at = p.here()
	}
	panic(failure{m: m, at: at})
}

// attempt runs f. When that fails, it skips to one of the stops and, unless
// quiet, reports why.
func (p *parser) attempt(f func(), quiet bool, stops ...Kind) outcome {
	start, depth, mark := p.i, p.depth, len(p.diags)
	why, failed := catch(f)
	if !failed {
		return read
	}
	if why.deep {
		panic(why)
	}
	p.depth, p.diags = depth, p.diags[:mark]
	p.skipTo(stops)
	if !quiet {
		p.report(why.m, why.at)
	}
	if p.i == start {
		return missing
	}
	return skipped
}

func catch(f func()) (why failure, failed bool) {
	defer func() {
		if r := recover(); r != nil {
			mine := false
			if why, mine = r.(failure); !mine {
				panic(r)
			}
			failed = true
		}
	}()
	f()
	return why, false
}

func (p *parser) skipTo(stops []Kind) {
	for !p.at(EOF) && !p.atAny(stops) {
		p.i++
	}
}

func (p *parser) atAny(kinds []Kind) bool {
	for _, k := range kinds {
		if p.at(k) {
			return true
		}
	}
	return false
}

func (p *parser) expect(k Kind, text string) *Token {
	if !p.at(k) {
		p.fail(msgExpectedChar.with(text))
	}
	return p.next()
}

func (p *parser) expectWord(word string) {
	if !p.keyword(word) {
		p.fail(msgExpectedKeyword.with(word))
	}
	p.next()
}

func (p *parser) ident(m message) Ident {
	if !p.atName() {
		p.fail(m)
	}
	t := p.next()
	return Ident{t.Span, t.Text}
}

// identOr reads the name of a declaration, or skips to one of the stops.
func (p *parser) identOr(m message, stops ...Kind) (n Ident, o outcome) {
	start := p.here().Start
	o = p.attempt(func() { n = p.ident(m) }, false, stops...)
	if o != read {
		n = Ident{Span: p.from(start)}
	}
	return n, o
}

// identHere reads a name; where there is none, it says so and takes nothing.
func (p *parser) identHere(m message) Ident {
	if p.atName() {
		t := p.next()
		return Ident{t.Span, t.Text}
	}
	p.report(m, p.here())
	return Ident{Span: p.here()}
}

func (p *parser) newLines() {
	for p.at(NewLine) {
		p.i++
	}
}

// afterLines is the kind of the next token that is not a line end.
func (p *parser) afterLines() *Token {
	n := 0
	for p.ahead(n).Kind == NewLine {
		n++
	}
	return p.ahead(n)
}

// enter counts one level of nesting; the caller defers leave.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		panic(failure{m: msgTooDeep.with(maxDepth), at: p.tok().Span, deep: true})
	}
}

func (p *parser) leave() { p.depth-- }

// statement reads one declaration with its decorators, up to its line end.
func (p *parser) statement() (d Decl) {
	mark, first := len(p.diags), p.i
	why, failed := catch(func() {
		if p.attempt(func() { d = p.declaration() }, false, NewLine) != read {
			d = nil
			p.piece(Skipped, first)
			return
		}
		kind := kindOf(d)
		p.piece(kind, first)
		if kind != Declared {
			return
		}
		first = p.i
		if p.lineEnd() {
			p.piece(Ending, first)
		} else {
			p.piece(Skipped, first)
		}
	})
	if failed { // nested too deeply
		p.depth, p.diags = 0, p.diags[:mark]
		p.skipTo([]Kind{NewLine})
		p.report(why.m, why.at)
		p.piece(Skipped, first)
		return nil
	}
	return d
}

func kindOf(d Decl) PieceKind {
	switch d.(type) {
	case nil:
		return Ending
	case *MissingDecl:
		return Decorating
	}
	return Declared
}

// piece notes as what the tokens since first were taken.
func (p *parser) piece(k PieceKind, first int) {
	if p.i > first {
		p.pieces = append(p.pieces, Piece{k, first, p.i})
	}
}

// lineEnd wants the end of the line or of the file. Where it is not next, it
// skips to it and returns false.
func (p *parser) lineEnd() bool {
	if p.accept(NewLine) {
		return true
	}
	o := p.attempt(func() {
		if !p.at(EOF) {
			p.fail(msgExpectedNewLine)
		}
	}, false, NewLine)
	p.accept(NewLine)
	return o == read
}
