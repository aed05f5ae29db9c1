package lint

import (
	"regexp"
	"strings"

	"gatehouse/internal/bicep/emit"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// maxDepth limits how far declarations and nested types are followed.
const maxDepth = 16

// secret is where an expression may hold a secret, and why.
type secret struct {
	at   syntax.Span
	text string
}

// secrets finds what may be secret in e.
func (x *index) secrets(e syntax.Node) []secret {
	var out []secret
	x.findSecrets(e, false, &out)
	return out
}

// findSecrets looks into n; accessed is set below x.name and x[i].
func (x *index) findSecrets(n syntax.Node, accessed bool, out *[]secret) {
	below := accessed
	switch e := n.(type) {
	case *syntax.Variable:
		x.addPaths(e, e.Name.Span, accessed, out)
	case *syntax.Property:
		x.addPaths(e, e.Name.Span, accessed, out)
		below = true
	case *syntax.Index:
		x.addPaths(e, e.Index.At(), accessed, out)
		x.findSecrets(e.Base, true, out)
		x.findSecrets(e.Index, true, out)
		return
	case *syntax.Call:
		if x.m.Uses[e] == nil && isList(e.Name.Name) {
			*out = append(*out, secret{e.Span, "function '" + e.Name.Name + "'"})
		}
	case *syntax.MethodCall:
		if isList(e.Name.Name) && x.listTarget(e.Base) {
			*out = append(*out, secret{e.Span, "function '" + e.Name.Name + "'"})
		}
	}
	for _, c := range syntax.Children(n) {
		x.findSecrets(c, below, out)
	}
}

func (x *index) addPaths(e syntax.Expr, at syntax.Span, accessed bool, out *[]secret) {
	for _, path := range x.shape(e, maxDepth).secretPaths(accessed, maxDepth) {
		*out = append(*out, secret{at, "secure value '" + x.text(e) + path + "'"})
	}
}

func isList(name string) bool { return len(name) >= 4 && strings.EqualFold(name[:4], "list") }

// listTarget reports whether a list function can be called on e.
func (x *index) listTarget(e syntax.Expr) bool {
	if x.named(e) != nil {
		return true
	}
	s := x.m.Uses[e]
	return s != nil && s.Kind == sema.Namespace
}

// outputSecrets is outputs-should-not-contain-secrets.
func outputSecrets(p *pass) {
	for _, s := range p.outputs {
		d, ok := s.Decl.(*syntax.OutputDecl)
		if !ok || secureMark(d.Decorators) {
			continue
		}
		if strings.Contains(strings.ToLower(s.Name), "password") {
			p.report(d.Span, "output name '"+s.Name+"' suggests a secret")
		}
		for _, found := range p.secrets(d.Value) {
			p.report(found.at, found.text)
		}
	}
}

var (
	secretWords  = regexp.MustCompile(`(?i)password|pwd|secret|accountkey|acctkey`)
	allowedWords = regexp.MustCompile(`(?i)secretpermissions|secretversion|secretur[il]|secretname`)
)

// secretNames is secure-secrets-in-params.
func secretNames(p *pass) {
	for _, s := range p.params {
		d, ok := s.Decl.(*syntax.ParamDecl)
		if !ok || p.isSecure(s) {
			continue
		}
		if secretWords.MatchString(s.Name) && !allowedWords.MatchString(s.Name) && holdsText(declared(p.m, d.Type, nil)) {
			p.report(s.Ident.Span, s.Name)
			continue
		}
		if p.mentionsSecure(d.Default) {
			p.report(s.Ident.Span, s.Name)
		}
	}
}

// holdsText reports whether a type is a string or an object.
func holdsText(s shape) bool {
	if s.nullable { // then it is not assignable to either
		return false
	}
	switch t := s.typ.(type) {
	case *syntax.TypeName:
		return t.Name.Name == "string" || t.Name.Name == "object"
	case *syntax.TypeObject:
		return true
	case *syntax.TypeLiteral:
		_, ok := t.Value.(*syntax.StringLit)
		return ok
	case *syntax.TypeUnion:
		for _, m := range t.Members {
			if !holdsText(declared(s.m, m, nil)) {
				return false
			}
		}
		return true
	}
	return false
}

// isSecure reports whether a parameter is declared secure, itself or by its type.
func (x *index) isSecure(s *sema.Symbol) bool {
	known, ok := x.secure[s]
	if !ok {
		d, isParam := s.Decl.(*syntax.ParamDecl)
		known = isParam && s.Model != nil && declared(s.Model, d.Type, d.Decorators).secure
		x.secure[s] = known
	}
	return known
}

// mentionsSecure reports whether e uses a secure parameter by its name.
func (x *index) mentionsSecure(e syntax.Expr) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Variable); ok && !found {
			s := x.m.Uses[v]
			found = s != nil && s.Kind == sema.Param && x.isSecure(s)
		}
		return !found
	})
	return found
}

