package xsd

import (
	"strings"
)

// resolver makes components of the nodes of all documents.
type resolver struct {
	globals    *globals
	schema     *Schema
	types      map[*node]*typ
	groups     map[*node]*modelGroup
	sets       map[*node]*attributeUses
	busy       map[*node]bool
	queue      []*typ // complex types whose content is not yet resolved
	elements   []*element
	references []reference // of keyrefs
}

// reference is what a keyref names.
type reference struct {
	from *constraint
	name Name
	at   *node
}

// resolve makes the schema of all declarations.
func resolve(g *globals) *Schema {
	r := &resolver{globals: g, types: map[*node]*typ{}, groups: map[*node]*modelGroup{}, sets: map[*node]*attributeUses{}, busy: map[*node]bool{},
		schema: &Schema{elements: map[Name]*element{}, types: map[Name]*typ{}, attributes: map[Name]*attribute{}, notations: g.notations}}
	for name, n := range g.nodes[typeKind] {
		r.schema.types[name] = r.typeOf(n, name)
	}
	for name := range g.nodes[elementKind] {
		r.element(name)
	}
	for name := range g.nodes[attributeKind] {
		r.attribute(name)
	}
	for _, n := range g.nodes[groupKind] {
		r.groupOf(n)
	}
	for _, n := range g.nodes[attributeGroupKind] {
		r.attributeGroup(n)
	}
	for len(r.queue) > 0 {
		t := r.queue[len(r.queue)-1]
		r.queue = r.queue[:len(r.queue)-1]
		r.complete(t)
	}
	r.substitutions()
	r.values()
	r.models()
	r.keyrefs()
	return r.schema
}

// global finds the node of a declaration that n refers to.
func (r *resolver) global(n *node, k kind, name Name) *node {
	if !n.doc.imports[name.Space] {
		fail(n.line, "the namespace '%s' is referred to without an import", name.Space)
	}
	found := r.globals.nodes[k][name]
	if d := n.redefines; d != nil && d.kind == k && d.name == name {
		found = d.old
	}
	if found == nil {
		fail(n.line, "the %s %s is not declared", kindNames[k], name)
	}
	return found
}

// enter marks a node whose declaration is being resolved, and finds circles.
func (r *resolver) enter(n *node) func() {
	if r.busy[n] {
		name, _ := n.get("name")
		fail(n.line, "the %s '%s' is defined by itself", n.name.Local, name)
	}
	r.busy[n] = true
	return func() { delete(r.busy, n) }
}

// typeNamed is the type that an attribute of n names.
func (r *resolver) typeNamed(n *node, name Name) *typ {
	if name.Space == schemaSpace {
		if t := builtins()[name.Local]; t != nil {
			return t
		}
	}
	return r.typeOf(r.global(n, typeKind, name), name)
}

// typeOf is the type of a node; the content of complex types waits.
func (r *resolver) typeOf(n *node, name Name) *typ {
	if t := r.types[n]; t != nil {
		return t
	}
	if n.is("simpleType") {
		return r.simpleType(n, name)
	}
	t := &typ{name: name, complex: true, from: n, abstract: isTrue(n, "abstract")}
	t.block = derivationSet(n, "block", n.doc.blockDefault, byExtension|byRestriction)
	t.final = derivationSet(n, "final", n.doc.finalDefault, byExtension|byRestriction)
	r.types[n] = t
	r.queue = append(r.queue, t)
	return t
}

func isTrue(n *node, attribute string) bool {
	v, _ := n.get(attribute)
	return v == "true" || v == "1"
}

// derivationSet reads block or final.
func derivationSet(n *node, attribute, otherwise string, all derivations) (set derivations) {
	v, ok := n.get(attribute)
	if !ok {
		v = otherwise
	}
	if v == "#all" {
		return all
	}
	words := map[string]derivations{"extension": byExtension, "restriction": byRestriction, "substitution": bySubstitution, "list": byList, "union": byUnion}
	for w := range strings.FieldsSeq(v) {
		set |= words[w]
	}
	return set & all
}

// simpleType resolves one at once.
func (r *resolver) simpleType(n *node, name Name) *typ {
	if t := r.types[n]; t != nil {
		return t
	}
	defer r.enter(n)()
	t := &typ{name: name, final: derivationSet(n, "final", n.doc.finalDefault, byRestriction|byList|byUnion), from: n, base: builtins()["anySimpleType"], method: byRestriction}
	how := n.child("restriction", "list", "union")
	switch how.name.Local {
	case "restriction":
		t.base = r.simpleNamed(how, "base", byRestriction)
		t.simple = t.base.simple.restrict(how)
	case "list":
		item := r.simpleNamed(how, "itemType", byList).simple
		if item.hasList() {
			fail(how.line, "the items of a list can't be lists")
		}
		t.simple, t.method = &simple{variety: list, item: item, white: collapseSpace}, byList
	case "union":
		t.simple, t.method = &simple{variety: union, members: r.members(how)}, byUnion
	}
	t.simple.typ = t
	r.types[n] = t
	return t
}

func (s *simple) hasList() bool {
	if s.variety == union {
		for _, m := range s.members {
			if m.hasList() {
				return true
			}
		}
	}
	return s.variety == list
}

