package pipeline

import "strings"

// maxMacroDepth bounds variables that use variables.
const maxMacroDepth = 50

// maxMacroText bounds what macros make of one text.
const maxMacroText = 4 << 20

// ReplaceMacros replaces each $(name) that lookup knows, also in the values that it
// gives; unknown ones stay as they are, and the first of them is returned.
func ReplaceMacros(text string, lookup func(name string) (string, bool)) (out, missing string) {
	m := macros{lookup: lookup}
	out = m.replace(text, 0)
	return out, m.missing
}

type macros struct {
	lookup  func(string) (string, bool)
	active  []string
	missing string
	size    int
}

func (m *macros) replace(text string, depth int) string {
	if !strings.Contains(text, "$(") {
		return text
	}
	var b strings.Builder
	for {
		start := strings.Index(text, "$(")
		if start < 0 {
			b.WriteString(text)
			return b.String()
		}
		length := strings.IndexByte(text[start:], ')')
		if length < 0 {
			b.WriteString(text)
			return b.String()
		}
		name := text[start+2 : start+length]
		// "$($(x)" and texts over lines: only the innermost is a macro.
		if inner := strings.LastIndex(name, "$("); inner >= 0 {
			b.WriteString(text[:start+2+inner])
			text = text[start+2+inner:]
			continue
		}
		b.WriteString(text[:start])
		b.WriteString(m.value(name, text[start:start+length+1], depth))
		text = text[start+length+1:]
	}
}

func (m *macros) value(name, literal string, depth int) string {
	v, ok := m.lookup(name)
	if !ok {
		if m.missing == "" {
			m.missing = name
		}
		return literal
	}
	for _, a := range m.active {
		if sameName(a, name) {
			return literal // a variable that names itself
		}
	}
	if m.size += len(v); depth >= maxMacroDepth || m.size > maxMacroText {
		return literal
	}
	m.active = append(m.active, name)
	v = m.replace(v, depth+1)
	m.active = m.active[:len(m.active)-1]
	return v
}
