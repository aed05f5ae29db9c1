package syntax

import (
	"strings"
)

func (p *parser) pattern() Pattern {
	start := p.peek().start
	if t := p.peek(); t.word("not") && (p.peekAt(1).kind == identifier || p.peekAt(1).kind == keyword) {
		p.fail("CS8370", t.start, t.end, "not pattern", "9.0")
		p.take()
		return p.pattern()
	}
	var typ *TypeRef
	var name *Name
	if p.attempt(func() bool {
		typ = p.typ()
		if p.peek().kind == identifier && !p.peek().word("when") {
			n := p.identifier()
			name = &n
			return true
		}
		// A keyword's type, or one that can't be an expression, has no variable.
		return p.patternEnds() && (len(typ.Suffixes) > 0 || len(typ.Args) > 0 || isTypeKeyword(typ.Name))
	}) {
		return &TypePattern{p.span(start), typ, name}
	}
	x := p.binary(9)
	return &ConstantPattern{p.span(start), x}
}

func (p *parser) patternEnds() bool {
	t := p.peek()
	if t.kind == punctuation {
		return !strings.Contains(" . ( [ ", " "+t.text+" ")
	}
	return true
}
