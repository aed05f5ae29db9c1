package sema

import (
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// checkUsingConfig checks what a using declaration configures a deployment with.
func (m *Model) checkUsingConfig(d *syntax.UsingDecl) {
	enabled := m.feature("deployCommands")
	switch {
	case d.With == nil && enabled:
		m.errorf("BCP443", d.Span, "The \"using\" statement requires a \"with\" clause if the EXPERIMENTAL feature \"DeployCommands\" is enabled.")
	case d.With != nil && !enabled:
		m.errorf("BCP435", d.With.At(), "Using the \"with\" keyword with a \"using\" statement requires enabling EXPERIMENTAL feature \"DeployCommands\".")
	case d.With != nil:
		m.assign(d.With, usingConfigType())
	}
}

// usingConfigType is a deployment or a deployment stack, as mode says.
func usingConfigType() *types.Type {
	need := func(name string, t *types.Type) *types.Prop {
		return &types.Prop{Name: name, Type: t, Flags: types.Required | types.NoAny}
	}
	may := func(name string, t *types.Type) *types.Prop {
		return &types.Prop{Name: name, Type: t, Flags: types.NoAny}
	}
	least, most := int64(1), int64(64)
	common := func(mode string, more ...*types.Prop) []*types.Prop {
		return append([]*types.Prop{
			may("name", &types.Type{Kind: types.StringKind, Min: &least, Max: &most}),
			need("scope", types.String), may("location", types.String), need("mode", types.Text(mode)),
		}, more...)
	}
	unmanaged := types.Union(types.Text("delete"), types.Text("detach"))
	denied := types.Union(types.Text("denyDelete"), types.Text("denyWriteAndDelete"), types.Text("none"))
	texts := types.ArrayOf(types.String)
	return &types.Type{Kind: types.TaggedKind, Name: "Config", Key: "mode", Items: []*types.Type{
		types.Struct("DeploymentConfig", common("deployment")...),
		types.Struct("StackConfig", common("stack", may("description", types.String),
			need("actionOnUnmanage", types.Struct("actionOnUnmanage", need("resources", unmanaged), may("resourceGroups", unmanaged), may("managementGroups", unmanaged))),
			need("denySettings", types.Struct("denySettings", may("applyToChildScopes", types.Bool), may("excludedActions", texts), may("excludedPrincipals", texts), need("mode", denied))))...),
	}}
}

// externalArguments: what an external input is and is read with must be literals,
// since another program reads it.
func (m *Model) externalArguments(n syntax.Node) {
	name, args, ok := m.BuiltinCall(n)
	if !ok || name != "externalInput" && name != "readCliArg" && name != "readEnvVar" {
		return
	}
	if f, _ := FunctionByName(name); len(args) > f.Max {
		return
	}
	for _, a := range args {
		if !m.TypeOf(a).IsError() {
			m.compileTime(a)
		}
	}
}

// BuiltinCall is the name and the arguments of a call of a built-in function, with
// or without its namespace.
func (m *Model) BuiltinCall(n syntax.Node) (name string, args []syntax.Expr, ok bool) {
	switch e := n.(type) {
	case *syntax.Call:
		return e.Name.Name, e.Args, m.Uses[e] == nil && !m.unresolved[e]
	case *syntax.MethodCall:
		s := m.Uses[syntax.Unparen(e.Base)]
		return e.Name.Name, e.Args, s != nil && s.Kind == Namespace
	}
	return "", nil, false
}
