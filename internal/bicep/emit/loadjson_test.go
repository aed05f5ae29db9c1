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
