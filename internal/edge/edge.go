// Package edge is the one TLS listener, routed by host name, and the CONNECT proxy
// that sends our names to it. Start at New and NewProxy.
package edge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"gatehouse/internal/pki"
)

// Gateway is what the listener needs of the API gateway.
type Gateway interface {
	// Serves reports whether host (lower case, no port) is a host name of a deployed service.
	Serves(host string) bool
	// ServeConn serves HTTP/1.1 on a *tls.Conn whose handshake is complete, until it closes.
	ServeConn(c net.Conn) error
	// ServeHTTP serves a request that came over HTTP/2 or on the default names.
	ServeHTTP(http.ResponseWriter, *http.Request)
}

// Options configure New.
type Options struct {
	CA      *pki.CA
	Control map[string]http.Handler // by exact host: "management.azure.com"
	Suffix  map[string]http.Handler // by suffix: ".vault.azure.net"
	Default http.Handler            // localhost, 127.0.0.1, ::1
	Gateway Gateway
	Logger  *slog.Logger
}

// Server is the TLS listener.
type Server struct{}

// New makes a Server.
func New(o Options) *Server { return &Server{} }

// Serve accepts connections on l until Shutdown, when it returns nil.
func (s *Server) Serve(l net.Listener) error { return errors.New("edge: not built yet") }

// Shutdown stops accepting, lets requests finish until ctx ends, then closes.
func (s *Server) Shutdown(ctx context.Context) error { return nil }

// ProxyOptions configure NewProxy.
type ProxyOptions struct {
	// Ours maps a CONNECT target to the address of our listener.
	Ours   func(host string, port int) (addr string, ok bool)
	Logger *slog.Logger
}

// Proxy is the CONNECT proxy.
type Proxy struct{}

// NewProxy makes a Proxy.
func NewProxy(o ProxyOptions) *Proxy { return &Proxy{} }

// ServeHTTP serves one CONNECT.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Serve accepts connections on l until Shutdown, when it returns nil.
func (p *Proxy) Serve(l net.Listener) error { return errors.New("edge: not built yet") }

// Shutdown closes the proxy and its tunnels.
func (p *Proxy) Shutdown(ctx context.Context) error { return nil }

// Reserved reports whether host is one of the names that Gatehouse answers for, which
// are never tunnelled to their public owners.
func Reserved(host string) bool { return false }
