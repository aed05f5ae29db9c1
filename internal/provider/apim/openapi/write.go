package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Export is an API to be written as a document.
type Export struct {
	Title, Description, Version string
	Server                      string // the URL at which the gateway serves it
	KeyHeader, KeyQuery         string // where a subscription's key stands; empty: it needs none
	Operations                  []Operation
	Schemas                     []map[string]any // the documents of the API's schemas
}

// The formats of Write.
const (
	FormatYAML    = "openapi"
	FormatJSON    = "openapi+json"
	FormatSwagger = "swagger"
)

// Write writes OpenAPI 3.0.1 as YAML or JSON, or Swagger 2.0 as JSON.
func Write(e *Export, format string) ([]byte, error) {
	w := &writer{e: e, two: format == FormatSwagger, schemas: map[string]any{}}
	root := w.document()
	if format == FormatYAML {
		return yaml.Marshal(numbers(root))
	}
	return json.MarshalIndent(root, "", "  ")
}

// numbers are JSON's numbers as Go's, which YAML writes without quotes.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = numbers(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = numbers(e)
		}
		return out
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if n, err := v.Float64(); err == nil {
			return n
		}
		return v.String()
	}
	return v
}

type writer struct {
	e       *Export
	two     bool // Swagger 2.0
	schemas map[string]any
}

// at is where references to schemas point.
func (w *writer) at() string {
	if w.two {
		return definitionsAt
	}
	return componentsAt
}

func (w *writer) document() map[string]any {
	for _, d := range w.e.Schemas {
		maps.Copy(w.schemas, object(object(d, "components"), "schemas"))
		maps.Copy(w.schemas, object(d, "definitions"))
	}
	for name, s := range w.schemas {
		w.schemas[name] = w.pointed(s)
	}
	info := map[string]any{"title": w.e.Title, "version": w.e.Version}
	if w.e.Version == "" {
		info["version"] = "1.0"
	}
	set(info, "description", w.e.Description)
	root := map[string]any{"info": info, "paths": w.paths()}
	w.security(root)
	if w.two {
		w.swagger(root)
		return root
	}
	root["openapi"] = "3.0.1"
	root["servers"] = []any{map[string]any{"url": w.e.Server}}
	components := object(root, "components")
	if components == nil {
		components = map[string]any{}
	}
	if len(w.schemas) > 0 {
		components["schemas"] = w.schemas
	}
	if len(components) > 0 {
		root["components"] = components
	}
	return root
}

func (w *writer) swagger(root map[string]any) {
	root["swagger"] = "2.0"
	if u, err := url.Parse(w.e.Server); err == nil {
		root["host"], root["schemes"] = u.Host, []any{u.Scheme}
		root["basePath"] = "/" + strings.TrimPrefix(u.Path, "/")
	}
	if len(w.schemas) > 0 {
		root["definitions"] = w.schemas
	}
}

// security says where the key of a subscription stands: in the header or in the query.
func (w *writer) security(root map[string]any) {
	schemes, either := map[string]any{}, []any{}
	for _, k := range []struct{ name, in, key string }{{"apiKeyHeader", "header", w.e.KeyHeader}, {"apiKeyQuery", "query", w.e.KeyQuery}} {
		if k.key != "" {
			schemes[k.name] = map[string]any{"type": "apiKey", "name": k.key, "in": k.in}
			either = append(either, map[string]any{k.name: []any{}})
		}
	}
	switch {
	case len(either) == 0:
		return
	case w.two:
		root["securityDefinitions"] = schemes
	default:
		root["components"] = map[string]any{"securitySchemes": schemes}
	}
	root["security"] = either
}

// pointed is a schema whose references point into this document.
func (w *writer) pointed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if ref, ok := e.(string); ok && k == "$ref" {
				e = w.at() + strings.TrimPrefix(strings.TrimPrefix(ref, componentsAt), definitionsAt)
			}
			out[k] = w.pointed(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = w.pointed(e)
		}
		return out
	}
	return v
}

// paths has an operation for any method under each that a document can name.
func (w *writer) paths() map[string]any {
	paths := map[string]any{}
	for _, o := range w.e.Operations {
		path, _, _ := strings.Cut(o.Template, "?")
		path = "/" + strings.TrimPrefix(strings.ReplaceAll(path, "{*", "{"), "/")
		item := object(paths, path)
		if item == nil {
			item = map[string]any{}
			paths[path] = item
		}
		if o.Method != "*" {
			item[strings.ToLower(o.Method)] = w.operation(o, o.Name)
			continue
		}
		for _, m := range methods {
			if item[m] == nil {
				item[m] = w.operation(o, o.Name+"-"+m)
			}
		}
	}
	return paths
}

