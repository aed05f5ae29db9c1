package format

import "gatehouse/internal/bicep/syntax"

// maxDepth is far beyond what the parser takes.
const maxDepth = 1000

func (l *layout) enter() {
	if l.depth++; l.depth > maxDepth {
		l.bail()
	}
}

// grouped makes a group of docs, unless something in them keeps them broken.
func (l *layout) grouped(before int, docs ...*doc) *doc {
	if l.breaks > before {
		return glued(docs...)
	}
	return &doc{kind: group, docs: docs}
}

// indentGroup puts docs on the same line, or each on a line of its own, one
// level further in.
func (l *layout) indentGroup(before int, docs []*doc) *doc {
	in := indented(append([]*doc{lineOrEmpty}, separate(withoutLines(docs), lineOrSpace)...)...)
	return l.tailGroup(before, in)
}

// indentTail is the same with the first on the line where it begins.
func (l *layout) indentTail(before int, docs []*doc) *doc {
	return l.tailGroup(before, indented(separate(withoutLines(docs), lineOrSpace)...))
}

// tailGroup: a comment at the very end breaks what is around, not this group.
func (l *layout) tailGroup(before int, in *doc) *doc {
	if in.hasSuffix() {
		l.breaks--
	}
	return l.grouped(before, in)
}

// brackets is what bracket prints; before is the count of breaks at open.
type brackets struct {
	open     *doc
	before   int
	items    []*doc
	end      syntax.Kind
	sep, pad *doc
	force    bool
	hug      bool // a single item stays next to the brackets
}

// bracket reads the closing bracket and puts the items between.
func (l *layout) bracket(b brackets) *doc {
	items, hard := collapse(trimLines(b.items))
	l.breaks += hard
	broken := l.breaks > b.before
	if !l.at(b.end) {
		l.bail()
	}
	parts := l.take()
	dangling, end := parts[:len(parts)-1], parts[len(parts)-1]
	items = separate(append(items, dangling...), b.sep)
	if len(items) == 0 {
		return glued(b.open, end)
	}
	if len(items) == 1 && b.hug && !items[0].hasSuffix() {
		return glued(b.open, b.pad.flat, items[0], b.pad.flat, end)
	}
	if b.force || len(dangling) > 0 {
		l.breaks++
		broken = true
	}
	docs := []*doc{b.open, indented(append([]*doc{b.pad}, items...)...), b.pad, end}
	if broken {
		return glued(docs...)
	}
	return &doc{kind: group, docs: docs}
}

// expr is any expression.
func (l *layout) expr() *doc {
	l.enter()
	defer func() { l.depth-- }()
	before := l.breaks
	x := l.unary()
	for binary(l.tok().Kind) {
		x = spread(x, l.one(l.tok().Kind), l.unary())
	}
	if l.nextIs(syntax.Question) {
		return l.ternary(before, x)
	}
	return x
}

// nextIs reports whether k comes next, on this line or a later one.
func (l *layout) nextIs(k syntax.Kind) bool {
	n := 0
	for l.ahead(n).Kind == syntax.NewLine {
		n++
	}
	return l.ahead(n).Kind == k
}

func (l *layout) ternary(before int, cond *doc) *doc {
	docs := append([]*doc{cond}, l.lines()...)
	docs = append(docs, spread(l.one(syntax.Question), indented(l.expr())))
	docs = append(docs, l.lines()...)
	docs = append(docs, spread(l.one(syntax.Colon), indented(l.expr())))
	return l.indentTail(before, docs)
}

func binary(k syntax.Kind) bool {
	switch k {
	case syntax.Coalesce, syntax.OrOr, syntax.AndAnd, syntax.Equals, syntax.NotEquals, syntax.EqualsFold, syntax.NotEqualsFold,
		syntax.Less, syntax.LessEq, syntax.Greater, syntax.GreaterEq, syntax.Plus, syntax.Minus, syntax.Star, syntax.Slash, syntax.Percent:
		return true
	}
	return false
}

