package policy

import (
	"strings"

	"gatehouse/internal/diag"
)

// Layout of formatted documents.
const (
	formatIndent = "    "
	formatWidth  = 140 // of a start tag on one line
)

// Format lays a document out: one element a line, four spaces a level, one empty line at most
// between policies. Values, expressions, bodies and comments stay byte for byte.
func Format(src string, o Options) (string, diag.List) {
	source := diag.NewSource(o.File, src)
	root, diags := readKeeping(source, o.Format)
	if root == nil {
		return "", diags
	}
	w := &formatter{src: src}
	w.around(strings.TrimPrefix(src[:root.at-1], "\uFEFF"))
	w.element(root, "")
	w.around(src[root.after:])
	return w.b.String(), diags
}

type formatter struct {
	src string
	b   strings.Builder
}

// around writes what stands before or after the root: comments and processing instructions.
func (w *formatter) around(text string) {
	if text = strings.TrimSpace(text); text != "" {
		w.b.WriteString(text + "\n")
	}
}

func (w *formatter) element(e *element, indent string) {
	if e.name == commentName {
		w.b.WriteString(indent + e.inner + "\n")
		return
	}
	w.b.WriteString(indent)
	w.startTag(e, indent)
	switch {
	case e.empty:
		w.b.WriteString(" />\n")
	case keepsContent(e) || strings.TrimSpace(e.text.text) != "":
		w.b.WriteString(">" + e.inner + "</" + e.name + ">\n")
	case len(e.children) == 0:
		w.b.WriteString("></" + e.name + ">\n")
	default:
		w.b.WriteString(">\n")
		for i, child := range e.children {
			if i > 0 && w.apart(e.children[i-1], child) {
				w.b.WriteByte('\n')
			}
			w.element(child, indent+formatIndent)
		}
		w.b.WriteString(indent + "</" + e.name + ">\n")
	}
}

// keepsContent are elements whose content is a message, not policies.
func keepsContent(e *element) bool {
	return e.name == "set-body" || e.name == "cross-domain" || e.name == "log-to-eventhub"
}

// apart reports whether an empty line stands between two elements; it is kept.
func (w *formatter) apart(a, b *element) bool {
	return strings.Count(strings.ReplaceAll(w.src[a.after:b.at], "\r", ""), "\n\n") > 0
}

func (w *formatter) startTag(e *element, indent string) {
	parts := make([]string, len(e.attributes))
	length := len(indent) + len(e.name) + 3
	several := false
	for i, a := range e.attributes {
		parts[i] = w.src[a.at:a.end]
		length += len(parts[i]) + 1
		several = several || strings.Contains(parts[i], "\n")
	}
	w.b.WriteString("<" + e.name)
	separator := " "
	if length > formatWidth && !several && len(parts) > 1 {
		separator = "\n" + indent + formatIndent
	}
	for i, p := range parts {
		if i == 0 {
			w.b.WriteString(" " + p)
		} else {
			w.b.WriteString(separator + p)
		}
	}
}
