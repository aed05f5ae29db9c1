package xsd

import (
	"math"
	"strconv"
	"strings"
)

// complete resolves the content of a complex type, after that of its base.
// https://www.w3.org/TR/xmlschema-1/#declare-type
func (r *resolver) complete(t *typ) {
	if t.done || !t.complex || t.from == nil {
		return
	}
	defer r.enter(t.from)()
	n := t.from
	t.mixed = isTrue(n, "mixed")
	switch content := n.child("simpleContent", "complexContent"); {
	case content == nil:
		t.base, t.method = builtins()["anyType"], byRestriction
		t.particle = r.content(n)
		own := r.attributeSet(n)
		t.attributes = own.restrict(t.base.attributes, n)
	case content.is("simpleContent"):
		r.simpleContent(t, content.child("restriction", "extension"))
	default:
		if _, has := content.get("mixed"); has {
			t.mixed = isTrue(content, "mixed")
		}
		r.complexContent(t, content.child("restriction", "extension"))
	}
	t.done = true
}

// baseOf is the base type, complete.
func (r *resolver) baseOf(t *typ, how *node) *typ {
	name, _ := how.qname("base")
	base := r.typeNamed(how, name)
	r.complete(base)
	t.base, t.method = base, byExtension
	if how.is("restriction") {
		t.method = byRestriction
	}
	if base.final&t.method != 0 {
		fail(how.line, "the type %s is final", name)
	}
	return base
}

func (r *resolver) simpleContent(t *typ, how *node) {
	base := r.baseOf(t, how)
	own := r.attributeSet(how)
	if how.is("extension") {
		if base.simple == nil {
			fail(how.line, "the type %s has no simple content", base.name)
		}
		t.simple = base.simple
		t.attributes = own.extend(base.attributes, how)
		return
	}
	inner := how.child("simpleType")
	from := base.simple
	switch {
	case !base.complex:
		fail(how.line, "simpleContent can restrict a complex type only")
	case from == nil && (inner == nil || !base.mixed || !base.particle.emptiable()):
		fail(how.line, "the type %s has no simple content", base.name)
	case inner != nil:
		made := r.simpleType(inner, Name{})
		if from != nil && !made.derivesFrom(from.typ, 0) {
			fail(how.line, "the content's type is not derived from that of the base type")
		}
		from = made.simple
	}
	t.simple = from.restrict(how)
	t.simple.typ = &typ{base: from.typ, method: byRestriction, simple: t.simple}
	t.attributes = own.restrict(base.attributes, how)
}

func (r *resolver) complexContent(t *typ, how *node) {
	base := r.baseOf(t, how)
	if base.complex && base.simple != nil && how.is("extension") && how.child("group", "all", "choice", "sequence") == nil { // as .NET takes it
		t.simple, t.attributes = base.simple, r.attributeSet(how).extend(base.attributes, how)
		return
	}
	if !base.complex || base.simple != nil {
		fail(how.line, "the type %s has no complex content", base.name)
	}
	own, set := r.content(how), r.attributeSet(how)
	if how.is("restriction") {
		if t.mixed && !base.mixed {
			fail(how.line, "mixed content can't restrict content that is not mixed")
		}
		if own.isEmpty() && !base.particle.emptiable() {
			fail(how.line, "the base type's content can't be empty")
		}
		t.particle, t.attributes = own, set.restrict(base.attributes, how)
		return
	}
	t.attributes = set.extend(base.attributes, how)
	switch {
	case base.particle.isEmpty():
		if base.mixed && !t.mixed {
			fail(how.line, "an extension of mixed content must be mixed")
		}
		t.particle = own
		return
	case own.isEmpty():
		if t.mixed = t.mixed || base.mixed; t.mixed != base.mixed {
			fail(how.line, "an extension of content that is not mixed can't be mixed")
		}
		t.particle = base.particle
		return
	case t.mixed != base.mixed:
		fail(how.line, "either both the type and its base must be mixed, or none")
	case own.isAll() || base.particle.isAll():
		fail(how.line, "content of xs:all can't be extended")
	}
	t.particle = &particle{min: 1, max: 1, group: &modelGroup{kind: sequence, list: []*particle{base.particle, own}}}
}

