// Package openapi reads OpenAPI 3 and Swagger 2 documents, JSON or YAML, into what an API Management
// import makes of them: the API's texts, its operations and one schema; and it writes them. Start at Read and Write.
//
// It knows no resources: operations come in the shape of their properties, and provider/apim
// checks and stores them as if somebody had put them. References into other files are refused, as in
// Azure; nothing is fetched. https://learn.microsoft.com/azure/api-management/api-management-api-import-restrictions
package openapi

import (
	"fmt"
	"slices"
	"strings"
)

// API is what a document describes.
type API struct {
	Title, Description string
	ServiceURL         string // empty: the document names no server
	Operations         []Operation
	Schema             *Schema // nil: none
}

// Operation is one operation; Properties are those of an apis/operations resource.
type Operation struct {
	Name       string // of the resource
	Method     string
	Template   string
	Properties map[string]any
}

// Schema holds the types that representations name.
type Schema struct {
	ContentType string
	Document    map[string]any
}

// The content types of schemas.
const (
	TypeComponents  = "application/vnd.oai.openapi.components+json"
	TypeDefinitions = "application/vnd.ms-azure-apim.swagger.definitions+json"
)

// Options of Read.
type Options struct {
	// SchemaID is what representations name as their schema.
	SchemaID string
	// QueryInTemplate puts required query parameters into URL templates, as Azure does by default.
	QueryInTemplate bool
}

// maxProblems is how many problems one answer tells.
const maxProblems = 20

// Problems are all that is wrong with a document.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, " ") }

// Read reads a document. An error is Problems.
func Read(text string, o Options) (*API, error) {
	root, err := decode(text)
	if err != nil {
		return nil, Problems{err.Error()}
	}
	r := &reader{root: root, o: o, api: &API{}, used: map[string]int{}, types: map[string]any{}}
	switch v3, v2 := r.version("openapi"), r.version("swagger"); {
	case strings.HasPrefix(v3, "3."):
		r.three()
	case v2 == "2.0":
		r.two()
	case v3+v2 != "":
		r.wrong("", "the version '%s' is not supported: use OpenAPI 3 or Swagger 2.0", v3+v2)
	default:
		r.wrong("", "it has neither 'openapi' nor 'swagger' with a version")
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.api, nil
}

// reader is one reading.
type reader struct {
	root     map[string]any
	o        Options
	api      *API
	used     map[string]int // names of operations; the last suffix that each got
	steps    int            // through the contents of operations
	types    map[string]any // of the schema
	problems Problems
}

// version is a version as text: YAML has 2.0 as a number.
func (r *reader) version(name string) string {
	switch v := r.root[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		if s := fmt.Sprint(v); s == "2" {
			return "2.0"
		}
		return fmt.Sprint(v)
	}
}

func (r *reader) wrong(at, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if at != "" {
		message = at + ": " + message
	}
	if len(r.problems) < maxProblems && !slices.Contains(r.problems, message+".") {
		r.problems = append(r.problems, message+".")
	}
}

// info takes title and description, and all else that both versions have.
func (r *reader) info() {
	info := object(r.root, "info")
	r.api.Title, r.api.Description = text(info, "title"), text(info, "description")
	if r.api.Title == "" {
		r.wrong("info", "'title' must be given")
	}
	if paths, ok := r.root["paths"].(map[string]any); !ok || len(paths) == 0 {
		r.wrong("", "'paths' must be an object with one path or more")
	}
}

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// eachOperation calls f for the operations in order of path and method. item is the path's own object.
func (r *reader) eachOperation(f func(path, method, at string, item, operation map[string]any)) {
	paths := object(r.root, "paths")
	for _, path := range keys(paths) {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		at := "paths." + path
		if !strings.HasPrefix(path, "/") {
			r.wrong(at, "a path must begin with '/'")
			continue
		}
		item := r.follow(paths[path], at)
		for _, m := range methods {
			if o, ok := item[m].(map[string]any); ok {
				f(path, m, at+"."+m, item, o)
			} else if item[m] != nil {
				r.wrong(at+"."+m, "an operation must be an object")
			}
		}
	}
}

// add makes an operation of what was found.
func (r *reader) add(path, method string, operation map[string]any, p *parts) {
	template := path
	template, p.template = r.templateOf(path, p)
	name := text(operation, "operationId")
	display := text(operation, "summary")
	if display == "" {
		display = name
	}
	if display == "" {
		display = strings.ToUpper(method[:1]) + method[1:] + " - " + path
	}
	if name == "" {
		name = method + "-" + path
	}
	properties := map[string]any{"displayName": cut(display, 300), "method": strings.ToUpper(method), "urlTemplate": template}
	if d := text(operation, "description"); d != "" {
		properties["description"] = cut(d, 1000)
	}
	for k, v := range map[string][]any{"templateParameters": p.template, "responses": p.responses} {
		if len(v) > 0 {
			properties[k] = v
		}
	}
	request := map[string]any{}
	for k, v := range map[string][]any{"queryParameters": p.query, "headers": p.headers, "representations": p.bodies} {
		if len(v) > 0 {
			request[k] = v
		}
	}
	if p.bodyDescription != "" {
		request["description"] = p.bodyDescription
	}
	if len(request) > 0 {
		properties["request"] = request
	}
	r.api.Operations = append(r.api.Operations, Operation{Name: r.unique(name), Method: strings.ToUpper(method), Template: template, Properties: properties})
}

// parts are what an operation has, as lists of objects.
type parts struct {
	template, query, headers, bodies, responses []any
	bodyDescription                             string
}

// parameter adds one parameter where it belongs.
func (p *parts) parameter(in string, m map[string]any) {
	switch in {
	case "path":
		p.template = append(p.template, m)
	case "query":
		p.query = append(p.query, m)
	case "header":
		p.headers = append(p.headers, m)
	}
}

// templateOf is the URL template with its parameters. Each name in the path is declared, and required
// parameters of the query join the template where that is asked for.
func (r *reader) templateOf(path string, p *parts) (string, []any) {
	declared := map[string]any{}
	for _, e := range p.template {
		declared[strings.ToLower(text(e.(map[string]any), "name"))] = e
	}
	var list []any
	template := path
	for _, name := range namesIn(path) {
		e, ok := declared[strings.ToLower(name)]
		if !ok {
			e = map[string]any{"name": name, "type": "string", "required": true}
		}
		list = append(list, e)
	}
	if !r.o.QueryInTemplate {
		return template, list
	}
	var rest []any
	for _, e := range p.query {
		m := e.(map[string]any)
		if m["required"] != true {
			rest = append(rest, e)
			continue
		}
		separator := "&"
		if !strings.Contains(template, "?") {
			separator = "?"
		}
		name := text(m, "name")
		template += separator + name + "={" + name + "}"
		list = append(list, e)
	}
	p.query = rest
	return template, list
}
