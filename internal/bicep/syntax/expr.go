package syntax

import "strconv"

// Where recovery inside an expression stops.
var operandStops = []Kind{StringRight, RBrace, RParen, RSquare, NewLine}

// expr reads an expression; a ternary binds loosest.
func (p *parser) expr(fl flags) Expr {
	p.enter()
	defer p.leave()
	start := p.tok().Start
	cond := p.binary(fl, 0)
	if p.afterLines().Kind != Question {
		return cond
	}
	p.newLines()
	p.next()
	then, o := p.value(fl, false, append([]Kind{Colon}, operandStops...)...)
	if o == read && p.afterLines().Kind == Colon {
		p.newLines()
	}
	o = p.attempt(func() { p.expect(Colon, ":") }, o == missing, operandStops...)
	other, _ := p.value(fl, o == missing, operandStops...)
	return &Ternary{p.from(start), cond, then, other}
}

// precedence of binary operators; 0 is none.
func precedence(k Kind) int {
	switch k {
	case Coalesce:
		return 10
	case OrOr:
		return 20
	case AndAnd:
		return 30
	case Equals, NotEquals, EqualsFold, NotEqualsFold:
		return 40
	case Less, LessEq, Greater, GreaterEq:
		return 50
	case Plus, Minus:
		return 60
	case Star, Slash, Percent:
		return 70
	}
	return 0
}

// binary reads operands joined by operators that bind tighter than least. An
// operator stands on the line of its left operand.
func (p *parser) binary(fl flags, least int) Expr {
	start := p.tok().Start
	x := p.unary(fl)
	for {
		prec := precedence(p.tok().Kind)
		if prec <= least {
			return x
		}
		op := p.next().Kind
		y, _ := p.orBad(func() Expr { return p.binary(fl, prec) }, false, operandStops...)
		x = &Binary{p.from(start), op, x, y}
	}
}

func (p *parser) unary(fl flags) Expr {
	t := p.tok()
	switch t.Kind {
	case Not, Minus, Plus: // these don't chain
		p.sign()
		x, _ := p.orBad(func() Expr { return p.postfix(fl) }, false, operandStops...)
		return &Unary{p.from(t.Start), t.Kind, x}
	}
	return p.postfix(fl)
}

// postfix reads a primary expression and what follows it: .x [x] ::x !
func (p *parser) postfix(fl flags) Expr {
	start := p.tok().Start
	x := p.primary(fl)
	for {
		switch p.tok().Kind {
		case Not:
			p.next()
			x = &NonNull{p.from(start), x}
		case LSquare:
			x = p.index(fl, start, x)
		case DoubleColon:
			p.next()
			n := p.identHere(msgExpectedFuncOrProp)
			x = &ResourceAccess{p.from(start), x, n}
		case Dot:
			x = p.member(fl, start, x)
		default:
			return x
		}
	}
}

func (p *parser) index(fl flags, start int, base Expr) Expr {
	p.next()
	e := &Index{Base: base}
	e.Safe = p.accept(Question)
	e.FromEnd = p.accept(Hat)
	if p.at(RSquare) {
		p.report(msgEmptyIndexer, p.here())
		e.Index = &Bad{p.here()}
	} else {
		e.Index = p.expr(fl)
	}
	p.expect(RSquare, "]")
	e.Span = p.from(start)
	return e
}

func (p *parser) member(fl flags, start int, base Expr) Expr {
	p.next()
	mark := p.tok().Span
	safe := p.accept(Question)
	n := p.identHere(msgExpectedFuncOrProp)
	if !p.at(LParen) {
		return &Property{p.from(start), base, n, safe}
	}
	if safe {
		p.report(msgSafeMethod, mark)
		n = Ident{Span: Span{mark.Start, n.End}}
	}
	args, closed := p.args(fl)
	return &MethodCall{p.from(start), base, n, args, closed}
}

