package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// decorator is a built-in decorator: the declarations it may stand on (p param,
// v var, o output, t type and type members, r resource, m module, f func, d metadata,
// i import and extension), what it takes, and the types of what it stands on.
type decorator struct {
	on       string
	takes    []types.Param
	attaches *types.Type // nil: any
	loose    bool        // its arguments need not be constants
}

func takes(name string, t *types.Type) []types.Param { return []types.Param{{Name: name, Type: t}} }

// builtinDecorators are the decorators of sys.
func builtinDecorators() map[string]decorator {
	length := types.Union(types.String, types.Array)
	least := int64(1)
	return map[string]decorator{
		"description":     {on: "pvotrmfdi", takes: takes("text", types.String)},
		"allowed":         {on: "p", takes: takes("values", types.Array)},
		"secure":          {on: "pot", attaches: types.Union(types.String, types.Object)},
		"metadata":        {on: "pot", takes: takes("object", types.Object)},
		"minValue":        {on: "pot", takes: takes("value", types.Int), attaches: types.Int},
		"maxValue":        {on: "pot", takes: takes("value", types.Int), attaches: types.Int},
		"minLength":       {on: "pot", takes: takes("length", types.Int), attaches: length},
		"maxLength":       {on: "pot", takes: takes("length", types.Int), attaches: length},
		"sealed":          {on: "pot", attaches: types.Object},
		"discriminator":   {on: "pot", takes: takes("value", types.String), attaches: types.Object},
		"batchSize":       {on: "rm", takes: takes("batchSize", types.Int), loose: true},
		"export":          {on: "tvf"},
		"onlyIfNotExists": {on: "r"},
		"nullIfNotFound":  {on: "r"},
		"retryOn":         {on: "r", takes: []types.Param{{Name: "exceptionCodes", Type: types.ArrayOf(types.String)}, {Name: "retryCount", Type: &types.Type{Kind: types.IntKind, Min: &least}, Optional: true}}},
		"waitUntil":       {on: "r", takes: []types.Param{{Name: "predicate", Type: types.Any}, {Name: "maxWaitTime", Type: types.String}}, loose: true},
		"validate":        {on: "pot", takes: []types.Param{{Name: "predicate", Type: types.Any}, {Name: "errorMessage", Type: types.String, Optional: true}}, loose: true},
	}
}

// misplaced has the code and words for a decorator on the wrong kind of declaration.
var misplaced = map[string]struct{ code, what string }{
	"p": {"BCP125", "a parameter"}, "v": {"BCP126", "a variable"}, "r": {"BCP127", "a resource"}, "m": {"BCP128", "a module"}, "o": {"BCP129", "an output"},
	"d": {"BCP269", "a metadata"}, "t": {"BCP297", "a type"},
}

// checkDecorators checks the decorators of a declaration.
func (m *Model) checkDecorators(d syntax.Decl) {
	if len(d.Decorated()) == 0 {
		return
	}
	if _, missing := d.(*syntax.MissingDecl); missing {
		m.checkDangling(d)
		return
	}
	if m.IsParams() && undecorated(d) {
		at := d.Decorated()[0].Span
		m.errorf("BCP130", syntax.Span{Start: at.Start, End: at.Start + 1}, "Decorators are not allowed here.")
		return
	}
	target, t := m.decorated(d)
	m.checkDecorated(d.Decorated(), target, t, typeSyntax(d))
}

// undecorated reports whether d, of a parameters file, can't have decorators.
func undecorated(d syntax.Decl) bool {
	switch d.(type) {
	case *syntax.ParamDecl, *syntax.UsingDecl, *syntax.ExtendsDecl:
		return true
	}
	return false
}

