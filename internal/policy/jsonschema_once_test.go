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
		if check, err := newSchemaCheck(s, "", rule); err != nil || check.validate("x") == "" {
			t.Error("the check does not hold")
		}
	}); n > 50 {
		t.Errorf("%.0f allocations", n)
	}
}

// TestSchemaDefinitions: the definition that a representation names must be there, unless the schema describes one thing only.
func TestSchemaDefinitions(t *testing.T) {
	for _, c := range []struct {
		schema, name string
		rule         contentRule
		want         error
	}{
		{`{"components":{"schemas":{"a":{}}}}`, "a", contentRule{}, nil}, {`{"components":{"schemas":{"a":{}}}}`, "b", contentRule{}, errNoDefinition}, {`{"definitions":{}}`, "b", contentRule{}, errNoDefinition},
		{`{"type":"string"}`, "b", contentRule{}, nil}, {`{"a":{}}`, "", contentRule{ref: "#/b"}, errNoSchema}, {`<a/>`, "", contentRule{}, errNoSchema},
	} {
		if _, err := newSchemaCheck(NewSchema(c.schema), c.name, &c.rule); err != c.want {
			t.Errorf("%s %s: %v, want %v", c.schema, c.name, err, c.want)
		}
	}
}
