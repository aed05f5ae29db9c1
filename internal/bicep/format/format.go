package format

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// Options are those of the official formatter.
type Options struct {
	Tabs           bool // indent with tabs instead of blanks
	IndentSize     int  // blanks a level
	Width          int  // characters a line
	Newline        string
	NoFinalNewline bool
}

// Default is how the official formatter prints when nothing is configured.
func Default() Options { return Options{IndentSize: 2, Width: 120, Newline: "\n"} }

// maxIndent is the official limit of the indent size.
const maxIndent = 1000

func (o Options) indent() string {
	if o.Tabs {
		return "\t"
	}
	return strings.Repeat(" ", min(max(o.IndentSize, 0), maxIndent))
}

// Source formats the text of the .bicep or .bicepparam file named name. What has
// syntax errors stays as it is written.
func Source(name, text string, o Options) string {
	if o.Newline == "" {
		o.Newline = "\n"
	}
	text = strings.TrimLeft(text, "\ufeff")
	file, diags := syntax.Parse(name, text)
	l := newLayout(file, diags, o.Newline)
	p := &printer{indent: o.indent(), newline: o.Newline, width: max(o.Width, 0)}
	for _, d := range l.program() {
		p.print(0, d)
	}
	if !o.NoFinalNewline {
		p.out.WriteString(o.Newline)
	}
	return p.out.String()
}
