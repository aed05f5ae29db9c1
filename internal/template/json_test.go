package template

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeLenientReadsWhatAzureCLISends(t *testing.T) {
	body := "\ufeff{\"properties\": {\"parameters\": {\"a\": {\"value\": 1}}, \"mode\": \"Incremental\", template:{ // a comment\n" +
		"'contentVersion': '1.0.0.0', /* two\nlines */ \"resources\": [1, -2.5e3, true, null, \"x\\u00e9\\ud83d\\ude00\",],\n}}}"
	got, err := DecodeLenient([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"properties": map[string]any{"parameters": map[string]any{"a": map[string]any{"value": json.Number("1")}},
		"mode": "Incremental", "template": map[string]any{"contentVersion": "1.0.0.0",
			"resources": []any{json.Number("1"), json.Number("-2500.0"), true, nil, "xé😀"}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestSyntaxErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		``:                      "Unexpected end of content. Path '', line 1, position 1.",
		`{"a": [1 2]}`:          "After parsing a value an unexpected character was encountered: 2. Path 'a', line 1, position 10.",
		"{\"a\":\n {\"b\": x}}": "Unexpected character encountered while parsing value: x. Path 'a.b', line 2, position 8.",
		`{"a" 1}`:               "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 1, position 6.",
		`{"a": "b`:              "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 9.",
		`{"a": 1-2}`:            "Input string '1-2' is not a valid number. Path 'a', line 1, position 7.",
		`{} x`:                  "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 4.",
		`{"a": "\q"}`:           "Bad JSON escape sequence: \\q. Path 'a', line 1, position 9.",
		`[]`:                    "The body must be a JSON object. Path '', line 1, position 1.",
	} {
		if _, err := DecodeLenient([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
	if _, err := DecodeLenient([]byte(strings.Repeat("[", 100000))); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("deep nesting: %v", err)
	}
}
