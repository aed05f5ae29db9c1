package syntax

// elements reads the items of an object or array up to its end. Between two of
// them there are line ends or one comma.
func (p *parser) elements(end Kind, item func()) {
	if p.at(end) {
		return
	}
	p.newLines()
	expectItem := true
	for !p.at(EOF) && !p.at(end) {
		if expectItem {
			item()
			expectItem = false
			continue
		}
		switch {
		case p.at(NewLine):
			p.newLines()
		case p.accept(Comma):
			if p.at(NewLine) {
				p.report(msgLineAfterComma, p.here())
				p.next()
			}
		default:
			p.report(msgExpectedSeparator, p.here())
		}
		expectItem = true
	}
}

// arguments reads what is between the brackets of a call. Between two arguments
// there is a comma, with line ends after it allowed.
func (p *parser) arguments(end Kind, item func()) {
	if p.at(end) {
		return
	}
	p.newLines()
	expectItem := true
	for !p.at(EOF) && !p.at(end) {
		if expectItem {
			item()
			expectItem = false
			continue
		}
		switch {
		case p.at(NewLine):
			n := 1
			for p.ahead(n).Kind == NewLine && p.commented(p.i+n) {
				n++
			}
			if p.ahead(n).Kind == EOF { // what is missing is missing here
				return
			}
			if p.ahead(n).Kind != end {
				p.report(msgExpectedComma, p.here())
			}
			p.newLines()
		case p.accept(Comma):
			p.newLines()
			if p.at(end) { // a trailing comma wants an argument
				item()
			}
		default:
			p.report(msgExpectedSeparator, p.here())
		}
		expectItem = true
	}
}

// commented reports whether a comment stands in front of token i.
func (p *parser) commented(i int) bool {
	if i == 0 || i >= len(p.tokens) {
		return false
	}
	for _, c := range p.src.Text[p.tokens[i-1].End:p.tokens[i].Start] {
		if c != ' ' && c != '\t' {
			return c == '/'
		}
	}
	return false
}

// object reads {...}.
func (p *parser) object(fl flags) Expr {
	p.enter()
	defer p.leave()
	open := p.expect(LBrace, "{")
	o := &Object{}
	p.elements(RBrace, func() {
		start := p.tok().Start
		n := len(o.Items)
		if p.attempt(func() { p.objectItem(o, fl) }, false, NewLine, RBrace) != read {
			o.Items = append(o.Items[:n], ObjectItem{Span: p.from(start), Value: &Bad{p.from(start)}})
		}
	})
	p.expect(RBrace, "}")
	o.Span = p.from(open.Start)
	return o
}

func (p *parser) objectItem(o *Object, fl flags) {
	start := p.tok().Start
	var it ObjectItem
	switch {
	case fl&resources != 0 && (p.at(At) || p.keyword("resource") && p.ahead(1).Kind == Identifier && !literalWord(p.ahead(1))):
		it.Resource, it.Missing = p.nested()
		if it.Resource == nil && it.Missing == nil {
			return
		}
	case p.accept(Ellipsis):
		it.Spread, _ = p.value(complexLiterals, false, Comma, NewLine, RBrace)
	default:
		p.property(&it)
	}
	it.Span = p.from(start)
	o.Items = append(o.Items, it)
}

// nested reads the declaration of a nested resource, the only one that may stand in an object.
func (p *parser) nested() (d *ResourceDecl, without *MissingDecl) {
	p.attempt(func() {
		start := p.tok().Start
		ds := p.decorators()
		switch {
		case p.keyword("resource"):
			p.next()
			d = p.resource(start, ds)
		case p.at(NewLine):
			p.next()
		case len(ds) > 0:
			without = &MissingDecl{Span{start, ds[len(ds)-1].End}, ds}
		default:
			p.fail(msgUnrecognizedDecl)
		}
	}, false, NewLine)
	return d, without
}

