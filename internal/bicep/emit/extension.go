package emit

import (
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// Templates have had two ways to write extensions. The newer one, in which modules
// and parameters files can configure them, is experimental.

// experimentalWarning stands in templates that use experimental features.
const experimentalWarning = "This template uses ARM features that are experimental. Experimental features should be enabled for testing purposes only, as there are no guarantees about the quality or stability of these features. Do not enable these settings for any production usage, or your production environment may be subject to breaking."

// extensionsKey is the member with the extensions of a template.
func (t *template) extensionsKey() string {
	if t.m.ModuleExtensionConfigs() {
		return "extensions"
	}
	return "imports"
}

// extensionKey is the member of a resource that names its extension.
func (t *template) extensionKey() string {
	if t.m.ModuleExtensionConfigs() {
		return "extension"
	}
	return "import"
}

// extensions are the declared extensions with their configurations.
func (t *template) extensions() any {
	var out *object
	for _, x := range t.m.Extensions {
		config, _ := x.Decl.Config.(*syntax.Object)
		if !t.m.ModuleExtensionConfigs() {
			o := obj("provider", x.Name, "version", x.Version)
			if config != nil {
				o.set("config", t.converter().value(config))
			}
			out = put(out, x.Alias, o)
			continue
		}
		o := obj("name", x.Name, "version", x.Version)
		if config != nil {
			defaults := &object{}
			t.converter().members(defaults, config, func(string) bool { return false })
			for i := range defaults.members {
				defaults.members[i].value = obj("defaultValue", defaults.members[i].value)
			}
			o.set("config", defaults)
		}
		out = put(out, x.Alias, o)
	}
	return orNil(out)
}

// extensionResource is a resource of an extension, all of which are its properties.
func (t *template) extensionResource(out *object, c *converter, r *sema.Resource) {
	if t.m.ModuleExtensionConfigs() {
		out.set("type", r.Type.Full)
		if r.Type.Version != "" {
			out.set("apiVersion", r.Type.Version)
		}
	} else {
		out.set("type", r.Type.Text())
	}
	properties := &object{}
	c.members(properties, r.Body, func(name string) bool { return name == "dependsOn" })
	out.set("properties", properties)
}

// extensionConfigs are the configurations that a module gets.
func (c *converter) extensionConfigs(configs *syntax.Object) *object {
	out := &object{}
	for i := range configs.Items {
		it := &configs.Items[i]
		name, _ := it.Name()
		if o, ok := it.Value.(*syntax.Object); ok {
			out.set(name, c.extensionConfig(o))
		} else if it.Value != nil {
			out.set(name, jsonValue(c.expr(it.Value)))
		}
	}
	return out
}

// extensionConfig is a configuration, each value of which is {value: x}, the
// reference to a secret, or inherited.
func (c *converter) extensionConfig(o *syntax.Object) *object {
	out := &object{}
	if o == nil {
		return out
	}
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		if plain && it.Value != nil {
			out.set(name, c.configValue(it.Value))
		}
	}
	return out
}

func (c *converter) configValue(e syntax.Expr) any {
	if o, ok := c.moduleParameterReference(e); ok {
		return obj("keyVaultReference", o.get("reference"))
	}
	x, choice := c.direct(e).(*syntax.Ternary)
	switch {
	case choice && !c.m.IsParams():
		return jsonValue(c.configChoice(x))
	case c.inherited(e):
		return jsonValue(c.expr(e))
	}
	return obj("value", c.value(e))
}

// configChoice converts a ternary so that each branch is a whole configured value.
func (c *converter) configChoice(e syntax.Expr) expr {
	switch x := c.direct(e).(type) {
	case *syntax.Ternary:
		return call("if", c.expr(x.Cond), c.configChoice(x.Then), c.configChoice(x.Else))
	case *syntax.MethodCall:
		if args := c.secretArguments(x); args != nil {
			return call("createObject", str("keyVaultReference"), secretObject(args))
		}
	}
	if c.inherited(e) {
		return c.expr(e)
	}
	return call("createObject", str("value"), c.expr(e))
}

// inherited reports whether e is a member of the configuration of an extension.
func (c *converter) inherited(e syntax.Expr) bool {
	for {
		p, ok := syntax.Unparen(e).(*syntax.Property)
		if !ok {
			break
		}
		e = p.Base
	}
	s := c.m.Uses[syntax.Unparen(e)]
	return s != nil && s.Kind == sema.ExtensionKind
}
