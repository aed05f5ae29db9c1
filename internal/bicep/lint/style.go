package lint

import (
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// preferInterpolation is prefer-interpolation: concat of strings; concat also joins arrays.
func preferInterpolation(p *pass) {
	for _, c := range p.calls {
		if c.name == "concat" && len(c.args) > 1 && p.isString(c.node) {
			p.report(c.node.At())
		}
	}
}

// jsonNull is simplify-json-null.
func jsonNull(p *pass) {
	for _, c := range p.calls {
		if c.name != "json" || len(c.args) != 1 {
			continue
		}
		if s, ok := c.args[0].(*syntax.StringLit); ok {
			if text, plain := s.Text(); plain && strings.TrimSpace(text) == "null" {
				p.report(c.node.At())
			}
		}
	}
}

// simplifyInterpolation is simplify-interpolation: '${x}' where x is a string.
func simplifyInterpolation(p *pass) {
	check := func(e syntax.Expr) {
		s, ok := e.(*syntax.StringLit)
		if !ok || len(s.Exprs) != 1 || s.Segments[0] != "" || s.Segments[len(s.Segments)-1] != "" {
			return
		}
		if p.isString(s.Exprs[0]) {
			p.report(s.Span)
		}
	}
	for _, it := range p.items {
		check(it.Value)
	}
	for _, d := range p.m.File.Decls {
		switch d := d.(type) {
		case *syntax.VarDecl:
			check(d.Value)
		case *syntax.OutputDecl:
			check(d.Value)
		case *syntax.ParamDecl:
			if !p.m.IsParams() {
				check(d.Default)
			}
		}
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// bare reports whether a property of that name needs no quotes.
func bare(name string) bool {
	switch name {
	case "true", "false", "null":
		return false
	}
	return identifier.MatchString(name)
}

// unquotedNames is prefer-unquoted-property-names.
func unquotedNames(p *pass) {
	for _, it := range p.items {
		if name, ok := it.Name(); ok && !it.Bare && bare(name) {
			p.report(it.Key.Span)
		}
	}
	for _, x := range p.indexes {
		if s, ok := x.Index.(*syntax.StringLit); ok {
			if name, plain := s.Text(); plain && bare(name) {
				p.report(syntax.Span{Start: p.bracket(x), End: x.End})
			}
		}
	}
}

// bracket is where the opening bracket of x[i] is.
func (x *index) bracket(i *syntax.Index) int {
	end := i.Base.At().End
	if n := strings.IndexByte(x.m.File.Source.Text[end:i.End], '['); n >= 0 {
		return end + n
	}
	return end
}

// safeAccess is use-safe-access.
func safeAccess(p *pass) {
	for _, t := range p.ternaries {
		if p.containsAccess(t) {
			p.report(t.Span, "The syntax can be simplified by using the safe access (.?) operator.")
		}
	}
	for _, e := range p.props {
		if e.Safe || p.asserted[e] {
			continue
		}
		base := p.shape(e.Base, maxDepth)
		if _, object := base.typ.(*syntax.TypeObject); object && !base.nullable && base.property(e.Name.Name).nullable {
			p.report(e.Span, "The property being accessed may be null. Use the (.?) operator to handle this safely.")
		}
	}
}

// containsAccess reports `contains(x, 'a') ? x.a : y`.
func (x *index) containsAccess(t *syntax.Ternary) bool {
	args, ok := x.containsArgs(t.Cond)
	if !ok || len(args) != 2 {
		return false
	}
	switch e := t.Then.(type) {
	case *syntax.Property:
		s, isString := args[1].(*syntax.StringLit)
		text, plain := s.Text()
		return x.same(e.Base, args[0]) && isString && plain && text == e.Name.Name
	case *syntax.Index:
		return x.same(e.Base, args[0]) && x.same(e.Index, args[1])
	}
	return false
}

func (x *index) containsArgs(e syntax.Expr) ([]syntax.Expr, bool) {
	switch c := e.(type) {
	case *syntax.Call:
		return c.Args, c.Name.Name == "contains" && x.m.Uses[c] == nil
	case *syntax.MethodCall:
		v, ok := c.Base.(*syntax.Variable)
		return c.Args, ok && c.Name.Name == "contains" && x.m.Uses[v] != nil && x.m.Uses[v].Kind == sema.Namespace
	}
	return nil, false
}

// explicitAny is no-explicit-any.
func explicitAny(p *pass) {
	for _, t := range p.typeExprs {
		switch t := t.(type) {
		case *syntax.TypeName:
			if s, known := p.m.TypeUses[t]; known && s == nil && t.Name.Name == "any" {
				p.report(t.Name.Span)
			}
		case *syntax.TypeMember:
			if n, ok := t.Base.(*syntax.TypeName); ok && n.Name.Name == "sys" && p.m.TypeUses[n] == nil && t.Name.Name == "any" {
				p.report(n.Name.Span)
			}
		}
	}
}

// userDefinedTypes is use-user-defined-types.
func userDefinedTypes(p *pass) {
	for _, t := range p.typeExprs {
		if n, ok := t.(*syntax.TypeName); ok && (n.Name.Name == "object" || n.Name.Name == "array") {
			p.report(n.Name.Span)
		}
	}
}

// hardcodedOutputs is no-hardcoded-outputs.
func hardcodedOutputs(p *pass) {
	for _, s := range p.outputs {
		if d, ok := s.Decl.(*syntax.OutputDecl); ok && constant(d.Value) {
			p.report(d.Value.At(), s.Name)
		}
	}
}

// constant reports whether e is written out in full.
func constant(e syntax.Expr) bool {
	switch v := e.(type) {
	case *syntax.StringLit:
		return len(v.Exprs) == 0
	case *syntax.IntLit, *syntax.BoolLit, *syntax.NullLit:
		return true
	case *syntax.Unary:
		return constant(v.X)
	case *syntax.Paren:
		return constant(v.X)
	case *syntax.Array:
		for _, it := range v.Items {
			if !it.Spread && !constant(it.Value) {
				return false
			}
		}
		return true
	case *syntax.Object:
		for i := range v.Items {
			if it := &v.Items[i]; it.Value != nil && !constant(it.Value) {
				return false
			}
		}
		return true
	}
	return false
}

var (
	decompiledResource = regexp.MustCompile(`[a-zA-Z0-9]+_resource$`)
	decompiledVariable = regexp.MustCompile(`[a-zA-Z0-9]+_var$`)
)

// decompilerNames is decompiler-cleanup. Of a resource the place is its name property.
func decompilerNames(p *pass) {
	for _, r := range p.m.Resources {
		if s, ok := r.Name.(*syntax.StringLit); ok && decompiledResource.MatchString(r.Symbol.Name) {
			p.report(s.Span, "The symbolic name of resource '"+r.Symbol.Name+"' appears to have originated from a naming conflict during a decompilation from JSON.")
		}
	}
	for _, s := range p.vars {
		if decompiledVariable.MatchString(s.Name) {
			p.report(s.Ident.Span, "The name of variable '"+s.Name+"' appears to have originated from a naming conflict during a decompilation from JSON.")
		}
	}
}

// The hosts of the official bicepconfig.json.
var (
	disallowedHosts = []string{
		"azuredatalakeanalytics.net", "azuredatalakestore.net", "batch.core.windows.net", "core.windows.net", "database.windows.net", "datalake.azure.net",
		"gallery.azure.com", "graph.windows.net", "login.microsoftonline.com", "management.azure.com", "management.core.windows.net", "vault.azure.net",
	}
	excludedHosts = []string{"schema.management.azure.com"}
)

// environmentURLs is no-hardcoded-env-urls.
func environmentURLs(p *pass) {
	hosts, excluded := p.settings().Strings(disallowedHosts, "disallowedHosts"), p.settings().Strings(excludedHosts, "excludedHosts")
	if p.m.IsParams() || len(hosts) == 0 {
		return // environment() is not known to parameter files
	}
	hosts, excluded = lowered(hosts), lowered(excluded)
	shortest := len(hosts[0])
	for _, h := range hosts {
		shortest = min(shortest, len(h))
	}
	for _, s := range p.strings {
		if !s.noted && s.End-s.Start > shortest {
			p.hosts(s.StringLit, hosts, excluded, shortest)
		}
	}
}

func lowered(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// hosts looks at the pieces of s between interpolations. As in the official rule,
// it ends with the first piece that is long enough and has none.
func (p *pass) hosts(s *syntax.StringLit, hosts, excluded []string, shortest int) {
	text := p.m.File.Source.Text
	start := s.Start
	for i := range len(s.Exprs) + 1 {
		end := s.End
		if i < len(s.Exprs) {
			end = s.Exprs[i].At().Start
		}
		if end-start >= shortest {
			piece := strings.ToLower(text[start:end])
			if len(piece) != end-start { // letters whose lower case is longer
				piece = text[start:end]
			}
			found := matches(piece, hosts)
			if len(found) == 0 {
				return
			}
			for _, f := range outermost(found) {
				if !overlaps(f, matches(piece, excluded)) {
					at := syntax.Span{Start: start + f.Start, End: start + f.End}
					p.report(at, text[at.Start:at.End])
				}
			}
		}
		if i < len(s.Exprs) {
			start = s.Exprs[i].At().End
		}
	}
}

// matches finds the hosts in s that do not go on with a letter or digit.
func matches(s string, hosts []string) []syntax.Span {
	var out []syntax.Span
	for _, h := range hosts {
		for at := 0; h != ""; {
			i := strings.Index(s[at:], h)
			if i < 0 {
				break
			}
			start, end := at+i, at+i+len(h)
			before, _ := utf8.DecodeLastRuneInString(s[:start])
			after, _ := utf8.DecodeRuneInString(s[end:])
			if !letterOrDigit(before) && !letterOrDigit(after) {
				out = append(out, syntax.Span{Start: start, End: end})
			}
			at = end
		}
	}
	return out
}

func letterOrDigit(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// outermost leaves out matches that lie in others.
func outermost(found []syntax.Span) []syntax.Span {
	sort.Slice(found, func(i, j int) bool {
		if found[i].Start != found[j].Start {
			return found[i].Start < found[j].Start
		}
		return found[i].End > found[j].End
	})
	var out []syntax.Span
	for _, f := range found {
		if len(out) == 0 || f.Start >= out[len(out)-1].End {
			out = append(out, f)
		}
	}
	return out
}

func overlaps(s syntax.Span, others []syntax.Span) bool {
	for _, o := range others {
		if o.Start < s.End && s.Start < o.End {
			return true
		}
	}
	return false
}
