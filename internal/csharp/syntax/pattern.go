package syntax

import "strings"

func (p *parser) pattern() Pattern {
	start := p.peek().start
	p.laterPattern()
	var typ *TypeRef
	var name *Name
	if p.attempt(func() bool {
		typ = p.typ()
		if p.peek().kind == identifier && !p.peek().word("when") && !p.joinsPatterns() {
			n := p.identifier()
			name = &n
			return true
		}
		// A keyword's type, or one that can't be an expression, has no variable.
		return p.patternEnds() && (len(typ.Suffixes) > 0 || len(typ.Args) > 0 || isTypeKeyword(typ.Name))
	}) {
		p.patternFollows()
		return &TypePattern{p.span(start), typ, name}
	}
	x := p.binary(9)
	if _, ok := x.(*Tuple); ok {
		p.feature(start, p.prevEnd(), "recursive patterns", "8.0")
	}
	p.patternFollows()
	return &ConstantPattern{p.span(start), x}
}

// laterPattern refuses the patterns that begin in a way C# 7.3 does not know.
func (p *parser) laterPattern() {
	t := p.peek()
	next := p.peekAt(1)
	switch {
	case t.word("not") && (next.kind != punctuation || next.is("(") || next.is("{")):
		p.feature(t.start, t.end, "not pattern", "9.0")
	case t.is("<"), t.is(">"), t.is("<="), t.is(">="):
		p.feature(t.start, t.end, "relational pattern", "9.0")
	case t.is("{"):
		p.feature(t.start, t.end, "recursive patterns", "8.0")
	case t.is("["):
		p.feature(t.start, t.end, "list pattern", "11.0")
	}
}

// patternFollows refuses what later versions allow after a pattern.
func (p *parser) patternFollows() {
	t := p.peek()
	switch {
	case t.is("{"):
		p.feature(t.start, t.end, "recursive patterns", "8.0")
	case p.joinsPatterns():
		p.feature(t.start, t.end, t.text+" pattern", "9.0")
	}
}

// joinsPatterns reports whether "and" or "or" stands between two patterns.
func (p *parser) joinsPatterns() bool {
	t, next := p.peek(), p.peekAt(1)
	return (t.word("or") || t.word("and")) && (next.kind != punctuation && next.kind != end || next.is("(") || next.is("<") || next.is(">") || next.is("<=") || next.is(">=") || next.is("-"))
}

func (p *parser) patternEnds() bool {
	t := p.peek()
	if t.kind == punctuation {
		return !strings.Contains(" . ( [ ", " "+t.text+" ")
	}
	return true
}
