package resourcetypes

import "gatehouse/internal/resourcetypes/form"

// typ is the type at a place in the chunk. It is there before what it refers to is
// read, so that this may be the type itself. The caller holds c.mu.
func (c *chunk) typ(at int) *Type {
	if t := c.made[at]; t != nil {
		return t
	}
	t := &Type{}
	c.made[at] = t
	c.read(t, at)
	return t
}

func (c *chunk) read(t *Type, at int) {
	r := &byteReader{text: c.types[at]}
	switch r.number() {
	case form.Any:
		t.Kind = Any
	case form.String:
		t.Kind = String
		c.bounds(r, t)
	case form.Secret:
		t.Kind, t.Secure = String, true
		c.bounds(r, t)
	case form.Int:
		t.Kind = Int
		c.bounds(r, t)
	case form.Bool:
		t.Kind = Bool
	case form.Null:
		t.Kind = Null
	case form.Literal:
		t.Kind, t.Name = Literal, c.texts[r.number()]
	case form.Array:
		t.Kind = Array
		t.Item = c.typ(r.number())
	case form.Union:
		t.Kind = Union
		for range r.number() {
			t.Members = append(t.Members, c.typ(r.number()))
		}
	case form.Object:
		c.object(r, t)
	case form.Tagged:
		c.tagged(r, t)
	}
}

func (c *chunk) bounds(r *byteReader, t *Type) {
	marks := r.number()
	number := func(mark int) *int64 {
		if marks&mark == 0 {
			return nil
		}
		u := r.long()
		n := int64(u)
		if t.Kind == Int {
			n = form.Unzigzag(u)
		}
		return &n
	}
	t.Min, t.Max = number(form.Least), number(form.Most)
	if marks&form.Pattern != 0 {
		t.Pattern = c.texts[r.number()]
	}
}

func (c *chunk) object(r *byteReader, t *Type) {
	t.Kind, t.Name = Object, c.texts[r.number()]
	marks := r.number()
	t.Secure = marks&form.Hidden != 0
	if marks&form.Open != 0 {
		t.Item = c.typ(r.number())
	}
	t.Properties = c.propertyList(r)
}

func (c *chunk) propertyList(r *byteReader) []Property {
	list := make([]Property, r.number())
	for i := range list {
		row := c.properties[r.number()]
		list[i] = Property{
			Name: c.texts[row.name], Type: c.typ(row.typ),
			Required: row.marks&form.Required != 0, ReadOnly: row.marks&form.ReadOnly != 0, WriteOnly: row.marks&form.WriteOnly != 0,
		}
	}
	return list
}

// tagged reads an object with members. A member stands here under the value that
// selects it, with the properties of all; it is read anew, since the object itself
// may just be being read.
func (c *chunk) tagged(r *byteReader, t *Type) {
	t.Kind, t.Name = Discriminated, c.texts[r.number()]
	t.Discriminator = c.texts[r.number()]
	t.Properties = c.propertyList(r)
	for range r.number() {
		value := c.texts[r.number()]
		m := &Type{}
		c.read(m, r.number())
		m.Name = value
		m.Properties = united(m.Properties, t.Properties)
		t.Members = append(t.Members, m)
	}
}

// united are own and those of base that own does not have.
func united(own, base []Property) []Property {
	out := append([]Property{}, own...)
	for _, p := range base {
		if (&Type{Properties: own}).Property(p.Name) == nil {
			out = append(out, p)
		}
	}
	return out
}
