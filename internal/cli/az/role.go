package az

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/client"
)

const authorizationAPI = "2022-04-01"

func roleCommands() []*command {
	table := columns("Principal", "principalName", "Role", "roleDefinitionName", "Scope", "scope")
	role := opt("--role", "Role name or id.")
	assignee := opt("--assignee", "A user's sign-in name, an application's client id, or an object id.")
	objectID := opt("--assignee-object-id", "Object id of the assignee; asks Graph nothing.")
	scope := opt("--scope", "Scope, e.g. a subscription's or a vault's resource id; default the group of -g, or the subscription.")
	return []*command{
		{path: words("role assignment create"), summary: "Give a principal a role.",
			example: `az role assignment create --role "Key Vault Certificates Officer" --assignee-object-id OBJECT_ID --assignee-principal-type ServicePrincipal --scope VAULT_ID`,
			args: []arg{role.must(), assignee, objectID, opt("--assignee-principal-type", "Type of the assignee.").of("ForeignGroup", "Group", "ServicePrincipal", "User"), scope, groupArg,
				opt("--name -n", "A GUID for the assignment."), opt("--description", "Description.")}, run: assignmentCreate, table: table},
		{path: words("role assignment list"), summary: "List role assignments.", example: "az role assignment list --all -o table",
			args: []arg{assignee, role, scope, groupArg, opt("--all", "All assignments under the subscription.").as(flag),
				opt("--include-inherited", "Include assignments at parent scopes.").as(flag), opt("--include-groups", "Ignored: there are no groups.").as(flag)}, run: assignmentList, table: table},
		{path: words("role assignment delete"), summary: "Take roles away.", example: "az role assignment delete --assignee APP_ID --role Contributor --scope VAULT_ID",
			args: []arg{opt("--ids", "IDs of the assignments.").as(many), assignee, role, scope, groupArg, yesArg}, run: assignmentDelete},
		{path: words("role definition list"), summary: "List role definitions.", example: `az role definition list --name "Key Vault Secrets User"`,
			args: []arg{opt("--name -n", "Role name or id."), scope, groupArg, opt("--custom-role-only", "Custom roles only.").as(boolean)}, run: definitionList,
			table: columns("Name", "roleName", "Type", "roleType", "Description", "description")},
	}
}

func (c *call) roleScope() string {
	if s := c.get("scope"); s != "" {
		return "/" + strings.Trim(s, "/")
	}
	if c.get("resource-group") != "" {
		return c.groupPath(c.get("resource-group"))
	}
	return "/subscriptions/" + c.subscription
}

// escapePath escapes the segments of a resource ID for a URL.
func escapePath(id string) string { return (&url.URL{Path: id}).EscapedPath() }

// roleID resolves --role: a GUID, a resource id, or a name.
func (c *call) roleID(ctx context.Context, role, scope string) (string, error) {
	prefix := "/subscriptions/" + c.subscription + "/providers/Microsoft.Authorization/roleDefinitions/"
	if strings.HasPrefix(role, "/") {
		return role, nil
	}
	if uuid.Validate(role) == nil {
		return prefix + role, nil
	}
	defs, err := c.definitions(ctx, scope, role)
	if err != nil {
		return "", err
	}
	if len(defs) == 0 {
		return "", usagef("Role '%s' doesn't exist; `az role definition list -o table` lists the roles", role)
	}
	id, _ := defs[0]["id"].(string)
	return id, nil
}

func (c *call) definitions(ctx context.Context, scope, name string) ([]map[string]any, error) {
	path := escapePath(scope) + "/providers/Microsoft.Authorization/roleDefinitions"
	if name != "" {
		path += "?$filter=" + url.QueryEscape("roleName eq '"+quote(name)+"'")
	}
	return listAll[map[string]any](ctx, c, path, authorizationAPI)
}

// principal resolves --assignee by Graph: an object id, a client id, or a sign-in name.
func (c *call) principal(ctx context.Context, assignee string) (id, kind string, err error) {
	ask := func(path string) ([]map[string]any, error) {
		return pages[map[string]any](ctx, c, client.Graph+"/v1.0/"+path, client.GraphAudience)
	}
	if uuid.Validate(assignee) == nil {
		found, err := ask("servicePrincipals?$filter=" + url.QueryEscape("servicePrincipalNames/any(c:c eq '"+assignee+"')"))
		if err != nil {
			return "", "", err
		}
		if len(found) > 0 {
			id, _ := found[0]["id"].(string)
			return id, "ServicePrincipal", nil
		}
		objects, err := c.objects(ctx, []string{assignee})
		if err != nil {
			return "", "", err
		}
		if o, ok := objects[strings.ToLower(assignee)]; ok {
			return assignee, o.kind, nil
		}
	} else {
		found, err := ask("users?$filter=" + url.QueryEscape("userPrincipalName eq '"+quote(assignee)+"'"))
		if err != nil {
			return "", "", err
		}
		if len(found) > 0 {
			id, _ := found[0]["id"].(string)
			return id, "User", nil
		}
	}
	return "", "", usagef("Cannot find user or service principal in graph database for '%s'. If the assignee is a principal id, make sure the corresponding principal is created with `az ad sp create-for-rbac`.", assignee)
}

type directoryObject struct{ name, kind string }