// decorated is the kind of declaration and the type of what is declared.
func (m *Model) decorated(d syntax.Decl) (letter string, t *types.Type) {
	switch d := d.(type) {
	case *syntax.ParamDecl:
		return "p", m.declaredType(d.Type, d.Decorators)
	case *syntax.VarDecl:
		return "v", m.TypeOf(d.Value)
	case *syntax.OutputDecl:
		return "o", m.declaredType(d.Type, d.Decorators)
	case *syntax.TypeDecl:
		return "t", m.declaredType(d.Value, d.Decorators)
	case *syntax.ResourceDecl:
		if r := m.resourceOf(d); r != nil {
			return "r", m.resourceValueType(r)
		}
		return "r", types.Error
	case *syntax.ModuleDecl:
		for _, mod := range m.Modules {
			if mod.Decl == d {
				return "m", m.moduleValueType(mod)
			}
		}
		return "m", types.Error
	case *syntax.FuncDecl:
		return "f", types.Any
	case *syntax.MetadataDecl:
		return "d", m.TypeOf(d.Value)
	case *syntax.ImportDecl, *syntax.ExtensionDecl:
		return "i", types.Any
	}
	return "-", types.Any
}

// typeSyntax is the type as a declaration has it.
func typeSyntax(d syntax.Decl) syntax.TypeExpr {
	switch d := d.(type) {
	case *syntax.ParamDecl:
		return d.Type
	case *syntax.OutputDecl:
		return d.Type
	case *syntax.VarDecl:
		return d.Type
	case *syntax.TypeDecl:
		return d.Value
	}
	return nil
}

func (m *Model) checkDecorated(ds []*syntax.Decorator, letter string, t *types.Type, written syntax.TypeExpr) {
	known := builtinDecorators()
	same := map[string][]*syntax.Decorator{}
	for _, d := range ds {
		name, ok := m.callDecorator(d, known, letter)
		if !ok {
			continue
		}
		same[name] = append(same[name], d)
		if rest, _ := t.NonNull(); !rest.IsError() {
			m.attach(d, name, known[name], rest, written)
		}
	}
	m.limitOrder(ds, t)
	for name, twice := range same {
		if len(twice) > 1 {
			for _, d := range twice {
				m.errorf("BCP166", d.Span, "Duplicate \"%s\" decorator.", name)
			}
		}
	}
}

// limitOrder reports limits that no value keeps.
func (m *Model) limitOrder(ds []*syntax.Decorator, t *types.Type) {
	rest, _ := t.NonNull()
	least, most := "minLength", "maxLength"
	switch rest.Kind {
	case types.IntKind:
		least, most = "minValue", "maxValue"
	case types.StringKind, types.ArrayKind:
	default:
		return
	}
	if rest.Min == nil || rest.Max == nil || *rest.Min <= *rest.Max {
		return
	}
	for _, name := range []string{least, most} {
		if d := FindDecorator(ds, name); d != nil {
			m.errorf("BCP331", d.Span, "A type's \"%s\" must be less than or equal to its \"%s\", but a minimum of %d and a maximum of %d were specified.", least, most, *rest.Min, *rest.Max)
			return
		}
	}
}

// callDecorator finds what d calls and checks its arguments.
func (m *Model) callDecorator(d *syntax.Decorator, known map[string]decorator, letter string) (name string, ok bool) {
	c, ok := m.decoratorCall(d)
	if !ok {
		return "", false
	}
	name = c.name.Name
	info, is := known[name]
	_, function := FunctionByName(name)
	switch {
	case is:
	case function && banned[name].code == "":
		m.errorf("BCP152", c.name.Span, "Function \"%s\" cannot be used as a decorator.", name)
		return "", false
	default:
		m.unknownDecorator(c.name, known)
		return "", false
	}
	if letter != "" && !strings.Contains(info.on, letter) {
		if w, listed := misplaced[letter]; listed {
			m.errorf(w.code, c.name.Span, "Function \"%s\" cannot be used as %s decorator.", name, w.what)
		} else {
			m.errorf("BCP152", c.name.Span, "Function \"%s\" cannot be used as a decorator.", name)
		}
		return "", false
	}
	o := types.Overload{Name: name, Params: info.takes, Returns: types.Any}
	_, args := m.overload(c, []types.Overload{o})
	if args == nil {
		return name, false
	}
	if !info.loose {
		for _, a := range c.args {
			m.compileTime(a)
		}
	}
	if name == "waitUntil" || name == "validate" {
		m.errorf(Unsupported, d.Expr.At(), "The decorator \"%s\" is experimental and not supported by this compiler.", name)
	}
	return name, true
}

