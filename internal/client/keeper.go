package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"gatehouse/internal/audit"
	"gatehouse/internal/localapi"
)

// Keeper asks a server, through the socket of its data folder, for what concerns the whole
// instance. Only processes of the server's user get through.
type Keeper struct{ data string }

// NewKeeper is for the server of the data folder; it does not connect yet. Its methods
// return a *NotFoundError when no server runs there.
func NewKeeper(data string) *Keeper { return &Keeper{data} }

// RotateKeys makes new root and data keys; passphrase, unless nil, protects the root key file from now on.
func (k *Keeper) RotateKeys(ctx context.Context, passphrase []byte) (keyspaces int, err error) {
	var answer localapi.RotateResponse
	err = k.json(ctx, http.MethodPost, "/rotate-keys", localapi.RotateRequest{Passphrase: passphrase}, &answer)
	return answer.Keyspaces, err
}

// AuditHead is the end of the server's audit log.
func (k *Keeper) AuditHead(ctx context.Context) (h audit.Head, err error) {
	return h, k.json(ctx, http.MethodGet, "/audit/head", nil, &h)
}

// Archive copies all of the instance to w, as it is at one moment.
func (k *Keeper) Archive(ctx context.Context, w io.Writer) error {
	return k.do(ctx, http.MethodGet, "/archive", nil, func(body io.Reader) error {
		if _, err := io.Copy(w, body); err != nil {
			return fmt.Errorf("the server broke off; its log says why: %w", err)
		}
		return nil
	})
}

func (k *Keeper) json(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	return k.do(ctx, method, path, body, func(answer io.Reader) error {
		return json.NewDecoder(io.LimitReader(answer, 1<<20)).Decode(out)
	})
}

func (k *Keeper) do(ctx context.Context, method, path string, body []byte, read func(io.Reader) error) error {
	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := localapi.Dial(ctx, k.data)
		if err != nil {
			return nil, &NotFoundError{Tried: []string{k.data}}
		}
		return conn, nil
	}}}
	defer socket.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://local"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := socket.Do(req)
	var none *NotFoundError
	if errors.As(err, &none) {
		return none
	}
	if err != nil {
		return fmt.Errorf("the server did not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil {
			return err
		}
		return newError(resp.StatusCode, resp.Header, text)
	}
	return read(resp.Body)
}
