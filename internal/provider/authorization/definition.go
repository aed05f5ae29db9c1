package authorization

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
)

func definitionNotFound(id resourceid.ID) error {
	return azerr.RoleDefinitionDoesNotExist.New(strings.ReplaceAll(id.Name(), "-", ""))
}

func readDefinition(r *arm.Resource) rbac.RoleDefinition {
	d := rbac.RoleDefinition{ID: strings.ToLower(r.Name), Name: property(r, "roleName"), Type: property(r, "type"), Description: property(r, "description"),
		AssignableScopes: texts(r.Properties["assignableScopes"])}
	list, _ := r.Properties["permissions"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		d.Permissions = append(d.Permissions, rbac.Permission{Actions: texts(m["actions"]), NotActions: texts(m["notActions"]),
			DataActions: texts(m["dataActions"]), NotDataActions: texts(m["notDataActions"])})
	}
	return d
}

func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func list(s []string) []any {
	out := make([]any, len(s))
	for i, e := range s {
		out[i] = e
	}
	return out
}

// resource shows a built-in role in the scope that was asked.
func (p *Provider) resource(d rbac.RoleDefinition, scope resourceid.ID) (*arm.Resource, error) {
	top := resourceid.ID{} // built-in roles are shown in the subscription, or at tenant scope
	if scope.Subscription() != "" {
		top = p.subscription()
	}
	id, err := top.Extension(TypeDefinitions, d.ID)
	if err != nil {
		return nil, err
	}
	permissions := make([]any, len(d.Permissions))
	for i, e := range d.Permissions {
		permissions[i] = map[string]any{"actions": list(e.Actions), "notActions": list(e.NotActions), "dataActions": list(e.DataActions), "notDataActions": list(e.NotDataActions)}
	}
	return &arm.Resource{ID: id, Type: TypeDefinitions, Name: d.ID, Properties: map[string]any{"roleName": d.Name, "type": d.Type, "description": d.Description,
		"assignableScopes": list(d.AssignableScopes), "permissions": permissions,
		"createdOn": "2015-02-02T21:55:09.8806423Z", "updatedOn": "2024-01-01T00:00:00.0000000Z", "createdBy": nil, "updatedBy": nil}}, nil
}

// getDefinition finds built-in roles, and custom ones from any scope within their assignable scopes.
func (p *Provider) getDefinition(_ context.Context, id resourceid.ID) (*arm.Resource, error) {
	if d, ok := p.index.builtIn[strings.ToLower(id.Name())]; ok {
		return p.resource(d, id.Scope())
	}
	for _, d := range p.index.custom() {
		if strings.EqualFold(d.ID, id.Name()) && p.assignable(d.RoleDefinition, id.Scope()) {
			return d.resource.Clone(), nil
		}
	}
	return nil, nil
}

func (p *Provider) listDefinitions(_ context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	keep, err := definitionFilter(arm.Query(r.Query, "$filter"))
	if err != nil {
		return nil, err
	}
	found := []*arm.Resource{}
	for _, d := range rbac.BuiltIn {
		if !keep(d) {
			continue
		}
		shown, err := p.resource(d, r.Scope)
		if err != nil {
			return nil, err
		}
		found = append(found, shown)
	}
	for _, d := range p.index.custom() {
		if keep(d.RoleDefinition) && (p.assignable(d.RoleDefinition, r.Scope) || d.resource.ID.Within(r.Scope)) {
			found = append(found, d.resource.Clone())
		}
	}
	return found, nil
}

// putDefinition makes a custom role. Who makes it must be allowed to in each of its assignable scopes.
// https://learn.microsoft.com/azure/role-based-access-control/custom-roles
func (p *Provider) putDefinition(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	name := strings.ToLower(r.ID.Name())
	if err := uuid.Validate(name); err != nil {
		return nil, azerr.InvalidRoleDefinitionID.New(r.ID.Name())
	}
	if d, ok := p.index.builtIn[name]; ok {
		return nil, azerr.RoleDefinitionBuiltIn.New(d.Name)
	}
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	made.Properties["type"] = "CustomRole"
	if err := checkDefinition(made); err != nil {
		return nil, err
	}
	d := readDefinition(made)
	for _, other := range append(slices.Clone(rbac.BuiltIn), definitions(p.index.custom())...) {
		if strings.EqualFold(other.Name, d.Name) && !strings.EqualFold(other.ID, name) {
			return nil, azerr.RoleDefinitionExists.New(d.Name, other.ID)
		}
	}
	for _, s := range d.AssignableScopes {
		scope, err := resourceid.Parse(s)
		if err != nil || scope.Subscription() == "" && !scope.IsType(typeGroups) {
			return nil, azerr.InvalidRoleDefinition.New(fmt.Sprintf("the assignable scope %q is not a management group, subscription, resource group or resource", s)).At("assignableScopes")
		}
		if err := r.Service.Authorize(ctx, r.Caller, TypeDefinitions+"/write", scope); err != nil {
			return nil, err
		}
	}
	now := p.now().UTC().Format(timeFormat)
	made.Properties["createdOn"], made.Properties["createdBy"] = now, r.Caller.ObjectID
	if r.Existing != nil {
		made.Properties["createdOn"], made.Properties["createdBy"] = r.Existing.Properties["createdOn"], r.Existing.Properties["createdBy"]
	}
	made.Properties["updatedOn"], made.Properties["updatedBy"] = now, r.Caller.ObjectID
	return made, nil
}

func definitions(list []definition) []rbac.RoleDefinition {
	out := make([]rbac.RoleDefinition, len(list))
	for i, d := range list {
		out[i] = d.RoleDefinition
	}
	return out
}

// checkDefinition checks the shape, and refuses members that would be lost (conditions, deny lists of other names).
func checkDefinition(r *arm.Resource) error {
	bad := func(target, format string, args ...any) error {
		return azerr.InvalidRoleDefinition.New(fmt.Sprintf(format, args...)).At(target)
	}
	if name := property(r, "roleName"); name == "" || len(name) > 512 {
		return bad("roleName", "roleName must have 1 to 512 characters")
	}
	if len(texts(r.Properties["assignableScopes"])) == 0 {
		return bad("assignableScopes", "assignableScopes must name at least one scope")
	}
	permissions, ok := r.Properties["permissions"].([]any)
	if !ok || len(permissions) == 0 {
		return bad("permissions", "permissions must have at least one entry")
	}
	for i, e := range permissions {
		m, _ := e.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(m)) {
			v, isList := m[k].([]any)
			known := slices.Contains([]string{"actions", "notActions", "dataActions", "notDataActions"}, k)
			if m[k] == nil && (known || strings.HasPrefix(k, "condition")) {
				continue
			}
			if !known || !isList || len(texts(v)) != len(v) {
				return bad("permissions", "permissions[%d].%s is not supported, or is not a list of strings", i, k)
			}
		}
	}
	return nil
}

func (p *Provider) deleteDefinition(_ context.Context, r *arm.DeleteRequest) error {
	if d, ok := p.index.builtIn[strings.ToLower(r.ID.Name())]; ok {
		return azerr.RoleDefinitionBuiltIn.New(d.Name)
	}
	if n := p.index.users(r.ID.Name()); n > 0 && !r.Cascade {
		return azerr.RoleDefinitionInUse.New(property(r.Existing, "roleName"), n)
	}
	return nil
}
