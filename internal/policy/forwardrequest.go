package policy

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	var err error
	if o.FollowRedirects {
		err = forwardFollowing(ex, o)
	} else {
		err = ex.Services.Forward(ex, o)
	}
	if err != nil {
		return at.fail(ex, err)
	}
	ex.phase = responsePhase
	if o.FailOnErrorStatusCode && ex.Response.Status >= 400 {
		return at.fail(ex, &Error{Reason: "BackendErrorStatusCode", Status: ex.Response.Status,
			Message: "The backend service answered with status code " + strconv.Itoa(ex.Response.Status) + "."})
	}
	return next
}

// maxRedirects bounds how far forward-request follows.
const maxRedirects = 5

// forwardFollowing follows redirects (RFC 9110 section 15.4). What identifies the caller goes to
// no other host.
func forwardFollowing(ex *Exchange, o *ForwardOptions) error {
	if err := ex.keepRequestBody(); err != nil {
		return err
	}
	base, err := url.Parse(strings.TrimRight(ex.backendBase(), "/") + ex.Request.Target)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := ex.Services.Forward(ex, o); err != nil {
			return err
		}
		to, ok := redirection(ex, base)
		if !ok || n == maxRedirects {
			return nil
		}
		if to.Host != base.Host {
			ex.Request.Header.Delete("Authorization")
			ex.Request.Header.Delete("Cookie")
			ex.Backend.Certificate = nil
		}
		base = to
		ex.Request.Header.Delete("Host")
		ex.Backend.ID, ex.Backend.URL, ex.Request.Target = "", to.Scheme+"://"+to.Host, to.EscapedPath()
		ex.Request.Query.SetRaw(to.RawQuery)
		if s := ex.Response.Status; (s == 303 || s <= 302 && ex.Request.Method == http.MethodPost) && ex.Request.Method != http.MethodHead {
			ex.Request.Method = http.MethodGet
			ex.Request.Body.Discard()
			ex.Request.Header.Delete("Content-Type")
		}
	}
}

// redirection is where the response sends the request.
func redirection(ex *Exchange, base *url.URL) (*url.URL, bool) {
	switch ex.Response.Status {
	case 301, 302, 303, 307, 308:
	default:
		return nil, false
	}
	location := ex.Response.Header.Get("Location")
	to, err := base.Parse(location)
	if location == "" || err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" || to.User != nil {
		return nil, false
	}
	return to, true
}
