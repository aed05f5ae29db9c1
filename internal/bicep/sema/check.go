package sema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

func formatUint(v uint64) string { return strconv.FormatUint(v, 10) }

// check reports what is wrong beyond names: first the types, then what a template
// can't hold.
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
	m.checkLeftOut()
	m.checkLimits()
}

func (m *Model) errorf(code string, at syntax.Span, format string, args ...any) {
	m.report(diag.Error, code, fmt.Sprintf(format, args...), at)
}

func (m *Model) checkDecl(d syntax.Decl) {
	m.checkDecorators(d)
	m.placement(d)
	m.checkExtensionUses(d)
	if m.IsParams() {
		syntax.Walk(d, func(n syntax.Node) bool { m.externalArguments(n); return true })
	}
	switch d := d.(type) {
	case *syntax.UsingDecl:
		m.checkUsingConfig(d)
	case *syntax.ExtensionConfigDecl:
		m.checkExtensionConfig(d)
	case *syntax.TargetScopeDecl:
		m.checkTargetScope(d)
	case *syntax.ParamDecl:
		m.checkParam(d)
	case *syntax.VarDecl:
		m.checkVariable(d)
	case *syntax.OutputDecl:
		m.checkType(d.Type, d.Decorators)
		m.assign(d.Value, m.declaredType(d.Type, d.Decorators))
	case *syntax.TypeDecl:
		s := m.Names[d.Name.Name]
		m.checkTypeAt(d.Value, typePlace{ds: d.Decorators, cyclic: m.typeCycles[s] || m.containerCycles[s]})
		if d.Name.Name == "resource" {
			m.errorf("BCP301", d.Name.Span, "The type name \"%s\" is reserved and may not be attached to a user-defined type.", d.Name.Name)
		}
	case *syntax.ExtensionDecl:
		m.checkExtension(d)
	case *syntax.FuncDecl:
		m.checkFunction(d)
	case *syntax.MetadataDecl:
		m.checkMetadata(d)
	case *syntax.AssertDecl:
		if t := m.TypeOf(d.Value); !t.IsError() && !types.Assignable(t, types.Bool) {
			m.errorf("BCP350", d.Value.At(), "Value of type \"%s\" cannot be assigned to an assert. Asserts can take values of type 'bool' only.", t)
		}
	case *syntax.TestDecl:
		m.checkTest(d)
	}
}

// assign checks that e may stand where want is declared.
func (m *Model) assign(e syntax.Expr, want *types.Type) {
	if e == nil {
		return
	}
	m.narrow(e, m.TypeOf(e), want, narrowing{})
}

func (m *Model) checkTargetScope(d *syntax.TargetScopeDecl) {
	var words []*types.Type
	for w := range scopeWords {
		words = append(words, types.Text(w))
	}
	m.compileTime(d.Value)
	m.assign(d.Value, types.Union(words...))
}

func (m *Model) checkParam(d *syntax.ParamDecl) {
	if m.IsParams() {
		m.TypeOf(d.Default)
		return
	}
	m.checkType(d.Type, d.Decorators)
	want := m.parameterType(d)
	if d.Default == nil {
		return
	}
	m.onlyParameters(d.Default)
	if _, nullable := m.declaredType(d.Type, d.Decorators).NonNull(); nullable {
		m.errorf("BCP326", syntax.Span{Start: d.Type.At().End + 1, End: d.Default.At().End}, "Nullable-typed parameters may not be assigned default values. They have an implicit default of 'null' that cannot be overridden.")
	}
	m.assign(d.Default, want)
}

// onlyParameters: a default value can refer to other parameters only.
func (m *Model) onlyParameters(e syntax.Expr) {
	syntax.Walk(e, func(n syntax.Node) bool {
		v, ok := n.(*syntax.Variable)
		if !ok {
			return true
		}
		switch s := m.Uses[v]; {
		case s == nil:
		case s.Kind == Param, s.Kind == Namespace, s.Kind == Wildcard, s.Kind == ExtensionKind:
		default:
			m.errorf("BCP072", v.At(), "This symbol cannot be referenced here. Only other parameters can be referenced in parameter default values.")
		}
		return true
	})
}

