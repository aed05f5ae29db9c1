package syntax

// The declarations that refer to other files: import, extension, using, extends.

func (p *parser) importDecl(start int, ds Decorators) Decl {
	if !p.params && (p.at(StringComplete) || p.at(StringLeft)) { // the former spelling of `extension`
		return p.extension(start, ds)
	}
	d := &ImportDecl{Decorators: ds}
	switch {
	case p.at(NewLine), p.at(EOF), p.at(Identifier):
		p.report(msgExpectedImportList, p.here())
	case p.at(LBrace):
		p.next()
		p.elements(RBrace, func() { p.importItem(d) })
		p.expect(RBrace, "}")
	case p.at(Star):
		p.attempt(func() {
			p.next()
			p.expectWord("as")
			n := p.ident(msgExpectedNamespace)
			d.Wildcard = &n
		}, false, NewLine)
	default:
		p.report(msgExpectedImportList, p.next().Span)
	}
	at := p.here()
	o := p.attempt(func() {
		p.expectWord("from")
		d.PathAt, _ = p.stringAt(&d.Path, msgExpectedModulePath, false, NewLine)
	}, false, NewLine)
	if o != read {
		d.PathAt = at
	}
	d.Span = p.from(start)
	return d
}

func (p *parser) importItem(d *ImportDecl) {
	start := p.tok().Start
	var it ImportItem
	quoted, ok := false, true
	switch {
	case p.atName():
		it.Name = p.next().Text
	case p.at(StringComplete), p.at(StringLeft):
		s, isString := p.stringLit().(*StringLit)
		if isString {
			it.Name, quoted = s.Text()
		}
		if isString && !quoted {
			p.report(msgConstantRequired, s.Span)
		}
		ok = quoted
	default:
		p.report(msgExpectedExport, p.next().Span)
		ok = false
	}
	if p.keyword("as") {
		p.next()
		n, _ := p.identOr(msgExpectedTypeIdent, Comma, NewLine)
		it.Alias = &n
	} else if quoted {
		p.report(msgExpectedAlias, p.from(start))
		ok = false
	}
	it.Span = p.from(start)
	if ok {
		d.Items = append(d.Items, it)
	}
}

func (p *parser) extension(start int, ds Decorators) Decl {
	d := &ExtensionDecl{Decorators: ds}
	o := read
	if p.atName() {
		d.Name = p.ident(msgExpectedExtension)
	} else {
		o = p.attempt(func() { d.Spec = p.stringOr(msgExpectedExtension) }, false, NewLine)
	}
	with := missing
	if !p.at(NewLine) && !p.at(EOF) && !p.keyword("as") {
		with = p.attempt(func() { d.Config = p.with(msgExpectedWithOrAs) }, o == missing, NewLine)
	}
	if !p.at(NewLine) && !p.at(EOF) {
		p.attempt(func() {
			if !p.keyword("as") {
				p.fail(msgExpectedWithOrAs)
			}
			p.next()
			n, _ := p.identOr(msgExpectedAliasName, NewLine)
			d.Alias = &n
		}, with == missing, NewLine)
	}
	d.Span = p.from(start)
	return d
}

// with reads `with {...}`.
func (p *parser) with(m message) Expr {
	if !p.keyword("with") {
		p.fail(m)
	}
	p.next()
	e, _ := p.orBad(func() Expr { return p.object(complexLiterals) }, false, NewLine)
	return e
}

// extensionConfig is `extensionConfig alias with {...}` of a parameters file.
func (p *parser) extensionConfig(start int, ds Decorators) Decl {
	d := &ExtensionConfigDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedAliasName, Identifier, NewLine)
	d.Name = n
	p.attempt(func() { d.Config = p.with(msgExpectedKeyword.with("with")) }, o == missing, NewLine)
	d.Span = p.from(start)
	return d
}

func (p *parser) using(start int, ds Decorators) Decl {
	d := &UsingDecl{Decorators: ds, Keyword: p.tokens[p.i-1].Span}
	switch {
	case p.at(Identifier):
		p.expectWord("none")
		d.None = true
	case p.at(StringComplete):
		d.Path = p.stringOr(msgUsingPath)
	default:
		p.report(msgExpectedImportList, p.here())
	}
	if !p.at(NewLine) && !p.at(EOF) {
		p.attempt(func() { d.With = p.with(msgExpectedWith) }, d.Path == nil && !d.None, NewLine)
	}
	d.Span = p.from(start)
	return d
}

func (p *parser) extends(start int, ds Decorators) Decl {
	d := &ExtendsDecl{Decorators: ds, Keyword: p.tokens[p.i-1].Span}
	p.attempt(func() { d.Path = p.stringOr(msgExtendsPath) }, false, NewLine)
	d.Span = p.from(start)
	return d
}
