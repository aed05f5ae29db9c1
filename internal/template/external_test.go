package template

import (
	"strings"
	"testing"
)

// TestExternalInputs: a parameter may be an expression of values from outside; its type is checked as any other's.
func TestExternalInputs(t *testing.T) {
	tmpl, err := Parse("t", []byte(`{"$schema":"s","contentVersion":"1.0.0.0","parameters":{"a":{"type":"string"},"n":{"type":"int"}},"resources":[],"outputs":{"o":{"type":"string","value":"[format('{0}{1}', parameters('a'), parameters('n'))]"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	given := func(a, n string) map[string]any {
		return map[string]any{"a": map[string]any{"expression": a}, "n": map[string]any{"expression": n}}
	}
	external := map[string]any{"arg": "x", "env": "12"}
	p, err := tmpl.Plan(t.Context(), Input{Scope: testScope, External: external, Parameters: given("[concat(externalInputs('arg'), '-')]", "[int(externalInputs('env'))]")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Outputs(t.Context(), nil)
	if err != nil || out[0].Value != "x-12" {
		t.Errorf("got %v %v", out, err)
	}
	for n, want := range map[string]string{
		"[externalInputs('no')]":   "The external input 'no' is not given",
		"[externalInputs('arg')]":  "Expected 'Integer'. Actual 'String'",
		"[nope()]":                 "The template function 'nope' is not valid",
		"[utcNow()]":               "The template function 'utcNow' is not expected at this location",
		"[reference('x', '2024')]": "The template function 'reference' is not expected at this location",
	} {
		_, err := tmpl.Plan(t.Context(), Input{Scope: testScope, External: external, Parameters: given("", n)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", n, err, want)
		}
	}
}
