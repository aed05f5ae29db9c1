package policy

import (
	"fmt"
	"strconv"

	"gatehouse/internal/csharp/types"
)

// Tracer watches the policies of one exchange run, for people who look on. An exchange
// that nobody watches has none.
// A Tracer may also have the method Value(ex *Exchange, what string, value any), which is told
// what attributes and texts come to.
type Tracer interface {
	Before(ex *Exchange, at *Place)
	After(ex *Exchange, at *Place, r Result)
}

// Place is where in the documents a policy stands.
type Place struct {
	Policy  string // set-header
	Path    string // choose[1]/when[1]/set-header[2]
	Scope   string // global, product, api, operation
	Section string // inbound, backend, outbound, on-error
	ID      string // of the attribute id
}

// Result says how the program goes on after a policy.
type Result string

// The results.
const (
	Continued Result = "continued"
	Finished  Result = "finished" // the response is complete
	Failed    Result = "failed"   // LastError is set
)

func (o outcome) result() Result { return [...]Result{Continued, Finished, Failed}[o] }

// traced lets a Tracer see the steps that b makes.
func (c *compiler) traced(e *element, b builder) builder {
	if b == nil || e.name == "base" { // whose steps are those of another document
		return b
	}
	at := c.origin(e).place()
	return func(base step) step {
		if s := b(base); s != nil {
			return watched(s, at)
		}
		return nil
	}
}

func (o *origin) place() *Place {
	return &Place{Policy: o.source, Path: o.path, Scope: o.scope.String(), Section: o.section.String(), ID: o.id}
}

func watched(s step, at *Place) step {
	return func(ex *Exchange) outcome {
		if ex.Tracer == nil {
			return s(ex)
		}
		ex.Tracer.Before(ex, at)
		o := s(ex)
		ex.Tracer.After(ex, at, o.result())
		return o
	}
}

// traceValue tells a Tracer that wants to know what a part of a policy came to.
func (ex *Exchange) traceValue(what string, value any) {
	if t, ok := ex.Tracer.(interface {
		Value(ex *Exchange, what string, value any)
	}); ok {
		t.Value(ex, what, value)
	}
}

// Show writes what a Tracer was told for people: text in quotes, other values as they are.
func Show(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case types.Value:
		if s, ok := v.Text(); ok {
			return strconv.Quote(s)
		}
		return valueText(v)
	}
	return fmt.Sprint(value)
}
