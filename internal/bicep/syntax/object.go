package syntax

// object reads {...}. Members are parted by line ends or commas; a member that
// is wrong is reported and left out.
func (p *parser) object() Expr {
	p.enter()
	defer p.leave()
	open := p.expect(LBrace, "{")
	o := &Object{}
	p.newLines()
	for !p.at(RBrace) && !p.at(EOF) {
		before := p.i
		p.recovering(func() { o.Items = append(o.Items, p.objectItem()) }, NewLine, Comma, RBrace)
		p.itemEnd(RBrace)
		if p.i == before {
			p.i++
		}
	}
	p.expect(RBrace, "}")
	o.Span = p.from(open.Start)
	return o
}

// itemEnd reads what parts two items.
func (p *parser) itemEnd(end Kind) {
	if p.at(end) || p.at(EOF) {
		return
	}
	if !p.at(Comma) && !p.at(NewLine) {
		p.recovering(func() { p.bail(msgExpectedCommaOrParen) }, NewLine, Comma, end)
	}
	p.newLines()
	if p.accept(Comma) {
		p.newLines()
	}
}

func (p *parser) objectItem() ObjectItem {
	start := p.tok().Start
	var it ObjectItem
	switch {
	case p.at(Ellipsis):
		p.next()
		it.Spread = p.expr()
	case p.at(At):
		ds := p.decorators()
		if !p.keyword("resource") {
			p.bail(message{"BCP022", msgExpectedPropName.text})
		}
		p.next()
		it.Resource = p.resource(start, ds)
	case p.keyword("resource") && p.ahead(1).Kind == Identifier:
		p.next()
		it.Resource = p.resource(start, nil)
	default:
		p.property(&it)
	}
	it.Span = p.from(start)
	return it
}

func (p *parser) property(it *ObjectItem) {
	t := p.tok()
	switch t.Kind {
	case Identifier:
		p.next()
		it.Key, it.Bare = &StringLit{Span: t.Span, Segments: []string{t.Text}}, true
	case StringComplete, StringLeft:
		it.Key = p.stringLit()
	default:
		p.bail(msgExpectedPropName)
	}
	if !p.at(Colon) {
		it.Value = &Bad{it.Key.Span}
		p.bail(msgExpectedChar.with(":"))
	}
	p.next()
	p.newLines()
	it.Value = p.expr()
}

func (p *parser) arrayOrFor() Expr {
	n := 1
	for p.ahead(n).Kind == NewLine {
		n++
	}
	if t := p.ahead(n); t.Kind == Identifier && t.Text == "for" {
		switch p.ahead(n + 1).Kind {
		case Identifier, LParen:
			return p.forLoop()
		}
	}
	return p.array()
}

func (p *parser) array() Expr {
	open := p.next()
	a := &Array{}
	p.newLines()
	for !p.at(RSquare) && !p.at(EOF) {
		before := p.i
		p.recovering(func() {
			spread := p.accept(Ellipsis)
			a.Items = append(a.Items, ArrayItem{Value: p.expr(), Spread: spread})
		}, NewLine, Comma, RSquare)
		p.itemEnd(RSquare)
		if p.i == before {
			p.i++
		}
	}
	p.expect(RSquare, "]")
	a.Span = p.from(open.Start)
	return a
}

func (p *parser) forLoop() Expr {
	open := p.next()
	p.newLines()
	p.next() // for
	f := &For{}
	switch {
	case p.at(Identifier):
		f.Item = p.ident(msgExpectedLoopIndex)
	case p.at(LParen):
		p.next()
		f.Item = p.ident(msgExpectedLoopItem)
		p.expect(Comma, ",")
		n := p.ident(message{"BCP163", "Expected a loop index variable identifier at this location."})
		f.Index = &n
		p.expect(RParen, ")")
	default:
		p.bail(msgExpectedLoopIndex)
	}
	p.expectWord("in")
	f.In = p.expr()
	p.expect(Colon, ":")
	p.newLines()
	if p.keyword("if") && p.ahead(1).Kind == LParen {
		f.Body = p.ifBody()
	} else {
		f.Body = p.expr()
	}
	p.newLines()
	p.expect(RSquare, "]")
	f.Span = p.from(open.Start)
	return f
}
