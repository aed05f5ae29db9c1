package source

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// Assertion is an assertion of a template, and whether it holds.
type Assertion struct {
	Name  string
	Holds bool
}

// Assertions evaluates the assertions of a compiled template. parameters is a
// template without resources whose output "parameters" is what it is given. Nothing
// is deployed: an assertion that needs a deployed resource is an error.
func Assertions(ctx context.Context, compiled, parameters []byte) ([]Assertion, error) {
	given, err := Evaluate(ctx, parameters)
	if err != nil {
		return nil, err
	}
	in := template.Input{Name: "test", Parameters: map[string]any{}}
	values, _ := given.(map[string]any)
	for name, v := range values {
		in.Parameters[name] = map[string]any{"value": v}
	}
	if in.Scope, err = resourceid.Parse(noScope); err != nil {
		return nil, err
	}
	data, names, err := assertionsAsOutputs(compiled)
	if err != nil {
		return nil, err
	}
	t, err := template.Parse("test", data)
	if err != nil {
		return nil, err
	}
	plan, err := t.Plan(ctx, in)
	if err != nil {
		return nil, err
	}
	outputs, err := plan.Outputs(ctx, nil)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, o := range outputs {
		holds, ok := o.Value.(bool)
		if !o.Known || !ok {
			return nil, fmt.Errorf("the assertion %q is known only when its template is deployed", o.Name)
		}
		found[o.Name] = holds
	}
	var out []Assertion
	for _, n := range names {
		out = append(out, Assertion{n, found[n]})
	}
	return out, nil
}

// assertionsAsOutputs is the template with its assertions as its only outputs, and
// without resources.
func assertionsAsOutputs(compiled []byte) (data []byte, names []string, err error) {
	var t map[string]json.RawMessage
	if err := json.Unmarshal(compiled, &t); err != nil {
		return nil, nil, err
	}
	var asserts map[string]json.RawMessage
	if raw := t["asserts"]; raw != nil {
		if err := json.Unmarshal(raw, &asserts); err != nil {
			return nil, nil, err
		}
	}
	outputs := map[string]any{}
	for name, value := range asserts {
		names = append(names, name)
		outputs[name] = map[string]any{"type": "bool", "value": value}
	}
	sort.Strings(names)
	delete(t, "asserts")
	t["languageVersion"], t["resources"] = json.RawMessage(`"2.0"`), json.RawMessage(`{}`)
	if t["outputs"], err = json.Marshal(outputs); err != nil {
		return nil, nil, err
	}
	data, err = json.Marshal(t)
	return data, names, err
}
