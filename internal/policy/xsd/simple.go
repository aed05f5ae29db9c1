package xsd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// variety is how the values of a simple type are made.
type variety uint8

const (
	atomic variety = iota
	list
	union
)

// whiteSpace is what is done to a text before it is read.
type whiteSpace uint8

const (
	preserve whiteSpace = iota
	replaceSpace
	collapseSpace
)

// special are the types whose values mean something in the document.
type special uint8

const (
	ordinary special = iota
	idSpecial
	idrefSpecial
	entitySpecial
	integerSpecial
)

// simple is a simple type: what its values are and which facets bound them.
type simple struct {
	variety variety
	prim    *primitive // of an atomic type; nil: anySimpleType
	item    *simple
	members []*simple
	white   whiteSpace
	special special
	lexical func(string) bool // of a built-in type that is derived from string
	dotnet  string            // in .NET's messages, where it is not the primitive's
	facets  facets
	typ     *typ
}

// facets of a type and its bases.
type facets struct {
	length, minLength, maxLength *int
	total, fraction              *int
	low, high                    *bound
	values                       map[string]bool // enumeration
	patterns                     [][]*regexp.Regexp
	fixed                        map[string]bool
}

// bound is a minimum or maximum.
type bound struct {
	value     value
	exclusive bool
}

func normalize(s string, w whiteSpace) string {
	switch w {
	case replaceSpace:
		return normalizeAttribute(s)
	case collapseSpace:
		return collapse(s)
	}
	return s
}

// collapse makes single blanks of white space.
func collapse(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
}

// parse reads the text of a value; problem says in .NET's words what is wrong with it.
func (s *simple) parse(text string, at *context) (v value, problem string) {
	text = normalize(text, s.white)
	if problem := s.facets.checkText(text); problem != "" {
		return value{}, problem
	}
	switch s.variety {
	case list:
		v, problem = s.parseList(text, at)
	case union:
		v, problem = s.parseUnion(text, at)
	default:
		v, problem = s.parseAtomic(text, at)
	}
	if problem == "" {
		problem = s.facets.check(v)
	}
	return v, problem
}

func (s *simple) parseAtomic(text string, at *context) (value, string) {
	if s.prim == nil {
		return value{key: "string " + text, length: -1}, ""
	}
	v, ok := s.prim.parse(text, at)
	if ok = ok && (s.lexical == nil || s.lexical(text)); !ok {
		return value{}, "The string '" + short(text) + "' is not a valid " + s.dotnetName() + " value."
	}
	v.key = s.prim.name + " " + v.key
	if s.special != ordinary && s.special != integerSpecial {
		v.marks = []mark{{s.special, text}}
	}
	return v, ""
}

func (s *simple) dotnetName() string {
	if s.dotnet != "" {
		return s.dotnet
	}
	return s.prim.dotnet
}

func (s *simple) parseList(text string, at *context) (value, string) {
	var keys strings.Builder
	v := value{}
	for item := range strings.FieldsSeq(text) {
		x, problem := s.item.parse(item, at)
		if problem != "" {
			return value{}, problem
		}
		v.length++
		v.marks = append(v.marks, x.marks...)
		keys.WriteString(x.key + "\n")
	}
	v.key = keys.String()
	return v, ""
}

func (s *simple) parseUnion(text string, at *context) (value, string) {
	for _, m := range s.members {
		if v, problem := m.parse(text, at); problem == "" {
			v.length = -1
			return v, ""
		}
	}
	return value{}, "The value '" + short(text) + "' is not valid according to any of the memberTypes of the union."
}

// checkText compares a text with the patterns: one of each step of the derivation must match.
func (f *facets) checkText(text string) string {
next:
	for _, step := range f.patterns {
		for _, p := range step {
			if p.MatchString(text) {
				continue next
			}
		}
		return "The Pattern constraint failed."
	}
	return ""
}

