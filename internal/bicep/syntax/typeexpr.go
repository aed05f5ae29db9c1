package syntax

import "strconv"

// typeExpr reads a type; a union binds loosest. A union may begin with a bar and
// go on over lines.
func (p *parser) typeExpr() TypeExpr {
	p.enter()
	defer p.leave()
	start := p.tok().Start
	lead := p.peekPast(Pipe)
	if lead {
		p.newLines()
		p.next()
		p.newLines()
	}
	first := p.typeUnary()
	if !lead && !p.peekPast(Pipe) {
		return first
	}
	u := &TypeUnion{Members: []TypeExpr{first}}
	for p.peekPast(Pipe) {
		p.newLines()
		p.next()
		p.newLines()
		u.Members = append(u.Members, p.typeUnary())
	}
	u.Span = p.from(start)
	return u
}

func (p *parser) typeUnary() TypeExpr {
	t := p.tok()
	if t.Kind == Minus || t.Kind == Not || t.Kind == Plus {
		p.enter()
		defer p.leave()
		p.next()
		inner := p.typeUnary()
		lit, ok := inner.(*TypeLiteral)
		if !ok {
			p.report(message{"BCP285", "The type expression could not be reduced to a literal value."}, inner.At())
			return &BadType{p.from(t.Start)}
		}
		return &TypeLiteral{p.from(t.Start), &Unary{p.from(t.Start), t.Kind, lit.Value}}
	}
	return p.typePostfix()
}

func (p *parser) typePostfix() TypeExpr {
	start := p.tok().Start
	x := p.typePrimary()
	for {
		switch p.tok().Kind {
		case Question:
			p.next()
			x = &TypeNullable{p.from(start), x}
		case Not:
			p.next()
			x = &TypeNonNull{p.from(start), x}
		case LSquare:
			x = p.typeIndex(start, x)
		case Dot:
			p.next()
			if p.accept(Star) {
				x = &TypeAdditional{p.from(start), x}
				continue
			}
			n := p.ident(msgExpectedFuncOrProp)
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
	case p.at(Integer):
		v, _ := strconv.ParseUint(p.next().Text, 10, 31)
		p.expect(RSquare, "]")
		return &TypeIndex{p.from(start), base, v}
	case p.at(StringComplete):
		t := p.next()
		p.expect(RSquare, "]")
		return &TypeMember{p.from(start), base, Ident{t.Span, t.Value}}
	}
	p.bail(msgExpectedChar.with("]"))
	return nil
}

func (p *parser) typePrimary() TypeExpr {
	t := p.tok()
	switch t.Kind {
	case Integer, StringComplete, StringLeft:
		return &TypeLiteral{t.Span, p.primary()}
	case LBrace:
		return p.typeObject()
	case LSquare:
		return p.typeTuple()
	case LParen:
		p.next()
		p.newLines()
		x := p.typeExpr()
		p.newLines()
		p.expect(RParen, ")")
		return &TypeParen{p.from(t.Start), x}
	case Identifier:
		return p.typeName()
	}
	p.bail(msgExpectedTypeExpr)
	return nil
}

func (p *parser) typeName() TypeExpr {
	t := p.next()
	switch t.Text {
	case "true", "false":
		return &TypeLiteral{t.Span, &BoolLit{t.Span, t.Text == "true"}}
	case "null":
		return &TypeLiteral{t.Span, &NullLit{t.Span}}
	case "resource":
		if p.at(StringComplete) {
			s := p.stringLit()
			return &TypeResource{p.from(t.Start), s}
		}
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
	p.separated(Greater, func() { g.Args = append(g.Args, p.typeExpr()) })
	p.expect(Greater, ">")
	g.Span = p.from(start)
	return g
}

func (p *parser) typeObject() TypeExpr {
	p.enter()
	defer p.leave()
	open := p.next()
	o := &TypeObject{}
	p.newLines()
	for !p.at(RBrace) && !p.at(EOF) {
		before := p.i
		p.recovering(func() { p.typeProp(o) }, NewLine, Comma, RBrace)
		p.itemEnd(RBrace)
		if p.i == before {
			p.i++
		}
	}
	p.expect(RBrace, "}")
	o.Span = p.from(open.Start)
	return o
}

func (p *parser) typeProp(o *TypeObject) {
	start := p.tok().Start
	m := &TypeProp{Decorators: p.decorators()}
	star := false
	switch t := p.tok(); t.Kind {
	case Identifier, StringComplete:
		p.next()
		m.Name = Ident{t.Span, t.Text}
		if t.Kind == StringComplete {
			m.Name.Name = t.Value
		}
	case Star:
		p.next()
		star = true
	default:
		p.bail(message{"BCP317", "Expected an identifier, a string, or an asterisk at this location."})
	}
	p.expect(Colon, ":")
	p.newLines()
	m.Value = p.typeExpr()
	m.Span = p.from(start)
	if star {
		o.Additional = m
		return
	}
	o.Props = append(o.Props, m)
}

func (p *parser) typeTuple() TypeExpr {
	p.enter()
	defer p.leave()
	open := p.next()
	t := &TypeTuple{}
	p.newLines()
	for !p.at(RSquare) && !p.at(EOF) {
		before := p.i
		p.recovering(func() {
			start := p.tok().Start
			m := &TypeProp{Decorators: p.decorators()}
			m.Value = p.typeExpr()
			m.Span = p.from(start)
			t.Items = append(t.Items, m)
		}, NewLine, Comma, RSquare)
		p.itemEnd(RSquare)
		if p.i == before {
			p.i++
		}
	}
	p.expect(RSquare, "]")
	t.Span = p.from(open.Start)
	return t
}
