package sema

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

func formatUint(v uint64) string { return strconv.FormatUint(v, 10) }

// check reports what is wrong beyond names.
func (m *Model) check() {
	for _, d := range m.File.Decls {
		m.checkDecl(d)
	}
	for _, r := range m.Resources {
		m.checkResource(r)
	}
	for _, mod := range m.Modules {
		m.checkModule(mod)
	}
	m.checkConstants()
	m.checkReferences()
}

func (m *Model) errorf(code string, at syntax.Span, format string, args ...any) {
	m.report(diag.Error, code, fmt.Sprintf(format, args...), at)
}

func (m *Model) checkDecl(d syntax.Decl) {
	m.checkDecorators(d)
	switch d := d.(type) {
	case *syntax.UsingDecl, *syntax.ExtendsDecl:
		if !m.IsParams() {
			m.errorf("BCP007", d.At(), "This declaration type is not recognized. Specify a metadata, parameter, variable, resource, or output declaration.")
		}
	case *syntax.ParamDecl:
		if d.Type == nil && !m.IsParams() {
			m.errorf("BCP279", syntax.Span{Start: d.Name.End, End: d.Name.End}, "Expected a type at this location. Please specify a valid type expression or one of the following types: \"any\", \"array\", \"bool\", \"int\", \"object\", \"string\".")
		}
		m.assignable(d.Default, d.Type, "BCP033", "Expected a value of type \"%s\" but the provided value is of type \"%s\".")
		m.checkExpr(d.Default, inParam)
	case *syntax.VarDecl:
		m.checkExpr(d.Value, inLoopable)
	case *syntax.OutputDecl:
		m.assignable(d.Value, d.Type, "BCP033", "Expected a value of type \"%s\" but the provided value is of type \"%s\".")
		m.checkExpr(d.Value, inLoopable)
	case *syntax.ResourceDecl:
		m.checkBody(d.Value)
	case *syntax.ModuleDecl:
		m.checkBody(d.Value)
	case *syntax.ExtensionDecl:
		m.errorf(Unsupported, d.Span, "Extensions are not supported by this compiler. Remove the extension declaration and the resources that use it.")
	case *syntax.FuncDecl:
		if d.Lambda != nil {
			m.checkExpr(d.Lambda.Body, inOther)
		}
	case *syntax.MetadataDecl:
		m.checkExpr(d.Value, inOther)
	case *syntax.AssertDecl:
		m.checkExpr(d.Value, inOther)
	}
}

// assignable checks a value against a declared primitive type.
func (m *Model) assignable(e syntax.Expr, t syntax.TypeExpr, code, format string) {
	if e == nil || t == nil {
		return
	}
	want, got := m.declaredType(t), m.TypeOf(e)
	if got == nil || got.fits(want) {
		return
	}
	m.errorf(code, e.At(), format, want, got)
}

// place is where an expression stands.
type place uint8

const (
	inOther    place = iota
	inLoopable       // the value of a variable or output: a loop may stand here
	inBody           // the value of a resource or module, or of a property in it
	inPropLoop       // inside a loop that is a property's value
	inParam          // a parameter's default value
)

// checkBody checks the value of a resource or module.
func (m *Model) checkBody(value syntax.Expr) {
	switch e := value.(type) {
	case *syntax.For:
		m.checkExpr(e.In, inOther)
		m.checkBody(e.Body)
	case *syntax.If:
		m.checkExpr(e.Cond, inOther)
		m.checkExpr(e.Body, inBody)
	default:
		m.checkExpr(value, inBody)
	}
}

// checkLoop checks that a loop may stand where it is.
func (m *Model) checkLoop(e *syntax.For, at place) {
	inner := inOther
	switch at {
	case inLoopable:
	case inBody:
		inner = inPropLoop
	case inPropLoop:
		m.errorf("BCP142", e.Span, "Property value for-expressions cannot be nested.")
	default:
		m.errorf("BCP138", e.Span, "For-expressions are not supported in this context. For-expressions may be used as values of resource, module, variable, and output declarations, or values of resource and module properties.")
	}
	if t := m.TypeOf(e.In); t != nil && !t.is("array") {
		m.errorf("BCP137", e.In.At(), "Loop expected an expression of type \"array\" but the provided value is of type \"%s\".", t)
	}
	m.checkExpr(e.In, inOther)
	m.checkExpr(e.Body, inner)
}

// checkExpr checks calls, loops and duplicate properties inside e.
func (m *Model) checkExpr(e syntax.Node, at place) {
	switch e := e.(type) {
	case nil:
		return
	case *syntax.For:
		m.checkLoop(e, at)
		return
	case *syntax.Object:
		m.checkObject(e, at)
		return
	case *syntax.Call:
		m.checkCall(e.Name, e.Span, e.Args, at, m.Uses[e])
	case *syntax.MethodCall:
		m.checkMethod(e, at)
	case *syntax.Property:
		m.checkProperty(e)
		m.checkAccess(e)
	case *syntax.Array:
		for _, it := range e.Items {
			m.checkItem(it.Value, at)
		}
		return
	case *syntax.Unary:
		defer m.checkUnary(e)
	case *syntax.Binary:
		defer m.checkBinary(e)
	case *syntax.Ternary:
		defer m.checkTernary(e)
	case *syntax.Index:
		defer m.checkIndex(e)
	case *syntax.ResourceDecl:
		m.checkDecl(e)
		return
	}
	if at != inParam && at != inPropLoop {
		at = inOther
	}
	for _, c := range syntax.Children(e) {
		m.checkExpr(c, at)
	}
}

