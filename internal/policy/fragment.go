package policy

import (
	"strings"

	"gatehouse/internal/diag"
)

// includeFragment compiles <include-fragment>: the policies of the fragment stand in its place.
// Findings in the fragment name it and its own lines.
func (c *compiler) includeFragment(e *element) builder {
	c.noChildren(e)
	id, ok := c.required(e, "fragment-id")
	if !ok {
		return nil
	}
	if c.fragment != "" {
		// https://learn.microsoft.com/azure/api-management/policy-fragments: they can't be nested.
		c.reportElement(codeNested, e, e.name)
		return nil
	}
	id = strings.TrimSpace(id)
	c.refer(e, "fragment-id", "fragment", id)
	var text, format string
	if ok = c.o.Fragments != nil; ok {
		text, format, ok = c.o.Fragments(id)
	}
	if !ok {
		a := e.attribute("fragment-id")
		c.report(codeFragment, a.value.at, a.value.end, id)
		return nil
	}
	wasSource := c.src
	defer func() { c.src, c.fragment = wasSource, "" }()
	c.src, c.fragment = diag.NewSource("fragment "+id, text), id
	list := c.fragmentBody(format)
	return func(base step) step { return build(list, base) }
}

// fragmentBody compiles the policies inside of <fragment>.
func (c *compiler) fragmentBody(format string) []builder {
	root, diags := readFragment(c.src, format)
	c.diags = append(c.diags, diags...)
	if root == nil {
		return nil
	}
	if root.name != "fragment" {
		c.reportElement(codeFragmentRoot, root, "<"+root.name+">")
		return nil
	}
	c.noAttributes(root)
	return c.block(root)
}

// CheckFragment reads and checks the document of a policy fragment by itself: its policies must
// be known and well formed, in any section.
func CheckFragment(src string, o Options) diag.List {
	var best diag.List
	for s := range sectionCount {
		c := &compiler{src: diag.NewSource(o.File, src), o: o, document: &Document{scope: o.Scope}, section: s, fragment: o.File}
		c.fragmentBody(o.Format)
		c.diags.Sort()
		if !c.diags.HasErrors() {
			return c.diags
		}
		if s == 0 || len(c.diags) < len(best) {
			best = c.diags
		}
	}
	return best
}
