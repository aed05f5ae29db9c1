package policy

import (
	"strings"
	"testing"
)

// TestSchemaIsReadOnce: a check costs what it checks, however long the schema is.
func TestSchemaIsReadOnce(t *testing.T) {
	s := NewSchema(`{"components":{"schemas":{` + strings.Repeat(`"a":{"type":"string"},`, 10_000) + `"b":{"type":"integer"}}}}`)
	rule := &contentRule{ref: "#/components/schemas/b"}
	if n := testing.AllocsPerRun(10, func() {
		if check, ok := newSchemaCheck(s, "", rule); !ok || check.validate("x") == "" {
			t.Error("the check does not hold")
		}
	}); n > 50 {
		t.Errorf("%.0f allocations", n)
	}
}
