package policy

// setStatus compiles <set-status>.
func (c *compiler) setStatus(e *element) builder {
	c.noChildren(e)
	c.need(e, "code")
	status, reason := c.number(e, "code", 100, 999), c.text(e, "reason")
	if status == nil {
		return nil
	}
	text, known := reason.constant()
	if known && !IsFieldValue(text) {
		c.badValue(e, "reason", "on one line, without control characters")
		return nil
	}
	if known && status.code == nil {
		code := int(status.literal)
		s := func(ex *Exchange) outcome { ex.Response.Status, ex.Response.Reason = code, text; return next }
		return func(step) step { return s }
	}
	return c.simple(e, func(ex *Exchange) error {
		code, err := status.get(ex)
		phrase, errReason := reason.get(ex)
		if errReason == nil && phrase != "" {
			phrase, errReason = fieldValue("reason", phrase)
		}
		if err == nil && errReason == nil {
			ex.Response.Status, ex.Response.Reason = int(code), phrase
		}
		return firstError(err, errReason)
	})
}
