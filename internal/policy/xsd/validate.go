package xsd

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// validation is the check of one text.
type validation struct {
	schema *Schema
	s      *scanner
	open   []*frame
	names  []Name // of the open elements that are checked
	keys   keys
	ids    map[string]bool
	refs   []string
}

// frame is an element that is open.
type frame struct {
	name    Name
	decl    *element // nil: none is known
	typ     *typ     // nil: nothing is checked
	skip    bool     // nor is what is inside
	nilled  bool
	fresh   bool // nothing was inside so far
	matcher *matcher
	text    strings.Builder
}

// problem is how the parts of the validator stop at the first finding.
type problem string

func (v *validation) fail(parts ...string) { panic(problem(strings.Join(parts, ""))) }

// Validate says in the words of .NET's validator what is wrong with a text; "" when nothing is.
func (s *Schema) Validate(text string) string {
	v := &validation{schema: s, s: newScanner(text, false), ids: map[string]bool{}}
	return v.run(v.event)
}

// run reads all events.
func (v *validation) run(take func(e event)) (found string) {
	defer func() {
		if p := recover(); p != nil {
			text, ok := p.(problem)
			if !ok {
				panic(p)
			}
			found = string(text) + v.s.position()
		}
	}()
	for {
		e, err := v.s.next()
		switch {
		case errors.Is(err, io.EOF):
			v.references()
			return ""
		case err != nil:
			return strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "." + v.s.position()
		}
		take(e)
	}
}

// position has the form of https://learn.microsoft.com/azure/api-management/validate-content-policy#validation-errors: the place of an
// element's name, or of a text.
func (s *scanner) position() string {
	return " Line: " + strconv.Itoa(s.row) + ", Position: " + strconv.Itoa(s.col+s.name)
}

func (v *validation) event(e event) {
	switch e.kind {
	case startEvent:
		v.start(e)
	case textEvent:
		v.chars(e.text)
	case endEvent:
		v.finish(e)
	}
}

// references checks that each IDREF has its ID.
func (v *validation) references() {
	for _, ref := range v.refs {
		if !v.ids[ref] {
			v.fail("Reference to undeclared ID is '", short(ref), "'.")
		}
	}
}

func (v *validation) start(e event) {
	f := &frame{name: e.name, fresh: true}
	if len(v.open) == 0 {
		f.decl = v.schema.elements[e.name]
		if f.decl == nil && !hasType(e) {
			v.fail("The '", e.name.plain(), "' element is not declared.")
		}
	} else {
		v.child(v.open[len(v.open)-1], f, e)
	}
	v.open, v.names = append(v.open, f), append(v.names, e.name)
	if !f.skip {
		v.begin(f, e)
	}
	decl := f.decl
	if f.skip {
		decl = nil
	}
	v.stopAt(v.keys.start(v.names, decl))
	if f.typ != nil {
		v.attributes(f, e)
	}
}

func (v *validation) stopAt(found string) {
	if found != "" {
		v.fail(found)
	}
}

func hasType(e event) bool {
	for _, a := range e.attrs {
		if a.name == (Name{instanceSpace, "type"}) {
			return true
		}
	}
	return false
}

// child finds the declaration of an element inside another one.
func (v *validation) child(parent, f *frame, e event) {
	fresh := parent.fresh
	parent.fresh = false
	t := parent.typ
	switch {
	case parent.skip:
		f.skip = true
		return
	case parent.nilled:
		v.fail("Element '", parent.name.plain(), "' must have no character or element children.")
	case t == nil: // of a lax wildcard, without a declaration
		f.decl = v.schema.elements[e.name]
		return
	case t.simple != nil:
		v.fail("The element ", parent.name.String(), " cannot contain child element ", e.name.String(), " because the parent element's content model is text only.")
	case t.particle.isEmpty() && !t.mixed:
		v.fail("The element ", parent.name.String(), " cannot contain child element ", e.name.String(), " because the parent element's content model is empty.")
	}
	if fixed := parent.decl; fixed != nil && fixed.value != nil && fixed.value.fixed && fresh {
		v.fail("The value of the '", parent.name.plain(), "' element does not equal its fixed value.")
	}
	p, decl := parent.matcher.next(e.name)
	switch {
	case p == nil:
		v.fail("The element ", parent.name.String(), " has invalid child element ", e.name.String(), ".", expecting(parent.matcher))
	case p.elem != nil:
		f.decl = decl
	case p.any.process == skip:
		f.skip = true
	default:
		if f.decl = v.schema.elements[e.name]; f.decl == nil && p.any.process == strict && !hasType(e) {
			v.fail("The '", e.name.plain(), "' element is not declared.")
		}
	}
}

