package emit

import (
	"slices"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
	"gatehouse/internal/resourcetypes"
)

// derived is a type that is derived from that of a resource or of a part of it.
type derived struct {
	source string // Type@version
	output bool   // as the resource is read, rather than written
	typ    *resourcetypes.Type
	base   string // the JSON type where typ is not known; "" when that isn't either
}

// props is the JSON type and where it comes from. The engine takes a type from
// there as far as it can; without a JSON type any value is one of it.
func (d *derived) props(pointer string) *object {
	source := d.source
	if pointer != "" {
		source += "#" + pointer
	}
	from := obj("source", source)
	if d.output {
		from.set("output", true)
	}
	out := &object{}
	if base := d.primitive(); base != "" {
		out.set("type", base)
	}
	out.set("metadata", obj("__bicep_resource_derived_type!", from))
	return out
}

func (d *derived) primitive() string {
	if d.typ == nil {
		return d.base
	}
	switch p := d.typ.Primitive(); p {
	case "any", "null":
		return ""
	default:
		return p
	}
}

// generic is resourceInput<'T@v'> or resourceOutput<'T@v'>.
func (w *typeWriter) generic(e *syntax.TypeGeneric) (*resolved, bool) {
	if (e.Name.Name == "resourceInput" || e.Name.Name == "resourceOutput") && len(e.Args) == 1 {
		if l, ok := e.Args[0].(*syntax.TypeLiteral); ok {
			if s, ok := literal(l.Value).(string); ok {
				return &resolved{derived: derivedFrom(s, e.Name.Name == "resourceOutput"), in: w}, true
			}
		}
	}
	w.fail(e, "The type \""+e.Name.Name+"<>\" is not supported by this compiler.")
	return nil, false
}

func derivedFrom(text string, output bool) *derived {
	name, version, _ := strings.Cut(strings.TrimPrefix(text, "az:"), "@")
	d := &derived{output: output, base: "object", typ: resourcetypes.Body(name, version)}
	if canonical, exact, ok := resourcetypes.Canonical(name, version); ok {
		name, version = canonical, exact
	}
	d.source = name + "@" + version
	return d
}

// derivedStep goes one level down in a derived type.
func derivedStep(r *resolved, pointer []string) *resolved {
	d := *r.derived
	n := &resolved{pointer: slices.Concat(r.pointer, pointer), in: r.in, derived: &d}
	if d.typ == nil {
		d.base = commonBase(n.pointer)
		return n
	}
	if d.typ.Kind == resourcetypes.Any {
		return n
	}
	if d.typ = inner(d.typ, pointer); d.typ == nil { // of any resource, or reported when types were checked
		d.base = commonBase(n.pointer)
	}
	return n
}

// inner is the part of t that a step of a pointer leads to.
func inner(t *resourcetypes.Type, pointer []string) *resourcetypes.Type {
	switch pointer[0] {
	case "properties":
		return propertyType(t, pointer[1])
	case "items":
		if t.Kind == resourcetypes.Array {
			return t.Item
		}
	case "additionalProperties":
		if t.Kind == resourcetypes.Object {
			return t.Item
		}
	}
	return nil
}

// propertyType is that of a property; of a discriminated object, what it is in any member.
func propertyType(t *resourcetypes.Type, name string) *resourcetypes.Type {
	if p := t.Property(name); p != nil {
		return p.Type
	}
	var found []*resourcetypes.Type
	for _, m := range t.Members {
		if p := m.Property(name); p != nil {
			found = append(found, p.Type)
		}
	}
	if len(found) < 2 {
		return slices.Concat(found, []*resourcetypes.Type{nil})[0]
	}
	return &resourcetypes.Type{Kind: resourcetypes.Union, Members: found}
}

// commonBase is the JSON type of a property that every resource has.
func commonBase(pointer []string) string {
	if len(pointer) == 2 && pointer[0] == "properties" {
		switch pointer[1] {
		case "name", "location", "kind", "id", "type", "apiVersion", "managedBy", "etag":
			return "string"
		case "tags", "properties", "sku", "identity", "plan", "extendedLocation":
			return "object"
		case "zones":
			return "array"
		}
	}
	return ""
}

// unknownType warns of a derived type of which not even the JSON type is known.
func (w *typeWriter) unknownType(e syntax.TypeExpr, r *resolved) {
	w.t.warn(w.m, e, sema.Unsupported, "The properties of \""+r.derived.source+"\" are not known to this compiler, so that \""+r.path()+"\" is emitted without a JSON type and takes any value. Write the type out to have values checked.")
}

func (t *template) warn(m *sema.Model, n syntax.Node, code, text string) {
	before := len(t.s.diags)
	t.failIn(m, n, code, text)
	for i := range t.s.diags[before:] {
		t.s.diags[before+i].Severity = diag.Warning
	}
}
