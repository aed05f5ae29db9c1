package policy

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// How policies read bodies. A stream is read to its end, up to Environment.MaxBody, and
// stays readable as text; gzip and deflate are undone, since policies work on content.

func (ex *Exchange) context() context.Context {
	if ex.Context == nil {
		return context.Background()
	}
	return ex.Context
}

// RequestText is the request's body as text.
func (ex *Exchange) RequestText() (string, error) {
	return ex.text(&ex.Request.Body, &ex.Request.Header, http.StatusRequestEntityTooLarge)
}

// ResponseText is the response's body as text.
func (ex *Exchange) ResponseText() (string, error) {
	return ex.text(&ex.Response.Body, &ex.Response.Header, http.StatusInternalServerError)
}

// messageText is the text of the message that is on its way.
func (ex *Exchange) messageText() (string, error) {
	if ex.phase == requestPhase {
		return ex.RequestText()
	}
	return ex.ResponseText()
}

// textUpTo is the message's text and its size. A body that says itself that it is longer than
// limit, and than what policies read, is not read.
func (ex *Exchange) textUpTo(limit int64) (text string, size int64, err error) {
	b := &ex.Request.Body
	if ex.phase == responsePhase {
		b = &ex.Response.Body
	}
	if b.Stream != nil && b.Length > limit && b.Length > ex.Env.maxBody() {
		return "", b.Length, nil
	}
	text, err = ex.messageText()
	return text, int64(len(text)), err
}

// setMessageText replaces it.
func (ex *Exchange) setMessageText(text string) { exchangeMessage.setBody(ex, text) }

// ErrTooLong is the error of a body that is longer than policies read.
var ErrTooLong = errors.New("the body is too long")

func (ex *Exchange) text(b *Body, h *Header, tooLong int) (string, error) {
	limit := ex.Env.maxBody()
	if b.Stream != nil {
		data, err := readUpTo(b.Stream, limit)
		if err != nil {
			return "", bodyError(err, tooLong)
		}
		b.Set(string(data))
	}
	encoding := strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding")))
	if encoding == "" || encoding == "identity" || b.Data == "" {
		return b.Data, nil
	}
	data, err := decompress(b.Data, encoding, limit)
	if err != nil {
		return "", bodyError(err, tooLong)
	}
	if data != nil {
		b.Set(string(data))
		h.Delete("Content-Encoding")
	}
	return b.Data, nil
}

// keepRequestBody makes the request's body readable more than once.
func (ex *Exchange) keepRequestBody() error {
	b := &ex.Request.Body
	if b.Stream == nil {
		return nil
	}
	data, err := readUpTo(b.Stream, ex.Env.maxBody())
	if err != nil {
		return bodyError(err, http.StatusRequestEntityTooLarge)
	}
	b.Set(string(data))
	return nil
}

func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	var out bytes.Buffer
	n, err := out.ReadFrom(io.LimitReader(struct{ io.Reader }{r}, limit+1))
	if err == nil && n > limit {
		err = ErrTooLong
	}
	return out.Bytes(), err
}

// decompress undoes an encoding; nil for one that is not known.
func decompress(data, encoding string, limit int64) ([]byte, error) {
	switch encoding {
	case "gzip", "x-gzip":
		r, err := gzip.NewReader(strings.NewReader(data))
		if err != nil {
			return nil, err
		}
		return readUpTo(r, limit)
	case "deflate":
		if r, err := zlib.NewReader(strings.NewReader(data)); err == nil {
			return readUpTo(r, limit)
		}
		return readUpTo(flate.NewReader(strings.NewReader(data)), limit) // without zlib's frame, as some send it
	}
	return nil, nil
}

func bodyError(err error, tooLong int) error {
	if errors.Is(err, ErrTooLong) {
		reason := "ResponseTooLarge"
		if tooLong == http.StatusRequestEntityTooLarge {
			reason = "RequestTooLarge"
		}
		return &Error{Reason: reason, Status: tooLong, Message: "The body is too large for a policy to read.", Cause: err}
	}
	if tooLong == http.StatusRequestEntityTooLarge {
		return &Error{Reason: "ClientConnectionFailure", Status: http.StatusBadRequest, Message: "The request body can't be read.", Cause: err}
	}
	return &Error{Reason: "BackendConnectionFailure", Message: "The response body can't be read.", Cause: err}
}
