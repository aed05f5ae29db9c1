package syntax

// decorators reads the decorators in front of a declaration or member.
func (p *parser) decorators() Decorators {
	var ds Decorators
	for p.at(At) {
		ds = append(ds, p.decorator())
		p.lineEnd()
		p.newLines()
	}
	return ds
}

func (p *parser) decorator() *Decorator {
	start := p.next().Start
	d := &Decorator{}
	if p.attempt(func() { d.Expr = p.decoratorExpr() }, false, NewLine) != read {
		d.Expr = &Bad{p.from(start)}
	}
	d.Span = p.from(start)
	return d
}

// decoratorExpr is name(args) with any number of names in front.
func (p *parser) decoratorExpr() Expr {
	start := p.tok().Start
	n := p.ident(msgExpectedNamespaceDec)
	var x Expr = &Variable{n}
	if p.at(LParen) {
		x = p.call(n)
	}
	for p.accept(Dot) {
		n := p.identHere(msgExpectedFuncOrProp)
		if p.at(LParen) {
			args, closed := p.args(complexLiterals)
			x = &MethodCall{p.from(start), x, n, args, closed}
			continue
		}
		x = &Property{p.from(start), x, n, false}
	}
	return x
}

func (p *parser) call(n Ident) Expr {
	args, closed := p.args(complexLiterals)
	return &Call{p.from(n.Start), n, args, closed}
}

// declParser has one function for each keyword that begins a declaration.
func (p *parser) declParser(word string) func(int, Decorators) Decl {
	if p.params {
		switch word {
		case "using":
			return p.using
		case "extends":
			return p.extends
		case "param":
			return p.assignment
		case "extensionConfig":
			return p.extensionConfig
		}
	}
	switch word {
	case "var":
		return p.variable
	case "type":
		return p.typeDecl
	case "import":
		return p.importDecl
	case "extension", "provider":
		return p.extension
	}
	if p.params {
		return nil
	}
	switch word {
	case "targetScope":
		return p.targetScope
	case "metadata":
		return p.metadata
	case "param":
		return p.param
	case "resource":
		return func(s int, ds Decorators) Decl { return p.resource(s, ds) }
	case "module":
		return p.module
	case "output":
		return p.output
	case "func":
		return p.function
	case "assert":
		return p.assert
	case "test":
		return p.test
	}
	return nil
}

// declaration reads a declaration, or takes the end of an empty line.
func (p *parser) declaration() Decl {
	start := p.tok().Start
	ds := p.decorators()
	t := p.tok()
	if t.Kind == NewLine {
		p.next()
		return nil
	}
	if t.Kind == Identifier {
		if f := p.declParser(t.Text); f != nil {
			p.next()
			return f(start, ds)
		}
	}
	if len(ds) > 0 && !p.params {
		return &MissingDecl{Span{start, ds[len(ds)-1].End}, ds}
	}
	if p.params {
		p.fail(msgUnrecognizedParamsDecl)
	}
	p.fail(msgUnrecognizedDecl)
	return nil
}

func (p *parser) assign(quiet bool) outcome {
	return p.attempt(func() { p.expect(Assign, "=") }, quiet, NewLine)
}

// value reads an expression, or skips to one of the stops.
func (p *parser) value(fl flags, quiet bool, stops ...Kind) (e Expr, o outcome) {
	return p.orBad(func() Expr { return p.expr(fl) }, quiet, stops...)
}

// orBad reads an expression with f. What can't be read is a *Bad, so that what
// is around it is known.
func (p *parser) orBad(f func() Expr, quiet bool, stops ...Kind) (e Expr, o outcome) {
	start := p.here().Start
	if o = p.attempt(func() { e = f() }, quiet, stops...); o != read {
		e = &Bad{p.from(start)}
	}
	return e, o
}

