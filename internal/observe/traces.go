package observe

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"gatehouse/internal/gateway"
)

// Traces implements gateway.Tracer with OpenTelemetry: a server span for each request, and a
// client span for each call to a backend, in the trace that the client's traceparent names
// (W3C Trace Context).
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// TraceOptions say where traces go.
type TraceOptions struct {
	Endpoint string  // URL of an OTLP/HTTP receiver, e.g. http://127.0.0.1:4318
	Sample   float64 // part of the requests whose client has not decided it
	Version  string
}

// NewTraces starts an exporter. It sends in the background; a receiver that is away costs spans,
// never requests.
func NewTraces(ctx context.Context, o TraceOptions) (*Traces, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(o.Endpoint+pathOf(o.Endpoint)), otlptracehttp.WithTimeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("traces to %s: %w", o.Endpoint, err)
	}
	about := resource.NewSchemaless(attribute.String("service.name", "gatehouse"), attribute.String("service.version", o.Version))
	p := sdk.NewTracerProvider(sdk.WithBatcher(exporter, sdk.WithBatchTimeout(time.Second)), sdk.WithResource(about),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))))
	return &Traces{provider: p, tracer: p.Tracer("gatehouse/gateway")}, nil
}

// pathOf completes an endpoint without a path by the one of the OTLP specification.
func pathOf(endpoint string) string {
	slashes := 0
	for _, c := range endpoint {
		if c == '/' {
			slashes++
		}
	}
	if slashes <= 2 {
		return "/v1/traces"
	}
	return ""
}

// Shutdown sends what is left.
func (t *Traces) Shutdown(ctx context.Context) error { return t.provider.Shutdown(ctx) }

var w3c = propagation.TraceContext{}

// Start implements gateway.Tracer.
func (t *Traces) Start(q gateway.SpanStart) gateway.Span {
	h := propagation.HeaderCarrier(http.Header{})
	h.Set("traceparent", q.Traceparent)
	h.Set("tracestate", q.Tracestate)
	ctx := w3c.Extract(context.Background(), h)
	ctx, s := t.tracer.Start(ctx, q.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(q.Time), trace.WithAttributes(
		attribute.String("http.request.method", q.Method), attribute.String("server.address", q.Host), attribute.String("url.path", q.Path),
		attribute.String("client.address", q.ClientAddress), attribute.String("gatehouse.request_id", q.RequestID)))
	return &span{tracer: t.tracer, ctx: ctx, span: s, method: q.Method}
}

type span struct {
	tracer  trace.Tracer
	ctx     context.Context
	span    trace.Span
	backend trace.Span
	method  string
}

// Backend implements gateway.Span.
func (s *span) Backend(address string) (traceparent, tracestate string) {
	ctx, b := s.tracer.Start(s.ctx, s.method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", s.method), attribute.String("server.address", address)))
	s.backend = b
	h := propagation.HeaderCarrier(http.Header{})
	w3c.Inject(ctx, h)
	return h.Get("traceparent"), h.Get("tracestate")
}

// BackendDone implements gateway.Span.
func (s *span) BackendDone(status int, err error) {
	if s.backend == nil {
		return
	}
	if status != 0 {
		s.backend.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if err != nil || status >= 400 {
		s.backend.SetStatus(codes.Error, http.StatusText(status))
	}
	if err != nil {
		s.backend.RecordError(err)
	}
	s.backend.End()
	s.backend = nil
}

// End implements gateway.Span.
func (s *span) End(e gateway.SpanEnd) {
	s.span.SetAttributes(attribute.Int("http.response.status_code", e.Status), attribute.String("gatehouse.service", e.Service),
		attribute.String("gatehouse.api", e.API), attribute.String("gatehouse.operation", e.Operation))
	if e.API != "" {
		s.span.SetName(s.method + " " + e.API)
	}
	if e.Reason != "" {
		s.span.SetAttributes(attribute.String("error.type", e.Reason))
	}
	if e.Status >= 500 {
		s.span.SetStatus(codes.Error, e.Message)
	}
	s.span.End()
}
