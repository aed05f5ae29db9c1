package lint

import (
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// call is a call of a built-in function, with or without its namespace.
type call struct {
	node     syntax.Expr
	name     string
	args     []syntax.Expr
	resource *sema.Resource // x.listKeys(): what x is
}

// stringUse is a string and whether it is documentation.
type stringUse struct {
	*syntax.StringLit
	noted bool
}

// index is what rules look for in a file, found in one walk.
type index struct {
	m *sema.Model

	uses      map[*sema.Symbol]int
	calls     []call
	strings   []stringUse
	items     []*syntax.ObjectItem // members of objects, with values
	indexes   []*syntax.Index
	props     []*syntax.Property
	ternaries []*syntax.Ternary
	asserted  map[syntax.Expr]bool // what x! asserts
	defaults  map[syntax.Node]bool // nodes in parameters' default values

	params, vars, outputs, types, asserts []*sema.Symbol
	typeProps                             []*syntax.TypeProp // of type declarations, in order
	typeExprs                             []syntax.TypeExpr  // all
	secure                                map[*sema.Symbol]bool
}

func newIndex(m *sema.Model) *index {
	x := &index{m: m, uses: make(map[*sema.Symbol]int, len(m.Symbols)), asserted: map[syntax.Expr]bool{}, defaults: map[syntax.Node]bool{}, secure: map[*sema.Symbol]bool{}}
	for _, s := range m.Uses {
		x.uses[s]++
	}
	for _, s := range m.TypeUses {
		if s != nil {
			x.uses[s]++
		}
	}
	for _, s := range m.Symbols {
		x.symbol(s)
	}
	for _, d := range m.File.Decls {
		x.decl(d)
	}
	return x
}

func (x *index) symbol(s *sema.Symbol) {
	if s.Import != nil || s.Name == "" {
		return
	}
	switch s.Kind {
	case sema.Param:
		if !x.m.IsParams() {
			x.params = append(x.params, s)
		}
	case sema.Var:
		x.vars = append(x.vars, s)
	case sema.Output:
		x.outputs = append(x.outputs, s)
	case sema.TypeKind:
		x.types = append(x.types, s)
	case sema.Assert:
		x.asserts = append(x.asserts, s)
	}
}

func (x *index) decl(d syntax.Decl) {
	_, noted := d.(*syntax.MetadataDecl)
	_, param := d.(*syntax.ParamDecl)
	for _, c := range syntax.Children(d) {
		x.walk(c, noted || documents(c), param)
	}
	x.typesOf(d)
}

// documents reports whether a decorator is @description or @metadata.
func documents(n syntax.Node) bool {
	name := ""
	switch e := n.(type) {
	case *syntax.Call:
		name = e.Name.Name
	case *syntax.MethodCall:
		name = e.Name.Name
	}
	return name == "description" || name == "metadata"
}

func (x *index) walk(n syntax.Node, noted, param bool) {
	switch e := n.(type) {
	case *syntax.ResourceDecl:
		x.decl(e)
		return
	case *syntax.StringLit:
		x.strings = append(x.strings, stringUse{e, noted})
	case *syntax.Object:
		x.object(e, noted)
	case *syntax.Call:
		if x.m.Uses[e] == nil {
			x.calls = append(x.calls, call{node: e, name: e.Name.Name, args: e.Args})
			if s := x.m.Names[e.Name.Name]; s != nil { // a variable with the name of a function
				x.uses[s]++
			}
		}
	case *syntax.MethodCall:
		x.method(e)
	case *syntax.Index:
		x.indexes = append(x.indexes, e)
	case *syntax.Property:
		x.props = append(x.props, e)
		if param {
			x.defaults[e] = true
		}
	case *syntax.Ternary:
		x.ternaries = append(x.ternaries, e)
	case *syntax.NonNull:
		x.asserted[e.X] = true
	}
	for _, c := range syntax.Children(n) {
		x.walk(c, noted, param)
	}
}

func (x *index) object(o *syntax.Object, noted bool) {
	for i := range o.Items {
		it := &o.Items[i]
		if it.Key == nil || it.Value == nil {
			continue
		}
		x.items = append(x.items, it)
		if !it.Bare && len(it.Key.Exprs) == 0 {
			x.strings = append(x.strings, stringUse{it.Key, noted})
		}
	}
}

// method is ns.f(...), or a function of a resource.
func (x *index) method(e *syntax.MethodCall) {
	if r := x.resource(e.Base); r != nil {
		x.calls = append(x.calls, call{node: e, name: e.Name.Name, args: e.Args, resource: r})
		return
	}
	if v, ok := e.Base.(*syntax.Variable); ok {
		if s := x.m.Uses[v]; s != nil && s.Kind == sema.Namespace {
			x.calls = append(x.calls, call{node: e, name: e.Name.Name, args: e.Args})
		}
	}
}

// resource is what e names, or an item of what it names.
func (x *index) resource(e syntax.Expr) *sema.Resource {
	e = syntax.Unparen(e)
	if i, ok := e.(*syntax.Index); ok {
		e = syntax.Unparen(i.Base)
	}
	if s := x.m.Uses[e]; s != nil {
		return s.Resource
	}
	return nil
}

// named is the resource that e is the name of; unlike resource, it does not look
// behind an index or an assertion, as the official rules do not.
func (x *index) named(e syntax.Expr) *sema.Resource {
	switch e.(type) {
	case *syntax.Variable, *syntax.ResourceAccess:
		if s := x.m.Uses[e]; s != nil {
			return s.Resource
		}
	}
	return nil
}

// typesOf keeps the types in d.
func (x *index) typesOf(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.TypeDecl:
		x.typeExpr(d.Value, true)
	case *syntax.ParamDecl:
		x.typeExpr(d.Type, false)
	case *syntax.VarDecl:
		x.typeExpr(d.Type, false)
	case *syntax.OutputDecl:
		x.typeExpr(d.Type, false)
	case *syntax.FuncDecl:
		if d.Lambda == nil {
			return
		}
		for _, t := range d.Lambda.Types {
			x.typeExpr(t, false)
		}
		x.typeExpr(d.Lambda.Return, false)
	}
}

