package emit

import (
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// module emits a nested deployment.
func (t *template) module(mod *sema.Module) *object {
	c := t.converter()
	out := &object{}
	if mod.Loop != nil {
		out.set("copy", t.loop(c, mod.Symbol.Name, mod.Loop, mod.Decl.Decorators))
	}
	if mod.Cond != nil {
		out.set("condition", jsonValue(c.expr(mod.Cond.Cond)))
	}
	out.set("type", deploymentType)
	out.set("apiVersion", deploymentVersion)
	out.set("name", jsonValue(c.moduleName(mod, nil)))
	c.members(out, mod.Body, func(name string) bool { return notEmitted(name) || name == "params" || name == "extensionConfigs" })
	t.scope(out, c, mod.Scope, false)
	if mod.Scope.Scope != sema.ResourceGroup {
		location := "[deployment().location]"
		if t.m.TargetScope == sema.ResourceGroup {
			location = "[resourceGroup().location]"
		}
		out.set("location", location)
	}
	out.set("properties", t.moduleProperties(c, mod))
	if deps := t.dependsOn(c, mod.Symbol); deps != nil {
		out.set("dependsOn", deps)
	}
	t.description(out, c, mod.Decl.Decorators)
	return out
}

func (t *template) moduleProperties(c *converter, mod *sema.Module) *object {
	p := obj("expressionEvaluationOptions", obj("scope", "inner"), "mode", "Incremental")
	switch params := mod.Body.Value("params").(type) {
	case nil:
	case *syntax.Object:
		p.set("parameters", t.moduleParameters(c, params))
	default:
		t.fail(params, "The value of \"params\" must be an object literal.")
	}
	if configs, ok := mod.Body.Value("extensionConfigs").(*syntax.Object); ok {
		p.set("extensionConfigs", c.extensionConfigs(configs))
	}
	switch {
	case mod.Source != nil:
		p.set("template", t.s.template(mod.Source))
	case mod.JSON != nil:
		v, err := parseJSON(mod.JSON.Raw)
		if err != nil {
			t.fail(mod.Decl.Path, "The ARM template can't be read: "+err.Error())
		}
		p.set("template", v)
	}
	return p
}

func (t *template) moduleParameters(c *converter, params *syntax.Object) *object {
	out := &object{}
	for i := range params.Items {
		it := &params.Items[i]
		name, plain := it.Name()
		switch {
		case it.Spread != nil:
			t.fail(it.Spread, "The spread operator is not supported in the \"params\" of a module.")
		case !plain:
			t.fail(it.Key, "The name of a module parameter can't be interpolated.")
		case it.Value != nil:
			out.set(name, c.moduleParameter(it.Value))
		}
	}
	return out
}

// moduleParameter is {value: x}, {reference: ...} for a secret of a vault, or a
// choice of such.
func (c *converter) moduleParameter(e syntax.Expr) any {
	if f, ok := e.(*syntax.For); ok {
		return obj("copy", []any{c.copyWithIndex(f)})
	}
	if o, ok := c.moduleParameterReference(e); ok {
		return o
	}
	if x, ok := c.direct(e).(*syntax.Ternary); ok {
		return jsonValue(c.parameterChoice(x))
	}
	return obj("value", c.value(e))
}

// moduleParameterReference is {reference: ...} when e is a secret of a vault.
func (c *converter) moduleParameterReference(e syntax.Expr) (*object, bool) {
	switch x := c.direct(e).(type) {
	case *syntax.MethodCall:
		if ref := c.secretReference(x); ref != nil {
			return obj("reference", ref), true
		}
	case *syntax.Call:
		if c.m.IsParams() && x.Name.Name == "getSecret" && len(x.Args) >= 4 {
			as := c.exprs(x.Args)
			o := obj("keyVault", obj("id", jsonValue(c.literalID(as[0], as[1], as[2]))), "secretName", jsonValue(as[3]))
			if len(as) > 4 {
				o.set("secretVersion", jsonValue(as[4]))
			}
			return obj("reference", o), true
		}
	}
	return nil, false
}

// direct is e without parentheses and without the variables that are inlined.
func (c *converter) direct(e syntax.Expr) syntax.Expr {
	for {
		e = syntax.Unparen(e)
		v, ok := e.(*syntax.Variable)
		if !ok {
			return e
		}
		inner := c.inlined(v)
		if inner == nil {
			return e
		}
		e = inner
	}
}

// copyWithIndex is the copy element of a parameter's value. Its loop is named
// "value", whatever the parameter is, and its body is one expression.
func (c *converter) copyWithIndex(f *syntax.For) *object {
	in := c.at(f, call("copyIndex", str("value")))
	return obj("name", "value", "count", c.count(f), "input", jsonValue(in.expr(f.Body)))
}

// parameterChoice converts a ternary so that each branch is a whole parameter.
func (c *converter) parameterChoice(e syntax.Expr) expr {
	switch x := c.direct(e).(type) {
	case *syntax.Ternary:
		return call("if", c.expr(x.Cond), c.parameterChoice(x.Then), c.parameterChoice(x.Else))
	case *syntax.MethodCall:
		if args := c.secretArguments(x); args != nil {
			return call("createObject", str("reference"), secretObject(args))
		}
	}
	return call("createObject", str("value"), c.expr(e))
}

// secretObject is the reference to a secret as an expression.
func secretObject(args []expr) expr {
	vault := call("createObject", str("id"), args[0])
	ref := []expr{str("keyVault"), vault, str("secretName"), args[1]}
	if len(args) > 2 {
		ref = append(ref, str("secretVersion"), args[2])
	}
	return call("createObject", ref...)
}

// secretReference is the value of vault.getSecret(name, version).
func (c *converter) secretReference(e *syntax.MethodCall) *object {
	args := c.secretArguments(e)
	if args == nil {
		return nil
	}
	o := obj("keyVault", obj("id", jsonValue(args[0])), "secretName", jsonValue(args[1]))
	if len(args) > 2 {
		o.set("secretVersion", jsonValue(args[2]))
	}
	return o
}

// secretArguments are the vault's id and the arguments, or nil when e is another call.
func (c *converter) secretArguments(e *syntax.MethodCall) []expr {
	if e.Name.Name != "getSecret" {
		return nil
	}
	if n := c.m.Uses[e.Base]; n != nil && n.Kind == sema.Namespace && len(e.Args) >= 4 {
		as := c.exprs(e.Args)
		return append([]expr{c.literalID(as[0], as[1], as[2])}, as[3:]...)
	}
	base := syntax.Unparen(e.Base)
	var index syntax.Expr
	if x, ok := base.(*syntax.Index); ok {
		index, base = x.Index, syntax.Unparen(x.Base)
	}
	s := c.m.Uses[base]
	if s == nil {
		return nil
	}
	if s.Resource == nil {
		return nil
	}
	return append([]expr{c.indexed(s.Resource.EffectiveLoop(), index).resourceID(s.Resource)}, c.exprs(e.Args)...)
}
