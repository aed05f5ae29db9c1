package format

import "gatehouse/internal/bicep/syntax"

func (l *layout) pipeFollows() bool { return l.nextIs(syntax.Pipe) }

// typeExpr is any type; a union may go on over lines.
func (l *layout) typeExpr() *doc {
	l.enter()
	defer func() { l.depth-- }()
	before := l.breaks
	var docs []*doc
	if l.pipeFollows() {
		docs = append(l.lines(), l.take()...)
	}
	union := len(docs) > 0 || l.i > 0 && l.toks[l.i-1].Kind == syntax.Pipe
	docs = append(docs, l.lines()...)
	first := l.typeUnary()
	if !union && !l.pipeFollows() {
		return first
	}
	docs = append(docs, glued(leadingBar, first))
	for l.pipeFollows() {
		docs = append(docs, l.lines()...)
		docs = append(docs, l.take()...) // the bar
		docs = append(docs, l.lines()...)
		docs = append(docs, glued(word("| "), l.typeUnary()))
	}
	return l.indentGroup(before, docs)
}

func (l *layout) typeUnary() *doc {
	switch k := l.tok().Kind; k {
	case syntax.Minus, syntax.Not, syntax.Plus:
		l.enter()
		defer func() { l.depth-- }()
		return glued(l.one(k), l.typeUnary())
	}
	x := l.typePrimary()
	for {
		switch k := l.tok().Kind; k {
		case syntax.Question, syntax.Not:
			x = glued(x, l.one(k))
		case syntax.LSquare:
			x = l.typeIndex(x)
		case syntax.Dot:
			x = l.typeMember(x)
		default:
			return x
		}
	}
}

func (l *layout) typeIndex(base *doc) *doc {
	parts := []*doc{base, l.one(syntax.LSquare)}
	switch k := l.tok().Kind; k {
	case syntax.Star, syntax.Integer, syntax.StringComplete:
		parts = append(parts, l.one(k))
	}
	return glued(append(parts, l.one(syntax.RSquare))...)
}

func (l *layout) typeMember(base *doc) *doc {
	dot := l.one(syntax.Dot)
	if l.at(syntax.Star) {
		return glued(base, dot, l.one(syntax.Star))
	}
	parts := []*doc{base, dot, l.name()}
	if l.at(syntax.Less) {
		parts = append(parts, l.typeArguments())
	}
	return glued(parts...)
}

func (l *layout) typePrimary() *doc {
	switch l.tok().Kind {
	case syntax.Integer:
		return l.one(syntax.Integer)
	case syntax.StringComplete, syntax.StringLeft:
		return l.stringLit()
	case syntax.LBrace:
		return l.typeObject()
	case syntax.LSquare:
		return l.typeTuple()
	case syntax.LParen:
		open := l.one(syntax.LParen)
		l.lines()
		x := l.typeExpr()
		l.lines()
		return glued(open, x, l.one(syntax.RParen))
	}
	resource := l.keyword("resource")
	n := l.name()
	switch {
	case l.at(syntax.Less):
		return glued(n, l.typeArguments())
	case resource && l.at(syntax.StringComplete):
		return glued(n, l.stringLit())
	}
	return n
}

// typeArguments are those of resourceInput<...>, on one line unless they begin
// on the next.
func (l *layout) typeArguments() *doc {
	b := brackets{open: l.one(syntax.Less), end: syntax.Greater, force: l.at(syntax.NewLine)}
	d := l.list(b, l.typeExpr)
	if flat, ok := d.flatten(nil); ok && d.kind == group {
		return glued(flat...)
	}
	return d
}

func (l *layout) typeObject() *doc {
	l.enter()
	defer func() { l.depth-- }()
	b := brackets{open: l.one(syntax.LBrace), before: l.breaks, end: syntax.RBrace, sep: lineOrCommaSpace, pad: lineOrSpace}
	lines := l.at(syntax.NewLine)
	for !l.at(syntax.RBrace) {
		if l.at(syntax.NewLine) || l.at(syntax.Comma) {
			b.items = append(b.items, l.parting()...)
			continue
		}
		b.items = append(b.items, l.decorators()...)
		var key *doc
		switch k := l.tok().Kind; k {
		case syntax.Star, syntax.Identifier:
			key = l.one(k)
		default:
			key = l.stringLit()
		}
		b.items = append(b.items, spread(glued(key, l.one(syntax.Colon)), l.typeExpr()))
		b.force = lines
	}
	return l.bracket(b)
}

func (l *layout) typeTuple() *doc {
	l.enter()
	defer func() { l.depth-- }()
	b := brackets{open: l.one(syntax.LSquare), before: l.breaks, end: syntax.RSquare, sep: lineOrCommaSpace, pad: lineOrEmpty}
	for !l.at(syntax.RSquare) {
		if l.at(syntax.NewLine) || l.at(syntax.Comma) {
			b.items = append(b.items, l.parting()...)
			continue
		}
		start := l.i
		b.items = append(b.items, l.decorators()...)
		b.items = append(b.items, l.typeExpr())
		if l.i == start {
			l.bail()
		}
	}
	return l.bracket(b)
}

// typedLambda is `(a string) string => body`.
func (l *layout) typedLambda() *doc {
	vars := l.list(brackets{open: l.one(syntax.LParen), end: syntax.RParen}, func() *doc { return spread(l.name(), l.typeExpr()) })
	result := l.typeExpr()
	before := l.breaks
	arrow := l.one(syntax.Arrow)
	between := l.lines()
	plain := l.at(syntax.LBrace) || l.at(syntax.LSquare)
	start := l.i
	body := l.expr()
	if plain && l.closes(start) && len(withoutLines(between)) == 0 {
		return spread(vars, result, arrow, body)
	}
	docs := append([]*doc{arrow}, between...)
	return spread(vars, result, l.indentTail(before, append(docs, body)))
}
