package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// resolveScopes reads the scope of each resource and module. A child is deployed
// where its outermost ancestor is.
func (m *Model) resolveScopes() {
	for _, r := range m.Resources {
		r.Scope = ScopeData{Scope: m.TargetScope}
	}
	// Resource groups first: other scopes refer to them.
	for _, first := range []bool{true, false} {
		for _, r := range m.Resources {
			group := strings.EqualFold(r.Type.Full, "Microsoft.Resources/resourceGroups")
			if group == first && r.IsAz() {
				m.resourceScope(r, r.Body.Value("scope"))
			}
		}
	}
	for _, r := range m.Resources {
		if a := r.Ancestors(); len(a) > 0 {
			r.Scope = a[0].Scope
			if d := a[0].Scope; !r.Existing && a[0].Existing && d.Scope != OnResource && !m.deployable(d) {
				m.errorf("BCP165", r.Decl.Value.At(), "A resource's computed scope must match that of the Bicep file for it to be deployable. This resource's scope is computed from the \"scope\" property value assigned to ancestor resource \"%s\". You must use modules to deploy resources to a different scope.", a[0].Symbol.Name)
				r.Scope = ScopeData{Scope: m.TargetScope}
			}
		}
	}
	for _, r := range m.Resources {
		m.scopeRestrictions(r)
	}
	for _, mod := range m.Modules {
		m.moduleScope(mod)
	}
}

// resourceScope reads the scope of a resource that has no parent, and checks that
// its type is there.
func (m *Model) resourceScope(r *Resource, v syntax.Expr) {
	if r.Parent != nil {
		if v != nil {
			m.report(diag.Error, "BCP164", "A child resource's scope is computed based on the scope of its ancestor resource. This means that using the \"scope\" property on a child resource is unsupported.", v.At())
		}
		return
	}
	if v == nil {
		m.supported(r, m.TargetScope, r.Decl.Value.At())
		return
	}
	d, ok := m.scopeOf(v)
	if !ok {
		m.badScope(v)
		return
	}
	if d.Scope == OnResource && d.Resource.Collection() && d.Index == nil {
		m.badScope(v)
		return
	}
	if m.supported(r, d.Scope, v.At()) {
		r.Scope = d
	}
}

// supported reports a scope at which there are no resources of the type.
func (m *Model) supported(r *Resource, s Scope, at syntax.Span) bool {
	readable, writable := r.Type.scopes()
	if r.Type.Full == "" || (readable|writable)&scopeBit(s) != 0 {
		return true
	}
	m.errorf("BCP135", at, "Scope \"%s\" is not valid for this resource type. Permitted scopes: %s.", s, quotedScopes(readable|writable))
	return false
}

// scopeRestrictions reports a resource that can't be deployed where it is meant to
// be. One that exists may be anywhere.
func (m *Model) scopeRestrictions(r *Resource) {
	if r.Existing || !r.IsAz() || r.Type.Full == "" {
		return
	}
	at := r.Decl.Value.At()
	if v := r.Body.Value("scope"); v != nil {
		at = v.At()
	}
	d := r.Scope
	for n := len(m.Resources); d.Scope == OnResource && n > 0; n-- {
		d = d.Resource.Scope
	}
	if d.Scope == OnResource {
		return // they go in a circle, which has been reported
	}
	if !m.deployable(d) {
		m.report(diag.Error, "BCP139", "A resource's scope must match the scope of the Bicep file for it to be deployable. You must use modules to deploy resources to a different scope.", at)
	}
	if readable, writable := r.Type.scopes(); readable&^writable&scopeBit(d.Scope) != 0 {
		m.warnf("BCP246", at, "Resource type \"%s\" can only be used with the 'existing' keyword at the requested scope. Permitted scopes for deployment: %s.", r.Type.Text(), quotedScopes(writable))
	}
}

// deployable reports whether a resource of this file may be deployed at d: only
// at the file's own scope or at the tenant.
func (m *Model) deployable(d ScopeData) bool {
	if d.Scope == Tenant {
		return true
	}
	return d.Scope == m.TargetScope && d.ManagementGroup == nil && d.Subscription == nil && d.Group == nil
}

// badScope refuses a scope that is computed; what is no scope at all is an error of its type.
func (m *Model) badScope(v syntax.Expr) {
	switch syntax.Unparen(v).(type) {
	case *syntax.Ternary, *syntax.Binary:
		m.errorf("BCP420", v.At(), "The scope could not be resolved at compile time because the supplied expression is ambiguous or too complex. Scoping expressions must be reducible to a specific kind of scope without knowledge of parameter values.")
	}
}
