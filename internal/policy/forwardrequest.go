package policy

import (
	"strconv"
	"time"
)

// forwardRequest compiles <forward-request>.
func (c *compiler) forwardRequest(e *element) builder {
	c.noChildren(e)
	if c.forwards++; c.forwards > 1 {
		c.reportElement(codeTwice, e, e.name, "a policy document")
	}
	o := ForwardOptions{
		HTTPVersion:     c.choice(e, "http-version", "1", "2or1", "2"),
		FollowRedirects: c.choice(e, "follow-redirects", "false", "true") == "true",
		BufferResponse:  c.choice(e, "buffer-response", "true", "false") == "true",
	}
	timeout, ms := c.number(e, "timeout", 0, maxNumber), c.number(e, "timeout-ms", 0, maxNumber)
	if timeout != nil && ms != nil {
		c.badValue(e, "timeout-ms", "left out when 'timeout' is given")
	}
	if n := c.number(e, "continue-timeout", 0, maxNumber); n != nil {
		if n.code != nil {
			c.badValue(e, "continue-timeout", "a number of seconds")
		}
		o.ContinueTimeout = time.Duration(n.literal) * time.Second
	}
	buffer, strict := c.flag(e, "buffer-request-body", false), c.flag(e, "fail-on-error-status-code", false)
	o.BufferRequestBody, o.FailOnErrorStatusCode = buffer.literal, strict.literal
	unit := time.Second
	if timeout == nil {
		timeout, unit = ms, time.Millisecond
	}
	at := c.origin(e)
	if (timeout == nil || timeout.code == nil) && buffer.code == nil && strict.code == nil {
		if timeout != nil {
			o.Timeout = time.Duration(timeout.literal) * unit
		}
		s := func(ex *Exchange) outcome { return forward(ex, &o, at) }
		return func(step) step { return s }
	}
	s := func(ex *Exchange) outcome {
		now := o
		n, err := timeout.get(ex)
		if err == nil {
			now.BufferRequestBody, err = buffer.get(ex)
		}
		if err == nil {
			now.FailOnErrorStatusCode, err = strict.get(ex)
		}
		if err != nil {
			return at.fail(ex, err)
		}
		now.Timeout = time.Duration(n) * unit
		return forward(ex, &now, at)
	}
	return func(step) step { return s }
}

func forward(ex *Exchange, o *ForwardOptions, at *origin) outcome {
	if err := ex.Services.Forward(ex, o); err != nil {
		return at.fail(ex, err)
	}
	ex.phase = responsePhase
	if o.FailOnErrorStatusCode && ex.Response.Status >= 400 {
		return at.fail(ex, &Error{Reason: "BackendErrorStatusCode", Status: ex.Response.Status,
			Message: "The backend service answered with status code " + strconv.Itoa(ex.Response.Status) + "."})
	}
	return next
}