// assigned reads `= expression` to the end of the line.
func (p *parser) assigned(quiet bool) Expr {
	o := p.assign(quiet)
	e, _ := p.value(complexLiterals, o == missing, NewLine)
	return e
}

func (p *parser) targetScope(start int, ds Decorators) Decl {
	p.assign(false)
	v, _ := p.value(complexLiterals, false, NewLine)
	return &TargetScopeDecl{p.from(start), ds, v}
}

func (p *parser) metadata(start int, ds Decorators) Decl {
	n, o := p.identOr(msgExpectedMetadataName, Assign, NewLine)
	v := p.assigned(o == missing)
	return &MetadataDecl{p.from(start), ds, n, v}
}

func (p *parser) param(start int, ds Decorators) Decl {
	d := &ParamDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedParamName, Identifier, NewLine)
	d.Name = n
	d.Type, o = p.typeOr(o == missing, Assign, LBrace, NewLine)
	p.attempt(func() {
		switch {
		case p.at(Assign):
			p.next()
			d.Default, _ = p.value(complexLiterals, false, NewLine)
		case !p.at(NewLine) && !p.at(EOF):
			p.fail(msgExpectedParamCont)
		}
	}, o == missing, NewLine)
	d.Span = p.from(start)
	return d
}

// assignment is the param of a parameters file.
func (p *parser) assignment(start int, ds Decorators) Decl {
	n, o := p.identOr(msgExpectedParamName, Identifier, NewLine)
	v := p.assigned(o == missing)
	return &ParamDecl{Span: p.from(start), Decorators: ds, Name: n, Default: v}
}

// typeOr reads the type of a declaration, or skips to one of the stops.
func (p *parser) typeOr(quiet bool, stops ...Kind) (t TypeExpr, o outcome) {
	start := p.here().Start
	if o = p.attempt(func() { t = p.declaredType() }, quiet, stops...); o != read {
		t = &BadType{p.from(start)}
	}
	return t, o
}

func (p *parser) variable(start int, ds Decorators) Decl {
	d := &VarDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedVarName, Identifier, NewLine)
	d.Name = n
	if !p.at(Assign) && !p.at(NewLine) && !p.at(EOF) {
		d.Type, o = p.typeOr(o == missing, Assign, NewLine)
	}
	d.Value = p.assigned(o == missing)
	d.Span = p.from(start)
	return d
}

func (p *parser) output(start int, ds Decorators) Decl {
	d := &OutputDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedOutputName, Identifier, NewLine)
	d.Name = n
	d.Type, o = p.typeOr(o == missing, Assign, NewLine)
	d.Value = p.assigned(o == missing)
	d.Span = p.from(start)
	return d
}

func (p *parser) typeDecl(start int, ds Decorators) Decl {
	d := &TypeDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedTypeIdent, Assign, NewLine)
	d.Name = n
	p.assign(o == missing)
	d.Value, _ = p.typeOr(o == missing, Assign, LBrace, NewLine)
	d.Span = p.from(start)
	return d
}

func (p *parser) function(start int, ds Decorators) Decl {
	d := &FuncDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedVarName, Assign, NewLine)
	d.Name = n
	p.attempt(func() { d.Lambda = p.typedLambda() }, o == missing, NewLine)
	d.Span = p.from(start)
	return d
}

func (p *parser) typedLambda() *Lambda {
	l := &Lambda{}
	open := p.tok().Start
	p.parenList(true, func() {
		l.Params = append(l.Params, p.identHere(msgExpectedVarName))
		t, _ := p.typeOr(false, NewLine, Comma, RParen)
		l.Types = append(l.Types, t)
	})
	l.Return, _ = p.typeOr(false, NewLine, RParen)
	if p.attempt(func() { p.expect(Arrow, "=>") }, false, NewLine, RParen) == read {
		p.linesBeforeBody()
	}
	l.Body, _ = p.value(complexLiterals, false, NewLine, RParen)
	l.Span = p.from(open)
	return l
}

