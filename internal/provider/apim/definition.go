package apim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// What an operation says of its requests and responses.
// https://learn.microsoft.com/rest/api/apimanagement/api-operation/create-or-update#requestcontract

var parameterKnown = []string{"name", "description", "type", "defaultValue", "required", "values", "schemaId", "typeName", "examples"}

// checkDefinition checks templateParameters, request and responses of an operation.
func checkDefinition(f *fields) {
	checkParameters(f, "templateParameters")
	if request, ok := f.object("request"); ok {
		request.only([]string{"description", "queryParameters", "headers", "representations"}, nil)
		request.text("description", false, 0)
		checkParameters(request, "queryParameters")
		checkParameters(request, "headers")
		checkRepresentations(request)
	}
	for _, reply := range f.objects("responses") {
		reply.only([]string{"statusCode", "description", "headers", "representations"}, nil)
		switch n := reply.number("statusCode"); {
		case reply.m["statusCode"] == nil:
			reply.wrong("statusCode", "'%s' must be given.", reply.at+"statusCode")
		case n != nil && (*n < 100 || *n > 999):
			reply.wrong("statusCode", "'%s' must be an HTTP status code, not %d.", reply.at+"statusCode", *n)
		}
		reply.text("description", false, 0)
		checkParameters(reply, "headers")
		checkRepresentations(reply)
	}
}

func checkParameters(f *fields, name string) {
	seen := map[string]bool{}
	for _, p := range f.objects(name) {
		p.only(parameterKnown, nil)
		n := p.text("name", true, 0)
		if seen[strings.ToLower(n)] && n != "" {
			p.wrong("name", "'%s' has the parameter '%s' twice.", f.at+name, n)
		}
		seen[strings.ToLower(n)] = true
		p.text("description", false, 0)
		if p.text("type", false, 0) == "" {
			p.m["type"] = "string"
		}
		p.text("defaultValue", false, 0)
		p.texts("values")
		p.text("schemaId", false, 0)
		p.text("typeName", false, 0)
		p.examples()
		if p.m["required"] != nil {
			p.flag("required", false)
		}
	}
}

func checkRepresentations(f *fields) {
	for _, r := range f.objects("representations") {
		r.only([]string{"contentType", "schemaId", "typeName", "formParameters", "examples", "sample"}, []string{"generatedSample"})
		r.text("contentType", true, 0)
		id, name := r.text("schemaId", false, 0), r.text("typeName", false, 0)
		if id == "" && name != "" {
			r.wrong("typeName", "'%s' needs 'schemaId': the schema of the API that has the type.", r.at+"typeName")
		}
		r.text("sample", false, 0)
		r.examples()
		checkParameters(r, "formParameters")
	}
}

// examples are named values; the value may be anything.
func (f *fields) examples() {
	list, _ := f.object("examples")
	for name := range list.m {
		if e, ok := list.object(name); ok {
			e.only([]string{"summary", "description", "value", "externalValue"}, nil)
		}
	}
}

// objects reads a list of objects; what is none of them is wrong.
func (f *fields) objects(name string) []*fields {
	v := f.m[name]
	list, ok := v.([]any)
	if v != nil && !ok {
		f.wrong(name, "'%s' must be a list.", f.at+name)
	}
	var out []*fields
	for i, e := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		m, isObject := e.(map[string]any)
		if !isObject {
			f.wrong(at, "'%s' must be an object.", f.at+at)
			continue
		}
		out = append(out, &fields{m: m, at: f.at + at + ".", problems: f.problems})
	}
	return out
}

// ExampleText is the value of an example as it stands in a body.
func ExampleText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "" // it came as JSON
	}
	return string(text)
}
