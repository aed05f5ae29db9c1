package deploy

import (
	"context"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// validate checks a template without deploying it.
func (s *Service) validate(ctx context.Context, q *arm.ActionRequest) (any, error) {
	r, err := s.readRequest(ctx, q.ID, q.Caller, q.Body)
	if err != nil {
		return nil, err
	}
	plan, checked, err := s.check(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.resolve(ctx, r); err != nil {
		return nil, err
	}
	p := s.properties(r, plan, uuid.NewString())
	p["provisioningState"] = stateSucceeded
	resources := []any{}
	for _, id := range checked.ids {
		resources = append(resources, map[string]any{"id": id.String()})
	}
	p["validatedResources"] = resources
	body := map[string]any{"id": q.ID.String(), "name": q.ID.Name(), "type": TypeDeployment, "properties": p}
	if r.location != "" {
		body["location"] = r.location
	}
	return body, nil
}

// cancel stops a deployment; writes under way end first.
func (s *Service) cancel(_ context.Context, q *arm.ActionRequest) (any, error) {
	r := s.find(q.ID)
	if r == nil {
		return nil, azerr.DeploymentNotCancellable.New(q.ID.Name(), stateOf(q.Resource))
	}
	r.stop(azerr.DeploymentCanceled.New())
	return nil, nil
}

// exportTemplate gives the template as it was deployed.
func (s *Service) exportTemplate(_ context.Context, q *arm.ActionRequest) (any, error) {
	t, err := unpack(q.Resource.Private["template"])
	if err != nil {
		return nil, err
	}
	return map[string]any{"template": t}, nil
}

const actionListOutputs = "listOutputsWithSecureValues"

// listOutputs gives all outputs, the secure ones too.
func (s *Service) listOutputs(_ context.Context, q *arm.ActionRequest) (any, error) {
	out, _ := q.Resource.Private["outputs"].(map[string]any)
	values := map[string]any{}
	for name, v := range out {
		if m, ok := v.(map[string]any); ok {
			values[name] = m["value"]
		}
	}
	return values, nil
}

// Calls are the POSTs on Microsoft.Resources itself.
func (s *Service) Calls() map[string]*arm.Action {
	return map[string]*arm.Action{"calculateTemplateHash": {Quiet: true, ReadBody: readTemplate, Run: s.templateHash}}
}

func readTemplate(data []byte) (map[string]any, error) {
	v, err := template.Decode("body", data)
	if err != nil {
		return nil, azerr.InvalidRequestContent.New(err)
	}
	o, ok := v.(*template.Object)
	if !ok {
		return nil, azerr.InvalidRequestContent.New("the body must be a JSON object")
	}
	return map[string]any{"template": o}, nil
}

func (s *Service) templateHash(_ context.Context, q *arm.ActionRequest) (any, error) {
	t, err := template.FromValue("template", q.Body["template"], "")
	if err != nil {
		return nil, templateError(err)
	}
	return map[string]any{"minifiedTemplate": t.Minified(), "templateHash": t.Hash()}, nil
}
