package policy

import (
	"bytes"
	"net/http"
	"strings"
)

// mockResponse compiles <mock-response>: the example that the operation describes for the status
// code and content type, else a sample made of its schema, without calling the backend.
// https://learn.microsoft.com/azure/api-management/mock-response-policy
func (c *compiler) mockResponse(e *element) builder {
	c.noChildren(e)
	m := mock{status: http.StatusOK}
	if status, ok := c.fixedNumber(e, "status-code", 100, 999); ok {
		m.status = int(status)
	}
	contentType, _ := c.literal(e, "content-type")
	m.contentType = strings.TrimSpace(contentType)
	m.index, _ = c.fixedNumber(e, "index", 0, maxNumber)
	s := func(ex *Exchange) outcome {
		ex.phase = responsePhase
		ex.Response.Reset()
		m.answer(ex)
		return finish
	}
	return func(step) step { return s }
}

// mock is one mock-response. Index chooses among the examples of the representation.
type mock struct {
	status      int
	contentType string
	index       int64
}

func (m *mock) answer(ex *Exchange) {
	ex.Response.Status = m.status
	if m.contentType != "" {
		ex.Response.Header.Set("Content-Type", m.contentType)
	}
	list := m.representations(ex)
	for _, r := range list {
		if n := int64(len(r.Examples)); n > 0 {
			ex.Response.Header.Set("Content-Type", r.ContentType)
			ex.Response.Body.Set(r.Examples[min(m.index, n-1)])
			return
		}
	}
	if len(list) > 0 {
		ex.Response.Header.Set("Content-Type", list[0].ContentType)
		ex.Response.Body.Set(sampleOf(ex.Env, &list[0]))
	}
}

// representations are those that the operation describes for the status and type.
func (m *mock) representations(ex *Exchange) (list []Representation) {
	if ex.Operation == nil {
		return nil
	}
	r := ex.Operation.reply(m.status)
	if r == nil {
		return nil
	}
	for _, x := range r.Representations {
		if m.contentType == "" || strings.EqualFold(x.ContentType, m.contentType) {
			list = append(list, x)
		}
	}
	return list
}

// sampleOf is content as a schema describes it; "" without one.
func sampleOf(env *Environment, r *Representation) string {
	if r.SchemaID == "" || !strings.Contains(strings.ToLower(r.ContentType), "json") {
		return ""
	}
	s, ok := env.schema(r.SchemaID)
	if !ok {
		return ""
	}
	check, err := newSchemaCheck(s, r.TypeName, &contentRule{})
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	writeJSON(&b, check.sample(check.schema, 0))
	return b.String()
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}
