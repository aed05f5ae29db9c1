package gateway

import (
	"strings"

	"gatehouse/internal/snapshot"
)

// Host is what the handshake of a host name (lower case) has to be, nil where nothing is said
// of it. The empty name is that of clients that send none: the default host's.
func (g *Gateway) Host(name string) *snapshot.Host { return g.state.Load().settings[name] }

// addHosts keeps the settings of a service's names.
func (s *state) addHosts(service *snapshot.Service) {
	for _, h := range service.Hosts {
		s.settings[strings.ToLower(strings.TrimSuffix(h.Name, "."))] = h
		if h.Default && len(service.Hosts) > 1 && s.settings[""] == nil {
			s.settings[""] = h
		}
	}
}
