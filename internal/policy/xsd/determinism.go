package xsd

import (
	"fmt"
	"math/bits"
	"slices"
)

// determinism checks the rule of https://www.w3.org/TR/xmlschema-1/#cos-nonambig (a child's name alone tells which particle it belongs
// to) and that of #cos-element-consistent (elements of one name have one type).
type determinism struct {
	terms   []*particle // of each place of an element or wildcard in the model
	follows []places    // by place
	large   bool
}

// places is a set of them, a bit each.
type places []uint64

func (s *places) add(at int) {
	for len(*s) <= at/64 {
		*s = append(*s, 0)
	}
	(*s)[at/64] |= 1 << (at % 64)
}

func (s *places) addAll(other places) {
	for len(*s) < len(other) {
		*s = append(*s, 0)
	}
	for i, set := range other {
		(*s)[i] |= set
	}
}

func (s places) list() (out []int) {
	for i, rest := range s {
		for ; rest != 0; rest &= rest - 1 {
			out = append(out, i*64+bits.TrailingZeros64(rest))
		}
	}
	return out
}

// ends are the places where a part of the model begins and ends.
type ends struct {
	first, last []int
	nullable    bool
}

// maxPlaces bounds the work, which grows with the square of their number.
const maxPlaces = 2000

// check says what is wrong; "" when nothing is.
func (d *determinism) check(p *particle) string {
	if p.isEmpty() {
		return ""
	}
	if p.isAll() {
		d.terms = p.group.list
		every := make([]int, len(d.terms))
		for i := range every {
			every[i] = i
		}
		if problem := d.conflict(every); problem != "" {
			return problem
		}
		return d.consistent()
	}
	e := d.walk(p)
	if d.large {
		return "the content model is too large"
	}
	if problem := d.conflict(e.first); problem != "" {
		return problem
	}
	seen := map[string]bool{} // many places are followed by the same ones
	for _, f := range d.follows {
		key := fmt.Sprint(f)
		if seen[key] {
			continue
		}
		seen[key] = true
		if problem := d.conflict(f.list()); problem != "" {
			return problem
		}
	}
	return d.consistent()
}

// walk finds which places follow each other, as Glushkov's construction does. What must stand an exact number of times
// is written twice, since only its last time is followed by what comes after it.
func (d *determinism) walk(p *particle) ends {
	if d.large = d.large || len(d.terms) > maxPlaces; d.large || p.max == 0 {
		return ends{nullable: true}
	}
	e := d.term(p)
	switch {
	case p.max == 1:
	case p.min == p.max:
		again := d.term(p)
		d.link(e.last, again.first)
		e = ends{first: e.first, last: again.last, nullable: e.nullable}
	default:
		d.link(e.last, e.first)
	}
	e.nullable = e.nullable || p.min == 0
	return e
}

func (d *determinism) term(p *particle) ends {
	if p.group == nil {
		d.terms = append(d.terms, p)
		d.follows = append(d.follows, nil)
		at := []int{len(d.terms) - 1}
		return ends{first: at, last: at}
	}
	if p.group.kind == choice {
		e := ends{}
		for _, c := range p.group.list {
			x := d.walk(c)
			e.first, e.last, e.nullable = append(e.first, x.first...), append(e.last, x.last...), e.nullable || x.nullable
		}
		return e
	}
	e := ends{nullable: true}
	for _, c := range p.group.list {
		x := d.walk(c)
		d.link(e.last, x.first)
		if e.nullable {
			e.first = append(slices.Clip(e.first), x.first...)
		}
		if x.nullable {
			e.last = append(slices.Clip(e.last), x.last...)
		} else {
			e.last = x.last
		}
		e.nullable = e.nullable && x.nullable
	}
	return e
}

func (d *determinism) link(from, to []int) {
	var set places
	for _, t := range to {
		set.add(t)
	}
	for _, f := range from {
		d.follows[f].addAll(set)
	}
}

// conflict finds two particles among places that accept the same name.
func (d *determinism) conflict(list []int) string {
	names := map[Name]*particle{}
	var wild []*particle
	for _, at := range list {
		p := d.terms[at]
		if p.any != nil {
			wild = append(wild, p)
			continue
		}
		for _, e := range p.elem.family() {
			if other := names[e.name]; other != nil && other != p {
				return "multiple definition of element " + e.name.String() + " causes the content model to become ambiguous"
			}
			names[e.name] = p
		}
	}
	for i, w := range wild {
		for name := range names {
			if w.any.allows(name.Space) {
				return "the wildcard '" + w.any.text + "' allows element " + name.String() + ", and causes the content model to become ambiguous"
			}
		}
		for _, o := range wild[:i] {
			if o != w && w.any.overlaps(o.any) {
				return "the wildcards '" + o.any.text + "' and '" + w.any.text + "' have not empty intersection, and cause the content model to become ambiguous"
			}
		}
	}
	return ""
}

// family is a declaration and those that may stand for it.
func (e *element) family() []*element {
	list := []*element{e}
	for _, s := range e.substitutes {
		list = append(list, s)
	}
	return list
}

func (d *determinism) consistent() string {
	types := map[Name]*typ{}
	for _, p := range d.terms {
		if p.any != nil {
			continue
		}
		for _, e := range p.elem.family() {
			if t := types[e.name]; t != nil && t != e.typ {
				return "the elements " + e.name.String() + " in one content model have different types"
			}
			types[e.name] = e.typ
		}
	}
	return ""
}
