package gateway

import (
	"net"
	"strings"
	"syscall"
)

// Left implements upstream.Client: the client has closed its connection, or reset its stream. It costs a system
// call, so it is asked while nothing moves only.
func (c *call) Left() bool {
	if c.conn == nil {
		return c.Context.Err() != nil
	}
	return hungUp(c.conn.Conn)
}

// CutOff implements upstream.Client: the client has got the head of the response and a part of its body, and now sees
// its connection or stream end early. The log says why.
func (c *call) CutOff(err error) {
	if c.Left() {
		return // it is why
	}
	c.g.o.Logger.Error("gateway: a backend's response ended early", "requestId", strings.Clone(c.ID), "service", c.service.snap.Name,
		"api", c.api.snap.ID, "backend", c.target.key.addr, "error", err.Error())
}

// hungUp reports whether the other end of c, a TCP connection below layers like TLS, has closed it.
func hungUp(c net.Conn) bool {
	for {
		if layer, ok := c.(interface{ NetConn() net.Conn }); ok {
			c = layer.NetConn()
			continue
		}
		s, ok := c.(syscall.Conn)
		if !ok {
			return false
		}
		raw, err := s.SyscallConn()
		if err != nil {
			return true
		}
		closed := false
		err = raw.Control(func(fd uintptr) { closed = peerClosed(int(fd)) })
		return closed || err != nil
	}
}