func (f *facets) check(v value) string {
	if v.length >= 0 {
		switch {
		case f.length != nil && v.length != *f.length:
			return "The actual length is not equal to the specified length."
		case f.minLength != nil && v.length < *f.minLength:
			return "The actual length is less than the MinLength value."
		case f.maxLength != nil && v.length > *f.maxLength:
			return "The actual length is greater than the MaxLength value."
		}
	}
	switch {
	case f.low != nil && !f.low.below(v):
		return "The Min" + f.low.name() + " constraint failed."
	case f.high != nil && !f.high.above(v):
		return "The Max" + f.high.name() + " constraint failed."
	case f.total != nil && v.digits > *f.total:
		return "The TotalDigits constraint failed."
	case f.fraction != nil && v.fraction > *f.fraction:
		return "The FractionDigits constraint failed."
	case f.values != nil && !f.values[v.key]:
		return "The Enumeration constraint failed."
	}
	return ""
}

func (b *bound) name() string {
	if b.exclusive {
		return "Exclusive"
	}
	return "Inclusive"
}

func (b *bound) below(v value) bool {
	n, ok := b.value.order.compare(v.order)
	return ok && (n < 0 || n == 0 && !b.exclusive)
}

func (b *bound) above(v value) bool {
	n, ok := v.order.compare(b.value.order)
	return ok && (n < 0 || n == 0 && !b.exclusive)
}

// allowed are the facets of a type.
func (s *simple) allowed() string {
	switch {
	case s.variety == list:
		return textFacets
	case s.variety == union:
		return "pattern enumeration"
	case s.prim == nil:
		return ""
	}
	return s.prim.facets
}

// restrict is the type of a restriction with the facets of n.
func (s *simple) restrict(n *node) *simple {
	made := *s
	made.facets.fixed = map[string]bool{}
	for name := range s.facets.fixed {
		made.facets.fixed[name] = true
	}
	r := &restriction{base: s, made: &made, seen: map[string]bool{}}
	for _, c := range n.children {
		if strings.Contains(facetNames, c.name.Local+"|") || strings.Contains(facetNames, c.name.Local+")") {
			r.facet(c)
		}
	}
	r.finish(n)
	return &made
}

// restriction reads the facets of one step of a derivation.
type restriction struct {
	base, made *simple
	seen       map[string]bool
	patterns   []*regexp.Regexp
	values     map[string]bool
}

func (r *restriction) facet(n *node) {
	name := n.name.Local
	if !hasWord(r.base.allowed(), name) {
		fail(n.line, "the facet '%s' is not allowed for this type", name)
	}
	if r.seen[name] && name != "pattern" && name != "enumeration" {
		fail(n.line, "the facet '%s' is given twice", name)
	}
	r.seen[name] = true
	raw, _ := n.raw("value")
	switch name {
	case "pattern":
		p, err := compilePattern(raw)
		if err != nil {
			fail(n.line, "the pattern '%s' can't be used: %s", short(raw), err)
		}
		r.patterns = append(r.patterns, p)
	case "enumeration":
		if r.values == nil {
			r.values = map[string]bool{}
		}
		r.values[r.value(n, raw).key] = true
	case "whiteSpace":
		r.whiteSpace(n, collapse(raw))
	case "length", "minLength", "maxLength", "totalDigits", "fractionDigits":
		r.count(n, name, collapse(raw))
	default:
		r.bound(n, name, raw)
	}
	if fixed, _ := n.get("fixed"); fixed == "true" || fixed == "1" {
		r.made.facets.fixed[name] = true
	}
}

// value reads a value of the base type.
func (r *restriction) value(n *node, raw string) value {
	v, problem := r.base.parse(raw, &context{spaces: n.spaces, notations: n.doc.notations})
	if problem != "" {
		fail(n.line, "the facet '%s' can't be '%s': %s", n.name.Local, short(raw), problem)
	}
	return v
}

