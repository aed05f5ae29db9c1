package edge

import (
	"bytes"
	"crypto/tls"
	"net"

	"gatehouse/internal/snapshot"
)

// ticketLabel marks the part of a session ticket that names the server name it was made for.
const ticketLabel = "gatehouse sni "

// settings are all that the TLS settings of two names can differ in.
type settings struct {
	ask     bool // for a client certificate; the service judges it after the handshake
	minimum uint16
	ciphers string // of TLS 1.2: two bytes each
	noHTTP2 bool
}

// hosts is what a Gateway has when its services' names have TLS settings of their own.
// Empty: the default host name, nil for none.
type hosts interface {
	Host(name string) *snapshot.Host
}

// tlsConfig chooses the settings by the server name. The choice cannot depend on anything
// later: TLS 1.3 knows no renegotiation.
func (s *Server) tlsConfig() *tls.Config {
	outer := s.config(settings{}).Clone()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if c, ok := hello.Conn.(*conn); ok {
			c.hello = hello
		}
		class := s.classOf(hello.ServerName)
		set := settings{ask: class.asksCertificate() && s.asks(class, hello.ServerName)}
		if h := s.host(class, hello.ServerName); h != nil {
			set.minimum, set.noHTTP2 = h.TLS.MinVersion, h.TLS.NoHTTP2
			for _, suite := range h.TLS.CipherSuites {
				set.ciphers += string([]byte{byte(suite >> 8), byte(suite)})
			}
		}
		return s.config(set), nil
	}
	return outer
}

// askers is what a Gateway has whose services differ in whether they ask for client certificates.
type askers interface{ AsksCertificate(name string) bool }

// asks reports whether a gateway's name asks for a client certificate; a client that sends no name is asked.
func (s *Server) asks(class class, name string) bool {
	g, ok := s.o.Gateway.(askers)
	return !ok || class != classGateway || g.AsksCertificate(canonical(name))
}

// host finds the settings of a gateway's name; a client that sends none gets the default host's.
func (s *Server) host(class class, name string) *snapshot.Host {
	g, ok := s.o.Gateway.(hosts)
	if !ok || class != classGateway && name != "" {
		return nil
	}
	return g.Host(canonical(name))
}

// config makes the configuration of some settings once: tickets are good for one.
func (s *Server) config(set settings) *tls.Config {
	if c, ok := s.configs.Load(set); ok {
		return c.(*tls.Config)
	}
	c := &tls.Config{
		SessionTicketsDisabled: s.o.NoSessionTickets,
		MinVersion:             max(set.minimum, tls.VersionTLS12),
		NextProtos:             []string{"h2", "http/1.1"},
		GetCertificate:         s.certificate,
		// One record, and one system call, for the first small answer of a connection.
		DynamicRecordSizingDisabled: true,
	}
	if set.minimum != 0 && set.minimum < tls.VersionTLS12 {
		c.MinVersion = set.minimum // switched on by hand
	}
	for i := 0; i+1 < len(set.ciphers); i += 2 {
		c.CipherSuites = append(c.CipherSuites, uint16(set.ciphers[i])<<8|uint16(set.ciphers[i+1]))
	}
	if set.noHTTP2 {
		c.NextProtos = []string{"http/1.1"}
	}
	if set.ask {
		c.ClientAuth = tls.RequestClientCert
	}
	s.bindTickets(c)
	made, _ := s.configs.LoadOrStore(set, c)
	return made.(*tls.Config)
}

// certificate finds the leaf for the server name: the operator's, the service's own, or one of
// the CA. Unknown names get the default one, so that a client that goes on regardless is told
// by a 404 what is wrong.
func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := s.find(canonical(hello.ServerName))
	if c, ok := hello.Conn.(*conn); ok {
		c.own = cert
	}
	return cert, err
}

func (s *Server) find(name string) (*tls.Certificate, error) {
	class := s.classOf(name)
	if h := s.host(class, name); h != nil && h.Certificate != nil {
		return h.Certificate, nil
	}
	if s.o.Certificate != nil {
		if cert := s.o.Certificate(name); cert != nil {
			return cert, nil
		}
	}
	if class == classControl || class == classGateway {
		return s.o.CA.Leaf(name)
	}
	return s.o.CA.LeafFor([]string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback})
}

// bindTickets makes session tickets good for the server name alone that they were made
// under: a session brings its client certificate along, or its absence, and the names
// differ in that. They die with a change of whom the name's service trusts.
func (s *Server) bindTickets(c *tls.Config) {
	c.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		session.Extra = append(session.Extra, []byte(s.ticketLabel(state.ServerName)))
		return c.EncryptTicket(state, session)
	}
	c.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := c.DecryptTicket(ticket, state)
		if err != nil || session == nil {
			return nil, err
		}
		want := []byte(s.ticketLabel(state.ServerName))
		for _, extra := range session.Extra {
			if bytes.Equal(extra, want) {
				return session, nil
			}
		}
		return nil, nil // a full handshake
	}
}

// trusts is what a Gateway has that tells whom the service of a host name trusts.
type trusts interface{ TrustOf(host string) string }

func (s *Server) ticketLabel(serverName string) string {
	label := ticketLabel + canonical(serverName)
	if g, ok := s.o.Gateway.(trusts); ok {
		label += " " + g.TrustOf(canonical(serverName))
	}
	return label
}
