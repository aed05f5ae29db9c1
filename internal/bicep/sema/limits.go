package sema

import (
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// checkLimits reports what the language has and a template can't hold.
func (m *Model) checkLimits() {
	m.checkAsserts()
	if m.IsParams() {
		return
	}
	m.duplicateResources()
	m.duplicateModules()
	m.invariantNames()
	m.distinguishedByCase()
	for _, v := range m.badParents {
		base := syntax.Unparen(v)
		if x, ok := base.(*syntax.Index); ok {
			base = x.Base
		}
		if !m.TypeOf(base).IsError() {
			m.errorf("BCP240", v.At(), "The \"parent\" property only permits direct references to resources. Expressions are not supported.")
		}
	}
	for _, s := range m.Declared(Var) {
		if strings.EqualFold(s.Name, "copy") && s.Import == nil {
			m.errorf("BCP239", s.Ident.Span, "Identifier \"copy\" is a reserved Bicep symbol name and cannot be used in this context.")
		}
	}
	for _, d := range m.File.Decls {
		m.lambdaPlaces(d, false)
		m.secretPlaces(d)
		m.spreadPlaces(d)
	}
	m.checkExports()
	m.importedTwice()
	m.safeCollections()
	m.collections()
}

// nameKey is what tells names apart: the text where it is known, else the
// expression itself.
func (m *Model) nameKey(e syntax.Expr) any {
	if e == nil {
		return new(int)
	}
	if t := m.TypeOf(e); t.Kind == types.StringKind && t.Literal {
		return t.Text
	}
	return e
}

func (m *Model) deployed(c *syntax.If) bool { return c == nil || m.alwaysTrue(c.Cond) }

// duplicateResources reports resources that have the same type, scope and name.
func (m *Model) duplicateResources() {
	type key struct {
		typ   string
		scope any
		names string
	}
	ids := map[any]string{}
	id := func(v any) string {
		if s, ok := v.(string); ok {
			return "'" + s
		}
		if ids[v] == "" {
			ids[v] = formatUint(uint64(len(ids) + 1))
		}
		return ids[v]
	}
	groups := map[key][]*Resource{}
	var order []key
	for _, r := range m.sourceOrder() {
		if r.Type.Full == "" || r.Name == nil || m.cyclic[r.Symbol] || !m.deployed(r.Cond) {
			continue
		}
		if _, bad := r.Name.(*syntax.Bad); bad || m.duplicated[r.Body] {
			continue
		}
		names := ""
		for _, a := range append(r.Ancestors(), r) {
			if a.Name == nil {
				names += id(any(a)) + "\x00"
			} else {
				names += id(m.nameKey(a.Name)) + "\x00"
			}
		}
		if r.ParentIndex != nil {
			names += "[" + id(any(r.ParentIndex)) + "]"
		}
		k := key{strings.ToLower(r.Type.Full), m.scopeKey(r.Scope, id), names}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	for _, k := range order {
		if g := groups[k]; len(g) > 1 {
			var names []string
			for _, r := range g {
				names = append(names, r.Symbol.Name)
			}
			for _, r := range g {
				m.errorf("BCP121", r.Name.At(), "Resources: %s are defined with this same name in a file. Rename them or split into different modules.", quoted(names))
			}
		}
	}
}

// sourceOrder is the resources as the file has them.
func (m *Model) sourceOrder() []*Resource {
	out := slices.Clone(m.Resources)
	slices.SortStableFunc(out, func(a, b *Resource) int { return a.Decl.Start - b.Decl.Start })
	return out
}

func (m *Model) scopeKey(d ScopeData, id func(any) string) any {
	s := d.Scope.String()
	for _, e := range []syntax.Expr{d.ManagementGroup, d.Subscription, d.Group} {
		s += "\x00"
		if e != nil {
			s += id(m.nameKey(e))
		}
	}
	if d.Resource != nil {
		s += id(any(d.Resource))
	}
	if d.Index != nil {
		s += id(any(d.Index))
	}
	return s
}

// duplicateModules reports modules that have the same name and scope.
func (m *Model) duplicateModules() {
	ids := map[any]string{}
	id := func(v any) string {
		if s, ok := v.(string); ok {
			return "'" + s
		}
		if ids[v] == "" {
			ids[v] = formatUint(uint64(len(ids) + 1))
		}
		return ids[v]
	}
	groups := map[string][]*Module{}
	var order []string
	for _, mod := range m.Modules {
		if _, bad := mod.Name.(*syntax.Bad); bad || mod.Name == nil || !m.deployed(mod.Cond) || m.moduleType(mod).IsError() {
			continue
		}
		k := id(m.nameKey(mod.Name))
		for _, e := range []syntax.Expr{mod.Scope.ManagementGroup, mod.Scope.Subscription, mod.Scope.Group} {
			k += "\x00"
			if e != nil {
				k += id(m.nameKey(e))
			}
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], mod)
	}
	for _, k := range order {
		if g := groups[k]; len(g) > 1 {
			var names []string
			for _, mod := range g {
				names = append(names, mod.Symbol.Name)
			}
			for _, mod := range g {
				m.errorf("BCP122", mod.Name.At(), "Modules: %s are defined with this same name and this same scope in a file. Rename them or split into different modules.", quoted(names))
			}
		}
	}
}

// distinguishedByCase reports names that are the same but for their case, which
// templates don't tell apart.
func (m *Model) distinguishedByCase() {
	for _, k := range []struct {
		kind   Kind
		plural string
	}{{Param, "parameters"}, {Var, "variables"}, {Output, "outputs"}, {TypeKind, "types"}, {Assert, "asserts"}, {Func, "functions"}} {
		groups := map[string][]*Symbol{}
		var order []string
		for _, s := range m.Declared(k.kind) {
			if s.Name == "" {
				continue
			}
			l := strings.ToLower(s.Name)
			if groups[l] == nil {
				order = append(order, l)
			}
			groups[l] = append(groups[l], s)
		}
		for _, l := range order {
			m.sameButCase(groups[l], k.plural)
		}
	}
}

func (m *Model) sameButCase(g []*Symbol, plural string) {
	var names []string
	for _, s := range g {
		if slices.Contains(names, s.Name) {
			return // reported as a duplicate
		}
		names = append(names, s.Name)
	}
	if len(g) < 2 {
		return
	}
	for _, s := range g {
		m.errorf("BCP353", s.Ident.Span, "The %s %s differ only in casing. The ARM deployments engine is not case sensitive and will not be able to distinguish between them.", plural, quoted(names))
	}
}

// lambdaPlaces reports lambdas that are no argument, and uses of their parameters
// that only the start of the deployment could resolve.
func (m *Model) lambdaPlaces(n syntax.Node, argument bool) {
	switch e := n.(type) {
	case *syntax.FuncDecl:
		if e.Lambda != nil {
			m.lambdaPlaces(e.Lambda.Body, false)
		}
		return
	case *syntax.Lambda:
		if !argument {
			m.errorf("BCP242", e.Span, "Lambda functions may only be specified directly as function arguments.")
		}
		m.lambdaUses(e.Body)
	case *syntax.Call:
		for _, a := range e.Args {
			m.lambdaPlaces(a, true)
		}
		return
	case *syntax.MethodCall:
		m.lambdaPlaces(e.Base, false)
		for _, a := range e.Args {
			m.lambdaPlaces(a, true)
		}
		return
	case *syntax.Paren:
		m.lambdaPlaces(e.X, argument)
		return
	}
	for _, c := range syntax.Children(n) {
		m.lambdaPlaces(c, false)
	}
}

func (m *Model) lambdaUses(body syntax.Expr) {
	syntax.Walk(body, func(n syntax.Node) bool {
		switch e := n.(type) {
		case *syntax.Lambda:
			return false // has its own turn
		case *syntax.Call:
			if names := m.lambdaVariables(e.Args...); names != nil && m.inlined(e, e.Name.Name) {
				m.errorf("BCP248", e.Span, "Using lambda variables inside the \"%s\" function is not currently supported. Found the following lambda variable(s) being accessed: %s.", e.Name.Name, quoted(names))
			}
		case *syntax.MethodCall:
			if names := m.lambdaVariables(e.Args...); names != nil && m.inlined(e, e.Name.Name) {
				m.errorf("BCP248", e.Span, "Using lambda variables inside the \"%s\" function is not currently supported. Found the following lambda variable(s) being accessed: %s.", e.Name.Name, quoted(names))
			}
		case *syntax.Index:
			if s := m.Uses[e.Base]; s != nil && (s.Resource != nil || s.Module != nil) {
				if names := m.lambdaVariables(e.Index); names != nil {
					m.errorf("BCP247", e.Index.At(), "Using lambda variables inside resource or module array access is not currently supported. Found the following lambda variable(s) being accessed: %s.", quoted(names))
				}
			}
		}
		return true
	})
}

// lambdaVariables are the parameters of lambdas that es use.
func (m *Model) lambdaVariables(es ...syntax.Expr) (names []string) {
	for _, e := range es {
		syntax.Walk(e, func(n syntax.Node) bool {
			if v, ok := n.(*syntax.Variable); ok {
				if s := m.Uses[v]; s != nil && s.Kind == LambdaVar && !slices.Contains(names, s.Name) {
					names = append(names, s.Name)
				}
			}
			return true
		})
	}
	return names
}

// secretPlaces reports getSecret anywhere but as the value of a module's secure parameter.
func (m *Model) secretPlaces(d syntax.Decl) {
	allowed := map[syntax.Expr]bool{}
	if md, ok := d.(*syntax.ModuleDecl); ok {
		for _, mod := range m.Modules {
			if mod.Decl == md {
				if m.moduleType(mod).IsError() {
					return
				}
				m.secureParameters(mod, allowed)
			}
		}
	}
	configs := ""
	if m.ModuleExtensionConfigs() {
		configs = " or a secure extension configuration property"
	}
	var visit func(n syntax.Node)
	visit = func(n syntax.Node) {
		if c, ok := n.(*syntax.MethodCall); ok && c.Name.Name == "getSecret" && !allowed[c] {
			if s := m.declaredTarget(c.Base); s != nil && s.Resource != nil && strings.EqualFold(s.Resource.Type.Full, "Microsoft.KeyVault/vaults") {
				m.errorf("BCP180", c.Span, "Function \"getSecret\" is not valid at this location. It can only be used when directly assigning to a module parameter with a secure decorator%s.", configs)
			}
		}
		for _, c := range syntax.Children(n) {
			visit(c)
		}
	}
	visit(d)
}

// secureParameters marks the values of secure parameters, and the branches of
// ternaries that are such values.
func (m *Model) secureParameters(mod *Module, allowed map[syntax.Expr]bool) {
	body := m.moduleType(mod).Body
	if params, ok := mod.Body.Value("params").(*syntax.Object); ok {
		secureMembers(params, body.Prop("params").Type, allowed)
	}
	configs, ok := mod.Body.Value("extensionConfigs").(*syntax.Object)
	typ := body.Prop("extensionConfigs")
	if !ok || typ == nil {
		return
	}
	for i := range configs.Items {
		name, _ := configs.Items[i].Name()
		config, written := configs.Items[i].Value.(*syntax.Object)
		if p := typ.Type.Prop(name); written && p != nil {
			secureMembers(config, p.Type, allowed)
		}
	}
}

func secureMembers(o *syntax.Object, typ *types.Type, allowed map[syntax.Expr]bool) {
	for i := range o.Items {
		it := &o.Items[i]
		name, _ := it.Name()
		p := typ.Prop(name)
		if p == nil {
			continue
		}
		if rest, _ := p.Type.NonNull(); rest.Secure {
			allowBranches(it.Value, allowed)
		}
	}
}

func allowBranches(e syntax.Expr, allowed map[syntax.Expr]bool) {
	if t, ok := e.(*syntax.Ternary); ok {
		allowBranches(t.Then, allowed)
		allowBranches(t.Else, allowed)
		return
	}
	allowed[e] = true
}

// spreadPlaces reports spreads where the template needs the names: the bodies of
// resources and modules, and a module's parameters.
func (m *Model) spreadPlaces(d syntax.Decl) {
	var bodies []*syntax.Object
	syntax.Walk(d, func(n syntax.Node) bool {
		switch x := n.(type) {
		case *syntax.ResourceDecl:
			_, _, body := syntax.Body(x.Value)
			bodies = append(bodies, body)
		case *syntax.ModuleDecl:
			_, _, body := syntax.Body(x.Value)
			params, _ := body.Value("params").(*syntax.Object)
			bodies = append(bodies, body, params)
		case *syntax.Object:
			m.spreadAndLoop(x)
		}
		return true
	})
	for _, o := range bodies {
		if o == nil {
			continue
		}
		for i := range o.Items {
			if o.Items[i].Spread != nil {
				m.errorf("BCP401", o.Items[i].Span, "The spread operator \"...\" is not permitted in this location.")
			}
		}
	}
}

func (m *Model) spreadAndLoop(o *syntax.Object) {
	loop := false
	syntax.Walk(o, func(n syntax.Node) bool {
		if x, ok := n.(*syntax.Object); ok {
			for i := range x.Items {
				_, is := x.Items[i].Value.(*syntax.For)
				loop = loop || is
			}
		}
		return !loop
	})
	for i := range o.Items {
		if o.Items[i].Spread != nil && loop {
			m.errorf("BCP417", o.Items[i].Span, "The spread operator \"...\" cannot be used inside objects containing property for-expressions.")
		}
	}
}

// safeCollections reports [?i] on collections of resources and modules.
func (m *Model) safeCollections() {
	for _, d := range m.File.Decls {
		syntax.Walk(d, func(n syntax.Node) bool {
			if x, ok := n.(*syntax.Index); ok && x.Safe {
				if s := m.Uses[x.Base]; s != nil && (s.Resource != nil || s.Module != nil) && symbolLoop(s) != nil {
					m.errorf("BCP323", syntax.Span{Start: x.Base.At().End + 1, End: x.Base.At().End + 2}, "The `[?]` (safe dereference) operator may not be used on resource or module collections.")
				}
			}
			return true
		})
	}
}
