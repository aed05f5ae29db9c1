package lint

import (
	"regexp"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/emit"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// adminUserName is adminusername-should-not-be-literal.
func adminUserName(p *pass) {
	for _, d := range p.m.File.Decls {
		if r, ok := d.(*syntax.ResourceDecl); ok {
			p.adminUserName(r.Value)
		}
	}
}

func (p *pass) adminUserName(n syntax.Node) {
	o, ok := n.(*syntax.Object)
	if !ok {
		if r, nested := n.(*syntax.ResourceDecl); nested {
			n = r.Value
			p.adminUserName(n)
			return
		}
		for _, c := range syntax.Children(n) {
			p.adminUserName(c)
		}
		return
	}
	for i := range o.Items {
		it := &o.Items[i]
		name, _ := it.Name()
		switch {
		case it.Resource != nil:
			p.adminUserName(it.Resource)
		case it.Value != nil && strings.EqualFold(name, "adminUserName"):
			if text, literal := p.literal(it.Value); literal {
				p.report(it.Value.At(), text)
			}
		case it.Value != nil:
			p.adminUserName(it.Value)
		}
	}
}

// deploymentResources is no-deployments-resources.
func deploymentResources(p *pass) {
	for _, r := range p.m.Resources {
		if strings.EqualFold(r.Type.Full, deploymentsType) {
			p.report(r.Decl.Type.Span, r.Symbol.Name, r.Type.Full+"@"+r.Type.Version)
		}
	}
}

// nestedScoping is nested-deployment-template-scoping.
func nestedScoping(p *pass) {
	for _, r := range p.m.Resources {
		if !strings.EqualFold(r.Type.Full, deploymentsType) {
			continue
		}
		o, _ := r.Body.Value("properties").(*syntax.Object)
		template := o.Value("template")
		if template == nil || !innerScope(o) && !emit.SymbolicNames(p.m) {
			continue
		}
		syntax.Walk(template, func(n syntax.Node) bool {
			if v, ok := n.(*syntax.Variable); ok {
				if s := p.m.Uses[v]; s != nil && s.Kind != sema.Namespace && s.For == nil && s.Kind != sema.LambdaVar {
					p.report(v.Name.Span, s.Name)
				}
			}
			return true
		})
	}
}

// unnecessaryDependsOn is no-unnecessary-dependson: what is named there and
// follows from the rest of the declaration.
func unnecessaryDependsOn(p *pass) {
	g := &implied{index: p.index, direct: map[*sema.Symbol][]dependency{}}
	check := func(s *sema.Symbol, body *syntax.Object) {
		list, _ := body.Value("dependsOn").(*syntax.Array)
		if list == nil {
			return
		}
		follows := g.all(s)
		named := map[*sema.Symbol]bool{}
		for _, it := range list.Items {
			on := p.m.Uses[it.Value]
			if it.Spread || on == nil || on.Kind == sema.Param || collection(on) {
				continue
			}
			if !follows[on] && !named[on] {
				named[on] = true
				continue
			}
			p.report(it.Value.At(), on.Name)
		}
	}
	for _, r := range p.m.Resources {
		check(r.Symbol, r.Body)
	}
	for _, m := range p.m.Modules {
		check(m.Symbol, m.Body)
	}
}

func collection(s *sema.Symbol) bool {
	return s.Resource != nil && s.Resource.Loop != nil || s.Module != nil && s.Module.Loop != nil
}

// dependency is a use of a resource or module; a weak one needs its name alone.
type dependency struct {
	on   *sema.Symbol
	weak bool
}

// implied finds what follows from a declaration without its dependsOn.
type implied struct {
	*index
	direct map[*sema.Symbol][]dependency
}

func (g *implied) all(s *sema.Symbol) map[*sema.Symbol]bool {
	out, seen := map[*sema.Symbol]bool{}, map[dependency]bool{}
	queue := append([]dependency(nil), g.of(s)...)
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		if seen[d] {
			continue
		}
		seen[d] = true
		queue = append(queue, g.of(d.on)...)
		if !d.weak || d.on.Resource == nil || !d.on.Resource.Existing {
			out[d.on] = true
		}
	}
	return out
}

