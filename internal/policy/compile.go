package policy

import (
	"strings"

	"gatehouse/internal/diag"
)

// section is one of the four parts of a document.
type section uint8

const (
	inbound section = iota
	backend
	outbound
	onError
	sectionCount
)

var sectionNames = [sectionCount]string{"inbound", "backend", "outbound", "on-error"}

func (s section) String() string { return sectionNames[s] }

// sections is a set of them.
type sections uint8

func in(list ...section) (set sections) {
	for _, s := range list {
		set |= 1 << s
	}
	return set
}

const everywhere = sections(1<<sectionCount - 1)

func (set sections) has(s section) bool { return set&(1<<s) != 0 }

// Document is a compiled document, not yet linked to its outer scopes.
type Document struct {
	scope    Scope
	sections [sectionCount]*[]builder // nil: not in the document, so the outer scope's applies
	refs     []Reference

	preflight []builder // the cors policies and <base /> that stand in inbound itself, in order
}

// References are the resources that the document names.
func (d *Document) References() []Reference { return d.refs }

// builder makes the step of one policy when its outer scopes are known; base is
// what <base /> stands for. It may return nil for a policy that does nothing.
type builder func(base step) step

// Compile reads and checks a document. The document is nil when the list has errors.
func Compile(src string, o Options) (*Document, diag.List) {
	c := &compiler{src: diag.NewSource(o.File, src), o: o, document: &Document{scope: o.Scope}}
	root, diags := read(c.src, o.Format)
	c.diags = diags
	if root != nil {
		c.root(root)
	}
	c.diags.Sort()
	if c.diags.HasErrors() {
		return nil, c.diags
	}
	return c.document, c.diags
}

type compiler struct {
	src      *diag.Source
	o        Options
	document *Document
	diags    diag.List

	section  section
	path     []pathStep // of nested policies
	message  message    // that message policies change
	fragment string     // id of the fragment that is read; empty: the document itself
	once     map[string]bool
}

// pathStep is one part of LastError.Path, e.g. choose[3].
type pathStep struct {
	name  string
	index int
}

func (c *compiler) report(k code, start, end int, args ...any) {
	c.diags = append(c.diags, k.at(c.src, start, end, args...))
}

func (c *compiler) reportElement(k code, e *element, args ...any) { c.report(k, e.at, e.end, args...) }

func (c *compiler) root(root *element) {
	if root.name != "policies" {
		c.reportElement(codeRoot, root, "<"+root.name+">")
		return
	}
	c.noAttributes(root)
	c.noText(root)
	for _, e := range root.children {
		s, ok := sectionNamed(e.name)
		switch {
		case !ok:
			c.reportElement(codeSection, e, e.name)
		case c.document.sections[s] != nil:
			c.reportElement(codeTwice, e, e.name, "<policies>")
		default:
			c.noAttributes(e)
			c.section = s
			list := c.block(e)
			c.document.sections[s] = &list
		}
	}
}

func sectionNamed(name string) (section, bool) {
	for s, n := range sectionNames {
		if n == name {
			return section(s), true
		}
	}
	return 0, false
}

// block compiles the policies inside of e.
func (c *compiler) block(e *element) []builder {
	c.noText(e)
	var list []builder
	seen := map[string]int{}
	for _, child := range e.children {
		seen[child.name]++
		c.path = append(c.path, pathStep{child.name, seen[child.name]})
		if b := c.policy(child); b != nil {
			list = append(list, b)
			if c.answersPreflight(child) {
				c.document.preflight = append(c.document.preflight, b)
			}
		}
		c.path = c.path[:len(c.path)-1]
	}
	return list
}

// answersPreflight reports whether e is one of the elements that are run for preflight requests:
// direct children of inbound, also by way of a fragment.
func (c *compiler) answersPreflight(e *element) bool {
	if c.section != inbound || e.name != "cors" && e.name != "base" {
		return false
	}
	return len(c.path) == 1 || len(c.path) == 2 && c.fragment != "" && c.path[0].name == "include-fragment"
}

// policy compiles one policy; nil after an error.
func (c *compiler) policy(e *element) builder {
	d, ok := definitionOf(e.name)
	switch {
	case !ok && refusedPolicies[e.name] != "":
		c.reportElement(codeLater, e, e.name, refusedPolicies[e.name])
		return nil
	case !ok:
		c.reportElement(codeUnknown, e, e.name)
		return nil
	case !d.sections.has(c.section):
		c.reportElement(codePlacement, e, e.name, c.section)
		return nil
	case !d.scopes.has(c.o.Scope):
		c.reportElement(codeScope, e, e.name, c.o.Scope)
		return nil
	}
	c.checkAttributes(e, d)
	c.checkOnce(e, d)
	return c.traced(e, d.compile(c, e))
}

