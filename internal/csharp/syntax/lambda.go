package syntax

// lambda reads x => ..., (x, y) => ... or (int x) => ...; nil when there is none.
func (p *parser) lambda() Expr {
	start := p.peek().start
	var params []Parameter
	switch {
	case p.peek().kind == identifier && p.peekAt(1).is("=>"):
		params = []Parameter{{Name: p.identifier()}}
	case p.peek().is("(") && p.lambdaParens():
		ok := p.attempt(func() bool {
			p.take()
			for !p.accept(")") {
				params = append(params, p.parameter())
				if !p.accept(",") && !p.peek().is(")") {
					return false
				}
			}
			return p.peek().is("=>")
		})
		if !ok {
			return nil
		}
	default:
		return nil
	}
	p.expect("=>")
	out := &Lambda{Params: params}
	if p.peek().is("{") {
		out.Block = p.block()
	} else {
		out.X = p.expression()
	}
	out.Span = p.span(start)
	return out
}

// anonymousMethod reads delegate (int x) { ... }, which is a lambda with a block, and delegate { ... },
// which takes any parameters (C# specification 12.21.3).
func (p *parser) anonymousMethod() Expr {
	start := p.take().start
	out := &Lambda{AnyParams: !p.peek().is("(")}
	if p.accept("(") {
		for !p.peek().is(")") && p.peek().kind != end {
			t := p.typ()
			out.Params = append(out.Params, Parameter{Name: p.identifier(), Type: t})
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	}
	out.Block = p.block()
	out.Span = p.span(start)
	return out
}

// lambdaParens looks for the => after the closing bracket.
func (p *parser) lambdaParens() bool { return p.afterBrackets().is("=>") }

// afterBrackets is the token after the bracket that closes the one at hand; the end without one.
func (p *parser) afterBrackets() token {
	depth := 0
	for i := p.i; i < len(p.toks)-1; i++ {
		switch t := p.toks[i]; {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return p.toks[i+1]
			}
		}
	}
	return p.toks[len(p.toks)-1]
}

func (p *parser) parameter() Parameter {
	if p.peek().kind == identifier && (p.peekAt(1).is(",") || p.peekAt(1).is(")")) {
		return Parameter{Name: p.identifier()}
	}
	t := p.typ()
	return Parameter{Name: p.identifier(), Type: t}
}
