package syntax

func (p *parser) expression() Expr {
	p.enter()
	defer p.leave()
	if x := p.lambda(); x != nil {
		return x
	}
	start := p.peek().start
	if t := p.peek(); t.is("throw") {
		p.take()
		x := p.expression()
		return &ThrowExpr{p.span(start), x}
	}
	if t := p.peek(); t.word("from") && p.peekAt(1).kind == identifier && (p.peekAt(2).is("in") || p.peekAt(3).is("in")) {
		p.refuse(t, "query expressions (from ... select); write the methods Where and Select")
	}
	x := p.ternary()
	t := p.peek()
	op := t.text
	switch {
	case t.kind != punctuation:
		return x
	case op == "??" && p.adjacent("="):
		p.feature(t.start, t.end+1, "coalescing assignment", "8.0")
		return x
	case p.isRange():
		p.feature(t.start, t.end+1, "range operator", "8.0")
		return x
	case op == ">" && p.peekAt(1).is(">=") && p.peekAt(1).start == t.end: // >>=
		p.take()
		op = ">>="
	case op != "=" && op != "+=" && op != "-=" && op != "*=" && op != "/=" && op != "%=" && op != "&=" && op != "|=" && op != "^=" && op != "<<=":
		return x
	}
	p.take()
	y := p.expression()
	return &Assign{p.span(start), op, x, y}
}

// adjacent reports whether s follows the next token without space.
func (p *parser) adjacent(s string) bool {
	next := p.peekAt(1)
	return next.is(s) && next.start == p.peek().end
}

// isRange reports whether .. follows, whose second dot may have been read as a number's.
func (p *parser) isRange() bool {
	t, next := p.peek(), p.peekAt(1)
	return t.is(".") && next.start == t.end && (next.is(".") || next.kind == number && next.text[0] == '.')
}

func (p *parser) ternary() Expr {
	start := p.peek().start
	x := p.binary(1)
	if p.peek().is("?") {
		p.take()
		a := p.expression()
		p.expect(":")
		b := p.expression()
		return &Ternary{p.span(start), x, a, b}
	}
	return x
}

// binary precedence, by C#'s table; 0: no binary operator.
func (p *parser) operator() (op string, level, width int) {
	t := p.peek()
	if t.kind == keyword && (t.text == "is" || t.text == "as") {
		return t.text, 8, 1
	}
	if t.kind != punctuation {
		return "", 0, 0
	}
	switch t.text {
	case "??":
		if p.adjacent("=") { // ??=
			return "", 0, 0
		}
		return t.text, 1, 1
	case "||":
		return t.text, 2, 1
	case "&&":
		return t.text, 3, 1
	case "|":
		return t.text, 4, 1
	case "^":
		return t.text, 5, 1
	case "&":
		return t.text, 6, 1
	case "==", "!=":
		return t.text, 7, 1
	case ">":
		next := p.peekAt(1)
		if next.is(">") && next.start == t.end {
			return ">>", 9, 2
		}
		if next.is(">=") && next.start == t.end {
			return "", 0, 0
		}
		return t.text, 8, 1
	case "<", "<=", ">=":
		return t.text, 8, 1
	case "<<":
		return t.text, 9, 1
	case "+", "-":
		return t.text, 10, 1
	case "*", "/", "%":
		return t.text, 11, 1
	}
	return "", 0, 0
}

func (p *parser) binary(least int) Expr {
	start := p.peek().start
	links := 0
	x := p.unary()
	if t := p.peek(); t.is("switch") && p.peekAt(1).is("{") {
		p.feature(t.start, t.end, "recursive patterns", "8.0")
	}
	for {
		op, level, width := p.operator()
		if level < least || level == 0 {
			return x
		}
		for range width {
			p.take()
		}
		if links++; links > maxLinks {
			p.tooLong()
		}
		switch op {
		case "is":
			pattern := p.pattern()
			x = &Is{p.span(start), x, pattern}
		case "as":
			t := p.typ()
			x = &As{p.span(start), x, t}
		case "??":
			var y Expr
			if p.peek().is("throw") {
				y = p.expression()
			} else {
				y = p.binary(1) // to the right
			}
			x = &Binary{p.span(start), op, x, y}
		default:
			y := p.binary(level + 1)
			x = &Binary{p.span(start), op, x, y}
		}
	}
}

func (p *parser) unary() Expr {
	p.enter()
	defer p.leave()
	t := p.peek()
	if t.kind == punctuation {
		switch t.text {
		case "+", "-", "!", "~", "++", "--":
			p.take()
			x := p.unary()
			return &Unary{p.span(t.start), t.text, false, x}
		case "^":
			p.feature(t.start, t.end, "index operator", "8.0")
		case ".":
			if p.isRange() {
				p.feature(t.start, t.end+1, "range operator", "8.0")
			}
		case "[":
			p.feature(t.start, t.end, "collection expressions", "12.0")
		case "&", "*":
			p.fail("GHC001", t.start, t.end, "pointers")
		case "(":
			if x := p.cast(); x != nil {
				return x
			}
		}
	}
	if t.word("await") && p.peekAt(1).kind == identifier {
		p.fail("GHC001", t.start, t.end, "await")
		p.take()
	}
	return p.postfix(p.primary())
}

// cast reads (T)x, or nothing when the brackets hold an expression. C# decides by what
// follows when the type could also be an expression.
func (p *parser) cast() Expr {
	start := p.peek().start
	var typ *TypeRef
	if !p.attempt(func() bool {
		p.take()
		typ = p.typ()
		if !p.accept(")") {
			return false
		}
		next := p.peek()
		if typ.Tuple == nil && isTypeKeyword(typ.Name) || len(typ.Suffixes) > 0 {
			return true
		}
		switch next.kind {
		case identifier, number, character, text, interpolated:
			return true
		case keyword:
			return next.text != "is" && next.text != "as" && next.text != "in"
		case punctuation:
			return next.text == "(" || next.text == "!" || next.text == "~"
		}
		return false
	}) {
		return nil
	}
	x := p.unary()
	return &Cast{p.span(start), typ, x}
}
