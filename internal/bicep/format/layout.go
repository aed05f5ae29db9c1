package format

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// layout reads tokens and builds documents.
type layout struct {
	src     string
	newline string
	toks    []token
	pieces  []syntax.Piece
	i       int
	depth   int
	breaks  int           // how many comments and blank lines keep the groups around them broken
	told    int           // how many comments are in documents
	wrong   []syntax.Span // syntax errors
}

func newLayout(f *syntax.File, diags diag.List, newline string) *layout {
	l := &layout{src: f.Source.Text, newline: newline, toks: attach(f), pieces: f.Pieces}
	for _, d := range diags {
		switch d.Code {
		case "BCP047", "BCP092": // the official tool finds interpolated types and paths after parsing
			continue
		}
		l.wrong = append(l.wrong, syntax.Span{Start: d.Range.Start.Offset, End: d.Range.End.Offset})
	}
	return l
}

// unprintable is what bail panics with; only attempt recovers it.
type unprintable struct{}

func (l *layout) bail() { panic(unprintable{}) }

func (l *layout) tok() *token               { return &l.toks[l.i] }
func (l *layout) at(k syntax.Kind) bool     { return l.toks[l.i].Kind == k }
func (l *layout) ahead(n int) *token        { return &l.toks[min(l.i+n, len(l.toks)-1)] }
func (l *layout) keyword(words string) bool { return l.at(syntax.Identifier) && l.tok().Text == words }

// program is the whole file.
func (l *layout) program() []*doc {
	var docs []*doc
	for _, p := range l.pieces {
		l.i = p.First
		docs = append(docs, l.piece(p)...)
	}
	l.i = len(l.toks) - 1
	docs = append(docs, l.take()...)
	docs, _ = collapse(trimLines(docs))
	return separate(docs, hardLine)
}

func (l *layout) piece(p syntax.Piece) []*doc {
	switch p.Kind {
	case syntax.Ending:
		return l.take()
	case syntax.Declared:
		return l.statement(p, l.declaration)
	case syntax.Decorating:
		return l.alone(p)
	}
	return l.verbatim(p)
}

// statement is one declaration; where it has errors, it stays as written.
func (l *layout) statement(p syntax.Piece, f func() []*doc) []*doc {
	if l.hasError(l.toks[p.First].Start, l.toks[p.End].Start) {
		return l.verbatim(p)
	}
	if docs, ok := l.attempt(p, f); ok {
		return docs
	}
	return l.verbatim(p)
}

// alone are decorators that no declaration follows, and line ends.
func (l *layout) alone(p syntax.Piece) []*doc {
	end := p.End
	for l.toks[p.End-1].Kind == syntax.NewLine {
		p.End--
	}
	docs := l.statement(p, l.decorators)
	for l.i = p.End; l.i < end; {
		docs = append(docs, l.take()...)
	}
	return docs
}

func (l *layout) attempt(p syntax.Piece, f func() []*doc) (docs []*doc, ok bool) {
	breaks := l.breaks
	l.told, l.depth = 0, 0
	defer func() {
		if r := recover(); r != nil {
			if _, mine := r.(unprintable); !mine {
				panic(r)
			}
			ok = false
		}
		l.breaks = breaks
	}()
	docs = f()
	return docs, l.i == p.End && l.told == l.commentsIn(p.First, p.End)
}

func (l *layout) commentsIn(start, end int) int {
	n := 0
	for _, t := range l.toks[start:end] {
		n += len(t.lead) + len(t.trail)
	}
	return n
}

func (l *layout) hasError(start, end int) bool {
	for _, w := range l.wrong {
		if w.Start >= start && w.End <= end {
			return true
		}
	}
	return false
}

// verbatim is p as it is written, with the comments that belong to its tokens.
func (l *layout) verbatim(p syntax.Piece) []*doc {
	start := 0
	if p.First > 0 {
		start = l.toks[p.First-1].reach
	}
	s := l.src[start:l.toks[p.End-1].reach]
	return []*doc{word(strings.Trim(lineEnds(s, l.newline), " \t\r\n"))}
}

// leading are the comments in front of t.
func (l *layout) leading(t *token) []*doc {
	var docs []*doc
	for _, c := range t.lead {
		l.told++
		if strings.HasPrefix(c, "//") {
			l.breaks++
		}
		docs = append(docs, word(lineEnds(c, l.newline)))
	}
	return docs
}

// trailing are the comments after t; one that ends the line is end.
func (l *layout) trailing(t *token) (docs []*doc, end *doc) {
	for _, c := range t.trail {
		l.told++
		if strings.HasPrefix(c, "//") {
			l.breaks++
			return docs, &doc{kind: suffix, text: " " + c}
		}
		docs = append(docs, word(lineEnds(c, l.newline)))
	}
	return docs, nil
}

// take is the current token with its comments. Commas are printed by those who
// need them.
func (l *layout) take() []*doc {
	t := l.tok()
	if t.Kind != syntax.EOF {
		l.i++
	}
	switch stickiness(t.Kind) {
	case stickNone:
		if t.Kind == syntax.Comma {
			return nil
		}
		return []*doc{word(t.Text)}
	case stickLeading:
		return l.takeLeading(t)
	case stickTrailing:
		lead := l.leading(t)
		return append(lead, l.withTrailing(nil, word(t.Text), t))
	}
	return []*doc{l.withTrailing(l.leading(t), word(t.Text), t)}
}

