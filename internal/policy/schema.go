package policy

import (
	"strings"
	"sync"

	"gatehouse/internal/policy/xsd"
)

// Schema is one of service/schemas or of an API's schemas, read once for all requests.
type Schema struct {
	root any                         // of a JSON schema; nil: it is none
	xml  func() (*xsd.Schema, error) // of an XML schema, compiled when it is first used
}

// NewSchema reads the text of a JSON schema.
func NewSchema(text string) Schema {
	root, err := parseJSON(text)
	if err != nil {
		root = nil
	}
	return Schema{root: root}
}

// NewXMLSchema is a schema of XML; find knows what it includes and imports.
func NewXMLSchema(text string, find func(location, namespace string) (text string, ok bool)) Schema {
	return Schema{xml: sync.OnceValues(func() (*xsd.Schema, error) { return xsd.Compile(text, find) })}
}

// SchemaAt is the id of the service's schema that the location of an include or import names.
// https://learn.microsoft.com/azure/api-management/validate-content-policy#schemas-for-content-validation
func SchemaAt(location string) (id string, ok bool) {
	id, ok = strings.CutPrefix(strings.ToLower(location), "/schemas/")
	return id, ok && id != ""
}

// SchemaNamespace is the target namespace of an XML schema; ok is false when the text is none.
func SchemaNamespace(text string) (target string, ok bool) { return xsd.Namespace(text) }
