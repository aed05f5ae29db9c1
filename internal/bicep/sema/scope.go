package sema

import (
	"regexp"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/resourcetypes"
)

// Scope is a level at which a template deploys.
type Scope uint8

// The scopes.
const (
	ResourceGroup Scope = iota
	Subscription
	ManagementGroup
	Tenant
	OnResource // an extension of a resource
)

// scopeWords are the values of targetScope.
var scopeWords = map[string]Scope{"resourceGroup": ResourceGroup, "subscription": Subscription, "managementGroup": ManagementGroup, "tenant": Tenant}

func (s Scope) String() string {
	return [...]string{"resourceGroup", "subscription", "managementGroup", "tenant", "resource"}[s]
}

// ScopeData is what a scope property says. The expressions are nil when the
// deployment's own are meant.
type ScopeData struct {
	Scope           Scope
	ManagementGroup syntax.Expr
	Subscription    syntax.Expr
	Group           syntax.Expr
	Of              *Resource // the resource group or management group that is named, whose expressions these are
	Resource        *Resource // with OnResource
	Index           syntax.Expr
	Explicit        bool
}

// ResourceType is a type reference.
type ResourceType struct {
	Full    string // Microsoft.KeyVault/vaults/secrets, in Azure's casing when it is known
	Version string
	Known   bool // Azure publishes the type at this version
}

// canonical is t in the casing that Azure publishes for the version.
func (t ResourceType) canonical() ResourceType {
	if full, version, ok := resourcetypes.Canonical(t.Full, t.Version); ok {
		return ResourceType{full, version, true}
	}
	return t
}

// Segments counts the names that an id of the type has.
func (t ResourceType) Segments() int { return strings.Count(t.Full, "/") }

// parseType reads type@version, or for a nested resource a last segment with or
// without version.
func parseType(text string, parent *ResourceType) (ResourceType, bool) {
	name, version, has := strings.Cut(text, "@")
	if parent != nil {
		if name == "" || strings.HasPrefix(name, "/") {
			return ResourceType{}, false
		}
		if !has {
			version = parent.Version
		}
		return ResourceType{Full: parent.Full + "/" + name, Version: version}.canonical(), true
	}
	if !has || !typeName.MatchString(name) || !apiVersion.MatchString(version) {
		return ResourceType{}, false
	}
	return ResourceType{Full: name, Version: version}.canonical(), true
}

// typeName is the form of the names of Azure's resource types.
var typeName = regexp.MustCompile(`(?i)^[a-z0-9][a-z0-9.]*(/[a-z0-9-]+)+$`)

// apiVersion is the form of Azure's API versions.
var apiVersion = regexp.MustCompile(`(?i)^\d{4}-\d{2}-\d{2}(-(preview|alpha|beta|rc|privatepreview))?$`)

// scopeOf reads a scope property. ok is false when it is no scope.
func (m *Model) scopeOf(value syntax.Expr) (d ScopeData, ok bool) {
	d.Explicit = true
	value = syntax.Unparen(value)
	if x, is := value.(*syntax.Index); is {
		d.Index, value = x.Index, syntax.Unparen(x.Base)
	}
	switch e := value.(type) {
	case *syntax.Call:
		return m.scopeCall(d, e.Name.Name, e.Args)
	case *syntax.MethodCall:
		if v, is := e.Base.(*syntax.Variable); is && m.Uses[v] != nil && m.Uses[v].Kind == Namespace {
			return m.scopeCall(d, e.Name.Name, e.Args)
		}
		return d, false
	case *syntax.Ternary: // both sides must be the same kind; the first says which
		return d, false
	}
	s := m.Uses[value]
	if s == nil || s.Resource == nil {
		return d, false
	}
	if strings.EqualFold(s.Resource.Type.Full, "Microsoft.Resources/resourceGroups") {
		d.Scope, d.Group, d.Of = ResourceGroup, s.Resource.Name, s.Resource
		d.Subscription = s.Resource.Scope.Subscription
		return d, s.Resource.Name != nil
	}
	if strings.EqualFold(s.Resource.Type.Full, "Microsoft.Management/managementGroups") {
		d.Scope, d.ManagementGroup, d.Of = ManagementGroup, s.Resource.Name, s.Resource
		return d, s.Resource.Name != nil
	}
	d.Scope, d.Resource = OnResource, s.Resource
	return d, true
}

func (m *Model) scopeCall(d ScopeData, name string, args []syntax.Expr) (ScopeData, bool) {
	switch {
	case name == "tenant" && len(args) == 0:
		d.Scope = Tenant
	case name == "managementGroup" && len(args) == 0 && m.TargetScope != ManagementGroup, name == "subscription" && len(args) == 0 && m.TargetScope > Subscription,
		name == "resourceGroup" && len(args) == 0 && m.TargetScope != ResourceGroup, name == "resourceGroup" && len(args) == 1 && m.TargetScope > Subscription:
		return d, false // the arguments are wrong at this scope
	case name == "managementGroup" && len(args) <= 1:
		d.Scope = ManagementGroup
		if len(args) == 1 {
			d.ManagementGroup = args[0]
		}
	case name == "subscription" && len(args) <= 1:
		d.Scope = Subscription
		if len(args) == 1 {
			d.Subscription = args[0]
		}
	case name == "resourceGroup" && len(args) <= 2:
		d.Scope = ResourceGroup
		if len(args) > 0 {
			d.Group = args[len(args)-1]
		}
		if len(args) == 2 {
			d.Subscription = args[0]
		}
	default:
		return d, false
	}
	return d, true
}
