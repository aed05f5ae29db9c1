package openapi

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const written = `openapi: 3.0.1
info: {title: Orders, description: Sells things, version: "1"}
servers: [{url: https://backend.contoso.example/v1}]
paths:
  /orders:
    get:
      operationId: listorders
      summary: List
      parameters:
        - {name: page, in: query, schema: {type: integer, default: 1, enum: [1, 2]}}
        - {name: X-Trace, in: header, required: true, schema: {type: string}}
      responses:
        200: {description: OK, headers: {X-Count: {schema: {type: integer}}}, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}, example: {id: 1}}}}
    post:
      operationId: createorder
      summary: Create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses: {201: {description: Made}}
  /orders/{id}:
    delete: {operationId: deleteorder, summary: Delete, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {204: {description: Gone}}}
components: {schemas: {Order: {type: object, properties: {lines: {type: array, items: {$ref: '#/components/schemas/Line'}}}}, Line: {type: object}}}
`

// TestWrite: what was read is read again from what is written, in each format.
func TestWrite(t *testing.T) {
	first, err := Read(written, Options{SchemaID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	e := &Export{Title: first.Title, Description: first.Description, Version: "v1", Server: "https://orders.azure-api.net/shop", KeyHeader: "Ocp-Apim-Subscription-Key", KeyQuery: "subscription-key",
		Operations: first.Operations, Schemas: []map[string]any{first.Schema.Document}}
	for _, format := range []string{FormatYAML, FormatJSON, FormatSwagger} {
		out, err := Write(e, format)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(string(out), Options{SchemaID: "s"})
		if err != nil {
			t.Fatalf("%s: %v\n%s", format, err, out)
		}
		if again.Title != "Orders" || again.Description != "Sells things" || again.ServiceURL != "https://orders.azure-api.net/shop" {
			t.Errorf("%s: %+v", format, again)
		}
		for i := range first.Operations {
			if got, want := plainJSON(t, again.Operations[i]), plainJSON(t, first.Operations[i]); format != FormatSwagger && got != want {
				t.Errorf("%s:\n%s\nwant\n%s", format, got, want)
			}
			if again.Operations[i].Name != first.Operations[i].Name || again.Operations[i].Template != first.Operations[i].Template {
				t.Errorf("%s: %+v", format, again.Operations[i])
			}
		}
		at, part := `"#/components/schemas/Line"`, "components"
		if format == FormatSwagger {
			at, part = `"#/definitions/Line"`, "definitions"
		}
		if text := plainJSON(t, again.Schema.Document); !strings.Contains(text, at) || !strings.Contains(text, part) {
			t.Errorf("%s: %s", format, text)
		}
		if !strings.Contains(string(out), "Ocp-Apim-Subscription-Key") {
			t.Errorf("%s does not say where the key stands", format)
		}
	}
}

// TestWriteAnything: what no document can say is said as nearly as it can.
func TestWriteAnything(t *testing.T) {
	e := &Export{Title: "T", Server: "https://contoso.example", Operations: []Operation{
		{Name: "any", Method: "*", Template: "/files/{*rest}?q={q}", Properties: map[string]any{"displayName": "Any", "templateParameters": []any{map[string]any{"name": "rest"}, map[string]any{"name": "q"}}}},
		{Name: "one", Method: "GET", Template: "*", Properties: map[string]any{"displayName": "One"}}}}
	out, err := Write(e, FormatJSON)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	path := object(object(got, "paths"), "/files/{rest}")
	if len(path) != len(methods) || text(object(path, "put"), "operationId") != "any-put" {
		t.Errorf("%s", out)
	}
	want := []any{map[string]any{"in": "query", "name": "q", "schema": map[string]any{"type": "string"}}, map[string]any{"in": "path", "name": "rest", "required": true, "schema": map[string]any{"type": "string"}}}
	if p := list(object(path, "get"), "parameters"); !reflect.DeepEqual(p, want) {
		t.Errorf("%v", p)
	}
}

func plainJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
