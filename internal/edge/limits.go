package edge

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits bound what clients may take. They can be changed while the server runs.
type Limits struct {
	HandshakeTimeout time.Duration // 0: 10 s, from the first byte awaited to the last of the handshake
	HeaderTimeout    time.Duration // 0: 10 s
	IdleTimeout      time.Duration // 0: 2 minutes
	MaxConnections   int           // at once; 0: 16384. Further ones wait in the kernel's queue.
}

// writeTimeout ends an HTTP/2 connection whose client takes nothing, or does not answer a ping after as long a silence.
const writeTimeout = time.Minute

// SetLimits changes the limits for connections to come. Open ones keep theirs.
func (s *Server) SetLimits(l Limits) {
	l.HandshakeTimeout = orElse(l.HandshakeTimeout, 10*time.Second)
	l.HeaderTimeout = orElse(l.HeaderTimeout, 10*time.Second)
	l.IdleTimeout = orElse(l.IdleTimeout, 2*time.Minute)
	if l.MaxConnections <= 0 {
		l.MaxConnections = 16384
	}
	s.slots.resize(l.MaxConnections)
	was := s.limits.Swap(&l)
	if was != nil && was.HeaderTimeout == l.HeaderTimeout && was.IdleTimeout == l.IdleTimeout {
		return
	}
	e := &engine{conns: make(chan net.Conn), done: make(chan struct{})}
	e.http = &http.Server{
		Handler:           http.HandlerFunc(s.route),
		ReadHeaderTimeout: l.HeaderTimeout,
		IdleTimeout:       l.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.newcomers.Track,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		HTTP2:             &http.HTTP2Config{WriteByteTimeout: writeTimeout, SendPingTimeout: writeTimeout, PingTimeout: writeTimeout / 4},
	}
	go func() { _ = e.http.Serve(e) }()
	if old := s.engine.Swap(e); old != nil {
		go func() { _ = old.http.Shutdown(s.shaking) }() // what runs on it finishes
	}
}

// Connections is how many are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// slots bound the connections that are open at once.
type slots struct {
	mu        sync.Mutex
	change    *sync.Cond
	used, max int
	closed    bool
}

func newSlots() *slots {
	s := &slots{}
	s.change = sync.NewCond(&s.mu)
	return s
}

// take waits for a slot; false after close.
func (s *slots) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.used >= s.max && !s.closed {
		s.change.Wait()
	}
	s.used++
	return !s.closed
}

func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.change.Signal()
}

func (s *slots) resize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.max = n
	s.change.Broadcast()
}

func (s *slots) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.change.Broadcast()
}

// engine is net/http with the connections that it is given, their handshakes behind them.
// It is the net.Listener of its own server.
type engine struct {
	http  *http.Server
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// take hands c over; false when the engine takes no more.
func (e *engine) take(c net.Conn) bool {
	select {
	case e.conns <- c:
		return true
	case <-e.done:
		return false
	}
}

// Accept waits for a connection.
func (e *engine) Accept() (net.Conn, error) {
	select {
	case c := <-e.conns:
		return c, nil
	case <-e.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (e *engine) Close() error {
	e.once.Do(func() { close(e.done) })
	return nil
}

// Addr stands for the real listener's.
func (e *engine) Addr() net.Addr { return &net.TCPAddr{} }
