package template

import (
	"errors"
	"strings"

	"gatehouse/internal/resourceid"
)

// Functions of scopes and of resource IDs.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-scope
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource
func scopeFunctions() map[string]*function {
	return map[string]*function{
		"resourceGroup":             fixed(0, resourceGroup),
		"subscription":              fixed(0, subscription),
		"tenant":                    fixed(0, tenant),
		"managementGroup":           between(0, 1, managementGroup),
		"resourceId":                between(2, -1, resourceID),
		"subscriptionResourceId":    between(2, -1, subscriptionResourceID),
		"tenantResourceId":          between(2, -1, tenantResourceID),
		"managementGroupResourceId": between(2, -1, managementGroupResourceID),
		"extensionResourceId":       between(3, -1, extensionResourceID),
		"pickZones":                 between(3, 5, pickZones),
		"toLogicalZone":             fixed(3, toLogicalZone),
		"toLogicalZones":            fixed(3, toLogicalZones),
		"toPhysicalZone":            fixed(3, toPhysicalZone),
		"toPhysicalZones":           fixed(3, toPhysicalZones),
		"providers":                 between(1, 2, providers),
		"roleDefinitions":           fixed(1, roleDefinitions),
	}
}

// scope is that of the deployment whose expressions these are.
func (f *frame) scope() resourceid.ID { return f.ev.root().in.Scope }

func resourceGroup(f *frame, c call) (any, error) {
	s := f.scope()
	if s.ResourceGroup() == "" {
		return nil, fault("The template function 'RESOURCEGROUP' is not expected at this location: the deployment's scope is '%s', not a resource group. Please see https://aka.ms/arm-functions for usage details.", s)
	}
	return f.facts(s, object("id", s.String(), "name", s.ResourceGroup(), "type", "Microsoft.Resources/resourceGroups"))
}

func subscription(f *frame, c call) (any, error) {
	s := f.scope()
	if s.Subscription() == "" {
		return nil, fault("The template function 'SUBSCRIPTION' is not expected at this location: the deployment's scope is '%s'. Please see https://aka.ms/arm-functions for usage details.", s)
	}
	id := resourceid.MustParse("/subscriptions/" + s.Subscription())
	return f.facts(id, object("id", id.String(), "subscriptionId", s.Subscription(), "tenantId", f.ev.root().in.TenantID))
}

func tenant(f *frame, _ call) (any, error) {
	id := f.ev.root().in.TenantID
	return f.facts(resourceid.ID{}, object("id", "/tenants/"+id, "tenantId", id, "countryCode", "", "displayName", ""))
}

func managementGroup(f *frame, c call) (any, error) {
	s := f.scope()
	name := ""
	if s.IsType(managementGroupType) {
		name = s.Name()
	}
	if c.has(0) {
		var err error
		if name, err = c.str(0); err != nil {
			return nil, err
		}
	}
	if name == "" {
		return nil, fault("The template function 'MANAGEMENTGROUP' is not expected at this location: the deployment's scope is '%s'. Please see https://aka.ms/arm-functions for usage details.", s)
	}
	id := managementGroupID(name)
	return f.facts(id, object("id", id.String(), "name", name, "type", "/providers/"+managementGroupType))
}

const managementGroupType = "Microsoft.Management/managementGroups"

func managementGroupID(name string) resourceid.ID {
	id, err := resourceid.Parse("/providers/" + managementGroupType + "/" + name)
	if err != nil {
		return resourceid.ID{}
	}
	return id
}

// facts adds to what is known of a scope what Input.ScopeFacts tells (location, tags and so on).
func (f *frame) facts(id resourceid.ID, known *Object) (any, error) {
	lookup := f.ev.root().in.ScopeFacts
	if lookup == nil {
		return known, nil
	}
	m, err := lookup(f.ctx, id)
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrPartial) {
		known = known.clone()
		known.open = true
	} else if err != nil {
		return nil, err
	}
	if o, ok := From(m).(*Object); ok {
		return merge(known, o), nil
	}
	return known, nil
}

// typeAt finds the type among the arguments: the first with a slash.
func (c call) typeAt(most int) (int, error) {
	for i := 0; i < len(c.args) && i <= most; i++ {
		s, err := c.str(i)
		if err != nil {
			return 0, err
		}
		if strings.Contains(s, "/") {
			return i, nil
		}
	}
	return 0, c.fail("parameters are not valid: no fully qualified resource type, such as 'Microsoft.KeyVault/vaults', is among the first %d", most+1)
}

