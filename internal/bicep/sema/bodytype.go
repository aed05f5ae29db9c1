package sema

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

func scopeBit(s Scope) types.Scope {
	return [...]types.Scope{types.ResourceGroupScope, types.SubscriptionScope, types.ManagementGroupScope, types.TenantScope, types.ResourceScope}[s]
}

// scopeReference is the type of a scope property that takes these scopes.
func scopeReference(name string, s types.Scope) *types.Type {
	return &types.Type{Kind: types.ObjectKind, Name: name, Scope: s}
}

// dependencies is the type of dependsOn.
func dependenciesType() *types.Type {
	one := &types.Type{Kind: types.ObjectKind, Name: "resource | module", Scope: types.ResourceScope | types.ModuleScope}
	return types.ArrayOf(&types.Type{Kind: types.UnionKind, Name: "resource or collection", Items: []*types.Type{types.ArrayOf(one), one}})
}

// moduleType is the type of a module's body, or an error when its file could not be read.
func (m *Model) moduleType(mod *Module) *types.Type {
	if mod.typ == nil {
		mod.typ = m.newModuleType(mod)
	}
	return mod.typ
}

func (m *Model) newModuleType(mod *Module) *types.Type {
	if mod.Source == nil && mod.JSON == nil {
		return types.Error
	}
	params, outputs := mod.interfaceTypes()
	own := mod.wantScope()
	scopeFlags := types.WriteOnly | types.NoAny | types.System
	if own != m.TargetScope {
		scopeFlags |= types.Required
	}
	var paramsFlags types.Flags
	for _, p := range params.Props {
		paramsFlags |= p.Flags & types.Required
	}
	least, most := int64(1), int64(64)
	body := types.Struct("module",
		&types.Prop{Name: "name", Type: &types.Type{Kind: types.StringKind, Min: &least, Max: &most}},
		&types.Prop{Name: "scope", Type: scopeReference(own.String(), scopeBit(own)), Flags: scopeFlags},
		&types.Prop{Name: "params", Type: params, Flags: paramsFlags | types.WriteOnly},
		&types.Prop{Name: "outputs", Type: outputs, Flags: types.ReadOnly},
		&types.Prop{Name: "dependsOn", Type: dependenciesType(), Flags: types.WriteOnly | types.NoAny},
		&types.Prop{Name: "identity", Type: identityType()},
	)
	if m.ModuleExtensionConfigs() {
		configs, required := mod.extensionConfigsType()
		body.Props = append(body.Props, &types.Prop{Name: "extensionConfigs", Type: configs, Flags: required | types.WriteOnly})
	}
	return &types.Type{Kind: types.ModuleKind, Name: "module", Body: body, Scope: types.ModuleScope}
}

// moduleValueType is the type of a module's name as a value.
func (m *Model) moduleValueType(mod *Module) *types.Type {
	t := m.moduleType(mod)
	if mod.Loop != nil && !t.IsError() {
		return types.ArrayOf(t)
	}
	return t
}

// interfaceTypes are the types of params and outputs.
func (mod *Module) interfaceTypes() (params, outputs *types.Type) {
	params, outputs = types.Struct("params"), types.Struct("outputs")
	if mod.Source != nil {
		for _, s := range mod.Source.Declared(Param) {
			d := s.Decl.(*syntax.ParamDecl)
			t := mod.Source.parameterType(d)
			if t.IsError() {
				t = types.Any
			}
			params.Props = append(params.Props, parameterProp(s.Name, t, d.Default == nil && !mod.Source.nullable(d.Type)))
		}
		for _, s := range mod.Source.Declared(Output) {
			d := s.Decl.(*syntax.OutputDecl)
			t := mod.Source.declaredType(d.Type, d.Decorators)
			if t.IsError() {
				t = types.Any
			}
			outputs.Props = append(outputs.Props, types.P(s.Name, t))
		}
		return params, outputs
	}
	for name, p := range mod.JSON.Parameters {
		required := p.DefaultValue == nil && !p.Nullable && !mod.JSON.nullableRef(p.Ref)
		params.Props = append(params.Props, parameterProp(name, allowedJSON(p.Allowed, jsonType(p.Type, p.Nullable)), required))
	}
	for name, raw := range mod.JSON.Outputs {
		var o struct {
			Type     string `json:"type"`
			Nullable bool   `json:"nullable"`
		}
		if json.Unmarshal(raw, &o) != nil {
			o.Type = ""
		}
		outputs.Props = append(outputs.Props, types.P(name, jsonType(o.Type, o.Nullable)))
	}
	byName(params.Props)
	byName(outputs.Props)
	return params, outputs
}

func byName(props []*types.Prop) {
	sort.Slice(props, func(i, j int) bool { return props[i].Name < props[j].Name })
}

