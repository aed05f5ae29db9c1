package gateway

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"gatehouse/internal/gateway/upstream"
)

// clientConn is a client's connection after its handshake; what the handshake said
// is read once, not for each request.
type clientConn struct {
	net.Conn
	remote netip.AddrPort
	client string
	peer   *peer // nil without a client certificate
	secure secure
	use    atomic.Uint32 // what Shutdown would end: one of idle, reading, serving
	call   *call         // the exchange under way
	wrote  time.Time     // when the write deadline was set
	now    time.Time     // the time of the write that comes next; zero: not known

	limits   *Timeouts
	phase    readPhase
	begun    time.Time   // of the header that is being read
	deadline time.Time   // that is set for reading
	disturb  atomic.Bool // deadline is no longer what is set

	upgrade  *upstream.Upgraded // what the connection goes on with; nil: HTTP
	spliced  chan struct{}      // closed when that ends
	hijacked bool               // it has begun

	interrupt func() // ends a pending read
	linger    bool   // the client is still sending what nobody will read
}

// The uses of a connection.
const (
	idle    uint32 = iota // nothing of a request has come: may be closed at any time
	reading               // a part of a request's header has come
	serving               // an exchange is under way
)

// readPhase is what a connection is read for. It sets the time that the client has.
type readPhase uint8

const (
	readIdle  readPhase = iota // the first byte of a further request
	readHead                   // the first request, or the rest of a header
	readBody                   // a body, piece by piece
	readFixed                  // the deadline stands
)

func newClientConn(c net.Conn, o *Timeouts, p *peers) *clientConn {
	cc := &clientConn{Conn: c, limits: o, phase: readHead, begun: time.Now()}
	cc.interrupt = func() {
		cc.disturb.Store(true)
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		cc.remote = a.AddrPort()
		cc.client = cc.remote.Addr().Unmap().String()
	}
	if t, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := t.ConnectionState()
		cc.secure = secureOf(&state)
		if certs := state.PeerCertificates; len(certs) > 0 {
			cc.peer = p.one(certs)
		}
	}
	return cc
}

// Read ends the idleness of a connection with the first byte: one that a client opened
// in advance and has not used may be closed at any time.
func (c *clientConn) Read(b []byte) (int, error) {
	c.arm()
	n, err := c.Conn.Read(b)
	if n > 0 && c.phase <= readHead {
		c.use.Store(reading)
		if c.phase == readIdle {
			c.phase, c.begun = readHead, time.Time{}
		}
	}
	return n, err
}

// arm sets the deadline of the phase, or leaves one that is right within an eighth: setting it
// for each read costs about as much as parsing a small request.
func (c *clientConn) arm() {
	now := time.Now()
	var d time.Duration
	switch c.phase {
	case readFixed:
		return
	case readIdle:
		d = c.limits.IdleTimeout
	case readBody:
		if c.disturb.Load() {
			return // the exchange is over: the read has to fail
		}
		d = c.limits.BodyTimeout
	case readHead: // most headers come in one piece, and need no deadline of their own
		if c.begun.IsZero() {
			c.begun = now
		}
		if d = c.limits.HeaderTimeout; d > 0 {
			if end := c.begun.Add(d); !end.Equal(c.deadline) || c.disturb.Load() {
				c.set(end)
			}
			return
		}
	}
	switch left := c.deadline.Sub(now); {
	case d <= 0 && !c.deadline.IsZero():
		c.set(time.Time{})
	case d > 0 && (left < d || left > d+d/8 || c.disturb.Load()):
		c.set(now.Add(d + d/8))
	}
}

func (c *clientConn) set(deadline time.Time) {
	c.disturb.Store(false)
	c.deadline = deadline
	_ = c.Conn.SetReadDeadline(deadline) // a connection that is gone says so when it is read
}

// writeTimeout ends a connection whose client does not take what it is sent.
const writeTimeout = 60 * time.Second

// Write moves the deadline on now and then, so that a long response may take its time
// while it moves.
func (c *clientConn) Write(b []byte) (int, error) {
	now := c.now
	if c.now = (time.Time{}); now.IsZero() {
		now = time.Now()
	}
	if now.Sub(c.wrote) > writeTimeout/4 {
		c.wrote = now
		if err := c.Conn.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}

// What a client may still send after its answer before its connection is cut.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
)

