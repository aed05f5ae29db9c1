// Package upstream is the HTTP/1.1 client of the gateway: connection pools, TLS
// with a client certificate, the request on the wire and the response from it.
// Start at Pool.Do.
//
// It is written for a proxy, not for general use: nothing is allocated for a
// request on a kept connection, bodies stream, and header fields stay as they
// came. It knows no policies and no routes.
package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/socket"
)

// Limits and timeouts.
const (
	DefaultTimeout   = 300 * time.Second // forward-request's default
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 15 * time.Second
	idleTimeout      = 90 * time.Second
	maxIdle          = 1024
)

// Options say where a pool connects to and how.
type Options struct {
	Addr string      // host:port
	TLS  *tls.Config // nil: plain HTTP
	// Trust is what TLS was made of; with it failed handshakes are explained.
	Trust *TLSOptions
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Pool keeps connections to one address with one TLS configuration.
type Pool struct {
	o Options

	h2 h2

	mu      sync.Mutex
	idle    []*conn // the last used is last
	retired bool
	open    atomic.Int64 // connections, idle or not
	timer   *time.Timer
}

// NewPool makes an empty pool.
func NewPool(o Options) *Pool { return &Pool{o: o} }

// Retire closes the idle connections; those in use are closed when their exchange
// ends. A retired pool still serves exchanges that hold it, so that none fails
// while a certificate changes.
func (p *Pool) Retire() {
	p.mu.Lock()
	p.retired = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	p.h2.retire()
	closeAll(idle)
}

// Refresh closes the idle connections: further exchanges make new ones.
func (p *Pool) Refresh() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	closeAll(idle)
}

func closeAll(list []*conn) {
	for _, c := range list {
		c.close()
	}
}

// Idle is the number of idle connections.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// Use is how many connections are idle, and how many carry an exchange.
func (p *Pool) Use() (idle, busy int) {
	idle = p.Idle()
	return idle, max(0, int(p.open.Load())-idle)
}

// take returns the idle connection used last, nil without one.
func (p *Pool) take(now time.Time) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	if now.Sub(c.used) > idleTimeout {
		return nil // the sweep closes it
	}
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return c
}

// put gives a connection back.
func (p *Pool) put(c *conn) {
	p.mu.Lock()
	if p.retired || len(p.idle) >= maxIdle {
		p.mu.Unlock()
		c.close()
		return
	}
	p.idle = append(p.idle, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(idleTimeout, p.sweep)
	}
	p.mu.Unlock()
}

// sweep closes the connections that nobody used for too long.
func (p *Pool) sweep() {
	p.mu.Lock()
	now := time.Now()
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].used) > idleTimeout/2 {
		n++
	}
	old := append([]*conn(nil), p.idle[:n]...)
	rest := copy(p.idle, p.idle[n:])
	clear(p.idle[rest:])
	p.idle = p.idle[:rest]
	p.timer = nil
	if rest > 0 {
		p.timer = time.AfterFunc(idleTimeout, p.sweep)
	}
	p.mu.Unlock()
	closeAll(old)
}

// dial makes a new connection, handshake done, within the time that the exchange has.
func (p *Pool) dial(ctx context.Context, limit time.Duration) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if p.o.TLS == nil {
		raw, err := p.connect(ctx)
		if err != nil {
			return nil, err
		}
		return newConn(p, raw, raw), nil
	}
	w := &witness{}
	raw, secure, err := p.dialTLS(ctx, w)
	if err != nil {
		return nil, err
	}
	c := newConn(p, secure, raw)
	c.witness = w
	return c, nil
}

func (p *Pool) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := p.o.Dial(ctx, "tcp", p.o.Addr)
	if err != nil {
		return nil, &Error{Stage: "connect", Addr: p.o.Addr, Err: err}
	}
	return socket.Fast(raw), nil
}

// dialTLS connects and shakes hands; w is told of it. Protocols are those of ALPN to offer in
// place of HTTP/1.1.
func (p *Pool) dialTLS(ctx context.Context, w *witness, protocols ...string) (raw net.Conn, c *tls.Conn, err error) {
	if raw, err = p.connect(ctx); err != nil {
		return nil, nil, err
	}
	config := w.watch(p.o.TLS)
	if len(protocols) > 0 {
		config.NextProtos = protocols
		config.Renegotiation = tls.RenegotiateNever // RFC 9113 section 9.2.1
	}
	w.protocols = config.NextProtos
	c = tls.Client(raw, config)
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err = c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the one to tell
		return nil, nil, &Error{Stage: "TLS handshake", Addr: p.o.Addr, Err: err, Handshake: w.record(p, err)}
	}
	return raw, c, nil
}

// Error says at which stage an exchange with a backend failed.
type Error struct {
	Stage string // connect, TLS handshake, request, response
	Addr  string
	Err   error

	// Handshake tells of the failed handshake, or of the client certificate that the backend
	// refused after it (TLS 1.3); nil for all else.
	Handshake *handshake.Record
}

func (e *Error) Error() string { return e.Stage + " to " + e.Addr + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether a deadline ended the exchange.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}