// parameterProp is a module's parameter; null is as good as leaving it out.
func parameterProp(name string, t *types.Type, required bool) *types.Prop {
	if required {
		return &types.Prop{Name: name, Type: t, Flags: types.Required}
	}
	if t.Kind != types.AnyKind {
		t = types.Union(t, types.Null)
	}
	return &types.Prop{Name: name, Type: t}
}

// jsonType is the type that an ARM template's parameter or output declares.
func jsonType(name string, nullable bool) *types.Type {
	var t *types.Type
	switch strings.ToLower(name) {
	case "string":
		t = types.LooseString
	case "securestring":
		t = types.SecureString
	case "int":
		t = types.LooseInt
	case "bool":
		t = types.LooseBool
	case "object", "secureobject":
		t = types.Object
	case "array":
		t = types.Array
	default:
		return types.Any
	}
	if nullable {
		return types.Union(t, types.Null)
	}
	return t
}

// allowedJSON is the union of the strings that a parameter allows, or t.
func allowedJSON(allowed []any, t *types.Type) *types.Type {
	if t != types.LooseString || len(allowed) == 0 {
		return t
	}
	var members []*types.Type
	for _, v := range allowed {
		s, ok := v.(string)
		if !ok {
			return t
		}
		members = append(members, types.Text(s))
	}
	return types.Union(members...)
}

// identityType is the type of a module's identity.
func identityType() *types.Type {
	assigned := &types.Type{Kind: types.ObjectKind, Name: "userAssignedIdentities", Additional: &types.Prop{Type: types.Any}}
	return types.Struct("moduleIdentity",
		&types.Prop{Name: "type", Type: types.Union(types.Text("None"), types.Text("UserAssigned")), Flags: types.Required},
		types.P("userAssignedIdentities", assigned))
}

// resourceType is the type of a resource's body: by the table of resource types, or
// what every resource has, with the rest any.
func (m *Model) resourceType(r *Resource) *types.Type {
	if r.typ == nil {
		r.typ = m.newResourceType(r)
	}
	return r.typ
}

func (m *Model) newResourceType(r *Resource) *types.Type {
	if r.Type.Full == "" {
		return types.Error
	}
	if !r.IsAz() {
		return extensionType(r)
	}
	scope := types.ResourceScope
	switch {
	case strings.EqualFold(r.Type.Full, "Microsoft.Resources/resourceGroups"):
		scope |= types.ResourceGroupScope
	case strings.EqualFold(r.Type.Full, "Microsoft.Management/managementGroups"):
		scope |= types.ManagementGroupScope
	}
	return &types.Type{Kind: types.ResourceKind, Name: r.Type.Full + "@" + r.Type.Version, Body: m.workspace.bodyOf(r.Type, r.use()), Scope: scope}
}

// resourceValueType is the type of a resource's name as a value.
func (m *Model) resourceValueType(r *Resource) *types.Type {
	t := m.resourceType(r)
	if t.IsError() {
		return t
	}
	narrowed := *t
	narrowed.Body = narrowedBody(r.Body, t.Body)
	if r.Collection() {
		return types.ArrayOf(&narrowed)
	}
	return &narrowed
}

// narrowedBody is the type of a resource's body by what its declaration says: where
// a property that can't be left out is set to a literal, this is what reading it gives.
func narrowedBody(o *syntax.Object, t *types.Type) *types.Type {
	switch {
	case o == nil:
	case t.Kind == types.ObjectKind:
		return narrowedObject(o, t)
	case t.Kind == types.TaggedKind:
		text, _ := o.Value(t.Key).(*syntax.StringLit)
		tag, plain := text.Text()
		for _, x := range t.Items {
			if p := x.Prop(t.Key); plain && p != nil && p.Type.Text == tag {
				return narrowedObject(o, x)
			}
		}
		return types.Any
	}
	return t
}

func narrowedObject(o *syntax.Object, t *types.Type) *types.Type {
	body := *t
	body.Props = slices.Clone(t.Props)
	for i := range o.Items {
		name, plain := o.Items[i].Name()
		p := t.Prop(name)
		if !plain || p == nil || p.Flags&types.ReadOnly != 0 || p.Flags&(types.Required|types.ImplicitNull) == types.ImplicitNull {
			continue
		}
		q := *p
		q.Type = narrowedValue(o.Items[i].Value, p.Type)
		body.Props = putProp(body.Props, &q)
	}
	return &body
}

func narrowedValue(e syntax.Expr, t *types.Type) *types.Type {
	switch e := e.(type) {
	case *syntax.StringLit:
		if text, ok := e.Text(); ok && types.Assignable(types.Text(text), t) {
			return types.Text(text)
		}
	case *syntax.Object:
		return narrowedBody(e, t)
	}
	return t
}
