package xsd

import "strings"

// constraint is a key, keyref or unique of an element.
type constraint struct {
	name     Name
	kind     string // key, keyref, unique
	selector []path
	fields   [][]path
	refer    *constraint
}

// path is one alternative of the XPath of a selector or field, in the part of the language that
// https://www.w3.org/TR/xmlschema-1/#coss-identity-constraint allows.
type path struct {
	anywhere  bool // begins with .//
	steps     []test
	attribute *test // the last step of a field
}

// test is a name, or one with *.
type test struct {
	name              Name
	anyName, anySpace bool
}

func (t *test) matches(n Name) bool {
	return (t.anySpace || t.name.Space == n.Space) && (t.anyName || t.name.Local == n.Local)
}

// matches reports whether the path leads from an element to one below it; names are those on the way, the last one its own.
func (p *path) matches(names []Name) bool {
	if len(names) < len(p.steps) || !p.anywhere && len(names) != len(p.steps) {
		return false
	}
	names = names[len(names)-len(p.steps):]
	for i := range p.steps {
		if !p.steps[i].matches(names[i]) {
			return false
		}
	}
	return true
}

func (r *resolver) constraints(e *element, n *node) {
	for _, c := range n.children {
		if !c.is("key") && !c.is("keyref") && !c.is("unique") {
			continue
		}
		local, _ := c.get("name")
		made := &constraint{name: Name{c.doc.target, local}, kind: c.name.Local}
		if r.globals.constraints[made.name] != nil {
			fail(c.line, "the identity constraint %s is declared twice", made.name)
		}
		r.globals.constraints[made.name] = made
		made.selector = readPaths(c.child("selector"), false)
		for _, f := range c.children {
			if f.is("field") {
				made.fields = append(made.fields, readPaths(f, true))
			}
		}
		if made.kind == "keyref" {
			refer, _ := c.qname("refer")
			r.references = append(r.references, reference{made, refer, c})
		}
		e.constraints = append(e.constraints, made)
	}
}

// keyrefs finds the keys that keyrefs name, when all are known.
func (r *resolver) keyrefs() {
	for _, ref := range r.references {
		target := r.globals.constraints[ref.name]
		switch {
		case target == nil || target.kind == "keyref":
			fail(ref.at.line, "the key %s is not declared", ref.name)
		case len(target.fields) != len(ref.from.fields):
			fail(ref.at.line, "the keyref %s has another number of fields than %s", ref.from.name, ref.name)
		}
		ref.from.refer = target
	}
}

// readPaths reads the attribute xpath.
func readPaths(n *node, field bool) (list []path) {
	text, _ := n.get("xpath")
	for part := range strings.SplitSeq(text, "|") {
		list = append(list, readPath(n, strings.TrimSpace(part), field))
	}
	return list
}

func readPath(n *node, text string, field bool) (p path) {
	bad := func() { fail(n.line, "'%s' is not an XPath that a %s may have", short(text), n.name.Local) }
	rest := text
	if after, ok := strings.CutPrefix(strings.ReplaceAll(rest, " ", ""), ".//"); ok {
		p.anywhere, rest = true, after
	}
	for step := range strings.SplitSeq(rest, "/") {
		step = strings.TrimSpace(step)
		if p.attribute != nil {
			bad()
		}
		if step == "." {
			continue
		}
		step, isChild := cutAxis(step, "child")
		step, isAttribute := cutAxis(step, "attribute")
		if short, ok := strings.CutPrefix(step, "@"); ok && !isAttribute && !isChild {
			step, isAttribute = strings.TrimSpace(short), true
		}
		t, ok := readTest(n, step)
		if !ok || isAttribute && !field || isAttribute && isChild {
			bad()
		}
		if isAttribute {
			p.attribute = &t
		} else {
			p.steps = append(p.steps, t)
		}
	}
	if p.anywhere && rest == "" {
		bad()
	}
	return p
}

func cutAxis(step, axis string) (string, bool) {
	if after, ok := strings.CutPrefix(step, axis); ok {
		if after, ok = strings.CutPrefix(strings.TrimSpace(after), "::"); ok {
			return strings.TrimSpace(after), true
		}
	}
	return step, false
}

// readTest reads a name test; names without a prefix have no namespace.
func readTest(n *node, step string) (t test, ok bool) {
	if step == "*" {
		return test{anyName: true, anySpace: true}, true
	}
	prefix, local, cut := strings.Cut(step, ":")
	if !cut {
		return test{name: Name{"", step}}, isNCName(step)
	}
	space, ok := n.spaces.find(prefix)
	if t = (test{name: Name{space, local}}); local == "*" {
		return test{name: Name{space, ""}, anyName: true}, ok && isNCName(prefix)
	}
	return t, ok && isNCName(prefix) && isNCName(local)
}

// maxKeys bounds the fields that a text may have for its identity constraints.
const maxKeys = 200_000

// scopeOf is one identity constraint of an element that is open.
type keyScope struct {
	*constraint
	depth  int // of the element
	tuples []*tuple
	open   []*tuple // whose element is open
}

// tuple is what one selected element has in the fields.
type tuple struct {
	depth  int
	fields []fieldValue
}

