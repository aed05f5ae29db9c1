package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// TestTraceShowsVariables: what a policy sets is told, and no token, secret or key with it.
func TestTraceShowsVariables(t *testing.T) {
	b := newBench(t, echo)
	s := b.service()
	s.APIs = []*snapshot.API{{ID: "a", Path: "a", Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*"}}, Policy: snapshot.Policy{Text: inboundPolicy(
		`<set-variable name="plain" value="one" /><set-variable name="plain" value="@(context.Variables.GetValueOrDefault&lt;string&gt;(&quot;plain&quot;) + &quot; two&quot;)" />` +
			`<set-variable name="number" value="@(6 * 7)" /><set-variable name="body" value="@(new JObject(new JProperty(&quot;a&quot;, 1)))" />` +
			`<set-variable name="accessToken" value="opaque-value" /><set-variable name="hidden" value="x {{secret}} y" />` +
			`<set-variable name="seen" value="eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln" /><return-response />`)}}}
	b.apply(s)
	traces := make(chan *gateway.Trace, 1)
	stop := b.g.Watch(gateway.TraceFilter{}, func(tr *gateway.Trace) { traces <- tr })
	defer stop()
	get(t, b.client(engines[0], nil), "/a/x")
	text, _ := json.Marshal(<-traces)
	for _, want := range []string{`"what":"variable.plain","to":"one"`, `"what":"variable.plain","from":"one","to":"one two"`, `"what":"variable.number","to":"42"`,
		`"what":"variable.accessToken","to":"***"`, `"what":"variable.hidden","to":"x *** y"`, `"what":"variable.seen","to":"***"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the trace lacks %s:\n%s", want, text)
		}
	}
	for _, secret := range []string{"opaque-value", "hush", "eyJ"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the trace shows %s:\n%s", secret, text)
		}
	}
}
