package lint

import (
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// locationCall is the text of resourceGroup().location or deployment().location.
func locationCall(p *syntax.Property) (string, bool) {
	if p.Name.Name != "location" {
		return "", false
	}
	name := ""
	switch b := p.Base.(type) {
	case *syntax.Call:
		name = b.Name.Name
	case *syntax.MethodCall:
		name = b.Name.Name
	}
	if name != "resourceGroup" && name != "deployment" {
		return "", false
	}
	return name + "().location", true
}

// locationExpressions is no-loc-expr-outside-params.
func locationExpressions(p *pass) {
	for _, e := range p.props {
		if text, ok := locationCall(e); ok && !p.defaults[e] {
			p.report(e.Span, text)
		}
	}
}

// locationParams are the parameters of a module that have to do with locations
// and have a default value.
func locationParams(m *sema.Model) []string {
	if m == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	defaults := map[string]bool{}
	for _, s := range m.Declared(sema.Param) {
		d, ok := s.Decl.(*syntax.ParamDecl)
		if !ok || d.Default == nil {
			continue
		}
		defaults[s.Name] = true
		syntax.Walk(d.Default, func(n syntax.Node) bool {
			if e, is := n.(*syntax.Property); is {
				if _, found := locationCall(e); found {
					add(s.Name)
				}
			}
			return true
		})
	}
	for _, r := range m.Resources {
		value := r.Body.Value("location")
		if value == nil {
			continue
		}
		syntax.Walk(value, func(n syntax.Node) bool {
			if v, ok := n.(*syntax.Variable); ok {
				if s := m.Uses[v]; s != nil && s.Kind == sema.Param && defaults[s.Name] {
					add(s.Name)
				}
			}
			return true
		})
	}
	return out
}

// explicitLocations is explicit-values-for-loc-params.
func explicitLocations(p *pass) {
	for _, m := range p.m.Modules {
		if m.Body == nil {
			continue
		}
		at := m.Symbol.Ident.Span
		it := m.Body.Get("params")
		var params *syntax.Object
		if it != nil {
			at = it.Span
			params, _ = it.Value.(*syntax.Object)
		}
		for _, name := range locationParams(m.Source) {
			if params.Value(name) == nil {
				p.report(at, name, m.Symbol.Name)
			}
		}
	}
}

// hardcodedLocations is no-hardcoded-location.
func hardcodedLocations(p *pass) {
	told := map[*sema.Symbol]bool{}
	for _, r := range p.m.Resources {
		if v := r.Body.Value("location"); v != nil {
			p.hardcodedLocation(v, "A resource location should not use a hard-coded string or variable value.", told)
		}
	}
	for _, m := range p.m.Modules {
		params, _ := m.Body.Value("params").(*syntax.Object)
		for _, name := range locationParams(m.Source) {
			if v := params.Value(name); v != nil {
				p.hardcodedLocation(v, "Parameter '"+name+"' may be used as a resource location in the module and should not be assigned a hard-coded string or variable value.", told)
			}
		}
	}
}

// hardcodedLocation reports a value that is a string, or the variable that holds it.
func (p *pass) hardcodedLocation(value syntax.Expr, text string, told map[*sema.Symbol]bool) {
	literal, ok := p.literal(value)
	if !ok || strings.EqualFold(literal, "global") {
		return
	}
	defining := p.definingVariable(value)
	switch {
	case defining == nil:
		p.report(value.At(), text+" Please use a parameter value, an expression, or the string 'global'. Found: '"+literal+"'")
	case !told[defining]:
		told[defining] = true
		p.report(defining.Ident.Span, "A resource location should not use a hard-coded string or variable value. Change variable '"+defining.Name+"' into a parameter instead.")
	}
}

// definingVariable is the last variable on the way from e to a string.
func (x *index) definingVariable(e syntax.Expr) *sema.Symbol {
	var last *sema.Symbol
	for range maxDepth {
		d := x.variable(e)
		if d == nil {
			break
		}
		last, e = x.m.Uses[e], d.Value
	}
	return last
}
