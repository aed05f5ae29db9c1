package localapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"gatehouse/internal/audit"
)

// Keeper does what the operator of the machine asks of the whole instance.
type Keeper interface {
	// RotateKeys makes new root and data keys; a passphrase that is not nil protects the root key file from now on.
	RotateKeys(ctx context.Context, passphrase []byte) (keyspaces int, err error)
	// Archive writes all of the instance, as it is at one moment.
	Archive(ctx context.Context, w io.Writer) error
	// AuditHead is the end of the audit log.
	AuditHead() audit.Head
}

// RotateRequest asks for new keys.
type RotateRequest struct {
	Passphrase []byte `json:"passphrase,omitempty"` // the root key file's from now on; nil: as before
}

// RotateResponse says how many keyspaces have a new data key.
type RotateResponse struct {
	Keyspaces int `json:"keyspaces"`
}

// An operation on the whole instance may take long; an archive may not stand still for archiveStall.
const (
	longOperation = 10 * time.Minute
	archiveStall  = time.Minute
)

func keeperRoutes(mux *http.ServeMux, k Keeper) {
	mux.HandleFunc("POST /rotate-keys", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(longOperation)) // net/http's own writer has deadlines
		resp, err := rotateKeys(w, r, k)
		reply(w, resp, err)
	})
	mux.HandleFunc("GET /archive", func(w http.ResponseWriter, r *http.Request) { archive(w, r, k) })
	mux.HandleFunc("GET /audit/head", func(w http.ResponseWriter, _ *http.Request) { reply(w, k.AuditHead(), nil) })
}

func rotateKeys(w http.ResponseWriter, r *http.Request, k Keeper) (*RotateResponse, error) {
	var req RotateRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&req); err != nil {
		return nil, badRequest.New("a rotation needs a JSON object")
	}
	n, err := k.RotateKeys(r.Context(), req.Passphrase)
	return &RotateResponse{Keyspaces: n}, err
}

// archive streams. An error after the first byte can only be told by breaking off.
func archive(w http.ResponseWriter, r *http.Request, k Keeper) {
	w.Header().Set("Content-Type", "application/x-tar")
	out := &stream{w: w, control: http.NewResponseController(w)}
	if err := k.Archive(r.Context(), out); err != nil {
		if out.begun {
			panic(http.ErrAbortHandler)
		}
		w.Header().Del("Content-Type")
		reply(w, nil, err)
	}
}

// stream moves the deadline on with each write.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

func (s *stream) Write(p []byte) (int, error) {
	if err := s.control.SetWriteDeadline(time.Now().Add(archiveStall)); err != nil {
		return 0, err
	}
	s.begun = true
	return s.w.Write(p)
}
