package emit

import (
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// typeWriter emits the types of one file. t is the template that they go into,
// which is another one when the file's declarations are imported.
type typeWriter struct {
	t *template
	m *sema.Model
}

func (t *template) typesOf(m *sema.Model) *typeWriter { return &typeWriter{t, m} }

// definitions are the types of the file and the imported ones.
func (t *template) definitions() any {
	var out *object
	for _, s := range t.m.Declared(sema.TypeKind) {
		if d, ok := s.Decl.(*syntax.TypeDecl); ok {
			out = put(out, s.Name, t.definition(t.m, d, s.Exported(), nil))
		}
	}
	for _, im := range t.imports.of(sema.TypeKind) {
		if im.symbol.JSON != nil {
			out = put(out, im.name, t.jsonImport(im))
			continue
		}
		out = put(out, im.name, t.definition(im.symbol.Model, im.symbol.Decl.(*syntax.TypeDecl), false, im))
	}
	return orNil(out)
}

func (t *template) definition(m *sema.Model, d *syntax.TypeDecl, exported bool, from *imported) *object {
	o := t.typesOf(m).props(d.Value, d.Decorators)
	t.modifiers(o, t.converterFor(m), d.Decorators, exported)
	if from != nil {
		o.merge("metadata", obj("__bicep_imported_from!", t.origin(from)))
	}
	return o
}

// modifiers applies decorators to a type's properties.
func (t *template) modifiers(o *object, c *converter, ds syntax.Decorators, exported bool) {
	if d := sema.FindDecorator(ds, "secure"); d != nil {
		switch o.get("type") {
		case "string":
			o.set("type", "securestring")
		case "object":
			o.set("type", "secureObject")
		case nil:
			if o.get("$ref") == nil { // it would be emitted as a type that is not secure
				t.failIn(c.m, d, sema.Unsupported, "The JSON type of what is @secure() here is not known to this compiler. Write the type out.")
			}
		}
	}
	if sema.FindDecorator(ds, "sealed") != nil {
		o.set("additionalProperties", false)
	}
	if exported {
		o.merge("metadata", obj("__bicep_export!", true))
	}
	for _, name := range []string{"metadata", "minLength", "maxLength", "minValue", "maxValue"} {
		if d := sema.FindDecorator(ds, name); d != nil {
			o.merge(name, t.argument(c, d, 0))
		}
	}
	t.description(o, c, ds)
}

// props are the properties that describe a type. The decorators of the
// declaration say by which property a union of objects is told apart.
func (w *typeWriter) props(e syntax.TypeExpr, ds syntax.Decorators) *object {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.props(e.X, ds)
	case *syntax.TypeName:
		if w.m.TypeUses[e] == nil {
			return ambient(e.Name.Name)
		}
		return w.reference(e)
	case *syntax.TypeMember:
		if n, ok := e.Base.(*syntax.TypeName); ok && n.Name.Name == "sys" && w.m.TypeUses[n] == nil {
			return ambient(e.Name.Name)
		}
		return w.reference(e)
	case *syntax.TypeIndex, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.TypeGeneric:
		return w.reference(e)
	case *syntax.TypeLiteral:
		v := literal(e.Value)
		return obj("type", baseOf(v), "allowedValues", []any{v})
	case *syntax.TypeNullable:
		o := w.props(e.Base, ds)
		o.set("nullable", true)
		return o
	case *syntax.TypeNonNull:
		o := w.props(e.Base, ds)
		o.set("nullable", false)
		return o
	case *syntax.TypeArray:
		if vs, ok := w.literals(e.Item); ok && !w.isReference(e.Item) {
			return obj("type", "array", "allowedValues", vs)
		}
		return obj("type", "array", "items", w.props(e.Item, ds))
	case *syntax.TypeObject:
		return w.object(e)
	case *syntax.TypeTuple:
		return w.tuple(e)
	case *syntax.TypeUnion:
		return w.union(e, ds)
	case *syntax.TypeResource:
		text, _ := e.Type.Text()
		return obj("type", "string", "metadata", obj("resourceType", text))
	}
	w.fail(e, "This type is not supported by this compiler.")
	return obj("type", "object")
}

// ambient is a type of the language; any has no constraint to write.
func ambient(name string) *object {
	if name == "any" {
		return obj()
	}
	return obj("type", name)
}