// Close ends the connection. A client that is still sending is heard out for a moment:
// a TCP reset for its unread bytes would destroy the answer on its way (RFC 9112
// section 9.6). It is waited for: ServeConn's caller closes the connection at once.
func (c *clientConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !c.linger || !ok || half.CloseWrite() != nil {
		return c.Conn.Close()
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	return c.Conn.Close()
}

// connections are the open connections of the fasthttp engine.
type connections struct {
	mu       sync.Mutex
	open     map[*clientConn]struct{}
	upgraded map[*upstream.Upgraded]struct{}
}

// splice carries bytes both ways after an upgrade, until one side ends or Shutdown.
func (g *Gateway) splice(up *upstream.Upgraded, client net.Conn) {
	if !g.conns.addUpgraded(up, g.closing.Load()) {
		_ = up.Close()
		_ = client.Close()
		return
	}
	up.Splice(client)
	g.conns.mu.Lock()
	delete(g.conns.upgraded, up)
	g.conns.mu.Unlock()
}

// takenConn is a connection that fasthttp gave away, whose Close it would put off.
type takenConn struct {
	net.Conn
	own *clientConn
}

// Close closes the connection.
func (t takenConn) Close() error { return t.own.Conn.Close() }

// endUpgrade waits for the end of what a connection goes on with: its owner closes it then. A client that left
// before the 101 leaves the backend's connection to be closed here.
func (c *clientConn) endUpgrade() {
	switch {
	case c.upgrade == nil:
	case c.hijacked:
		<-c.spliced
	default:
		_ = c.upgrade.Close() // there is nobody to tell
	}
}

func (cs *connections) addUpgraded(up *upstream.Upgraded, closing bool) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if closing {
		return false
	}
	if cs.upgraded == nil {
		cs.upgraded = map[*upstream.Upgraded]struct{}{}
	}
	cs.upgraded[up] = struct{}{}
	return true
}

// endUpgraded ends the connections that speak another protocol: nobody knows when they
// would be done.
func (cs *connections) endUpgraded() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for up := range cs.upgraded {
		up.Interrupt()
	}
}

func (cs *connections) add(c *clientConn) {
	cs.mu.Lock()
	if cs.open == nil {
		cs.open = map[*clientConn]struct{}{}
	}
	cs.open[c] = struct{}{}
	cs.mu.Unlock()
}

func (cs *connections) remove(c *clientConn) {
	cs.mu.Lock()
	delete(cs.open, c)
	cs.mu.Unlock()
}

// closeUpTo closes the connections of no more use than that; it returns how many were open.
func (cs *connections) closeUpTo(use uint32) int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		if c.use.Load() <= use {
			_ = c.Conn.Close()
		}
	}
	return len(cs.open)
}

// lateHeader is what the rest of a request's header may take when the gateway stops.
const lateHeader = 500 * time.Millisecond

// drain waits until no connection is open.
func (cs *connections) drain(ctx context.Context) error {
	cs.endUpgraded()
	tick, late := time.NewTicker(10*time.Millisecond), time.NewTimer(lateHeader)
	defer tick.Stop()
	defer late.Stop()
	for use := idle; cs.closeUpTo(use) > 0; {
		select {
		case <-ctx.Done():
			cs.closeUpTo(serving)
			return ctx.Err()
		case <-late.C:
			use = reading
		case <-tick.C:
		}
	}
	return nil
}

// connState is fasthttp's hook: a response has been written when its connection is idle
// again, and only then may its memory be used for another.
func (g *Gateway) connState(nc net.Conn, s fasthttp.ConnState) {
	c, ok := nc.(*clientConn)
	if !ok {
		return
	}
	switch s {
	case fasthttp.StateIdle:
		g.ended(c)
		c.phase = readIdle
		c.use.Store(idle)
	case fasthttp.StateClosed, fasthttp.StateHijacked:
		g.ended(c)
		c.hijacked = s == fasthttp.StateHijacked
	}
}

func (g *Gateway) ended(c *clientConn) {
	if c.call != nil {
		g.release(c.call)
		c.call = nil
	}
}
