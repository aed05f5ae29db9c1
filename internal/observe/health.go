package observe

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

// Health knows whether the instance is ready for requests. The zero value is not.
type Health struct{ ready atomic.Bool }

// SetReady changes it: true when all serves, false when draining begins.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// Handler serves /healthz (the process lives), /readyz (it serves: 503 before and while it
// drains) and /metrics. With a token each request must bear it; without one requests are
// answered from this machine only, and under a loopback name, so that no web page can read
// them by a name of its own.
func Handler(h *Health, metrics http.Handler, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if h.ready.Load() {
			status(w, http.StatusOK, "ready")
			return
		}
		status(w, http.StatusServiceUnavailable, "not ready")
	})
	mux.Handle("GET /metrics", metrics)
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		switch {
		case token != "" && subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			status(w, http.StatusUnauthorized, "a bearer token is needed")
		case token == "" && (!isLoopback(r.RemoteAddr) || !isLoopback(r.Host)):
			status(w, http.StatusForbidden, "answered on loopback only")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func status(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": text}) // the client has gone
}

// isLoopback reports whether hostport, with or without a port, is this machine.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}
