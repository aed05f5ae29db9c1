package upstream

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"gatehouse/internal/policy"
)

// Trailers are what came after a body: complete when its reader has returned io.EOF.
type Trailers func() http.Header

const maxTrailers = 64

// IsTrailer reports whether a field may come after a body: not what frames or routes a message, says
// who calls, or how the body is to be read (RFC 9110 section 6.5.1).
func IsTrailer(name string) bool {
	if !policy.IsToken(name) || IsHopByHop(name) {
		return false
	}
	switch name = strings.ToLower(name); name {
	case "authorization", "cookie", "set-cookie", "www-authenticate", "proxy-authenticate", "cache-control", "max-forwards", "range",
		"age", "expires", "date", "location", "retry-after", "vary", "pragma", "x-forwarded-for":
		return false
	}
	return !strings.HasPrefix(name, "content-") && !strings.HasPrefix(name, "if-")
}

// DeclaredTrailers are the names of a Trailer field, nil for none.
func DeclaredTrailers(field string) http.Header {
	var h http.Header
	for name := range strings.SplitSeq(field, ",") {
		if name = strings.Trim(name, " \t"); IsTrailer(name) && len(h) < maxTrailers {
			if h == nil {
				h = http.Header{}
			}
			h[strings.Clone(name)] = nil
		}
	}
	return h
}

// declareTrailer says which fields come after the body (RFC 9110 section 6.6.2).
func (c *conn) declareTrailer(trailer http.Header) {
	if len(trailer) > 0 {
		c.field("Trailer", strings.Join(slices.Sorted(maps.Keys(trailer)), ", "))
	}
}

// writeTrailer writes the fields that came after the body. Values that would end a line are left out.
func (c *conn) writeTrailer(trailer http.Header) {
	for _, name := range slices.Sorted(maps.Keys(trailer)) {
		for _, v := range trailer[name] {
			if IsTrailer(name) && policy.IsFieldValue(v) {
				c.field(name, v)
			}
		}
	}
}

// Trailers are the fields that followed the response's chunks: there when its body has ended.
func (b *Buffers) Trailers() http.Header { return b.body.trailer }

// Declared is the response's Trailer field.
func (b *Buffers) Declared() string { return b.declared }

// trail takes a field of the trailer section. What may not stand there is left out.
func (b *body) trail(line string) error {
	name, value, err := parseField(line)
	if err != nil {
		return err
	}
	if !IsTrailer(name) {
		return nil
	}
	if b.trailer == nil {
		b.trailer = http.Header{}
	}
	if len(b.trailer) < maxTrailers {
		name = strings.Clone(name)
		b.trailer[name] = append(b.trailer[name], strings.Clone(value))
	}
	return nil
}
