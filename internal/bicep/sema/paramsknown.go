package sema

import (
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// checkParamsImports reports what a parameters file imports and can't evaluate: it
// is built before there is a deployment (BCP452).
func (m *Model) checkParamsImports() {
	for _, s := range m.Symbols {
		if s.Import == nil || s.Import.Source == nil {
			continue
		}
		at := s.Ident.Span
		roots := []*Symbol{s.Import.Target}
		if s.Kind == Wildcard {
			at, roots = wildcardSpan(s.Import.Decl), s.Import.Members()
		}
		c := contextCalls{seen: map[*Symbol]bool{}, names: map[string]bool{}}
		for _, r := range roots {
			c.symbol(r)
		}
		if names := c.sorted(); len(names) > 0 {
			m.errorf("BCP452", at, "The imported symbol \"%s\" cannot be used in a .bicepparam file because it depends on deployment-context functions: %s. Imported declarations may only use functions that can be evaluated while building the parameters file.", s.Name, quoted(names))
		}
	}
}

// checkUnknown reports references to assigned parameters whose value only the
// deployment knows: secrets of a vault, and the template's own default values.
func (m *Model) checkUnknown() {
	for _, d := range m.File.Decls {
		if _, late := d.(*syntax.ExtensionConfigDecl); late {
			continue // of what the deployment configures
		}
		for _, c := range syntax.Children(d) {
			syntax.Walk(c, func(n syntax.Node) bool {
				if v, ok := n.(*syntax.Variable); ok {
					m.checkKnown(v)
				}
				return true
			})
		}
	}
}

func (m *Model) checkKnown(v *syntax.Variable) {
	s := m.Uses[v]
	if s == nil || s.Kind != Param {
		return
	}
	d, ok := s.Decl.(*syntax.ParamDecl)
	if !ok || d.Default == nil {
		return
	}
	value := syntax.Unparen(d.Default)
	code, why := "", ""
	if name, _, call := s.Model.BuiltinCall(value); call && name == "getSecret" {
		code, why = "BCP368", "a reference to a secret value in Azure Key Vault"
	} else if _, null := value.(*syntax.NullLit); null {
		code, why = "BCP369", "the default value defined in the template"
	}
	if code != "" {
		m.errorf(code, v.Name.Span, "The value of the \"%s\" parameter cannot be known until the template deployment has started because it uses %s. Expressions that refer to the \"%s\" parameter may be used in .bicep files but not in .bicepparam files.", s.Name, why, s.Name)
	}
}

// wildcardSpan is `* as name` of an import.
func wildcardSpan(d *syntax.ImportDecl) syntax.Span {
	return syntax.Span{Start: d.Wildcard.Start - len("* as "), End: d.Wildcard.End}
}

// contextCalls collects the functions that need a deployment, which a declaration
// calls itself or by what it refers to.
type contextCalls struct {
	seen  map[*Symbol]bool
	names map[string]bool
}

func (c *contextCalls) symbol(s *Symbol) {
	if s != nil && s.Import != nil {
		s = s.Import.Target
	}
	if s == nil || s.Model == nil || c.seen[s] {
		return
	}
	c.seen[s] = true
	switch d := s.Decl.(type) {
	case *syntax.VarDecl:
		c.value(s.Model, d.Value)
	case *syntax.FuncDecl:
		if d.Lambda != nil {
			c.value(s.Model, d.Lambda.Body)
		}
	}
}

func (c *contextCalls) value(m *Model, e syntax.Expr) {
	syntax.Walk(e, func(n syntax.Node) bool {
		if name, args, ok := m.BuiltinCall(n); ok && !m.knownWithoutDeployment(name, args) {
			c.names[name] = true
		}
		if s := m.Uses[n]; s != nil && s.Kind != Wildcard {
			c.symbol(s)
		}
		c.member(m, n)
		return true
	})
}

// member follows x.name, where x is all of an imported file.
func (c *contextCalls) member(m *Model, n syntax.Node) {
	var base syntax.Expr
	var name string
	switch e := n.(type) {
	case *syntax.Property:
		base, name = e.Base, e.Name.Name
	case *syntax.MethodCall:
		base, name = e.Base, e.Name.Name
	default:
		return
	}
	if s := m.Uses[syntax.Unparen(base)]; s != nil && s.Kind == Wildcard {
		c.symbol(s.Import.Member(name))
	}
}

func (c *contextCalls) sorted() []string {
	var out []string
	for n := range c.names {
		out = append(out, n)
	}
	sort.Slice(out, func(i, j int) bool { return strings.ToLower(out[i]) < strings.ToLower(out[j]) })
	return out
}

// knownWithoutDeployment reports whether the compiler can evaluate a call. IDs are
// known when they say all of their scope.
func (m *Model) knownWithoutDeployment(name string, args []syntax.Expr) bool {
	f, ok := FunctionByName(name)
	if !ok || f.Flags&AzOnly == 0 {
		return f.Flags&ParamDefault == 0
	}
	switch name {
	case "tenantResourceId", "extensionResourceId":
		return true
	case "resourceId":
		return m.scopeArguments(args, 2)
	case "subscriptionResourceId", "managementGroupResourceId":
		return m.scopeArguments(args, 1)
	}
	return false
}

// scopeArguments reports whether the first n arguments are literals and no resource
// type, and the next one is a resource type.
func (m *Model) scopeArguments(args []syntax.Expr, n int) bool {
	if len(args) < n+2 {
		return false
	}
	for i := 0; i <= n; i++ {
		t := m.TypeOf(args[i])
		if t.Kind != types.StringKind || !t.Literal {
			return false
		}
		provider, rest, _ := strings.Cut(t.Text, "/")
		if strings.Contains(provider, ".") && rest != "" {
			return i == n
		}
	}
	return false
}
