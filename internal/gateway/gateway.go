// Package gateway serves API Management services from a snapshot: it compiles
// their policies, matches requests to operations, runs the programs and talks to
// backends over mutual TLS. Start at Gateway.Apply for what happens to a snapshot
// and at Gateway.handle for what happens to a request.
//
// It owns no listener (edge does) and knows no resources: it imports snapshot,
// policy, pki and counter only, so that it can run alone.
package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"gatehouse/internal/diag"
	"gatehouse/internal/snapshot"
)

// Options configure a Gateway; the zero value of each field has a meaning.
type Options struct {
	// Dial connects to backends; it maps our own names to our listener. Nil: the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Roots are trusted for backends beside the system's.
	Roots *x509.CertPool
	// Forbidden names hosts (without port) that no backend may be, e.g. the control plane's.
	Forbidden func(host string) bool
	Logger    *slog.Logger
	AccessLog io.Writer // JSON lines; nil: none
	Now       func() time.Time
}

// Problem is an API (or, with an empty API, a service) that could not be compiled and
// runs its last good program, or none.
type Problem struct {
	Service     string
	API         string // id
	Operation   string // id; empty for the API itself
	Diagnostics diag.List
	KeptLast    bool // the last good program serves on
}

// Gateway implements edge.Gateway.
type Gateway struct{ o Options }

// New makes a gateway that serves nothing until Apply.
func New(o Options) *Gateway { return &Gateway{o: o} }

// Apply compiles what changed and swaps it in for the requests to come.
func (g *Gateway) Apply(s *snapshot.Snapshot) []Problem { return nil }

// Serves reports whether host (without port, any case) is a name of a service.
func (g *Gateway) Serves(host string) bool { return false }

// ServeConn serves HTTP/1.1 on a connection whose TLS handshake is done, and closes it.
func (g *Gateway) ServeConn(c net.Conn) error { return errors.New("gateway: not serving") }

// ServeHTTP serves a request of net/http: HTTP/2, and connections without the name of a gateway.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// Shutdown lets running requests finish until ctx ends and closes all connections.
func (g *Gateway) Shutdown(ctx context.Context) error { return nil }
