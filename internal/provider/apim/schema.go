package apim

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/policy"
	"gatehouse/internal/policy/xsd"
	"gatehouse/internal/resourceid"
)

// putSchema follows https://learn.microsoft.com/rest/api/apimanagement/global-schema/create-or-update:
// a JSON schema is in 'document', an XML schema in 'value'.
func (p *Provider) putSchema(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"schemaType", "description", "value", "document"}, []string{"provisioningState"})
	f.text("description", false, 0)
	kind := f.oneOf("schemaType", "", "json", "xml")
	if _, isText := made.Properties["document"].(string); isText {
		made.Properties["document"] = readJSON(made.Properties["document"].(string))
	}
	value, document := made.Properties["value"], made.Properties["document"]
	if text, isText := value.(string); isText && kind == "json" && document == nil {
		if document = readJSON(text); document == nil {
			f.wrong("value", "'value' must be a JSON schema.")
		}
		made.Properties["document"] = document
		delete(made.Properties, "value")
	}
	switch {
	case kind == "json" && document == nil:
		f.wrong("document", "'document' must be given: the JSON schema.")
	case kind == "xml":
		if text := f.text("value", true, 0); text != "" {
			if problem := p.schemaProblem(ctx, serviceOf(r.ID), text); problem != nil {
				f.wrong("value", "'value' must be an XML schema: %s.", problem)
			}
		}
	}
	return made, f.err()
}

// schemaProblem says what is wrong with an XML schema. What it includes may come later: then it alone is looked at, and a
// policy that uses it before finds no schema.
func (p *Provider) schemaProblem(ctx context.Context, service resourceid.ID, text string) error {
	_, err := xsd.Compile(text, func(location, _ string) (string, bool) {
		id, ok := policy.SchemaAt(location)
		if !ok {
			return "", false
		}
		child, err := service.Child("schemas", id)
		if err != nil {
			return "", false
		}
		found, err := p.arm.Stored(ctx, child)
		if err != nil || found == nil {
			return "", false
		}
		value, ok := found.Properties["value"].(string)
		return value, ok
	})
	if missing := (*xsd.MissingError)(nil); errors.As(err, &missing) {
		return xsd.Check(text)
	}
	return err
}

// putAPISchema follows https://learn.microsoft.com/rest/api/apimanagement/api-schema/create-or-update.
func (p *Provider) putAPISchema(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"contentType", "document", "value"}, []string{"provisioningState"})
	contentType := f.text("contentType", true, 256)
	if made.Properties["value"] != nil && made.Properties["document"] == nil { // the form of before 2019-12-01
		made.Properties["document"] = map[string]any{"value": made.Properties["value"]}
		delete(made.Properties, "value")
	}
	document, ok := f.object("document")
	if !ok {
		f.wrong("document", "'document' must be given, with 'value', 'components' or 'definitions'.")
		return nil, f.err()
	}
	document.only([]string{"value", "components", "definitions"}, nil)
	value := document.text("value", false, 0)
	document.object("components")
	document.object("definitions")
	switch isJSON := strings.Contains(strings.ToLower(contentType), "json"); {
	case value == "" && document.m["components"] == nil && document.m["definitions"] == nil:
		document.wrong("value", "'document' must have 'value', 'components' or 'definitions'.")
	case value != "" && isJSON:
		if readJSON(value) == nil {
			document.wrong("value", "'document.value' must be JSON, as the content type '%s' says.", contentType)
		}
	case value != "":
		if problem := xmlProblem(value); problem != "" {
			document.wrong("value", "'document.value' must be XML, as the content type '%s' says: %s.", contentType, problem)
		}
	}
	return made, f.err()
}

// mayDeleteSchema keeps a schema that a policy names.
func (p *Provider) mayDeleteSchema(ctx context.Context, r *arm.DeleteRequest) error {
	if strings.EqualFold(arm.Query(r.Query, "force"), "true") {
		return nil
	}
	return p.notNamed(ctx, r, "schema-id", "Schema")
}

// notNamed refuses a deletion while a policy of the service names the resource in an attribute.
func (p *Provider) notNamed(ctx context.Context, r *arm.DeleteRequest, attribute, what string) error {
	policies, err := p.arm.Below(ctx, serviceOf(r.ID), isPolicy)
	if err != nil {
		return err
	}
	name := strings.ToLower(r.ID.Name())
	for _, d := range policies {
		value := strings.ToLower(text(d, "value"))
		if strings.Contains(value, attribute+`="`+name+`"`) || strings.Contains(value, attribute+`='`+name+`'`) {
			return azerr.APIMConflict.New(what + " '" + r.ID.Name() + "' is used by the policy " + d.ID.String() + " and can't be deleted.")
		}
	}
	return nil
}

// readJSON is the value of a JSON text; nil when it is none.
func readJSON(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return nil
	}
	return v
}

// xmlProblem is why text is no XML document; "" when it is one.
func xmlProblem(text string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if elements == 0 {
				return "it has no element"
			}
			return ""
		}
		if err != nil {
			return err.Error()
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
}