// of is what s uses itself, or through variables.
func (g *implied) of(s *sema.Symbol) []dependency {
	if known, ok := g.direct[s]; ok {
		return known
	}
	g.direct[s] = nil // ends recursion in a cycle
	var out []dependency
	var value, skip syntax.Node
	switch {
	case s.Resource != nil:
		if s.Resource.Parent != nil {
			out = append(out, dependency{s.Resource.Parent.Symbol, true})
		}
		value, skip = s.Resource.Decl.Value, s.Resource.Body.Value("dependsOn")
	case s.Module != nil:
		value, skip = s.Module.Decl.Value, s.Module.Body.Value("dependsOn")
	default:
		d, ok := s.Decl.(*syntax.VarDecl)
		if !ok {
			return nil
		}
		value = d.Value
	}
	g.walk(value, skip, &out)
	g.direct[s] = out
	return out
}

func (g *implied) walk(n, skip syntax.Node, out *[]dependency) {
	if n == nil || n == skip {
		return
	}
	switch e := n.(type) {
	case *syntax.ResourceDecl:
		return
	case *syntax.Property:
		if g.knownAtStart(e) {
			*out = append(*out, dependency{g.target(e.Base), true})
			return
		}
	case *syntax.Variable, *syntax.ResourceAccess:
		if s := g.m.Uses[e]; s != nil && s.Import == nil {
			switch {
			case s.Resource != nil || s.Module != nil:
				*out = append(*out, dependency{s, false})
			case s.Kind == sema.Var:
				*out = append(*out, g.of(s)...)
			}
		}
		if _, is := e.(*syntax.ResourceAccess); is {
			return
		}
	}
	for _, c := range syntax.Children(n) {
		g.walk(c, skip, out)
	}
}

// parentProperty is use-parent-property.
func parentProperty(p *pass) {
	byType := map[string][]*sema.Resource{}
	for _, r := range p.m.Resources {
		key := strings.ToLower(r.Type.Full)
		byType[key] = append(byType[key], r)
	}
	for _, r := range p.m.Resources {
		name, ok := r.Name.(*syntax.StringLit)
		i := strings.LastIndexByte(r.Type.Full, '/')
		if !ok || r.Parent != nil || i < 0 {
			continue
		}
		up := strings.ToLower(r.Type.Full[:i])
		if parent := p.namedParent(name, up); parent != nil {
			p.report(name.Span, r.Symbol.Name, parent.Symbol.Name)
			continue
		}
		for _, candidate := range byType[up] {
			if candidate.Loop == nil && candidate.Name != nil && p.isChildName(candidate.Name, name) {
				p.report(name.Span, r.Symbol.Name, candidate.Symbol.Name)
				break
			}
		}
	}
}

// namedParent is the resource in '${r.name}/...', when it is of the type up.
func (x *index) namedParent(name *syntax.StringLit, up string) *sema.Resource {
	if len(name.Segments) < 2 || !strings.HasPrefix(name.Segments[1], "/") {
		return nil
	}
	e, ok := name.Exprs[0].(*syntax.Property)
	if !ok || e.Name.Name != "name" {
		return nil
	}
	if r := x.named(e.Base); r != nil && strings.EqualFold(r.Type.Full, up) {
		return r
	}
	return nil
}