// args reads (a, b), and whether the list is closed.
func (p *parser) args(fl flags) (args []Expr, closed bool) {
	p.enter()
	defer p.leave()
	p.expect(LParen, "(")
	p.arguments(RParen, func() {
		e, _ := p.value(fl, false, NewLine, Comma, RParen)
		args = append(args, e)
	})
	if p.accept(RParen) {
		return args, true
	}
	p.report(msgExpectedChar.with(")"), p.here())
	return args, false
}

func (p *parser) primary(fl flags) Expr {
	p.enter()
	defer p.leave()
	t := p.tok()
	switch t.Kind {
	case Integer:
		return p.integer()
	case StringComplete, StringLeft:
		return p.stringLit()
	case LBrace, LSquare:
		if fl&complexLiterals == 0 {
			p.fail(msgComplexLiteral)
		}
		if t.Kind == LBrace {
			return p.object(fl)
		}
		if n := 1; true {
			for p.ahead(n).Kind == NewLine {
				n++
			}
			if p.ahead(n).is("for") {
				return p.forLoop(fl, false)
			}
		}
		return p.array()
	case LParen:
		return p.parenOrLambda(fl)
	case Identifier:
		return p.name(fl)
	}
	p.fail(msgUnrecognizedExpr)
	return nil
}

// integer reads a literal of 64 bits with a sign: only behind a minus sign may it be 1<<63. The official
// compiler ends with an internal error at what is beyond.
func (p *parser) integer() *IntLit {
	t := p.tok()
	v, err := strconv.ParseUint(t.Text, 10, 64)
	negative := p.negated == p.i
	p.next()
	switch {
	case err != nil:
		panic(failure{m: msgInvalidInteger, at: t.Span})
	case v > 1<<63 || v == 1<<63 && !negative:
		p.report(msgInvalidInteger, t.Span)
	}
	return &IntLit{t.Span, v}
}

// sign takes a prefix operator.
func (p *parser) sign() {
	if p.next().Kind == Minus {
		p.negated = p.i
	}
}

func (p *parser) name(fl flags) Expr {
	t := p.next()
	switch t.Text {
	case "true", "false":
		return &BoolLit{t.Span, t.Text == "true"}
	case "null":
		return &NullLit{t.Span}
	}
	n := Ident{t.Span, t.Text}
	switch p.tok().Kind {
	case LParen:
		args, closed := p.args(fl)
		return &Call{p.from(t.Start), n, args, closed}
	case Arrow:
		l := &Lambda{Params: []Ident{n}}
		p.lambdaBody(l)
		l.Span = p.from(t.Start)
		return l
	}
	return &Variable{n}
}

func (p *parser) lambdaBody(l *Lambda) {
	p.expect(Arrow, "=>")
	p.linesBeforeBody()
	l.Body, _ = p.value(complexLiterals, false, NewLine, RParen)
}

// linesBeforeBody takes the line ends in front of a lambda's body, unless a
// declaration seems to begin after them.
func (p *parser) linesBeforeBody() {
	if !declKeyword(p.afterLines()) {
		p.newLines()
	}
}

func declKeyword(t *Token) bool {
	if t.Kind != Identifier {
		return false
	}
	switch t.Text {
	case "targetScope", "metadata", "param", "var", "resource", "module", "output", "type", "func", "import", "extension", "provider", "assert", "test", "using", "extends", "extensionConfig":
		return true
	}
	return false
}

// parenList reads (item, item), and how the closing bracket was met.
func (p *parser) parenList(lines bool, item func()) outcome {
	p.enter()
	defer p.leave()
	p.expect(LParen, "(")
	blank := func() {
		if lines {
			p.newLines()
		}
	}
	blank()
	last := read
	for !p.at(RParen) {
		last = p.attempt(item, false, append(append([]Kind{}, operandStops...), Comma)...)
		taken := p.i
		blank()
		if p.i > taken {
			last = read
		}
		if !p.accept(Comma) {
			break
		}
		last = read
		blank()
	}
	return p.attempt(func() { p.expect(RParen, ")") }, last == missing, StringRight, RBrace, RSquare, NewLine)
}

