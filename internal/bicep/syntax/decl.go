package syntax

// decorators reads the decorators in front of a declaration or property.
func (p *parser) decorators() Decorators {
	var ds Decorators
	for p.at(At) {
		start := p.next().Start
		d := &Decorator{}
		p.recovering(func() {
			if !p.at(Identifier) {
				p.bail(msgExpectedNamespaceDec)
			}
			d.Expr = p.postfix()
		}, NewLine)
		d.Span = p.from(start)
		if d.Expr == nil {
			d.Expr = &Bad{d.Span}
		}
		ds = append(ds, d)
		p.newLines()
	}
	return ds
}

// declParsers has one function for each keyword that begins a declaration.
func (p *parser) declParser(word string) func(int, Decorators) Decl {
	switch word {
	case "targetScope":
		return p.targetScope
	case "metadata":
		return p.metadata
	case "param":
		return p.param
	case "var":
		return p.variable
	case "resource":
		return func(s int, ds Decorators) Decl { return p.resource(s, ds) }
	case "module":
		return p.module
	case "output":
		return p.output
	case "type":
		return p.typeDecl
	case "func":
		return p.function
	case "import":
		return p.importDecl
	case "extension", "provider":
		return p.extension
	case "assert":
		return p.assert
	case "using":
		return p.using
	case "extends":
		return p.extends
	}
	return nil
}

func (p *parser) declaration(ds Decorators) Decl {
	t := p.tok()
	start := t.Start
	if len(ds) > 0 {
		start = ds[0].Start
	}
	if t.Kind == Identifier {
		if f := p.declParser(t.Text); f != nil {
			p.next()
			return f(start, ds)
		}
	}
	if len(ds) > 0 && (t.Kind == EOF || t.Kind == NewLine) {
		p.bail(msgDanglingDecorator)
	}
	// The whole line is the range of this error.
	line := t.Span
	for !p.at(NewLine) && !p.at(EOF) {
		line.End = p.next().End
	}
	if t.Kind != Unknown {
		p.report(msgUnrecognizedDecl, line)
	}
	return nil
}

func (p *parser) assign() { p.expect(Assign, "=") }

// valueOrBad reads `= expression`. What goes wrong there leaves the declaration
// in place with a *Bad value, so that its name is known.
func (p *parser) valueOrBad(read func() Expr) (e Expr) {
	start := p.tok().Start
	if !p.recovering(func() { p.assign(); e = read() }, NewLine) || e == nil {
		return &Bad{p.from(start)}
	}
	return e
}

func (p *parser) targetScope(start int, ds Decorators) Decl {
	end, bare := p.tok().Start, p.at(NewLine) || p.at(EOF)
	v := p.valueOrBad(p.expr)
	if bare { // both the sign and the value are missing
		p.report(msgUnrecognizedExpr, Span{end, end})
	}
	return &TargetScopeDecl{p.from(start), ds, v}
}

func (p *parser) metadata(start int, ds Decorators) Decl {
	n := p.ident(msgExpectedMetadataName)
	v := p.valueOrBad(p.expr)
	return &MetadataDecl{p.from(start), ds, n, v}
}

func (p *parser) param(start int, ds Decorators) Decl {
	d := &ParamDecl{Decorators: ds}
	d.Name = p.ident(msgExpectedParamName)
	if !p.at(Assign) { // a .bicepparam file has no type here
		if (p.at(NewLine) || p.at(EOF)) && !p.peekPast(Pipe) {
			p.report(msgExpectedParamType, Span{p.tok().Start, p.tok().Start})
			d.Type = &BadType{p.from(start)}
		} else {
			d.Type = p.typeOrBad()
		}
	}
	if p.at(Assign) {
		d.Default = p.valueOrBad(p.expr)
	} else if !p.at(NewLine) && !p.at(EOF) {
		p.recovering(func() { p.bail(msgExpectedParamCont) }, NewLine)
	}
	d.Span = p.from(start)
	return d
}