// checkItem checks an item of an array. A loop can't be one, but an object in an
// array of a resource can have properties that are loops.
func (m *Model) checkItem(e syntax.Expr, at place) {
	if at == inLoopable {
		at = inOther
	}
	if f, ok := e.(*syntax.For); ok {
		m.checkLoop(f, inOther)
		return
	}
	m.checkExpr(e, at)
}

func (m *Model) checkObject(o *syntax.Object, at place) {
	seen := map[string]bool{}
	for i := range o.Items {
		it := &o.Items[i]
		if name, ok := it.Name(); ok {
			if seen[name] {
				m.errorf("BCP025", it.Key.Span, "The property \"%s\" is declared multiple times in this object. Remove or rename the duplicate properties.", name)
			}
			seen[name] = true
		}
	}
	if at == inLoopable {
		at = inOther
	}
	for _, c := range syntax.Children(o) {
		m.checkExpr(c, at)
	}
}

func (m *Model) checkMethod(e *syntax.MethodCall, at place) {
	s := m.Uses[syntax.Unparen(e.Base)]
	if s == nil {
		if x, ok := syntax.Unparen(e.Base).(*syntax.Index); ok {
			s = m.Uses[syntax.Unparen(x.Base)]
		}
	}
	switch {
	case s == nil:
	case s.Kind == Namespace:
		if _, ok := functions[e.Name.Name]; !ok && !strings.HasPrefix(e.Name.Name, "list") {
			m.errorf("BCP107", e.Name.Span, "The function \"%s\" does not exist in namespace \"%s\".", e.Name.Name, s.Name)
			return
		}
		m.checkCall(e.Name, e.Span, e.Args, at, nil)
	case s.Resource != nil:
		if !strings.HasPrefix(e.Name.Name, "list") && e.Name.Name != "getSecret" {
			m.errorf("BCP109", e.Name.Span, "The type \"%s\" does not contain function \"%s\".", m.symbolType(s), e.Name.Name)
		}
	case s.Kind == Wildcard && (s.Import.Source != nil || s.Import.JSON != nil):
		if t := s.Import.Member(e.Name.Name); t == nil || t.Kind != Func {
			m.errorf("BCP109", e.Name.Span, "The type \"%s\" does not contain function \"%s\".", s.Name, e.Name.Name)
		}
	}
}

func (m *Model) checkCall(name syntax.Ident, whole syntax.Span, args []syntax.Expr, at place, user *Symbol) {
	list := syntax.Span{Start: name.End, End: whole.End}
	if user != nil {
		if user.Import != nil {
			user = user.Import.Target
		}
		if user == nil {
			return
		}
		if d, ok := user.Decl.(*syntax.FuncDecl); ok && d.Lambda != nil {
			m.argumentCount(list, len(args), len(d.Lambda.Params), len(d.Lambda.Params))
			m.argumentTypes(user, d.Lambda, args)
		}
		return
	}
	f, ok := FunctionByName(name.Name)
	if !ok {
		return
	}
	if f.Flags&ParamDefault != 0 && at != inParam {
		m.errorf("BCP065", name.Span, "Function \"%s\" is not valid at this location. It can only be used as a parameter default value.", name.Name)
	}
	if f.Flags&ParamsFile != 0 && !m.IsParams() {
		m.errorf("BCP057", name.Span, "The name \"%s\" does not exist in the current context.", name.Name)
	}
	m.argumentCount(list, len(args), f.Min, f.Max)
}

// argumentTypes checks what is given to a user function.
func (m *Model) argumentTypes(f *Symbol, l *syntax.Lambda, args []syntax.Expr) {
	for i, a := range args {
		if i >= len(l.Types) {
			return
		}
		want, got := f.Model.declaredType(l.Types[i]), m.TypeOf(a)
		if got != nil && !got.fits(want) {
			m.errorf("BCP070", a.At(), "Argument of type \"%s\" is not assignable to parameter of type \"%s\".", got, want)
		}
	}
}

func (m *Model) argumentCount(list syntax.Span, got, least, most int) {
	if got >= least && (most < 0 || got <= most) {
		return
	}
	want := fmt.Sprintf("%d %s", least, plural(least))
	switch {
	case most < 0:
		want = fmt.Sprintf("at least %d %s", least, plural(least))
	case most != least:
		want = fmt.Sprintf("%d to %d arguments", least, most)
	}
	m.errorf("BCP071", list, "Expected %s, but got %d.", want, got)
}

func plural(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}

