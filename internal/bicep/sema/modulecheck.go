package sema

import (
	"encoding/json"
	"strings"
)

// nullableRef reports whether the definition that ref points to allows null.
func (t *JSONTemplate) nullableRef(ref string) bool {
	for range 8 { // a definition may refer to another one
		raw, ok := t.Definitions[strings.TrimPrefix(ref, "#/definitions/")]
		var d struct {
			Ref      string `json:"$ref"`
			Nullable bool   `json:"nullable"`
		}
		if !ok || json.Unmarshal(raw, &d) != nil {
			return false
		}
		if d.Nullable {
			return true
		}
		ref = d.Ref
	}
	return false
}
