package gateway

import (
	"errors"
	"strings"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
)

// send forwards the request in the version of HTTP that it needs, or that the policy asks for.
func (c *call) send(t *target, o *policy.ForwardOptions) (err error) {
	ex := &c.Exchange
	switch {
	case c.upgrade: // which HTTP/2 does otherwise (RFC 8441)
	case isGRPC(&ex.Request) || o.HTTPVersion == "2":
		c.trailers, err = t.pool.DoHTTP2(ex.Context, &c.req, &ex.Response)
		return err
	case o.HTTPVersion == "2or1":
		speaks, err := t.pool.SpeaksHTTP2(ex.Context, &c.req)
		if err != nil {
			return err
		}
		if speaks {
			c.trailers, err = t.pool.DoHTTP2(ex.Context, &c.req, &ex.Response)
			if !errors.Is(err, upstream.ErrNoHTTP2) {
				return err
			}
		}
	}
	c.upgraded, err = t.pool.Do(ex.Context, &c.req, &ex.Response, &c.buffers)
	return err
}

// isGRPC reports whether the request can go over HTTP/2 only.
func isGRPC(r *policy.Request) bool {
	const grpc = "application/grpc"
	t := r.Header.Get("Content-Type")
	return len(t) >= len(grpc) && strings.EqualFold(t[:len(grpc)], grpc) && (len(t) == len(grpc) || t[len(grpc)] == '+' || t[len(grpc)] == ';')
}