func (p *parser) assert(start int, ds Decorators) Decl {
	n, o := p.identOr(msgExpectedAssertName, Assign, NewLine)
	v := p.assigned(o == missing)
	return &AssertDecl{p.from(start), ds, n, v}
}

// stringOr reads a string. Where none can be read, m says so at the first token.
func (p *parser) stringOr(m message) *StringLit {
	at := p.tok().Span
	if p.at(NewLine) {
		at = p.here()
	}
	s, ok := p.stringLit().(*StringLit)
	if !ok {
		panic(failure{m: m, at: at})
	}
	return s
}

// stringAt reads a string into s, and where it is or should be.
func (p *parser) stringAt(s **StringLit, m message, quiet bool, stops ...Kind) (Span, outcome) {
	start := p.here().Start
	o := p.attempt(func() { *s = p.stringOr(m) }, quiet, stops...)
	if o == missing {
		return Span{start, start}, o
	}
	return p.from(start), o
}

func (p *parser) resource(start int, ds Decorators) *ResourceDecl {
	d := &ResourceDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedResourceName, StringComplete, StringLeft, NewLine)
	d.Name = n
	d.TypeAt, o = p.stringAt(&d.Type, msgExpectedResourceType, o == missing, Assign, NewLine)
	if p.keyword("existing") {
		p.next()
		d.Existing = true
	}
	d.Value = p.body(o == missing, complexLiterals|resources)
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
	d := &ModuleDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedModuleName, StringComplete, StringLeft, NewLine)
	d.Name = n
	d.PathAt, o = p.stringAt(&d.Path, msgExpectedModulePath, o == missing, Assign, NewLine)
	d.Value = p.body(o == missing, complexLiterals)
	d.Span = p.from(start)
	return d
}

func (p *parser) test(start int, ds Decorators) Decl {
	d := &TestDecl{Decorators: ds}
	n, o := p.identOr(msgExpectedTestName, StringComplete, StringLeft, NewLine)
	d.Name = n
	d.PathAt, o = p.stringAt(&d.Path, msgExpectedTestPath, o == missing, Assign, NewLine)
	o = p.attempt(func() { p.expect(Assign, "=") }, o == missing, LBrace, NewLine)
	d.Value, _ = p.orBad(func() Expr { return p.object(complexLiterals) }, o == missing, NewLine)
	d.Span = p.from(start)
	return d
}

// body reads what a resource or module is set to.
func (p *parser) body(quiet bool, fl flags) Expr {
	o := p.attempt(func() { p.expect(Assign, "=") }, quiet, LBrace, NewLine)
	if o == read && p.afterLines().is("if") {
		p.newLines()
	}
	e, _ := p.orBad(func() Expr {
		switch {
		case p.keyword("if"):
			return p.ifBody(fl, false)
		case p.at(LBrace):
			return p.object(fl)
		case p.at(LSquare):
			return p.forLoop(fl, true)
		}
		p.fail(msgExpectedBodyOrLoop)
		return nil
	}, o == missing, NewLine)
	return e
}

// ifBody reads `if (condition) {...}`. Inside a loop, the loop's bracket ends it too.
func (p *parser) ifBody(fl flags, inLoop bool) Expr {
	start := p.tok().Start
	p.expectWord("if")
	condStops, bodyStops := []Kind{LBrace, NewLine}, []Kind{NewLine}
	if inLoop {
		condStops, bodyStops = []Kind{RSquare, LBrace, NewLine}, []Kind{RSquare, NewLine}
	}
	closed, open := false, p.tok().Start
	cond, o := p.orBad(func() Expr {
		x, done := p.parens(fl &^ resources)
		closed = done
		return x.X
	}, false, condStops...)
	condAt := p.from(open)
	body, _ := p.orBad(func() Expr { return p.object(fl) }, o == missing || !closed, bodyStops...)
	return &If{p.from(start), cond, condAt, body}
}
