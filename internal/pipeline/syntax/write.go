package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Write prints a tree as YAML that Read reads to the same tree.
func Write(n *Node) string {
	var b strings.Builder
	w := writer{&b}
	if n != nil {
		w.block(n, 0)
	}
	return b.String()
}

type writer struct{ *strings.Builder }

// block writes n from the start of a line, indented.
func (w writer) block(n *Node, indent int) {
	switch {
	case n.Kind == Mapping && len(n.Pairs) > 0:
		for _, p := range n.Pairs {
			w.pad(indent)
			w.pair(p, indent)
		}
	case n.Kind == Sequence && len(n.Items) > 0:
		for _, item := range n.Items {
			w.pad(indent)
			w.item(item, indent)
		}
	default:
		w.pad(indent)
		w.scalar(n, indent)
	}
}

func (w writer) pad(indent int) { w.WriteString(strings.Repeat(" ", indent)) }

func (w writer) pair(p Pair, indent int) {
	w.WriteString(quote(p.Key))
	w.WriteByte(':')
	switch {
	case p.Value.Kind == Mapping && len(p.Value.Pairs) > 0:
		w.WriteByte('\n')
		w.block(p.Value, indent+2)
	case p.Value.Kind == Sequence && len(p.Value.Items) > 0:
		w.WriteByte('\n')
		w.block(p.Value, indent)
	case p.Value.Style == Plain && p.Value.Kind == Scalar && p.Value.Value == "":
		w.WriteByte('\n')
	default:
		w.WriteByte(' ')
		w.scalar(p.Value, indent+2)
	}
}

func (w writer) item(n *Node, indent int) {
	w.WriteString("- ")
	switch {
	case n.Kind == Mapping && len(n.Pairs) > 0:
		for i, p := range n.Pairs {
			if i > 0 {
				w.pad(indent + 2)
			}
			w.pair(p, indent+2)
		}
	case n.Kind == Sequence && len(n.Items) > 0:
		for i, item := range n.Items {
			if i > 0 {
				w.pad(indent + 2)
			}
			w.item(item, indent+2)
		}
	default:
		w.scalar(n, indent+2)
	}
}

// scalar writes a scalar, or an empty collection, and ends the line.
func (w writer) scalar(n *Node, indent int) {
	switch {
	case n.Kind == Mapping:
		w.WriteString("{}\n")
	case n.Kind == Sequence:
		w.WriteString("[]\n")
	case n.Style != Plain && indent > 0 && blockable(n.Value):
		w.WriteString(blockHeader(n.Value))
		for _, line := range strings.Split(strings.TrimSuffix(n.Value, "\n"), "\n") {
			if line != "" {
				w.pad(indent)
			}
			w.WriteString(line + "\n")
		}
	default:
		w.WriteString(quote(n) + "\n")
	}
}

// blockable reports whether a text of several lines can stand in a literal block without escapes.
func blockable(s string) bool {
	if !strings.Contains(s, "\n") || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") || strings.HasPrefix(s, "\t") || !utf8.ValidString(s) {
		return false
	}
	for _, line := range strings.Split(s, "\n") {
		if line != "" && strings.TrimSpace(line) == "" {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || unprintable(r) }) &&
		!strings.HasSuffix(s, "\n\n")
}

func unprintable(r rune) bool {
	return r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == utf8.RuneError
}

func blockHeader(s string) string {
	if strings.HasSuffix(s, "\n") {
		return "|\n"
	}
	return "|-\n"
}

// quote writes a scalar on one line.
func quote(n *Node) string {
	s := n.Value
	if n.Style == Plain && s == "" {
		return "null"
	}
	if n.Style == Plain && plainAsWas(s) || n.Style != Plain && plainText(s) {
		return s
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || unprintable(r) }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// plainAsWas: a scalar that was plain, and still reads as plain on one line.
func plainAsWas(s string) bool {
	return s != "" && safePlain(s)
}

// plainText: a quoted text that needs no quotes, since it cannot be taken for another type.
func plainText(s string) bool {
	if !safePlain(s) {
		return false
	}
	switch c := s[0]; {
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '$' && !strings.HasPrefix(s, "${{"):
	default:
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan":
		return false
	}
	return true
}

// safePlain is stricter than YAML: letters, digits, and signs without a meaning.
func safePlain(s string) bool {
	if s == "" || strings.HasSuffix(s, " ") || strings.HasPrefix(s, " ") || s == "-" || s == "---" || s == "..." || strings.HasPrefix(s, "- ") {
		return false
	}
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune("_.-/$()+~<@=;\\", r) && (i > 0 || !strings.ContainsRune("@~", r)):
		case r == ' ' && i > 0:
		default:
			return s == "~"
		}
	}
	return true
}
