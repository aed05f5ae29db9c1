// Package edge is the one TLS listener, with a certificate minted for each server name
// by the private CA and requests routed by host name, and the CONNECT proxy that sends
// our names to that listener and tunnels all others.
//
// It knows no service: handlers and the gateway are given to it. It does not decide who
// may call; it only asks for client certificates where a front end wants them. Start at
// New and NewProxy; names.go says which names are ours, tls.go what is negotiated.
package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
	"gatehouse/internal/socket"
)

// Gateway is what the listener needs of the API gateway. When it also has
// Shutdown(context.Context) error, Server.Shutdown calls it.
type Gateway interface {
	// Serves reports whether host (lower case, no port) is a host name of a deployed service.
	Serves(host string) bool
	// ServeConn serves HTTP/1.1 on a *tls.Conn whose handshake is complete, until it closes.
	ServeConn(c net.Conn) error
	// ServeHTTP serves a request that came over HTTP/2 or on the default names.
	ServeHTTP(http.ResponseWriter, *http.Request)
}

// Options configure New. CA is required; a nil handler or Gateway has no front end.
type Options struct {
	CA    *pki.CA
	Names Names // zero: AzureNames
	// Certificate is asked for the certificate of a name first; nil, or nil from it: the CA's.
	Certificate func(name string) *tls.Certificate
	Control     map[string]http.Handler // by exact host: "management.azure.com"
	Suffix      map[string]http.Handler // by suffix: ".vault.azure.net"
	Default     http.Handler            // localhost, 127.0.0.1, ::1
	Gateway     Gateway
	Logger      *slog.Logger // nil: slog.Default()

	Limits           Limits
	NoSessionTickets bool // each connection makes a full handshake

	Handshakes *handshake.Log  // keeps those that failed; nil: none
	Observe    func(Handshake) // is told of each; nil: nobody
}

// Handshake is how a TLS handshake of a client ended.
type Handshake struct {
	Err         error  // nil: well
	Check       string // that failed
	Version     uint16
	Resumed     bool
	Certificate bool // the client presented one
	Took        time.Duration
}

const maxHeaderBytes = 64 << 10

// Server is the TLS listener. Make it with New.
type Server struct {
	o         Options
	log       *slog.Logger
	tls       *tls.Config
	engine    atomic.Pointer[engine]
	limits    atomic.Pointer[Limits]
	slots     *slots
	configs   sync.Map // of *tls.Config by settings
	closing   chan struct{}
	closed    sync.Once
	newcomers Newcomers
	shaking   context.Context // ends with Shutdown, and with it the handshakes under way
	stop      context.CancelFunc

	mu        sync.Mutex
	listeners map[net.Listener]bool
	conns     map[net.Conn]bool
	serving   sync.WaitGroup // connections of the gateway, and those in their handshake
}

// New makes a Server that serves nothing until Serve.
func New(o Options) *Server {
	if o.Names == (Names{}) {
		o.Names = AzureNames()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Server{
		o: o, log: o.Logger,
		slots:     newSlots(),
		closing:   make(chan struct{}),
		listeners: map[net.Listener]bool{},
		conns:     map[net.Conn]bool{},
	}
	s.shaking, s.stop = context.WithCancel(context.Background())
	s.tls = s.tlsConfig()
	s.SetLimits(o.Limits)
	return s
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Serve accepts connections on l until Shutdown, when it returns nil. It may be called
// for several listeners.
func (s *Server) Serve(l net.Listener) error {
	if !s.track(l) {
		l.Close()
		return nil
	}
	for {
		if !s.slots.take() {
			return nil
		}
		raw, err := l.Accept()
		if err != nil {
			s.slots.give()
			if s.isClosing() {
				return nil
			}
			if wait := temporary(err); wait > 0 {
				s.log.Warn("edge: accepting failed, trying again", "error", err)
				time.Sleep(wait)
				continue
			}
			return fmt.Errorf("edge: accepting on %s: %w", l.Addr(), err)
		}
		s.start(raw)
	}
}

// temporary says how long to wait after err; 0 when it is final.
func temporary(err error) time.Duration {
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		return 10 * time.Millisecond
	}
	if errors.Is(err, errTooManyFiles) || errors.Is(err, errAborted) {
		return 50 * time.Millisecond
	}
	return 0
}

// start serves raw in a goroutine of its own.
func (s *Server) start(raw net.Conn) {
	c := &conn{Conn: socket.Fast(raw), server: s}
	s.mu.Lock()
	s.conns[c] = true
	s.serving.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.serving.Done()
		s.serve(c)
	}()
}

// serve shakes hands and gives the connection to the engine that ALPN and SNI choose.
func (s *Server) serve(c *conn) {
	secure, ok := s.shake(c)
	if !ok {
		c.Close()
		return
	}
	state := secure.ConnectionState()
	if s.classOf(state.ServerName) == classGateway && state.NegotiatedProtocol != "h2" {
		if err := s.o.Gateway.ServeConn(secure); err != nil {
			s.log.Debug("edge: a gateway connection ended", "host", state.ServerName, "error", err)
		}
		secure.Close()
		return
	}
	for !s.engine.Load().take(secure) {
		if s.isClosing() {
			secure.Close()
			return
		}
	}
}

func (s *Server) track(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosing() {
		return false
	}
	s.listeners[l] = true
	return true
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Shutdown stops accepting, lets requests finish until ctx ends, then closes what is
// left. It returns ctx's error when it had to.
func (s *Server) Shutdown(ctx context.Context) error {
	s.closed.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.closing)
		s.slots.close()
		s.stop()
		for l := range s.listeners {
			l.Close()
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if g, ok := s.o.Gateway.(interface{ Shutdown(context.Context) error }); ok {
			_ = g.Shutdown(ctx)
		}
		s.serving.Wait()
	}()
	defer s.newcomers.Drain()()
	e := s.engine.Load()
	err := e.http.Shutdown(ctx)
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.closeAll()
	_ = e.http.Close()
	return err
}

func (s *Server) closeAll() {
	s.mu.Lock()
	left := make([]net.Conn, 0, len(s.conns))
	for c := range s.conns {
		left = append(left, c)
	}
	s.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
}

// conn gives its slot back when it closes.
type conn struct {
	net.Conn
	server *Server
	once   sync.Once

	hello *tls.ClientHelloInfo // until the handshake has ended
	own   *tls.Certificate     // that was presented
}

// NetConn is the TCP connection.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Close closes the connection.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.server.mu.Lock()
		delete(c.server.conns, c)
		c.server.mu.Unlock()
		c.server.slots.give()
	})
	return err
}
