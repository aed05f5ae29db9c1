package policy

import (
	"net/http"
	"strings"
)

// mockResponse compiles <mock-response>: the example that the operation describes for the status
// code and content type, without calling the backend.
func (c *compiler) mockResponse(e *element) builder {
	c.noChildren(e)
	status, contentType := c.number(e, "status-code", 100, 999), c.text(e, "content-type")
	c.number(e, "index", 0, maxNumber)
	at := c.origin(e)
	s := func(ex *Exchange) outcome {
		code := int64(http.StatusOK)
		var err error
		if status != nil {
			code, err = status.get(ex)
		}
		media, errType := contentType.get(ex)
		if err != nil || errType != nil {
			return at.fail(ex, firstError(err, errType))
		}
		ex.phase = responsePhase
		ex.Response.Reset()
		mock(ex, int(code), strings.TrimSpace(media))
		return finish
	}
	return func(step) step { return s }
}

// mock takes the first representation of the status and type that has an example.
func mock(ex *Exchange, status int, contentType string) {
	ex.Response.Status = status
	if contentType != "" {
		ex.Response.Header.Set("Content-Type", contentType)
	}
	if ex.Operation == nil {
		return
	}
	for _, reply := range ex.Operation.Replies {
		if reply.Status != status {
			continue
		}
		for _, r := range reply.Representations {
			if contentType == "" || strings.EqualFold(r.ContentType, contentType) {
				ex.Response.Header.Set("Content-Type", r.ContentType)
				ex.Response.Body.Set(r.Example)
				return
			}
		}
	}
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}
