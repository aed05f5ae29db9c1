package gateway

import (
	"errors"
	"strings"

	"gatehouse/internal/policy"
)

// fields is what the fields of a request say about its framing.
type fields struct {
	host    string
	hosts   int
	length  int64 // -1: not given
	chunked bool
	close   bool   // Connection asks to end it
	upgrade bool   // Connection asks for another protocol
	to      string // Upgrade
	trailer string // names of the fields that follow the body
}

// upgrades reports whether the request may become another protocol. HTTP/2 in clear text
// is left out: a backend that took it would carry requests past the gateway.
func (f *fields) upgrades() bool {
	return f.upgrade && f.to != "" && !f.chunked && f.length <= 0 && !policy.HasToken(f.to, "h2c") && !policy.HasToken(f.to, "HTTP/2.0")
}

var (
	errFolded   = errors.New("a header field is folded")
	errName     = errors.New("a header field's name is not a token")
	errCharset  = errors.New("a header field holds a control character")
	errLength   = errors.New("Content-Length must be one number")
	errEncoding = errors.New("Transfer-Encoding must be chunked, once")
	errBoth     = errors.New("Content-Length and Transfer-Encoding exclude each other")
	errMany     = errors.New("it has too many header fields")
)

const maxFields = 200

// readFields reads the header section again, more strictly than the engine does (RFC
// 9112 sections 5 and 6): what two readers could take for different requests is
// refused, so that no request can hide in another one. Host goes to fields, not to h.
func readFields(raw string, h *policy.Header) (fields, error) {
	f := fields{length: -1}
	for n := 0; raw != ""; n++ {
		var line string
		line, raw, _ = strings.Cut(raw, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		if n == maxFields {
			return f, errMany
		}
		if line[0] == ' ' || line[0] == '\t' {
			return f, errFolded
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !policy.IsToken(name) {
			return f, errName
		}
		value = policy.TrimOWS(value)
		if !policy.IsFieldValue(value) {
			return f, errCharset
		}
		own, err := f.note(name, value)
		if err != nil {
			return f, err
		}
		if !own {
			h.Add(name, value)
		}
	}
	if f.chunked && f.length >= 0 {
		return f, errBoth
	}
	return f, nil
}

// note takes the fields of the framing; own says that the field does not go on.
func (f *fields) note(name, value string) (own bool, err error) {
	switch len(name) {
	case 7:
		switch {
		case strings.EqualFold(name, "Upgrade"):
			f.to = value
		case strings.EqualFold(name, "Trailer"):
			f.trailer = value
		}
	case 4:
		if strings.EqualFold(name, "Host") {
			f.host = value
			f.hosts++
			return true, nil
		}
	case 10:
		if strings.EqualFold(name, "Connection") {
			f.upgrade = f.upgrade || policy.HasToken(value, "upgrade")
			f.close = f.close || policy.HasToken(value, "close")
		}
	case 14:
		if strings.EqualFold(name, "Content-Length") {
			n, ok := policy.ParseLength(value)
			if !ok || f.length >= 0 {
				return true, errLength
			}
			f.length = n
			return true, nil
		}
	case 17:
		if strings.EqualFold(name, "Transfer-Encoding") {
			if f.chunked || !strings.EqualFold(value, "chunked") {
				return true, errEncoding
			}
			f.chunked = true
			return true, nil
		}
	}
	return false, nil
}

func isMethod(s string) bool { return len(s) <= 32 && policy.IsToken(s) && s != "CONNECT" }

// setURI takes a request target in origin or absolute form (RFC 9112 section 3.2).
func (c *call) setURI(uri string) error {
	for i := 0; i < len(uri); i++ {
		if uri[i] <= ' ' || uri[i] == 0x7f || uri[i] == '#' {
			return errors.New("its URL holds a character that is not allowed")
		}
	}
	if len(uri) > 0 && uri[0] != '/' {
		_, rest, ok := strings.Cut(uri, "://")
		if !ok {
			return errors.New("its URL must begin with '/'")
		}
		uri = "/"
		if i := strings.IndexAny(rest, "/?"); i >= 0 && rest[i] == '/' {
			uri = rest[i:]
		} else if i >= 0 {
			uri += rest[i:]
		}
	}
	path, query, _ := strings.Cut(uri, "?")
	if path == "" {
		return errors.New("it has no URL")
	}
	c.Request.Path = path
	c.Request.Query.SetRaw(query)
	return nil
}
