package diag

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
)

// sarifShape are, of the objects that are written, the properties of SARIF 2.1.0's schema
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json) that this package uses; those with ! are
// required there or, for location and region, what code scanners need.
var sarifShape = map[string][]string{
	"":                 {"$schema", "version!", "runs!"},
	"runs":             {"tool!", "results", "columnKind"},
	"tool":             {"driver!"},
	"driver":           {"name!", "version"},
	"results":          {"ruleId", "level", "message!", "locations"},
	"message":          {"text!"},
	"locations":        {"physicalLocation!"},
	"physicalLocation": {"artifactLocation!", "region"},
	"artifactLocation": {"uri!"},
	"region":           {"startLine!", "startColumn!", "endLine", "endColumn"},
}

func checkSARIF(t *testing.T, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			checkSARIF(t, name, x)
		}
	case map[string]any:
		shape := sarifShape[name]
		for key, x := range v {
			if !slices.Contains(shape, key) && !slices.Contains(shape, key+"!") {
				t.Errorf("%s has the property %s", name, key)
			}
			checkSARIF(t, key, x)
		}
		for _, key := range shape {
			if n := len(key) - 1; key[n] == '!' && v[key[:n]] == nil {
				t.Errorf("%s has no %s", name, key[:n])
			}
		}
	case float64:
		if v < 1 {
			t.Errorf("%s is %v", name, v)
		}
	case string:
		allowed := map[string][]string{"version": nil, "level": {"none", "note", "warning", "error"}, "columnKind": {"utf16CodeUnits", "unicodeCodePoints"}}[name]
		if allowed != nil && !slices.Contains(allowed, v) {
			t.Errorf("%s is %q", name, v)
		}
		if name == "uri" || name == "$schema" {
			if u, err := url.Parse(v); err != nil || u.String() != v {
				t.Errorf("%s is no URI: %q", name, v)
			}
		}
	}
}

// TestSARIFShape: what is written is what SARIF 2.1.0's schema asks for, whatever files are called and wherever findings are.
func TestSARIFShape(t *testing.T) {
	src := NewSource("/a/b c#1%.xml", "first\nsécond")
	list := List{
		{Code: "GHP001", Severity: Error, Message: "m", File: "a b#1%é?.xml", Range: src.Range(0, 0)},
		{Code: "GHP002", Severity: Warning, Message: "m", File: src.Name, Range: src.Range(7, 9), URL: "https://example.com"},
		{Code: "GHP003", Severity: Info, Message: "m", File: "-"},
		{Code: "GHP004", Severity: Error, Message: "m"},
	}
	for _, l := range []List{nil, list} {
		data, err := l.SARIF("tool", "1.0.0")
		if err != nil {
			t.Fatal(err)
		}
		var log map[string]any
		if err := json.Unmarshal(data, &log); err != nil {
			t.Fatal(err)
		}
		if log["version"] != "2.1.0" {
			t.Errorf("version %v", log["version"])
		}
		checkSARIF(t, "", log)
	}
}
