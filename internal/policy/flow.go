package policy

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// base compiles <base />.
func (c *compiler) base(e *element) builder {
	c.noChildren(e)
	return func(base step) step { return base }
}

// choose compiles <choose>: the first <when> whose condition holds, else <otherwise>.
// Conditions are literals in this version, so the choice is made here; the other
// branches are checked all the same.
func (c *compiler) choose(e *element) builder {
	c.noText(e)
	var chosen []builder
	found, whens, ended := false, 0, false
	for _, child := range e.children {
		holds := false
		switch {
		case child.name == "when" && !ended:
			whens++
			c.checkAttributes(child, definition{attributes: []string{"condition"}})
			holds, _ = c.condition(child)
			c.path = append(c.path, pathStep{"when", whens})
		case child.name == "otherwise" && !ended:
			ended, holds = true, true
			c.noAttributes(child)
			c.path = append(c.path, pathStep{"otherwise", 0})
		case child.name == "when" || child.name == "otherwise":
			c.reportElement(codeOrder, child, "<"+child.name+"> must not follow <otherwise>.")
			continue
		default:
			c.reportElement(codeChild, child, child.name, "choose")
			continue
		}
		list := c.block(child)
		c.path = c.path[:len(c.path)-1]
		if holds && !found {
			found, chosen = true, list
		}
	}
	if whens == 0 {
		c.reportElement(codeRequired, e, "choose", "a <when>")
	}
	return func(base step) step { return build(chosen, base) }
}

// setBackendService compiles <set-backend-service>.
func (c *compiler) setBackendService(e *element) builder {
	c.noChildren(e)
	id, byID := e.attribute("backend-id"), e.attribute("base-url")
	if (id == nil) == (byID == nil) {
		c.reportElement(codeRequired, e, e.name, "either 'backend-id' or 'base-url'")
		return nil
	}
	if id != nil {
		name, ok := c.literal(e, "backend-id")
		if !ok {
			return nil
		}
		if name = strings.TrimSpace(name); name == "" {
			c.badValue(e, "backend-id", "the id of a backend")
			return nil
		}
		c.document.refs = append(c.document.refs, Reference{Kind: "backend", Name: name, Range: c.src.Range(id.value.at, id.value.end)})
		return constantTarget(Target{ID: strings.ToLower(name)})
	}
	base, ok := c.literal(e, "base-url")
	if !ok {
		return nil
	}
	if !isBaseURL(base) {
		c.badValue(e, "base-url", "an http or https URL with a host, without query and fragment")
		return nil
	}
	return constantTarget(Target{URL: strings.TrimSpace(base)})
}

func isBaseURL(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func constantTarget(t Target) builder {
	s := func(ex *Exchange) outcome { ex.Backend = t; return next }
	return func(step) step { return s }
}

// forwardRequest compiles <forward-request>.
func (c *compiler) forwardRequest(e *element) builder {
	c.noChildren(e)
	if c.forwards++; c.forwards > 1 {
		c.reportElement(codeTwice, e, e.name, "a policy document")
	}
	o := &ForwardOptions{
		Timeout:               c.duration(e, "timeout", time.Second),
		BufferRequestBody:     c.choice(e, "buffer-request-body", "false", "true") == "true",
		BufferResponse:        c.choice(e, "buffer-response", "true", "false") == "true",
		FailOnErrorStatusCode: c.choice(e, "fail-on-error-status-code", "false", "true") == "true",
	}
	if ms := c.duration(e, "timeout-ms", time.Millisecond); ms > 0 {
		if o.Timeout > 0 {
			c.badValue(e, "timeout-ms", "left out when 'timeout' is given")
		}
		o.Timeout = ms
	}
	c.choice(e, "follow-redirects", "false")
	c.choice(e, "http-version", "1", "2or1")
	at := c.origin(e)
	s := func(ex *Exchange) outcome { return forward(ex, o, at) }
	return func(step) step { return s }
}

// duration is the value of an attribute that counts units; 0 when absent.
func (c *compiler) duration(e *element, name string, unit time.Duration) time.Duration {
	text, ok := c.literal(e, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		c.badValue(e, name, "a whole number of 0 or more")
	}
	return time.Duration(n) * unit
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

// returnResponse compiles <return-response>: a new response, 200 and empty unless its
// children say otherwise, ends the run.
func (c *compiler) returnResponse(e *element) builder {
	c.noText(e)
	was := c.inReturn
	c.inReturn = true
	seen := map[string]bool{}
	var list []builder
	for _, child := range e.children {
		switch child.name {
		case "set-status", "set-body":
			if seen[child.name] {
				c.reportElement(codeTwice, child, child.name, "<return-response>")
			}
		case "set-header":
		default:
			c.reportElement(codeChild, child, child.name, e.name)
			continue
		}
		seen[child.name] = true
		if b := c.policy(child); b != nil {
			list = append(list, b)
		}
	}
	c.inReturn = was
	children := build(list, nil)
	s := func(ex *Exchange) outcome {
		ex.phase = responsePhase
		ex.Response.Reset()
		ex.Response.Status = http.StatusOK
		if o := run(children, ex); o != next {
			return o
		}
		return finish
	}
	return func(step) step { return s }
}
