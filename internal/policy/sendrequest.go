package policy

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/csharp/types"
)

// sendRequest compiles <send-request>: a request of its own, whose response goes into a
// variable. https://learn.microsoft.com/azure/api-management/send-request-policy
func (c *compiler) sendRequest(e *element) builder {
	name := c.needText(e, "response-variable-name")
	r := c.ownRequest(e)
	quiet := c.fixedFlag(e, "ignore-error", false)
	return c.simple(e, func(ex *Exchange) error {
		variable, err := name.get(ex)
		if err != nil {
			return err
		}
		m, err := r.make(ex)
		if err != nil {
			return takeAnswer(ex, variable, quiet, nil, err)
		}
		var response *Response
		ctx := ex.context()
		ex.aside(func() { response, err = ex.Env.send(ctx, m) })
		if ex.ended() {
			return errEnded
		}
		return takeAnswer(ex, variable, quiet, response, err)
	})
}

// sendOneWayRequest compiles <send-one-way-request>: the exchange does not wait for the answer.
func (c *compiler) sendOneWayRequest(e *element) builder {
	r := c.ownRequest(e)
	return c.simple(e, func(ex *Exchange) error {
		m, err := r.make(ex)
		if err != nil {
			return err
		}
		m.detach()
		env := ex.Env
		if env != nil && env.Go != nil {
			env.Go(func() { env.sendAway(m) })
		} else {
			go env.sendAway(m)
		}
		return nil
	})
}

// sendAway sends m after the exchange may have ended. Nobody hears of an error.
func (env *Environment) sendAway(m *Message) {
	ctx, cancel := context.WithTimeout(context.Background(), m.Timeout)
	defer cancel()
	_, _ = env.send(ctx, m)
}

// detach makes m independent of the exchange's buffers.
func (m *Message) detach() {
	m.Method, m.URL, m.Body = strings.Clone(m.Method), strings.Clone(m.URL), strings.Clone(m.Body)
	for i, f := range m.Header.fields {
		m.Header.fields[i] = Field{strings.Clone(f.Name), strings.Clone(f.Value)}
	}
}

func (env *Environment) send(ctx context.Context, m *Message) (*Response, error) {
	if env == nil || env.Sender == nil {
		return nil, missing("way to send requests of policies")
	}
	if m.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.Timeout)
		defer cancel()
	}
	if m.MaxBody == 0 {
		m.MaxBody = env.maxBody()
	}
	response, err := env.Sender.Send(ctx, m)
	if err == nil && int64(len(response.Body.Data)) > m.MaxBody {
		err = ErrTooLong
	}
	if err == nil {
		return response, nil
	}
	var known *Error
	switch {
	case errors.As(err, &known):
		return nil, known
	case errors.Is(err, ErrTooLong):
		return nil, bodyError(err, http.StatusInternalServerError)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &Error{Reason: "Timeout", Message: "The service that a policy called did not answer in time.", Cause: err}
	}
	return nil, &Error{Reason: "BackendConnectionFailure", Message: "The service that a policy called could not be reached.", Cause: err}
}

// takeAnswer sets the variable; an error that is ignored leaves null.
func takeAnswer(ex *Exchange, variable string, ignore bool, r *Response, err error) error {
	switch {
	case err == nil:
		ex.SetVariable(variable, responseValue(r))
	case ignore:
		ex.SetVariable(variable, types.Null)
		return nil
	}
	return err
}

// ownRequest is the description of a request that a policy makes.
type ownRequest struct {
	mode    *Option // copy: the exchange's request is its beginning
	timeout *Number
	url     *Text
	steps   step
	bare    bool // a copy is one without the body
}

func (c *compiler) ownRequest(e *element) *ownRequest {
	r := &ownRequest{mode: c.option(e, "mode", "new", "copy"), timeout: c.number(e, "timeout", 1, maxNumber)}
	rest, named := *e, false
	rest.children = nil
	for _, child := range e.children {
		if child.name != "set-url" {
			rest.children = append(rest.children, child)
			continue
		}
		if named {
			c.reportElement(codeTwice, child, child.name, "<"+e.name+">")
		}
		named = true
		c.noAttributes(child)
		if r.url = c.trimmed(child); r.url != nil && r.url.code == nil && !isOwnURL(r.url.literal) {
			c.reportElement(codeValue, child, "'set-url'", "an http or https URL")
		}
	}
	if !named && r.mode.code == nil && r.mode.literal == "new" {
		c.reportElement(codeRequired, e, e.name, "a <set-url>")
	}
	// Policies that stand in inbound only may stand in a request of its own, too.
	was := c.section
	r.bare = was == outbound // the references: mode=copy does not initialize the body there
	c.section = inbound
	list := c.messagePolicies(&rest, sentMessage, "set-method set-header set-body authentication-certificate authentication-managed-identity authentication-basic proxy",
		"set-method set-body authentication-certificate authentication-managed-identity authentication-basic proxy")
	c.section = was
	r.steps = build(list, nil)
	return r
}

func isOwnURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// make evaluates the request for an exchange.
func (r *ownRequest) make(ex *Exchange) (*Message, error) {
	m := &Message{Method: http.MethodGet}
	var err error
	if m.Timeout, err = r.timeout.seconds(ex, 60*time.Second); err != nil {
		return nil, err
	}
	copies, err := r.mode.is(ex, "copy")
	if err == nil && copies {
		err = m.begin(ex, !r.bare)
	}
	if err != nil {
		return nil, err
	}
	if r.url != nil {
		u, err := r.url.get(ex)
		if err != nil {
			return nil, err
		}
		if m.URL = strings.TrimSpace(u); !isOwnURL(m.URL) {
			return nil, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of 'set-url' must be an http or https URL."}
		}
	}
	ex.message = m
	defer func() { ex.message = nil }()
	if run(r.steps, ex) == failed {
		e := ex.LastError
		ex.LastError = Error{}
		return nil, &e
	}
	return m, nil
}

// begin makes m a copy of the exchange's request.
func (m *Message) begin(ex *Exchange, withBody bool) error {
	if withBody {
		body, err := ex.RequestText()
		if err != nil {
			return err
		}
		m.Body = body
	}
	m.Method = ex.Request.Method
	base := ex.Backend.URL
	if base == "" && ex.API != nil {
		base = ex.API.ServiceURL
	}
	m.URL = strings.TrimRight(base, "/") + ex.Request.Target
	if q := ex.Request.Query.Raw(); q != "" {
		m.URL += "?" + q
	}
	for _, f := range ex.Request.Header.fields {
		if !isFramingHeader(f.Name) && !equalFold(f.Name, "Host") {
			m.Header.Add(f.Name, f.Value)
		}
	}
	return nil
}
