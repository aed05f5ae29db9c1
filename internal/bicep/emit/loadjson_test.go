package emit

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPlainJSON(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"{\"a\": 1, // one\n}", `{"a":1}`},
		{`[1, /* two */ 2, /* end */ ]`, `[1,2]`},
		{`{"url": "https://example.com/*x*/,]"}`, `{"url":"https://example.com/*x*/,]"}`},
		{`{"quote": "\",}"}`, `{"quote":"\",}"}`},
	} {
		var got, want any
		if err := json.Unmarshal(plainJSON([]byte(tc.in)), &got); err != nil {
			t.Errorf("%s: %v", tc.in, err)
		}
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", tc.in, got, want)
		}
	}
	for _, bad := range []string{`{"a" 1}`, `[1,,]`, `[1] /* open`, `{"a": "open`} {
		if json.Valid(plainJSON([]byte(bad))) {
			t.Errorf("%s: valid", bad)
		}
	}
}

// A number that is no integer is written as .NET writes a double, inside json().
func TestRealNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"1.0": "1", "0.25": "0.25", "-2.50": "-2.5", "1e3": "1000", "1e14": "100000000000000", "1e15": "1E+15", "0.0001": "0.0001",
		"0.00001": "1E-05", "1.5e300": "1.5E+300", "0.1e-9": "1E-10", "0.0": "0", "123456789012345678901": "1.2345678901234568E+20",
	} {
		v := escapeAll(json.Number(in))
		if v != "[json('"+want+"')]" {
			t.Errorf("%s: got %v, want %s in json()", in, v, want)
		}
		if got := text(constant(v)); got != "[json('"+want+"')]" {
			t.Errorf("%s in an expression: got %s", in, got)
		}
	}
	if v := escapeAll("[json('1')]"); v == "[json('1')]" {
		t.Errorf("a loaded text that looks like an expression is not escaped")
	}
}
