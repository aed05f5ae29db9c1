package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Error is an answer with a status of 400 or above.
type Error struct {
	Status  int             `json:"-"`
	Header  http.Header     `json:"-"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Target  string          `json:"target"`
	Details []Error         `json:"details"`
	Inner   json.RawMessage `json:"innererror"`
}

func newError(status int, h http.Header, body []byte) *Error {
	e := &Error{Status: status, Header: h}
	var envelope struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Code        string          `json:"code"`
		Message     string          `json:"message"`
	}
	if json.Unmarshal(body, &envelope) == nil {
		if json.Unmarshal(envelope.Error, e) != nil { // OAuth: error is a string
			_ = json.Unmarshal(envelope.Error, &e.Code)
			e.Message = envelope.Description
		}
		if e.Code == "" {
			e.Code, e.Message = envelope.Code, envelope.Message
		}
	}
	if e.Code == "" {
		e.Code = http.StatusText(status)
	}
	if e.Message == "" {
		e.Message = strings.TrimSpace(string(body[:min(len(body), 2000)]))
	}
	return e
}

// Error renders e as Azure CLI does: "(Code) Message", then the parts, a line each.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%s) %s\nCode: %s\nMessage: %s", e.Code, e.Message, e.Code, e.Message)
	if e.Target != "" {
		fmt.Fprintf(&b, "\nTarget: %s", e.Target)
	}
	if len(e.Details) > 0 {
		b.WriteString("\nException Details:")
		for i := range e.Details {
			b.WriteString("\t" + strings.ReplaceAll(e.Details[i].Error(), "\n", "\n\t"))
		}
	}
	if len(e.Inner) > 0 && string(e.Inner) != "null" {
		if inner, err := json.MarshalIndent(e.Inner, "", "    "); err == nil {
			fmt.Fprintf(&b, "\nInner error: %s", inner)
		}
	}
	return b.String()
}
