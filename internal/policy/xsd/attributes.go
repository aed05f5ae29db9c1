package xsd

import "strings"

// attribute is a top-level attribute declaration.
func (r *resolver) attribute(name Name) *attribute {
	if a := r.schema.attributes[name]; a != nil {
		return a
	}
	n := r.globals.nodes[attributeKind][name]
	a := r.attributeDeclaration(n, name)
	r.schema.attributes[name] = a
	return a
}

func (r *resolver) attributeDeclaration(n *node, name Name) *attribute {
	switch {
	case name.Local == "xmlns":
		fail(n.line, "an attribute can't be named xmlns")
	case name.Space == instanceSpace:
		fail(n.line, "an attribute can't be declared in the namespace '%s'", instanceSpace)
	}
	a := &attribute{name: name, simple: builtins()["anySimpleType"].simple, value: constantOf(n)}
	if _, has := n.get("type"); has || n.child("simpleType") != nil {
		a.simple = r.simpleNamed(n, "type", 0).simple
	}
	if a.value != nil {
		r.constant(a.value, a.simple, n)
	}
	return a
}

// xmlAttributes are those of the namespace xml, which need no schema document.
func xmlAttribute(local string) *attribute {
	b := builtins()
	types := map[string]*simple{"lang": b["language"].simple, "space": b["NCName"].simple, "base": b["anyURI"].simple, "id": b["ID"].simple}
	if types[local] == nil {
		return nil
	}
	return &attribute{name: Name{xmlSpace, local}, simple: types[local]}
}

// attributeRef is the declaration that n refers to.
func (r *resolver) attributeRef(n *node, name Name) *attribute {
	if name.Space == xmlSpace && r.globals.nodes[attributeKind][name] == nil {
		if a := xmlAttribute(name.Local); a != nil && n.doc.imports[xmlSpace] {
			return a
		}
	}
	r.global(n, attributeKind, name)
	return r.attribute(name)
}

// use is one attribute in a complex type or group; prohibited says that it is left out.
func (r *resolver) use(n *node) (u *attributeUse, prohibited bool) {
	ref, isRef := n.qname("ref")
	local, hasName := n.get("name")
	how, _ := n.get("use")
	u = &attributeUse{required: how == "required"}
	switch {
	case isRef == hasName:
		fail(n.line, "an attribute needs either 'name' or 'ref'")
	case isRef:
		r.onlyRef(n, "type form")
		u.attribute = r.attributeRef(n, ref)
		u.value = r.refValue(n, u.attribute)
	default:
		u.attribute = r.attributeDeclaration(n, Name{n.space("attribute"), local})
		u.value = u.attribute.value
	}
	if standard, has := n.get("default"); has && how != "" && how != "optional" {
		fail(n.line, "an attribute with the default '%s' must be optional", short(standard))
	}
	return u, how == "prohibited"
}

// onlyRef refuses what stands beside ref.
func (r *resolver) onlyRef(n *node, names string) {
	for name := range strings.FieldsSeq(names) {
		if _, has := n.get(name); has {
			fail(n.line, "the attribute '%s' can't stand beside 'ref'", name)
		}
	}
	for _, c := range n.children {
		if !c.is("annotation") {
			fail(c.line, "'%s' can't stand in an element with 'ref'", c.name.Local)
		}
	}
}

func (r *resolver) refValue(n *node, a *attribute) *constant {
	c := constantOf(n)
	if c == nil {
		return a.value
	}
	r.constant(c, a.simple, n)
	if a.value != nil && a.value.fixed && (!c.fixed || c.key != a.value.key) {
		fail(n.line, "the attribute %s has another fixed value", a.name)
	}
	return c
}

// space is the namespace of a local declaration.
func (n *node) space(what string) string {
	qualified := n.doc.qualifiedElements
	if what == "attribute" {
		qualified = n.doc.qualifiedAttributes
	}
	if v, has := n.get("form"); has {
		qualified = v == "qualified"
	}
	if qualified {
		return n.doc.target
	}
	return ""
}