func (l *layout) takeLeading(t *token) []*doc {
	lead := l.leading(t)
	switch t.Kind {
	case syntax.Pipe, syntax.EOF:
		if len(lead) == 0 {
			return nil
		}
		return []*doc{spread(lead...)}
	case syntax.NewLine:
		end := softLine
		if strings.Count(lineEnds(t.Text, "\n"), "\n") > 1 {
			end = hardLine
		}
		if len(lead) == 0 {
			return []*doc{end}
		}
		l.breaks++
		return []*doc{spread(lead...), end}
	}
	if len(lead) == 0 {
		return []*doc{word(t.Text)}
	}
	return []*doc{spread(append(lead, word(t.Text))...)}
}

// withTrailing puts the comments in front of d, d, and t's trailing comments together.
func (l *layout) withTrailing(lead []*doc, d *doc, t *token) *doc {
	trail, end := l.trailing(t)
	if len(lead)+len(trail) > 0 {
		d = spread(append(append(lead, d), trail...)...)
	}
	if end != nil {
		d = glued(d, end)
	}
	return d
}

// one takes a token of kind k, which has no dangling comments.
func (l *layout) one(k syntax.Kind) *doc {
	if !l.at(k) {
		l.bail()
	}
	docs := l.take()
	if len(docs) != 1 {
		l.bail()
	}
	return docs[0]
}

func (l *layout) name() *doc { return l.one(syntax.Identifier) }

// lines takes line ends, which the printed form has only for their comments.
func (l *layout) lines() []*doc {
	var docs []*doc
	for l.at(syntax.NewLine) {
		docs = append(docs, l.take()...)
	}
	return docs
}

// declaration is a declaration with its decorators.
func (l *layout) declaration() []*doc {
	docs := l.decorators()
	if l.at(syntax.RBrace) {
		return docs // in a resource that ends there
	}
	if !l.at(syntax.Identifier) {
		l.bail()
	}
	var d *doc
	switch l.tok().Text {
	case "targetScope":
		d = spread(l.name(), l.one(syntax.Assign), l.expr())
	case "metadata", "assert":
		d = spread(l.name(), l.name(), l.one(syntax.Assign), l.expr())
	case "param", "var", "output":
		d = l.typed()
	case "type":
		d = spread(l.name(), l.name(), l.one(syntax.Assign), l.typeExpr())
	case "resource", "module", "test":
		d = l.resource()
	case "func":
		d = spread(l.name(), glued(l.name(), l.typedLambda()))
	case "import", "provider", "extension", "extensionConfig", "using", "extends":
		d = l.clauses()
	default:
		l.bail()
	}
	return append(docs, d)
}

// decorators are those in front of a declaration or member, without blank lines
// between them. Members with decorators stay on lines of their own: the official
// formatter puts what fits on one line, which then no longer compiles.
func (l *layout) decorators() []*doc {
	var docs []*doc
	if l.at(syntax.At) {
		l.breaks++
	}
	for l.at(syntax.At) {
		docs = append(docs, glued(l.one(syntax.At), l.postfix()))
		for _, d := range l.lines() {
			if d != hardLine {
				docs = append(docs, d)
			}
		}
	}
	return docs
}

// typed is `param name type = value` with type or value left out, var and output.
func (l *layout) typed() *doc {
	parts := []*doc{l.name(), l.name()}
	if !l.at(syntax.Assign) && (!l.at(syntax.NewLine) || l.pipeFollows()) {
		parts = append(parts, l.typeExpr())
	}
	if l.at(syntax.Assign) {
		parts = append(parts, l.one(syntax.Assign), l.expr())
	}
	return spread(parts...)
}

// resource is a resource, module or test.
func (l *layout) resource() *doc {
	parts := []*doc{l.name(), l.name(), l.stringLit()}
	if l.keyword("existing") {
		parts = append(parts, l.name())
	}
	parts = append(parts, l.one(syntax.Assign))
	before := l.breaks
	between := l.lines()
	if !l.keyword("if") {
		return spread(append(parts, l.expr())...)
	}
	value := l.condition()
	if len(withoutLines(between)) > 0 {
		value = l.indentGroup(before, append(between, value))
	}
	return spread(append(parts, value)...)
}

// condition is `if (x) {...}`.
func (l *layout) condition() *doc {
	return spread(l.name(), l.parens(), l.object())
}

// clauses are the declarations made of words, strings, objects and lists. The
// official formatter prints a blank for a with clause that is not there.
func (l *layout) clauses() *doc {
	extension, with := l.keyword("extension") || l.keyword("provider"), false
	parts := []*doc{l.name()}
	for !l.at(syntax.NewLine) && !l.at(syntax.EOF) {
		with = with || l.keyword("with")
		if extension && !with && l.keyword("as") {
			parts = append(parts, empty)
		}
		switch {
		case l.at(syntax.LBrace) && l.toks[l.i-1].Text == "import":
			parts = append(parts, l.importList())
		case l.at(syntax.LBrace):
			parts = append(parts, l.object())
		case l.at(syntax.StringComplete), l.at(syntax.StringLeft):
			parts = append(parts, l.stringLit())
		case l.at(syntax.Star):
			parts = append(parts, l.one(syntax.Star))
		default:
			parts = append(parts, l.expr())
		}
	}
	return spread(parts...)
}

func (l *layout) importList() *doc {
	open := l.one(syntax.LBrace)
	before := l.breaks
	force := l.at(syntax.NewLine)
	var items []*doc
	n := 0
	for !l.at(syntax.RBrace) {
		switch l.tok().Kind {
		case syntax.NewLine, syntax.Comma:
			items = append(items, l.take()...)
			continue
		case syntax.StringComplete, syntax.Identifier:
		default:
			l.bail()
		}
		parts := l.take()
		if l.keyword("as") {
			parts = append(parts, spread(l.name(), l.name()))
		}
		items = append(items, spread(parts...))
		n++
	}
	return l.bracket(brackets{open: open, before: before, items: items, end: syntax.RBrace, sep: lineOrCommaSpace, pad: lineOrSpace, force: force && n > 0})
}
