package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"gatehouse/internal/handshake"
)

// witness sees one handshake, so that its failure can be explained.
type witness struct {
	requested   bool     // the backend asked for a client certificate
	authorities [][]byte // names of CAs whose certificates it accepts
	presented   []*x509.Certificate
	own         *x509.Certificate
	version     uint16
	refusal     error    // of our own verification
	protocols   []string // that were offered by ALPN
}

// watch is c with ears: its own copy, since what it hears belongs to one connection.
func (w *witness) watch(c *tls.Config) *tls.Config {
	heard := c.Clone()
	heard.VerifyConnection = func(s tls.ConnectionState) error {
		w.presented, w.version = s.PeerCertificates, s.Version
		if c.VerifyConnection != nil {
			w.refusal = c.VerifyConnection(s)
		}
		return w.refusal
	}
	heard.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		w.requested, w.authorities, w.version = true, info.AcceptableCAs, info.Version
		if c.GetClientCertificate == nil {
			return &tls.Certificate{}, nil
		}
		cert, err := c.GetClientCertificate(info)
		if err == nil && len(cert.Certificate) > 0 {
			if w.own = cert.Leaf; w.own == nil {
				w.own, _ = x509.ParseCertificate(cert.Certificate[0]) // only to be named
			}
		}
		return cert, err
	}
	return heard
}

// record explains why the handshake of a connection of p failed.
func (w *witness) record(p *Pool, err error) *handshake.Record {
	r := &handshake.Record{Direction: handshake.Outbound, Address: p.o.Addr, Requested: w.requested,
		Authorities: handshake.AuthorityNames(w.authorities), Presented: handshake.Describe(w.presented...), Error: err.Error()}
	if w.own != nil {
		r.Own = handshake.Describe(w.own)
	}
	if w.version != 0 {
		r.Version = tls.VersionName(w.version)
	}
	if p.o.Trust != nil {
		r.Host = p.o.Trust.ServerName
	}
	if w.refusal != nil && p.o.Trust != nil {
		chain, finding := p.o.Trust.judge(w.presented)
		r.Chain, r.Finding = handshake.Describe(chain...), finding
	}
	if r.Check == "" {
		if r.Finding = w.noHTTP2(err); r.Check != "" {
			return r
		}
		if r.Finding = handshake.Explain(handshake.Outbound, err, w.own, r.Authorities, nil); w.requested && w.own == nil {
			r.Finding = handshake.Unpresented(r.Finding, r.Authorities)
		}
	}
	return r
}

// noHTTP2 is the finding where HTTP/2 alone was offered and not taken: by an alert (RFC 7301 section
// 3.2), or in silence.
func (w *witness) noHTTP2(err error) handshake.Finding {
	if len(w.protocols) != 1 || w.protocols[0] != "h2" || !errors.Is(err, ErrNoHTTP2) && !strings.Contains(err.Error(), "no application protocol") {
		return handshake.Finding{}
	}
	return handshake.Finding{Check: handshake.CheckALPN, Reason: "the backend does not speak HTTP/2 (it does not take h2 by ALPN)",
		Remedy: "switch HTTP/2 on at the backend; without gRPC, http-version=\"2or1\" of forward-request falls back to HTTP/1.1"}
}

// judge says which check the chain of a backend fails.
func (o *TLSOptions) judge(sent []*x509.Certificate) ([]*x509.Certificate, handshake.Finding) {
	j := handshake.JudgeOptions{Roots: o.roots(), System: !o.NoSystem, Intermediates: o.Intermediates, Usage: x509.ExtKeyUsageServerAuth, Whose: "the backend's"}
	if o.ValidateName {
		j.Name = o.ServerName
	}
	if o.Now != nil {
		j.Now = o.Now()
	}
	return handshake.Judge(sent, j)
}

// refused explains an alert that came instead of a first answer: with TLS 1.3 a backend
// judges the client's certificate when the client takes the handshake for done (RFC 8446
// section 4.6.2).
func (c *conn) refused(err error) *handshake.Record {
	if c.witness == nil || c.reused || c.started {
		return nil
	}
	return c.witness.refused(c.pool, err)
}

// alertTime is what an alert may be late by, after the connection takes no more.
const alertTime = 200 * time.Millisecond

// alert is the alert that a backend sent before it ended a fresh connection, where writing failed
// and it was not read; else err.
func (c *conn) alert(err error) error {
	if c.witness == nil || c.reused || c.started || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(alertTime)) // the connection is at its end
	var op *net.OpError
	if _, read := c.Conn.Read(make([]byte, 1)); errors.As(read, &op) && op.Op == "remote error" {
		return read
	}
	return err
}

// refused is nil for what has nothing to do with the handshake.
func (w *witness) refused(p *Pool, err error) *handshake.Record {
	var op *net.OpError
	alert := errors.As(err, &op) && op.Op == "remote error"
	cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	if !alert && !(cut && w.requested) {
		return nil
	}
	return w.record(p, err)
}
