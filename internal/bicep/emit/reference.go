package emit

import (
	"encoding/json"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

const (
	deploymentType    = "Microsoft.Resources/deployments"
	deploymentVersion = "2025-04-01"
)

// indexed is a converter in which the loop of r stands at index.
func (c *converter) indexed(loop *syntax.For, index syntax.Expr) *converter {
	if loop == nil || index == nil {
		return c
	}
	return c.at(loop, c.expr(index))
}

// parentConverter is the converter for expressions of r's parent, seen from r.
func (c *converter) parentConverter(r *sema.Resource) *converter {
	if r.ParentIndex == nil {
		return c
	}
	return c.indexed(r.Parent.EffectiveLoop(), r.ParentIndex)
}

// nameSegments are the names of r's ancestors and of r itself.
func (c *converter) nameSegments(r *sema.Resource) []expr {
	var out []expr
	if r.Parent != nil {
		out = c.parentConverter(r).nameSegments(r.Parent)
		return append(out, c.expr(r.Name))
	}
	name := c.expr(r.Name)
	n := r.Type.Segments()
	if n <= 1 {
		return []expr{name}
	}
	return splitName(name, n)
}

// splitName takes a name of n segments apart, at compile time where the slashes
// are in plain sight.
func splitName(name expr, n int) []expr {
	out := make([]expr, n)
	switch x := name.(type) {
	case str:
		if parts := strings.Split(string(x), "/"); len(parts) == n {
			for i, p := range parts {
				out[i] = str(p)
			}
			return out
		}
	}
	for i := range out {
		out[i] = access(call("split", name, str("/")), num(i))
	}
	return out
}

// fullName is the name as a template has it.
func (c *converter) fullName(r *sema.Resource) expr {
	if r.Parent == nil {
		return c.expr(r.Name)
	}
	seg := c.nameSegments(r)
	var b strings.Builder
	for i := range seg {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString("{" + strconv.Itoa(i) + "}")
	}
	return call("format", append([]expr{str(b.String())}, seg...)...)
}

// resourceID is the fully qualified id of r.
func (c *converter) resourceID(r *sema.Resource) expr {
	root := c
	for p := r; p.Parent != nil; p = p.Parent {
		root = root.parentConverter(p)
	}
	return root.qualified(r.Scope, r.Type.Full, c.nameSegments(r))
}

// qualified makes an id at a scope. resourceId() means different things at
// different scopes, so a scope that is spelled out is formatted by hand.
func (c *converter) qualified(s sema.ScopeData, typ string, names []expr) expr {
	args := append([]expr{str(typ)}, names...)
	in := c.scoped(s)
	switch s.Scope {
	case sema.Tenant:
		return call("tenantResourceId", args...)
	case sema.Subscription:
		if s.Subscription != nil {
			args = append([]expr{in.expr(s.Subscription)}, args...)
		}
		return call("subscriptionResourceId", args...)
	case sema.ManagementGroup:
		scope := expr(access(call("managementGroup"), str("id")))
		if s.ManagementGroup != nil {
			scope = call("tenantResourceId", str("Microsoft.Management/managementGroups"), in.expr(s.ManagementGroup))
		}
		return call("extensionResourceId", append([]expr{scope}, args...)...)
	case sema.OnResource:
		on := c.indexed(s.Resource.EffectiveLoop(), s.Index)
		return call("extensionResourceId", append([]expr{on.resourceID(s.Resource)}, args...)...)
	}
	if s.Group == nil {
		return call("resourceId", args...)
	}
	var sub expr = access(call("subscription"), str("subscriptionId"))
	if s.Subscription != nil {
		sub = in.expr(s.Subscription)
	}
	scope := call("format", str("/subscriptions/{0}/resourceGroups/{1}"), sub, in.expr(s.Group))
	return call("extensionResourceId", append([]expr{scope}, args...)...)
}

// symbol is how a template with symbolic names refers to r.
func (c *converter) symbol(name string, loop *syntax.For, index syntax.Expr) expr {
	if loop == nil {
		return str(name)
	}
	if index != nil {
		return call("format", str(name+"[{0}]"), c.expr(index))
	}
	if idx, ok := c.loops[loop]; ok {
		return call("format", str(name+"[{0}]"), idx)
	}
	return call("format", str(name+"[{0}]"), call("copyIndex"))
}

// resourceValue is a resource used as a value of its own.
func (c *converter) resourceValue(r *sema.Resource, at syntax.Expr) expr {
	if r.Collection() {
		if c.t.symbolic {
			return call("references", str(r.SymbolicName()), str(r.Type.Version), str("full"))
		}
		c.t.fail(at, "A whole collection of resources can't be used as a value here.")
	}
	return c.full(r, nil)
}

func (c *converter) itemValue(r *sema.Resource, index syntax.Expr) expr { return c.full(r, index) }

func (c *converter) full(r *sema.Resource, index syntax.Expr) *fn {
	if !r.IsAz() {
		return call("reference", c.symbol(r.SymbolicName(), r.EffectiveLoop(), index))
	}
	if c.t.symbolic {
		return call("reference", c.symbol(r.SymbolicName(), r.EffectiveLoop(), index), str(r.Type.Version), str("full"))
	}
	return call("reference", c.indexed(r.EffectiveLoop(), index).resourceID(r), str(r.Type.Version), str("full"))
}

// resourceProperty converts r.name or r[index].name.
func (c *converter) resourceProperty(r *sema.Resource, index syntax.Expr, e *syntax.Property) expr {
	if !r.IsAz() {
		return c.member(c.full(r, index), str(e.Name.Name), e.Safe, e.Base)
	}
	in := c.indexed(r.EffectiveLoop(), index)
	switch e.Name.Name {
	case "id":
		return in.guardedBy(r, e, in.resourceID(r))
	case "name":
		return in.guardedBy(r, e, in.expr(r.Name))
	case "type":
		return str(r.Type.Full)
	case "apiVersion":
		return str(r.Type.Version)
	case "properties":
		if e.Safe && (in.condition(r) != nil || r.MayNotExist()) {
			break
		}
		if c.t.symbolic {
			return call("reference", c.symbol(r.SymbolicName(), r.EffectiveLoop(), index))
		}
		return call("reference", in.resourceID(r), str(r.Type.Version))
	}
	full := expr(c.full(r, index))
	if e.Safe {
		full = c.guarded(in.condition(r), full)
	}
	return c.member(full, str(e.Name.Name), e.Safe, e.Base)
}

// guardedBy is x as e gives it: null after a safe access when r is not deployed.
func (c *converter) guardedBy(r *sema.Resource, e *syntax.Property, x expr) expr {
	if !e.Safe {
		return x
	}
	return c.guarded(c.condition(r), x)
}

// guarded is x, or null when the resource or module is not deployed; a safe
// access then gives null instead of an error.
func (c *converter) guarded(cond, x expr) expr {
	if cond == nil {
		return x
	}
	return call("if", cond, x, call("null"))
}

// resourceMethod converts r.listX(...).
func (c *converter) resourceMethod(r *sema.Resource, index syntax.Expr, e *syntax.MethodCall) expr {
	if !strings.HasPrefix(strings.ToLower(e.Name.Name), "list") {
		c.t.fail(e, "The function \""+e.Name.Name+"\" is only valid as the value of a module's parameter.")
	}
	var id expr
	if c.t.symbolic {
		id = c.symbol(r.SymbolicName(), r.EffectiveLoop(), index)
	} else {
		id = c.indexed(r.EffectiveLoop(), index).resourceID(r)
	}
	args := []expr{id}
	if len(e.Args) == 0 {
		args = append(args, str(r.Type.Version))
	}
	return call(e.Name.Name, append(args, c.exprs(e.Args)...)...)
}

// moduleName is the deployment name of a module.
func (c *converter) moduleName(mod *sema.Module, index syntax.Expr) expr {
	in := c.indexed(mod.Loop, index)
	if mod.Name != nil {
		return in.expr(mod.Name)
	}
	return in.generatedName(mod)
}

// generatedName is the name of a module that has none: the symbol, the loop's
// index, and a hash of the deployment's name.
func (c *converter) generatedName(mod *sema.Module) expr {
	name := mod.Symbol.Name
	unique := call("uniqueString", str(name), access(call("deployment"), str("name")))
	if mod.Loop == nil {
		return call("format", str(clip(name, 50)+"-{0}"), unique)
	}
	return call("format", str(clip(name, 46)+"-{0}-{1}"), c.loopIndex(mod.Loop), unique)
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// moduleID is the id of a module's deployment.
func (c *converter) moduleID(mod *sema.Module, index syntax.Expr) expr {
	in := c.indexed(mod.Loop, index)
	return in.qualified(mod.Scope, deploymentType, []expr{c.moduleName(mod, index)})
}

// moduleValue is the deployment that a module becomes.
func (c *converter) moduleValue(mod *sema.Module, index syntax.Expr) *fn {
	if c.t.symbolic {
		return call("reference", c.symbol(mod.Symbol.Name, mod.Loop, index))
	}
	return call("reference", c.moduleID(mod, index), str(deploymentVersion))
}

// moduleOf returns the module that e is, and its index.
func (c *converter) moduleOf(e syntax.Expr) (*sema.Module, syntax.Expr) {
	e = c.direct(e)
	var index syntax.Expr
	if x, ok := e.(*syntax.Index); ok {
		index, e = x.Index, c.direct(x.Base)
	}
	if s := c.m.Uses[e]; s != nil {
		return s.Module, index
	}
	return nil, nil
}

// isModule reports whether e is a module, perhaps a choice of two.
func (c *converter) isModule(e syntax.Expr) bool {
	if t, ok := c.direct(e).(*syntax.Ternary); ok {
		return c.isModule(t.Then) && c.isModule(t.Else)
	}
	mod, _ := c.moduleOf(e)
	return mod != nil
}

// moduleOutput converts mod.outputs.name.
func (c *converter) moduleOutput(outputs, e *syntax.Property) expr {
	mod, index := c.moduleOf(outputs.Base)
	if mod != nil && secureOutput(mod, e.Name.Name) {
		return c.secureModuleOutput(mod, index, outputs, e)
	}
	base := c.plainProperty(outputs)
	out := c.member(base, str(e.Name.Name), e.Safe, e.Base)
	if e.Safe {
		return call("tryGet", out, str("value"))
	}
	if f, ok := out.(*fn); ok && f.name == "tryGet" && len(f.props) == 0 {
		return &fn{f.name, append(append([]expr{}, f.args...), str("value")), nil}
	}
	return access(out, str("value"))
}

// secureModuleOutput is one of the outputs, secure ones included.
func (c *converter) secureModuleOutput(mod *sema.Module, index syntax.Expr, outputs, e *syntax.Property) expr {
	list := c.outputList(mod, index, outputs)
	if outputs.Safe && mod.Cond != nil {
		return call("tryGet", list, str(e.Name.Name))
	}
	return c.member(list, str(e.Name.Name), e.Safe, e.Base)
}

// secureOutputs are all outputs of a module as a value, when some of them are
// secure; nil when e is something else.
func (c *converter) secureOutputs(e *syntax.Property) expr {
	if e.Name.Name != "outputs" {
		return nil
	}
	mod, index := c.moduleOf(e.Base)
	if mod == nil || !hasSecureOutput(mod) || mod.Loop != nil && index == nil {
		return nil
	}
	return c.outputList(mod, index, e)
}

// outputList is the call that gives the outputs of a module with their secrets.
// Where the module may not be deployed, a safe access to them gives null.
func (c *converter) outputList(mod *sema.Module, index syntax.Expr, outputs *syntax.Property) expr {
	id := expr(nil)
	if c.t.symbolic {
		id = c.symbol(mod.Symbol.Name, mod.Loop, index)
	} else {
		id = c.moduleID(mod, index)
	}
	list := call("listOutputsWithSecureValues", id, str(deploymentVersion))
	if !outputs.Safe || mod.Cond == nil {
		return list
	}
	return c.guarded(c.indexed(mod.Loop, index).expr(mod.Cond.Cond), list)
}

// hasSecureOutput reports whether any of the module's outputs is secure.
func hasSecureOutput(mod *sema.Module) bool {
	if mod.JSON != nil {
		for name := range mod.JSON.Outputs {
			if secureOutput(mod, name) {
				return true
			}
		}
	}
	if mod.Source == nil {
		return false
	}
	for _, s := range mod.Source.Declared(sema.Output) {
		if isSecure(mod.Source, s.Decl) {
			return true
		}
	}
	return false
}

// secureOutput reports whether the module's output has @secure().
func secureOutput(mod *sema.Module, name string) bool {
	if mod.JSON != nil {
		var o struct {
			Type string `json:"type"`
		}
		return json.Unmarshal(mod.JSON.Outputs[name], &o) == nil && strings.HasPrefix(strings.ToLower(o.Type), "secure")
	}
	if mod.Source == nil {
		return false
	}
	for _, s := range mod.Source.Declared(sema.Output) {
		if s.Name == name {
			return isSecure(mod.Source, s.Decl)
		}
	}
	return false
}