func (w *typeWriter) fail(n syntax.Node, text string) { w.t.failIn(w.m, n, sema.Unsupported, text) }

func (w *typeWriter) isReference(e syntax.TypeExpr) bool {
	switch e := e.(type) {
	case *syntax.TypeName:
		return w.m.TypeUses[e] != nil
	case *syntax.TypeMember, *syntax.TypeIndex, *syntax.TypeItems, *syntax.TypeAdditional:
		return true
	case *syntax.TypeParen:
		return w.isReference(e.X)
	}
	return false
}

func (w *typeWriter) object(e *syntax.TypeObject) *object {
	props := &object{}
	for _, p := range e.Props {
		props.set(p.Name.Name, w.member(p))
	}
	o := obj("type", "object", "properties", props)
	if e.Additional != nil {
		o.set("additionalProperties", w.member(e.Additional))
	}
	return o
}

func (w *typeWriter) member(p *syntax.TypeProp) *object {
	o := w.props(p.Value, p.Decorators)
	w.t.modifiers(o, w.t.converterFor(w.m), p.Decorators, false)
	return o
}

func (w *typeWriter) tuple(e *syntax.TypeTuple) *object {
	items := []any{}
	for _, p := range e.Items {
		items = append(items, w.member(p))
	}
	return obj("type", "array", "prefixItems", items, "items", false)
}

// union is a set of literals, or objects told apart by a discriminator.
func (w *typeWriter) union(e *syntax.TypeUnion, ds syntax.Decorators) *object {
	if d := sema.FindDecorator(ds, "discriminator"); d != nil {
		_, _, args, _ := d.Parts()
		s, _ := args[0].(*syntax.StringLit)
		name, _ := s.Text()
		mapping := &object{}
		nullable := w.variants(mapping, name, e)
		o := obj("type", "object", "discriminator", obj("propertyName", name, "mapping", mapping))
		if nullable {
			o.set("nullable", true)
		}
		return o
	}
	values, ok := w.literals(e)
	if !ok || len(values) == 0 {
		w.fail(e, "The members of a union type must be literals, or objects with a @discriminator().")
		return obj("type", "object")
	}
	var kept []any
	nullable := false
	for _, v := range values {
		if v == nil {
			nullable = true
			continue
		}
		kept = append(kept, v)
	}
	if len(kept) == 0 {
		return obj("type", "object", "nullable", true)
	}
	o := obj("type", baseOf(kept[0]), "allowedValues", kept)
	if nullable {
		o.set("nullable", true)
	}
	return o
}

// variants fills the mapping of a discriminated union and reports whether null is a member.
func (w *typeWriter) variants(mapping *object, property string, e *syntax.TypeUnion) (nullable bool) {
	for _, mem := range e.Members {
		for {
			if p, ok := mem.(*syntax.TypeParen); ok {
				mem = p.X
				continue
			}
			if n, ok := mem.(*syntax.TypeNullable); ok {
				mem, nullable = n.Base, true
				continue
			}
			break
		}
		switch x := mem.(type) {
		case *syntax.TypeUnion:
			nullable = w.variants(mapping, property, x) || nullable
			continue
		case *syntax.TypeObject:
			mapping.set(w.discriminator(x, property), w.object(x))
			continue
		case *syntax.TypeLiteral:
			if _, null := x.Value.(*syntax.NullLit); null {
				nullable = true
				continue
			}
		}
		r, ok := w.resolve(mem)
		if !ok {
			return nullable
		}
		switch x := r.decl.(type) {
		case *syntax.TypeObject:
			mapping.set(r.in.discriminator(x, property), r.props())
		case *syntax.TypeUnion:
			r.in.variants(mapping, property, x)
		default:
			w.fail(mem, "A member of a discriminated union must be an object type.")
		}
	}
	return nullable
}

func (w *typeWriter) discriminator(o *syntax.TypeObject, property string) string {
	for _, p := range o.Props {
		if p.Name.Name == property {
			if vs, ok := w.literals(p.Value); ok && len(vs) == 1 {
				if s, ok := vs[0].(string); ok {
					return s
				}
			}
		}
	}
	w.fail(o, "The object type has no property \""+property+"\" with a string literal as its type, as the discriminator requires.")
	return ""
}
