package syntax

// statementOrSkip reads a statement; when nothing could be read it skips a token, so that
// reading always ends.
func (p *parser) statementOrSkip() Stmt {
	before := p.i
	s := p.statement()
	if p.i == before {
		t := p.take()
		p.fail("CS1513", t.start, t.end)
	}
	return s
}

func (p *parser) statement() Stmt {
	p.enter()
	defer p.leave()
	t := p.peek()
	if t.kind == punctuation {
		switch t.text {
		case "{":
			return p.block()
		case ";":
			p.take()
			return &Empty{Span{t.start, t.end}}
		}
	}
	if t.kind == keyword {
		if s := p.keywordStmt(t); s != nil {
			return s
		}
	}
	if t.kind == identifier {
		p.refusedWord(t)
	}
	if f := p.localFunction(); f != nil {
		return f
	}
	if d := p.local(); d != nil {
		p.expect(";")
		d.End = max(d.End, p.prevEnd())
		return d
	}
	return p.exprStmt()
}

// refusedWord refuses yield, await foreach and labels by name.
func (p *parser) refusedWord(t token) {
	next := p.peekAt(1)
	switch {
	case t.text == "yield" && (next.is("return") || next.is("break")):
		p.refuse(t, "yield")
	case next.is(":") && t.text != "default":
		p.refuse(t, "labels and goto")
	}
}

// refuse reports what policy expressions do not have, and ends reading.
func (p *parser) refuse(t token, what string) {
	p.fail("GHC001", t.start, t.end, what)
	panic(stop{})
}

func (p *parser) keywordStmt(t token) Stmt {
	switch t.text {
	case "if":
		return p.ifStmt()
	case "for":
		return p.forStmt()
	case "foreach":
		return p.forEach()
	case "while":
		p.take()
		cond := p.condition()
		body := p.embedded()
		return &While{p.span(t.start), false, cond, body}
	case "do":
		p.take()
		body := p.embedded()
		p.expect("while")
		cond := p.condition()
		p.expect(";")
		return &While{p.span(t.start), true, cond, body}
	case "switch":
		return p.switchStmt()
	case "try":
		return p.tryStmt()
	case "throw":
		p.take()
		s := &Throw{}
		if !p.peek().is(";") {
			s.X = p.expression()
		}
		p.expect(";")
		s.Span = p.span(t.start)
		return s
	case "return":
		p.take()
		s := &Return{}
		if !p.peek().is(";") {
			s.X = p.expression()
		}
		p.expect(";")
		s.Span = p.span(t.start)
		return s
	case "using":
		return p.usingStmt()
	case "break":
		p.take()
		p.expect(";")
		return &Break{p.span(t.start)}
	case "continue":
		p.take()
		p.expect(";")
		return &Continue{p.span(t.start)}
	case "const":
		p.take()
		d := p.local()
		if d == nil {
			p.fail("CS1031", p.peek().start, p.peek().end)
			return &Empty{p.span(t.start)}
		}
		d.Const, d.Start = true, t.start
		p.expect(";")
		return d
	case "checked", "unchecked":
		if p.peekAt(1).is("{") {
			p.take()
			b := p.block()
			return &CheckedBlock{p.span(t.start), t.text == "checked", b}
		}
	case "lock", "unsafe", "fixed", "goto":
		p.refuse(t, "'"+t.text+"'")
	case "static":
		p.feature(t.start, t.end, "static local functions", "8.0")
	case "ref":
		p.refuse(t, "ref variables")
	case "else", "catch", "finally", "case":
		p.fail("CS1525", t.start, t.end, t.text)
		p.take()
		return &Empty{p.span(t.start)}
	}
	return nil
}

func (p *parser) block() *Block {
	p.enter()
	defer p.leave()
	b := &Block{}
	start := p.peek().start
	p.expect("{")
	for !p.peek().is("}") && p.peek().kind != end {
		b.List = append(b.List, p.statementOrSkip())
	}
	p.expect("}")
	b.Span = p.span(start)
	return b
}

// embedded reads the statement of if, while, ...: a declaration may not stand there.
func (p *parser) embedded() Stmt {
	s := p.statement()
	if l, ok := s.(*Local); ok {
		p.fail("CS1023", l.Start, l.End)
	}
	return s
}

func (p *parser) condition() Expr {
	p.expect("(")
	x := p.expression()
	p.expect(")")
	return x
}

