package lint

import (
	"regexp"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

const (
	artifactsLocation = "_artifactsLocation"
	artifactsToken    = "_artifactsLocationSasToken"
)

var templateLink = regexp.MustCompile(`(?i)deployment\(.*\.templatelink`)

// artifacts is artifacts-parameters: two parameters that publishing scripts know.
func artifacts(p *pass) {
	location, token := foldedName(p.params, artifactsLocation), foldedName(p.params, artifactsToken)
	switch {
	case location != nil && token == nil:
		p.report(location.Ident.Span, "If an '"+artifactsLocation+"' parameter is provided, an '"+artifactsToken+"' parameter must also be provided.")
	case location == nil && token != nil:
		p.report(token.Ident.Span, "If an '"+artifactsToken+"' parameter is provided, an '"+artifactsLocation+"' parameter must also be provided.")
	case location != nil:
		p.artifactsPair(location, token)
	}
	for _, m := range p.m.Modules {
		p.artifactsOf(m)
	}
}

func foldedName(symbols []*sema.Symbol, name string) *sema.Symbol {
	for _, s := range symbols {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

func (p *pass) artifactsPair(location, token *sema.Symbol) {
	for _, s := range []*sema.Symbol{location, token} {
		d, _ := s.Decl.(*syntax.ParamDecl)
		if n, ok := d.Type.(*syntax.TypeName); ok && n.Name.Name != "string" {
			p.report(n.Name.Span, "Artifacts parameter '"+s.Name+"' must be of type 'string'")
		}
	}
	sas, _ := token.Decl.(*syntax.ParamDecl)
	if !p.isSecure(token) && sas.Type != nil {
		p.report(sas.Type.At(), "Artifacts parameter '"+token.Name+"' must use the @secure() attribute")
	}
	where, _ := location.Decl.(*syntax.ParamDecl)
	if e := where.Default; e != nil {
		text, plain := plainText(e)
		if !(plain && strings.HasPrefix(text, "http")) && !templateLink.MatchString(p.text(e)) {
			p.report(e.At(), "If the '"+artifactsLocation+"' parameter has a default value, it must be a raw URL or an expression like 'deployment().properties.templateLink.uri'.")
		}
	}
	if e := sas.Default; e != nil {
		if text, plain := plainText(e); !plain || text != "" {
			p.report(e.At(), "If the '"+artifactsToken+"' parameter has a default value, it must be an empty string.")
		}
	}
}

func plainText(e syntax.Expr) (string, bool) {
	s, ok := e.(*syntax.StringLit)
	if !ok {
		return "", false
	}
	return s.Text()
}

// artifactsOf: a module's artifacts parameters must be given, whatever their defaults.
func (p *pass) artifactsOf(m *sema.Module) {
	if m.Source == nil || m.Body == nil {
		return
	}
	params, _ := m.Body.Value("params").(*syntax.Object)
	for _, s := range m.Source.Declared(sema.Param) {
		if !strings.EqualFold(s.Name, artifactsLocation) && !strings.EqualFold(s.Name, artifactsToken) {
			continue
		}
		if params.Value(s.Name) == nil {
			p.report(m.Symbol.Ident.Span, "Parameter '"+s.Name+"' of module '"+m.Symbol.Name+"' should be assigned an explicit value.")
		}
	}
}

// moduleVersions is use-recent-module-versions. The versions of public modules
// are never downloaded here, which it says once.
func moduleVersions(p *pass) {
	for _, m := range p.m.Modules {
		path, _ := m.Decl.Path.Text()
		if strings.HasPrefix(path, "br/public:") || strings.HasPrefix(path, "br:mcr.microsoft.com/bicep/") {
			p.report(m.Decl.Path.Span)
			return
		}
	}
}

// shortCircuiting is what-if-short-circuiting: a value that is known late decides
// in a module which resources there are.
func shortCircuiting(p *pass) {
	for _, m := range p.m.Modules {
		params, _ := m.Body.Value("params").(*syntax.Object)
		if params == nil || m.Source == nil {
			continue
		}
		deciding := decidingParams(m.Source, map[*sema.Model]bool{})
		for i := range params.Items {
			it := &params.Items[i]
			name, ok := it.Name()
			if ok && it.Value != nil && deciding[name] && p.runtime(it.Value) {
				p.report(it.Value.At(), name, m.Symbol.Name)
			}
		}
	}
}

// decidingParams are the parameters of m that are used in names, scopes,
// conditions and loops, also of its modules.
func decidingParams(m *sema.Model, loading map[*sema.Model]bool) map[string]bool {
	out := map[string]bool{}
	if m == nil || loading[m] {
		return out
	}
	loading[m] = true
	defer delete(loading, m)
	x := &index{m: m}
	mark := func(e syntax.Node) {
		if e == nil {
			return
		}
		for _, s := range x.closure(e) {
			if s.Kind == sema.Param {
				out[s.Name] = true
			}
		}
	}
	body := func(o *syntax.Object, cond *syntax.If, loop *syntax.For, names ...string) {
		for _, name := range names {
			if v := o.Value(name); v != nil {
				mark(v)
			}
		}
		if cond != nil {
			mark(cond.Cond)
		}
		if loop != nil {
			mark(loop.In)
		}
	}
	for _, r := range m.Resources {
		body(r.Body, r.Cond, r.Loop, "name", "scope")
	}
	for _, mod := range m.Modules {
		body(mod.Body, mod.Cond, mod.Loop, "scope")
		inner := decidingParams(mod.Source, loading)
		params, _ := mod.Body.Value("params").(*syntax.Object)
		if params == nil {
			continue
		}
		for i := range params.Items {
			if name, ok := params.Items[i].Name(); ok && inner[name] && params.Items[i].Value != nil {
				mark(params.Items[i].Value)
			}
		}
	}
	return out
}

// secureConfig are the secure members of what extensions are configured with.
var secureConfig = map[string]map[string]bool{"kubernetes": {"kubeConfig": true, "namespace": false, "context": false}}

// stacksCompatibility is stacks-extensibility-compat, part of an experimental feature.
func stacksCompatibility(p *pass) {
	if !p.config.Bool(false, "experimentalFeaturesEnabled", "moduleExtensionConfigs") {
		return
	}
	for _, d := range p.m.File.Decls {
		e, ok := d.(*syntax.ExtensionDecl)
		if !ok {
			continue
		}
		name := e.Name.Name
		if spec, plain := e.Spec.Text(); plain {
			name = strings.SplitN(spec, "@", 2)[0]
		}
		o, _ := e.Config.(*syntax.Object)
		if secure := secureConfig[strings.ToLower(name)]; secure != nil && o != nil {
			p.extensionConfig(o, secure)
		}
	}
}

func (p *pass) extensionConfig(o *syntax.Object, secure map[string]bool) {
	for i := range o.Items {
		it := &o.Items[i]
		name, _ := it.Name()
		isSecret, known := secure[name]
		if !known || it.Value == nil {
			continue
		}
		c, _ := it.Value.(*syntax.MethodCall)
		reference := c != nil && c.Name.Name == "getSecret"
		switch {
		case isSecret && !reference:
			p.report(it.Value.At(), "Secure config property values must be a key vault reference to be valid for Deployment stack deployments.")
		case !isSecret && reference:
			p.report(it.Value.At(), "Non-secure config property values must be a value type to be valid for Deployment stack deployments.")
		}
	}
}
