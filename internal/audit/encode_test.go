package audit

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzEncode: a record is written as encoding/json writes it.
func FuzzEncode(f *testing.F) {
	f.Add("r1", "Microsoft.KeyVault/vaults/secrets/getSecret/action", "operation", "GetSecret", 200, int64(1_772_366_400_123_456_789))
	f.Add("", "", "", "", 0, int64(0))
	f.Add("\"<\\>&\u2028\xff", "\x00\x7f", "é", "line\nbreak", -1, int64(-1))
	f.Fuzz(func(t *testing.T, id, text, name, value string, status int, at int64) {
		r := Record{Time: time.Unix(0, at).UTC(), RequestID: id, Caller: text, CallerName: value, AppID: name, Address: id, Action: text, Resource: value,
			Decision: name, Status: status, Result: text, Extra: map[string]string{name: value, text: id, "operation": "x"}}
		if at%2 == 0 {
			r.Extra = nil
		}
		want, err := json.Marshal(r)
		if err != nil {
			return // a year that JSON has no time for
		}
		if got := r.append(nil); string(got) != string(want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}
