package explain

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
)

// listen begins to watch the gateway for the connection's request; nil where there is no gateway
// to ask.
func (r *run) listen(ctx context.Context, local string) <-chan *gateway.Trace {
	if !r.ours || r.o.Server.Watch == nil {
		return nil
	}
	got, ready := make(chan *gateway.Trace, 1), make(chan struct{})
	go func() {
		defer close(got)
		begun := false
		t, err := r.o.Server.Watch(ctx, local, func() { begun = true; close(ready) })
		if !begun {
			close(ready)
		}
		if err == nil && t != nil {
			got <- t
		}
	}()
	select {
	case <-ready:
	case <-ctx.Done():
	}
	return got
}

// patience is how long the gateway's view of an answered request is waited for: requests for
// vaults and the control plane have none.
const patience = 500 * time.Millisecond

// gateway tells what the gateway recorded of the request.
func (r *run) gateway(ctx context.Context, local string, got <-chan *gateway.Trace) {
	r.step()
	var t *gateway.Trace
	select {
	case t = <-got:
	case <-time.After(patience):
	}
	if t == nil {
		r.recorded(ctx, local, "")
		return
	}
	r.report.Trace = t
	where := "service " + t.Service
	for _, part := range []struct{ name, value string }{{"API", t.API}, {"operation", t.Operation}} {
		if part.value != "" {
			where += ", " + part.name + " " + part.value
		}
	}
	details := []string{}
	if t.Service == "" {
		where = "no service has the host name"
	}
	for _, s := range t.Steps {
		details = append(details, fmt.Sprintf("%-9s %-9s %s (%.0f µs, %s)", s.Section, s.Scope, s.Path, s.Microseconds, s.Result))
	}
	if t.Backend != "" {
		details = append(details, "backend "+t.Backend)
	}
	switch f := t.Explanation; {
	case f != nil:
		details = append(details, lastError(t.Error)...)
		r.done("gateway", Failed, f, where, append(details, f.Reason)...)
	case t.Error != nil:
		f := handshake.Finding{Check: "policy", Reason: strings.TrimPrefix(t.Error.Reason+": "+t.Error.Message, ": "), Remedy: t.Error.Cause}
		if t.Service == "" {
			f = handshake.Finding{Check: handshake.CheckName, Reason: "no service of this instance has the host name " + r.url.Hostname(), Remedy: "deploy one, or correct the name"}
		}
		if t.Error.Path != "" {
			f.Reason += " (" + t.Error.Section + ", " + t.Error.Path + ")"
		}
		details = append(details, f.Reason)
		r.done("gateway", Failed, &f, where, details...)
	default:
		r.done("gateway", OK, nil, where, details...)
	}
	r.recorded(ctx, local, t.RequestID)
}

// lastError is what policies saw, and what the client is not told.
func lastError(e *gateway.TraceError) (lines []string) {
	if e == nil {
		return nil
	}
	lines = append(lines, fmt.Sprintf("LastError %s: %s", e.Reason, e.Message))
	if e.Cause != "" {
		lines = append(lines, "in the library's words: "+e.Cause)
	}
	return lines
}

// recorded adds the gateway's records of the connection, or of the request's call to a backend.
func (r *run) recorded(ctx context.Context, local, requestID string) {
	if !r.ours || r.o.Server.Failures == nil {
		return
	}
	for _, f := range []handshake.Filter{{Address: local}, {RequestID: requestID}} {
		if f == (handshake.Filter{}) {
			continue
		}
		r.step()
		list, err := r.o.Server.Failures(ctx, f)
		if err != nil {
			r.done("records", Note, nil, "the gateway's records could not be read: "+err.Error())
			return
		}
		for _, rec := range list {
			if known(r.report.Failures, rec.ID) {
				continue
			}
			r.report.Failures = append(r.report.Failures, rec)
			r.done("record", Failed, &rec.Finding, fmt.Sprintf("%s, %s %s: %s", rec.Direction, rec.Check, rec.Address, rec.Reason), recordDetails(&rec)...)
		}
	}
}

func known(list []handshake.Record, id uint64) bool {
	for _, r := range list {
		if r.ID == id {
			return true
		}
	}
	return false
}

func recordDetails(r *handshake.Record) (lines []string) {
	for _, side := range []struct {
		what string
		list []handshake.Certificate
	}{{"presented", r.Presented}, {"ours", r.Own}} {
		for _, c := range side.list {
			lines = append(lines, fmt.Sprintf("%s: %s, issued by %s, until %s", side.what, c.Subject, c.Issuer, c.NotAfter.Format(time.DateOnly)))
		}
	}
	if r.Error != "" {
		lines = append(lines, "in the library's words: "+r.Error)
	}
	return lines
}