type fieldValue struct {
	key   string
	found bool
	isNil bool
}

// keys are the identity constraints of a text.
type keys struct {
	open   []*keyScope
	tables []map[*constraint]map[string]bool // of each open element: keys of itself and what is in it
	count  int
}

// start opens the constraints of an element, and selects it for those that are open. names are those of the open elements.
func (k *keys) start(names []Name, decl *element) string {
	k.tables = append(k.tables, nil)
	if decl != nil {
		for _, c := range decl.constraints {
			k.open = append(k.open, &keyScope{constraint: c, depth: len(names)})
		}
	}
	for _, s := range k.open {
		for i := range s.selector {
			if s.selector[i].matches(names[s.depth:]) {
				if k.count += len(s.fields); k.count > maxKeys {
					return "The content is too large to be checked."
				}
				t := &tuple{depth: len(names), fields: make([]fieldValue, len(s.fields))}
				s.tuples, s.open = append(s.tuples, t), append(s.open, t)
				break
			}
		}
	}
	return ""
}

// value puts the value of an element or attribute into the tuples whose fields it is; attribute is nil for an element.
func (k *keys) value(names []Name, attribute *Name, key string, isNil, isSimple bool) string {
	for _, s := range k.open {
		for _, t := range s.open {
			for i, f := range s.fields {
				if !anyPath(f, names[t.depth:], attribute) {
					continue
				}
				switch {
				case !isSimple:
					return "The field '" + s.name.Local + "' is expecting an element or attribute with a simple type or content."
				case t.fields[i].found:
					return "The field '" + s.name.Local + "' can evaluate to at most one node."
				}
				t.fields[i] = fieldValue{key: key, found: true, isNil: isNil}
			}
		}
	}
	return ""
}

func anyPath(list []path, names []Name, attribute *Name) bool {
	for i := range list {
		p := &list[i]
		if (p.attribute == nil) != (attribute == nil) || attribute != nil && !p.attribute.matches(*attribute) {
			continue
		}
		if p.matches(names) {
			return true
		}
	}
	return false
}

// end closes an element: those who selected it, then its own constraints.
func (k *keys) end(depth int) string {
	for _, s := range k.open {
		if n := len(s.open); n > 0 && s.open[n-1].depth == depth {
			s.open = s.open[:n-1]
		}
	}
	own := k.tables[depth-1]
	var closed []*keyScope
	for n := len(k.open); n > 0 && k.open[n-1].depth == depth; n = len(k.open) {
		closed, k.open = append(closed, k.open[n-1]), k.open[:n-1]
	}
	for _, s := range closed {
		if s.kind == "keyref" {
			continue
		}
		table, problem := s.table()
		if problem != "" {
			return problem
		}
		if own == nil {
			own = map[*constraint]map[string]bool{}
		}
		own[s.constraint] = merge(own[s.constraint], table)
	}
	for _, s := range closed {
		if s.kind == "keyref" {
			if problem := s.check(own[s.refer]); problem != "" {
				return problem
			}
		}
	}
	k.tables = k.tables[:depth-1]
	if depth > 1 && own != nil {
		k.hand(depth-2, own)
	}
	return ""
}

// hand gives the keys of an element to its parent.
func (k *keys) hand(at int, own map[*constraint]map[string]bool) {
	if k.tables[at] == nil {
		k.tables[at] = own
		return
	}
	for c, table := range own {
		k.tables[at][c] = merge(k.tables[at][c], table)
	}
}

// merge adds the smaller table to the larger one.
func merge(a, b map[string]bool) map[string]bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	for key := range b {
		a[key] = true
	}
	return a
}

func (t *tuple) key() (key string, complete bool) {
	var b strings.Builder
	for _, f := range t.fields {
		if !f.found || f.isNil {
			return "", false
		}
		b.WriteString(f.key + "\x00")
	}
	return b.String(), true
}

// table is the keys of a key or unique.
func (s *keyScope) table() (map[string]bool, string) {
	table := map[string]bool{}
	for _, t := range s.tuples {
		key, complete := t.key()
		switch {
		case !complete && s.kind == "key":
			return nil, "The identity constraint '" + s.name.plain() + "' validation has failed. Either a key is missing or the existing key has an empty node."
		case !complete:
		case table[key]:
			return nil, "There is a duplicate key sequence '" + show(key) + "' for the '" + s.name.plain() + "' key or unique identity constraint."
		default:
			table[key] = true
		}
	}
	return table, ""
}

// check compares a keyref's values with the keys.
func (s *keyScope) check(table map[string]bool) string {
	for _, t := range s.tuples {
		if key, complete := t.key(); complete && !table[key] {
			return "The key sequence '" + show(key) + "' in '" + s.name.plain() + "' Keyref fails to refer to some key."
		}
	}
	return ""
}

// show is a key without the names of the types.
func show(key string) string {
	parts := strings.Split(strings.TrimSuffix(key, "\x00"), "\x00")
	for i, p := range parts {
		if _, after, ok := strings.Cut(p, " "); ok {
			parts[i] = after
		}
	}
	return short(strings.Join(parts, " "))
}
