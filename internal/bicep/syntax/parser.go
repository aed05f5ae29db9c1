package syntax

import (
	"gatehouse/internal/diag"
)

// maxDepth limits nesting, so that no input exhausts the stack.
const maxDepth = 200

// Parse parses text, named name in diagnostics.
func Parse(name, text string) (*File, diag.List) {
	src := diag.NewSource(name, text)
	x := lex(src)
	p := &parser{src: src, tokens: x.tokens, diags: x.diags, lexed: len(x.diags)}
	f := &File{Source: src, Directives: x.directives, Tokens: x.tokens}
	for !p.at(EOF) {
		if p.accept(NewLine) {
			continue
		}
		before := p.i
		if d := p.statement(); d != nil {
			f.Decls = append(f.Decls, d)
		}
		if p.i == before { // always get on
			p.i++
		}
	}
	p.diags.Sort()
	return f, p.diags
}

// parser reads tokens. A syntax error inside a construct is reported once, then
// bail unwinds to the nearest recover point, which skips to a place where
// reading can go on.
type parser struct {
	src    *diag.Source
	tokens []Token
	i      int
	depth  int
	diags  diag.List
	lexed  int // how many of diags are the lexer's
}

// bailout is what bail panics with; only recovering recovers it.
type bailout struct{}

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

// keyword reports whether the current token is that contextual keyword.
func (p *parser) keyword(word string) bool {
	t := p.tok()
	return t.Kind == Identifier && t.Text == word
}

// end is where the last taken token ended.
func (p *parser) end() int {
	if p.i == 0 {
		return 0
	}
	return p.tokens[p.i-1].End
}

func (p *parser) from(start int) Span { return Span{start, max(start, p.end())} }

func (p *parser) report(m message, at Span) {
	p.diags = append(p.diags, diag.Diagnostic{Code: m.code, Message: m.text, File: p.src.Name, Range: p.src.Range(at.Start, at.End)})
}

// bail reports m at the current token and unwinds. An Unknown token has been
// reported by the lexer already, and so has an error that sits on this place.
func (p *parser) bail(m message) {
	t := p.tok()
	at := t.Span
	if t.Kind == NewLine || t.Kind == EOF {
		at = Span{t.Start, t.Start}
	}
	if t.Kind != Unknown {
		p.reportOnce(m, at)
	}
	panic(bailout{})
}

// reportOnce reports m unless this place has an error already.
func (p *parser) reportOnce(m message, at Span) {
	if n := len(p.diags); n > p.lexed && p.diags[n-1].Range.Start.Offset == at.Start && p.diags[n-1].Range.End.Offset == at.End {
		return
	}
	p.report(m, at)
}

func (p *parser) expect(k Kind, text string) *Token {
	if !p.at(k) {
		p.bail(msgExpectedChar.with(text))
	}
	return p.next()
}

func (p *parser) ident(m message) Ident {
	if !p.at(Identifier) {
		p.bail(m)
	}
	t := p.next()
	return Ident{t.Span, t.Text}
}

// recovering runs f; when f bails out, it skips to one of the stops (or the end)
// at the nesting where f began and reports false.
func (p *parser) recovering(f func(), stops ...Kind) (ok bool) {
	depth, start := p.depth, p.i
	defer func() {
		if r := recover(); r != nil {
			if _, mine := r.(bailout); !mine {
				panic(r)
			}
			p.depth = depth
			inDecl := len(stops) == 1 || stops[1] == Assign
			if !inDecl || !p.rewind(start) {
				p.skip(start, stops)
			}
			ok = false
		}
	}()
	f()
	return true
}

// rewind goes back to the first line since start that begins, unindented, with a
// declaration: a bracket was left open before it. What was reported about the
// lines from there on is taken back, since they are read again.
func (p *parser) rewind(start int) bool {
	for i := start + 1; i < p.i && i+2 < len(p.tokens); i++ {
		t := &p.tokens[i]
		if t.Kind != NewLine || t.End != p.tokens[i+1].Start || !startsDecl(&p.tokens[i+1]) || p.tokens[i+2].Kind != Identifier {
			continue
		}
		kept := p.diags[:p.lexed]
		for _, d := range p.diags[p.lexed:] {
			if d.Range.Start.Offset <= t.Start {
				kept = append(kept, d)
			}
		}
		p.diags = kept
		if len(kept) == p.lexed || kept[len(kept)-1].Range.Start.Offset < p.tokens[start].Start {
			p.report(msgExpectedChar.with(p.openBracket(start, i)), Span{t.Start, t.Start})
		}
		p.i = i
		return true
	}
	return false
}

// openBracket is what closes the innermost bracket that is open at end.
func (p *parser) openBracket(start, end int) string {
	nest := 0
	for i := end - 1; i >= start; i-- {
		nest += bracket(p.tokens[i].Kind)
		if nest > 0 {
			switch p.tokens[i].Kind {
			case LSquare:
				return "]"
			case LParen:
				return ")"
			}
			return "}"
		}
	}
	return "}"
}

// skip goes to the first stop token outside of brackets that opened since start.
func (p *parser) skip(start int, stops []Kind) {
	nest := 0
	for i := start; i < p.i; i++ {
		nest = max(0, nest+bracket(p.tokens[i].Kind))
	}
	for !p.at(EOF) {
		k := p.tok().Kind
		if nest <= 0 || k == NewLine && nest <= 1 && startsDecl(p.ahead(1)) {
			for _, s := range stops {
				if k == s {
					return
				}
			}
		}
		nest = max(0, nest+bracket(k))
		p.i++
	}
}

func bracket(k Kind) int {
	switch k {
	case LBrace, LSquare, LParen, StringLeft:
		return 1
	case RBrace, RSquare, RParen, StringRight:
		return -1
	}
	return 0
}

// startsDecl guesses that a declaration begins at t, as a sign that a bracket was left open.
func startsDecl(t *Token) bool {
	if t.Kind != Identifier {
		return false
	}
	switch t.Text {
	case "param", "var", "resource", "module", "output", "type", "func":
		return true
	}
	return false
}

func (p *parser) newLines() {
	for p.at(NewLine) {
		p.i++
	}
}

// enter counts one level of nesting; the caller defers leave.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		p.report(msgTooDeep.with(maxDepth), p.tok().Span)
		panic(bailout{})
	}
}

func (p *parser) leave() { p.depth-- }

// statement reads one declaration with its decorators, up to its line end.
func (p *parser) statement() (d Decl) {
	ok := p.recovering(func() {
		d = p.declaration(p.decorators())
	}, NewLine)
	if ok && !p.at(NewLine) && !p.at(EOF) {
		p.recovering(func() { p.bail(msgExpectedNewLine) }, NewLine)
	}
	return d
}
