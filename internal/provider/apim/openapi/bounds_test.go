package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// many is what f makes of 0 to n-1.
func many(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

// TestBounds: documents that would take hours, gigabytes or the whole stack are refused by what is wrong with them.
func TestBounds(t *testing.T) {
	const head = "openapi: 3.0.0\ninfo: {title: t, version: '1'}\n"
	deep, wide := "nested deeper than 100", "send it as JSON"
	for name, c := range map[string]struct{ text, want string }{
		"lists":     {"x: " + strings.Repeat("[", 100_000), deep},
		"objects":   {strings.Repeat(`{"a":`, 100_000), "exceeded max depth"},
		"flows":     {"x: " + strings.Repeat("{a: ", 100_000), deep},
		"dashes":    {strings.Repeat("- ", 100_000), deep},
		"keys":      {strings.Repeat("a: ", 100_000), deep},
		"questions": {strings.Repeat("? ", 100_000), deep},
		"anchors":   {"x: " + strings.Repeat("&a ", 100_000), deep},
		"aliases":   {strings.Repeat("*a ", 100_000), deep},
		"tags":      {"x: " + strings.Repeat("!a ", 100_000), deep},
		"wide":      {head + many(20_000, func(i int) string { return fmt.Sprintf("k%d: 1\n", i) }), wide},
		"long":      {head + "x:\n" + strings.Repeat("- a: 1\n", 20_000), wide},
		"not JSON":  {`{"a":[` + strings.Repeat("1,", 100_000) + `],]`, "it is not JSON, on line 1"},
		"variables": {head + "servers: [{url: 'https://" + strings.Repeat("{a}", 3000) + "', variables: {a: {default: '" + strings.Repeat("{b}", 1000) + "'}}}]", "servers[0].url: with its variables it is longer than 2000"},
		"references": {head + "components: {responses: {R: {content: {a/b: {schema: {properties: {" + many(2000, func(i int) string { return fmt.Sprintf("k%d: {type: string}, ", i) }) + "}}}}}}}\npaths:\n" + many(2000, func(i int) string {
			return fmt.Sprintf(" /p%d: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}\n", i)
		}), "the contents of the operations have more than 1000000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.text, Options{SchemaID: "s"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.200v, want %s", err, c.want)
			}
		})
	}
}

// TestWide: what a large API has is read.
func TestWide(t *testing.T) {
	text := "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n" + many(9000, func(i int) string { return fmt.Sprintf("  /p%d:\n    get: {operationId: same}\n", i) })
	api, err := Read(text, Options{SchemaID: "s"})
	if err != nil || len(api.Operations) != 9000 {
		t.Fatalf("%.200v", err)
	}
	names := map[string]bool{}
	for _, o := range api.Operations {
		names[o.Name] = true
	}
	if len(names) != 9000 || !names["same"] || !names["same-8999"] {
		t.Errorf("%d names", len(names))
	}
}

// TestVariables: a default is no place for other variables.
func TestVariables(t *testing.T) {
	for url, want := range map[string]string{"https://{a}.example.com/{b}": "https://{b}.example.com/1", "{x}/{a": "{x}/{a", "}{b}{": "}1{", "{}": "{}"} {
		got, short := withVariables(url, map[string]any{"a": map[string]any{"default": "{b}"}, "b": map[string]any{"default": "1"}})
		if got != want || !short {
			t.Errorf("%s: %s", url, got)
		}
	}
}
