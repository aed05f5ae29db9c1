package policy

import "strings"

// setMethod compiles <set-method>.
func (c *compiler) setMethod(e *element) builder {
	method := c.trimmed(e)
	if method == nil {
		return nil
	}
	if method.code == nil && !IsToken(method.literal) {
		c.reportElement(codeValue, e, "'set-method'", "an HTTP method")
		return nil
	}
	m := c.message
	return c.simple(e, func(ex *Exchange) error {
		text, err := method.get(ex)
		if err != nil {
			return err
		}
		if text = strings.TrimSpace(text); !IsToken(text) {
			return &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of 'set-method' must be an HTTP method."}
		}
		if m == sentMessage {
			ex.message.Method = text
		} else {
			ex.Request.Method = text
		}
		return nil
	})
}
