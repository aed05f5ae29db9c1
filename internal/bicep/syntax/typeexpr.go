package syntax

// declaredType reads the type of a declaration, which may be `resource 'type'`.
func (p *parser) declaredType() TypeExpr {
	if !p.keyword("resource") || p.ahead(1).Kind == Less {
		return p.typeExpr()
	}
	start := p.next().Start
	t := &TypeResource{}
	p.attempt(func() { t.Type = p.stringOr(msgExpectedResourceType) }, false, Assign, NewLine)
	t.Span = p.from(start)
	return t
}

// atBar reports whether a union goes on, on this line or the next.
func (p *parser) atBar() bool {
	return p.at(Pipe) || p.at(NewLine) && p.ahead(1).Kind == Pipe
}

// typeExpr reads a type; a union binds loosest. A union may begin with a bar and
// go on over lines.
func (p *parser) typeExpr() TypeExpr {
	p.enter()
	defer p.leave()
	start := p.tok().Start
	lead := p.atBar()
	if lead {
		p.newLines()
		p.next()
	}
	first := p.typeUnary()
	if !lead && !p.atBar() {
		return first
	}
	u := &TypeUnion{Members: []TypeExpr{first}}
	for p.atBar() {
		p.newLines()
		p.next()
		u.Members = append(u.Members, p.unionMember())
	}
	u.Span = p.from(start)
	return u
}

// unionMember reads what follows a bar, which is on its line.
func (p *parser) unionMember() TypeExpr {
	if p.at(NewLine) {
		p.report(msgExpectedTypeLiteral, p.here())
		return &BadType{p.here()}
	}
	start := p.tok().Start
	var t TypeExpr
	if p.attempt(func() { t = p.typeUnary() }, false) != read {
		return &BadType{p.from(start)}
	}
	return t
}

func (p *parser) typeUnary() TypeExpr {
	start := p.tok().Start
	x := p.typeBase()
	for {
		switch p.tok().Kind {
		case Question:
			p.next()
			x = &TypeNullable{p.from(start), x}
		case Not:
			p.next()
			x = &TypeNonNull{p.from(start), x}
		default:
			return x
		}
	}
}

func (p *parser) typeBase() TypeExpr {
	t := p.tok()
	if t.Kind != Minus && t.Kind != Not && t.Kind != Plus {
		return p.typePostfix()
	}
	p.sign()
	start := p.tok().Start
	var inner TypeExpr
	if p.attempt(func() { inner = p.typePostfix() }, false, operandStops...) != read {
		return &BadType{p.from(start)}
	}
	lit, ok := inner.(*TypeLiteral)
	if !ok {
		p.report(msgNotLiteral, p.from(t.Start))
		return &BadType{p.from(t.Start)}
	}
	return &TypeLiteral{p.from(t.Start), &Unary{p.from(t.Start), t.Kind, lit.Value}}
}

func (p *parser) typePostfix() TypeExpr {
	start := p.tok().Start
	x := p.typePrimary()
	defer func(depth int) { p.depth = depth }(p.depth)
	for {
		switch p.tok().Kind {
		case LSquare:
			p.enter() // an array of arrays is as deep as it has brackets
			x = p.typeIndex(start, x)
		case Dot:
			p.next()
			if p.accept(Star) {
				x = &TypeAdditional{p.from(start), x}
				continue
			}
			n := p.identHere(msgExpectedFuncOrProp)
			if p.at(Less) {
				x = p.typeGeneric(start, n)
				continue
			}
			x = &TypeMember{p.from(start), x, n}
		default:
			return x
		}
	}
}

func (p *parser) typeIndex(start int, base TypeExpr) TypeExpr {
	p.next()
	switch {
	case p.accept(RSquare):
		return &TypeArray{p.from(start), base}
	case p.accept(Star):
		p.expect(RSquare, "]")
		return &TypeItems{p.from(start), base}
	}
	e := p.expr(0)
	p.expect(RSquare, "]")
	switch e := e.(type) {
	case *IntLit:
		return &TypeIndex{Span: p.from(start), Base: base, Index: e.Value}
	case *StringLit:
		if text, ok := e.Text(); ok {
			return &TypeMember{p.from(start), base, Ident{e.Span, text}}
		}
	}
	return &TypeIndex{Span: p.from(start), Base: base, Wrong: e}
}

