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

func BenchmarkEncode(b *testing.B) {
	r := Record{Time: time.Now().UTC(), RequestID: "8c5b6ee8-92a3-4f0c-8b0e-0d1a6a3f8d11", Caller: "5a1d7a4e-6f7f-4f0f-93d0-5a8c1f0c7b21", CallerName: "app",
		Action: "Microsoft.KeyVault/vaults/secrets/getSecret/action", Decision: Allowed, Status: 200, Result: "Succeeded",
		Extra: map[string]string{"operation": "GetSecret", "valueHash": "hmac-sha256:0000000000000000000000000000000000000000000000000000000000000000"}}
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.append(make([]byte, 0, 1024))
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
