package sema

import (
	"fmt"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// scope is what names mean at one place; the outermost one is Model.Names.
type scope struct {
	up    *scope
	names map[string]*Symbol
}

func (s *scope) find(name string) *Symbol {
	for ; s != nil; s = s.up {
		if sym := s.names[name]; sym != nil {
			return sym
		}
	}
	return nil
}

func (s *scope) with(symbols ...*Symbol) *scope {
	n := &scope{up: s, names: make(map[string]*Symbol, len(symbols))}
	for _, sym := range symbols {
		n.names[sym.Name] = sym
	}
	return n
}

// binder resolves the names of one file.
type binder struct {
	m    *Model
	root *scope
}

// declare makes the file's symbols and reports names that are used twice.
func (m *Model) declare() {
	m.Names = map[string]*Symbol{}
	m.loadExtensions()
	for _, d := range m.File.Decls {
		switch d := d.(type) {
		case *syntax.ParamDecl:
			m.add(&Symbol{Kind: Param, Ident: d.Name, Decl: d})
		case *syntax.VarDecl:
			m.add(&Symbol{Kind: Var, Ident: d.Name, Decl: d})
		case *syntax.ResourceDecl:
			m.add(m.newResource(d, nil).Symbol)
		case *syntax.ModuleDecl:
			m.add(m.newModule(d).Symbol)
		case *syntax.TestDecl:
			m.add(&Symbol{Kind: Test, Ident: d.Name, Decl: d})
			m.loadTest(d)
		case *syntax.OutputDecl:
			m.add(&Symbol{Kind: Output, Ident: d.Name, Decl: d})
		case *syntax.TypeDecl:
			m.add(&Symbol{Kind: TypeKind, Ident: d.Name, Decl: d})
		case *syntax.FuncDecl:
			m.add(&Symbol{Kind: Func, Ident: d.Name, Decl: d})
		case *syntax.MetadataDecl:
			m.add(&Symbol{Kind: Metadata, Ident: d.Name, Decl: d})
		case *syntax.AssertDecl:
			m.add(&Symbol{Kind: Assert, Ident: d.Name, Decl: d})
		case *syntax.ImportDecl:
			m.importDecl(d)
		case *syntax.ExtensionDecl:
			m.extensionDecl(d)
		case *syntax.ExtensionConfigDecl:
			m.add(&Symbol{Kind: ConfigKind, Ident: d.Name, Decl: d})
		}
	}
}

// add declares s. Outputs and metadata have namespaces of their own.
func (m *Model) add(s *Symbol) {
	s.Name, s.Model = s.Ident.Name, m
	m.Symbols = append(m.Symbols, s)
	if s.Name == "" {
		return
	}
	if s.Kind == Output || s.Kind == Metadata {
		for _, o := range m.Symbols[:len(m.Symbols)-1] {
			if o.Kind != s.Kind || o.Name != s.Name {
				continue
			}
			m.duplicate("BCP145", "Output \"%s\" is declared multiple times. Remove or rename the duplicates.", o, s)
		}
		return
	}
	if s.Name == baseName && m.extending {
		m.report(diag.Error, "BCP438", "The identifier 'base' is reserved and cannot be declared.", s.Decl.At())
	}
	if s.Name == "az" || s.Name == "sys" {
		m.report(diag.Error, "BCP084", fmt.Sprintf("The symbolic name \"%s\" is reserved. Please use a different symbolic name. Reserved namespaces are \"az\", \"sys\".", s.Name), s.Ident.Span)
	}
	if o := m.Names[s.Name]; o != nil {
		m.duplicate("BCP028", "Identifier \"%s\" is declared multiple times. Remove or rename the duplicates.", o, s)
		return
	}
	m.Names[s.Name] = s
}

// duplicate reports both declarations, the first one once.
func (m *Model) duplicate(code, text string, first, again *Symbol) {
	text = fmt.Sprintf(text, again.Name)
	for _, s := range []*Symbol{first, again} {
		at := m.File.Source.Range(s.Ident.Start, s.Ident.End)
		known := false
		for _, d := range m.Diags {
			known = known || d.Code == code && d.Range == at
		}
		if !known {
			m.report(diag.Error, code, text, s.Ident.Span)
		}
	}
}

// bind resolves every name of the file.
func (m *Model) bind() {
	m.Uses = map[syntax.Expr]*Symbol{}
	m.TypeUses = map[*syntax.TypeName]*Symbol{}
	m.LoopName = map[*syntax.For]string{}
	b := &binder{m: m}
	b.root = &scope{names: m.Names}
	for _, d := range m.File.Decls {
		b.decl(d, b.root)
	}
}

func (b *binder) decl(d syntax.Decl, sc *scope) {
	for _, dec := range d.Decorated() {
		b.decorator(dec, sc)
	}
	switch d := d.(type) {
	case *syntax.TargetScopeDecl:
		b.expr(d.Value, sc)
	case *syntax.MetadataDecl:
		b.expr(d.Value, sc)
	case *syntax.ParamDecl:
		b.typ(d.Type, sc)
		b.expr(d.Default, sc)
	case *syntax.VarDecl:
		b.typ(d.Type, sc)
		if f, ok := d.Value.(*syntax.For); ok {
			b.m.LoopName[f] = d.Name.Name
		}
		b.expr(d.Value, sc)
	case *syntax.OutputDecl:
		b.typ(d.Type, sc)
		b.expr(d.Value, sc)
	case *syntax.ResourceDecl:
		b.expr(d.Value, sc)
	case *syntax.ModuleDecl:
		b.expr(d.Value, sc)
	case *syntax.TypeDecl:
		b.typ(d.Value, sc)
	case *syntax.AssertDecl:
		b.expr(d.Value, sc)
	case *syntax.TestDecl:
		b.expr(d.Value, sc)
	case *syntax.ExtensionDecl:
		b.expr(d.Config, sc)
	case *syntax.ExtensionConfigDecl:
		b.expr(d.Config, sc)
	case *syntax.UsingDecl:
		b.expr(d.With, sc)
	case *syntax.FuncDecl:
		if d.Lambda != nil {
			b.function(d.Lambda)
		}
	}
}

// function binds the body of a user function. It sees its parameters, types,
// other functions and exported variables of the file.
func (b *binder) function(l *syntax.Lambda) {
	var params []*Symbol
	for i, p := range l.Params {
		b.paramType(l, p, l.Types[i])
		params = append(params, &Symbol{Kind: FuncParam, Name: p.Name, Ident: p, Type: l.Types[i]})
	}
	b.typ(l.Return, b.root)
	b.expr(l.Body, b.root.with(params...))
}

// paramType binds the type of a function's parameter. As in the official compiler,
// a type that does not exist is reported where the parameter is used, if it is.
func (b *binder) paramType(l *syntax.Lambda, p syntax.Ident, t syntax.TypeExpr) {
	used := false
	syntax.Walk(l.Body, func(n syntax.Node) bool {
		v, ok := n.(*syntax.Variable)
		used = used || ok && v.Name.Name == p.Name
		return !used
	})
	found := b.m.capture(func() { b.typ(t, b.root) })
	if !used {
		b.m.Diags = append(b.m.Diags, found...)
	}
}

func (b *binder) decorator(d *syntax.Decorator, sc *scope) {
	_, _, args, ok := d.Parts()
	if !ok {
		b.bareDecorator(d, sc)
		return
	}
	if mc, is := d.Expr.(*syntax.MethodCall); is {
		b.expr(mc.Base, sc)
	}
	for _, a := range args {
		b.expr(a, sc)
	}
}

// bareDecorator is a decorator without a call.
func (b *binder) bareDecorator(d *syntax.Decorator, sc *scope) {
	if v, ok := d.Expr.(*syntax.Variable); ok && sc.find(v.Name.Name) == nil {
		if _, is := builtinDecorators()[v.Name.Name]; is {
			b.m.report(diag.Error, "BCP063", fmt.Sprintf("The name \"%s\" is not a parameter, variable, resource or module.", v.Name.Name), v.Name.Span)
			return
		}
	}
	b.expr(d.Expr, sc)
}

func (b *binder) expr(e syntax.Expr, sc *scope) {
	switch e := e.(type) {
	case nil:
	case *syntax.Variable:
		b.variable(e, sc)
	case *syntax.Call:
		b.call(e, sc)
	case *syntax.Object:
		b.object(e, sc)
	case *syntax.For:
		b.loop(e, sc)
	case *syntax.Lambda:
		var params []*Symbol
		for i, p := range e.Params {
			params = append(params, &Symbol{Kind: LambdaVar, Name: p.Name, Ident: p, Lambda: e, Position: i})
		}
		b.expr(e.Body, sc.with(params...))
	case *syntax.ResourceAccess:
		b.expr(e.Base, sc)
		b.resourceAccess(e)
	default:
		for _, c := range syntax.Children(e) {
			b.expr(c, sc)
		}
	}
}

func (b *binder) loop(f *syntax.For, sc *scope) {
	b.expr(f.In, sc)
	locals := []*Symbol{{Kind: LoopItem, Name: f.Item.Name, Ident: f.Item, For: f}}
	if f.Index != nil && f.Index.Name == f.Item.Name && f.Item.Name != "" {
		for _, n := range []syntax.Ident{f.Item, *f.Index} {
			b.m.report(diag.Error, "BCP028", fmt.Sprintf("Identifier \"%s\" is declared multiple times. Remove or rename the duplicates.", n.Name), n.Span)
		}
	}
	if f.Index != nil {
		locals = append(locals, &Symbol{Kind: LoopIndex, Name: f.Index.Name, Ident: *f.Index, For: f})
	}
	b.expr(f.Body, sc.with(locals...))
}

// object binds members; the names of resources nested in it are known to all of them.
func (b *binder) object(o *syntax.Object, sc *scope) {
	var nested []*Symbol
	for i := range o.Items {
		if r := o.Items[i].Resource; r != nil {
			if res := b.m.resourceOf(r); res != nil && r.Name.Name != "" {
				nested = append(nested, res.Symbol)
			}
		}
	}
	if nested != nil {
		sc = sc.with(nested...)
	}
	for i := range o.Items {
		it := &o.Items[i]
		if it.Key != nil {
			b.expr(it.Key, sc)
		}
		if f, ok := it.Value.(*syntax.For); ok {
			if key, plain := it.Name(); plain {
				b.m.LoopName[f] = key
			}
		}
		b.expr(it.Value, sc)
		b.expr(it.Spread, sc)
		if it.Resource != nil {
			b.decl(it.Resource, sc)
		}
	}
}

func (b *binder) variable(e *syntax.Variable, sc *scope) {
	name := e.Name.Name
	if name == "" {
		return
	}
	if s := sc.find(name); s != nil {
		if s.Kind == TypeKind {
			b.m.report(diag.Error, "BCP288", fmt.Sprintf("'%s' refers to a type but is being used as a value here.", name), e.Name.Span)
			return
		}
		if s.Kind == Func || s.Kind == Missing || s.Kind == ConfigKind || s.Kind == Assert {
			b.m.report(diag.Error, "BCP063", fmt.Sprintf("The name \"%s\" is not a parameter, variable, resource or module.", name), e.Name.Span)
			return
		}
		b.m.Uses[e] = s
		return
	}
	if s := b.m.inherited(name); s != nil {
		b.m.Uses[e] = s
		return
	}
	if name == baseName && b.m.IsParams() && !b.m.extending {
		b.m.report(diag.Error, "BCP437", "The identifier 'base' is only available in parameter files that declare an 'extends' clause.", e.Name.Span)
	}
	if m, ok := banned[name]; ok {
		b.m.report(diag.Error, m.code, m.text, e.Name.Span)
		return
	}
	if name == "az" || name == "sys" {
		b.m.Uses[e] = &Symbol{Kind: Namespace, Name: name}
		return
	}
	if _, ok := FunctionByName(name); ok {
		b.m.report(diag.Error, "BCP063", fmt.Sprintf("The name \"%s\" is not a parameter, variable, resource or module.", name), e.Name.Span)
		return
	}
	b.unknown(e.Name, false)
}

func (b *binder) call(e *syntax.Call, sc *scope) {
	for _, a := range e.Args {
		b.expr(a, sc)
	}
	name := e.Name.Name
	if s := sc.find(name); s != nil && s.Kind == Func {
		b.m.Uses[e] = s
		return
	} else if s != nil {
		b.shadowed(e)
		return
	}
	if m, ok := banned[name]; ok {
		b.notCallable(e)
		b.m.report(diag.Error, m.code, m.text, e.Name.Span)
		return
	}
	if f, ok := FunctionByName(name); (!ok || b.m.switchedOff(name, f)) && name != "" {
		b.notCallable(e)
		b.unknown(e.Name, true)
	}
}

func (b *binder) notCallable(e *syntax.Call) { b.m.notCallable(e) }

// notCallable notes a call whose function can't be called there.
func (m *Model) notCallable(e *syntax.Call) {
	if m.unresolved == nil {
		m.unresolved = map[syntax.Expr]bool{}
	}
	m.unresolved[e] = true
}

// shadowed is a call by a name that means something else.
func (b *binder) shadowed(e *syntax.Call) {
	b.notCallable(e)
	name := e.Name.Name
	if f, ok := FunctionByName(name); ok {
		ns := "sys"
		if f.Flags&AzOnly != 0 {
			ns = "az"
		}
		b.m.report(diag.Error, "BCP265", fmt.Sprintf("The name \"%s\" is not a function. Did you mean \"%s.%s\"?", name, ns, name), e.Name.Span)
		return
	}
	b.m.report(diag.Error, "BCP059", fmt.Sprintf("The name \"%s\" is not a function.", name), e.Name.Span)
}

// banned are functions of ARM templates for which Bicep has syntax.
var banned = map[string]struct{ code, text string }{
	"variables":       {"BCP060", "The \"variables\" function is not supported. Directly reference variables by their symbolic names."},
	"parameters":      {"BCP061", "The \"parameters\" function is not supported. Directly reference parameters by their symbolic names."},
	"if":              {"BCP100", "The function \"if\" is not supported. Use the \"?:\" (ternary conditional) operator instead, e.g. condition ? ValueIfTrue : ValueIfFalse"},
	"createArray":     {"BCP101", "The \"createArray\" function is not supported. Construct an array literal using []."},
	"createObject":    {"BCP102", "The \"createObject\" function is not supported. Construct an object literal using {}."},
	"add":             operatorInstead("add", "+"),
	"sub":             operatorInstead("sub", "-"),
	"mul":             operatorInstead("mul", "*"),
	"div":             operatorInstead("div", "/"),
	"mod":             operatorInstead("mod", "%"),
	"less":            operatorInstead("less", "<"),
	"lessOrEquals":    operatorInstead("lessOrEquals", "<="),
	"greater":         operatorInstead("greater", ">"),
	"greaterOrEquals": operatorInstead("greaterOrEquals", ">="),
	"equals":          operatorInstead("equals", "=="),
	"not":             operatorInstead("not", "!"),
	"and":             operatorInstead("and", "&&"),
	"or":              operatorInstead("or", "||"),
	"coalesce":        operatorInstead("coalesce", "??"),
}

func operatorInstead(name, operator string) struct{ code, text string } {
	return struct{ code, text string }{"BCP069", "The function \"" + name + "\" is not supported. Use the \"" + operator + "\" operator instead."}
}

// unknown reports a name that means nothing (BCP057), with the nearest one that
// does when there is one (BCP082): a function of the language, or one of its types.
func (b *binder) unknown(n syntax.Ident, function bool) {
	known := typeNames
	if function {
		known = nil
		for k, f := range functions {
			if !b.m.switchedOff(k, f) {
				known = append(known, k)
			}
		}
	}
	if s := Nearest(n.Name, known); s != "" {
		b.m.report(diag.Error, "BCP082", fmt.Sprintf("The name \"%s\" does not exist in the current context. Did you mean \"%s\"?", n.Name, s), n.Span)
		return
	}
	b.m.report(diag.Error, "BCP057", fmt.Sprintf("The name \"%s\" does not exist in the current context.", n.Name), n.Span)
}

// resourceAccess resolves x::name.
func (b *binder) resourceAccess(e *syntax.ResourceAccess) {
	base := syntax.Unparen(e.Base)
	if x, ok := base.(*syntax.Index); ok {
		base = x.Base
	}
	s := b.m.Uses[base]
	if s == nil {
		return
	}
	if s.Resource == nil {
		return // reported when its type is known
	}
	var names []string
	for _, r := range b.m.Resources {
		if r.Nested && r.Parent == s.Resource {
			if r.Symbol.Name == e.Name.Name {
				b.m.Uses[e] = r.Symbol
				return
			}
			names = append(names, r.Symbol.Name)
		}
	}
	known := ""
	if len(names) > 0 {
		known = " Known nested resources are: " + quoted(names) + "."
	}
	b.m.report(diag.Error, "BCP159", fmt.Sprintf("The resource \"%s\" does not contain a nested resource named \"%s\".%s", s.Name, e.Name.Name, known), e.Name.Span)
}

var typeNames = []string{"any", "array", "bool", "int", "object", "resourceInput", "resourceOutput", "string"}

var ambientTypes = map[string]bool{"string": true, "int": true, "bool": true, "object": true, "array": true, "any": true}

func (b *binder) typ(t syntax.TypeExpr, sc *scope) {
	switch t := t.(type) {
	case nil:
	case *syntax.TypeName:
		b.typeName(t, sc)
	case *syntax.TypeMember:
		b.typ(t.Base, sc)
	case *syntax.TypeIndex:
		b.typ(t.Base, sc)
	case *syntax.TypeItems:
		b.typ(t.Base, sc)
	case *syntax.TypeAdditional:
		b.typ(t.Base, sc)
	case *syntax.TypeObject:
		for _, p := range t.Props {
			b.typeProp(p, sc)
		}
		if t.Additional != nil {
			b.typeProp(t.Additional, sc)
		}
	case *syntax.TypeTuple:
		for _, p := range t.Items {
			b.typeProp(p, sc)
		}
	case *syntax.TypeArray:
		b.typ(t.Item, sc)
	case *syntax.TypeUnion:
		for _, x := range t.Members {
			b.typ(x, sc)
		}
	case *syntax.TypeNullable:
		b.typ(t.Base, sc)
	case *syntax.TypeNonNull:
		b.typ(t.Base, sc)
	case *syntax.TypeParen:
		b.typ(t.X, sc)
	case *syntax.TypeGeneric:
		if len(t.Args) == 1 {
			b.typ(t.Args[0], sc)
		}
	}
}

func (b *binder) typeProp(p *syntax.TypeProp, sc *scope) {
	for _, d := range p.Decorators {
		b.decorator(d, sc)
	}
	b.typ(p.Value, sc)
}

func (b *binder) typeName(t *syntax.TypeName, sc *scope) {
	name := t.Name.Name
	s := sc.find(name)
	switch {
	case s != nil && (s.Kind == TypeKind || s.Kind == Wildcard):
		b.m.TypeUses[t] = s
	case s != nil && s.Import != nil && s.Import.Source == nil && s.Import.JSON == nil: // could not be read, which has been reported
		b.m.TypeUses[t] = s
	case s != nil:
		b.m.report(diag.Error, "BCP287", fmt.Sprintf("'%s' refers to a value but is being used as a type here.", name), t.Name.Span)
	case ambientTypes[name], name == "sys":
		b.m.TypeUses[t] = nil
	case name == "resourceInput", name == "resourceOutput":
		b.m.report(diag.Error, "BCP384", fmt.Sprintf("The \"%s<ResourceTypeIdentifier>\" type requires 1 argument(s).", name), t.Name.Span)
	default:
		b.m.report(diag.Error, "BCP302", fmt.Sprintf("The name \"%s\" is not a valid type. Please specify one of the following types: %s.", name, quoted(typeNames)), t.Name.Span)
	}
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
