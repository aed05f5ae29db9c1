package sema

import (
	"gatehouse/internal/bicep/syntax"
)

// moduleScope reads the scope of a module and checks that the module's file can be
// deployed there, and from here.
func (m *Model) moduleScope(mod *Module) {
	mod.Scope = ScopeData{Scope: m.TargetScope}
	v := mod.Body.Value("scope")
	if mod.Source == nil && mod.JSON == nil {
		if d, ok := m.scopeOf(v); v != nil && ok && d.Scope != OnResource {
			mod.Scope = d
		}
		return
	}
	at := mod.Decl.Value.At()
	if v != nil {
		at = v.At()
	}
	m.readModuleScope(mod, v, at)
	if !m.nestable(mod.Scope) {
		r := nestedScopes[m.TargetScope]
		m.errorf(r.code, at, "Unsupported scope for module deployment in a \"%s\" target scope. Omit this property to inherit the current scope, or specify a valid scope. Permissible scopes include %s", m.TargetScope, r.permitted)
	}
}

func (m *Model) readModuleScope(mod *Module, v syntax.Expr, at syntax.Span) {
	want := mod.wantScope()
	if v == nil {
		if m.TargetScope != want {
			m.unsupportedModuleScope(at, m.TargetScope.String(), want)
		}
		return
	}
	if s, index := m.moduleIn(v); s != nil {
		if (s.Module.Loop != nil) == (index != nil) {
			m.unsupportedModuleScope(at, "module", want)
		}
		return
	}
	d, ok := m.scopeOf(v)
	switch {
	case !ok:
		m.badScope(v)
	case d.Scope == OnResource && d.Resource.Collection() && d.Index == nil:
	case d.Scope != want:
		m.unsupportedModuleScope(at, d.Scope.String(), want)
	default:
		mod.Scope = d
	}
}

// moduleIn is the module that v is, or an item of.
func (m *Model) moduleIn(v syntax.Expr) (*Symbol, syntax.Expr) {
	v = syntax.Unparen(v)
	var index syntax.Expr
	if x, ok := v.(*syntax.Index); ok {
		v, index = syntax.Unparen(x.Base), x.Index
	}
	if s := m.Uses[v]; s != nil && s.Module != nil {
		return s, index
	}
	return nil, nil
}

func (m *Model) unsupportedModuleScope(at syntax.Span, given string, want Scope) {
	m.errorf("BCP134", at, "Scope \"%s\" is not valid for this module. Permitted scopes: \"%s\".", given, want)
}

// nestedScopes are what a file of each scope can deploy modules to.
var nestedScopes = map[Scope]struct{ code, permitted string }{
	Tenant:          {"BCP113", "tenant: tenant(), named management group: managementGroup(<name>), named subscription: subscription(<subId>), or named resource group in a named subscription: resourceGroup(<subId>, <name>)."},
	ManagementGroup: {"BCP114", "current management group: managementGroup(), named management group: managementGroup(<name>), named subscription: subscription(<subId>), tenant: tenant(), or named resource group in a named subscription: resourceGroup(<subId>, <name>)."},
	Subscription:    {"BCP115", "current subscription: subscription(), named subscription: subscription(<subId>), named resource group in same subscription: resourceGroup(<name>), named resource group in different subscription: resourceGroup(<subId>, <name>), or tenant: tenant()."},
	ResourceGroup:   {"BCP116", "current resource group: resourceGroup(), named resource group in same subscription: resourceGroup(<name>), named resource group in a different subscription: resourceGroup(<subId>, <name>), current subscription: subscription(), named subscription: subscription(<subId>) or tenant: tenant()."},
}

// nestable reports whether a file of this scope can deploy a module to d.
func (m *Model) nestable(d ScopeData) bool {
	at := m.TargetScope
	switch d.Scope {
	case Tenant:
		return true
	case ManagementGroup:
		return at == Tenant || at == ManagementGroup
	case Subscription:
		return d.Subscription != nil || at == Subscription || at == ResourceGroup
	case ResourceGroup:
		return d.Subscription != nil && d.Group != nil || d.Group != nil && (at == Subscription || at == ResourceGroup) || at == ResourceGroup
	}
	return false
}
