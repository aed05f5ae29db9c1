package libraryapi

import (
	"strconv"

	"gatehouse/internal/library"
)

// groupBody writes a group; the values of secrets only for a run.
func groupBody(g *library.VariableGroup, secrets bool) map[string]any {
	variables := map[string]any{}
	for k, v := range g.Variables {
		m := map[string]any{"value": v.Value}
		if v.Secret {
			m["isSecret"] = true
			if !secrets {
				m["value"] = nil
			}
		}
		if v.ReadOnly {
			m["isReadOnly"] = true
		}
		variables[k] = m
	}
	return map[string]any{"id": g.ID, "type": "Vsts", "name": g.Name, "description": g.Description, "variables": variables, "isShared": false,
		"createdBy": person(g.CreatedBy), "createdOn": stamp(g.Created), "modifiedBy": person(g.ModifiedBy), "modifiedOn": stamp(g.Modified),
		"variableGroupProjectReferences": []any{map[string]any{"name": g.Name, "projectReference": project()}}}
}

// listGroups answers ?groupName=; with ?runId= with the values of secrets.
func (a *api) listGroups(c *call) (any, error) {
	return listNamed(c, "groupName", a.lib.GroupForRun, a.lib.ListVariableGroups,
		func(g *library.VariableGroup) string { return g.Name }, groupBody)
}

func (a *api) group(c *call) (any, error) {
	g, err := a.lib.VariableGroup(c.Context(), c.caller, c.path["id"])
	if err != nil {
		return nil, err
	}
	return groupBody(g, false), nil
}

// putGroup creates a group, or replaces the one whose id the path has.
func (a *api) putGroup(c *call) (any, error) {
	var in struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Type        string `json:"type"`
		Variables   map[string]struct {
			Value    *string `json:"value"`
			Secret   bool    `json:"isSecret"`
			ReadOnly bool    `json:"isReadOnly"`
		} `json:"variables"`
		References []struct {
			Name string `json:"name"`
		} `json:"variableGroupProjectReferences"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.Name == "" && len(in.References) > 0 {
		in.Name = in.References[0].Name
	}
	if in.Type != "" && in.Type != "Vsts" {
		return nil, &httpError{400, "InvalidVariableGroupException", "Variable groups of the type '" + in.Type + "' are not supported; 'Vsts' is."}
	}
	var id int64
	if text, ok := c.path["id"]; ok {
		var err error
		if id, err = strconv.ParseInt(text, 10, 64); err != nil || id <= 0 {
			return nil, notFound("There is no variable group '%s'.", text)
		}
	}
	variables := map[string]library.NewVariable{}
	for k, v := range in.Variables {
		variables[k] = library.NewVariable{Value: v.Value, Secret: v.Secret, ReadOnly: v.ReadOnly}
	}
	g, err := a.lib.PutVariableGroup(c.Context(), c.caller, id, in.Name, in.Description, variables)
	if err != nil {
		return nil, err
	}
	return groupBody(g, false), nil
}

func (a *api) deleteGroup(c *call) (any, error) {
	return nil, a.lib.DeleteVariableGroup(c.Context(), c.caller, c.path["id"])
}