// expecting lists what may stand in the place.
func expecting(m *matcher) string {
	var names []string
	for _, p := range m.expected() {
		switch {
		case len(names) == 10:
			names = append(names, "...")
		case len(names) > 10:
		case p.any != nil:
			names = append(names, "any element in namespace '"+p.any.text+"'")
		default:
			names = append(names, p.elem.name.String())
		}
	}
	if names == nil {
		return ""
	}
	return " List of possible elements expected: " + strings.Join(names, ", ") + "."
}

// begin finds the type of an element.
func (v *validation) begin(f *frame, e event) {
	if f.decl != nil {
		f.typ = f.decl.typ
	}
	var xsiType, xsiNil *attr
	for i, a := range e.attrs {
		switch a.name {
		case Name{instanceSpace, "type"}:
			xsiType = &e.attrs[i]
		case Name{instanceSpace, "nil"}:
			xsiNil = &e.attrs[i]
		}
	}
	if f.decl != nil && f.decl.abstract {
		v.fail("The element '", f.name.plain(), "' is abstract or its type is abstract.")
	}
	if xsiType != nil {
		v.override(f, e, collapse(xsiType.value))
	}
	if f.typ == nil {
		return
	}
	if f.typ.abstract {
		v.fail("The element '", f.name.plain(), "' is abstract or its type is abstract.")
	}
	if xsiNil != nil {
		v.setNil(f, collapse(xsiNil.value))
	}
	if f.typ.complex && f.typ.simple == nil {
		f.matcher = f.typ.model.start()
	}
}

// override is xsi:type.
func (v *validation) override(f *frame, e event, qname string) {
	name, ok := e.spaces.name(qname, false)
	t := v.schema.types[name]
	if t == nil && name.Space == schemaSpace {
		t = builtins()[name.Local]
	}
	if !ok || t == nil {
		v.fail("This is an invalid xsi:type '", short(qname), "'.")
	}
	if f.typ != nil && !t.derivesFrom(f.typ, f.decl.block|f.typ.block) {
		v.fail("The xsi:type attribute value '", name.plain(), "' is not valid for the element '", f.name.plain(),
			"', either because it is not a type validly derived from the type in the schema, or because it has xsi:type derivation blocked.")
	}
	if t.abstract {
		v.fail("The xsi:type '", name.plain(), "' cannot be abstract.")
	}
	f.typ = t
}

func (v *validation) setNil(f *frame, value string) {
	switch {
	case !isBoolean(value):
		v.fail("The value '", short(value), "' is invalid according to its data type.")
	case f.decl != nil && !f.decl.nillable:
		v.fail("If the 'nillable' attribute is false in the schema, the 'xsi:nil' attribute must not be present in the instance.")
	}
	f.nilled = value == "true" || value == "1"
	if f.nilled && f.decl != nil && f.decl.value != nil && f.decl.value.fixed {
		v.fail("If the element has a fixed value, the 'xsi:nil' attribute can't be true.")
	}
}

func isInstanceAttribute(local string) bool {
	return local == "type" || local == "nil" || local == "schemaLocation" || local == "noNamespaceSchemaLocation"
}

// attributes checks those of an element.
func (v *validation) attributes(f *frame, e event) {
	uses := f.typ.attributes
	ids := 0
	for _, a := range e.attrs {
		if a.name.Space == instanceSpace && isInstanceAttribute(a.name.Local) {
			continue
		}
		decl, constant := v.attribute(uses, a.name)
		if decl == nil {
			continue
		}
		x := v.value(decl.simple, a.value, e.spaces, "attribute", a.name)
		if constant != nil && constant.fixed && x.key != constant.key {
			v.fail("The value of the '", a.name.plain(), "' attribute does not equal its fixed value.")
		}
		if decl.simple.special == idSpecial {
			if ids++; ids > 1 {
				v.fail("The attribute of type ID is already declared on the '", f.name.plain(), "' element.")
			}
		}
		v.stopAt(v.keys.value(v.names, &a.name, x.key, false, true))
	}
	if uses == nil {
		return
	}
	for _, u := range uses.list {
		v.absent(u, e)
	}
}

