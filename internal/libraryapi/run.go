package libraryapi

import (
	"net/http"

	"gatehouse/internal/library"
)

func pipelineBody(p *library.Pipeline) map[string]any {
	return map[string]any{"id": p.ID, "name": p.Name, "folder": `\`, "revision": 1, "configuration": map[string]any{"type": "yaml", "path": p.Path}}
}

func (a *api) listPipelines(c *call) (any, error) {
	all, err := a.lib.ListPipelines(c.Context(), c.caller)
	var out []map[string]any
	for i := range all {
		out = append(out, pipelineBody(&all[i]))
	}
	return listOf(out), err
}

// createPipeline makes a pipeline; one of that name is answered as it is.
func (a *api) createPipeline(c *call) (any, error) {
	var in struct {
		Name          string `json:"name"`
		Configuration struct {
			Path string `json:"path"`
		} `json:"configuration"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	p, err := a.lib.EnsurePipeline(c.Context(), c.caller, in.Name, in.Configuration.Path)
	if err != nil {
		return nil, err
	}
	return pipelineBody(p), nil
}

func runBody(r *library.Run) map[string]any {
	out := map[string]any{"id": r.ID, "name": r.Created.Format("20060102") + ".1", "state": "inProgress", "createdDate": stamp(r.Created),
		"pipeline": map[string]any{"id": r.Pipeline, "name": r.PipelineName}, "orchestrationPlan": map[string]any{"planId": r.Plan}}
	if r.Result != "" {
		out["state"], out["result"], out["finishedDate"] = "completed", r.Result, stamp(r.Finished)
	}
	return out
}

// beginRun registers a run. "permitted" is an addition to Azure DevOps: names that this
// run may use beyond what its pipeline may, by kind: endpoint, securefile, variablegroup.
func (a *api) beginRun(c *call) (any, error) {
	var in struct {
		Permitted map[library.What][]string `json:"permitted"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	id, err := c.number("pipeline")
	if err != nil {
		return nil, err
	}
	r, err := a.lib.Begin(c.Context(), c.caller, id, in.Permitted)
	if err != nil {
		return nil, err
	}
	return runBody(r), nil
}

func (a *api) readRun(c *call) (any, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	r, err := a.lib.Run(c.Context(), c.caller, id)
	if err != nil {
		return nil, err
	}
	return runBody(r), nil
}

func (a *api) endRun(c *call) (any, error) {
	var in struct {
		State  string `json:"state"`
		Result string `json:"result"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.State != "completed" {
		return nil, &httpError{http.StatusBadRequest, "InvalidPipelineException", "A run can be set to the state 'completed' only."}
	}
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	r, err := a.lib.End(c.Context(), c.caller, id, in.Result)
	if err != nil {
		return nil, err
	}
	return runBody(r), nil
}
