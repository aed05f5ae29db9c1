package policy

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// forwardRequest compiles <forward-request>.
// https://learn.microsoft.com/azure/api-management/forward-request-policy
func (c *compiler) forwardRequest(e *element) builder {
	c.noChildren(e)
	r := &forwarding{
		timeout: c.number(e, "timeout", 0, maxNumber), millis: c.number(e, "timeout-ms", 0, maxNumber), proceed: c.number(e, "continue-timeout", 0, maxNumber),
		follow: c.flag(e, "follow-redirects", false), buffer: c.flag(e, "buffer-request-body", false),
		options: ForwardOptions{HTTPVersion: c.choice(e, "http-version", "1", "2or1", "2"), BufferResponse: c.fixedFlag(e, "buffer-response", true),
			FailOnErrorStatusCode: c.fixedFlag(e, "fail-on-error-status-code", false)},
	}
	if r.timeout != nil && r.millis != nil {
		c.badValue(e, "timeout-ms", "left out when 'timeout' is given")
	}
	at := c.origin(e)
	if r.isConstant() {
		o, _ := r.get(&Exchange{}) // nothing of it is asked
		s := func(ex *Exchange) outcome { return forward(ex, &o, at) }
		return func(step) step { return s }
	}
	s := func(ex *Exchange) outcome {
		o, err := r.get(ex)
		if err != nil {
			return at.fail(ex, err)
		}
		return forward(ex, &o, at)
	}
	return func(step) step { return s }
}

// forwarding is one forward-request.
type forwarding struct {
	timeout, millis, proceed *Number
	follow, buffer           *Flag
	options                  ForwardOptions // what takes no expression
}

func (r *forwarding) isConstant() bool {
	for _, n := range []*Number{r.timeout, r.millis, r.proceed} {
		if n != nil && n.code != nil {
			return false
		}
	}
	return r.follow.code == nil && r.buffer.code == nil
}

func (r *forwarding) get(ex *Exchange) (ForwardOptions, error) {
	o := r.options
	var errs [5]error
	var millis int64
	o.Timeout, errs[0] = r.timeout.seconds(ex, 0)
	millis, errs[1] = r.millis.get(ex)
	o.Timeout += time.Duration(millis) * time.Millisecond
	o.ContinueTimeout, errs[2] = r.proceed.seconds(ex, 0)
	o.FollowRedirects, errs[3] = r.follow.get(ex)
	o.BufferRequestBody, errs[4] = r.buffer.get(ex)
	return o, firstError(errs[:]...)
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
