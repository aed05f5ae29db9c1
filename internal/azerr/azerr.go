// Package azerr is the table of wire errors: one Code for each, with its HTTP
// status and message, and one function for each envelope in which Azure sends
// them (Resource Manager, Key Vault, Graph, OAuth). Domains return *Error, made
// by Code.New; only the front ends write them. Start at Error.
//
// The codes of each service are in the file of its name: arm.go, keyvault.go,
// apim.go, login.go, edge.go.
package azerr

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Code is one kind of wire error. Format is the message, for fmt.Sprintf.
type Code struct {
	Code   string // as on the wire, e.g. ResourceNotFound
	Inner  string // innererror.code, e.g. ForbiddenByRbac; may be empty
	Status int    // HTTP status
	Format string
}

// New makes an Error of the code; args fill its Format.
func (c *Code) New(args ...any) *Error {
	return &Error{Kind: c, Message: fmt.Sprintf(c.Format, args...)}
}

// Error is a wire error. Kind is never nil.
type Error struct {
	Kind           *Code
	Message        string
	Target         string
	Details        []*Error
	AdditionalInfo []Info
	RetryAfter     time.Duration // sent as Retry-After, in whole seconds
	Header         http.Header   // sent with the answer, e.g. WWW-Authenticate
	Cause          error         // logged, never sent
	Audited        bool          // an audit record of this refusal was written
}

// Info is one item of additionalInfo.
type Info struct {
	Type string `json:"type"`
	Info any    `json:"info"`
}

func (e *Error) Error() string {
	s := e.Kind.Code + ": " + e.Message
	for _, d := range e.Details {
		s += "\n  " + d.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Is lets errors.Is(err, code) find an error of that code.
func (e *Error) Is(target error) bool {
	c, ok := target.(*Code)
	return ok && e.Kind == c
}

// Error makes *Code usable as the target of errors.Is.
func (c *Code) Error() string { return c.Code }

// At sets the target and returns e.
func (e *Error) At(target string) *Error { e.Target = target; return e }

// With appends details and returns e.
func (e *Error) With(details ...*Error) *Error { e.Details = append(e.Details, details...); return e }

// Because sets the cause and returns e.
func (e *Error) Because(err error) *Error { e.Cause = err; return e }

// Internal is what any unexpected error becomes on the wire; its text is not sent.
var Internal = &Code{Code: "InternalServerError", Status: 500, Format: "Encountered internal server error. The server's log has the details under this request's id."}

// From returns err as *Error; anything else becomes Internal with err as its cause.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Internal.New().Because(err)
}

func (e *Error) setHeaders(h http.Header) {
	for k, v := range e.Header {
		h[k] = v
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
}