func (w *writer) operation(o Operation, id string) map[string]any {
	p := o.Properties
	out := map[string]any{"operationId": id, "summary": text(p, "displayName"), "responses": w.responses(list(p, "responses"))}
	set(out, "description", text(p, "description"))
	var parameters []any
	path, _, _ := strings.Cut(o.Template, "?")
	inPath := namesIn(strings.ReplaceAll(path, "{*", "{"))
	for _, e := range list(p, "templateParameters") {
		m, _ := e.(map[string]any)
		in := "query"
		if slices.ContainsFunc(inPath, func(n string) bool { return strings.EqualFold(n, text(m, "name")) }) {
			in = "path"
		}
		parameters = append(parameters, w.parameter(m, in))
	}
	request := object(p, "request")
	for in, name := range map[string]string{"query": "queryParameters", "header": "headers"} {
		for _, e := range list(request, name) {
			m, _ := e.(map[string]any)
			parameters = append(parameters, w.parameter(m, in))
		}
	}
	slices.SortStableFunc(parameters, func(a, b any) int {
		return strings.Compare(text(b.(map[string]any), "in"), text(a.(map[string]any), "in"))
	})
	parameters = append(parameters, w.body(out, request)...)
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if replies := list(p, "responses"); w.two && len(replies) > 0 {
		if types := w.contentTypes(replies); len(types) > 0 {
			out["produces"] = types
		}
	}
	return out
}

func (w *writer) parameter(m map[string]any, in string) map[string]any {
	out := map[string]any{"name": text(m, "name"), "in": in}
	if in == "path" || m["required"] == true {
		out["required"] = true
	}
	set(out, "description", text(m, "description"))
	w.typed(out, m)
	return out
}

// typed says the type of a parameter or header: in it, or in its schema.
func (w *writer) typed(out, m map[string]any) {
	schema := map[string]any{"type": "string"}
	if t := text(m, "type"); t != "" {
		schema["type"] = t
	}
	if v := m["defaultValue"]; v != nil {
		schema["default"] = ofType(text(m, "type"), v)
	}
	var values []any
	for _, v := range list(m, "values") {
		values = append(values, ofType(text(m, "type"), v))
	}
	if values != nil {
		schema["enum"] = values
	}
	if w.two {
		maps.Copy(out, schema)
		return
	}
	out["schema"] = schema
}

// ofType is a value of a parameter, which is kept as text, as JSON has it.
func ofType(typ string, v any) any {
	text, isText := v.(string)
	switch {
	case !isText:
	case typ == "boolean" && (text == "true" || text == "false"):
		return text == "true"
	case typ == "integer" || typ == "number":
		if _, err := json.Number(text).Float64(); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	}
	return v
}

// body writes the representations of a request: as requestBody, or as the parameter that Swagger has for it.
func (w *writer) body(operation, request map[string]any) []any {
	all := list(request, "representations")
	if len(all) == 0 {
		return nil
	}
	if !w.two {
		body := map[string]any{"content": w.content(all)}
		set(body, "description", text(request, "description"))
		operation["requestBody"] = body
		return nil
	}
	operation["consumes"] = w.contentTypes([]any{request})
	first, _ := all[0].(map[string]any)
	body := map[string]any{"name": "body", "in": "body", "schema": w.schema(first)}
	set(body, "description", text(request, "description"))
	return []any{body}
}

func (w *writer) contentTypes(of []any) (types []any) {
	for _, e := range of {
		m, _ := e.(map[string]any)
		for _, r := range list(m, "representations") {
			rep, _ := r.(map[string]any)
			if t := text(rep, "contentType"); t != "" && !slices.Contains(types, any(t)) {
				types = append(types, t)
			}
		}
	}
	return types
}

func (w *writer) content(representations []any) map[string]any {
	content := map[string]any{}
	for _, e := range representations {
		r, _ := e.(map[string]any)
		media := map[string]any{}
		if schema := w.schema(r); len(schema) > 0 {
			media["schema"] = schema
		}
		if examples := object(r, "examples"); len(examples) > 0 {
			media["examples"] = examples
		}
		content[text(r, "contentType")] = media
	}
	return content
}

// schema refers to the type of a representation, when the API's schemas have it.
func (w *writer) schema(r map[string]any) map[string]any {
	name := text(r, "typeName")
	if _, there := w.schemas[name]; name == "" || !there {
		return map[string]any{}
	}
	return map[string]any{"$ref": w.at() + name}
}

// responses are by their status; a document must have one.
func (w *writer) responses(replies []any) map[string]any {
	out := map[string]any{}
	for _, e := range replies {
		m, _ := e.(map[string]any)
		reply := map[string]any{"description": text(m, "description")}
		if all := list(m, "representations"); len(all) > 0 && !w.two {
			reply["content"] = w.content(all)
		} else if len(all) > 0 {
			w.swaggerReply(reply, all)
		}
		headers := map[string]any{}
		for _, e := range list(m, "headers") {
			h, _ := e.(map[string]any)
			one := map[string]any{}
			set(one, "description", text(h, "description"))
			w.typed(one, h)
			headers[text(h, "name")] = one
		}
		if len(headers) > 0 {
			reply["headers"] = headers
		}
		out[fmt.Sprint(m["statusCode"])] = reply
	}
	if len(out) == 0 {
		out["200"] = map[string]any{"description": ""}
	}
	return out
}

func (w *writer) swaggerReply(reply map[string]any, representations []any) {
	first, _ := representations[0].(map[string]any)
	if schema := w.schema(first); len(schema) > 0 {
		reply["schema"] = schema
	}
	examples := map[string]any{}
	for _, e := range representations {
		r, _ := e.(map[string]any)
		if d := object(object(r, "examples"), "default"); d["value"] != nil {
			examples[text(r, "contentType")] = d["value"]
		}
	}
	if len(examples) > 0 {
		reply["examples"] = examples
	}
}

// set writes a text that is not empty.
func set(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}
