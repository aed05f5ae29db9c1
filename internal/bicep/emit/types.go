package emit

import (
	"sort"
	"strconv"
	"strings"

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
	if sema.FindDecorator(ds, "secure") != nil {
		switch o.get("type") {
		case "string":
			o.set("type", "securestring")
		case "object":
			o.set("type", "secureObject")
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

// literals are the values of a type that consists of literals only.
func (w *typeWriter) literals(e syntax.TypeExpr) ([]any, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.literals(e.X)
	case *syntax.TypeLiteral:
		return []any{literal(e.Value)}, true
	case *syntax.TypeNullable:
		vs, ok := w.literals(e.Base)
		return append(vs, nil), ok
	case *syntax.TypeUnion:
		var out []any
		seen := map[string]bool{}
		for _, mem := range e.Members {
			vs, ok := w.memberLiterals(mem)
			if !ok {
				return nil, false
			}
			for _, v := range vs {
				if name := literalName(v); !seen[name] {
					seen[name] = true
					out = append(out, v)
				}
			}
		}
		sortLiterals(out)
		return out, true
	case *syntax.TypeName, *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeIndex:
		if n, ok := e.(*syntax.TypeName); ok && w.m.TypeUses[n] == nil {
			return nil, false
		}
		r, ok := w.resolve(e)
		switch {
		case ok && r.decl != nil:
			return r.in.literals(r.decl)
		case ok && r.json != nil:
			vs, has := r.json.get("allowedValues").([]any)
			return vs, has
		}
	}
	return nil, false
}

// memberLiterals are the values of a member of a union, where tuples and objects
// of single values are values too.
func (w *typeWriter) memberLiterals(e syntax.TypeExpr) ([]any, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.memberLiterals(e.X)
	case *syntax.TypeTuple:
		list := []any{}
		for _, p := range e.Items {
			vs, ok := w.memberLiterals(p.Value)
			if !ok || len(vs) != 1 {
				return nil, false
			}
			list = append(list, vs[0])
		}
		return []any{list}, true
	case *syntax.TypeObject:
		o := &object{}
		for _, p := range e.Props {
			vs, ok := w.memberLiterals(p.Value)
			if !ok || len(vs) != 1 {
				return nil, false
			}
			o.set(p.Name.Name, vs[0])
		}
		return []any{o}, e.Additional == nil
	}
	return w.literals(e)
}

// sortLiterals orders union members as the official compiler normalises them: by
// the name of each literal type, ordinally.
func sortLiterals(vs []any) {
	sort.SliceStable(vs, func(i, j int) bool { return literalName(vs[i]) < literalName(vs[j]) })
}

// literalName is a value as a type expression has it.
func literalName(v any) string {
	switch v := v.(type) {
	case string:
		return "'" + v + "'"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		var names []string
		for _, x := range v {
			names = append(names, literalName(x))
		}
		return "[" + strings.Join(names, ", ") + "]"
	case *object:
		var names []string
		for _, m := range v.members {
			names = append(names, m.key+": "+literalName(m.value))
		}
		return "{ " + strings.Join(names, ", ") + " }"
	}
	return "null"
}

func literal(e syntax.Expr) any {
	switch e := e.(type) {
	case *syntax.StringLit:
		s, _ := e.Text()
		return escapeText(s)
	case *syntax.IntLit:
		return int64(e.Value)
	case *syntax.BoolLit:
		return e.Value
	case *syntax.Unary:
		switch v := literal(e.X).(type) {
		case int64:
			if e.Op == syntax.Minus {
				return -v
			}
			return v
		case bool:
			return !v
		}
	}
	return nil
}

func baseOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case int64:
		return "int"
	case bool:
		return "bool"
	case []any:
		return "array"
	}
	return "object"
}

// resolved is what a type reference leads to.
type resolved struct {
	pointer []string        // segments of a JSON pointer
	decl    syntax.TypeExpr // nil for a type that is derived from a resource
	json    *object         // of a type that an ARM template declares
	in      *typeWriter
	derived string // of a resource-derived type: Type@version
	output  bool
	base    string
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func (r *resolved) path() string {
	parts := make([]string, len(r.pointer))
	for i, p := range r.pointer {
		parts[i] = pointerEscaper.Replace(p)
	}
	return strings.Join(parts, "/")
}

func (r *resolved) props() *object {
	if r.derived == "" {
		return obj("$ref", "#/"+r.path())
	}
	source := r.derived
	if len(r.pointer) > 0 {
		source += "#" + r.path()
	}
	d := obj("source", source)
	if r.output {
		d.set("output", true)
	}
	return obj("type", r.base, "metadata", obj("__bicep_resource_derived_type!", d))
}

func (w *typeWriter) reference(e syntax.TypeExpr) *object {
	r, ok := w.resolve(e)
	if !ok {
		return obj("type", "object")
	}
	if r.derived != "" && r.base == "" {
		w.fail(e, "The type of \""+r.path()+"\" in \""+r.derived+"\" is not known to this compiler, which has no resource types. Write the type out.")
	}
	return r.props()
}

// resolve follows a reference to where its type is declared.
func (w *typeWriter) resolve(e syntax.TypeExpr) (*resolved, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.resolve(e.X)
	case *syntax.TypeName:
		s := w.m.TypeUses[e]
		if s == nil {
			break
		}
		return w.named(s)
	case *syntax.TypeGeneric:
		return w.generic(e)
	case *syntax.TypeMember:
		if n, ok := e.Base.(*syntax.TypeName); ok {
			if s := w.m.TypeUses[n]; s != nil && s.Kind == sema.Wildcard {
				return w.wildcard(s, e)
			}
		}
		return w.step(e.Base, e, []string{"properties", e.Name.Name})
	case *syntax.TypeIndex:
		return w.step(e.Base, e, []string{"prefixItems", strconv.FormatUint(e.Index, 10)})
	case *syntax.TypeItems:
		return w.step(e.Base, e, []string{"items"})
	case *syntax.TypeAdditional:
		return w.step(e.Base, e, []string{"additionalProperties"})
	}
	w.fail(e, "This type can't be referred to.")
	return nil, false
}

