package gateway

import (
	"strings"
	"time"

	"gatehouse/internal/policy"
)

// Tracer makes a span of each request, for systems that collect them (OpenTelemetry). Nil: no spans.
type Tracer interface {
	// Start may return nil for a request that is not sampled. Its strings are the tracer's to keep.
	Start(SpanStart) Span
}

// SpanStart is what is known when a request comes.
type SpanStart struct {
	Traceparent, Tracestate string // of the client (W3C Trace Context)

	Time                                         time.Time
	RequestID, Method, Host, Path, ClientAddress string
}

// Span is one request.
type Span interface {
	// Backend begins the span of a call to a backend, and says what to send there.
	Backend(address string) (traceparent, tracestate string)
	// BackendDone ends it. Status is 0 after an error.
	BackendDone(status int, err error)
	End(SpanEnd)
}

// SpanEnd is what came of the request.
type SpanEnd struct {
	Status                  int
	Service, API, Operation string
	Reason, Message         string // of an error
}

// beginSpan starts the span of a request.
func (c *call) beginSpan() {
	if c.g.o.Tracer == nil {
		return
	}
	h := &c.Request.Header
	c.span = c.g.o.Tracer.Start(SpanStart{Traceparent: strings.Clone(h.Get("traceparent")), Tracestate: strings.Clone(h.Get("tracestate")), Time: c.Time,
		RequestID: strings.Clone(c.ID), Method: strings.Clone(c.Request.Method), Host: strings.Clone(c.Request.Host), Path: strings.Clone(c.Request.Path), ClientAddress: c.client})
}

// spanBackend puts the context of the call to a backend into the request.
func (c *call) spanBackend(h *policy.Header, address string) {
	parent, state := c.span.Backend(address)
	h.Set("traceparent", parent)
	if state != "" {
		h.Set("tracestate", state)
	}
}

func (c *call) endSpan() {
	e := SpanEnd{Status: c.Response.Status, Reason: strings.Clone(c.LastError.Reason), Message: strings.Clone(c.LastError.Message)}
	e.Service, e.API = c.names()
	if c.Operation != nil {
		e.Operation = c.Operation.ID
	}
	c.span.End(e)
	c.span = nil
}
