package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"gatehouse/internal/handshake"
)

// shake makes the handshake of c, and keeps why it failed.
func (s *Server) shake(c *conn) (*tls.Conn, bool) {
	began := time.Now()
	secure := tls.Server(c, s.tls)
	ctx, cancel := context.WithTimeout(s.shaking, s.limits.Load().HandshakeTimeout)
	err := secure.HandshakeContext(ctx)
	cancel()
	hello, own := c.hello, c.own
	c.hello, c.own = nil, nil
	if err != nil && errors.Is(err, io.EOF) && hello == nil {
		return nil, false // a probe that opens and closes is nothing to tell
	}
	if err == nil && s.o.Observe == nil {
		return secure, true
	}
	h := Handshake{Err: err, Took: time.Since(began)}
	if err == nil {
		state := secure.ConnectionState()
		h.Version, h.Resumed, h.Certificate = state.Version, state.DidResume, len(state.PeerCertificates) > 0
	} else {
		h.Check = s.explain(c, err, hello, own)
	}
	if s.o.Observe != nil {
		s.o.Observe(h)
	}
	return secure, err == nil
}

// explain keeps why a handshake failed; it returns the check.
func (s *Server) explain(c *conn, err error, hello *tls.ClientHelloInfo, own *tls.Certificate) string {
	r := handshake.Record{Direction: handshake.Inbound, Address: c.RemoteAddr().String(), Error: err.Error()}
	if hello != nil {
		r.Hello, r.Host = handshake.DescribeHello(hello), hello.ServerName
	}
	var leaf *x509.Certificate
	if own != nil {
		if leaf = own.Leaf; leaf == nil && len(own.Certificate) > 0 {
			leaf, _ = x509.ParseCertificate(own.Certificate[0]) // only to be named
		}
		r.Own = handshake.Describe(leaf)
	}
	r.Finding = handshake.Explain(handshake.Inbound, err, leaf, nil, r.Hello)
	s.o.Handshakes.Add(r)
	s.log.Debug("edge: the TLS handshake failed", "address", r.Address, "host", r.Host, "check", r.Check, "reason", r.Reason, "error", r.Error)
	return r.Check
}