// checkProperty checks module outputs.
func (m *Model) checkProperty(e *syntax.Property) {
	p, ok := e.Base.(*syntax.Property)
	if !ok || p.Name.Name != "outputs" {
		m.checkModuleProperty(e)
		return
	}
	base := syntax.Unparen(p.Base)
	if x, is := base.(*syntax.Index); is {
		base = syntax.Unparen(x.Base)
	}
	s := m.Uses[base]
	if s == nil || s.Module == nil {
		return
	}
	names, known := s.Module.outputs()
	if !known {
		return
	}
	for _, n := range names {
		if n == e.Name.Name {
			return
		}
	}
	m.missingProperty("outputs", e.Name, names)
}

func (m *Model) checkModuleProperty(e *syntax.Property) {
	if s := m.Uses[syntax.Unparen(e.Base)]; s != nil && s.Module != nil && s.Module.Loop == nil {
		if n := e.Name.Name; n != "name" && n != "outputs" && n != "" {
			m.missingProperty("module", e.Name, []string{"name", "outputs"})
		}
	}
}

func (m *Model) missingProperty(typ string, name syntax.Ident, names []string) {
	sort.Strings(names)
	switch {
	case Nearest(name.Name, names) != "":
		m.errorf("BCP083", name.Span, "The type \"%s\" does not contain property \"%s\". Did you mean \"%s\"?", typ, name.Name, Nearest(name.Name, names))
	case len(names) == 0:
		m.errorf("BCP052", name.Span, "The type \"%s\" does not contain property \"%s\".", typ, name.Name)
	default:
		m.errorf("BCP053", name.Span, "The type \"%s\" does not contain property \"%s\". Available properties include %s.", typ, name.Name, quoted(names))
	}
}

func (mod *Module) outputs() (names []string, known bool) {
	switch {
	case mod.Source != nil && !mod.Source.Diags.HasErrors():
		for _, o := range mod.Source.Declared(Output) {
			names = append(names, o.Name)
		}
	case mod.JSON != nil:
		for n := range mod.JSON.Outputs {
			names = append(names, n)
		}
	default:
		return nil, false
	}
	sort.Strings(names)
	return names, true
}

// bodyMissing reports a resource or module whose value is no object (BCP118).
func (m *Model) bodyMissing(value syntax.Expr) {
	for {
		switch e := value.(type) {
		case *syntax.For:
			value = e.Body
			continue
		case *syntax.If:
			value = e.Body
			continue
		case *syntax.Bad:
			return // reported by the parser
		}
		m.errorf("BCP118", value.At(), "Expected the \"{\" character, the \"[\" character, or the \"if\" keyword at this location.")
		return
	}
}

func (m *Model) checkResource(r *Resource) {
	if m.IsParams() {
		return
	}
	if r.Body == nil {
		m.bodyMissing(r.Decl.Value)
		return
	}
	if r.Decl.Type != nil && r.Type.Full != "" && !r.Type.Known {
		m.report(diag.Warning, "BCP081", fmt.Sprintf("Resource type \"%s@%s\" does not have types available. Bicep is unable to validate resource properties prior to deployment, but this will not block the resource from being deployed.", r.Type.Full, r.Type.Version), r.Decl.Type.Span)
	}
	if r.Name == nil {
		m.errorf("BCP035", r.Decl.Name.Span, "The specified \"resource\" declaration is missing the following required properties: \"name\".")
		return
	}
	if text, ok := r.Name.(*syntax.StringLit); ok && r.Type.Full != "" {
		m.nameSegments(r, text)
	}
}

// nameSegments checks that a name has as many parts as the type (BCP169, BCP170).
func (m *Model) nameSegments(r *Resource, name *syntax.StringLit) {
	slashes := 0
	for _, s := range name.Segments {
		slashes += strings.Count(s, "/")
	}
	want := r.Type.Segments() - 1
	if r.Parent != nil {
		if slashes > 0 {
			m.errorf("BCP170", name.Span, "Expected resource name to not contain any \"/\" characters. Child resources with a parent resource reference (via the parent property or via nesting) must not contain a fully-qualified name.")
		}
		return
	}
	if slashes < want && len(name.Exprs) == 0 {
		m.errorf("BCP169", name.Span, "Expected resource name to contain %d \"/\" character(s). The number of name segments must match the number of segments in the resource type.", want)
	}
}

// nullable reports whether null is a value of t.
func (m *Model) nullable(t syntax.TypeExpr) bool {
	switch t := t.(type) {
	case *syntax.TypeNullable:
		return true
	case *syntax.TypeParen:
		return m.nullable(t.X)
	case *syntax.TypeLiteral:
		_, null := t.Value.(*syntax.NullLit)
		return null
	case *syntax.TypeUnion:
		for _, x := range t.Members {
			if m.nullable(x) {
				return true
			}
		}
	case *syntax.TypeName:
		s := m.TypeUses[t]
		if s != nil && s.Import != nil {
			s = s.Import.Target
		}
		if s != nil && s.JSON != nil {
			return s.JSON.Template.nullableRef("#/definitions/" + s.Name)
		}
		if s != nil {
			if d, ok := s.Decl.(*syntax.TypeDecl); ok && s.Model != nil && d.Value != t {
				return s.Model.nullable(d.Value)
			}
		}
	case *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.TypeIndex:
		return true // a member may be nullable; the deployment checks it
	}
	return false
}
