package policy

import (
	"encoding/json"
	"strings"
)

// sample makes a value as a schema describes it, for mock-response: an example, default or first
// allowed value where the schema has one.
func (s *schemaCheck) sample(schema any, depth int) any {
	o, ok := schema.(object)
	if s.steps++; !ok || s.steps > maxSteps || depth > maxSampleDepth {
		return nil
	}
	if ref, ok := o.get("$ref"); ok {
		name, _ := ref.(string)
		target, _ := s.resolve(name)
		return s.sample(target, depth+1)
	}
	for _, name := range [...]string{"example", "default", "const"} {
		if v, ok := o.get(name); ok {
			return v
		}
	}
	if v, ok := firstOf(o, "enum"); ok {
		return v
	}
	for _, name := range [...]string{"oneOf", "anyOf"} {
		if v, ok := firstOf(o, name); ok {
			return s.sample(v, depth+1)
		}
	}
	return s.sampleOfType(o, depth)
}

// maxSampleDepth ends samples of schemas that hold themselves.
const maxSampleDepth = 12

func firstOf(o object, name string) (any, bool) {
	v, _ := o.get(name)
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil, false
	}
	return list[0], true
}

func (s *schemaCheck) sampleOfType(o object, depth int) any {
	kind, _ := o.get("type")
	if list, ok := kind.([]any); ok && len(list) > 0 {
		kind = list[0]
	}
	switch kind {
	case "string":
		return sampleText(o)
	case "integer", "number":
		if v, ok := o.get("minimum"); ok {
			return v
		}
		return json.Number("0")
	case "boolean":
		return true
	case "array":
		items, ok := o.get("items")
		if !ok {
			return []any{}
		}
		return []any{s.sample(items, depth+1)}
	}
	return s.sampleObject(o, depth)
}

// sampleObject has the properties of o and of all parts of its allOf.
func (s *schemaCheck) sampleObject(o object, depth int) any {
	out := object{}
	parts, _ := o.get("allOf")
	list, _ := parts.([]any)
	for _, part := range list {
		if more, ok := s.sample(part, depth+1).(object); ok {
			out = append(out, more...)
		}
	}
	p, described := o.get("properties")
	properties, _ := p.(object)
	for _, m := range properties {
		out = append(out, member{m.name, s.sample(m.value, depth+1)})
	}
	if kind, _ := o.get("type"); !described && list == nil && kind != "object" {
		return nil
	}
	return out
}

func sampleText(o object) string {
	format, _ := o.get("format")
	switch name, _ := format.(string); strings.ToLower(name) {
	case "date-time":
		return "2000-01-01T00:00:00Z"
	case "date":
		return "2000-01-01"
	case "uuid":
		return "00000000-0000-0000-0000-000000000000"
	case "uri", "url":
		return "http://example.com"
	case "email":
		return "user@example.com"
	}
	return "string"
}