// property reads `key: value`. What is wrong in one part is reported alone.
func (p *parser) property(it *ObjectItem) {
	start := p.here().Start
	o := p.attempt(func() {
		switch t := p.tok(); t.Kind {
		case Identifier:
			it.Key, it.Bare = p.bareKey(t), true
		case StringComplete, StringLeft:
			it.Key = p.stringOr(msgExpectedPropName)
		default:
			p.fail(msgExpectedPropName)
		}
	}, false, Colon, NewLine, RBrace)
	if o != read {
		it.Key = nil
	}
	o = p.attempt(func() { p.expect(Colon, ":") }, o == missing, NewLine, RBrace)
	it.Value, _ = p.value(complexLiterals, o == missing, NewLine, RBrace)
	if o == missing && p.here().Start == start {
		it.Value = &Bad{p.here()}
	}
}

// bareKey takes a name as a key.
func (p *parser) bareKey(t *Token) *StringLit {
	if literalWord(t) {
		p.fail(msgExpectedPropName)
	}
	p.next()
	return &StringLit{Span: t.Span, Segments: []string{t.Text}}
}

func (p *parser) array() Expr {
	p.enter()
	defer p.leave()
	open := p.expect(LSquare, "[")
	a := &Array{}
	p.elements(RSquare, func() {
		var it ArrayItem
		it.Value, _ = p.orBad(func() Expr {
			if !p.accept(Ellipsis) {
				return p.expr(complexLiterals)
			}
			it.Spread = true
			e, _ := p.value(complexLiterals, false, Comma, NewLine, RSquare)
			return e
		}, false, NewLine, RSquare)
		a.Items = append(a.Items, it)
	})
	p.expect(RSquare, "]")
	a.Span = p.from(open.Start)
	return a
}

// forLoop reads [for item in x: body]. The body of a resource or module is an
// object, with or without a condition.
func (p *parser) forLoop(fl flags, ofResource bool) Expr {
	p.enter()
	defer p.leave()
	open := p.expect(LSquare, "[")
	p.newLines()
	f := &For{Keyword: p.tok().Span}
	p.expectWord("for")
	mark := len(p.diags)
	p.loopVariables(f)
	o := p.attempt(func() { p.expectWord("in") }, len(p.diags) > mark, RSquare, NewLine)
	f.In, o = p.value(complexLiterals, o == missing, Colon, RSquare, NewLine)
	o = p.attempt(func() { p.expect(Colon, ":") }, o == missing, RSquare, NewLine)
	f.Body, o = p.orBad(func() Expr { return p.loopBody(fl, ofResource) }, o == missing, RSquare, NewLine)
	if o == read {
		p.newLines()
	}
	p.attempt(func() { p.expect(RSquare, "]") }, o == missing, RSquare, NewLine)
	f.Span = p.from(open.Start)
	return f
}

func (p *parser) loopBody(fl flags, ofResource bool) Expr {
	switch {
	case !ofResource:
		return p.expr(fl | complexLiterals)
	case p.at(LBrace):
		return p.object(fl)
	case p.keyword("if"):
		return p.ifBody(fl, true)
	}
	p.fail(msgExpectedBodyOrIf)
	return nil
}

// loopVariables reads `item` or `(item, index)`.
func (p *parser) loopVariables(f *For) {
	switch {
	case p.at(Identifier):
		f.Item = p.ident(msgExpectedLoopItem)
	case p.at(LParen):
		start, mark := p.tok().Start, len(p.diags)
		items, _ := p.parenExprs(0, false)
		names := variables(items)
		if len(names) > 0 {
			f.Item = names[0]
		}
		if len(names) > 1 {
			f.Index = &names[1]
		}
		if len(names) != 2 && len(p.diags) == mark {
			f.Item, f.Index = Ident{}, nil
			p.report(msgTwoLoopVariables.with(len(names)), p.from(start))
		}
	default:
		p.report(msgExpectedLoopVar, p.here())
	}
}
