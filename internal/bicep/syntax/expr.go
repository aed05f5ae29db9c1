package syntax

import "strconv"

// expr reads an expression; a ternary binds loosest.
func (p *parser) expr() Expr {
	p.enter()
	defer p.leave()
	start := p.tok().Start
	cond := p.binary(0)
	if !p.peekPast(Question) {
		return cond
	}
	p.newLines()
	p.next()
	p.newLines()
	then := p.expr()
	p.newLines()
	p.expect(Colon, ":")
	p.newLines()
	other := p.expr()
	return &Ternary{p.from(start), cond, then, other}
}

// peekPast reports whether k comes next, with line ends between allowed.
func (p *parser) peekPast(k Kind) bool {
	n := 0
	for p.ahead(n).Kind == NewLine {
		n++
	}
	return p.ahead(n).Kind == k
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

// operator finds the binary operator that comes next. It may begin a line,
// except for `-`, which would begin an expression there.
func (p *parser) operator() (prec, lines int) {
	n := 0
	for p.ahead(n).Kind == NewLine {
		n++
	}
	k := p.ahead(n).Kind
	if n > 0 && (k == Minus || k == Plus) {
		return 0, 0
	}
	return precedence(k), n
}

func (p *parser) binary(least int) Expr {
	start := p.tok().Start
	x := p.unary()
	for {
		prec, lines := p.operator()
		if prec == 0 || prec <= least {
			return x
		}
		p.i += lines
		op := p.next().Kind
		y := p.binary(prec)
		x = &Binary{p.from(start), op, x, y}
	}
}

func (p *parser) unary() Expr {
	t := p.tok()
	switch t.Kind {
	case Not, Minus, Plus:
		p.enter()
		defer p.leave()
		p.next()
		switch p.tok().Kind {
		case Not, Minus, Plus: // unary operators don't chain
			p.bail(msgUnrecognizedExpr)
		}
		x := p.postfix()
		return &Unary{p.from(t.Start), t.Kind, x}
	}
	return p.postfix()
}

// postfix reads a primary expression and what follows it: .x [x] ::x !
func (p *parser) postfix() Expr {
	start := p.tok().Start
	x := p.primary()
	for {
		switch p.tok().Kind {
		case Not:
			p.next()
			x = &NonNull{p.from(start), x}
		case LSquare:
			x = p.index(start, x)
		case DoubleColon:
			p.next()
			n := p.ident(msgExpectedFuncOrProp)
			x = &ResourceAccess{p.from(start), x, n}
		case Dot:
			x = p.member(start, x)
		default:
			return x
		}
	}
}

func (p *parser) index(start int, base Expr) Expr {
	p.next()
	e := &Index{Base: base}
	e.Safe = p.accept(Question)
	e.FromEnd = p.accept(Hat)
	p.newLines()
	if p.at(RSquare) {
		p.bail(message{"BCP117", "An empty indexer is not allowed. Specify a valid expression."})
	}
	e.Index = p.expr()
	p.newLines()
	p.expect(RSquare, "]")
	e.Span = p.from(start)
	return e
}

func (p *parser) member(start int, base Expr) Expr {
	p.next()
	safe := p.accept(Question)
	if p.at(NewLine) || p.at(EOF) { // what stands before the dot is still checked
		at := Span{p.tok().Start, p.tok().Start}
		p.reportOnce(msgExpectedFuncOrProp, at)
		return &Property{p.from(start), base, Ident{Span: at}, safe}
	}
	n := p.ident(msgExpectedFuncOrProp)
	if p.at(LParen) && !safe {
		args := p.args()
		return &MethodCall{p.from(start), base, n, args}
	}
	return &Property{p.from(start), base, n, safe}
}

// args reads (a, b).
func (p *parser) args() []Expr {
	p.enter()
	defer p.leave()
	p.expect(LParen, "(")
	var args []Expr
	p.separated(RParen, func() { args = append(args, p.expr()) })
	p.expect(RParen, ")")
	return args
}

// separated reads items up to close, parted by commas or line ends.
func (p *parser) separated(end Kind, item func()) {
	p.newLines()
	for !p.at(end) {
		item()
		if p.at(end) {
			return
		}
		if !p.at(Comma) && !p.at(NewLine) {
			p.bail(msgExpectedCommaOrParen)
		}
		p.newLines()
		p.accept(Comma)
		p.newLines()
	}
}

func (p *parser) primary() Expr {
	p.enter()
	defer p.leave()
	t := p.tok()
	switch t.Kind {
	case Integer:
		p.next()
		v, err := strconv.ParseUint(t.Text, 10, 64)
		if err != nil || v > 1<<63 {
			p.report(msgInvalidInteger, t.Span)
		}
		return &IntLit{t.Span, v}
	case StringComplete, StringLeft:
		return p.stringLit()
	case LBrace:
		return p.object()
	case LSquare:
		return p.arrayOrFor()
	case LParen:
		return p.parenOrLambda()
	case Identifier:
		return p.name()
	}
	return p.missing()
}

// missing reports an expression that is not there. At the end of a line the
// expression around it is kept, so that its other parts are still checked.
func (p *parser) missing() Expr {
	if !p.at(NewLine) && !p.at(EOF) {
		p.bail(msgUnrecognizedExpr)
	}
	at := Span{p.tok().Start, p.tok().Start}
	p.reportOnce(msgUnrecognizedExpr, at)
	return &Bad{at}
}

func (p *parser) name() Expr {
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
		args := p.args()
		return &Call{p.from(t.Start), n, args}
	case Arrow:
		p.next()
		p.newLines()
		body := p.expr()
		return &Lambda{Span: p.from(t.Start), Params: []Ident{n}, Body: body}
	}
	return &Variable{n}
}

func (p *parser) parenOrLambda() Expr {
	open := p.next()
	if p.isLambda() {
		l := &Lambda{}
		p.separated(RParen, func() { l.Params = append(l.Params, p.ident(msgExpectedLambdaIdent)) })
		p.expect(RParen, ")")
		p.expect(Arrow, "=>")
		p.newLines()
		l.Body = p.expr()
		l.Span = p.from(open.Start)
		return l
	}
	p.newLines()
	if p.at(RParen) {
		p.bail(message{"BCP243", "Parentheses must contain exactly one expression."})
	}
	x := p.expr()
	p.newLines()
	p.expect(RParen, ")")
	return &Paren{p.from(open.Start), x}
}

// isLambda looks ahead for `a, b) =>`.
func (p *parser) isLambda() bool {
	for n := 0; ; n++ {
		switch p.ahead(n).Kind {
		case Identifier, Comma, NewLine:
		case RParen:
			return p.ahead(n+1).Kind == Arrow
		default:
			return false
		}
	}
}

// stringLit reads a string with its interpolations.
func (p *parser) stringLit() *StringLit {
	t := p.next()
	s := &StringLit{Segments: []string{t.Value}}
	if t.Kind == StringLeft {
		p.holes(s)
	}
	s.Span = p.from(t.Start)
	return s
}

func (p *parser) holes(s *StringLit) {
	for {
		p.newLines()
		s.Exprs = append(s.Exprs, p.expr())
		p.newLines()
		t := p.tok()
		if t.Kind != StringMiddle && t.Kind != StringRight {
			p.bail(msgExpectedChar.with("}"))
		}
		p.next()
		s.Segments = append(s.Segments, t.Value)
		if t.Kind == StringRight {
			return
		}
	}
}