// secureDefaults is secure-parameter-default.
func secureDefaults(p *pass) {
	for _, s := range p.params {
		d, ok := s.Decl.(*syntax.ParamDecl)
		if !ok || d.Default == nil || !p.isSecure(s) || p.harmless(d.Default) {
			continue
		}
		// The place is `= value`.
		at := d.Default.At()
		text := p.m.File.Source.Text
		for i := at.Start - 1; i >= d.Start; i-- {
			if text[i] == '=' {
				at.Start = i
				break
			}
		}
		p.report(at)
	}
}

// harmless reports whether a default value gives no secret away.
func (x *index) harmless(e syntax.Expr) bool {
	switch v := e.(type) {
	case *syntax.Bad:
		return true
	case *syntax.StringLit:
		if text, ok := v.Text(); ok && text == "" {
			return true
		}
	case *syntax.Object:
		if len(v.Items) == 0 {
			return true
		}
	}
	if x.shape(e, maxDepth).secure {
		return true
	}
	return x.callIn(e, func(c call) bool { return c.name == "newGuid" })
}

// callIn reports whether a built-in function that match accepts is called in e.
func (x *index) callIn(e syntax.Node, match func(call) bool) bool {
	at := e.At()
	for _, c := range x.calls {
		if s := c.node.At(); s.Start >= at.Start && s.End <= at.End && match(c) {
			return true
		}
	}
	return false
}

const deploymentsType = "Microsoft.Resources/deployments"

// nestedSecrets is secure-params-in-nested-deploy.
func nestedSecrets(p *pass) {
	for _, r := range p.m.Resources {
		if r.Nested || !strings.EqualFold(r.Type.Full, deploymentsType) || emit.SymbolicNames(p.m) {
			continue
		}
		o, _ := r.Body.Value("properties").(*syntax.Object)
		if o == nil || innerScope(o) {
			continue
		}
		if _, ok := o.Value("template").(*syntax.Object); ok {
			p.nestedDeployment(r)
		}
	}
}

func innerScope(properties *syntax.Object) bool {
	it := member(properties, "expressionEvaluationOptions", "scope")
	if it == nil {
		return false
	}
	s, _ := it.Value.(*syntax.StringLit)
	text, ok := s.Text()
	return ok && strings.EqualFold(text, "inner")
}

func (p *pass) nestedDeployment(r *sema.Resource) {
	var names []string
	seen := map[*sema.Symbol]bool{}
	syntax.Walk(r.Decl.Value, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Variable); ok {
			if s := p.m.Uses[v]; s != nil && s.Kind == sema.Param {
				seen[s] = true
			}
		}
		return true
	})
	for _, s := range p.params {
		if seen[s] && p.isSecure(s) {
			names = append(names, "'"+s.Name+"'")
		}
	}
	if len(names) > 0 {
		p.report(r.Symbol.Ident.Span, "'"+r.Symbol.Name+"' is an outer scoped nested deployment that accesses secure string parameters ("+strings.Join(names, ", ")+"), which could expose their values in deployment history.")
	}
	at := r.Decl.Span
	for _, c := range p.calls {
		if s := c.node.At(); s.Start >= at.Start && s.End <= at.End && c.resource == nil && strings.HasPrefix(c.name, "list") {
			p.report(r.Symbol.Ident.Span, "'"+r.Symbol.Name+"' is an outer scoped nested deployment that calls a list* function (\""+p.text(c.node)+"\"), which could expose sensitive values in deployment history.")
			return
		}
	}
}

// assignedSecrets is secure-params-in-parameters-file.
func assignedSecrets(p *pass) {
	if !p.m.IsParams() || p.m.UsingOf == nil {
		return
	}
	target := map[string]bool{} // by name: whether it is or holds a secret
	for _, s := range p.m.UsingOf.Declared(sema.Param) {
		if d, ok := s.Decl.(*syntax.ParamDecl); ok {
			target[s.Name] = len(declared(p.m.UsingOf, d.Type, d.Decorators).secretPaths(false, maxDepth)) > 0
		}
	}
	for _, s := range p.m.Declared(sema.Param) {
		d, ok := s.Decl.(*syntax.ParamDecl)
		if secure, known := target[s.Name]; !ok || !known || secure || d.Default == nil {
			continue
		}
		var names []string
		for _, used := range p.closure(d.Default) {
			if used.Kind == sema.Param && target[used.Name] {
				names = append(names, "'"+used.Name+"'")
			}
		}
		if len(names) > 0 {
			p.report(d.Default.At(), s.Name, strings.Join(names, ", "))
		}
	}
}