// simpleNamed is the simple type that an attribute names, or that stands inside.
func (r *resolver) simpleNamed(n *node, attribute string, use derivations) *typ {
	name, has := n.qname(attribute)
	inner := n.child("simpleType")
	if has == (inner != nil) {
		fail(n.line, "'%s' needs either the attribute '%s' or a simpleType inside", n.name.Local, attribute)
	}
	if !has {
		return r.simpleType(inner, Name{})
	}
	t := r.simpleRef(n, name)
	if t.simple.typ == t && t.final&use != 0 {
		fail(n.line, "the type %s is final", name)
	}
	if name.Space == schemaSpace && name.Local == "anySimpleType" && use == byRestriction {
		fail(n.line, "the type 'anySimpleType' can't be restricted")
	}
	return t
}

// simpleRef is a type that must be simple.
func (r *resolver) simpleRef(n *node, name Name) *typ {
	t := r.typeNamed(n, name)
	if t.complex {
		fail(n.line, "the type %s is not a simple type", name)
	}
	return t
}

func (r *resolver) members(n *node) (list []*simple) {
	names, _ := n.get("memberTypes")
	for q := range strings.FieldsSeq(names) {
		t := r.simpleRef(n, n.expand("memberTypes", q))
		if t.final&byUnion != 0 {
			fail(n.line, "the type '%s' is final", q)
		}
		list = append(list, t.simple)
	}
	for _, c := range n.children {
		if c.is("simpleType") {
			list = append(list, r.simpleType(c, Name{}).simple)
		}
	}
	if len(list) == 0 {
		fail(n.line, "a union needs member types")
	}
	return list
}

// element is a top-level element declaration.
func (r *resolver) element(name Name) *element {
	if e := r.schema.elements[name]; e != nil {
		return e
	}
	n := r.globals.nodes[elementKind][name]
	e := &element{name: name, abstract: isTrue(n, "abstract"), from: n, final: derivationSet(n, "final", n.doc.finalDefault, byExtension|byRestriction)}
	r.schema.elements[name] = e
	if head, has := n.qname("substitutionGroup"); has {
		r.global(n, elementKind, head)
		defer r.enter(n)()
		e.head = r.element(head)
	}
	r.declare(e, n)
	return e
}

// declare fills in what top-level and local declarations share.
func (r *resolver) declare(e *element, n *node) {
	r.elements = append(r.elements, e)
	e.nillable = isTrue(n, "nillable")
	e.block = derivationSet(n, "block", n.doc.blockDefault, byExtension|byRestriction|bySubstitution)
	name, has := n.qname("type")
	inner := n.child("simpleType", "complexType")
	switch {
	case has && inner != nil:
		fail(n.line, "an element can't have both the attribute 'type' and a type inside")
	case has:
		e.typ = r.typeNamed(n, name)
	case inner != nil:
		e.typ = r.typeOf(inner, Name{})
	case e.head != nil:
		if e.typ = e.head.typ; e.typ == nil {
			fail(n.line, "the substitution group of %s is a circle", e.name)
		}
	default:
		e.typ = builtins()["anyType"]
	}
	e.value = constantOf(n)
	r.constraints(e, n)
}

// constantOf reads default and fixed; the value is checked later.
func constantOf(n *node) *constant {
	standard, has := n.raw("default")
	fixed, isFixed := n.raw("fixed")
	switch {
	case has && isFixed:
		fail(n.line, "the attributes 'default' and 'fixed' can't both be given")
	case has:
		return &constant{text: standard}
	case isFixed:
		return &constant{text: fixed, fixed: true}
	}
	return nil
}

// substitutions puts the members of substitution groups with their heads.
// https://www.w3.org/TR/xmlschema-1/#cos-equiv-derived-ok-rec
func (r *resolver) substitutions() {
	for _, e := range r.schema.elements {
		if e.head == nil {
			continue
		}
		if !e.typ.derivesFrom(e.head.typ, e.head.final) {
			fail(e.from.line, "the type of %s is not derived from that of its substitution group's head %s, or that is final", e.name, e.head.name)
		}
		seen := map[*element]bool{e: true}
		for head := e.head; head != nil; head = head.head {
			if seen[head] {
				fail(e.from.line, "the substitution group of %s is a circle", e.name)
			}
			seen[head] = true
			if head.block&bySubstitution == 0 && e.typ.derivesFrom(head.typ, head.block|head.typ.block) {
				if head.substitutes == nil {
					head.substitutes = map[Name]*element{}
				}
				head.substitutes[e.name] = e
			}
		}
	}
}

// values checks the default and fixed values of elements, when all types are known.
func (r *resolver) values() {
	for _, e := range r.elements {
		if e.value == nil {
			continue
		}
		switch {
		case e.typ.simple != nil:
			r.constant(e.value, e.typ.simple, e.from)
		case !e.typ.mixed || !e.typ.particle.emptiable():
			fail(e.from.line, "an element with content of elements can't have a default or fixed value")
		default:
			e.value.key = e.value.text
		}
	}
}

func (r *resolver) constant(c *constant, s *simple, n *node) {
	v, problem := s.parse(c.text, &context{n.spaces, r.schema.notations})
	if problem != "" {
		fail(n.line, "the default or fixed value '%s' is not valid: %s", short(c.text), problem)
	}
	if s.special == idSpecial {
		fail(n.line, "a type derived from ID can't have a default or fixed value")
	}
	c.key = v.key
}

// models compiles the content of all complex types.
func (r *resolver) models() {
	total := 0
	for n, t := range r.types {
		if !t.complex {
			continue
		}
		if t.model = compileModel(t.particle); t.model.large || total > maxTotal {
			fail(n.line, "the content model is too large")
		}
		total += len(t.model.code)
		if problem := (&determinism{}).check(t.particle); problem != "" {
			fail(n.line, "%s", problem)
		}
	}
}