func (p *particle) isAll() bool { return p.group != nil && p.group.kind == all }

// content is the particle of the group inside n; nil when there is none.
func (r *resolver) content(n *node) *particle {
	inner := n.child("group", "all", "choice", "sequence")
	if inner == nil {
		return nil
	}
	p := r.particle(inner)
	switch {
	case p.isAll() && p.max != 1 && p.max != 0:
		fail(inner.line, "xs:all can't stand more than once")
	case len(p.group.list) == 0 && (p.group.kind != choice || p.min == 0):
		return nil
	}
	return p
}

// occurs reads minOccurs and maxOccurs.
func occurs(n *node) (least, most int) {
	least, most = 1, 1
	if v, has := n.get("minOccurs"); has {
		least = occurrence(v)
	}
	if v, has := n.get("maxOccurs"); has {
		if most = unbounded; v != "unbounded" {
			most = occurrence(v)
		}
	}
	if most != unbounded && least > most {
		fail(n.line, "minOccurs is greater than maxOccurs")
	}
	return least, most
}

// occurrence is a number; larger ones than any content has are as good as the largest.
func occurrence(v string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(v, "+"))
	if err != nil || n > math.MaxInt32 {
		return math.MaxInt32
	}
	return n
}

// particle is that of an element, a wildcard or a group.
func (r *resolver) particle(n *node) *particle {
	p := &particle{}
	p.min, p.max = occurs(n)
	switch n.name.Local {
	case "element":
		p.elem = r.localElement(n)
	case "any":
		p.any = r.wildcard(n)
	case "group":
		name, _ := n.qname("ref")
		p.group = r.groupOf(r.global(n, groupKind, name))
	default:
		p.group = r.modelGroup(n)
	}
	return p
}

// groupOf is the model group of a named group.
func (r *resolver) groupOf(n *node) *modelGroup {
	if g := r.groups[n]; g != nil {
		return g
	}
	defer r.enter(n)()
	inner := n.child("all", "choice", "sequence")
	for _, name := range []string{"minOccurs", "maxOccurs"} {
		if _, has := inner.get(name); has {
			fail(inner.line, "'%s' can't stand directly in a named group", name)
		}
	}
	g := r.modelGroup(inner)
	r.groups[n] = g
	return g
}

func (r *resolver) modelGroup(n *node) *modelGroup {
	g := &modelGroup{kind: map[string]compositor{"sequence": sequence, "choice": choice, "all": all}[n.name.Local]}
	if least, most := occurs(n); g.kind == all && (least > 1 || most != 1) {
		fail(n.line, "xs:all can't stand more than once")
	}
	for _, c := range n.children {
		if c.is("annotation") {
			continue
		}
		p := r.particle(c)
		switch {
		case p.group != nil && p.group.kind == all:
			fail(c.line, "xs:all can't stand in another group")
		case g.kind == all && (p.max > 1 || p.max == unbounded):
			fail(c.line, "an element in xs:all can't stand more than once")
		}
		if p.max != 0 {
			g.list = append(g.list, p)
		}
	}
	return g
}

// localElement is an element inside of a group, or the top-level one that it refers to.
func (r *resolver) localElement(n *node) *element {
	ref, isRef := n.qname("ref")
	local, hasName := n.get("name")
	switch {
	case isRef == hasName:
		fail(n.line, "an element needs either 'name' or 'ref'")
	case isRef:
		r.onlyRef(n, "type nillable default fixed form block")
		r.global(n, elementKind, ref)
		return r.element(ref)
	}
	e := &element{name: Name{n.space("element"), local}, from: n}
	r.declare(e, n)
	return e
}