func (x *index) typeExpr(t syntax.TypeExpr, declares bool) {
	walkType(t, func(t syntax.TypeExpr) {
		x.typeExprs = append(x.typeExprs, t)
		o, ok := t.(*syntax.TypeObject)
		if !ok {
			return
		}
		props := o.Props
		if o.Additional != nil {
			props = append(props[:len(props):len(props)], o.Additional)
		}
		for _, p := range props {
			for _, dec := range p.Decorators {
				x.walk(dec.Expr, documents(dec.Expr), false)
			}
		}
		if declares {
			x.typeProps = append(x.typeProps, props...)
		}
	})
}

// walkType visits t and the types in it.
func walkType(t syntax.TypeExpr, visit func(syntax.TypeExpr)) {
	if t == nil {
		return
	}
	visit(t)
	for _, c := range typeChildren(t) {
		walkType(c, visit)
	}
}

func typeChildren(t syntax.TypeExpr) []syntax.TypeExpr {
	switch t := t.(type) {
	case *syntax.TypeMember:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeIndex:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeItems:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeAdditional:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeObject:
		out := propTypes(t.Props)
		if t.Additional != nil {
			out = append(out, t.Additional.Value)
		}
		return out
	case *syntax.TypeTuple:
		return propTypes(t.Items)
	case *syntax.TypeArray:
		return []syntax.TypeExpr{t.Item}
	case *syntax.TypeUnion:
		return t.Members
	case *syntax.TypeNullable:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeNonNull:
		return []syntax.TypeExpr{t.Base}
	case *syntax.TypeParen:
		return []syntax.TypeExpr{t.X}
	case *syntax.TypeGeneric:
		return t.Args
	}
	return nil
}

func propTypes(props []*syntax.TypeProp) []syntax.TypeExpr {
	var out []syntax.TypeExpr
	for _, p := range props {
		out = append(out, p.Value)
	}
	return out
}

// text is the source text of n.
func (x *index) text(n syntax.Node) string {
	at := n.At()
	return x.m.File.Source.Text[at.Start:at.End]
}

// same reports whether two expressions are written alike, blanks aside.
func (x *index) same(a, b syntax.Expr) bool {
	return a != nil && b != nil && squeeze(x.text(a)) == squeeze(x.text(b))
}

func squeeze(s string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(s)
}

// member finds a member of nested objects: path a, b of {a: {b: x}}.
func member(o *syntax.Object, path ...string) *syntax.ObjectItem {
	for i, name := range path {
		it := o.Get(name)
		if it == nil || i == len(path)-1 {
			return it
		}
		o, _ = it.Value.(*syntax.Object)
	}
	return nil
}

// literal is the text of a string that is written as one, or of a variable of one.
func (x *index) literal(e syntax.Expr) (string, bool) {
	for range 16 {
		switch v := syntax.Unparen(e).(type) {
		case *syntax.StringLit:
			return v.Text()
		case *syntax.Variable:
			d := x.variable(v)
			if d == nil {
				return "", false
			}
			e = d.Value
		default:
			return "", false
		}
	}
	return "", false
}

