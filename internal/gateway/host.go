package gateway

import (
	"cmp"
	"crypto/tls"
	"slices"
	"strings"

	"gatehouse/internal/snapshot"
)

// Host is what the handshake of a host name (lower case) has to be, nil where nothing is said
// of it. The empty name is that of clients that send none: the default host's.
func (g *Gateway) Host(name string) *snapshot.Host { return g.state.Load().settings[name] }

// AsksCertificate reports whether the handshake of a host name asks for a client certificate. Classic tiers
// always do, since a policy may want one (Azure renegotiates then, which TLS 1.3 can't); Consumption and
// the v2 tiers where enableClientCertificate or the name's negotiateClientCertificate says so.
// https://learn.microsoft.com/azure/api-management/api-management-howto-mutual-certificates-for-clients
func (g *Gateway) AsksCertificate(name string) bool {
	st := g.state.Load()
	s, h := st.service(name), st.settings[name]
	return s == nil || !s.asksByHost || h != nil && h.Negotiate
}

// secure is what a handshake agreed on. The zero value is no TLS.
type secure struct {
	version, cipher uint16
	http2           bool
}

func secureOf(s *tls.ConnectionState) secure {
	return secure{s.Version, s.CipherSuite, s.NegotiatedProtocol == "h2"}
}

// fits reports whether a connection is one that the handshake of a host would have made: it may have been
// made under another server name, with other settings.
func (s *state) fits(host string, is secure) bool {
	var buf [256]byte
	h := s.settings[string(lower(buf[:0], host))]
	var want snapshot.TLS
	if h != nil {
		want = h.TLS
	}
	switch {
	case is.version == 0:
		return true
	case is.version < cmp.Or(want.MinVersion, tls.VersionTLS12), is.http2 && want.NoHTTP2:
		return false
	}
	return is.version > tls.VersionTLS12 || want.CipherSuites == nil || slices.Contains(want.CipherSuites, is.cipher)
}

// addHosts keeps the settings of a service's names.
func (s *state) addHosts(service *snapshot.Service) {
	for _, h := range service.Hosts {
		s.settings[strings.ToLower(strings.TrimSuffix(h.Name, "."))] = h
		s.settled = s.settled || h.TLS.MinVersion != 0 || h.TLS.CipherSuites != nil || h.TLS.NoHTTP2
		if h.Default && len(service.Hosts) > 1 && s.settings[""] == nil {
			s.settings[""] = h
		}
	}
}