// path is /providers/TYPE/NAME... of the arguments from i on.
func (c call) path(i int) (string, error) {
	typ, err := c.str(i)
	if err != nil {
		return "", err
	}
	parts := strings.Split(strings.Trim(typ, "/"), "/")
	if len(parts) < 2 {
		return "", c.fail("parameters are not valid: '%s' is no fully qualified resource type", typ)
	}
	names := c.args[i+1:]
	if len(names) != len(parts)-1 {
		return "", c.fail("parameters are not valid: the type '%s' requires '%d' resource name argument(s), '%d' were provided", typ, len(parts)-1, len(names))
	}
	var b strings.Builder
	b.WriteString("/providers/" + parts[0])
	for j, t := range parts[1:] {
		name, err := c.str(i + 1 + j)
		if err != nil {
			return "", err
		}
		if name == "" {
			return "", c.fail("parameters are not valid: the name for '%s' is empty", t)
		}
		b.WriteString("/" + t + "/" + name)
	}
	return b.String(), nil
}

// resourceID is resourceId([subscription], [resource group], type, name...).
func resourceID(f *frame, c call) (any, error) {
	i, err := c.typeAt(2)
	if err != nil {
		return nil, err
	}
	path, err := c.path(i)
	if err != nil {
		return nil, err
	}
	s := f.scope()
	sub, group := s.Subscription(), s.ResourceGroup()
	switch {
	case i == 1 && (group != "" || sub == ""):
		group = c.args[0].(string)
	case i == 1: // at subscription scope the single extra argument is a subscription or a group
		if isGUID(c.args[0].(string)) {
			sub = c.args[0].(string)
		} else {
			group = c.args[0].(string)
		}
	case i == 2:
		sub, group = c.args[0].(string), c.args[1].(string)
	}
	prefix := ""
	if sub != "" {
		prefix = "/subscriptions/" + sub
	}
	if group != "" && sub != "" {
		prefix += "/resourceGroups/" + group
	}
	return prefix + path, nil
}

func isGUID(s string) bool { return len(s) == 36 && strings.Count(s, "-") == 4 }

func subscriptionResourceID(f *frame, c call) (any, error) {
	i, err := c.typeAt(1)
	if err != nil {
		return nil, err
	}
	path, err := c.path(i)
	sub := f.scope().Subscription()
	if i == 1 {
		sub = c.args[0].(string)
	}
	if sub == "" && err == nil {
		return nil, c.fail("needs a subscription: the deployment's scope is '%s'", f.scope())
	}
	return "/subscriptions/" + sub + path, err
}

func tenantResourceID(_ *frame, c call) (any, error) { return c.path(0) }

func managementGroupResourceID(f *frame, c call) (any, error) {
	i, err := c.typeAt(1)
	if err != nil {
		return nil, err
	}
	path, err := c.path(i)
	group := ""
	if i == 1 {
		group = c.args[0].(string)
	} else if s := f.scope(); s.IsType(managementGroupType) {
		group = s.Name()
	}
	if group == "" && err == nil {
		return nil, c.fail("needs a management group: the deployment's scope is '%s'", f.scope())
	}
	return "/providers/" + managementGroupType + "/" + group + path, err
}

func extensionResourceID(_ *frame, c call) (any, error) {
	scope, err := c.str(0)
	if err != nil {
		return nil, err
	}
	path, err := c.path(1)
	return strings.TrimRight(scope, "/") + path, err
}

func providers(f *frame, c call) (any, error) {
	ns, err := c.str(0)
	if err != nil {
		return nil, err
	}
	typ, err := c.strOr(1, "")
	if err != nil {
		return nil, err
	}
	if lookup := f.ev.root().in.Providers; lookup != nil {
		if m, ok := lookup(ns, typ); ok {
			return From(m), nil
		}
	}
	return nil, fault("The resource provider '%s' or its type '%s' is not known.", ns, typ)
}

func roleDefinitions(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	if lookup := f.ev.root().in.RoleDefinition; lookup != nil {
		if id, ok := lookup(name); ok {
			return object("id", "/providers/Microsoft.Authorization/roleDefinitions/"+id, "roleDefinitionId", id), nil
		}
	}
	return nil, fault("The role definition '%s' is not known.", name)
}
