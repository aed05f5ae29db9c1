package gateway

import (
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

// addHosts keeps the settings of a service's names.
func (s *state) addHosts(service *snapshot.Service) {
	for _, h := range service.Hosts {
		s.settings[strings.ToLower(strings.TrimSuffix(h.Name, "."))] = h
		if h.Default && len(service.Hosts) > 1 && s.settings[""] == nil {
			s.settings[""] = h
		}
	}
}
