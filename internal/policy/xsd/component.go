package xsd

// typ is a type definition.
type typ struct {
	name     Name // of an anonymous type: empty
	base     *typ // of anyType: itself
	method   derivations
	simple   *simple // of simple types, and of complex types with simple content
	complex  bool
	abstract bool
	block    derivations
	final    derivations

	// Of complex types.
	mixed      bool
	particle   *particle // nil: empty content
	model      *program  // of particle
	attributes *attributeUses
	done       bool
	from       *node
}

// derivations is a set of ways to derive a type.
type derivations uint8

const (
	byExtension derivations = 1 << iota
	byRestriction
	bySubstitution
	byList
	byUnion
)

// element is an element declaration.
type element struct {
	name        Name
	typ         *typ
	nillable    bool
	abstract    bool
	value       *constant
	block       derivations
	final       derivations
	head        *element          // of its substitution group
	substitutes map[Name]*element // of this head, itself not among them
	constraints []*constraint
	from        *node
}

// constant is a default or fixed value.
type constant struct {
	text  string
	key   string
	fixed bool
}

// attribute is an attribute declaration.
type attribute struct {
	name   Name
	simple *simple
	value  *constant
}

type attributeUse struct {
	*attribute
	required bool
	value    *constant
}

// attributeUses are those of a complex type.
type attributeUses struct {
	list       []*attributeUse
	prohibited map[Name]bool // in a restriction
	any        *wildcard
}

func (u *attributeUses) find(name Name) *attributeUse {
	if u == nil {
		return nil
	}
	for _, x := range u.list {
		if x.name == name {
			return x
		}
	}
	return nil
}

// process is what is done with what a wildcard matches.
type process uint8

const (
	strict process = iota
	lax
	skip
)

// wildcard matches names by their namespace.
type wildcard struct {
	any     bool
	not     bool            // all but those of spaces, and names without one
	spaces  map[string]bool // "": names without one
	process process
	text    string // as written, for messages
}

func (w *wildcard) allows(space string) bool {
	switch {
	case w.any:
		return true
	case w.not:
		return space != "" && !w.spaces[space]
	}
	return w.spaces[space]
}

// intersect follows https://www.w3.org/TR/xmlschema-1/#cos-aw-intersect.
func (w *wildcard) intersect(o *wildcard) *wildcard {
	switch {
	case o.any:
		return w
	case w.any:
		return &wildcard{not: o.not, spaces: o.spaces, process: w.process}
	case w.not && o.not: // each excludes one namespace; both exclude names without one
		both := &wildcard{not: true, spaces: map[string]bool{}, process: w.process}
		for s := range w.spaces {
			both.spaces[s] = true
		}
		for s := range o.spaces {
			both.spaces[s] = true
		}
		return both
	case w.not:
		w, o = &wildcard{spaces: o.spaces, process: w.process}, w
	}
	both := &wildcard{spaces: map[string]bool{}, process: w.process}
	for s := range w.spaces {
		both.spaces[s] = o.allows(s)
	}
	return both
}

// unite follows https://www.w3.org/TR/xmlschema-1/#cos-aw-union.
func (w *wildcard) unite(o *wildcard) *wildcard {
	if w.any || o.any {
		return &wildcard{any: true, process: w.process}
	}
	all := &wildcard{spaces: map[string]bool{}, process: w.process}
	switch {
	case w.not && o.not:
		all.not = true
		for s := range w.spaces {
			all.spaces[s] = o.spaces[s]
		}
	case !w.not && !o.not:
		for _, from := range []*wildcard{w, o} {
			for s, in := range from.spaces {
				all.spaces[s] = all.spaces[s] || in
			}
		}
	default:
		excluding, including := w, o
		if o.not {
			excluding, including = o, w
		}
		if including.spaces[""] { // what remains can't always be told; all is what contains it
			return &wildcard{any: true, process: w.process}
		}
		all.not = true
		for s := range excluding.spaces {
			all.spaces[s] = !including.spaces[s]
		}
	}
	return all
}

// overlaps reports whether some name is allowed by both.
func (w *wildcard) overlaps(o *wildcard) bool {
	switch {
	case w.any:
		return o.any || o.not || o.some()
	case o.any:
		return w.not || w.some()
	case w.not && o.not:
		return true
	case w.not:
		w, o = o, w
	}
	for s, in := range w.spaces {
		if in && o.allows(s) {
			return true
		}
	}
	return false
}

func (w *wildcard) some() bool {
	for _, in := range w.spaces {
		if in {
			return true
		}
	}
	return false
}

const unbounded = -1

// particle is a term and how often it may stand: one of element, any and group.
type particle struct {
	min, max int // max may be unbounded
	elem     *element
	any      *wildcard
	group    *modelGroup
}

type compositor uint8

const (
	sequence compositor = iota
	choice
	all
)

type modelGroup struct {
	kind compositor
	list []*particle
}

// isEmpty reports whether a particle can match nothing but nothing.
func (p *particle) isEmpty() bool { return p == nil || p.max == 0 }

// emptiable reports whether a particle matches nothing.
func (p *particle) emptiable() bool {
	if p.isEmpty() || p.min == 0 {
		return true
	}
	if p.group == nil {
		return false
	}
	for _, c := range p.group.list {
		if can := c.emptiable(); can == (p.group.kind == choice) {
			return can
		}
	}
	return p.group.kind != choice
}

// accepts is the declaration by which an element of a name is valid where e stands; nil for none.
func (e *element) accepts(name Name) *element {
	if e.name == name {
		return e
	}
	return e.substitutes[name]
}

// derivesFrom reports whether t is base, or is derived from it by ways that are not in blocked.
// https://www.w3.org/TR/xmlschema-1/#cos-ct-derived-ok
func (t *typ) derivesFrom(base *typ, blocked derivations) bool {
	for at := t; ; at = at.base {
		if at == base {
			return true
		}
		if base.simple != nil && !base.complex && base.simple.variety == union && at.isMember(base.simple) {
			return true
		}
		if at.method&blocked != 0 || at == at.base || at.base == nil {
			return false
		}
	}
}

func (t *typ) isMember(u *simple) bool {
	for _, m := range u.members {
		if m.typ == t || m.variety == union && t.isMember(m) {
			return true
		}
	}
	return false
}
