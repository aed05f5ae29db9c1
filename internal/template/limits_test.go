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
	if _, err := Parse("t", []byte(whole(many(256, parameter), many(256, variable), many(63, output), long(24574)))); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	for _, c := range []struct{ text, want string }{
		{whole(many(257, parameter), "", many(1, output), "1"), "The number of template parameters limit exceeded. Limit: '256' and actual: '257'"},
		{whole("", many(257, variable), many(1, output), "1"), "The number of template variables limit exceeded. Limit: '256' and actual: '257'"},
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