// attribute finds the declaration of an attribute; nil when a wildcard lets it be.
func (v *validation) attribute(uses *attributeUses, name Name) (*attribute, *constant) {
	if u := uses.find(name); u != nil {
		return u.attribute, u.value
	}
	var w *wildcard
	if uses != nil {
		w = uses.any
	}
	if w == nil || !w.allows(name.Space) {
		v.fail("The '", name.plain(), "' attribute is not declared.")
	}
	if w.process == skip {
		return nil, nil
	}
	a := v.schema.attributes[name]
	if a == nil && name.Space == xmlSpace {
		a = xmlAttribute(name.Local)
	}
	if a == nil {
		if w.process == strict {
			v.fail("The '", name.plain(), "' attribute is not declared.")
		}
		return nil, nil
	}
	return a, a.value
}

// absent is an attribute that may have to be there, or have a value without being there.
func (v *validation) absent(u *attributeUse, e event) {
	for _, a := range e.attrs {
		if a.name == u.name {
			return
		}
	}
	switch {
	case u.required:
		v.fail("The required attribute '", u.name.plain(), "' is missing.")
	case u.value != nil:
		v.stopAt(v.keys.value(v.names, &u.name, u.value.key, false, true))
	}
}

// value reads the value of an element or attribute.
func (v *validation) value(s *simple, text string, spaces *scope, what string, name Name) value {
	x, found := s.parse(text, &context{spaces, v.schema.notations})
	if found != "" {
		v.fail("The '", name.plain(), "' ", what, " is invalid - The value '", short(text), "' is invalid according to its datatype '", s.name(), "' - ", found)
	}
	for _, m := range x.marks {
		switch m.kind {
		case idSpecial:
			if v.ids[m.text] {
				v.fail("The '", name.plain(), "' ", what, " is invalid - The value '", short(text), "' is invalid according to its datatype '", s.name(), "' - '",
					short(m.text), "' is already used as an ID.")
			}
			v.ids[m.text] = true
		case idrefSpecial:
			v.refs = append(v.refs, m.text)
		case entitySpecial:
			v.fail("Reference to an undeclared entity, '", short(m.text), "'.")
		}
	}
	return x
}

// name is a type's in .NET's messages.
func (s *simple) name() string {
	switch {
	case s.typ != nil && s.typ.name.Local != "":
		return s.typ.name.plain()
	case s.variety == list:
		return "List"
	case s.variety == union:
		return "Union"
	}
	return s.dotnetName()
}

func (v *validation) chars(text string) {
	f := v.open[len(v.open)-1]
	switch t := f.typ; {
	case f.skip || t == nil:
	case f.nilled:
		v.fail("Element '", f.name.plain(), "' must have no character or element children.")
	case t.simple != nil, t.mixed:
		f.text.WriteString(text)
	case strings.Trim(text, " \t\r\n") == "":
		if t.particle.isEmpty() && text != "" {
			v.fail("The element cannot contain white space. Content model is empty.")
		}
	case t.particle.isEmpty():
		v.fail("The element cannot contain text. Content model is empty.")
	default:
		v.fail("The element ", f.name.String(), " cannot contain text.", expecting(f.matcher))
	}
}

// finish checks an element at its end.
func (v *validation) finish(e event) {
	f := v.open[len(v.open)-1]
	key, isSimple := "", false
	if f.typ != nil && !f.skip {
		if isSimple = f.typ.simple != nil; isSimple && !f.nilled {
			key = v.content(f, e)
		}
		if f.matcher != nil && !f.nilled {
			v.ended(f)
		}
	}
	v.stopAt(v.keys.value(v.names, nil, key, f.nilled, isSimple))
	v.stopAt(v.keys.end(len(v.names)))
	v.open, v.names = v.open[:len(v.open)-1], v.names[:len(v.names)-1]
}

// content is the value of an element with simple content.
func (v *validation) content(f *frame, e event) (key string) {
	text := f.text.String()
	if f.decl != nil && f.decl.value != nil && text == "" {
		text = f.decl.value.text
	}
	x := v.value(f.typ.simple, text, e.spaces, "element", f.name)
	if f.decl != nil && f.decl.value != nil && f.decl.value.fixed && x.key != f.decl.value.key && text != f.decl.value.text {
		v.fail("The value of the '", f.name.plain(), "' element does not equal its fixed value.")
	}
	return x.key
}

// ended checks that an element's children are all there.
func (v *validation) ended(f *frame) {
	if !f.matcher.complete() {
		v.fail("The element ", f.name.String(), " has incomplete content.", expecting(f.matcher))
	}
	if c := f.decl; c != nil && c.value != nil && c.value.fixed && f.text.Len() > 0 && f.text.String() != c.value.text {
		v.fail("The value of the '", f.name.plain(), "' element does not equal its fixed value.")
	}
}
