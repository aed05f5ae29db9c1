package snapshotbuild

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/snapshot"
)

// describe adds what an operation says of its requests and responses.
func describe(o *snapshot.Operation, p map[string]any) {
	request := object(p, "request")
	o.Parameters = slices.Concat(parametersOf(p["templateParameters"], "path"), parametersOf(request["queryParameters"], "query"), parametersOf(request["headers"], "header"))
	o.Requests = representationsOf(request["representations"])
	for _, reply := range objects(p["responses"]) {
		o.Replies = append(o.Replies, snapshot.Reply{Status: apim.Number(reply["statusCode"]), Headers: parametersOf(reply["headers"], "header"),
			Representations: representationsOf(reply["representations"])})
	}
}

func objects(v any) (out []map[string]any) {
	list, _ := v.([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// parametersOf: those of the path are there when the operation matches, and one of the query that the template
// names is among the template's.
func parametersOf(v any, in string) (out []snapshot.Parameter) {
	for _, m := range objects(v) {
		out = append(out, snapshot.Parameter{Name: text(m, "name"), In: in, Type: strings.ToLower(text(m, "type")), Required: flag(m, "required", false) && in != "path", Values: texts(m["values"])})
	}
	return out
}

func representationsOf(v any) (out []snapshot.Representation) {
	for _, m := range objects(v) {
		r := snapshot.Representation{ContentType: text(m, "contentType"), SchemaID: text(m, "schemaId"), TypeName: text(m, "typeName")}
		examples := object(m, "examples")
		for _, name := range slices.Sorted(maps.Keys(examples)) {
			if value := object(examples, name)["value"]; value != nil {
				r.Examples = append(r.Examples, apim.ExampleText(value))
			}
		}
		if sample := text(m, "sample"); sample != "" && len(r.Examples) == 0 { // the form of before 2021-01-01
			r.Examples = []string{sample}
		}
		out = append(out, r)
	}
	return out
}

// schemaOf is a service's schema.
func schemaOf(r *arm.Resource) snapshot.Schema {
	if text(r.Properties, "schemaType") == "xml" {
		return snapshot.Schema{ContentType: "application/xml", Text: text(r.Properties, "value")}
	}
	return snapshot.Schema{ContentType: "application/json", Text: apim.ExampleText(r.Properties["document"])}
}

// apiSchemaOf is an API's schema: its text, or components or definitions as a document.
func apiSchemaOf(r *arm.Resource) snapshot.Schema {
	document := object(r.Properties, "document")
	s := snapshot.Schema{ContentType: text(r.Properties, "contentType"), Text: text(document, "value")}
	if s.Text == "" {
		data, err := json.Marshal(document)
		if err == nil { // it came as JSON
			s.Text = string(data)
		}
	}
	return s
}