func (p *parser) typeOrBad() (t TypeExpr) {
	start := p.tok().Start
	if !p.recovering(func() { t = p.typeExpr() }, NewLine, Assign) || t == nil {
		return &BadType{p.from(start)}
	}
	return t
}

func (p *parser) variable(start int, ds Decorators) Decl {
	d := &VarDecl{Decorators: ds, Name: p.ident(msgExpectedVarName)}
	if !p.at(Assign) && !p.at(NewLine) && !p.at(EOF) {
		d.Type = p.typeOrBad()
	}
	d.Value = p.valueOrBad(p.expr)
	d.Span = p.from(start)
	return d
}

func (p *parser) output(start int, ds Decorators) Decl {
	d := &OutputDecl{Decorators: ds, Name: p.ident(msgExpectedOutputName)}
	if p.at(Assign) || p.at(NewLine) || p.at(EOF) {
		p.report(msgExpectedOutputType, Span{p.tok().Start, p.tok().Start})
		d.Type = &BadType{p.from(start)}
	} else {
		d.Type = p.typeOrBad()
	}
	d.Value = p.valueOrBad(p.expr)
	d.Span = p.from(start)
	return d
}

func (p *parser) typeDecl(start int, ds Decorators) Decl {
	d := &TypeDecl{Decorators: ds, Name: p.ident(msgExpectedTypeIdent)}
	if !p.recovering(func() { p.assign(); d.Value = p.typeExpr() }, NewLine) {
		d.Value = &BadType{p.from(start)}
	}
	d.Span = p.from(start)
	return d
}

func (p *parser) function(start int, ds Decorators) Decl {
	d := &FuncDecl{Decorators: ds, Name: p.ident(msgExpectedFuncName)}
	l := &Lambda{}
	open := p.expect(LParen, "(")
	p.separated(RParen, func() {
		l.Params = append(l.Params, p.ident(msgExpectedVarName))
		l.Types = append(l.Types, p.typeExpr())
	})
	p.expect(RParen, ")")
	l.Return = p.typeExpr()
	p.expect(Arrow, "=>")
	p.newLines()
	l.Body = p.expr()
	l.Span = p.from(open.Start)
	d.Lambda = l
	d.Span = p.from(start)
	return d
}

func (p *parser) assert(start int, ds Decorators) Decl {
	n := p.ident(msgExpectedAssertName)
	v := p.valueOrBad(p.expr)
	return &AssertDecl{p.from(start), ds, n, v}
}

// path reads a string without interpolation.
func (p *parser) path(m message) *StringLit {
	if !p.at(StringComplete) && !p.at(StringLeft) {
		p.bail(m)
	}
	s := p.stringLit()
	if len(s.Exprs) > 0 {
		p.report(msgInterpolatedPath, s.Span)
	}
	return s
}

func (p *parser) resource(start int, ds Decorators) *ResourceDecl {
	d := &ResourceDecl{Decorators: ds, Name: p.ident(msgExpectedResourceName)}
	p.recovering(func() {
		if !p.at(StringComplete) && !p.at(StringLeft) {
			p.bail(msgExpectedResourceType)
		}
		d.Type = p.stringLit()
		if len(d.Type.Exprs) > 0 {
			p.report(message{"BCP047", "String interpolation is unsupported for specifying the resource type."}, d.Type.Span)
		}
	}, NewLine)
	if p.keyword("existing") {
		p.next()
		d.Existing = true
	}
	d.Value = p.valueOrBad(p.body)
	d.Span = p.from(start)
	own(d)
	return d
}

// own tells the resources nested in d who their parent is.
func own(d *ResourceDecl) {
	_, _, body := Body(d.Value)
	if body == nil {
		return
	}
	for i := range body.Items {
		if r := body.Items[i].Resource; r != nil {
			r.Parent = d
		}
	}
}

