package syntax

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
