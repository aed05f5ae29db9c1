package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/localapi"
)

// ErrNoSocket says that a server was reached through its proxy alone, which does not tell what
// the gateway has seen.
var ErrNoSocket = errors.New("what the gateway has seen is told through the socket in the server's data folder: name that with --data or GATEHOUSE_DATA")

// witness asks the server's socket.
func (c *Client) witness(ctx context.Context, path string) (*http.Response, error) {
	if c.data == "" {
		return nil, ErrNoSocket
	}
	socket := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return localapi.Dial(ctx, c.data)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://local"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := socket.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server did not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // its status tells enough
		return nil, newError(resp.StatusCode, resp.Header, b)
	}
	return resp, nil
}

// Failures are the server's records of failed handshakes and refused certificates.
func (c *Client) Failures(ctx context.Context, f handshake.Filter) ([]handshake.Record, error) {
	resp, err := c.witness(ctx, localapi.FailuresPath(f))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var list []handshake.Record
	return list, json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&list)
}

// Traces calls each for every request that the gateway serves and f asks for, until ctx ends or
// each returns false; ready is called when they are seen.
func (c *Client) Traces(ctx context.Context, f gateway.TraceFilter, ready func(), each func(localapi.TraceEvent) bool) error {
	resp, err := c.witness(ctx, localapi.TracePath(f))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := json.NewDecoder(resp.Body)
	for first := true; ; first = false {
		var e localapi.TraceEvent
		if err := lines.Decode(&e); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("the server ended the traces: %w", err)
		}
		switch {
		case first:
			ready()
		case !each(e):
			return nil
		}
	}
}
