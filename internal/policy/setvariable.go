package policy

// setVariable compiles <set-variable>.
func (c *compiler) setVariable(e *element) builder {
	c.noChildren(e)
	name, _ := c.required(e, "name")
	c.need(e, "value")
	value := c.any(e, "value")
	return c.simple(e, func(ex *Exchange) error {
		v, err := value.get(ex)
		if err == nil {
			ex.SetVariable(name, v)
		}
		return err
	})
}
