package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"
)

// TLSOptions say whom to present and whom to trust.
type TLSOptions struct {
	ServerName    string           // for SNI and the name check
	Certificate   *tls.Certificate // the client's; nil: none
	ValidateChain bool
	ValidateName  bool
	Roots         func() *x509.CertPool // asked for each handshake; nil, or nil from it: none beside the system's
	NoSystem      bool                  // the system's are not trusted
	Intermediates []*x509.Certificate   // known beside those that the backend sends
	Now           func() time.Time
}

// ClientConfig makes the TLS configuration of a pool. Verification is done in
// VerifyConnection, which also runs when a session is resumed: chain and name can
// be switched off apart, and two sets of roots are asked.
func ClientConfig(o TLSOptions) *tls.Config {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         o.ServerName,
		InsecureSkipVerify: true, // verified below
		NextProtos:         []string{"http/1.1"},
		// Some servers ask for the client's certificate only when they know the path.
		Renegotiation:      tls.RenegotiateOnceAsClient,
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
		VerifyConnection:   func(s tls.ConnectionState) error { return o.verify(s) },
		Time:               o.Now,
		// Small first records would only cost system calls: a backend parses no page as it comes.
		DynamicRecordSizingDisabled: true,
	}
	if o.Certificate != nil {
		// Presented whatever authorities the backend names: it, not we, decides whom it trusts.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return o.Certificate, nil }
	}
	return c
}

// roots are those beside the system's; not nil where only they are trusted.
func (o *TLSOptions) roots() (pool *x509.CertPool) {
	if o.Roots != nil {
		pool = o.Roots()
	}
	if pool == nil && o.NoSystem {
		pool = x509.NewCertPool()
	}
	return pool
}

func (o *TLSOptions) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the backend presented no certificate")
	}
	leaf := s.PeerCertificates[0]
	if o.ValidateName {
		if err := leaf.VerifyHostname(o.ServerName); err != nil {
			return err
		}
	}
	if !o.ValidateChain {
		return nil
	}
	opts := x509.VerifyOptions{Intermediates: x509.NewCertPool()}
	if o.Now != nil {
		opts.CurrentTime = o.Now()
	}
	for _, c := range s.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	for _, c := range o.Intermediates {
		opts.Intermediates.AddCert(c)
	}
	if opts.Roots = o.roots(); opts.Roots != nil {
		if _, err := leaf.Verify(opts); err == nil || o.NoSystem {
			return err
		}
		opts.Roots = nil
	}
	_, err := leaf.Verify(opts)
	return err
}