// decoratorCall is the call that d is; anything else is no decorator.
func (m *Model) decoratorCall(d *syntax.Decorator) (c call, ok bool) {
	switch e := d.Expr.(type) {
	case *syntax.Call:
		return callOf(e), e.Name.Name != ""
	case *syntax.MethodCall:
		base := m.TypeOf(e.Base)
		if base.IsError() || e.Name.Name == "" {
			return c, false
		}
		if base.Kind != types.NamespaceKind {
			m.errorf("BCP067", e.Name.Span, "Cannot call functions on type \"%s\". An \"object\" type is required.", base)
			return c, false
		}
		if base.Name != "sys" {
			m.inferArgs(methodOf(e))
			m.unknownInNamespace(e.Name, base.Name, nil)
			return c, false
		}
		return methodOf(e), true
	case *syntax.Bad:
		return c, false
	}
	if v, is := d.Expr.(*syntax.Variable); is && m.Uses[v] == nil {
		return c, false
	}
	if !m.TypeOf(d.Expr).IsError() {
		m.errorf("BCP141", d.Expr.At(), "The expression cannot be used as a decorator as it is not callable.")
	}
	return c, false
}

func (m *Model) unknownDecorator(n syntax.Ident, known map[string]decorator) {
	var names []string
	for k := range known {
		names = append(names, k)
	}
	for k := range functions {
		names = append(names, k)
	}
	if near := Nearest(n.Name, names); near != "" {
		m.errorf("BCP082", n.Span, "The name \"%s\" does not exist in the current context. Did you mean \"%s\"?", n.Name, near)
		return
	}
	m.errorf("BCP057", n.Span, "The name \"%s\" does not exist in the current context.", n.Name)
}

// attach checks that d fits what it stands on.
func (m *Model) attach(d *syntax.Decorator, name string, info decorator, t *types.Type, written syntax.TypeExpr) {
	if info.attaches != nil && !types.Assignable(t, info.attaches) {
		m.errorf("BCP124", d.Span, "The decorator \"%s\" can only be attached to targets of type \"%s\", but the target has type \"%s\".", name, info.attaches, t)
	}
	_, _, args, _ := d.Parts()
	switch name {
	case "minLength", "maxLength":
		m.lengthDecorator(d, name, args[0], t)
	case "allowed":
		m.allowedDecorator(d, args[0], t, written)
	case "metadata":
		m.narrow(args[0], m.TypeOf(args[0]), &types.Type{Kind: types.ObjectKind, Name: "ParameterModifierMetadata", Props: []*types.Prop{types.P("description", types.String)}, Additional: &types.Prop{Type: types.Any}}, narrowing{})
	case "batchSize":
		if !t.IsArray() {
			m.errorf("BCP155", d.Span, "The decorator \"batchSize\" can only be attached to resource or module collections.")
		}
		if n, ok := integerLiteral(args[0]); ok && n < 1 {
			m.errorf("BCP154", args[0].At(), "Expected a batch size of at least 1 but the specified value was \"%d\".", n)
		}
	case "sealed":
		m.sealedDecorator(d, written)
	case "discriminator":
		m.discriminatorDecorator(d, args[0], t)
	case "nullIfNotFound":
		if t.Kind == types.ResourceKind && !m.existingAt(d) {
			m.errorf("BCP445", d.Span, "The \"@nullIfNotFound()\" decorator can only be used on existing resources.")
		}
	}
	if name == "minLength" || name == "maxLength" || name == "minValue" || name == "maxValue" || name == "secure" || name == "allowed" {
		if m.refersToAlias(written) {
			m.errorf("BCP308", d.Span, "The decorator \"%s\" may not be used on statements whose declared type is a reference to a user-defined type.", name)
		}
	}
}

func (m *Model) existingAt(d *syntax.Decorator) bool {
	for _, r := range m.Resources {
		for _, x := range r.Decl.Decorators {
			if x == d {
				return r.Existing
			}
		}
	}
	return false
}

// refersToAlias reports whether a type is a name that a file gives.
func (m *Model) refersToAlias(t syntax.TypeExpr) bool {
	switch t := t.(type) {
	case *syntax.TypeNullable:
		return m.refersToAlias(t.Base)
	case *syntax.TypeName:
		return m.TypeUses[t] != nil
	case *syntax.TypeMember:
		return m.refersToAlias(t.Base)
	case *syntax.TypeAdditional:
		return m.refersToAlias(t.Base)
	case *syntax.TypeIndex:
		return m.refersToAlias(t.Base)
	case *syntax.TypeItems:
		return m.refersToAlias(t.Base)
	}
	return false
}

