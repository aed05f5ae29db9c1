package lint

import (
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

func (p *pass) unused(symbols []*sema.Symbol) {
	for _, s := range symbols {
		if p.uses[s] == 0 && !s.Exported() {
			p.report(s.Ident.Span, s.Name)
		}
	}
}

func unusedParams(p *pass) { p.unused(p.params) }
func unusedVars(p *pass)   { p.unused(p.vars) }
func unusedTypes(p *pass)  { p.unused(p.types) }

// unusedImports is no-unused-imports. The place is the name by which it is known here.
func unusedImports(p *pass) {
	for _, s := range p.m.Symbols {
		if s.Import == nil || s.Name == "" || p.uses[s] > 0 {
			continue
		}
		at := s.Ident.Span
		for i := range s.Import.Decl.Items {
			it := &s.Import.Decl.Items[i]
			if it.Local() == s.Name {
				at = it.Span
				if it.Alias != nil {
					at = it.Alias.Span
				}
			}
		}
		p.report(at, s.Name)
	}
}

// unusedExisting is no-unused-existing-resources.
func unusedExisting(p *pass) {
	around := map[*sema.Resource]bool{}
	for _, r := range p.m.Resources {
		if r.Nested {
			around[r.Parent] = true
		}
	}
	for _, r := range p.m.Resources {
		if r.Existing && !r.Nested && !around[r] && r.Symbol.Name != "" && p.uses[r.Symbol] == 0 {
			p.report(r.Symbol.Ident.Span, r.Symbol.Name)
		}
	}
}

// The official limits of a template.
const (
	limitAsserts   = 32
	limitOutputs   = 64
	limitParams    = 256
	limitResources = 800
	limitVariables = 512
)

func (p *pass) limit(symbols []*sema.Symbol, n int) {
	if len(symbols) > n {
		p.report(symbols[0].Ident.Span, n)
	}
}

func maxAsserts(p *pass) { p.limit(p.asserts, limitAsserts) }
func maxOutputs(p *pass) { p.limit(p.outputs, limitOutputs) }
func maxParams(p *pass)  { p.limit(p.params, limitParams) }

func maxResources(p *pass) {
	if len(p.m.Resources) <= limitResources {
		return
	}
	first := p.m.Resources[0]
	for _, r := range p.m.Resources {
		if r.Parent == nil && r.Decl.Start < first.Decl.Start || first.Parent != nil {
			first = r
		}
	}
	p.report(first.Symbol.Ident.Span, limitResources)
}

// maxVariables counts imported ones as well; a file that only exports is no template.
func maxVariables(p *pass) {
	n, exports, deploys := 0, false, len(p.m.Resources)+len(p.m.Modules)+len(p.params)+len(p.outputs) > 0
	for _, s := range p.m.Symbols {
		if s.Kind == sema.Var {
			n++
			exports = exports || s.Exported()
		}
	}
	if n > limitVariables && len(p.vars) > 0 && (deploys || !exports) {
		p.report(p.vars[0].Ident.Span, limitVariables)
	}
}

// described is the rule of all use-description rules.
func (p *pass) described(ds []*syntax.Decorator, at syntax.Span, name string) {
	d := sema.FindDecorator(ds, "description")
	if d == nil {
		p.report(at, name)
		return
	}
	_, _, args, _ := d.Parts()
	if len(args) != 1 {
		return
	}
	if s, ok := args[0].(*syntax.StringLit); ok {
		if text, plain := s.Text(); plain && blank(text) {
			p.report(args[0].At(), name)
		}
	}
}

func blank(s string) bool { return squeeze(s) == "" }

func (p *pass) describedAll(symbols []*sema.Symbol) {
	for _, s := range symbols {
		p.described(s.Decl.Decorated(), s.Ident.Span, s.Name)
	}
}

func describedParams(p *pass)  { p.describedAll(p.params) }
func describedVars(p *pass)    { p.describedAll(p.vars) }
func describedOutputs(p *pass) { p.describedAll(p.outputs) }

func describedTypes(p *pass) {
	for _, s := range p.types {
		if sema.FindDecorator(s.Decl.Decorated(), "discriminator") == nil {
			p.described(s.Decl.Decorated(), s.Ident.Span, s.Name)
		}
	}
}

func describedTypeProperties(p *pass) {
	for _, t := range p.typeProps {
		name, at := t.Name.Name, t.Name.Span
		if name == "" {
			name, at = "*", p.star(t)
		}
		p.described(t.Decorators, at, name)
	}
}

// star is where the asterisk of an additional property is.
func (p *pass) star(t *syntax.TypeProp) syntax.Span {
	for _, tok := range p.m.File.Tokens {
		if tok.Kind == syntax.Star && tok.Start >= t.Start && tok.End <= t.Value.At().Start {
			return tok.Span
		}
	}
	return t.Span
}

// conflictingMetadata is no-conflicting-metadata.
func conflictingMetadata(p *pass) {
	check := func(ds []*syntax.Decorator) {
		d := sema.FindDecorator(ds, "metadata")
		if d == nil || sema.FindDecorator(ds, "description") == nil {
			return
		}
		_, _, args, _ := d.Parts()
		if len(args) == 0 {
			return
		}
		if o, ok := args[0].(*syntax.Object); ok {
			if it := o.Get("description"); it != nil {
				p.report(it.Key.Span, "description", "description")
			}
		}
	}
	for _, d := range p.m.File.Decls {
		check(d.Decorated())
	}
	for _, t := range p.typeProps {
		check(t.Decorators)
	}
}
