package format

import (
	"strings"
	"unicode/utf8"
)

// kind says what a document is.
type kind uint8

const (
	text   kind = iota // printed as it is
	either             // text when broken, flat when on one line
	suffix             // a comment at a line's end, which counts as no width
	line               // a line end, or flat when on one line
	glue               // one after the other
	group              // on one line when it fits, else broken
	indent             // one level further in
	tail               // an object or array as last argument: only its bracket must fit
)

// doc is a set of ways to print something.
type doc struct {
	kind kind
	text string
	flat *doc // of a line or either; nil: can't be put on one line
	docs []*doc
}

var (
	empty            = word("")
	space            = word(" ")
	hardLine         = &doc{kind: line}
	softLine         = &doc{kind: line} // may or may not be printed
	lineOrEmpty      = &doc{kind: line, flat: empty}
	lineOrSpace      = &doc{kind: line, flat: space}
	lineOrCommaSpace = &doc{kind: line, flat: word(", ")}
	leadingBar       = &doc{kind: either, text: "| ", flat: empty}
)

func word(s string) *doc { return &doc{kind: text, text: s} }

func glued(docs ...*doc) *doc { return &doc{kind: glue, docs: docs} }

// spread puts blanks between docs.
func spread(docs ...*doc) *doc { return glued(separate(docs, space)...) }

func indented(docs ...*doc) *doc { return &doc{kind: indent, docs: docs} }

// separate puts sep between docs, but not after a line end.
func separate(docs []*doc, sep *doc) []*doc {
	out := make([]*doc, 0, 2*len(docs))
	for i, d := range docs {
		if i > 0 && docs[i-1] != hardLine {
			out = append(out, sep)
		}
		out = append(out, d)
	}
	return out
}

// trimLines removes line ends from both ends.
func trimLines(docs []*doc) []*doc {
	for len(docs) > 0 && docs[0].kind == line {
		docs = docs[1:]
	}
	for len(docs) > 0 && docs[len(docs)-1].kind == line {
		docs = docs[:len(docs)-1]
	}
	return docs
}

// collapse drops single soft line ends and makes one hard line of several; n is
// how many hard ones there are.
func collapse(docs []*doc) (out []*doc, n int) {
	var previous *doc
	for _, d := range docs {
		switch {
		case d == softLine && previous == softLine, d == hardLine && previous != hardLine:
			if len(out) == 0 || out[len(out)-1] != hardLine {
				out = append(out, hardLine)
				n++
			}
		case d.kind != line:
			out = append(out, d)
		}
		previous = d
	}
	return out, n
}

// withoutLines removes all line ends.
func withoutLines(docs []*doc) []*doc {
	var out []*doc
	for _, d := range docs {
		if d.kind != line {
			out = append(out, d)
		}
	}
	return out
}

func (d *doc) container() bool { return d.kind >= glue }

// hasSuffix reports whether d ends with a comment that ends its line.
func (d *doc) hasSuffix() bool {
	for d.container() && len(d.docs) > 0 {
		d = d.docs[len(d.docs)-1]
	}
	return d.kind == suffix
}

func (d *doc) width() int {
	switch d.kind {
	case text, either:
		return utf8.RuneCountInString(d.text)
	case tail:
		return 1
	}
	return 0
}

// flatten appends d as put on one line; false when that can't be.
func (d *doc) flatten(out []*doc) ([]*doc, bool) {
	switch d.kind {
	case text, suffix, tail:
		return append(out, d), true
	case line, either:
		if d.flat == nil {
			return out, false
		}
		return append(out, d.flat), true
	}
	ok := true
	for _, c := range d.docs {
		if out, ok = c.flatten(out); !ok {
			return out, false
		}
	}
	return out, true
}

// printer prints documents. occupied is the width of the line so far, as the
// official printer counts it.
type printer struct {
	out             strings.Builder
	spaces          string // not yet written: dropped at a line's end
	indent, newline string
	width, occupied int
}

func (p *printer) write(s string) {
	if strings.TrimLeft(s, " \t\r\n") == "" {
		p.spaces += s
		return
	}
	p.out.WriteString(p.spaces)
	p.out.WriteString(s)
	p.spaces = ""
}

func (p *printer) print(level int, d *doc) {
	switch d.kind {
	case text, either, suffix:
		p.write(d.text)
		p.occupied += d.width()
	case line:
		p.out.WriteString(p.newline)
		p.spaces = strings.Repeat(p.indent, level)
		p.occupied = len(p.spaces)
	case group:
		p.group(level, d)
	case indent:
		level++
		fallthrough
	default:
		for _, c := range d.docs {
			p.print(level, c)
		}
	}
}

func (p *printer) group(level int, d *doc) {
	docs := d.docs
	if flat, ok := p.fit(d); ok {
		docs = flat
	}
	for _, c := range docs {
		p.print(level, c)
	}
}

// fit puts d on the rest of the line, when it has the room. What follows a tail
// is only closing brackets.
func (p *printer) fit(d *doc) ([]*doc, bool) {
	room := p.width - p.occupied
	if room < 0 {
		return nil, false
	}
	flat, ok := d.flatten(nil)
	if !ok {
		return nil, false
	}
	for _, c := range flat {
		if room -= c.width(); room < 0 {
			return nil, false
		}
		if c.kind == tail {
			break
		}
	}
	return flat, true
}
