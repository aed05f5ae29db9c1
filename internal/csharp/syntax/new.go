package syntax

// newExpr reads everything that begins with new.
func (p *parser) newExpr() Expr {
	start := p.take().start
	switch {
	case p.peek().is("{"):
		return p.anonymous(start)
	case p.peek().is("[") && (p.peekAt(1).is("]") || p.peekAt(1).is(",")):
		for p.take(); p.accept(","); {
			p.fail("GHC001", start, p.prevEnd(), "arrays of several dimensions")
		}
		p.expect("]")
		x := &NewArray{}
		if p.peek().is("{") {
			x.Init = p.initializer()
		} else {
			p.expect("{")
		}
		x.Span = p.span(start)
		return x
	case p.peek().is("("):
		p.feature(p.peek().start, p.peek().end, "target-typed object creation", "9.0")
	}
	t := p.newType()
	if p.peek().is("[") {
		return p.newArray(start, t)
	}
	x := &New{Type: t}
	hasArgs := p.peek().is("(")
	if n := len(t.Suffixes); n > 0 && t.Suffixes[n-1] == "[]" {
		elem := *t
		elem.Suffixes = t.Suffixes[:n-1]
		a := &NewArray{Elem: &elem}
		if p.peek().is("{") {
			a.Init = p.initializer()
		} else {
			p.fail("CS1586", p.prevEnd(), p.prevEnd())
		}
		a.Span = p.span(start)
		return a
	}
	if hasArgs {
		x.Args = p.args(")")
	}
	if p.peek().is("{") {
		x.Init = p.initializer()
	} else if !hasArgs {
		p.fail("CS1526", p.prevEnd(), p.prevEnd())
	}
	x.Span = p.span(start)
	return x
}

// newType reads the type after new, where [ begins a size.
func (p *parser) newType() *TypeRef { return p.typ() }

func (p *parser) newArray(start int, elem *TypeRef) Expr {
	x := &NewArray{Elem: elem}
	p.take()
	for {
		x.Sizes = append(x.Sizes, p.expression())
		if !p.accept(",") {
			break
		}
	}
	p.expect("]")
	if len(x.Sizes) > 1 {
		p.fail("GHC001", start, p.prevEnd(), "arrays of several dimensions")
	}
	for p.peek().is("[") && p.peekAt(1).is("]") { // new T[n][]
		p.take()
		p.take()
		inner := *elem
		inner.Suffixes = append(append([]string{}, elem.Suffixes...), "[]")
		x.Elem = &inner
	}
	if p.peek().is("{") {
		x.Init = p.initializer()
	}
	x.Span = p.span(start)
	return x
}

func (p *parser) anonymous(start int) Expr {
	x := &NewAnonymous{}
	p.take()
	for !p.accept("}") {
		var name Name
		if p.peek().kind == identifier && p.peekAt(1).is("=") {
			name = p.identifier()
			p.take()
		}
		x.Names = append(x.Names, name)
		x.Values = append(x.Values, p.expression())
		if !p.accept(",") {
			p.expect("}")
			break
		}
	}
	x.Span = p.span(start)
	return x
}

// initializer reads { ... } after new.
func (p *parser) initializer() *Initializer {
	p.enter()
	defer p.leave()
	init := &Initializer{}
	start := p.take().start
	for !p.accept("}") {
		init.Items = append(init.Items, p.initItem())
		if !p.accept(",") {
			p.expect("}")
			break
		}
	}
	init.Span = p.span(start)
	return init
}

func (p *parser) initItem() InitItem {
	start := p.peek().start
	var item InitItem
	switch {
	case p.peek().kind == identifier && p.peekAt(1).is("="):
		n := p.identifier()
		item.Name = &n
		p.take()
		p.initValue(&item)
	case p.peek().is("["):
		item.Index = p.args("]")
		p.expect("=")
		p.initValue(&item)
	case p.peek().is("{"):
		for p.take(); ; {
			item.Values = append(item.Values, p.expression())
			if !p.accept(",") {
				break
			}
		}
		p.expect("}")
	default:
		item.Values = []Expr{p.expression()}
	}
	item.Span = p.span(start)
	return item
}

func (p *parser) initValue(item *InitItem) {
	if p.peek().is("{") {
		item.Nested = p.initializer()
		return
	}
	item.Value = p.expression()
}
