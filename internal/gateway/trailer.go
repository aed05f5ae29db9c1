package gateway

import (
	"io"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/policy"
)

// Trailers go both ways between all versions of HTTP, where the body goes on as it came. From and to
// HTTP/1.1 these are the fields that Trailer announces (RFC 9110 section 6.6.2).

// sentTrailers are what a client of HTTP/1.1 announced.
type sentTrailers struct {
	from   *fasthttp.RequestHeader
	before map[string]int // fields of the same names in the header
	to     http.Header
}

// expectTrailers takes the names that a Trailer field announces.
func (c *call) expectTrailers(h *fasthttp.RequestHeader, announced string) {
	if announced == "" {
		return
	}
	if c.sentTrailers = upstream.DeclaredTrailers(announced); c.sentTrailers == nil {
		return
	}
	t := &sentTrailers{from: h, before: map[string]int{}, to: c.sentTrailers}
	t.each(func(name, _ string) { t.before[name]++ })
	c.stream.trailers = t
}

// take is called when the body has ended: fasthttp adds trailers to the header.
func (t *sentTrailers) take() {
	t.each(func(name, value string) {
		if t.before[name]--; t.before[name] < 0 && policy.IsFieldValue(value) {
			t.to[name] = append(t.to[name], strings.Clone(value))
		}
	})
}

func (t *sentTrailers) each(f func(name, value string)) {
	for k, v := range t.from.All() {
		for name := range t.to {
			if strings.EqualFold(name, unsafeString(k)) {
				f(name, unsafeString(v))
			}
		}
	}
}

// trailing are the trailers of the response, when its body has ended.
func (c *call) trailing() http.Header {
	if c.trailers != nil {
		return c.trailers()
	}
	return c.buffers.Trailers()
}

// announced are the names of trailers that the backend announced; nil for none.
func (c *call) announced() http.Header {
	if c.trailers != nil {
		return c.trailers()
	}
	if d := c.buffers.Declared(); d != "" && c.target != nil {
		return upstream.DeclaredTrailers(d)
	}
	return nil
}

// trailFast announces the trailers of a streamed response, and sets them at its end.
func (c *call) trailFast(h *fasthttp.ResponseHeader) {
	var names []string
	for name := range c.announced() {
		if upstream.IsTrailer(name) && c.Response.Header.Get(name) == "" && h.AddTrailer(strings.Clone(name)) == nil {
			names = append(names, name)
		}
	}
	if names != nil {
		c.Response.Body.Length = -1 // only chunks can be followed by trailers
		c.Response.Body.Stream = &trailed{c.Response.Body.Stream, func() {
			got := c.trailing()
			for _, name := range names {
				for _, v := range got[name] {
					if policy.IsFieldValue(v) {
						h.Add(name, v)
					}
				}
			}
		}}
	}
}

// trailed is a body that tells of its end.
type trailed struct {
	io.Reader
	ended func()
}

func (t *trailed) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF && t.ended != nil {
		t.ended()
		t.ended = nil
	}
	return n, err
}

// Close ends the exchange with the backend.
func (t *trailed) Close() error {
	if c, ok := t.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// trailStd gives net/http the trailers of a response whose body has ended.
func (c *call) trailStd(h http.Header) {
	for name, values := range c.trailing() {
		if upstream.IsTrailer(name) {
			h[http.TrailerPrefix+name] = values
		}
	}
}
