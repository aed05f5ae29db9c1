package edge

import (
	"net/http"

	"gatehouse/internal/azerr"
)

// route serves a request of net/http by its Host. A front end is answered only over a
// handshake that applied its settings; connections for localhost, or without a server
// name, ask for a client certificate and may be used for all.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	host := hostname(r.Host)
	to, via := s.classOf(host), s.classOf(r.TLS.ServerName)
	handler := s.handler(to, host)
	switch {
	case handler == nil:
		azerr.WriteARM(w, azerr.EdgeUnknownHost.New(host))
	case via != classDefault && (via == classUnknown || via.asksCertificate() != to.asksCertificate()):
		azerr.WriteARM(w, azerr.EdgeMisdirected.New(host, r.TLS.ServerName))
	default:
		handler.ServeHTTP(w, r)
	}
}

// handler is nil where there is no front end.
func (s *Server) handler(to class, host string) http.Handler {
	switch to {
	case classControl:
		if h := s.o.Control[host]; h != nil {
			return h
		}
		return s.suffixHandler(host)
	case classGateway:
		return http.HandlerFunc(s.o.Gateway.ServeHTTP)
	case classDefault:
		return s.o.Default
	}
	return nil
}