func (r *restriction) whiteSpace(n *node, v string) {
	at := map[string]whiteSpace{"preserve": preserve, "replace": replaceSpace, "collapse": collapseSpace}
	w, ok := at[v]
	if !ok || w < r.base.white || r.base.facets.fixed["whiteSpace"] && w != r.base.white {
		fail(n.line, "the facet 'whiteSpace' can't be '%s' here", short(v))
	}
	r.made.white = w
}

func (r *restriction) count(n *node, name, v string) {
	c, err := strconv.Atoi(v)
	if isDigits(v) && err != nil { // larger than any value can be
		c, err = 1<<31-1, nil
	}
	if err != nil || c < 0 || c == 0 && name == "totalDigits" {
		fail(n.line, "the facet '%s' can't be '%s'", name, short(v))
	}
	f := &r.made.facets
	at := map[string]**int{"length": &f.length, "minLength": &f.minLength, "maxLength": &f.maxLength, "totalDigits": &f.total, "fractionDigits": &f.fraction}[name]
	if old := *at; old != nil {
		wider := c > *old
		if name == "minLength" {
			wider = c < *old
		}
		if wider || c != *old && (name == "length" || r.base.facets.fixed[name]) {
			fail(n.line, "the facet '%s' can't be %d where the base type has %d", name, c, *old)
		}
	}
	*at = &c
}

func (r *restriction) bound(n *node, name, raw string) {
	side, kind := name[:3], name[3:]
	if r.seen[side+"Inclusive"] && r.seen[side+"Exclusive"] {
		fail(n.line, "'%sInclusive' and '%sExclusive' can't both be given", side, side)
	}
	b := &bound{exclusive: kind == "Exclusive"}
	base := *r.base
	base.facets.values, base.facets.patterns = nil, nil
	if b.exclusive { // may be the base's own, which is no value of it
		base.facets.low, base.facets.high = nil, nil
	}
	v, problem := base.parse(raw, &context{spaces: n.spaces})
	if problem != "" {
		fail(n.line, "the facet '%s' can't be '%s': %s", name, short(raw), problem)
	}
	b.value = v
	at := &r.made.facets.high
	if side == "min" {
		at = &r.made.facets.low
	}
	if old := *at; old != nil {
		same := old.value.key == v.key && old.exclusive == b.exclusive
		order, ok := old.value.order.compare(v.order)
		if side == "max" {
			order = -order
		}
		if !same && (r.base.facets.fixed[name] || !ok || order > 0) {
			fail(n.line, "the facet '%s' can't be '%s', which is wider than what the base type has", name, short(raw))
		}
	}
	*at = b
}

// finish puts the patterns and values of the step in place, and compares facets with each other.
func (r *restriction) finish(n *node) {
	f := &r.made.facets
	if r.patterns != nil {
		f.patterns = append(f.patterns[:len(f.patterns):len(f.patterns)], r.patterns)
	}
	if r.values != nil {
		f.values = r.values
	}
	b := r.base.facets
	if r.seen["length"] && (r.seen["minLength"] && b.minLength == nil || r.seen["maxLength"] && b.maxLength == nil) {
		fail(n.line, "length can't be given together with minLength or maxLength")
	}
	if problem := f.contradiction(); problem != "" {
		fail(n.line, "%s", problem)
	}
}

func (f *facets) contradiction() string {
	switch {
	case f.minLength != nil && f.maxLength != nil && *f.minLength > *f.maxLength:
		return "minLength is greater than maxLength"
	case f.length != nil && (f.minLength != nil && *f.minLength > *f.length || f.maxLength != nil && *f.maxLength < *f.length):
		return "length is not between minLength and maxLength"
	case f.fraction != nil && f.total != nil && *f.fraction > *f.total:
		return "fractionDigits is greater than totalDigits"
	case f.low == nil || f.high == nil:
		return ""
	}
	n, ok := f.low.value.order.compare(f.high.value.order)
	if !ok || n > 0 || n == 0 && f.low.exclusive != f.high.exclusive {
		return fmt.Sprintf("min%s is greater than max%s", f.low.name(), f.high.name())
	}
	return ""
}
