package policy

import (
	"strconv"
	"strings"
)

// existsAction is what to do when a header or parameter is there already.
type existsAction uint8

const (
	override existsAction = iota
	skip
	appendTo
	deleteAll
)

func (c *compiler) existsAction(e *element) existsAction {
	switch c.choice(e, "exists-action", "override", "skip", "append", "delete") {
	case "skip":
		return skip
	case "append":
		return appendTo
	case "delete":
		return deleteAll
	}
	return override
}

// values reads the <value> children of set-header and set-query-parameter.
func (c *compiler) values(e *element, action existsAction) []string {
	c.noText(e)
	var list []string
	for _, child := range e.children {
		if child.name != "value" {
			c.reportElement(codeChild, child, child.name, e.name)
			continue
		}
		c.noAttributes(child)
		for _, below := range child.children {
			c.reportElement(codeChild, below, below.name, "value")
		}
		if text, ok := c.plain(child.text, "<value> of '"+e.name+"'"); ok {
			list = append(list, strings.TrimSpace(text))
		}
	}
	if len(e.children) == 0 && action != deleteAll {
		c.reportElement(codeRequired, e, e.name, "a <value>")
	}
	return list
}

// header is the message that a step changes: the request until there is a response.
func (ex *Exchange) header() *Header {
	if ex.phase == requestPhase {
		return &ex.Request.Header
	}
	return &ex.Response.Header
}

// setHeader compiles <set-header>.
func (c *compiler) setHeader(e *element) builder {
	name, ok := c.required(e, "name")
	action := c.existsAction(e)
	values := c.values(e, action)
	if !ok {
		return nil
	}
	if !IsToken(name) {
		c.badValue(e, "name", "a header name")
		return nil
	}
	for _, v := range values {
		if !IsFieldValue(v) {
			c.reportElement(codeValue, e, "<value> of 'set-header'", "on one line, without control characters")
			return nil
		}
	}
	// API Management's reference: these headers can't be modified or deleted.
	if isFramingHeader(name) {
		return func(step) step { return nil }
	}
	s := headerStep(name, action, joinValues(name, values))
	return func(step) step { return s }
}

func headerStep(name string, action existsAction, values []string) step {
	switch {
	case action == deleteAll:
		return func(ex *Exchange) outcome { ex.header().Delete(name); return next }
	case action == appendTo:
		return func(ex *Exchange) outcome { appendHeader(ex.header(), name, values); return next }
	case action == skip:
		return func(ex *Exchange) outcome {
			if h := ex.header(); !h.Has(name) {
				addAll(h, name, values)
			}
			return next
		}
	case len(values) == 1:
		value := values[0]
		return func(ex *Exchange) outcome { ex.header().Set(name, value); return next }
	}
	return func(ex *Exchange) outcome {
		h := ex.header()
		h.Delete(name)
		addAll(h, name, values)
		return next
	}
}

func addAll(h *Header, name string, values []string) {
	for _, v := range values {
		h.Add(name, v)
	}
}

func appendHeader(h *Header, name string, values []string) {
	if h.Has(name) && !staysApart(name) && len(values) == 1 {
		h.Set(name, h.Get(name)+","+values[0])
		return
	}
	addAll(h, name, values)
}

// joinValues makes one comma-separated value of several, except for the headers
// which the reference of set-header lists as staying apart.
func joinValues(name string, values []string) []string {
	if len(values) < 2 || staysApart(name) {
		return values
	}
	return []string{strings.Join(values, ",")}
}

func staysApart(name string) bool {
	switch strings.ToLower(name) {
	case "user-agent", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie", "warning", "date", "expires",
		"if-modified-since", "if-unmodified-since", "last-modified", "retry-after":
		return true
	}
	return false
}

func isFramingHeader(name string) bool {
	switch strings.ToLower(name) {
	case "connection", "content-length", "keep-alive", "transfer-encoding":
		return true
	}
	return false
}

// setStatus compiles <set-status>.
func (c *compiler) setStatus(e *element) builder {
	c.noChildren(e)
	text, ok := c.required(e, "code")
	reason, _ := c.literal(e, "reason")
	if !ok {
		return nil
	}
	status, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || status < 100 || status > 999 {
		c.badValue(e, "code", "a status code of three digits")
		return nil
	}
	if !IsFieldValue(reason) {
		c.badValue(e, "reason", "on one line, without control characters")
		return nil
	}
	s := func(ex *Exchange) outcome { ex.Response.Status, ex.Response.Reason = status, reason; return next }
	return func(step) step { return s }
}

// setBody compiles <set-body> with a literal: text, CDATA or markup.
func (c *compiler) setBody(e *element) builder {
	var body string
	var ok bool
	if len(e.children) > 0 {
		body, ok = c.expand(value{at: e.text.at, end: e.text.end, text: strings.TrimSpace(e.inner)})
	} else {
		body, ok = c.plain(e.text, "'set-body'")
	}
	if !ok {
		return nil
	}
	inReturn := c.inReturn
	s := func(ex *Exchange) outcome {
		if ex.phase == requestPhase && !inReturn {
			ex.Request.Body.Set(body)
		} else {
			ex.Response.Body.Set(body)
		}
		return next
	}
	return func(step) step { return s }
}
