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

func (c *compiler) existsAction(e *element) *Option {
	return c.option(e, "exists-action", "override", "skip", "append", "delete")
}

// actionOf is the action that an option names.
func actionOf(name string) existsAction {
	switch name {
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
func (c *compiler) values(e *element) (list []*Text) {
	for _, child := range c.children(e, "value") {
		c.noAttributes(child)
		list = append(list, c.trimmed(child))
	}
	return list
}

// constants are the texts when all are known now.
func constants(list []*Text) ([]string, bool) {
	out := make([]string, len(list))
	for i, t := range list {
		var ok bool
		if out[i], ok = t.constant(); !ok {
			return nil, false
		}
	}
	return out, true
}

// message is the message that a policy changes.
type message uint8

const (
	exchangeMessage message = iota // the request until there is a response
	returnMessage                  // inside of return-response: the response
	sentMessage                    // inside of send-request: the request that it makes
)

// header is the header of the message.
func (m message) header(ex *Exchange) *Header {
	switch {
	case m == sentMessage:
		return &ex.message.Header
	case m == exchangeMessage && ex.phase == requestPhase:
		return &ex.Request.Header
	}
	return &ex.Response.Header
}

// requestHeader is the header of the request that the message belongs to, also when there is a
// response: what authenticates to a backend must not go to the client.
func (m message) requestHeader(ex *Exchange) *Header {
	if m == sentMessage {
		return &ex.message.Header
	}
	return &ex.Request.Header
}

// setHeader compiles <set-header>.
func (c *compiler) setHeader(e *element) builder {
	name := c.needText(e, "name")
	action, values := c.existsAction(e), c.values(e)
	if name == nil {
		return nil
	}
	if name.code == nil && !IsToken(name.literal) {
		c.badValue(e, "name", "a header name")
		return nil
	}
	for _, v := range values {
		if v != nil && v.code == nil && !IsFieldValue(v.literal) {
			c.reportElement(codeValue, e, "<value> of 'set-header'", "on one line, without control characters")
			return nil
		}
	}
	m := c.message
	known, allKnown := constants(values)
	if name.code == nil && isFramingHeader(name.literal) {
		// API Management's reference: these headers can't be modified or deleted.
		return func(step) step { return nil }
	}
	if name.code == nil && allKnown && action.code == nil {
		s := headerStep(m, name.literal, actionOf(action.literal), joinValues(name.literal, known))
		return func(step) step { return s }
	}
	return c.simple(e, func(ex *Exchange) error { return setComputedHeader(ex, m, name, action, values) })
}

// setComputedHeader is set-header with expressions. What they come to is checked, so that no
// value of a request can make a second header line.
func setComputedHeader(ex *Exchange, m message, name *Text, option *Option, values []*Text) error {
	n, err := name.get(ex)
	chosen, errOption := option.get(ex)
	if err != nil || errOption != nil {
		return firstError(err, errOption)
	}
	action := actionOf(chosen)
	if len(values) == 1 && action == override { // the usual case, without a list
		v, err := values[0].get(ex)
		if err == nil {
			v, err = fieldValue(n, v)
		}
		if err == nil && !isFramingHeader(n) {
			m.header(ex).Set(n, v)
		}
		return err
	}
	list, err := evaluate(ex, values)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i], err = fieldValue(n, list[i]); err != nil {
			return err
		}
	}
	if !isFramingHeader(n) {
		headerStep(m, n, action, joinValues(n, list))(ex)
	}
	return nil
}

func fieldValue(name, value string) (string, error) {
	value = strings.Trim(value, " \t\r\n")
	if !IsToken(name) || !IsFieldValue(value) {
		return "", &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The header " + strconv.QuoteToASCII(name) + " can't have the value that its expression came to: it holds control characters."}
	}
	return value, nil
}

func headerStep(m message, name string, action existsAction, values []string) step {
	switch {
	case action == deleteAll:
		return func(ex *Exchange) outcome { m.header(ex).Delete(name); return next }
	case action == appendTo:
		return func(ex *Exchange) outcome { appendHeader(m.header(ex), name, values); return next }
	case action == skip:
		return func(ex *Exchange) outcome {
			if h := m.header(ex); !h.Has(name) {
				addAll(h, name, values)
			}
			return next
		}
	case len(values) == 1:
		value := values[0]
		return func(ex *Exchange) outcome { m.header(ex).Set(name, value); return next }
	}
	return func(ex *Exchange) outcome {
		h := m.header(ex)
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
	return isOneOf(name, "user-agent", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie", "warning", "date", "expires",
		"if-modified-since", "if-unmodified-since", "last-modified", "retry-after")
}

func isFramingHeader(name string) bool {
	return isOneOf(name, "connection", "content-length", "keep-alive", "transfer-encoding")
}

// isOneOf compares without regard to case and without allocating.
func isOneOf(name string, list ...string) bool {
	for _, s := range list {
		if len(s) == len(name) && strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