func (p *parser) module(start int, ds Decorators) Decl {
	d := &ModuleDecl{Decorators: ds, Name: p.ident(msgExpectedModuleName)}
	p.recovering(func() { d.Path = p.path(msgExpectedModulePath) }, NewLine)
	d.Value = p.valueOrBad(p.body)
	d.Span = p.from(start)
	return d
}

// body reads what a resource or module is set to.
func (p *parser) body() Expr {
	p.newLines()
	switch {
	case p.at(LBrace):
		return p.object()
	case p.at(LSquare):
		return p.primary()
	case p.keyword("if"):
		return p.ifBody()
	}
	p.bail(msgExpectedBodyOrCond)
	return nil
}

func (p *parser) ifBody() Expr {
	start := p.next().Start
	if !p.at(LParen) {
		p.bail(msgExpectedChar.with("("))
	}
	cond := p.primary()
	if q, ok := cond.(*Paren); ok {
		cond = q.X
	}
	p.newLines()
	if !p.at(LBrace) {
		p.bail(msgExpectedChar.with("{"))
	}
	body := p.object()
	return &If{p.from(start), cond, body}
}

func (p *parser) importDecl(start int, ds Decorators) Decl {
	d := &ImportDecl{Decorators: ds}
	switch {
	case p.at(Star):
		p.next()
		p.expectWord("as")
		n := p.ident(message{"BCP356", "Expected a valid namespace identifier at this location."})
		d.Wildcard = &n
	case p.at(LBrace):
		p.next()
		p.separated(RBrace, func() { d.Items = append(d.Items, p.importItem()) })
		p.expect(RBrace, "}")
	case p.at(StringComplete): // the former spelling of `extension`
		e := &ExtensionDecl{Decorators: ds, Spec: p.stringLit()}
		p.extensionRest(e)
		e.Span = p.from(start)
		return e
	default:
		p.bail(message{"BCP354", "Expected left brace ('{') or asterisk ('*') character at this location."})
	}
	p.expectWord("from")
	d.Path = p.path(msgExpectedImportSymbols)
	d.Span = p.from(start)
	return d
}

func (p *parser) expectWord(word string) {
	if !p.keyword(word) {
		p.bail(msgExpectedKeyword.with(word))
	}
	p.next()
}

func (p *parser) importItem() ImportItem {
	start := p.tok().Start
	var it ImportItem
	if p.at(StringComplete) {
		it.Name = p.next().Value
		if !p.keyword("as") {
			p.bail(msgExpectedImport)
		}
	} else {
		it.Name = p.ident(message{"BCP355", "Expected the name of an exported symbol at this location."}).Name
	}
	if p.keyword("as") {
		p.next()
		n := p.ident(msgExpectedVarName)
		it.Alias = &n
	}
	it.Span = p.from(start)
	return it
}

func (p *parser) extension(start int, ds Decorators) Decl {
	d := &ExtensionDecl{Decorators: ds}
	if p.at(Identifier) {
		d.Name = p.ident(msgExpectedExtension)
	} else {
		d.Spec = p.path(msgExpectedExtension)
	}
	p.extensionRest(d)
	d.Span = p.from(start)
	return d
}

func (p *parser) extensionRest(d *ExtensionDecl) {
	if p.keyword("with") {
		p.next()
		d.Config = p.object()
	}
	if p.keyword("as") {
		p.next()
		n := p.ident(message{"BCP202", "Expected an extension alias name at this location."})
		d.Alias = &n
	}
}

func (p *parser) using(start int, ds Decorators) Decl {
	d := &UsingDecl{Decorators: ds}
	if p.keyword("none") {
		p.next()
		d.None = true
	} else {
		d.Path = p.path(msgUsingPath)
	}
	if p.keyword("with") { // an experimental clause of deployment stacks
		p.next()
		p.object()
	}
	d.Span = p.from(start)
	return d
}

func (p *parser) extends(start int, ds Decorators) Decl {
	s := p.path(msgUsingPath)
	return &ExtendsDecl{p.from(start), ds, s}
}
