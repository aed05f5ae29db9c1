package config

import (
	"strings"
	"testing"
)

func TestEvents(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"events: {to: 'https://collector.contoso.example/e'}", ""}, {"events: {to: 'http://127.0.0.1:8088'}", ""}, {"events: {to: events.jsonl}", ""},
		{"events: {to: 'http://collector.contoso.example'}", "unencrypted"}, {"events: {to: 'https://'}", "not a URL"},
		{"events: {loggers: [{service: contoso, logger: hub}]}", "'to' is missing"},
		{"events: {loggers: [{service: a, logger: b, to: off}, {service: A, logger: B, to: stdout}]}", "twice"},
	} {
		_, found := Parse("/etc/gatehouse/gatehouse.yaml", "domain: contoso.example\n"+tc.text)
		if got := found.Text(); (tc.want == "") == found.HasErrors() || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s, want %q", tc.text, got, tc.want)
		}
	}
}
