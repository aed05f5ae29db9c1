package syntax

import (
	"strings"
)

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
		p.fail("GHC001", t.start, t.end, "query expressions (from ... select); write the methods Where and Select")
		panic(stop{})
	}
	x := p.ternary()
	t := p.peek()
	op := t.text
	switch {
	case t.kind != punctuation:
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

func (p *parser) pattern() Pattern {
	start := p.peek().start
	if t := p.peek(); t.word("not") && (p.peekAt(1).kind == identifier || p.peekAt(1).kind == keyword) {
		p.fail("CS8370", t.start, t.end, "not pattern", "9.0")
		p.take()
		return p.pattern()
	}
	var typ *TypeRef
	var name *Name
	if p.attempt(func() bool {
		typ = p.typ()
		if p.peek().kind == identifier && !p.peek().word("when") {
			n := p.identifier()
			name = &n
			return true
		}
		// A keyword's type, or one that can't be an expression, has no variable.
		return p.patternEnds() && (len(typ.Suffixes) > 0 || len(typ.Args) > 0 || isTypeKeyword(typ.Name))
	}) {
		return &TypePattern{p.span(start), typ, name}
	}
	x := p.binary(9)
	return &ConstantPattern{p.span(start), x}
}

func (p *parser) patternEnds() bool {
	t := p.peek()
	if t.kind == punctuation {
		return !strings.Contains(" . ( [ ", " "+t.text+" ")
	}
	return true
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

func (p *parser) primary() Expr {
	t := p.peek()
	span := Span{t.start, t.end}
	switch t.kind {
	case number:
		p.take()
		return &Literal{span, NumberLiteral, t.text}
	case text:
		p.take()
		return &Literal{span, StringLiteral, t.value}
	case character:
		p.take()
		return &Literal{span, CharLiteral, t.value}
	case interpolated:
		p.take()
		return p.pieces(t)
	case identifier:
		return p.name()
	case keyword:
		return p.keywordExpr(t)
	case punctuation:
		if t.text == "(" {
			return p.parenthesised()
		}
	}
	shown := t.text
	if t.kind == end {
		shown = ")"
	}
	p.fail("CS1525", t.start, t.end, shown)
	if t.kind == punctuation && !strings.Contains(" ) ] } ; , : ", " "+t.text+" ") {
		p.take()
	}
	return &Bad{span}
}

// name reads a simple name, or a generic one where what follows says so.
func (p *parser) name() Expr {
	n := p.identifier()
	if p.peek().is("<") {
		n.Args = p.genericArgs()
		n.End = p.prevEnd()
	}
	return &n
}

// genericArgs reads <T> when it is followed by what can't follow a comparison's operand.
// C# specification, 6.2.5 Grammar ambiguities.
func (p *parser) genericArgs() []*TypeRef {
	var args []*TypeRef
	p.attempt(func() bool {
		args = p.typeArgs()
		if p.failed {
			return false
		}
		t := p.peek()
		if t.kind == end {
			return true
		}
		return t.kind == punctuation && strings.Contains(" ( ) ] } : ; , . ? == != | ^ && || & [ ?. > ", " "+t.text+" ")
	})
	if p.i > 0 && p.toks[p.i-1].is(">") {
		return args
	}
	return nil
}

func (p *parser) keywordExpr(t token) Expr {
	span := Span{t.start, t.end}
	switch t.text {
	case "true":
		p.take()
		return &Literal{span, TrueLiteral, ""}
	case "false":
		p.take()
		return &Literal{span, FalseLiteral, ""}
	case "null":
		p.take()
		return &Literal{span, NullLiteral, ""}
	case "new":
		return p.newExpr()
	case "typeof":
		p.take()
		p.expect("(")
		typ := p.typ()
		p.expect(")")
		return &TypeOf{p.span(t.start), typ}
	case "default":
		p.take()
		if !p.accept("(") {
			return &Default{Span: span}
		}
		typ := p.typ()
		p.expect(")")
		return &Default{p.span(t.start), typ}
	case "checked", "unchecked":
		p.take()
		p.expect("(")
		x := p.expression()
		p.expect(")")
		return &Checked{p.span(t.start), t.text == "checked", x}
	case "this", "base":
		p.take()
		p.fail("CS0026", t.start, t.end)
		return &Bad{span}
	case "delegate", "stackalloc", "sizeof", "ref":
		p.take()
		p.fail("GHC001", t.start, t.end, "'"+t.text+"'")
		return &Bad{span}
	}
	if isTypeKeyword(t.text) {
		p.take()
		return &TypeExpr{span, &TypeRef{Span: span, Name: t.text}}
	}
	p.fail("CS1525", t.start, t.end, t.text)
	if t.text != "in" && t.text != "else" && t.text != "case" {
		p.take()
	}
	return &Bad{span}
}

func (p *parser) parenthesised() Expr {
	start := p.take().start
	var names []string
	var items []Expr
	named := false
	for {
		name := ""
		if p.peek().kind == identifier && p.peekAt(1).is(":") {
			name, named = p.take().text, true
			p.take()
		}
		names = append(names, name)
		items = append(items, p.declarationOr())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	if len(items) == 1 && !named {
		return &Paren{p.span(start), items[0]}
	}
	return &Tuple{p.span(start), names, items}
}

// declarationOr reads "int x" in (int x, var y) = ..., else an expression.
func (p *parser) declarationOr() Expr {
	var d *Declaration
	start := p.peek().start
	if p.attempt(func() bool {
		typ := p.typ()
		if p.peek().kind != identifier || !(p.peekAt(1).is(",") || p.peekAt(1).is(")")) {
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
				p.fail("CS8370", t.start, t.end, "nullable reference types", "8.0")
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

// pieces parses the holes of an interpolated string.
func (p *parser) pieces(t token) Expr {
	out := &Interpolated{Span: Span{t.start, t.end}}
	for _, part := range t.parts {
		if !part.hole {
			out.Parts = append(out.Parts, Piece{Text: part.text})
			continue
		}
		out.Parts = append(out.Parts, p.hole(part))
	}
	return out
}

func (p *parser) hole(h part) Piece {
	code, format := h.end, ""
	if at := formatStart(p.src, h.start, h.end); at >= 0 {
		code, format = at, p.src[at+1:h.end]
	}
	sub := &parser{src: p.src, depth: p.depth, quiet: p.quiet, problems: p.problems, failed: p.failed}
	l := &lexer{src: p.src, at: h.start, limit: code, report: sub.fail}
	sub.toks = l.tokens()
	defer func() { p.problems, p.failed = sub.problems, sub.failed }()
	var piece Piece
	piece.Format = format
	if sub.peek().kind == end {
		sub.fail("CS1733", h.start, h.start)
		piece.X = &Bad{Span{h.start, h.start}}
		return piece
	}
	piece.X = sub.expression()
	if sub.accept(",") {
		piece.Align = sub.expression()
	}
	if t := sub.peek(); t.kind != end {
		sub.fail("CS1073", t.start, t.end, t.text)
	}
	return piece
}

// formatStart is the offset of the colon that begins a hole's format, -1 without one.
func formatStart(src string, start, limit int) int {
	l := lexer{src: src, at: start, limit: limit, report: func(string, int, int, ...any) {}}
	depth := 0
	for {
		t := l.next()
		switch {
		case t.kind == end:
			return -1
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		case t.is(":") && depth == 0:
			return t.start
		}
	}
}

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

// lambdaParens looks for the => after the closing bracket.
func (p *parser) lambdaParens() bool {
	depth := 0
	for i := p.i; i < len(p.toks); i++ {
		switch t := p.toks[i]; {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return i+1 < len(p.toks) && p.toks[i+1].is("=>")
			}
		}
	}
	return false
}

func (p *parser) parameter() Parameter {
	if p.peek().kind == identifier && (p.peekAt(1).is(",") || p.peekAt(1).is(")")) {
		return Parameter{Name: p.identifier()}
	}
	t := p.typ()
	return Parameter{Name: p.identifier(), Type: t}
}
