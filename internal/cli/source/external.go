package source

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// input is an external input that a parameters file asks for.
type input struct {
	Kind   string `json:"kind"`
	Config any    `json:"config"`
}

// external gets the inputs and evaluates the parameters that are expressions of them, in place.
func (r *Reader) external(ctx context.Context, parameters map[string]json.RawMessage, inputs map[string]input) error {
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		v, err := r.Input(inputs[name].Kind, inputs[name].Config)
		if err != nil {
			return err
		}
		values[name] = v
	}
	declared, given := map[string]any{}, map[string]any{}
	for name, raw := range parameters {
		var p struct {
			Expression string          `json:"expression"`
			Reference  json.RawMessage `json:"reference"`
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		if strings.Contains(string(p.Reference), "externalInputs(") {
			return fmt.Errorf("the parameter %s refers to a secret by an external input, which is not supported: write the vault and the secret's name out", name)
		}
		if p.Expression != "" {
			declared[name], given[name] = map[string]any{}, map[string]any{"expression": p.Expression}
		}
	}
	evaluated, err := evaluateExpressions(ctx, declared, given, values)
	if err != nil {
		return err
	}
	for name := range given {
		if parameters[name], err = json.Marshal(map[string]any{"value": evaluated[name]}); err != nil {
			return err
		}
	}
	return nil
}

// evaluateExpressions gives the values of parameters by the deployment engine's own functions.
func evaluateExpressions(ctx context.Context, declared, given, external map[string]any) (map[string]any, error) {
	t, err := template.FromValue("parameters", map[string]any{"$schema": "parameters", "contentVersion": "1.0.0.0", "languageVersion": "2.0",
		"parameters": declared, "resources": map[string]any{}}, "")
	if err != nil {
		return nil, err
	}
	scope, err := resourceid.Parse(noScope)
	if err != nil {
		return nil, err
	}
	plan, err := t.Plan(ctx, template.Input{Name: "parameters", Scope: scope, Parameters: given, External: external})
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, p := range plan.Parameters() {
		if m, ok := p.(map[string]any); ok {
			out[name] = m["value"]
		}
	}
	return out, nil
}