// checkOnce reports a policy that stands a second time where it may stand once.
func (c *compiler) checkOnce(e *element, d definition) {
	switch {
	case d.once && c.once[e.name]:
		c.reportElement(codeTwice, e, e.name, "a policy document")
	case d.once:
		if c.once == nil {
			c.once = map[string]bool{}
		}
		c.once[e.name] = true
	case hasWord(onceInBlock, e.name) && c.path[len(c.path)-1].index > 1:
		c.reportElement(codeTwice, e, e.name, "<"+c.section.String()+">")
	}
}

// checkAttributes reports attributes that are not among names. Names are separated by spaces.
func (c *compiler) checkAttributes(e *element, d definition) {
next:
	for _, a := range e.attributes {
		if a.name == "id" {
			continue
		}
		for name := range strings.FieldsSeq(d.attributes) {
			if a.name == name {
				continue next
			}
		}
		c.report(codeAttribute, a.at, a.at+len(a.name), a.name, e.name)
	}
}

func (c *compiler) noAttributes(e *element) { c.checkAttributes(e, definition{}) }

func (c *compiler) noText(e *element) {
	if t := strings.TrimSpace(e.text.text); t != "" {
		lead := len(c.src.Text[e.text.at:e.text.end]) - len(strings.TrimLeft(c.src.Text[e.text.at:e.text.end], " \t\r\n"))
		c.report(codeText, e.text.at+lead, e.text.end, e.name)
	}
}

func (c *compiler) noChildren(e *element) {
	for _, child := range e.children {
		c.reportElement(codeChild, child, child.name, e.name)
	}
	c.noText(e)
}

// expand replaces {{name}} in v. The value never comes into a diagnostic: those are
// made from names and places only.
func (c *compiler) expand(v value) (string, bool) {
	if !strings.Contains(v.text, "{{") {
		return v.text, true
	}
	ok := true
	text := replaceNamedValues(v.text, func(name string) (string, bool) {
		c.document.refs = append(c.document.refs, Reference{Kind: "namedValue", Name: name, Range: c.src.Range(v.at, v.end)})
		if c.o.NamedValues != nil {
			if value, _, found := c.o.NamedValues(name); found {
				return value, true
			}
		}
		c.report(codeNamedValue, v.at, v.end, name)
		ok = false
		return "", false
	})
	return text, ok
}

// expandKnown is expand for liquid templates, which have {{ }} of their own: a name that is no
// named value stays.
func (c *compiler) expandKnown(v value) string {
	return replaceNamedValues(v.text, func(name string) (string, bool) {
		if c.o.NamedValues == nil {
			return "", false
		}
		value, _, found := c.o.NamedValues(name)
		if found {
			c.document.refs = append(c.document.refs, Reference{Kind: "namedValue", Name: name, Range: c.src.Range(v.at, v.end)})
		}
		return value, found
	})
}

// NamedValueNames are the names in {{ }} in src, each once, in order: what a
// compiled document depends on beside its text.
func NamedValueNames(src string) (names []string) {
	seen := map[string]bool{}
	replaceNamedValues(src, func(name string) (string, bool) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		return "", false
	})
	return names
}

// replaceNamedValues calls get for each {{name}} and puts its value in its place when
// it has one. Names are made of letters, digits, '.', '-' and '_', as API Management
// asks of a named value's display name; other braces stay.
func replaceNamedValues(s string, get func(name string) (string, bool)) string {
	var b strings.Builder
	seen := 0
	for _, n := range namedValuesIn(s) {
		b.WriteString(s[seen:n.start])
		if v, ok := get(n.name); ok {
			b.WriteString(v)
		} else {
			b.WriteString(s[n.start:n.end])
		}
		seen = n.end
	}
	b.WriteString(s[seen:])
	return b.String()
}

// namedValueUse is one {{name}}.
type namedValueUse struct {
	name       string
	start, end int
}

func namedValuesIn(s string) (list []namedValueUse) {
	for at := 0; ; {
		i := strings.Index(s[at:], "{{")
		if i < 0 {
			return list
		}
		i += at
		n := strings.Index(s[i:], "}}")
		if n < 0 {
			return list
		}
		if name := strings.Trim(s[i+2:i+n], " "); isNamedValueName(name) {
			list = append(list, namedValueUse{name, i, i + n + 2})
			at = i + n + 2
		} else {
			at = i + 1
		}
	}
}

func isNamedValueName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return name != "" && len(name) <= 256
}
