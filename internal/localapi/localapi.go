// Package localapi serves a Unix socket in the data folder, for commands of the
// same user on the same machine: where the server listens, the environment that
// points a shell at it, and tokens of the built-in user. The socket has mode
// 0600 and the kernel's word on the peer's user is checked for each connection.
// Start at Serve; Dial reaches it.
package localapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// SocketName is the socket's file name in the data folder.
const SocketName = "gatehouse.sock"

// maxPath is the longest socket path that every system takes (sun_path of macOS, in bytes).
const maxPath = 103

// Info says where the server is and how to trust it.
type Info struct {
	Listen         string            `json:"listen"` // host:port of the TLS listener
	Proxy          string            `json:"proxy"`  // host:port of the CONNECT proxy
	CA             string            `json:"ca"`     // PEM of the private CA
	TenantID       string            `json:"tenantId"`
	SubscriptionID string            `json:"subscriptionId"`
	Env            map[string]string `json:"env"`             // what `gatehouse env` prints
	Names          map[string]string `json:"names,omitempty"` // Azure's names and suffixes -> this instance's; empty: Azure's
	PID            int               `json:"pid"`
	Version        string            `json:"version"`
}

// TokenRequest asks for a token of the built-in user.
type TokenRequest struct {
	Audience string `json:"audience"`
}

// TokenResponse is the answer to a TokenRequest.
type TokenResponse struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Name    string    `json:"name"` // user principal name
}

// Options are what the socket's server needs. Info is called for each request.
type Options struct {
	Info     func(context.Context) (Info, error)
	Identity *identity.Service
	Keeper   Keeper
	Witness  Witness
	Logger   *slog.Logger
}

var badRequest = &azerr.Code{Code: "BadRequest", Status: 400, Format: "%s"}

// Serve answers on l, which Listen made, until ctx ends, when it closes l.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, r *http.Request) {
		info, err := o.Info(r.Context())
		reply(w, info, err)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		resp, err := token(w, r, o.Identity)
		reply(w, resp, err)
	})
	keeperRoutes(mux, o.Keeper)
	witnessRoutes(mux, o.Witness)
	srv := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn)}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(&peerListener{Listener: l, log: o.Logger}); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func token(w http.ResponseWriter, r *http.Request, ids *identity.Service) (*TokenResponse, error) {
	var req TokenRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&req); err != nil || req.Audience == "" {
		return nil, badRequest.New("a token request needs an audience")
	}
	user := ids.User()
	tok, expires, err := ids.IssueToken(r.Context(), user, req.Audience)
	if err != nil {
		return nil, err
	}
	return &TokenResponse{Token: tok, Expires: expires, Name: user.UPN}, nil
}

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		azerr.WriteARM(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the peer has gone: there is nobody to tell
}

// Listen makes the socket in the data folder. It removes one that an earlier process
// left: the caller holds the lock of the data folder.
func Listen(data string) (net.Listener, error) {
	path, done, err := shortPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(filepath.Join(data, SocketName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("socket in %s: %w", data, err)
	}
	l.SetUnlinkOnClose(false) // path may be a short name that has ended; the next start removes the file
	if err := os.Chmod(filepath.Join(data, SocketName), 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Dial connects to the socket in the data folder.
func Dial(ctx context.Context, data string) (net.Conn, error) {
	path, done, err := shortPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// shortPath is a name of the socket that fits into a socket address: where the
// full path is too long, Linux has one through the open folder.
func shortPath(data string) (path string, done func(), err error) {
	path = filepath.Join(data, SocketName)
	if len(path) <= maxPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("the data folder's path is too long for a socket (%d bytes, at most %d): choose a shorter --data", len(path), maxPath)
	}
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), SocketName), func() { dir.Close() }, nil
}

// peerListener accepts connections of this process's user only.
type peerListener struct {
	net.Listener
	log *slog.Logger
}

func (l *peerListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(c.(*net.UnixConn))
		if err == nil && uid == os.Getuid() {
			return c, nil
		}
		l.log.Warn("refused a connection to the local socket", "uid", uid, "error", err)
		c.Close()
	}
}