func (w *typeWriter) named(s *sema.Symbol) (*resolved, bool) {
	name := w.t.templateName(s)
	if s.Import != nil {
		s = s.Import.Target
	}
	if s == nil {
		return nil, false
	}
	if s.JSON != nil {
		v, err := parseJSON(s.JSON.Raw)
		o, ok := v.(*object)
		return &resolved{pointer: []string{"definitions", name}, json: o, in: w}, err == nil && ok
	}
	d, ok := s.Decl.(*syntax.TypeDecl)
	if !ok {
		return nil, false
	}
	return &resolved{pointer: []string{"definitions", name}, decl: d.Value, in: w.t.typesOf(s.Model)}, true
}

func (w *typeWriter) wildcard(s *sema.Symbol, e *syntax.TypeMember) (*resolved, bool) {
	target := s.Import.Member(e.Name.Name)
	if target == nil || target.Kind != sema.TypeKind {
		w.t.failIn(w.m, e.Name, "BCP052", "The type \""+s.Name+"\" does not contain property \""+e.Name.Name+"\".")
		return nil, false
	}
	return w.named(target)
}

// step goes from base one level down; e is the whole reference.
func (w *typeWriter) step(base, e syntax.TypeExpr, pointer []string) (*resolved, bool) {
	r, ok := w.resolve(base)
	if !ok {
		return nil, false
	}
	if r.derived != "" {
		n := *r
		n.pointer = append(append([]string{}, r.pointer...), pointer...)
		n.base = derivedBase(n.pointer)
		return &n, true
	}
	if r.json != nil {
		return r.jsonStep(pointer), true
	}
	decl := r.decl
	in := r.in
	for {
		switch d := decl.(type) {
		case *syntax.TypeParen:
			decl = d.X
			continue
		case *syntax.TypeNullable:
			decl = d.Base
			continue
		case *syntax.TypeName, *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.TypeIndex, *syntax.TypeGeneric:
			next, ok := in.resolve(decl)
			if !ok {
				return nil, false
			}
			if next.derived != "" {
				n := *next
				n.pointer = append(append([]string{}, next.pointer...), pointer...)
				n.base = derivedBase(n.pointer)
				return &n, true
			}
			if next.json != nil {
				return next.jsonStep(pointer), true
			}
			r, decl, in = next, next.decl, next.in
			continue
		}
		break
	}
	inner := descend(decl, e)
	if inner == nil {
		w.fail(e, "The type does not have the member that is referred to.")
		return nil, false
	}
	return &resolved{pointer: append(append([]string{}, r.pointer...), pointer...), decl: inner, in: in}, true
}

// descend finds the member of decl that e names.
func descend(decl, e syntax.TypeExpr) syntax.TypeExpr {
	switch e := e.(type) {
	case *syntax.TypeMember:
		if o, ok := decl.(*syntax.TypeObject); ok {
			for _, p := range o.Props {
				if strings.EqualFold(p.Name.Name, e.Name.Name) {
					return p.Value
				}
			}
		}
	case *syntax.TypeIndex:
		if o, ok := decl.(*syntax.TypeTuple); ok && int(e.Index) < len(o.Items) {
			return o.Items[e.Index].Value
		}
	case *syntax.TypeItems:
		if o, ok := decl.(*syntax.TypeArray); ok {
			return o.Item
		}
	case *syntax.TypeAdditional:
		if o, ok := decl.(*syntax.TypeObject); ok && o.Additional != nil {
			return o.Additional.Value
		}
	}
	return nil
}

// generic is resourceInput<'T@v'> or resourceOutput<'T@v'>.
func (w *typeWriter) generic(e *syntax.TypeGeneric) (*resolved, bool) {
	if (e.Name.Name == "resourceInput" || e.Name.Name == "resourceOutput") && len(e.Args) == 1 {
		if l, ok := e.Args[0].(*syntax.TypeLiteral); ok {
			if s, ok := literal(l.Value).(string); ok {
				return &resolved{derived: s, output: e.Name.Name == "resourceOutput", base: "object", in: w}, true
			}
		}
	}
	w.fail(e, "The type \""+e.Name.Name+"<>\" is not supported by this compiler.")
	return nil, false
}

// derivedBase is the type of a property that every resource has. Others take the
// resource types, which this compiler does not have.
func derivedBase(pointer []string) string {
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
