package libraryapi

import (
	"strings"

	"gatehouse/internal/library"
)

func permissionsBody(w library.What, id string, p library.Permissions) map[string]any {
	pipelines := []any{}
	for _, n := range p.Pipelines {
		pipelines = append(pipelines, map[string]any{"id": n, "authorized": true})
	}
	out := map[string]any{"resource": map[string]any{"type": string(w), "id": id}, "pipelines": pipelines}
	if p.All {
		out["allPipelines"] = map[string]any{"authorized": true}
	}
	return out
}

func (a *api) permissions(c *call) (any, error) {
	w := library.What(strings.ToLower(c.path["type"]))
	p, err := a.lib.Permissions(c.Context(), c.caller, w, c.path["id"])
	if err != nil {
		return nil, err
	}
	return permissionsBody(w, c.path["id"], p), nil
}

func (a *api) permit(c *call) (any, error) {
	var in struct {
		AllPipelines *struct {
			Authorized bool `json:"authorized"`
		} `json:"allPipelines"`
		Pipelines []struct {
			ID         int64 `json:"id"`
			Authorized bool  `json:"authorized"`
		} `json:"pipelines"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	var all *bool
	if in.AllPipelines != nil {
		all = &in.AllPipelines.Authorized
	}
	pipelines := map[int64]bool{}
	for _, p := range in.Pipelines {
		pipelines[p.ID] = p.Authorized
	}
	w := library.What(strings.ToLower(c.path["type"]))
	p, err := a.lib.Permit(c.Context(), c.caller, w, c.path["id"], all, pipelines)
	if err != nil {
		return nil, err
	}
	return permissionsBody(w, c.path["id"], p), nil
}