func (l *layout) unary() *doc {
	switch k := l.tok().Kind; k {
	case syntax.Not, syntax.Minus, syntax.Plus:
		return glued(l.one(k), l.postfix())
	}
	return l.postfix()
}

// postfix is a primary expression and what follows it.
func (l *layout) postfix() *doc {
	x := l.primary()
	for {
		switch l.tok().Kind {
		case syntax.Not:
			x = glued(x, l.one(syntax.Not))
		case syntax.LSquare:
			x = l.index(x)
		case syntax.DoubleColon:
			x = glued(x, l.one(syntax.DoubleColon), l.name())
		case syntax.Dot:
			x = l.member(x)
		default:
			return x
		}
	}
}

func (l *layout) index(base *doc) *doc {
	parts := []*doc{base, l.one(syntax.LSquare)}
	for _, k := range []syntax.Kind{syntax.Question, syntax.Hat} {
		if l.at(k) {
			parts = append(parts, l.one(k))
		}
	}
	return glued(append(parts, l.expr(), l.one(syntax.RSquare))...)
}

func (l *layout) member(base *doc) *doc {
	parts := []*doc{base, l.one(syntax.Dot)}
	if l.at(syntax.Question) {
		parts = append(parts, l.one(syntax.Question))
	}
	parts = append(parts, l.name())
	if l.at(syntax.LParen) {
		parts = append(parts, l.arguments())
	}
	return glued(parts...)
}

func (l *layout) primary() *doc {
	switch l.tok().Kind {
	case syntax.Integer:
		return l.one(syntax.Integer)
	case syntax.StringComplete, syntax.StringLeft:
		return l.stringLit()
	case syntax.LBrace:
		return l.object()
	case syntax.LSquare:
		return l.arrayOrFor()
	case syntax.LParen:
		if l.isLambda() {
			return l.lambda(l.variables())
		}
		return l.parens()
	case syntax.Identifier:
		n := l.name()
		switch {
		case l.at(syntax.LParen):
			return glued(n, l.arguments())
		case l.at(syntax.Arrow):
			return l.lambda(n)
		}
		return n
	}
	l.bail()
	return nil
}

func (l *layout) parens() *doc {
	open := l.one(syntax.LParen)
	l.lines()
	x := l.expr()
	l.lines()
	return glued(open, x, l.one(syntax.RParen))
}

// stringLit is a string; what is interpolated stays as it is written.
func (l *layout) stringLit() *doc {
	first := l.i
	t := l.tok()
	switch t.Kind {
	case syntax.StringComplete:
		l.i++
	case syntax.StringLeft:
		l.skipString()
	default:
		l.bail()
	}
	last := &l.toks[l.i-1]
	l.told += l.commentsIn(first, l.i) - len(t.lead) - len(last.trail)
	d := word(lineEnds(l.src[t.Start:last.End], l.newline))
	return l.withTrailing(l.leading(t), d, last)
}

func (l *layout) skipString() {
	for nest := 0; ; l.i++ {
		switch l.tok().Kind {
		case syntax.StringLeft:
			nest++
		case syntax.StringRight:
			if nest--; nest == 0 {
				l.i++
				return
			}
		case syntax.EOF:
			l.bail()
		}
	}
}

func (l *layout) isLambda() bool {
	for n := 1; ; n++ {
		switch l.ahead(n).Kind {
		case syntax.Identifier, syntax.Comma, syntax.NewLine:
		case syntax.RParen:
			return l.ahead(n+1).Kind == syntax.Arrow
		default:
			return false
		}
	}
}

// variables are those of a lambda in parentheses.
func (l *layout) variables() *doc {
	return l.list(brackets{open: l.one(syntax.LParen), end: syntax.RParen}, l.name)
}

// lambda is `x => body` after its variables.
func (l *layout) lambda(vars *doc) *doc {
	arrow := l.one(syntax.Arrow)
	before := l.breaks
	between := l.lines()
	plain := l.at(syntax.LBrace) || l.at(syntax.LSquare)
	start := l.i
	body := l.expr()
	if plain && l.closes(start) && len(withoutLines(between)) == 0 {
		return spread(vars, arrow, body)
	}
	return spread(vars, arrow, l.indentGroup(before, append(between, body)))
}

