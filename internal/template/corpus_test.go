package template

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/resourceid"
)

// TestCorpus plans every compiled template (main.json) below the folder that GATEHOUSE_TEMPLATES names, with
// made-up parameters. What is wrong with those is no failure; a template that can't be read or a function that
// is not known is.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("GATEHOUSE_TEMPLATES")
	if dir == "" {
		t.Log("GATEHOUSE_TEMPLATES names no folder of templates")
		return
	}
	planned, all := 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "main.json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		all++
		tmpl, err := Parse(path, data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		if err := planMadeUp(tmpl); err != nil && !errors.Is(err, ErrUnknown) {
			text := err.Error()
			if strings.Contains(text, "is not valid. Please see https://aka.ms/arm-functions") || strings.Contains(text, "Unable to parse") || strings.Contains(text, "function requires") {
				t.Errorf("%s: %v", path, err)
			}
			if len(text) > 900 {
				text = text[:900]
			}
			t.Logf("%s: %s", path, text)
			return nil
		}
		planned++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("planned %d of %d templates", planned, all)
}

func planMadeUp(tmpl *Template) error {
	schema, _ := tmpl.Raw().Value("$schema").(string)
	in := Input{Name: "corpus", Scope: testScope, Deployer: map[string]any{"objectId": "o", "tenantId": "t", "userPrincipalName": "u"}, TenantID: "t", Location: "westeurope", Parameters: map[string]any{}}
	switch {
	case strings.Contains(schema, "subscriptionDeploymentTemplate"):
		in.Scope = testScope.Scope()
	case strings.Contains(schema, "managementGroup"):
		in.Scope = resourceid.MustParse("/providers/Microsoft.Management/managementGroups/mg")
	case strings.Contains(schema, "tenantDeploymentTemplate"):
		in.Scope = resourceid.ID{}
	}
	in.ScopeFacts = func(context.Context, resourceid.ID) (map[string]any, error) {
		return map[string]any{"location": "westeurope", "tags": map[string]any{}, "displayName": "x"}, nil
	}
	for _, p := range tmpl.Parameters {
		if !p.HasDefault && !p.schema.nullable {
			in.Parameters[p.Name] = map[string]any{"value": To(tmpl.madeUp(p.raw, 0))}
		}
	}
	plan, err := tmpl.Plan(context.Background(), in)
	if err != nil {
		return err
	}
	return planNested(plan, in, 0)
}

func planNested(plan *Plan, in Input, depth int) error {
	for _, n := range plan.Nodes {
		if !n.IsDeployment() || !n.Condition || n.Existing || depth > 5 {
			continue
		}
		nested, err := n.Nested(context.Background(), nil)
		if err != nil {
			return err
		}
		inner := in
		inner.Scope, inner.Parameters, inner.Name = n.ID.Scope(), nil, n.Name
		p, err := nested.Plan(context.Background(), inner)
		if errors.Is(err, ErrUnknown) {
			continue // it waits for another deployment
		}
		if err != nil {
			return err
		}
		if err := planNested(p, inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// madeUp is a value of a type.
func (t *Template) madeUp(o *Object, depth int) any {
	s, err := t.schemaOf(o, "corpus", 0)
	if err != nil || depth > 10 {
		return nil
	}
	if len(s.allowed) > 0 {
		return s.allowed[0]
	}
	switch s.kind {
	case "int":
		if n, ok := s.raw.Value("minValue").(int64); ok {
			return n
		}
		return int64(1)
	case "bool":
		return true
	case "array":
		return []any{}
	case "object", "secureobject":
		out := NewObject()
		raw := s.raw
		if d, ok := raw.Value("discriminator").(*Object); ok {
			mapping := d.Value("mapping").(*Object)
			name := d.Value("propertyName").(string)
			v, _ := t.madeUp(mapping.vals[0].(*Object), depth+1).(*Object)
			if v == nil {
				return out
			}
			v.set(name, mapping.keys[0])
			return v
		}
		if props, ok := raw.Value("properties").(*Object); ok {
			for i, k := range props.keys {
				p, _ := props.vals[i].(*Object)
				if ps, err := t.schemaOf(p, "corpus", 0); err == nil && !ps.nullable {
					out.set(k, t.madeUp(p, depth+1))
				}
			}
		}
		return out
	case "":
		return "x"
	}
	n, _ := s.raw.Value("minLength").(int64)
	return strings.Repeat("x", int(max(n, 3)))
}
