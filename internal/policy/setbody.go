package policy

import "strings"

// setBody compiles <set-body>: text, CDATA, markup, an expression or a liquid template.
func (c *compiler) setBody(e *element) builder {
	liquid := c.choice(e, "template", "none", "liquid") == "liquid"
	c.choice(e, "xsi-nil", "blank", "null")
	c.fixedFlag(e, "parse-date", true)
	body := &Text{what: "'set-body'"}
	var ok bool
	source := e.text
	if len(e.children) > 0 {
		source.text = strings.TrimSpace(e.inner)
	}
	if liquid {
		body.literal, ok = c.expandKnown(source), true
	} else if len(e.children) > 0 {
		body.literal, ok = c.expand(source)
	} else {
		body.literal, body.code, ok = c.value(e.text, body.what, TextKind)
	}
	if !ok {
		return nil
	}
	m := c.message
	if liquid {
		return c.liquidBody(e, body, m)
	}
	if body.code == nil {
		text := body.literal
		s := func(ex *Exchange) outcome { m.setBody(ex, text); return next }
		return func(step) step { return s }
	}
	return c.simple(e, func(ex *Exchange) error {
		text, err := body.get(ex)
		if err == nil {
			m.setBody(ex, text)
		}
		return err
	})
}

func (m message) setBody(ex *Exchange, text string) {
	switch {
	case m == sentMessage:
		ex.message.Body = text
	case m == exchangeMessage && ex.phase == requestPhase:
		ex.Request.Body.Set(text)
		ex.Request.Header.Delete("Content-Encoding") // of the body that was
	default:
		ex.Response.Body.Set(text)
		ex.Response.Header.Delete("Content-Encoding")
	}
}