// attributeSet reads the attributes that stand in n.
func (r *resolver) attributeSet(n *node) *attributeUses {
	set := &attributeUses{prohibited: map[Name]bool{}}
	var wildcards []*wildcard
	for _, c := range n.children {
		switch {
		case c.is("attribute"):
			if u, prohibited := r.use(c); prohibited {
				set.prohibited[u.name] = true
			} else {
				set.add(u, c)
			}
		case c.is("attributeGroup"):
			name, _ := c.qname("ref")
			if name == (Name{xmlSpace, "specialAttrs"}) && r.globals.nodes[attributeGroupKind][name] == nil && c.doc.imports[xmlSpace] {
				for _, local := range []string{"base", "lang", "space", "id"} {
					set.add(&attributeUse{attribute: xmlAttribute(local)}, c)
				}
				continue
			}
			group := r.attributeGroup(r.global(c, attributeGroupKind, name))
			for _, u := range group.list {
				set.add(u, c)
			}
			if group.any != nil {
				wildcards = append(wildcards, group.any)
			}
		case c.is("anyAttribute"): // the last one, whose process counts
			wildcards = append([]*wildcard{r.wildcard(c)}, wildcards...)
		}
	}
	for i, w := range wildcards {
		if i == 0 {
			set.any = w
		} else {
			set.any = set.any.intersect(w)
		}
	}
	return set
}

func (u *attributeUses) add(use *attributeUse, n *node) {
	if u.find(use.name) != nil {
		fail(n.line, "the attribute %s is declared twice", use.name)
	}
	if use.simple.special == idSpecial {
		for _, x := range u.list {
			if x.simple.special == idSpecial {
				fail(n.line, "there can't be two attributes with types derived from ID")
			}
		}
	}
	if u.list = append(u.list, use); len(u.list) > maxUses {
		fail(n.line, "a type has more than %d attributes", maxUses)
	}
}

func (r *resolver) attributeGroup(n *node) *attributeUses {
	if set := r.sets[n]; set != nil {
		return set
	}
	defer r.enter(n)()
	set := r.attributeSet(n)
	r.sets[n] = set
	return set
}

// wildcard reads any or anyAttribute.
func (r *resolver) wildcard(n *node) *wildcard {
	w := &wildcard{spaces: map[string]bool{}}
	how, _ := n.get("processContents")
	w.process = map[string]process{"": strict, "strict": strict, "lax": lax, "skip": skip}[how]
	v, has := n.get("namespace")
	switch {
	case !has || v == "##any":
		w.any = true
	case v == "##other":
		w.not, w.spaces[n.doc.target] = true, true
	default:
		for s := range strings.FieldsSeq(v) {
			switch {
			case s == "##targetNamespace":
				s = n.doc.target
			case s == "##local":
				s = ""
			case strings.HasPrefix(s, "##"):
				fail(n.line, "the namespace of a wildcard can't be '%s'", short(v))
			}
			w.spaces[s] = true
		}
	}
	if w.text = v; !has {
		w.text = "##any"
	}
	return w
}

// extend adds a type's attributes to those of its base.
func (u *attributeUses) extend(base *attributeUses, n *node) *attributeUses {
	if base == nil {
		return u
	}
	out := &attributeUses{any: u.any, list: base.list[:len(base.list):len(base.list)]}
	for _, x := range u.list {
		out.add(x, n)
	}
	switch {
	case out.any == nil:
		out.any = base.any
	case base.any != nil:
		out.any = out.any.unite(base.any)
	}
	return out
}

// restrict puts a type's attributes in the place of its base's.
// https://www.w3.org/TR/xmlschema-1/#derivation-ok-restriction
func (u *attributeUses) restrict(base *attributeUses, n *node) *attributeUses {
	if base == nil {
		base = &attributeUses{}
	}
	out := &attributeUses{any: u.any}
	for _, x := range base.list {
		own := u.find(x.name)
		switch {
		case own == nil && u.prohibited[x.name] && x.required:
			fail(n.line, "the attribute %s is required by the base type", x.name)
		case own == nil && !u.prohibited[x.name]:
			out.list = append(out.list, x)
		case own != nil && x.required && !own.required:
			fail(n.line, "the attribute %s must be required as in the base type", x.name)
		case own != nil && !own.simple.typ.derivesFrom(x.simple.typ, 0):
			fail(n.line, "the type of the attribute %s is not derived from that in the base type", x.name)
		case own != nil && x.value != nil && x.value.fixed && (own.value == nil || !own.value.fixed || own.value.key != x.value.key):
			fail(n.line, "the attribute %s must have the fixed value that it has in the base type", x.name)
		}
	}
	for _, x := range u.list {
		if base.find(x.name) == nil && (base.any == nil || !base.any.allows(x.name.Space)) {
			fail(n.line, "the base type has no attribute %s", x.name)
		}
		out.add(x, n)
	}
	if u.any != nil && base.any == nil {
		fail(n.line, "the base type does not allow any attributes")
	}
	return out
}
