package sema

import (
	"testing"

	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// TestTableTypes: every published type becomes one of the language, and what types
// are asked for in general comes to an end though they may refer to themselves.
func TestTableTypes(t *testing.T) {
	names := resourcetypes.Names()
	if testing.Short() {
		names = names[:100]
	}
	for _, name := range names {
		var before *types.Type
		for _, version := range resourcetypes.Versions(name) {
			body := tableTypes[asDeclared].of(resourcetypes.Body(name, version))
			if body.Kind != types.ObjectKind && body.Kind != types.TaggedKind {
				t.Fatalf("%s@%s: %s", name, version, body)
			}
			body.IsLiteral()
			if before != nil {
				types.Collapse(types.Union(before, types.Array, body))
				types.Collapse(types.Union(before, body))
			}
			before = body
		}
	}
}
