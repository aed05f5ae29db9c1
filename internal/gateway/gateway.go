// Package gateway serves API Management services from a snapshot: it compiles
// their policies, matches requests to operations, runs the programs and talks to
// backends over mutual TLS. Start at Gateway.Apply for what happens to a snapshot
// and at call.serve for what happens to a request.
//
// It owns no listener (edge does) and knows no resources: it imports snapshot,
// policy, pki and counter only, so that it can run alone. HTTP/1.1 is carried by
// fasthttp (fast.go), HTTP/2 by net/http (std.go); both fill the same call.
package gateway

import (
	"cmp"
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"gatehouse/internal/counter"
	"gatehouse/internal/diag"
	"gatehouse/internal/handshake"
	"gatehouse/internal/policy"
)

// Options configure a Gateway; the zero value of each field has a meaning.
type Options struct {
	// Dial connects to backends; it maps our own names to our listener. Nil: the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Roots are trusted for backends beside the system's.
	Roots *x509.CertPool
	// NoSystemRoots leaves the system's out.
	NoSystemRoots bool
	// Forbidden names hosts (without port) that no backend may be, e.g. the control plane's.
	Forbidden func(host string) bool
	Logger    *slog.Logger
	AccessLog io.Writer // JSON lines; nil: none

	Tracer     Tracer         // nil: no spans
	Recorder   Recorder       // counts requests; nil: nobody does
	Handshakes *handshake.Log // of backends that could not be reached over TLS, and of refused client certificates; nil: none
	Now        func() time.Time

	Counters counter.Counters // of policies; nil: in memory
	Cache    counter.Cache    // of policies; nil: in memory
	Sink     policy.Sink      // of traces and metrics of policies; nil: Logger
	// Events is where the events of a service's logger go, as JSON lines; a Write returns at once. Nil, or a nil
	// writer: Logger.
	Events func(service, logger string) io.Writer
	// Tokens gives a service, by its resource id, its tokens; nil: none has any.
	Tokens func(service string) policy.Tokens

	// How long a client may take: for the header of a request (30 s), between requests
	// (120 s), between two pieces of a body (60 s); and a backend between two pieces of its
	// response's body (60 s, see upstream.DefaultQuiet). Negative: without end.
	Timeouts
}

// Timeouts are Options that can be changed while the gateway runs.
type Timeouts struct {
	HeaderTimeout, IdleTimeout, BodyTimeout time.Duration
	BackendBodyTimeout                      time.Duration
}

// SetTimeouts changes them: a client's for connections to come, the backends' for requests to come.
func (g *Gateway) SetTimeouts(t Timeouts) {
	t.HeaderTimeout = cmp.Or(t.HeaderTimeout, 30*time.Second)
	t.IdleTimeout = cmp.Or(t.IdleTimeout, 120*time.Second)
	t.BodyTimeout = cmp.Or(t.BodyTimeout, 60*time.Second)
	if t.BackendBodyTimeout < 0 {
		t.BackendBodyTimeout = forever
	}
	g.timeouts.Store(&t)
}

// forever is a timeout that nobody will see end.
const forever = 10 * 365 * 24 * time.Hour

// Problem is a part of a snapshot that could not be taken over. The API, or with an
// empty API the service's global policy or a backend, runs its last good state, or none.
type Problem struct {
	Service     string
	API         string // id
	Operation   string // id; empty for the API itself
	Backend     string // id, when it is a backend's problem
	Product     string // id, when it is a product's
	Diagnostics diag.List
	KeptLast    bool // the last good state serves on
}

// Gateway implements edge.Gateway.
type Gateway struct {
	o      Options
	state  atomic.Pointer[state]
	apply  sync.Mutex // one Apply at a time
	pools  pools
	fast   *fasthttp.Server
	conns  connections
	peers  peers
	log    *accessLog
	shared shared
	meter  Meter // of requests that reach no API

	timeouts atomic.Pointer[Timeouts]
	watchers watchers  // of requests, for `gatehouse trace`
	calls    sync.Pool // of *call

	defaultGlobal *policy.Document

	wallClock bool // Options.Now is the clock that the engines read, too

	closing atomic.Bool
	running sync.WaitGroup // exchanges of net/http
}

// New makes a gateway that serves nothing until Apply.
func New(o Options) *Gateway {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	wallClock := o.Now == nil
	if wallClock {
		o.Now = time.Now
	}
	g := &Gateway{o: o, wallClock: wallClock, log: newAccessLog(o.AccessLog), defaultGlobal: policy.DefaultGlobal()}
	if g.o.Recorder == nil {
		g.o.Recorder = noRecorder{}
	}
	g.meter = g.o.Recorder.API("", "")
	g.SetTimeouts(o.Timeouts)
	g.pools.init(&g.o)
	g.shared = g.newShared()
	g.state.Store(&state{})
	g.calls.New = func() any { return &call{g: g} }
	g.fast = g.newServer()
	return g
}

// Serves reports whether host (without port, any case) is a name of a service.
func (g *Gateway) Serves(host string) bool { return g.state.Load().service(host) != nil }

// Shutdown lets running requests finish until ctx ends, closes all connections and
// writes the rest of the access log.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.closing.Store(true)
	err := g.conns.drain(ctx)
	done := make(chan struct{})
	go func() { g.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.pools.retireAll()
	g.log.flush()
	return err
}

// hostName is the host of a Host field, without port and without the dot at its end.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		if i := strings.IndexByte(host, ']'); i > 0 {
			return host[1:i]
		}
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}