// closes reports whether the bracket at start is closed by the last token, so
// that all of it is one object or array.
func (l *layout) closes(start int) bool {
	nest := 0
	for i := start; i < l.i; i++ {
		switch l.toks[i].Kind {
		case syntax.LBrace, syntax.LSquare, syntax.LParen, syntax.StringLeft:
			nest++
		case syntax.RBrace, syntax.RSquare, syntax.RParen, syntax.StringRight:
			nest--
		}
		if nest == 0 {
			return i == l.i-1
		}
	}
	return false
}

// arguments are those of a call. An object or array that is the last of several
// does not break the others.
func (l *layout) arguments() *doc {
	return l.list(brackets{open: l.one(syntax.LParen), end: syntax.RParen, hug: true}, l.expr)
}

// list is a list in brackets with commas. Only calls hug a single item and have
// a tail.
func (l *layout) list(b brackets, item func() *doc) *doc {
	l.enter()
	defer func() { l.depth-- }()
	b.before, b.sep, b.pad = l.breaks, lineOrSpace, lineOrEmpty
	var at []int // where in items the arguments are
	for !l.at(b.end) {
		if l.at(syntax.NewLine) {
			b.items = append(b.items, l.take()...)
			continue
		}
		if len(at) > 0 {
			b.items = append(b.items, l.comma(b.end)...)
		}
		at = append(at, len(b.items))
		start, breaks := l.i, l.breaks
		b.items = append(b.items, item())
		if b.hug && len(at) > 1 && l.lastArgument(b.end) && l.tailShape(start) {
			last := &b.items[len(b.items)-1]
			*last = tailOf(*last, l.toks[start].Kind)
			b.before += l.breaks - breaks
		}
	}
	for i, n := range at {
		if i < len(at)-1 {
			b.items[n] = glued(b.items[n], word(","))
		}
	}
	return l.bracket(b)
}

// comma takes what parts two arguments: a comma, which none may follow that has
// no argument after it.
func (l *layout) comma(end syntax.Kind) []*doc {
	if !l.at(syntax.Comma) {
		l.bail()
	}
	l.take()
	lines := l.lines()
	if l.at(end) {
		l.bail()
	}
	return lines
}

// lastArgument reports whether nothing but line ends follow before end.
func (l *layout) lastArgument(end syntax.Kind) bool { return l.nextIs(end) }

// tailShape reports whether the tokens since start are an object, an array, or a
// lambda whose body is one, with no comment at its line's end.
func (l *layout) tailShape(start int) bool {
	last := &l.toks[l.i-1]
	for _, c := range last.trail {
		if len(c) > 1 && c[:2] == "//" {
			return false
		}
	}
	switch l.toks[start].Kind {
	case syntax.LBrace, syntax.LSquare:
		return l.closes(start)
	}
	nest := 0
	for i := start; i < l.i; i++ {
		switch l.toks[i].Kind {
		case syntax.LBrace, syntax.LSquare, syntax.LParen, syntax.StringLeft:
			nest++
		case syntax.RBrace, syntax.RSquare, syntax.RParen, syntax.StringRight:
			nest--
		case syntax.Arrow:
			if nest == 0 {
				return l.bodyShape(i + 1)
			}
		case syntax.Identifier, syntax.Comma, syntax.NewLine:
		default:
			return false
		}
	}
	return false
}

func (l *layout) bodyShape(i int) bool {
	for l.toks[i].Kind == syntax.NewLine {
		i++
	}
	switch l.toks[i].Kind {
	case syntax.LBrace, syntax.LSquare:
		return l.closes(i)
	}
	return false
}

