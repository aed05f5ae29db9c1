package template

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	many := func(n int, member string) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"m%d":%s`, i, member))
		}
		return strings.Join(list, ",")
	}
	whole := func(parameters, variables, outputs, expression string) string {
		return `{"$schema":"s","contentVersion":"1.0.0.0","parameters":{` + parameters + `},"variables":{` + variables + `},"resources":[],"outputs":{` + outputs + `,"e":{"type":"string","value":"[` + expression + `]"}}}`
	}
	const parameter, variable, output = `{"type":"string"}`, `1`, `{"type":"int","value":1}`
	long := func(n int) string { return "'" + strings.Repeat("x", n-2) + "'" }
	if _, err := Parse("t", []byte(whole(many(256, parameter), many(512, variable), many(63, output), long(24574)))); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	for _, c := range []struct{ text, want string }{
		{whole(many(257, parameter), "", many(1, output), "1"), "The number of template parameters limit exceeded. Limit: '256' and actual: '257'"},
		{whole("", many(513, variable), many(1, output), "''"), "The number of template variables limit exceeded. Limit: '512' and actual: '513'"},
		{whole("", "", many(64, output), "1"), "The number of template outputs limit exceeded. Limit: '64' and actual: '65'"},
		{whole("", "", many(1, output), long(24577)), "24576"},
	} {
		parsed, err := Parse("t", []byte(c.text))
		if err == nil {
			var p *Plan
			if p, err = parsed.Plan(t.Context(), Input{Scope: testScope}); err == nil {
				_, err = p.Outputs(t.Context(), fakeRuntime{})
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestExpandedLimits: those that count when copies are made.
func TestExpandedLimits(t *testing.T) {
	box := func(count int, properties string) string {
		return fmt.Sprintf(`{"$schema":"s","contentVersion":"1.0.0.0","languageVersion":"2.1-experimental","parameters":{"long":{"type":"string","defaultValue":"[padLeft('', 65536, 'x')]"}},"resources":{"b":{"type":"A.B/c","apiVersion":"1","name":"[concat('n', copyIndex())]","copy":{"name":"l","count":%d},"properties":%s}}}`, count, properties)
	}
	asserts := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`"a%d":true`, i))
		}
		return `{"$schema":"s","contentVersion":"1.0.0.0","languageVersion":"2.1-experimental","resources":{},"asserts":{` + strings.Join(list, ",") + `}}`
	}
	large := `{"x":[` + strings.Repeat(`"[parameters('long')]",`, 15) + `1]}`
	for _, c := range []struct{ text, want string }{
		{box(800, `{}`), ""},
		{box(801, `{}`), "must be between 0 and 800, not 801"},
		{box(1, large), ""},
		{box(1, `{"x":[`+strings.Repeat(`"[parameters('long')]",`, 16)+`1]}`), "The resource is larger than 1048576 bytes"},
		{box(5, large), "The template is larger than 4194304 bytes with all copies of its resources"},
		{asserts(32), ""},
		{asserts(33), "The number of template asserts limit exceeded. Limit: '32' and actual: '33'"},
	} {
		parsed, err := Parse("t", []byte(c.text))
		if err == nil {
			var p *Plan
			if p, err = parsed.Plan(t.Context(), Input{Scope: testScope}); err == nil {
				for _, n := range p.Nodes {
					if _, _, e := n.Body(t.Context(), nil); e != nil {
						err = e
					}
				}
			}
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