// isChildName reports whether child is written as PARENT/something.
func (x *index) isChildName(parent syntax.Expr, child *syntax.StringLit) bool {
	s, ok := parent.(*syntax.StringLit)
	if !ok {
		return len(child.Segments) > 1 && strings.HasPrefix(child.Segments[1], "/") && x.same(child.Exprs[0], parent)
	}
	if len(child.Segments) < len(s.Segments) {
		return false
	}
	last := len(s.Segments) - 1
	for i, segment := range s.Segments[:last] {
		if child.Segments[i] != segment {
			return false
		}
	}
	if !strings.HasPrefix(child.Segments[last], s.Segments[last]+"/") {
		return false
	}
	for i := range s.Exprs {
		if !x.same(s.Exprs[i], child.Exprs[i]) {
			return false
		}
	}
	return true
}

// symbolReference is use-resource-symbol-reference.
func symbolReference(p *pass) {
	for _, c := range p.calls {
		least := 2
		switch {
		case c.resource != nil || !isList(c.name) && c.name != "reference":
			continue
		case c.name == "reference":
			least = 1
		}
		if len(c.args) >= least && len(c.args) <= 3 && p.declaredHere(c) {
			p.report(c.node.At(), c.name)
		}
	}
}

// declaredHere reports whether the call is about a resource of the file, with its
// API version.
func (p *pass) declaredHere(c call) bool {
	found := p.byID(c.args[0])
	if len(c.args) == 1 {
		return len(found) == 1
	}
	switch v := c.args[1].(type) {
	case *syntax.Property:
		r := p.named(v.Base)
		for _, f := range found {
			if v.Name.Name == "apiVersion" && f == r {
				return true
			}
		}
	case *syntax.StringLit:
		version, ok := v.Text()
		for _, f := range found {
			if ok && strings.EqualFold(f.Type.Version, version) {
				return true
			}
		}
	}
	return false
}

// byID are the resources that e is the ID of: r.id, or resourceId('type', names).
func (p *pass) byID(e syntax.Expr) []*sema.Resource {
	if v, ok := e.(*syntax.Property); ok && (v.Name.Name == "id" || v.Name.Name == "name") {
		if r := p.named(v.Base); r != nil {
			return []*sema.Resource{r}
		}
	}
	c, ok := e.(*syntax.Call)
	if !ok || c.Name.Name != "resourceId" || len(c.Args) < 2 {
		return nil
	}
	s, _ := c.Args[0].(*syntax.StringLit)
	kind, plain := s.Text()
	if !plain {
		return nil
	}
	var out []*sema.Resource
	for _, r := range p.m.Resources {
		if strings.EqualFold(r.Type.Full, kind) && p.sameNames(r, c.Args[1:]) {
			out = append(out, r)
		}
	}
	return out
}

func (x *index) sameNames(r *sema.Resource, names []syntax.Expr) bool {
	line := append(r.Ancestors(), r)
	if len(line) != len(names) {
		return false
	}
	for i := range line {
		if !x.same(line[i].Name, names[i]) {
			return false
		}
	}
	return true
}

// stableIdentifiers is use-stable-resource-identifiers.
func stableIdentifiers(p *pass) {
	for _, r := range p.m.Resources {
		for _, name := range []string{"name", "scope", "parent"} {
			if v := r.Body.Value(name); v != nil {
				p.unstable(v, nil, map[*sema.Symbol]bool{}, func(path, function string) {
					p.report(v.At(), r.Symbol.Name, name, function, r.Symbol.Name+"."+name+" -> "+path)
				})
			}
		}
	}
}

// unstable finds calls of functions that give another value every time.
func (p *pass) unstable(e syntax.Node, path []string, seen map[*sema.Symbol]bool, found func(path, function string)) {
	syntax.Walk(e, func(n syntax.Node) bool {
		name := ""
		switch v := n.(type) {
		case *syntax.Call:
			name = v.Name.Name
		case *syntax.MethodCall:
			name = v.Name.Name
		case *syntax.Variable:
			p.unstableSymbol(p.m.Uses[v], path, seen, found)
		}
		if name == "newGuid" || name == "utcNow" {
			found(strings.Join(append(path[:len(path):len(path)], p.text(n)), " -> "), name)
		}
		return true
	})
}

