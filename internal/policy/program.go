package policy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// outcome says how to go on after a step.
type outcome uint8

const (
	next   outcome = iota
	finish         // the response is complete: no other policy runs
	failed         // ex.LastError is set: on-error runs
)

// step is one compiled policy.
type step func(ex *Exchange) outcome

// phase says which message set-header and set-body change.
type phase uint8

const (
	requestPhase phase = iota
	responsePhase
)

// Program is a document linked with its outer scopes; it never changes and any
// number of exchanges may run on it at once.
type Program struct {
	sections  [sectionCount]step
	preflight step // the cors policies of inbound; nil without one
}

// CORS reports whether the program answers preflight requests: they need no subscription key
// and match the operation that they ask about.
func (p *Program) CORS() bool { return p != nil && p.preflight != nil }

// Link places each document's outer scopes at its <base />; a section that a
// document does not have is its outer scope's. Nil documents are left out.
func Link(outerToInner ...*Document) *Program {
	p := &Program{}
	for s := range p.sections {
		for _, d := range outerToInner {
			if d == nil || d.sections[s] == nil {
				continue
			}
			if section(s) == inbound {
				p.preflight = build(d.preflight, p.preflight)
			}
			p.sections[s] = build(*d.sections[s], p.sections[s])
		}
	}
	return p
}

// build makes one step of a list; nil when it does nothing.
func build(list []builder, base step) step {
	var steps []step
	for _, b := range list {
		if s := b(base); s != nil {
			steps = append(steps, s)
		}
	}
	switch len(steps) {
	case 0:
		return nil
	case 1:
		return steps[0]
	case 2:
		first, second := steps[0], steps[1]
		return func(ex *Exchange) outcome {
			if o := first(ex); o != next {
				return o
			}
			return second(ex)
		}
	}
	return func(ex *Exchange) outcome {
		for _, s := range steps {
			if o := s(ex); o != next {
				return o
			}
		}
		return next
	}
}

// DefaultGlobal is the document that Azure sets at the global scope of a new
// service: it forwards the request and does nothing else.
func DefaultGlobal() *Document {
	o, at := &ForwardOptions{BufferResponse: true}, &origin{source: "forward-request", path: "forward-request[1]", section: backend}
	s := watched(func(ex *Exchange) outcome { return forward(ex, o, at) }, at.place())
	list := []builder{func(step) step { return s }}
	empty := []builder{}
	return &Document{sections: [sectionCount]*[]builder{&empty, &list, &empty, &empty}}
}

// Run carries ex through inbound, backend and outbound, and through on-error after
// an error. Afterwards ex.Response is what to send.
func (p *Program) Run(ex *Exchange) {
	ex.phase = requestPhase
	first := p.sections[inbound]
	if ex.preflight {
		first, ex.refused = p.preflight, true
	}
	o := run(first, ex)
	if o == next && ex.refused {
		o = ex.emptyAnswer()
	}
	if o == next {
		o = run(p.sections[backend], ex)
	}
	if o == next {
		ex.phase = responsePhase
		if ex.Response.Status == 0 {
			ex.Response.Status = http.StatusOK // nothing was forwarded
		}
		o = run(p.sections[outbound], ex)
	}
	if o == failed {
		p.fail(ex)
		return
	}
	ex.finish()
}

// finish runs what policies left for the end, last left first.
func (ex *Exchange) finish() {
	for i := len(ex.after) - 1; i >= 0; i-- {
		ex.after[i](ex)
	}
}

// Fail answers an error of a built-in step, such as a missing subscription key: its
// default response goes through on-error.
func (p *Program) Fail(ex *Exchange, e Error) {
	ex.LastError = e
	p.fail(ex)
}

func (p *Program) fail(ex *Exchange) {
	p.answerError(ex)
	ex.finish()
}

func (p *Program) answerError(ex *Exchange) {
	ex.phase = responsePhase
	headers := ex.LastError.Headers
	ex.Response.Reset()
	DefaultAnswer(ex)
	for _, f := range headers {
		ex.Response.Header.Add(f.Name, f.Value)
	}
	if p == nil {
		return
	}
	if run(p.sections[onError], ex) == failed {
		ex.Response.Reset()
		DefaultAnswer(ex)
	}
}

func run(s step, ex *Exchange) outcome {
	if s == nil {
		return next
	}
	return s(ex)
}

// DefaultAnswer makes the response that Azure sends for ex.LastError when no policy makes
// another: errors of status 500 hide their cause and name the request.
func DefaultAnswer(ex *Exchange) {
	status := ex.LastError.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	ex.Response.Status = status
	ex.Response.Header.Set("Content-Type", "application/json")
	if status == http.StatusInternalServerError {
		ex.Response.Body.Set(`{ "statusCode": 500, "message": "Internal server error", "activityId": "` + ex.ID + `" }`)
		return
	}
	text := ex.LastError.Answer
	if text == "" {
		text = ex.LastError.Message
	}
	message, _ := json.Marshal(text) // a string always encodes
	ex.Response.Body.Set(fmt.Sprintf(`{ "statusCode": %d, "message": %s }`, status, message))
}

// origin is where in the documents a step stands, for LastError.
type origin struct {
	source, path, id string
	scope            Scope
	section          section
}

func (c *compiler) origin(e *element) *origin {
	o := &origin{source: e.name, scope: c.o.Scope, section: c.section}
	for i, p := range c.path {
		if i > 0 {
			o.path += "/"
		}
		o.path += p.name
		if p.index > 0 {
			o.path += "[" + strconv.Itoa(p.index) + "]"
		}
	}
	if a := e.attribute("id"); a != nil {
		o.id = a.value.text
	}
	return o
}

// fail sets ex.LastError from err at the place.
func (o *origin) fail(ex *Exchange, err error) outcome {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Reason: "BackendConnectionFailure", Message: err.Error(), Cause: err}
	}
	ex.LastError = *e
	ex.LastError.Source, ex.LastError.Scope, ex.LastError.Section = o.source, o.scope.String(), o.section.String()
	ex.LastError.Path, ex.LastError.PolicyID = o.path, o.id
	return failed
}
