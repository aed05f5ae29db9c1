package source

import (
	"context"
	"errors"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// noScope stands for the scope of what is evaluated before a deployment: no value depends on it.
const noScope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/none"

// Evaluate evaluates the values that a parameters file computes, by the
// deployment engine's own functions. See bicep.ParamsOptions.
func Evaluate(ctx context.Context, data []byte) (any, error) {
	t, err := template.Parse("parameters", data)
	if err != nil {
		return nil, err
	}
	scope, err := resourceid.Parse(noScope)
	if err != nil {
		return nil, err
	}
	plan, err := t.Plan(ctx, template.Input{Name: "parameters", Scope: scope})
	if err != nil {
		return nil, err
	}
	outputs, err := plan.Outputs(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, o := range outputs {
		if o.Name == "parameters" && o.Known {
			return o.Value, nil
		}
	}
	return nil, errors.New("a value is known only when it is deployed")
}