func (p *pass) unstableSymbol(s *sema.Symbol, path []string, seen map[*sema.Symbol]bool, found func(path, function string)) {
	if s == nil || seen[s] || s.Import != nil {
		return
	}
	seen[s] = true
	defer delete(seen, s)
	switch d := s.Decl.(type) {
	case *syntax.ParamDecl:
		if d.Default != nil {
			p.unstable(d.Default, append(path[:len(path):len(path)], s.Name+" (default value)"), seen, found)
		}
	case *syntax.VarDecl:
		p.unstable(d.Value, append(path[:len(path):len(path)], s.Name), seen, found)
	}
}

// stableImages is use-stable-vm-image.
func stableImages(p *pass) {
	for _, r := range p.m.Resources {
		it := member(r.Body, "properties", "storageProfile", "imageReference")
		if it == nil {
			continue
		}
		image, _ := it.Value.(*syntax.Object)
		if d := p.variable(it.Value); d != nil {
			image, _ = d.Value.(*syntax.Object)
		}
		for _, name := range []string{"offer", "sku", "version"} {
			s, _ := image.Value(name).(*syntax.StringLit)
			if text, ok := s.Text(); ok && strings.Contains(strings.ToLower(text), "preview") {
				p.report(s.Span, name)
			}
		}
	}
}

// powerShellVersion is use-recent-az-powershell-version.
func powerShellVersion(p *pass) {
	least := p.settings().String("11.0", "minimumVersion")
	want, ok := versionOf(least)
	if !ok {
		return
	}
	for _, r := range p.m.Resources {
		if !strings.Contains(r.Type.Full, "Microsoft.Resources/deploymentScripts") || r.Loop != nil || r.Cond != nil {
			continue
		}
		kind, _ := r.Body.Value("kind").(*syntax.StringLit)
		text, plain := kind.Text()
		it := member(r.Body, "properties", "azPowerShellVersion")
		if !plain || !strings.EqualFold(text, "AzurePowerShell") || it == nil {
			continue
		}
		s, _ := it.Value.(*syntax.StringLit)
		version, plain := s.Text()
		if got, valid := versionOf(version); plain && valid && older(got, want) {
			p.report(r.Decl.Span, version, least)
		}
	}
}

// versionOf reads two to four numbers with dots.
func versionOf(s string) ([]int, bool) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return nil, false
	}
	out := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

func older(a, b []int) bool {
	for i := range max(len(a), len(b)) {
		x, y := -1, -1
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return x < y
		}
	}
	return false
}

var resourceType = regexp.MustCompile(`(?i)^[a-z]+\.[a-z]+(/[a-z]+)+$`)

// recognizedTypes is use-recognized-resource-type. Types of Microsoft's providers
// are taken to exist, as in the compiler's warning BCP081.
func recognizedTypes(p *pass) {
	for _, c := range p.calls {
		if c.resource != nil || !isList(c.name) && c.name != "reference" || len(c.args) == 0 {
			continue
		}
		kind, ok := p.calledType(c.args[0])
		if ok && !strings.HasPrefix(strings.ToLower(kind), "microsoft.") {
			p.report(c.node.At(), kind, c.name)
		}
	}
}

func (p *pass) calledType(e syntax.Expr) (string, bool) {
	args := []syntax.Expr{e}
	if c, ok := e.(*syntax.Call); ok {
		if c.Name.Name != "resourceId" {
			return "", false
		}
		args = c.Args
	}
	for _, a := range args {
		if text, ok := p.literal(a); ok && resourceType.MatchString(text) {
			return text, true
		}
	}
	return "", false
}

// moduleNames is no-module-name.
func moduleNames(p *pass) {
	for _, m := range p.m.Modules {
		if it := m.Body.Get("name"); it != nil {
			p.report(it.Span)
		}
	}
}
