package policy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/policy"
)

// TestDocumentLimits: a document and a fragment may be so long, elements nested so deep, and a
// fragment holds no other, itself included.
func TestDocumentLimits(t *testing.T) {
	fragments := func(id string) (string, string, bool) {
		text := map[string]string{
			"self": `<fragment><include-fragment fragment-id="self" /></fragment>`,
			"long": `<fragment><!--` + strings.Repeat("x", 512<<10-len(`<fragment><!----></fragment>`)) + `--></fragment>`,
			"over": `<fragment><!--` + strings.Repeat("x", 512<<10) + `--></fragment>`,
		}[id]
		return text, policy.FormatXML, text != ""
	}
	include := func(id string) string {
		return `<policies><inbound><include-fragment fragment-id="` + id + `" /></inbound></policies>`
	}
	long := func(n int) string {
		return `<policies><!--` + strings.Repeat("x", n-len(`<policies><!----></policies>`)) + `--></policies>`
	}
	nested := func(n int) string {
		return "<policies><inbound>" + strings.Repeat(`<choose><when condition="true">`, n) + strings.Repeat("</when></choose>", n) + "</inbound></policies>"
	}
	for _, tc := range []struct{ name, src, want string }{
		{"a fragment that holds itself", include("self"), "GHP034"},
		{"a fragment of 512 KiB", include("long"), ""},
		{"a longer fragment", include("over"), "GHP008"},
		{"a document of 256 KiB", long(256 << 10), ""},
		{"a longer document", long(256<<10 + 1), "GHP008"},
		{"30 branches deep", nested(30), ""},
		{"40 branches deep", nested(40), "GHP008"},
		{"50 retries", `<policies><inbound><retry condition="true" count="50" interval="1" /></inbound></policies>`, ""},
		{"51 retries", `<policies><inbound><retry condition="true" count="51" interval="1" /></inbound></policies>`, "GHP025"},
		{"no retry", `<policies><inbound><retry condition="true" count="0" interval="1" /></inbound></policies>`, "GHP025"},
	} {
		_, diags := policy.Compile(tc.src, policy.Options{Fragments: fragments})
		if got := diags.Text(); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q; want %q", tc.name, got, tc.want)
		}
	}
}

// sized answers with a body of so many bytes, whatever the policy allows.
type sized int

func (n sized) Send(context.Context, *policy.Message) (*policy.Response, error) {
	r := &policy.Response{Status: 200}
	r.Body.Set(strings.Repeat("x", int(n)))
	return r, nil
}

// TestBodyLimits: policies read bodies up to Environment.MaxBody; a longer request is answered with
// 413, and a longer answer is an error of the backend.
func TestBodyLimits(t *testing.T) {
	const limit = 1000
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(make([]byte, 100*limit)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	text := func(n int) func(*policy.Exchange) {
		return func(ex *policy.Exchange) { ex.Request.Body.SetStream(strings.NewReader(strings.Repeat("x", n)), -1) }
	}
	read := `<set-body>@(context.Request.Body.As<string>() + "!")</set-body>`
	for _, tc := range []struct {
		name, inner string
		request     func(*policy.Exchange)
		answer      int // bytes of what send-request gets
		status      int
		reason      string
	}{
		{"a request of the limit's size", read, text(limit), 0, 200, ""},
		{"a longer request", read, text(limit + 1), 0, 413, "RequestTooLarge"},
		{"a longer request, to be replaced", `<find-and-replace from="x" to="y" />`, text(limit + 1), 0, 413, "RequestTooLarge"},
		{"a longer request, to be kept for retries", `<retry condition="@(false)" count="1" interval="1"><set-variable name="a" value="b" /></retry>`, text(limit + 1), 0, 413, "RequestTooLarge"},
		{"a longer request, to be copied", `<send-request mode="copy" response-variable-name="r"><set-url>https://a.example</set-url></send-request>`, text(limit + 1), 0, 413, "RequestTooLarge"},
		{"a packed request that is longer when unpacked", read, func(ex *policy.Exchange) {
			ex.Request.Header.Add("Content-Encoding", "gzip")
			ex.Request.Body.Set(packed.String())
		}, 0, 413, "RequestTooLarge"},
		{"an answer of the limit's size", ask("r", "a"), text(0), limit, 200, ""},
		{"a longer answer", ask("r", "a"), text(0), limit + 1, 500, "ResponseTooLarge"},
	} {
		d, diags := policy.Compile("<policies><inbound>"+tc.inner+"</inbound></policies>", policy.Options{Format: policy.FormatRawXML})
		if d == nil {
			t.Fatal(tc.name, diags.Text())
		}
		ex := &policy.Exchange{Services: nowhere{}, Env: &policy.Environment{Sender: sized(tc.answer), MaxBody: limit}}
		tc.request(ex)
		policy.Link(policy.DefaultGlobal(), d).Run(ex)
		if ex.Response.Status != tc.status || ex.LastError.Reason != tc.reason {
			t.Errorf("%s: %d %v; want %d %s", tc.name, ex.Response.Status, ex.LastError, tc.status, tc.reason)
		}
	}
}

// TestRetryEnds: a count that is computed is bounded like one that is written, and retries end
// with the exchange.
func TestRetryEnds(t *testing.T) {
	slept := 0
	env := &policy.Environment{Sleep: func(ctx context.Context, _ time.Duration) error { slept++; return ctx.Err() }}
	run := func(ctx context.Context, inner string) *policy.Exchange {
		d, diags := policy.Compile("<policies><inbound>"+inner+"</inbound></policies>", policy.Options{Format: policy.FormatRawXML})
		if d == nil {
			t.Fatal(diags.Text())
		}
		ex := &policy.Exchange{Context: ctx, Services: nowhere{}, Env: env}
		policy.Link(policy.DefaultGlobal(), d).Run(ex)
		return ex
	}
	ex := run(t.Context(), `<retry condition="@(true)" count="@(20 * 2 + 10)" interval="1" />`)
	if slept != 50 || ex.LastError.Reason != "" {
		t.Errorf("%d retries, %v", slept, ex.LastError)
	}
	ex = run(t.Context(), `<retry condition="@(true)" count="@(context.Variables.Count + 51)" interval="1" />`)
	if ex.LastError.Reason != "ExpressionValueEvaluationFailure" || !strings.Contains(ex.LastError.Message, "from 1 to 50") {
		t.Errorf("%v", ex.LastError)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	slept = 0
	if run(ctx, `<retry condition="@(true)" count="50" interval="1" />`); slept != 1 {
		t.Errorf("%d pauses after the client had gone", slept)
	}
}