func (p *parser) ifStmt() Stmt {
	s := &If{}
	start := p.take().start
	s.Cond = p.condition()
	s.Then = p.embedded()
	if p.accept("else") {
		s.Else = p.embedded()
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) forStmt() Stmt {
	s := &For{}
	start := p.take().start
	p.expect("(")
	if !p.peek().is(";") {
		if d := p.local(); d != nil {
			s.Init = []Stmt{d}
		} else {
			for _, x := range p.expressions() {
				s.Init = append(s.Init, &ExprStmt{x.Pos(), x})
			}
		}
	}
	p.expect(";")
	if !p.peek().is(";") {
		s.Cond = p.expression()
	}
	p.expect(";")
	if !p.peek().is(")") {
		s.Post = p.expressions()
	}
	p.expect(")")
	s.Body = p.embedded()
	s.Span = p.span(start)
	return s
}

func (p *parser) expressions() []Expr {
	list := []Expr{p.expression()}
	for p.accept(",") {
		list = append(list, p.expression())
	}
	return list
}

func (p *parser) forEach() Stmt {
	s := &ForEach{}
	start := p.take().start
	p.expect("(")
	if p.peek().is("(") && p.deconstructs() || p.peek().word("var") && p.peekAt(1).is("(") {
		s.Parts = p.postfix(p.primary())
	} else {
		s.Type = p.typ()
		s.Name = p.identifier()
	}
	p.expect("in")
	s.X = p.expression()
	p.expect(")")
	s.Body = p.embedded()
	s.Span = p.span(start)
	return s
}

// deconstructs tells foreach ((int a, var b) in ...) from foreach ((int, int) t in ...) by
// what follows the closing bracket.
func (p *parser) deconstructs() bool { return p.afterBrackets().is("in") }

func (p *parser) switchStmt() Stmt {
	s := &Switch{}
	start := p.take().start
	s.X = p.condition()
	p.expect("{")
	for !p.peek().is("}") && p.peek().kind != end {
		before := p.i
		s.Sections = append(s.Sections, p.section())
		if p.i == before {
			p.take()
		}
	}
	p.expect("}")
	s.Span = p.span(start)
	return s
}

func (p *parser) section() Section {
	var s Section
	start := p.peek().start
	for p.peek().is("case") || p.peek().is("default") && p.peekAt(1).is(":") {
		s.Labels = append(s.Labels, p.label())
	}
	if s.Labels == nil {
		p.fail("CS1003", p.peek().start, p.peek().end, "case")
		return s
	}
	for !p.peek().is("}") && !p.peek().is("case") && !(p.peek().is("default") && p.peekAt(1).is(":")) && p.peek().kind != end {
		s.List = append(s.List, p.statementOrSkip())
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) label() Label {
	t := p.take()
	l := Label{}
	if t.is("case") {
		l.Pattern = p.pattern()
		if p.peek().word("when") {
			p.take()
			l.When = p.expression()
		}
	}
	p.expect(":")
	l.Span = p.span(t.start)
	return l
}

func (p *parser) tryStmt() Stmt {
	s := &Try{}
	start := p.take().start
	s.Body = p.block()
	for p.peek().is("catch") {
		s.Catches = append(s.Catches, p.catch())
	}
	if p.accept("finally") {
		s.Finally = p.block()
	}
	if s.Catches == nil && s.Finally == nil {
		p.fail("CS1524", p.prevEnd(), p.prevEnd())
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) catch() Catch {
	var c Catch
	start := p.take().start
	if p.accept("(") {
		c.Type = p.typ()
		if p.peek().kind == identifier {
			n := p.identifier()
			c.Name = &n
		}
		p.expect(")")
	}
	if p.peek().word("when") {
		p.take()
		c.Filter = p.condition()
	}
	c.Body = p.block()
	c.Span = p.span(start)
	return c
}

func (p *parser) usingStmt() Stmt {
	s := &Using{}
	start := p.take().start
	if !p.peek().is("(") {
		p.feature(start, p.prevEnd(), "using declarations", "8.0")
	}
	p.expect("(")
	if d := p.local(); d != nil {
		s.Decl = d
	} else {
		s.X = p.expression()
	}
	p.expect(")")
	s.Body = p.embedded()
	s.Span = p.span(start)
	return s
}

// local reads a declaration without its semicolon; nil when there is none.
func (p *parser) local() *Local {
	start := p.peek().start
	d := &Local{}
	if !p.attempt(func() bool {
		d.Type = p.typ()
		if p.peek().kind != identifier {
			return false
		}
		next := p.peekAt(1)
		return next.is("=") || next.is(";") || next.is(",") || next.kind != punctuation
	}) {
		return nil
	}
	for {
		v := Variable{Name: p.identifier()}
		if p.accept("=") {
			if p.peek().is("{") { // int[] a = { 1, 2 }
				at := p.peek().start
				init := p.initializer()
				v.Value = &NewArray{Span: p.span(at), Elem: elementRef(d.Type), Init: init}
			} else {
				v.Value = p.expression()
			}
		}
		d.Vars = append(d.Vars, v)
		if !p.accept(",") {
			break
		}
	}
	d.Span = p.span(start)
	return d
}

func elementRef(t *TypeRef) *TypeRef {
	n := len(t.Suffixes)
	if n == 0 {
		return nil
	}
	e := *t
	e.Suffixes = t.Suffixes[:n-1]
	return &e
}

func (p *parser) exprStmt() Stmt {
	start := p.peek().start
	x := p.expression()
	switch y := x.(type) {
	case *Assign, *Call, *New, *Conditional, *Bad, *NameOf:
	case *Unary:
		if y.Op != "++" && y.Op != "--" {
			p.fail("CS0201", y.Start, y.End)
		}
	default:
		p.fail("CS0201", x.Pos().Start, x.Pos().End)
	}
	p.expect(";")
	return &ExprStmt{p.span(start), x}
}
