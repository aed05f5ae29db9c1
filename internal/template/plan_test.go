package template

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/resourceid"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// fakeRuntime answers with properties made of the ID.
type fakeRuntime struct{ gone string }

func (r fakeRuntime) Reference(_ context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	if r.gone != "" && strings.Contains(id.String(), r.gone) {
		return nil, fmt.Errorf("The Resource '%s' was not found: %w", id, ErrNotFound)
	}
	return map[string]any{"id": id.String(), "name": id.Name(), "location": "westeurope", "identity": map[string]any{"principalId": "p-" + id.Name()},
		"properties": map[string]any{"address": "https://" + id.Name() + ".example.com", "version": apiVersion,
			"outputs": map[string]any{"o": map[string]any{"type": "String", "value": "from " + id.Name()}}}}, nil
}

func (fakeRuntime) List(_ context.Context, id resourceid.ID, apiVersion, function string, _ map[string]any) (any, error) {
	return map[string]any{"key": function + " of " + id.Name()}, nil
}

// TestPlans runs the golden cases: a template, a line of dashes, the plan and the
// evaluated bodies and outputs, or the error. Parameters stand in a comment on the first line.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(data), "\n----\n")
			got := describePlan(t, source)
			if *update {
				if err := os.WriteFile(file, []byte(source+"\n----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func describePlan(t *testing.T, source string) string {
	in := Input{Name: "main", Scope: testScope, TenantID: "t-1", Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Runtime: fakeRuntime{gone: "missing"}}
	if line, _, _ := strings.Cut(source, "\n"); strings.HasPrefix(line, "// ") {
		m, err := DecodeLenient([]byte(line[3:]))
		if err != nil {
			t.Fatal(err)
		}
		in.Parameters, _ = m["parameters"].(map[string]any)
		if s, ok := m["scope"].(string); ok {
			in.Scope, in.Location = resourceid.MustParse(s), "westeurope"
		}
	}
	tmpl, err := Parse("main.json", []byte(source))
	if err != nil {
		return failure(err)
	}
	p, err := tmpl.Plan(context.Background(), in)
	if err != nil {
		return failure(err)
	}
	var b strings.Builder
	writePlan(&b, p, "", in)
	return b.String()
}

func failure(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Line > 0 {
		return fmt.Sprintf("error at %d,%d: %s\n", e.Line, e.Column, e.Error())
	}
	return "error: " + err.Error() + "\n"
}

func writePlan(b *strings.Builder, p *Plan, indent string, in Input) {
	short := func(id resourceid.ID) string {
		return strings.TrimPrefix(id.String(), testScope.String()+"/providers/")
	}
	for _, n := range p.Nodes {
		var after []string
		for _, d := range n.DependsOn {
			after = append(after, short(d.ID))
		}
		fmt.Fprintf(b, "%s%s", indent, short(n.ID))
		for text, on := range map[string]bool{" existing": n.Existing, " skipped": !n.Condition} {
			if on {
				b.WriteString(text)
			}
		}
		if len(after) > 0 {
			fmt.Fprintf(b, " after %s", strings.Join(after, ", "))
		}
		b.WriteByte('\n')
		if n.Existing || !n.Condition {
			continue
		}
		if n.IsDeployment() {
			nested, err := n.Nested(context.Background(), in.Runtime)
			if err != nil {
				fmt.Fprintf(b, "%s  %s", indent, failure(err))
				continue
			}
			inner := in
			inner.Scope, inner.Parameters, inner.Name = n.ID.Scope(), nil, n.Name
			q, err := nested.Plan(context.Background(), inner)
			if err != nil {
				fmt.Fprintf(b, "%s  %s", indent, failure(err))
				continue
			}
			writePlan(b, q, indent+"  ", inner)
			continue
		}
		body, _, err := n.Body(context.Background(), in.Runtime)
		if err != nil {
			fmt.Fprintf(b, "%s  %s", indent, failure(err))
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(body)) {
			v, _ := json.Marshal(body[k])
			fmt.Fprintf(b, "%s  %s: %s\n", indent, k, v)
		}
	}
	for _, m := range p.Missing {
		fmt.Fprintf(b, "%smissing %s\n", indent, short(m.ID))
	}
	outputs, err := p.Outputs(context.Background(), in.Runtime)
	if err != nil {
		b.WriteString(indent + failure(err))
	}
	for _, o := range outputs {
		v, _ := json.Marshal(o.Value)
		fmt.Fprintf(b, "%soutput %s %s = %s\n", indent, o.Type, o.Name, v)
	}
}

// TestSecureValuesAreNotShown: neither errors nor what Redact gives have the value of a secure parameter.
func TestSecureValuesAreNotShown(t *testing.T) {
	const head = `{"$schema":"s","contentVersion":"1","parameters":{"s":{"type":"securestring"},"o":{"type":"secureObject","defaultValue":{"inner":"object-secret"}}},"resources":[`
	in := Input{Scope: testScope, Parameters: map[string]any{"s": map[string]any{"value": "not-to-be-seen"}}}
	for _, rest := range []string{
		`{"type":"A.B/c","apiVersion":"1","name":"[int(parameters('s'))]"}]}`,
		`{"type":"A.B/c","apiVersion":"1","name":"n","properties":{"x":"[fail(parameters('s'))]"}}]}`,
		`{"type":"A.B/c","apiVersion":"1","name":"n","properties":{"x":"[json(parameters('o').inner)[parameters('s')]]"}}]}`,
	} {
		tmpl, err := Parse("secure", []byte(head+rest))
		if err != nil {
			t.Fatal(err)
		}
		_, err = tmpl.Plan(context.Background(), in)
		if err == nil || strings.Contains(err.Error(), "not-to-be-seen") || strings.Contains(err.Error(), "object-secret") {
			t.Errorf("got %v", err)
		}
	}
	tmpl, err := Parse("secure", []byte(head+`{"type":"A.B/c","apiVersion":"1","name":"n","properties":{"x":["[concat('a=', parameters('s'))]", "[parameters('o').inner]", 1]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := tmpl.Plan(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := p.Nodes[0].Body(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(p.Redact(body)); string(got) != `{"properties":{"x":["a=*******","*******",1]}}` {
		t.Errorf("got %s", got)
	}
	if got, _ := json.Marshal(p.Parameters()); string(got) != `{"o":{"type":"SecureObject"},"s":{"type":"SecureString"}}` {
		t.Errorf("got %s", got)
	}
}
