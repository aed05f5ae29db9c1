package openapi

import (
	"slices"
	"strings"
)

// follow is the object that v is, or refers to.
func (r *reader) follow(v any, at string) map[string]any {
	for range maxDepth {
		m, ok := v.(map[string]any)
		if !ok {
			r.wrong(at, "it must be an object")
			return nil
		}
		ref, isRef := m["$ref"].(string)
		if !isRef {
			return m
		}
		if v, ok = r.resolve(ref, at); !ok {
			return nil
		}
	}
	r.wrong(at, "its references go in a circle")
	return nil
}

// resolve finds what a reference names in this document.
func (r *reader) resolve(ref, at string) (any, bool) {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		r.wrong(at, "the reference '%s' is not supported: references can't leave the document", ref)
		return nil, false
	}
	var v any = r.root
	for part := range strings.SplitSeq(path, "/") {
		m, _ := v.(map[string]any)
		part = strings.NewReplacer("~1", "/", "~0", "~", "%7B", "{", "%7D", "}").Replace(part)
		if v, ok = m[part]; !ok {
			r.wrong(at, "there is no '%s'", ref)
			return nil, false
		}
	}
	return v, true
}

// checkSchema looks at the references inside of a schema; where is the prefix that all of them must have.
func (r *reader) checkSchema(v any, at, where string) {
	if !r.step(1, at) {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if _, found := r.resolve(ref, at); found && !strings.HasPrefix(ref, where) {
				r.wrong(at, "the reference '%s' is not supported: types must lie in '%s'", ref, where)
			}
			return
		}
		for _, k := range keys(v) {
			if k != "example" && k != "examples" && k != "default" && k != "enum" { // values, not schemas
				r.checkSchema(v[k], at+"."+k, where)
			}
		}
	case []any:
		for _, e := range v {
			r.checkSchema(e, at, where)
		}
	}
}

// maxContents is how many values the contents of all operations may have. What is referred to counts as
// often as it is used: each operation is a resource of its own.
const maxContents = 2 * maxNodes

// step counts n more values; false when there are too many.
func (r *reader) step(n int, at string) bool {
	if r.steps > maxContents {
		return false
	}
	if r.steps += n; r.steps > maxContents {
		r.wrong(at, "the contents of the operations have more than %d values: name their types in the schemas of the document, and use shared examples less often", maxContents)
		return false
	}
	return true
}

// weigh counts what v holds; long texts count more.
func (r *reader) weigh(v any, at string) bool {
	switch v := v.(type) {
	case string:
		return r.step(1+len(v)/64, at)
	case map[string]any:
		for _, e := range v {
			if !r.weigh(e, at) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !r.weigh(e, at) {
				return false
			}
		}
	}
	return r.step(1, at)
}

// typeOf names the type of a schema, and keeps one that stands in place under a name made of words.
func (r *reader) typeOf(schema any, at, where string, words ...string) string {
	m, ok := schema.(map[string]any)
	if !ok || len(m) == 0 {
		return ""
	}
	r.checkSchema(m, at, where)
	if ref := text(m, "$ref"); ref != "" {
		return strings.TrimPrefix(ref, where)
	}
	name := typeNameOf(words...)
	r.types[name] = schema
	return name
}

// representation is one content type of a body.
func (r *reader) representation(contentType, typeName string, examples map[string]any) map[string]any {
	m := map[string]any{"contentType": contentType}
	if typeName != "" {
		m["schemaId"], m["typeName"] = r.o.SchemaID, typeName
	}
	if len(examples) > 0 && r.weigh(examples, contentType) {
		m["examples"] = examples
	}
	return m
}

// parameter is a parameter in the shape of ParameterContract. schema has the type.
func (r *reader) parameter(m, schema map[string]any) map[string]any {
	p := map[string]any{"name": text(m, "name"), "type": "string"}
	if d := text(m, "description"); d != "" {
		p["description"] = d
	}
	if t, ok := schema["type"].(string); ok {
		p["type"] = t
	} else if t := texts(schema, "type"); len(t) > 0 { // OpenAPI 3.1 has lists
		p["type"] = t[0]
	}
	if m["required"] == true {
		p["required"] = true
	}
	if v := schema["default"]; v != nil {
		p["defaultValue"] = plain(v)
	}
	var values []any
	enum := list(schema, "enum")
	r.step(len(enum), text(m, "name"))
	for _, e := range enum {
		if e != nil {
			values = append(values, plain(e))
		}
	}
	if values != nil {
		p["values"] = values
	}
	return p
}

// parameters are those of the path and of the operation; the operation's replace the path's.
func (r *reader) parameters(item, operation map[string]any, at string) (out []map[string]any) {
	index := map[string]int{}
	for _, from := range []struct {
		m  map[string]any
		at string
	}{{item, at[:strings.LastIndexByte(at, '.')]}, {operation, at}} {
		for i, e := range list(from.m, "parameters") {
			where := from.at + ".parameters[" + plain(i) + "]"
			p := r.follow(e, where)
			if p == nil {
				continue
			}
			in, name := text(p, "in"), text(p, "name")
			if name == "" || !slices.Contains([]string{"path", "query", "header", "cookie", "body", "formData"}, in) {
				r.wrong(where, "a parameter must have 'name', and 'in' must be path, query, header or cookie")
				continue
			}
			if old, again := index[in+" "+name]; again {
				out[old] = p
				continue
			}
			index[in+" "+name] = len(out)
			out = append(out, p)
		}
	}
	return out
}
