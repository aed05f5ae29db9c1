package syntax

func (p *parser) postfix(x Expr) Expr {
	start := x.Pos().Start
	for links := 0; ; links++ {
		t := p.peek()
		if t.kind != punctuation {
			return x
		}
		if links > maxLinks {
			p.tooLong()
		}
		switch t.text {
		case ".":
			if p.isRange() { // a..b
				return x
			}
			p.take()
			x = p.member(x, start)
		case "(":
			args := p.args(")")
			x = &Call{p.span(start), x, args}
			if n, ok := x.(*Call).Fn.(*Name); ok && n.Name == "nameof" && len(args) == 1 {
				x = &NameOf{p.span(start), args[0].X}
			}
		case "[":
			args := p.args("]")
			x = &Index{p.span(start), x, args}
		case "++", "--":
			p.take()
			x = &Unary{p.span(start), t.text, true, x}
		case "?.":
			p.take()
			bound := &Bound{Span{t.start, t.end}}
			then := p.postfix(p.member(bound, t.start))
			return &Conditional{p.span(start), x, then}
		case "?":
			if !p.peekAt(1).is("[") || !p.conditionalIndex() {
				return x
			}
			p.take()
			bound := &Bound{Span{t.start, t.end}}
			args := p.args("]")
			then := p.postfix(&Index{p.span(t.start), bound, args})
			return &Conditional{p.span(start), x, then}
		case "!":
			if p.peekAt(1).is(".") || p.peekAt(1).is(")") || p.peekAt(1).is(";") {
				p.feature(t.start, t.end, "nullable reference types", "8.0")
				p.take()
				continue
			}
			return x
		case "->":
			p.fail("GHC001", t.start, t.end, "pointers")
			p.take()
		default:
			return x
		}
	}
}

// conditionalIndex tells x?[i] from x ? [...] — the latter is no C# 7, so ?[ is an index.
func (p *parser) conditionalIndex() bool { return p.peek().end == p.peekAt(1).start }

func (p *parser) member(x Expr, start int) Expr {
	n := p.identifier()
	if p.peek().is("<") {
		n.Args = p.genericArgs()
		n.End = p.prevEnd()
	}
	return &Member{p.span(start), x, n}
}

// args reads a bracketed list.
func (p *parser) args(closing string) []Arg {
	p.take()
	var list []Arg
	if p.accept(closing) {
		return nil
	}
	for {
		var a Arg
		if p.peek().kind == identifier && p.peekAt(1).is(":") {
			n := p.identifier()
			a.Name = &n
			p.take()
		}
		if p.peek().is("out") || p.peek().is("ref") {
			a.Mode = p.take().text
		}
		if a.Mode == "out" {
			a.X = p.outArgument()
		} else {
			a.X = p.expression()
		}
		list = append(list, a)
		if p.accept(",") {
			continue
		}
		p.expect(closing)
		return list
	}
}

// outArgument reads a variable, or a declaration of one.
func (p *parser) outArgument() Expr {
	start := p.peek().start
	if t := p.peek(); t.word("_") && (p.peekAt(1).is(",") || p.peekAt(1).is(")")) {
		p.take()
		return &Declaration{Span{t.start, t.end}, &TypeRef{Span: Span{t.start, t.end}, Name: "var"}, Name{Span{t.start, t.end}, "_", nil}}
	}
	var d *Declaration
	if p.attempt(func() bool {
		typ := p.typ()
		if p.peek().kind != identifier {
			return false
		}
		name := p.identifier()
		d = &Declaration{p.span(start), typ, name}
		return true
	}) {
		return d
	}
	return p.expression()
}