// objects asks Graph for the names of object ids; unknown ids are left out.
func (c *call) objects(ctx context.Context, ids []string) (map[string]directoryObject, error) {
	out := map[string]directoryObject{}
	if len(ids) == 0 {
		return out, nil
	}
	var answer struct{ Value []map[string]any }
	err := c.client.JSON(ctx, "POST", client.Graph+"/v1.0/directoryObjects/getByIds", client.GraphAudience,
		map[string]any{"ids": ids, "types": []string{"user", "group", "servicePrincipal"}}, &answer)
	for _, o := range answer.Value {
		id, _ := o["id"].(string)
		name, kind := firstString(o, "appId", "userPrincipalName", "displayName"), "User"
		if t, _ := o["@odata.type"].(string); strings.HasSuffix(strings.ToLower(t), "serviceprincipal") {
			kind = "ServicePrincipal"
			if names, ok := o["servicePrincipalNames"].([]any); ok && len(names) > 0 {
				name, _ = names[0].(string)
			}
		}
		out[strings.ToLower(id)] = directoryObject{name, kind}
	}
	return out, err
}

func firstString(m map[string]any, keys ...string) string {
	for _, k := range keys {
		if s, _ := m[k].(string); s != "" {
			return s
		}
	}
	return ""
}

func assignmentCreate(ctx context.Context, c *call) (any, error) {
	scope := c.roleScope()
	role, err := c.roleID(ctx, c.get("role"), scope)
	if err != nil {
		return nil, err
	}
	id, kind := c.get("assignee-object-id"), c.get("assignee-principal-type")
	if (id == "") == (c.get("assignee") == "") {
		return nil, usagef("usage error: --assignee STRING | --assignee-object-id GUID, one of them")
	}
	if id == "" {
		if id, kind, err = c.principal(ctx, c.get("assignee")); err != nil {
			return nil, err
		}
	}
	props := map[string]any{"roleDefinitionId": role, "principalId": id}
	if kind != "" {
		props["principalType"] = kind
	}
	if d := c.get("description"); d != "" {
		props["description"] = d
	}
	name := c.either("name", uuid.NewString())
	var out map[string]any
	path := escapePath(scope) + "/providers/Microsoft.Authorization/roleAssignments/" + url.PathEscape(name)
	if err := c.client.ARM(ctx, "PUT", path, authorizationAPI, map[string]any{"properties": props}, &out); err != nil {
		return nil, err
	}
	return flatAssignment(out), nil
}

// flatAssignment lifts properties to the top, as Azure CLI shows assignments.
func flatAssignment(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if k != "properties" {
			out[k] = v
		}
	}
	if props, ok := m["properties"].(map[string]any); ok {
		for k, v := range props {
			out[k] = v
		}
	}
	return withGroup(out)
}

func (c *call) assignments(ctx context.Context) ([]map[string]any, error) {
	scope := c.roleScope()
	filter := "atScope()"
	id := ""
	if a := c.get("assignee"); a != "" {
		var err error
		if id, _, err = c.principal(ctx, a); err != nil {
			return nil, err
		}
		filter = "principalId eq '" + id + "'"
	} else if c.has("all") {
		filter = ""
	}
	path := escapePath(scope) + "/providers/Microsoft.Authorization/roleAssignments"
	if filter != "" {
		path += "?$filter=" + url.QueryEscape(filter)
	}
	list, err := listAll[map[string]any](ctx, c, path, authorizationAPI)
	if err != nil {
		return nil, err
	}
	role := ""
	if r := c.get("role"); r != "" {
		if role, err = c.roleID(ctx, r, scope); err != nil {
			return nil, err
		}
	}
	kept := []map[string]any{}
	for _, a := range list {
		a = flatAssignment(a)
		s, _ := a["scope"].(string)
		def, _ := a["roleDefinitionId"].(string)
		exact := c.has("all") || c.has("include-inherited") || strings.EqualFold(s, scope)
		if exact && (role == "" || strings.EqualFold(lastSegment(def), lastSegment(role))) {
			kept = append(kept, a)
		}
	}
	return kept, nil
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func assignmentList(ctx context.Context, c *call) (any, error) {
	list, err := c.assignments(ctx)
	if err != nil {
		return nil, err
	}
	defs, err := c.definitions(ctx, "/subscriptions/"+c.subscription, "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, firstString(a, "principalId"))
	}
	objects, err := c.objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		a["principalName"] = objects[strings.ToLower(firstString(a, "principalId"))].name
		for _, d := range defs {
			if strings.EqualFold(lastSegment(firstString(d, "id")), lastSegment(firstString(a, "roleDefinitionId"))) {
				a["roleDefinitionName"] = at(d, "properties.roleName")
			}
		}
	}
	return list, nil
}

func assignmentDelete(ctx context.Context, c *call) (any, error) {
	ids := c.list("ids")
	if len(ids) == 0 {
		if c.get("assignee") == "" && c.get("role") == "" {
			return nil, usagef("say which assignments: --ids, or --assignee, --role and --scope; without them every assignment of the scope would go")
		}
		list, err := c.assignments(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			ids = append(ids, firstString(a, "id"))
		}
		if len(ids) == 0 {
			return nil, &notFoundError{"No matched assignments were found to delete"}
		}
	}
	for _, id := range ids {
		if err := c.client.ARM(ctx, "DELETE", escapePath(id), authorizationAPI, nil, nil); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func definitionList(ctx context.Context, c *call) (any, error) {
	name := c.get("name")
	byName := name
	if guid.MatchString(name) {
		byName = ""
	}
	defs, err := c.definitions(ctx, c.roleScope(), byName)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, d := range defs {
		flat := flatAssignment(d)
		delete(flat, "resourceGroup")
		if t, ok := flat["type"]; ok && at(d, "properties.type") != nil {
			flat["roleType"] = at(d, "properties.type")
			flat["type"] = t
		}
		flat["type"] = d["type"]
		if name != "" && byName == "" && !strings.EqualFold(firstString(d, "name"), name) {
			continue
		}
		if c.truth("custom-role-only", false) && flat["roleType"] != "CustomRole" {
			continue
		}
		out = append(out, flat)
	}
	return out, nil
}
