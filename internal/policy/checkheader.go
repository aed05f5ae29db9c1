package policy

import "strings"

// checkHeader compiles <check-header>.
func (c *compiler) checkHeader(e *element) builder {
	name, status := c.needText(e, "name"), c.needNumber(e, "failed-check-httpcode", 100, 999)
	message := c.needText(e, "failed-check-error-message")
	c.need(e, "ignore-case")
	ignoreCase := c.flag(e, "ignore-case", false)
	values := c.texts(e, "value")
	return c.simple(e, func(ex *Exchange) error {
		n, err := name.get(ex)
		fold, errFold := ignoreCase.get(ex)
		if err != nil || errFold != nil {
			return firstError(err, errFold)
		}
		reason, what, err := headerProblem(ex, n, values, fold)
		if reason == "" || err != nil {
			return err
		}
		code, err := status.get(ex)
		text, errText := message.get(ex)
		if err != nil || errText != nil {
			return firstError(err, errText)
		}
		return &Error{Reason: reason, Message: what, Status: int(code), Answer: text}
	})
}

// headerProblem has the reasons and words of API Management's predefined errors.
func headerProblem(ex *Exchange, name string, values []*Text, fold bool) (reason, message string, err error) {
	got := ex.Request.Header.Get(name)
	if got == "" {
		return "HeaderNotFound", "Header " + name + " was not found in the request. Access denied.", nil
	}
	if len(values) == 0 {
		return "", "", nil
	}
	for _, v := range values {
		want, err := v.get(ex)
		if err != nil {
			return "", "", err
		}
		if got == want || fold && strings.EqualFold(got, want) {
			return "", "", nil
		}
	}
	return "HeaderValueNotAllowed", "Header " + name + " value of " + strings.Clone(got) + " is not allowed. Access denied.", nil
}
