package edge

import (
	"bytes"
	"crypto/tls"
	"net"
)

// ticketLabel marks the part of a session ticket that names the server name it was made for.
const ticketLabel = "gatehouse sni "

// tlsConfig chooses one of two settings by the server name: with or without a request
// for a client certificate. The choice cannot depend on anything later: TLS 1.3 knows no
// renegotiation.
func (s *Server) tlsConfig() *tls.Config {
	plain := s.settings(tls.NoClientCert)
	asking := s.settings(tls.RequestClientCert) // the chain is judged by the service, after the handshake
	outer := plain.Clone()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if s.classOf(hello.ServerName).asksCertificate() {
			return asking, nil
		}
		return plain, nil
	}
	return outer
}

func (s *Server) settings(auth tls.ClientAuthType) *tls.Config {
	c := &tls.Config{
		SessionTicketsDisabled: s.o.NoSessionTickets,
		MinVersion:             tls.VersionTLS12,
		NextProtos:             []string{"h2", "http/1.1"},
		ClientAuth:             auth,
		GetCertificate:         s.certificate,
	}
	bindTickets(c)
	return c
}

// certificate finds the leaf for the server name. Unknown names get the default one, so
// that a client that goes on regardless is told by a 404 what is wrong.
func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := canonical(hello.ServerName)
	if class := s.classOf(name); class == classControl || class == classGateway {
		return s.o.CA.Leaf(name)
	}
	return s.o.CA.LeafFor([]string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback})
}

// bindTickets makes session tickets good for the server name alone that they were made
// under: a session brings its client certificate along, or its absence, and the names
// differ in that.
func bindTickets(c *tls.Config) {
	c.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		session.Extra = append(session.Extra, []byte(ticketLabel+canonical(state.ServerName)))
		return c.EncryptTicket(state, session)
	}
	c.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := c.DecryptTicket(ticket, state)
		if err != nil || session == nil {
			return nil, err
		}
		want := []byte(ticketLabel + canonical(state.ServerName))
		for _, extra := range session.Extra {
			if bytes.Equal(extra, want) {
				return session, nil
			}
		}
		return nil, nil // a full handshake
	}
}