func (p *parser) typePrimary() TypeExpr {
	p.enter()
	defer p.leave()
	t := p.tok()
	switch t.Kind {
	case Integer:
		return &TypeLiteral{t.Span, p.integer()}
	case StringComplete, StringLeft:
		s, ok := p.stringLit().(*StringLit)
		if !ok {
			return &BadType{p.from(t.Start)}
		}
		return &TypeLiteral{s.Span, s}
	case LBrace:
		return p.typeObject()
	case LSquare:
		return p.typeTuple()
	case LParen:
		return p.typeParens()
	case Identifier:
		return p.typeName()
	}
	p.fail(msgExpectedTypeExpr)
	return nil
}

func (p *parser) typeParens() TypeExpr {
	open := p.tok()
	var items []TypeExpr
	p.parenList(false, func() { items = append(items, p.typeExpr()) })
	x := &TypeParen{Span: p.from(open.Start)}
	if len(items) == 1 {
		x.X = items[0]
		return x
	}
	at := Span{open.End, open.End}
	if len(items) > 1 {
		at = Span{items[0].At().Start, items[len(items)-1].At().End}
	}
	p.report(msgOneInParens, at)
	x.X = &BadType{at}
	return x
}

func (p *parser) typeName() TypeExpr {
	t := p.next()
	switch t.Text {
	case "true", "false":
		return &TypeLiteral{t.Span, &BoolLit{t.Span, t.Text == "true"}}
	case "null":
		return &TypeLiteral{t.Span, &NullLit{t.Span}}
	}
	n := Ident{t.Span, t.Text}
	if p.at(Less) {
		return p.typeGeneric(t.Start, n)
	}
	return &TypeName{n}
}

func (p *parser) typeGeneric(start int, n Ident) TypeExpr {
	p.next()
	g := &TypeGeneric{Name: n}
	p.arguments(Greater, func() {
		at := p.tok().Start
		var t TypeExpr
		if p.attempt(func() { t = p.typeExpr() }, false, NewLine, Comma, Greater) != read {
			t = &BadType{p.from(at)}
		}
		g.Args = append(g.Args, t)
	})
	if !p.accept(Greater) {
		p.report(msgExpectedChar.with(">"), p.here())
	}
	g.Span = p.from(start)
	return g
}

func (p *parser) typeObject() TypeExpr {
	p.enter()
	defer p.leave()
	open := p.next()
	o := &TypeObject{}
	p.elements(RBrace, func() { p.typeProp(o) })
	p.expect(RBrace, "}")
	o.Span = p.from(open.Start)
	return o
}

func (p *parser) typeProp(o *TypeObject) {
	start := p.tok().Start
	m := &TypeProp{Decorators: p.decorators()}
	star := false
	out := p.attempt(func() {
		switch t := p.tok(); {
		case p.atName():
			p.next()
			m.Name = Ident{t.Span, t.Text}
		case t.Kind == StringComplete, t.Kind == StringLeft:
			s := p.stringOr(msgExpectedPropName)
			name, plain := s.Text()
			if !plain {
				p.report(msgConstantName, s.Span)
			}
			m.Name = Ident{s.Span, name}
		case t.Kind == Star:
			p.next()
			star = true
		default:
			p.fail(msgExpectedTypeProp)
		}
	}, false, Colon, NewLine, RBrace)
	out = p.attempt(func() { p.expect(Colon, ":") }, out == missing, NewLine, RBrace)
	at := p.tok().Start
	if p.attempt(func() { m.Value = p.typeExpr() }, out == missing, NewLine, RBrace) != read {
		m.Value = &BadType{p.from(at)}
	}
	m.Span = p.from(start)
	switch {
	case star && o.Additional != nil:
		p.report(msgManyAdditional, m.Span)
	case star:
		o.Additional = m
	default:
		o.Props = append(o.Props, m)
	}
}

func (p *parser) typeTuple() TypeExpr {
	p.enter()
	defer p.leave()
	open := p.next()
	t := &TypeTuple{}
	p.elements(RSquare, func() {
		start := p.tok().Start
		m := &TypeProp{}
		o := p.attempt(func() {
			m.Decorators = p.decorators()
			m.Value = p.typeExpr()
		}, false, NewLine, RSquare)
		if o != read {
			m.Value = &BadType{p.from(start)}
		}
		m.Span = p.from(start)
		t.Items = append(t.Items, m)
	})
	p.expect(RSquare, "]")
	t.Span = p.from(open.Start)
	return t
}