func (m *Model) notOnLiteral(d *syntax.Decorator, name string) {
	m.errorf("BCP295", d.Span, "The '%s' decorator may not be used on targets of a union or literal type. The allowed values for this parameter or type definition will be derived from the union or literal type automatically.", name)
}

func (m *Model) lengthDecorator(d *syntax.Decorator, name string, arg syntax.Expr, t *types.Type) {
	if t.Kind == types.UnionKind || t.IsLiteral() {
		m.notOnLiteral(d, name)
	}
	if n, ok := integerLiteral(arg); ok && n < 0 {
		m.errorf("BCP168", arg.At(), "Length must not be a negative value.")
	}
}

func (m *Model) allowedDecorator(d *syntax.Decorator, arg syntax.Expr, t *types.Type, written syntax.TypeExpr) {
	if n, ok := written.(*syntax.TypeNullable); ok {
		written = n.Base
	}
	switch written.(type) {
	case *syntax.TypeLiteral, *syntax.TypeUnion:
		m.notOnLiteral(d, "allowed")
	}
	a, isArray := arg.(*syntax.Array)
	if isArray && len(a.Items) == 0 {
		m.errorf("BCP099", a.Span, "The \"allowed\" array must contain one or more items.")
		return
	}
	if t.IsArray() && isArray {
		nested := false
		for _, it := range a.Items {
			_, is := it.Value.(*syntax.Array)
			nested = nested || is
		}
		if !nested { // the values that the items may have
			return
		}
	}
	m.narrow(arg, m.TypeOf(arg), types.ArrayOf(t), narrowing{})
}

func (m *Model) sealedDecorator(d *syntax.Decorator, written syntax.TypeExpr) {
	if n, ok := written.(*syntax.TypeNullable); ok {
		written = n.Base
	}
	switch t := written.(type) {
	case *syntax.TypeGeneric:
		if t.Name.Name == "resourceInput" || t.Name.Name == "resourceOutput" {
			m.errorf("BCP386", d.Span, "The decorator \"sealed\" may not be used on statements whose declared type is a reference to a resource-derived type.")
		}
	case *syntax.TypeObject:
		if t.Additional != nil {
			m.errorf("BCP316", d.Span, "The \"sealed\" decorator may not be used on object types with an explicit additional properties type declaration.")
		}
	default:
		if m.refersToAlias(written) {
			m.errorf("BCP308", d.Span, "The decorator \"sealed\" may not be used on statements whose declared type is a reference to a user-defined type.")
		}
	}
}

func (m *Model) discriminatorDecorator(d *syntax.Decorator, arg syntax.Expr, t *types.Type) {
	if t.Kind != types.TaggedKind {
		m.errorf("BCP363", d.Span, "The \"discriminator\" decorator can only be applied to object-only union types with unique member types.")
		return
	}
	s, _ := arg.(*syntax.StringLit)
	if key, ok := s.Text(); ok && key != t.Key {
		m.errorf("BCP366", d.Span, "The discriminator property name must be \"%s\" on all union member types.", key)
	}
}

// checkDangling reports decorators that no declaration follows.
func (m *Model) checkDangling(d syntax.Decl) {
	ds := d.Decorated()
	if m.hasSyntaxError(syntax.Span{Start: d.At().Start, End: d.At().End + 1}) {
		return
	}
	known := builtinDecorators()
	for _, x := range ds {
		m.callDecorator(x, known, "")
	}
	last := ds[len(ds)-1]
	_, name, _, _ := last.Parts()
	w, ok := dangling[known[name].on]
	if !ok {
		w = dangling[""]
	}
	m.report(diag.Error, w.code, "Expected "+w.what+" after the decorator.", last.Span)
}

// dangling has the code and words for what a decorator is to stand on.
var dangling = map[string]struct{ code, what string }{
	"":    {"BCP132", "a declaration"},
	"p":   {"BCP147", "a parameter declaration"},
	"r":   {"BCP149", "a resource declaration"},
	"rm":  {"BCP153", "a resource or module declaration"},
	"pot": {"BCP292", "a parameter, output, or type declaration"},
}
