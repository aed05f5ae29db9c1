package edge

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Newcomers are the connections of an http.Server from which no whole request has come yet: those that browsers
// open ahead, and those that stopped half-way. http.Server.Shutdown waits at least five seconds for them; see
// Drain. The zero value is ready.
type Newcomers struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// Track is the server's ConnState.
func (n *Newcomers) Track(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
		return
	}
	if n.closed {
		c.Close()
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]struct{}{}
	}
	n.conns[c] = struct{}{}
}

// newcomerTime is what a request that is on its way when a server stops has to arrive.
const newcomerTime = 500 * time.Millisecond

// Drain is called when Shutdown begins: it gives newcomers a moment, and closes them. The function that it
// returns is called when Shutdown has ended.
func (n *Newcomers) Drain() (done func()) {
	late := time.AfterFunc(newcomerTime, n.close)
	return func() { late.Stop() }
}

func (n *Newcomers) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for c := range n.conns {
		c.Close()
	}
}
