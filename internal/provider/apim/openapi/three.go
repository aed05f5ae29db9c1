package openapi

import (
	"net/url"
	"strconv"
	"strings"
)

const componentsAt = "#/components/schemas/"

// three reads OpenAPI 3. https://spec.openapis.org/oas/v3.0.3
func (r *reader) three() {
	r.info()
	r.api.ServiceURL = r.server()
	schemas := object(object(r.root, "components"), "schemas")
	for _, name := range keys(schemas) {
		r.types[name] = schemas[name]
		r.checkSchema(schemas[name], "components.schemas."+name, componentsAt)
	}
	r.eachOperation(func(path, method, at string, item, operation map[string]any) {
		p := &parts{}
		for _, m := range r.parameters(item, operation, at) {
			p.parameter(text(m, "in"), r.parameter(m, r.parameterSchema(m, at)))
		}
		if body := operation["requestBody"]; body != nil && method != "get" && method != "head" && method != "options" { // as Azure leaves it out there
			m := r.follow(body, at+".requestBody")
			p.bodyDescription = text(m, "description")
			p.bodies = r.content(m, at+".requestBody.content", path, method, "Request")
		}
		p.responses = r.responses(operation, at, func(m map[string]any, at, code string) []any {
			return r.content(m, at+".content", path, method, code, "Response")
		})
		r.add(path, method, operation, p)
	})
	if len(r.types) > 0 {
		r.api.Schema = &Schema{ContentType: TypeComponents, Document: map[string]any{"components": map[string]any{"schemas": r.types}}}
	}
}

// maxURL is the longest that a service's address may be.
const maxURL = 2000

// server is the first server over TLS, or the first; its variables have their defaults. A relative one
// says nothing: the document has no place of its own.
func (r *reader) server() string {
	found := ""
	for i, e := range list(r.root, "servers") {
		m, _ := e.(map[string]any)
		s, short := withVariables(text(m, "url"), object(m, "variables"))
		if !short {
			r.wrong("servers["+plain(i)+"].url", "with its variables it is longer than %d characters", maxURL)
			continue
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			continue
		}
		if u.Scheme == "https" {
			return strings.TrimRight(s, "/")
		}
		if found == "" {
			found = strings.TrimRight(s, "/")
		}
	}
	return found
}

// withVariables is a URL whose variables have their defaults, in which none stand in for others; false
// when it is longer than maxURL.
func withVariables(url string, variables map[string]any) (string, bool) {
	var b strings.Builder
	for len(url) > 0 && b.Len() <= maxURL {
		begin := strings.IndexByte(url, '{')
		end := begin + strings.IndexByte(url[begin+1:], '}') + 1
		if begin < 0 || end <= begin {
			b.WriteString(url)
			break
		}
		b.WriteString(url[:begin])
		if variable, ok := variables[url[begin+1:end]].(map[string]any); ok {
			b.WriteString(plain(variable["default"]))
		} else {
			b.WriteString(url[begin : end+1])
		}
		url = url[end+1:]
	}
	return b.String(), b.Len() <= maxURL
}

// parameterSchema is the schema of a parameter, or that of its one content.
func (r *reader) parameterSchema(m map[string]any, at string) map[string]any {
	schema := m["schema"]
	for _, media := range object(m, "content") {
		of, _ := media.(map[string]any)
		schema = of["schema"]
	}
	if schema == nil {
		return nil
	}
	return r.follow(schema, at+".parameters."+text(m, "name")+".schema")
}

// content are the representations of a body.
func (r *reader) content(m map[string]any, at string, words ...string) (out []any) {
	media := object(m, "content")
	for _, contentType := range keys(media) {
		of, ok := media[contentType].(map[string]any)
		if !ok {
			r.wrong(at+"."+contentType, "it must be an object")
			continue
		}
		name := words
		if len(media) > 1 || len(words) > 3 { // Azure names those of responses by their type, too
			name = append(append([]string{}, words[:len(words)-1]...), contentType, words[len(words)-1])
		}
		typeName := r.typeOf(of["schema"], at+"."+contentType+".schema", componentsAt, name...)
		out = append(out, r.representation(contentType, typeName, r.examples(of, at+"."+contentType)))
	}
	return out
}

// examples are those of a media type, by name; the one of 'example' is the default.
func (r *reader) examples(of map[string]any, at string) map[string]any {
	out := map[string]any{}
	if v, ok := of["example"]; ok {
		out["default"] = map[string]any{"value": v}
	}
	named := object(of, "examples")
	for _, name := range keys(named) {
		e := r.follow(named[name], at+".examples."+name)
		kept := map[string]any{}
		for _, k := range []string{"summary", "description", "value", "externalValue"} {
			if v, ok := e[k]; ok {
				kept[k] = v
			}
		}
		out[name] = kept
	}
	if schema, _ := of["schema"].(map[string]any); len(out) == 0 && schema["example"] != nil {
		out["default"] = map[string]any{"value": schema["example"]}
	}
	return out
}

// responses are those with a status code, in its order; 'default' and ranges have none.
func (r *reader) responses(operation map[string]any, at string, bodies func(m map[string]any, at, code string) []any) (out []any) {
	all := object(operation, "responses")
	for _, code := range keys(all) {
		status, err := strconv.Atoi(code)
		if err != nil || status < 100 || status > 599 {
			if code != "default" && !strings.HasPrefix(code, "x-") && !(len(code) == 3 && strings.HasSuffix(strings.ToUpper(code), "XX")) {
				r.wrong(at+".responses", "'%s' is not a status code", code)
			}
			continue
		}
		where := at + ".responses." + code
		m := r.follow(all[code], where)
		if m == nil {
			continue
		}
		reply := map[string]any{"statusCode": status}
		if d := text(m, "description"); d != "" {
			reply["description"] = d
		}
		if list := bodies(m, where, code); len(list) > 0 {
			reply["representations"] = list
		}
		if list := r.headers(m, where); len(list) > 0 {
			reply["headers"] = list
		}
		out = append(out, reply)
	}
	return out
}

func (r *reader) headers(m map[string]any, at string) (out []any) {
	all := object(m, "headers")
	for _, name := range keys(all) {
		h := r.follow(all[name], at+".headers."+name)
		if h == nil {
			continue
		}
		named := map[string]any{"name": name, "description": h["description"], "required": h["required"]}
		schema := h // Swagger has the type in the header itself
		if h["schema"] != nil {
			schema = r.follow(h["schema"], at+".headers."+name+".schema")
		}
		out = append(out, r.parameter(named, schema))
	}
	return out
}