// tailOf marks the object or array in d, when it is broken.
func tailOf(d *doc, first syntax.Kind) *doc {
	if d.kind != glue {
		return d
	}
	if first == syntax.LBrace || first == syntax.LSquare {
		return &doc{kind: tail, docs: d.docs}
	}
	body := d.docs[len(d.docs)-1]
	if body.kind != glue {
		return d
	}
	docs := append([]*doc(nil), d.docs...)
	docs[len(docs)-1] = &doc{kind: tail, docs: body.docs}
	return glued(docs...)
}

func (l *layout) object() *doc {
	l.enter()
	defer func() { l.depth-- }()
	b := brackets{open: l.one(syntax.LBrace), before: l.breaks, end: syntax.RBrace, sep: lineOrCommaSpace, pad: lineOrSpace}
	lines := l.at(syntax.NewLine)
	for !l.at(syntax.RBrace) {
		switch {
		case l.at(syntax.NewLine), l.at(syntax.Comma):
			b.items = append(b.items, l.parting()...)
		case l.at(syntax.Ellipsis):
			b.items = append(b.items, glued(l.one(syntax.Ellipsis), l.expr()))
		case l.at(syntax.At), l.keyword("resource") && l.ahead(1).Kind == syntax.Identifier:
			b.items = append(b.items, l.declaration()...)
		default:
			b.items = append(b.items, l.property())
			b.force = lines
		}
	}
	return l.bracket(b)
}

// parting takes what parts members: line ends, or a comma after a member with no
// line end after it.
func (l *layout) parting() []*doc {
	if l.at(syntax.Comma) {
		switch l.toks[l.i-1].Kind {
		case syntax.NewLine, syntax.Comma, syntax.LBrace, syntax.LSquare:
			l.bail()
		}
		if l.ahead(1).Kind == syntax.NewLine {
			l.bail()
		}
	}
	return l.take()
}

func (l *layout) property() *doc {
	var key *doc
	if l.at(syntax.Identifier) {
		key = l.name()
	} else {
		key = l.stringLit()
	}
	return spread(glued(key, l.one(syntax.Colon)), l.expr())
}

func (l *layout) arrayOrFor() *doc {
	n := 1
	for l.ahead(n).Kind == syntax.NewLine {
		n++
	}
	if t := l.ahead(n); t.Kind == syntax.Identifier && t.Text == "for" {
		switch l.ahead(n + 1).Kind {
		case syntax.Identifier, syntax.LParen:
			return l.forLoop()
		}
	}
	return l.array()
}

func (l *layout) array() *doc {
	l.enter()
	defer func() { l.depth-- }()
	b := brackets{open: l.one(syntax.LSquare), before: l.breaks, end: syntax.RSquare, sep: lineOrCommaSpace, pad: lineOrEmpty}
	lines := l.at(syntax.NewLine)
	for !l.at(syntax.RSquare) {
		switch l.tok().Kind {
		case syntax.NewLine, syntax.Comma:
			b.items = append(b.items, l.parting()...)
		case syntax.Ellipsis:
			b.items = append(b.items, glued(l.one(syntax.Ellipsis), l.expr()))
			b.force = b.force || lines
		default:
			b.items = append(b.items, l.expr())
			b.force = lines
		}
	}
	return l.bracket(b)
}

func (l *layout) forLoop() *doc {
	l.enter()
	defer func() { l.depth-- }()
	b := brackets{open: l.one(syntax.LSquare), before: l.breaks, end: syntax.RSquare, sep: lineOrEmpty, pad: lineOrEmpty}
	b.items = l.lines()
	parts := []*doc{l.name()}
	if l.at(syntax.LParen) {
		vars := l.variables()
		if flat, ok := vars.flatten(nil); ok && vars.kind == group {
			vars = glued(flat...)
		}
		parts = append(parts, vars)
	} else {
		parts = append(parts, l.name())
	}
	parts = append(parts, l.name(), glued(l.expr(), l.one(syntax.Colon)))
	if l.keyword("if") && l.ahead(1).Kind == syntax.LParen {
		parts = append(parts, l.condition())
	} else {
		parts = append(parts, l.expr())
	}
	b.items = append(append(b.items, spread(parts...)), l.lines()...)
	return l.bracket(b)
}
