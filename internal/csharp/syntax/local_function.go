package syntax

// localFunction reads T Name<A>(parameters) { ... }; nil when there is none.
func (p *parser) localFunction() *LocalFunction {
	start := p.peek().start
	f := &LocalFunction{}
	if !p.attempt(func() bool {
		f.Result = p.typ()
		return p.peek().kind == identifier && (p.peekAt(1).is("(") || p.peekAt(1).is("<")) && p.isLocalFunction()
	}) {
		return nil
	}
	f.Name = p.identifier()
	if p.accept("<") {
		for {
			f.TypeParams = append(f.TypeParams, p.identifier())
			if !p.accept(",") {
				break
			}
		}
		p.expect(">")
	}
	body := &Lambda{}
	for p.take(); !p.accept(")"); {
		before := p.i
		body.Params = append(body.Params, p.declaredParameter())
		if p.i == before || !p.accept(",") && !p.peek().is(")") {
			p.expect(")")
			break
		}
	}
	if t := p.peek(); t.word("where") {
		p.refuse(t, "constraints (where) of local functions")
	}
	if p.accept("=>") {
		body.X = p.expression()
		p.expect(";")
	} else {
		body.Block = p.block()
	}
	f.Span = p.span(start)
	body.Span = f.Span
	f.Body = body
	return f
}

// declaredParameter reads a parameter of a local function: out T a, params T[] a, T a = 1.
func (p *parser) declaredParameter() Parameter {
	var a Parameter
	switch t := p.peek(); {
	case t.is("out"), t.is("ref"), t.is("params"):
		a.Mode = p.take().text
	case t.is("in"):
		p.refuse(t, "'in' parameters")
	}
	a.Type = p.typ()
	a.Name = p.identifier()
	if p.accept("=") {
		a.Default = p.expression()
	}
	return a
}

// isLocalFunction: after "T Name(" there are parameters, and then a body.
func (p *parser) isLocalFunction() bool {
	depth := 0
	for i := p.i + 1; i < len(p.toks); i++ {
		switch t := p.toks[i]; {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				next := p.toks[min(i+1, len(p.toks)-1)]
				return next.is("{") || next.is("=>") || next.word("where")
			}
		case depth == 0 && t.kind == punctuation && !t.is("<") && !t.is(">") && !t.is(","):
			return false
		}
	}
	return false
}
