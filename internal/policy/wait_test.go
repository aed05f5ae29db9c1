package policy_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/policy"
)

// meeting answers when as many requests have come as it waits for; a URL that holds "never" is
// answered when its context ends only, one that holds "bad" fails.
type meeting struct {
	expect int32

	came  atomic.Int32
	all   chan struct{}
	once  sync.Once
	ended atomic.Int32 // requests whose context ended
}

func newMeeting(expect int32) *meeting { return &meeting{expect: expect, all: make(chan struct{})} }

func (m *meeting) Send(ctx context.Context, message *policy.Message) (*policy.Response, error) {
	if m.came.Add(1) >= m.expect {
		m.once.Do(func() { close(m.all) })
	}
	if strings.Contains(message.URL, "never") {
		<-ctx.Done()
		m.ended.Add(1)
		return nil, ctx.Err()
	}
	select {
	case <-m.all:
	case <-ctx.Done():
		m.ended.Add(1)
		return nil, ctx.Err()
	}
	if strings.Contains(message.URL, "bad") {
		return nil, errors.New("refused")
	}
	r := &policy.Response{Status: 200}
	r.Body.Set("answer of " + message.URL)
	return r, nil
}

func runInbound(t *testing.T, inner string, sender policy.Sender) *policy.Exchange {
	t.Helper()
	d, diags := policy.Compile("<policies><inbound>"+inner+"</inbound></policies>", policy.Options{Format: policy.FormatRawXML})
	if d == nil {
		t.Fatal(diags.Text())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // what hangs fails
	t.Cleanup(cancel)
	ex := &policy.Exchange{Context: ctx, Services: nowhere{}, Env: &policy.Environment{Sender: sender}}
	ex.Request.Method, ex.Request.Path, ex.Request.Target = "GET", "/", "/"
	policy.Link(policy.DefaultGlobal(), d).Run(ex)
	if ctx.Err() != nil {
		t.Fatal("the policies did not end")
	}
	return ex
}

func ask(variable, host string) string {
	return `<send-request mode="new" response-variable-name="` + variable + `"><set-url>https://` + host + `.example</set-url><set-method>GET</set-method></send-request>`
}

func body(variable string) string {
	return `((IResponse)context.Variables["` + variable + `"]).Body.As<string>(preserveContent: true)`
}

// TestWaitForAll: the children run side by side, each in its own order.
func TestWaitForAll(t *testing.T) {
	m := newMeeting(3)
	ex := runInbound(t, `<wait for="all">`+ask("a", "a")+
		`<choose><when condition="@(true)">`+ask("b", "b")+`<set-variable name="seen" value="@(`+body("b")+`)" /></when></choose>`+
		`<choose><when condition="@(!context.Variables.ContainsKey("b"))">`+ask("c", "c")+`</when></choose></wait>`+
		`<return-response><set-body>@(`+body("a")+` + ", " + (string)context.Variables["seen"] + ", " + `+body("c")+`)</set-body></return-response>`, m)
	if want := "answer of https://a.example, answer of https://b.example, answer of https://c.example"; ex.Response.Body.Data != want {
		t.Errorf("%d %q; want %q; %v", ex.Response.Status, ex.Response.Body.Data, want, ex.LastError)
	}
}

// TestWaitForAny: the first that ends, ends the others; what they would have done is not done.
func TestWaitForAny(t *testing.T) {
	m := newMeeting(2)
	ex := runInbound(t, `<wait for="@(context.Request.Method == "GET" ? "any" : "all")">`+
		`<choose><when condition="@(true)">`+ask("slow", "never")+`<set-variable name="after" value="x" /></when></choose>`+ask("quick", "quick")+`</wait>`+
		`<return-response><set-body>@(`+body("quick")+` + context.Variables.ContainsKey("slow") + context.Variables.ContainsKey("after"))</set-body></return-response>`, m)
	if want := "answer of https://quick.exampleFalseFalse"; ex.Response.Body.Data != want || ex.LastError.Reason != "" {
		t.Errorf("%d %q; want %q; %v", ex.Response.Status, ex.Response.Body.Data, want, ex.LastError)
	}
	if m.ended.Load() != 1 {
		t.Error("the slow request was not ended")
	}
}

// TestWaitFails: an error ends the wait and what still runs; with any, another child may do.
func TestWaitFails(t *testing.T) {
	m := newMeeting(2)
	ex := runInbound(t, `<wait>`+ask("slow", "never")+ask("bad", "bad")+`</wait>`, m)
	if ex.Response.Status != 500 || ex.LastError.Reason != "BackendConnectionFailure" || ex.LastError.Path != "wait[1]/send-request[2]" || m.ended.Load() != 1 {
		t.Errorf("%d %v, %d ended", ex.Response.Status, ex.LastError, m.ended.Load())
	}
	ex = runInbound(t, `<wait for="any">`+ask("bad", "bad")+ask("good", "good")+`</wait><return-response response-variable-name="good" />`, newMeeting(2))
	if ex.Response.Status != 200 || ex.LastError.Reason != "" {
		t.Errorf("%d %v", ex.Response.Status, ex.LastError)
	}
	ex = runInbound(t, `<wait for="any">`+ask("x", "bad1")+ask("y", "bad2")+`</wait>`, newMeeting(2))
	if ex.LastError.Reason != "BackendConnectionFailure" {
		t.Errorf("%v", ex.LastError)
	}
}

// TestWaitEnds: return-response inside of a child ends the program; waits may be nested.
func TestWaitEnds(t *testing.T) {
	m := newMeeting(3)
	ex := runInbound(t, `<wait>`+ask("slow", "never")+
		`<choose><when condition="@(true)"><wait for="any">`+ask("slower", "never-again")+ask("quick", "quick")+`</wait><return-response response-variable-name="quick" /></when></choose></wait>`, m)
	if ex.Response.Status != 200 || ex.Response.Body.Data != "answer of https://quick.example" || ex.LastError.Reason != "" || m.ended.Load() != 2 {
		t.Errorf("%d %q %v, %d ended", ex.Response.Status, ex.Response.Body.Data, ex.LastError, m.ended.Load())
	}
}
