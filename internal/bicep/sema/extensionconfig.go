package sema

import (
	"slices"
	"sort"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// hasRequired reports whether a configuration has a member that must be given.
func hasRequired(t *types.Type) bool {
	if t.Kind == types.TaggedKind {
		return true
	}
	return slices.ContainsFunc(t.Props, func(p *types.Prop) bool { return p.Flags&types.Required != 0 })
}

// optional is the type without the need for members; names nil means all of them.
// The member that selects one of several objects stays.
func optional(t *types.Type, names map[string]bool) *types.Type {
	o := *t
	if t.Kind == types.TaggedKind {
		o.Items = nil
		for _, item := range t.Items {
			one := optional(item, names)
			for i, p := range one.Props {
				if p.Name == t.Key {
					one.Props[i] = item.Prop(p.Name)
				}
			}
			o.Items = append(o.Items, one)
		}
		return &o
	}
	o.Props = nil
	for _, p := range t.Props {
		q := *p
		if names == nil || names[p.Name] {
			q.Flags &^= types.Required
		}
		o.Props = append(o.Props, &q)
	}
	return &o
}

// AssignmentType is what remains to be configured after the declaration's defaults, or
// nil when the extension takes no configuration. The object that the declaration has
// selected among several can't be changed.
func (x *Extension) AssignmentType() *types.Type {
	if x.Config == nil {
		return nil
	}
	o, _ := x.Decl.Config.(*syntax.Object)
	given := map[string]bool{}
	want := x.Config
	if o != nil {
		for i := range o.Items {
			name, _ := o.Items[i].Name()
			given[name] = true
			if text, ok := o.Items[i].Value.(*syntax.StringLit); ok && want.Kind == types.TaggedKind && name == want.Key {
				value, _ := text.Text()
				want = selected(want, value)
			}
		}
	}
	return optional(want, given)
}

// selected is the object that a value of the key selects, without the key.
func selected(t *types.Type, value string) *types.Type {
	for _, item := range t.Items {
		if p := item.Prop(t.Key); p != nil && p.Type.Literal && p.Type.Text == value {
			one := *item
			one.Props = slices.DeleteFunc(slices.Clone(item.Props), func(p *types.Prop) bool { return p.Name == t.Key })
			return &one
		}
	}
	return t
}

// extension finds a declared extension by its alias.
func (m *Model) extension(alias string) *Extension {
	for _, x := range m.Extensions {
		if x.Alias == alias {
			return x
		}
	}
	return nil
}

// checkExtensionConfig checks an assignment of a parameters file.
func (m *Model) checkExtensionConfig(d *syntax.ExtensionConfigDecl) {
	if m.UsingOf == nil || m.UsingOf.Diags.HasErrors() {
		return
	}
	name := d.Name.Name
	if name == "" {
		name = "<missing>"
	}
	x := m.UsingOf.extension(d.Name.Name)
	if x == nil {
		m.errorf("BCP425", d.At(), "The extension configuration assignment for \"%s\" does not match an extension in the Bicep file.", name)
	}
	if x == nil || x.Config == nil {
		m.errorf("BCP205", d.Name.Span, "Extension \"%s\" does not support configuration.", name)
		return
	}
	m.noSpread(d.Config)
	o, ok := d.Config.(*syntax.Object)
	if !ok {
		return
	}
	want := x.AssignmentType()
	if slices.ContainsFunc(o.Items, func(it syntax.ObjectItem) bool { return it.Spread != nil }) {
		want = optional(want, nil)
	}
	m.assign(d.Config, want)
	for i := range o.Items {
		m.configValue(d.Name.Name, o.Items[i].Value)
	}
}

// configValue reports what the compiler can't evaluate in a configuration: a secret
// that is not the whole value, and what has no value before the deployment.
func (m *Model) configValue(name string, e syntax.Expr) {
	if e == nil || m.isSecretReference(e) {
		return
	}
	why := ""
	syntax.Walk(e, func(n syntax.Node) bool {
		if m.isSecretReference(n) {
			why = "Cannot emit unexpected expression of type ParameterKeyVaultReferenceExpression"
		}
		v, ok := n.(*syntax.Variable)
		if !ok || m.Uses[v] == nil && m.Names[v.Name.Name] == nil {
			return why == ""
		}
		s := m.Uses[v]
		switch {
		case s == nil && m.Names[v.Name.Name].Kind == ConfigKind:
			why = "Cannot emit unexpected expression of type ExtensionConfigAssignmentReferenceExpression"
		case s == nil:
		case s.Kind == Param && m.isSecretReference(s.Decl.(*syntax.ParamDecl).Default):
			why = "Unhandled exception during evaluating template language function 'parameters' is not handled."
		case s.Kind == Var && s.Import == nil && m.isSecretReference(s.Decl.(*syntax.VarDecl).Value):
			why = "Unhandled exception during evaluating template language function 'variables' is not handled."
		}
		return why == ""
	})
	if why != "" {
		m.errorf("BCP338", e.At(), "Failed to evaluate extension config \"%s\": %s", name, why)
	}
}

// isSecretReference reports whether n is a call of getSecret.
func (m *Model) isSecretReference(n syntax.Node) bool {
	name, _, ok := m.BuiltinCall(n)
	return ok && name == "getSecret"
}

// checkMissingConfigs reports extensions that the parameters file must configure.
func (m *Model) checkMissingConfigs() {
	if m.UsingOf == nil || m.UsingOf.Diags.HasErrors() || !m.ModuleExtensionConfigs() {
		return
	}
	given := map[string]bool{}
	for _, s := range m.Declared(ConfigKind) {
		given[s.Name] = true
	}
	var missing []string
	for _, x := range m.UsingOf.Extensions {
		if t := x.AssignmentType(); t != nil && hasRequired(t) && !given[x.Alias] {
			missing = append(missing, x.Alias)
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		m.errorf("BCP424", m.Using.Path.At(), "The following extensions are declared in the Bicep file but are missing a configuration assignment in the params files: %s.", quoted(missing))
	}
}

// extensionConfigsType is the type of a module's extensionConfigs, and whether it is needed.
func (mod *Module) extensionConfigsType() (*types.Type, types.Flags) {
	t := types.Struct("extensionConfigs")
	if mod.Source == nil {
		return types.Any, 0
	}
	var flags types.Flags
	for _, x := range mod.Source.Extensions {
		want := x.AssignmentType()
		if want == nil {
			continue
		}
		p := types.P(x.Alias, want)
		if hasRequired(want) {
			p.Flags, flags = types.Required, types.Required
		}
		t.Props = append(t.Props, p)
	}
	return t, flags
}

// checkExtensionConfigs: a module's configurations are written out, or inherited whole.
func (m *Model) checkExtensionConfigs(v syntax.Expr) {
	if v == nil {
		return
	}
	o, ok := v.(*syntax.Object)
	if !ok {
		m.errorf("BCP183", v.At(), "The value of the module \"extensionConfigs\" property must be an object literal.")
		return
	}
	m.noSpread(o)
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		if !plain || it.Value == nil {
			continue
		}
		m.noSpread(it.Value)
		if _, written := it.Value.(*syntax.Object); !written && !m.inherits(it.Value) {
			m.errorf("BCP431", syntax.Span{Start: it.Key.Start, End: it.Value.At().End}, "The value of the \"%s\" property must be an object literal or a valid extension config inheritance expression.", name)
		}
	}
}

// inherits reports whether e is the configuration of an extension, or a choice of two.
func (m *Model) inherits(e syntax.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *syntax.Ternary:
		return m.inherits(e.Then) && m.inherits(e.Else)
	case *syntax.Property:
		s := m.Uses[syntax.Unparen(e.Base)]
		return s != nil && s.Kind == ExtensionKind && e.Name.Name == "config"
	}
	return false
}
