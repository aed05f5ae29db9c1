package emit

import (
	"io/fs"
	"slices"
	"sort"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// Options signs the template and gives load functions their files.
type Options struct {
	GeneratorVersion string
	ReadFile         func(path string) ([]byte, error)
	ReadDir          func(path string) ([]fs.DirEntry, error) // nil: there are no folders
	Getenv           func(name string) string                 // for readEnvironmentVariable
}

// Template emits m as JSON. The diagnostics name what this compiler does not
// support; with errors there is no template.
func Template(m *sema.Model, o Options) ([]byte, diag.List) {
	s := &session{o: o, done: map[*sema.Model]*object{}}
	t := s.template(m)
	if s.diags.HasErrors() {
		return nil, s.diags
	}
	return format(t), s.diags
}

// session is one call of Template. A module that is used twice is emitted once.
type session struct {
	o     Options
	done  map[*sema.Model]*object
	diags diag.List
}

// template is the emission of one file.
type template struct {
	s        *session
	m        *sema.Model
	symbolic bool
	imports  *closure
	loaded   []loadedVariable
	skip     func(*sema.Symbol) bool // variables that are not emitted; nil: none
}

func (s *session) template(m *sema.Model) *object {
	if t := s.done[m]; t != nil {
		return t
	}
	t := &template{s: s, m: m, symbolic: needsSymbolicNames(m)}
	t.imports = newClosure(m)
	out := t.emit()
	s.done[m] = out
	return out
}

// fail reports that something at n is not supported.
func (t *template) fail(n syntax.Node, text string) { t.failIn(t.m, n, sema.Unsupported, text) }

func (t *template) failIn(m *sema.Model, n syntax.Node, code, text string) {
	at := n.At()
	d := diag.Diagnostic{Code: code, Message: text, File: m.File.Source.Name, Range: m.File.Source.Range(at.Start, at.End)}
	if !slices.Contains(t.s.diags, d) { // what is converted twice fails once
		t.s.diags = append(t.s.diags, d)
	}
}

func (t *template) converter() *converter { return t.converterFor(t.m) }

func (t *template) converterFor(m *sema.Model) *converter { return &converter{t: t, m: m} }

var schemas = map[sema.Scope]string{
	sema.ResourceGroup:   "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
	sema.Subscription:    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
	sema.ManagementGroup: "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#",
	sema.Tenant:          "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#",
}

// emit writes the parts in the official order. Variables are known only at the
// end, since load functions of imported declarations add to them.
func (t *template) emit() *object {
	out := obj("$schema", schemas[t.m.TargetScope])
	_, experimental := t.m.Experimental()
	switch {
	case t.m.ModuleExtensionConfigs():
		out.set("languageVersion", "2.2-experimental")
	case experimental:
		out.set("languageVersion", "2.1-experimental")
	case t.symbolic:
		out.set("languageVersion", "2.0")
	}
	out.set("contentVersion", "1.0.0.0")
	out.set("metadata", t.metadata())
	parts := []struct {
		key  string
		emit func() any
	}{
		{"definitions", t.definitions}, {"functions", t.functions}, {"parameters", t.parameters}, {"variables", nil},
		{t.extensionsKey(), t.extensions}, {"resources", t.resources}, {"outputs", t.outputs}, {"asserts", t.asserts},
	}
	values := make([]any, len(parts))
	t.loads()
	plain := t.variables()
	for i, p := range parts {
		if p.emit != nil {
			values[i] = p.emit()
		}
	}
	values[3] = t.withLoaded(plain)
	for i, p := range parts {
		if values[i] != nil {
			out.set(p.key, values[i])
		}
	}
	generator := out.get("metadata").(*object).get("_generator").(*object)
	generator.set("templateHash", templateHash(out))
	return out
}

func (t *template) metadata() *object {
	md := &object{}
	if features, on := t.m.Experimental(); on {
		names := []any{}
		for _, f := range features {
			names = append(names, f)
		}
		md.set("_EXPERIMENTAL_WARNING", experimentalWarning)
		md.set("_EXPERIMENTAL_FEATURES_ENABLED", names)
	}
	md.set("_generator", obj("name", "bicep", "version", t.s.o.GeneratorVersion))
	var exported []any
	vars := append([]*sema.Symbol{}, t.m.Declared(sema.Var)...)
	sort.SliceStable(vars, func(i, j int) bool { return vars[i].Name < vars[j].Name })
	for _, s := range vars {
		if s.Exported() {
			exported = append(exported, t.exportedVariable(s))
		}
	}
	if exported != nil {
		md.set("__bicep_exported_variables!", exported)
	}
	c := t.converter()
	for _, s := range t.m.Declared(sema.Metadata) {
		md.set(s.Name, c.value(s.Decl.(*syntax.MetadataDecl).Value))
	}
	return md
}

func (t *template) exportedVariable(s *sema.Symbol) *object {
	d := s.Decl.(*syntax.VarDecl)
	o := obj("name", s.Name)
	if dec := sema.FindDecorator(d.Decorated(), "description"); dec != nil {
		o.set("description", t.argument(t.converter(), dec, 0))
	}
	if d.Type != nil {
		o.set("type", t.typesOf(t.m).props(d.Type, nil))
	}
	return o
}

// argument is the value of a decorator's argument.
func (t *template) argument(c *converter, d *syntax.Decorator, i int) any {
	_, _, args, _ := d.Parts()
	if i >= len(args) {
		return nil
	}
	return c.value(args[i])
}

func (t *template) parameters() any {
	var out *object
	c := t.converter()
	for _, s := range t.m.Declared(sema.Param) {
		d := s.Decl.(*syntax.ParamDecl)
		p := t.typesOf(t.m).props(d.Type, d.Decorators)
		if d.Default != nil {
			p.set("defaultValue", c.value(d.Default))
		}
		if dec := sema.FindDecorator(d.Decorators, "allowed"); dec != nil {
			p.set("allowedValues", t.argument(c, dec, 0))
		}
		t.modifiers(p, c, d.Decorators, false)
		out = put(out, s.Name, p)
	}
	return orNil(out)
}

func put(o *object, key string, v any) *object {
	if o == nil {
		o = &object{}
	}
	o.set(key, v)
	return o
}

func orNil(o *object) any {
	if o == nil {
		return nil
	}
	return o
}

// variables are those of the file, without inlined ones, and imported ones.
func (t *template) variables() *object {
	var copies []any
	out := &object{}
	emit := func(c *converter, name string, value syntax.Expr) {
		if f, ok := value.(*syntax.For); ok {
			copies = append(copies, c.copyLoop(name, f, "input"))
			return
		}
		if v, ok := c.loadedDirectly(value); ok {
			out.set(name, v)
			return
		}
		out.set(name, c.value(value))
	}
	for _, s := range t.m.Declared(sema.Var) {
		if d, ok := s.Decl.(*syntax.VarDecl); ok && !t.m.Inline[s] && (t.skip == nil || !t.skip(s)) {
			emit(t.converter(), s.Name, d.Value)
		}
	}
	for _, im := range t.imports.of(sema.Var) {
		if t.skip != nil && t.skip(im.symbol) {
			continue
		}
		if im.symbol.JSON != nil {
			v, loop := t.jsonVariable(im)
			if loop != nil {
				copies = append(copies, loop)
			} else {
				out.set(im.name, v)
			}
			continue
		}
		emit(t.converterFor(im.symbol.Model), im.name, im.symbol.Decl.(*syntax.VarDecl).Value)
	}
	if copies != nil {
		all := obj("copy", copies)
		all.members = append(all.members, out.members...)
		return all
	}
	return out
}

func (t *template) outputs() any {
	var out *object
	c := t.converter()
	for _, s := range t.m.Declared(sema.Output) {
		d := s.Decl.(*syntax.OutputDecl)
		o := t.typesOf(t.m).props(d.Type, d.Decorators)
		t.modifiers(o, c, d.Decorators, false)
		if f, ok := d.Value.(*syntax.For); ok {
			o.set("copy", obj("count", c.count(f), "input", c.copyInput(f.Body)))
		} else {
			o.set("value", c.value(d.Value))
		}
		out = put(out, s.Name, o)
	}
	return orNil(out)
}

func (t *template) asserts() any {
	var out *object
	for _, s := range t.m.Declared(sema.Assert) {
		out = put(out, s.Name, t.converter().value(s.Decl.(*syntax.AssertDecl).Value))
	}
	return orNil(out)
}

// needsSymbolicNames lists what raises a template to language version 2.0.
func needsSymbolicNames(m *sema.Model) bool {
	if _, experimental := m.Experimental(); experimental || len(m.Extensions) > 0 || m.SymbolicNameCodegen() {
		return true
	}
	for _, s := range m.Symbols {
		switch s.Kind {
		case sema.TypeKind, sema.Func, sema.Wildcard:
			return true
		}
		if s.Import != nil {
			return true
		}
		switch d := s.Decl.(type) {
		case *syntax.VarDecl:
			if d.Type != nil {
				return true
			}
		case *syntax.ParamDecl:
			if userType(d.Type) {
				return true
			}
		case *syntax.OutputDecl:
			if userType(d.Type) || isSecure(m, d) {
				return true
			}
		}
	}
	return resourcesNeedSymbols(m)
}

func resourcesNeedSymbols(m *sema.Model) bool {
	for _, r := range m.Resources {
		if r.Existing && r.Body.Get("dependsOn") != nil || sema.FindDecorator(r.Decl.Decorators, "onlyIfNotExists") != nil || sema.FindDecorator(r.Decl.Decorators, "retryOn") != nil {
			return true
		}
	}
	for _, mod := range m.Modules {
		if mod.Name == nil || hasSecureOutput(mod) {
			return true
		}
	}
	return usesCollections(m)
}

// usesCollections reports whether a whole collection of resources is used as a
// value, which takes references().
func usesCollections(m *sema.Model) bool {
	found := false
	var visit func(n syntax.Node) bool
	visit = func(n syntax.Node) bool {
		switch e := n.(type) {
		case *syntax.Index:
			if s := m.Uses[syntax.Unparen(e.Base)]; s != nil && (s.Resource != nil || s.Module != nil) {
				syntax.Walk(e.Index, visit)
				return false
			}
		case *syntax.Object:
			for i := range e.Items {
				it := &e.Items[i]
				if name, _ := it.Name(); name == "dependsOn" || name == "parent" || name == "scope" {
					continue
				}
				for _, v := range []syntax.Expr{it.Value, it.Spread} {
					if v != nil {
						syntax.Walk(v, visit)
					}
				}
				if it.Resource != nil {
					syntax.Walk(it.Resource.Value, visit)
				}
			}
			return false
		case *syntax.Variable:
			if s := m.Uses[e]; s != nil && (s.Resource != nil && s.Resource.Collection() || s.Module != nil && s.Module.Loop != nil) {
				found = true
			}
		case *syntax.ResourceAccess:
			return false
		}
		return !found
	}
	for _, d := range m.File.Decls {
		for _, c := range syntax.Children(d) {
			syntax.Walk(c, visit)
		}
	}
	return found
}

// userType reports whether t is written with more than a name.
func userType(t syntax.TypeExpr) bool {
	switch t := t.(type) {
	case *syntax.TypeObject, *syntax.TypeArray, *syntax.TypeTuple, *syntax.TypeUnion, *syntax.TypeNullable:
		return true
	case *syntax.TypeParen:
		return userType(t.X)
	case *syntax.TypeNonNull:
		return userType(t.Base)
	case *syntax.TypeItems:
		return userType(t.Base)
	case *syntax.TypeMember:
		return userType(t.Base)
	}
	return false
}

// isSecure reports whether an output holds a secret.
func isSecure(m *sema.Model, d syntax.Decl) bool {
	o, ok := d.(*syntax.OutputDecl)
	return ok && m.SecureOutput(o)
}