// variable is the declaration of a variable of this file that e names.
func (x *index) variable(e syntax.Expr) *syntax.VarDecl {
	if s := x.m.Uses[e]; s != nil && s.Kind == sema.Var && s.Import == nil {
		d, _ := s.Decl.(*syntax.VarDecl)
		return d
	}
	return nil
}

// isString reports whether e is known to be a string.
func (x *index) isString(e syntax.Expr) bool { return x.base(e, 16) == "string" }

// base is the name of e's type, or any.
func (x *index) base(e syntax.Expr, depth int) string {
	e = syntax.Unparen(e)
	if depth == 0 {
		return "any"
	}
	switch v := e.(type) {
	case *syntax.Variable:
		if d := x.variable(v); d != nil && d.Type == nil {
			return x.base(d.Value, depth-1)
		}
		if s := x.m.Uses[v]; s != nil && s.Kind == sema.LoopIndex {
			return "int"
		} else if s != nil && s.Kind == sema.LoopItem {
			return x.itemBase(s.For.In, depth-1)
		}
	case *syntax.Ternary:
		a, b := x.base(v.Then, depth-1), x.base(v.Else, depth-1)
		if a == b {
			return a
		}
		return "any"
	case *syntax.Property:
		return x.propertyBase(v)
	case *syntax.MethodCall:
		if n, ok := v.Base.(*syntax.Variable); ok && x.m.Uses[n] != nil && x.m.Uses[n].Kind == sema.Namespace {
			return x.callBase(v.Name.Name, v.Args, depth)
		}
		if v.Name.Name == "getSecret" {
			return "string"
		}
		return "any"
	case *syntax.Call:
		if x.m.Uses[v] == nil {
			return x.callBase(v.Name.Name, v.Args, depth)
		}
	}
	return x.m.TypeOf(e).Base()
}

// itemBase is the base of the items of an array that is written out or declared.
func (x *index) itemBase(e syntax.Expr, depth int) string {
	e = syntax.Unparen(e)
	if d := x.variable(e); d != nil && depth > 0 {
		return x.itemBase(d.Value, depth-1)
	}
	if a, ok := e.(*syntax.Array); ok && len(a.Items) > 0 && depth > 0 {
		first := x.base(a.Items[0].Value, depth-1)
		for _, it := range a.Items {
			if it.Spread || x.base(it.Value, depth-1) != first {
				return "any"
			}
		}
		return first
	}
	if c, ok := e.(*syntax.Call); ok && c.Name.Name == "range" {
		return "int"
	}
	if n, ok := x.shape(e, maxDepth).item().typ.(*syntax.TypeName); ok {
		return n.Name.Name
	}
	return "any"
}

func (x *index) callBase(name string, args []syntax.Expr, depth int) string {
	switch name {
	case "concat":
		for _, a := range args {
			switch b := x.base(a, depth-1); b {
			case "string", "int", "bool":
				return "string"
			case "array":
				return "array"
			}
		}
		return "any"
	case "take", "skip", "first", "last":
		if len(args) > 0 && x.base(args[0], depth-1) == "string" {
			return "string"
		}
		return "any"
	}
	if f, ok := sema.FunctionByName(name); ok && f.Returns != "" {
		return f.Returns
	}
	return "any"
}

// propertyBase knows what is the same for all resources, and the functions that
// describe scopes.
func (x *index) propertyBase(p *syntax.Property) string {
	if r := x.resource(p.Base); r != nil {
		switch p.Name.Name {
		case "id", "name", "type", "apiVersion", "location":
			return "string"
		}
		return "any"
	}
	name := ""
	switch b := syntax.Unparen(p.Base).(type) {
	case *syntax.Call:
		name = b.Name.Name
	case *syntax.MethodCall:
		name = b.Name.Name
	}
	switch name + "." + p.Name.Name {
	case "resourceGroup.location", "resourceGroup.name", "resourceGroup.id", "resourceGroup.type", "resourceGroup.managedBy",
		"subscription.id", "subscription.subscriptionId", "subscription.tenantId", "subscription.displayName",
		"deployment.name", "deployment.location", "tenant.tenantId", "tenant.displayName", "environment.name", "environment.portal":
		return "string"
	}
	return x.declaredBase(p)
}

// declaredBase follows declared types.
func (x *index) declaredBase(p *syntax.Property) string {
	s := x.shape(p, 16)
	if n, ok := s.typ.(*syntax.TypeName); ok && n.Name.Name == "string" {
		return "string"
	}
	return "any"
}
