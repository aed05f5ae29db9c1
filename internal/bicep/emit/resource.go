package emit

import (
	"sort"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// resources is an array, or an object keyed by symbolic name.
func (t *template) resources() any {
	list := []any{}
	bySymbol := &object{}
	for _, r := range t.m.Resources {
		if r.Existing && !t.symbolic || t.m.LeftOut(r) || r.Body == nil || r.Name == nil && r.IsAz() {
			continue
		}
		o := t.resource(r)
		list = append(list, o)
		bySymbol.set(r.SymbolicName(), o)
	}
	for _, mod := range t.m.Modules {
		if mod.Body == nil {
			continue
		}
		o := t.module(mod)
		list = append(list, o)
		bySymbol.set(mod.Symbol.Name, o)
	}
	if t.symbolic {
		return bySymbol
	}
	return list
}

// notEmitted are the properties of a resource that only the compiler reads.
func notEmitted(name string) bool {
	switch name {
	case "name", "scope", "parent", "dependsOn":
		return true
	}
	return false
}

func (t *template) resource(r *sema.Resource) *object {
	c := t.converter()
	out := &object{}
	if loop := r.EffectiveLoop(); loop != nil {
		out.set("copy", t.loop(c, r.SymbolicName(), loop, r.Decl.Decorators))
	}
	if cond := c.condition(r); cond != nil {
		out.set("condition", jsonValue(cond))
	}
	if r.Existing {
		out.set("existing", true)
	}
	if r.Extension != nil {
		out.set(t.extensionKey(), r.Extension.Alias)
	}
	if o := t.options(c, r.Decl.Decorators); o != nil {
		out.set("@options", o)
	}
	if r.IsAz() {
		out.set("type", r.Type.Full)
		out.set("apiVersion", r.Type.Version)
		t.scope(out, c, r.Scope, r.Parent != nil)
		out.set("name", jsonValue(c.fullName(r)))
		c.members(out, r.Body, notEmitted)
	} else {
		t.extensionResource(out, c, r)
	}
	if deps := t.dependsOn(c, r.Symbol); deps != nil {
		out.set("dependsOn", deps)
	}
	t.description(out, c, r.Decl.Decorators)
	return out
}

// loop is the copy element of a resource or module.
func (t *template) loop(c *converter, name string, f *syntax.For, ds syntax.Decorators) *object {
	o := obj("name", name, "count", c.count(f))
	if d := sema.FindDecorator(ds, "batchSize"); d != nil {
		o.set("mode", "serial")
		o.set("batchSize", t.argument(c, d, 0))
	}
	return o
}

// condition joins the conditions of the resources around r with its own, so that
// a child of a resource that is not deployed is not deployed either.
func (c *converter) condition(r *sema.Resource) expr {
	var cond expr
	if r.Nested {
		cond = c.condition(r.Parent)
	}
	if r.Cond == nil {
		return cond
	}
	own := c.expr(r.Cond.Cond)
	if cond == nil {
		return own
	}
	return call("and", cond, own)
}

func (t *template) options(c *converter, ds syntax.Decorators) *object {
	var out *object
	for _, name := range []string{"onlyIfNotExists", "retryOn"} {
		d := sema.FindDecorator(ds, name)
		if d == nil {
			continue
		}
		args := []any{}
		if _, _, as, ok := d.Parts(); ok {
			for i := range as {
				args = append(args, t.argument(c, d, i))
			}
		}
		out = put(out, name, args)
	}
	return out
}

func (t *template) description(out *object, c *converter, ds syntax.Decorators) {
	if d := sema.FindDecorator(ds, "description"); d != nil {
		out.merge("metadata", obj("description", t.argument(c, d, 0)))
	}
}

// scope sets the properties that send a resource or module elsewhere.
func (t *template) scope(out *object, c *converter, s sema.ScopeData, child bool) {
	if !s.Explicit {
		return
	}
	in := c.scoped(s)
	switch s.Scope {
	case sema.OnResource:
		on := c.indexed(s.Resource.EffectiveLoop(), s.Index)
		out.set("scope", jsonValue(on.resourceID(s.Resource)))
	case sema.Tenant:
		if t.m.TargetScope != sema.Tenant {
			out.set("scope", "/")
		}
	case sema.ManagementGroup:
		if s.ManagementGroup == nil {
			return
		}
		name := in.expr(s.ManagementGroup)
		if t.m.TargetScope == sema.Tenant || t.m.TargetScope == sema.ManagementGroup {
			out.set("scope", jsonValue(call("format", str("Microsoft.Management/managementGroups/{0}"), name)))
			return
		}
		out.set("scope", jsonValue(call("tenantResourceId", str("Microsoft.Management/managementGroups"), name)))
	case sema.Subscription:
		if s.Subscription != nil {
			out.set("subscriptionId", in.value(s.Subscription))
		} else if t.m.TargetScope == sema.ResourceGroup {
			out.set("subscriptionId", jsonValue(access(call("subscription"), str("subscriptionId"))))
		}
	case sema.ResourceGroup:
		if s.Subscription != nil {
			out.set("subscriptionId", in.value(s.Subscription))
		}
		if s.Group != nil {
			out.set("resourceGroup", in.value(s.Group))
		}
	}
}

// scoped converts the expressions of s, which may be those of a resource in a loop.
func (c *converter) scoped(s sema.ScopeData) *converter {
	if s.Of == nil {
		return c
	}
	return c.indexed(s.Of.EffectiveLoop(), s.Index)
}

// target is an entry of dependsOn.
type target struct {
	key   string
	on    *sema.Symbol
	index expr        // nil: no loop, or all of it
	at    syntax.Expr // where index is written
	in    *converter
}

// dependsOn lists what must be deployed before own, in a fixed order.
func (t *template) dependsOn(c *converter, own *sema.Symbol) []any {
	var all []target
	for _, d := range t.m.Depends[own] {
		all = append(all, t.targets(c, d, nil)...)
	}
	sort.SliceStable(all, func(i, j int) bool { return cultureLess(all[i].key, all[j].key) })
	whole := map[*sema.Symbol]bool{}
	for _, d := range all {
		whole[d.on] = whole[d.on] || d.index == nil
	}
	type use struct {
		on *sema.Symbol
		at syntax.Expr
	}
	seen := map[use]bool{} // every index that is written counts, even if two are equal
	var out []any
	for _, d := range all {
		if d.on == own || whole[d.on] && d.index != nil {
			continue
		}
		id := use{d.on, d.at}
		if !seen[id] {
			seen[id] = true
			out = append(out, t.dependency(d))
		}
	}
	return out
}

// targets follows a dependency through resources that are not in the template.
func (t *template) targets(c *converter, d sema.Dependency, path []*sema.Symbol) []target {
	for _, p := range path {
		if p == d.On {
			return nil
		}
	}
	var idx expr
	var at syntax.Expr
	loop, key := (*syntax.For)(nil), d.On.Name
	if r := d.On.Resource; r != nil {
		loop, key = r.EffectiveLoop(), r.SymbolicName()
	} else if d.On.Module != nil {
		loop = d.On.Module.Loop
	}
	if d.Index != nil && loop != nil {
		idx, at = c.expr(d.Index), d.Index
	}
	if r := d.On.Resource; r == nil || !r.Existing || t.symbolic && !d.Weak && !t.m.LeftOut(r) {
		return []target{{key, d.On, idx, at, c}}
	}
	in := c.at(loop, idx)
	var out []target
	for _, next := range t.m.Depends[d.On] {
		if loop != nil && idx == nil && uses(t.m, next.Index, loop) {
			next.Index = nil
		}
		out = append(out, t.targets(in, next, append(path, d.On))...)
	}
	return out
}

// uses reports whether e uses a variable of the loop.
func uses(m *sema.Model, e syntax.Expr, loop *syntax.For) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Variable); ok && m.Uses[v] != nil && m.Uses[v].For == loop {
			found = true
		}
		return !found
	})
	return found
}

func (t *template) dependency(d target) string {
	loop := (*syntax.For)(nil)
	if r := d.on.Resource; r != nil {
		loop = r.EffectiveLoop()
	} else {
		loop = d.on.Module.Loop
	}
	if loop != nil && d.index == nil {
		return d.key
	}
	if t.symbolic {
		if loop == nil {
			return d.key
		}
		return text(call("format", str(d.key+"[{0}]"), d.index))
	}
	in := d.in.at(loop, d.index)
	if d.on.Resource != nil {
		return text(in.resourceID(d.on.Resource))
	}
	return text(in.moduleID(d.on.Module, nil))
}

// cultureLess orders names as .NET's culture comparison does: punctuation, then
// digits, then letters without regard to case, lower case first among equals.
func cultureLess(a, b string) bool {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := weight(a[i]), weight(b[i]); x != y {
			return x < y
		}
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a > b
}

func weight(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 1000 + int(c)
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return 2000 + int(c|0x20)
	}
	return int(c)
}
