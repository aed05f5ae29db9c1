package policy

import "strings"

// findAndReplace compiles <find-and-replace>.
func (c *compiler) findAndReplace(e *element) builder {
	c.noChildren(e)
	from, to := c.needText(e, "from"), c.needText(e, "to")
	return c.simple(e, func(ex *Exchange) error {
		old, err := from.get(ex)
		substitute, errTo := to.get(ex)
		if err != nil || errTo != nil {
			return firstError(err, errTo)
		}
		text, err := ex.messageText()
		if err == nil && old != "" && strings.Contains(text, old) {
			ex.setMessageText(strings.ReplaceAll(text, old, substitute))
		}
		return err
	})
}