func (m *Model) checkVariable(d *syntax.VarDecl) {
	if d.Type != nil {
		m.checkType(d.Type, d.Decorators)
		m.assign(d.Value, m.declaredType(d.Type, d.Decorators))
		return
	}
	if t := m.TypeOf(d.Value); t.Kind == types.NamespaceKind {
		m.errorf("BCP041", d.Value.At(), "Values of type \"%s\" cannot be assigned to a variable.", t)
	}
}

func (m *Model) checkFunction(d *syntax.FuncDecl) {
	if d.Lambda == nil {
		return
	}
	for _, t := range d.Lambda.Types {
		m.checkType(t, nil)
	}
	m.checkType(d.Lambda.Return, nil)
	m.assign(d.Lambda.Body, m.declaredType(d.Lambda.Return, nil))
}

func (m *Model) checkMetadata(d *syntax.MetadataDecl) {
	if strings.HasPrefix(d.Name.Name, "_") {
		m.errorf("BCP268", d.Name.Span, "Invalid identifier: \"%s\". Metadata identifiers starting with '_' are reserved. Please use a different identifier.", d.Name.Name)
	}
	if !m.TypeOf(d.Value).IsError() {
		m.compileTime(d.Value)
	}
}

func (m *Model) checkResource(r *Resource) {
	if m.IsParams() {
		return
	}
	if r.Nested {
		m.checkDecorators(r.Decl)
	}
	t := m.resourceType(r)
	if t.IsError() {
		return // as is its value, which nothing can be compared with
	}
	m.availableType(r)
	m.packageUse(r)
	m.checkBody(r.Decl.Value, t, narrowing{resource: true, decl: r.Decl.Name, keyword: "resource", existing: r.Existing})
	if text, ok := r.Name.(*syntax.StringLit); ok && r.IsAz() {
		m.nameSegments(r, text)
	}
}

// availableType warns of a type that Azure does not publish, or that is only to be referred to.
func (m *Model) availableType(r *Resource) {
	at := r.Decl.Type.Span
	segments := strings.Split(strings.ToLower(r.Type.Full), "/")
	switch {
	case r.Type.Known:
	case r.IsAz() && len(segments) > 2 && slices.Contains(segments[2:len(segments)-1], "providers"):
		m.warnf("BCP174", at, "Type validation is not available for resource types declared containing a \"/providers/\" segment. Please instead use the \"scope\" property.")
	default:
		m.warnf("BCP081", at, "Resource type \"%s\" does not have types available. Bicep is unable to validate resource properties prior to deployment, but this will not block the resource from being deployed.", r.Type.Text())
	}
	if _, writable := r.Type.scopes(); r.IsAz() && r.Type.Known && writable == 0 && !r.Existing {
		m.warnf("BCP245", at, "Resource type \"%s\" can only be used with the 'existing' keyword.", r.Type.Text())
	}
}

// checkBody checks the value of a resource or module against its type.
func (m *Model) checkBody(value syntax.Expr, t *types.Type, n narrowing) {
	got := m.TypeOf(value)
	want := t.Body
	if _, loop := value.(*syntax.For); loop {
		want = types.ArrayOf(want)
	}
	m.narrow(value, got, want, n)
}

func (m *Model) checkModule(mod *Module) {
	if m.IsParams() {
		return
	}
	t := m.moduleType(mod)
	if t.IsError() {
		return
	}
	m.checkBody(mod.Decl.Value, t, narrowing{decl: mod.Decl.Name, keyword: "module"})
	if m.ModuleExtensionConfigs() {
		m.checkExtensionConfigs(mod.Body.Value("extensionConfigs"))
	}
	if v := mod.Body.Value("params"); v != nil {
		switch v.(type) {
		case *syntax.Object, *syntax.Bad:
		default:
			m.errorf("BCP183", v.At(), "The value of the module \"params\" property must be an object literal.")
		}
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
	if slashes > want || slashes < want && len(name.Exprs) == 0 {
		m.errorf("BCP169", name.Span, "Expected resource name to contain %d \"/\" character(s). The number of name segments must match the number of segments in the resource type.", want)
	}
}