// closure are the symbols that e uses, itself or through variables and parameters.
func (x *index) closure(e syntax.Node) []*sema.Symbol {
	var out []*sema.Symbol
	seen := map[*sema.Symbol]bool{}
	var look func(n syntax.Node)
	look = func(n syntax.Node) {
		syntax.Walk(n, func(n syntax.Node) bool {
			e, _ := n.(syntax.Expr)
			s := x.m.Uses[e]
			if s == nil || seen[s] {
				return true
			}
			seen[s] = true
			out = append(out, s)
			switch d := s.Decl.(type) {
			case *syntax.VarDecl:
				look(d.Value)
			case *syntax.ParamDecl:
				if d.Default != nil {
					look(d.Default)
				}
			}
			return true
		})
	}
	look(e)
	return out
}

// scriptExtensions are publishers and types whose settings run a command.
var scriptExtensions = map[string]bool{
	"microsoft.azure.extensions/customscript": true, "microsoft.compute/customscriptextension": true, "microsoft.ostcextensions/customscriptforlinux": true,
}

// commandSecrets is protect-commandtoexecute-secrets.
func commandSecrets(p *pass) {
	for _, r := range p.m.Resources {
		if !strings.HasSuffix(strings.ToLower(r.Type.Full), "/extensions") {
			continue
		}
		o, _ := r.Body.Value("properties").(*syntax.Object)
		it := member(o, "settings", "commandToExecute")
		if it == nil || it.Value == nil {
			continue
		}
		publisher, _ := o.Value("publisher").(*syntax.StringLit)
		kind, _ := o.Value("type").(*syntax.StringLit)
		a, ok := publisher.Text()
		b, ok2 := kind.Text()
		if !ok || !ok2 || !scriptExtensions[strings.ToLower(a+"/"+b)] {
			continue
		}
		if found := p.secrets(it.Value); len(found) > 0 {
			p.report(it.Key.Span, found[0].text)
		}
	}
}

// sensitive are properties of resources that Azure's types mark as secrets.
var sensitive = map[string][]string{
	"microsoft.compute/virtualmachines":         {"properties.osProfile.adminPassword"},
	"microsoft.compute/virtualmachinescalesets": {"properties.virtualMachineProfile.osProfile.adminPassword"},
	"microsoft.sql/servers":                     {"properties.administratorLoginPassword"},
	"microsoft.dbforpostgresql/flexibleservers": {"properties.administratorLoginPassword"},
	"microsoft.dbformysql/flexibleservers":      {"properties.administratorLoginPassword"},
}

// secureInputs is use-secure-value-for-secure-inputs.
func secureInputs(p *pass) {
	for _, r := range p.m.Resources {
		for _, path := range sensitive[strings.ToLower(r.Type.Full)] {
			names := strings.Split(path, ".")
			it := member(r.Body, names...)
			if it == nil || it.Value == nil || p.runtime(it.Value) || !p.insecure(it.Value) {
				continue
			}
			p.report(it.Value.At(), names[len(names)-1])
		}
	}
}

// insecure reports whether e may be a value that is not declared secure.
func (x *index) insecure(e syntax.Expr) bool {
	switch v := syntax.Unparen(e).(type) {
	case *syntax.Bad, *syntax.NullLit:
		return false
	case *syntax.StringLit:
		text, ok := v.Text()
		return !ok || text != ""
	case *syntax.Ternary:
		return x.insecure(v.Then) || x.insecure(v.Else)
	}
	return !x.shape(e, maxDepth).secure
}

// runtime reports whether e is known only while a deployment runs.
func (x *index) runtime(e syntax.Node) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		switch v := n.(type) {
		case *syntax.Property:
			if x.knownAtStart(v) {
				return false
			}
			found = found || x.target(v.Base) != nil
		case *syntax.Variable:
			if d := x.variable(v); d != nil && !found {
				found = x.m.Inline[x.m.Uses[v]] || x.readsRuntime(x.m.Uses[v])
			}
		case *syntax.Call:
			f, ok := sema.FunctionByName(v.Name.Name)
			found = found || ok && x.m.Uses[v] == nil && f.Flags&sema.RequiresInlining != 0
		case *syntax.MethodCall:
			f, ok := sema.FunctionByName(v.Name.Name)
			found = found || ok && f.Flags&sema.RequiresInlining != 0
		}
		return !found
	})
	return found
}

// readsRuntime reports whether a variable depends on more than the names of resources.
func (x *index) readsRuntime(s *sema.Symbol) bool {
	for _, d := range x.m.Depends[s] {
		if !d.Weak {
			return true
		}
	}
	return false
}

// target is the resource or module that e is.
func (x *index) target(e syntax.Expr) *sema.Symbol {
	e = syntax.Unparen(e)
	if i, ok := e.(*syntax.Index); ok {
		e = syntax.Unparen(i.Base)
	}
	if s := x.m.Uses[e]; s != nil && (s.Resource != nil || s.Module != nil) {
		return s
	}
	return nil
}

func (x *index) knownAtStart(p *syntax.Property) bool {
	s := x.target(p.Base)
	if s == nil {
		return false
	}
	switch p.Name.Name {
	case "name":
		return true
	case "id", "type", "apiVersion":
		return s.Resource != nil
	}
	return false
}