// parenExprs reads (a, b) as expressions.
func (p *parser) parenExprs(fl flags, lines bool) (items []Expr, o outcome) {
	o = p.parenList(lines, func() {
		start := p.i
		defer func() {
			if len(items) == 0 || p.tokens[start].Start > items[len(items)-1].At().Start {
				items = append(items, &Bad{Span{p.tokens[start].Start, max(p.tokens[start].Start, p.end())}})
			}
		}()
		e := p.expr(fl)
		items = append(items, e)
	})
	return items, o
}

// parens reads (x), and whether it is closed.
func (p *parser) parens(fl flags) (*Paren, bool) {
	first := p.i
	items, o := p.parenExprs(fl, true)
	return p.single(first, items), o == read
}

// single is what the parentheses that begin with token first hold: one expression,
// on their line.
func (p *parser) single(first int, items []Expr) *Paren {
	open, last := p.tokens[first], p.i
	x := &Paren{Span: p.from(open.Start)}
	if p.tokens[last-1].Kind == RParen {
		last--
	}
	others := 0 // line ends and commas between the items
	for i := first + 1; i < last; i++ {
		if t := &p.tokens[i]; (t.Kind == Comma || t.Kind == NewLine) && !within(t.Span, items) {
			others++
		}
	}
	switch {
	case len(items) == 1 && others == 0:
		x.X = items[0]
		return x
	case len(items) == 0 && others == 1:
		x.X = &Bad{Span{open.End, p.tokens[last-1].End}}
		return x
	case last == first+1:
		x.X = &Bad{Span{open.End, open.End}}
	default:
		x.X = &Bad{Span{p.tokens[first+1].Start, p.tokens[last-1].End}}
	}
	p.report(msgOneInParens, x.X.At())
	return x
}

// within reports whether at lies in one of items.
func within(at Span, items []Expr) bool {
	for _, e := range items {
		if s := e.At(); s.Start <= at.Start && at.End <= s.End {
			return true
		}
	}
	return false
}

func (p *parser) parenOrLambda(fl flags) Expr {
	first := p.i
	open := p.tok()
	items, _ := p.parenExprs(fl, true)
	if !p.at(Arrow) {
		return p.single(first, items)
	}
	l := &Lambda{}
	l.Params = variables(items)
	p.lambdaBody(l)
	l.Span = p.from(open.Start)
	return l
}

// variables are the names among items.
func variables(items []Expr) (names []Ident) {
	for _, e := range items {
		if v, ok := e.(*Variable); ok {
			names = append(names, v.Name)
		}
	}
	return names
}

// stringLit reads a string with its interpolations. One that is malformed is a *Bad.
func (p *parser) stringLit() Expr {
	start := p.tok().Start
	s := &StringLit{}
	malformed := false
	last, more := StringComplete, StringLeft
	for {
		t := p.tok()
		switch t.Kind {
		case last:
			p.next()
			s.Segments = append(s.Segments, t.Value)
			s.Span = p.from(start)
			if malformed || t.Malformed {
				return &Bad{s.Span}
			}
			return s
		case more:
			p.next()
			malformed = malformed || t.Malformed
			s.Segments = append(s.Segments, t.Value)
			s.Exprs = append(s.Exprs, p.hole())
			if p.at(NewLine) || p.at(EOF) {
				return &Bad{p.from(start)}
			}
		default:
			if !p.holeEnd() {
				return &Bad{p.from(start)}
			}
		}
		last, more = StringRight, StringMiddle
	}
}

// hole reads what is interpolated.
func (p *parser) hole() Expr {
	start := p.tok().Start
	e, _ := p.value(0, false, StringMiddle, StringRight, NewLine)
	if p.at(StringMiddle) || p.at(StringRight) || p.at(NewLine) {
		return e
	}
	p.holeEnd()
	return &Bad{p.from(start)}
}

// holeEnd skips to the end of an interpolation and reports what is skipped.
func (p *parser) holeEnd() bool {
	start, first := p.here(), p.i
	p.skipTo([]Kind{StringMiddle, StringRight, NewLine})
	at := start
	if p.i > first {
		at.End = p.end()
	}
	p.report(msgTokensInHole, at)
	return p.at(StringMiddle) || p.at(StringRight)
}
