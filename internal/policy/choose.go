package policy

// base compiles <base />.
func (c *compiler) base(e *element) builder {
	c.noChildren(e)
	if c.fragment != "" {
		c.reportElement(codeNested, e, e.name)
	}
	return func(base step) step { return base }
}

// branch is a <when> or <otherwise>.
type branch struct {
	condition *Flag // nil: always
	list      []builder
}

// choose compiles <choose>: the first <when> whose condition holds, else <otherwise>.
// Branches whose conditions are known are chosen now; the others are checked all the same.
func (c *compiler) choose(e *element) builder {
	c.noText(e)
	var branches []branch
	whens, ended := 0, false
	for _, child := range e.children {
		b := branch{}
		switch {
		case child.name == "when" && !ended:
			whens++
			c.checkAttributes(child, definition{attributes: "condition"})
			b.condition = c.condition(child)
			c.path = append(c.path, pathStep{"when", whens})
		case child.name == "otherwise" && !ended:
			ended = true
			c.noAttributes(child)
			c.path = append(c.path, pathStep{"otherwise", 0})
		case child.name == "when" || child.name == "otherwise":
			c.reportElement(codeOrder, child, "<"+child.name+"> must not follow <otherwise>.")
			continue
		default:
			c.reportElement(codeChild, child, child.name, "choose")
			continue
		}
		b.list = c.block(child)
		c.path = c.path[:len(c.path)-1]
		branches = append(branches, b)
	}
	if whens == 0 {
		c.reportElement(codeRequired, e, "choose", "a <when>")
	}
	at := c.origin(e)
	return func(base step) step { return chooseStep(branches, base, at) }
}

func chooseStep(branches []branch, base step, at *origin) step {
	type alternative struct {
		condition *Flag
		then      step
	}
	var list []alternative
	for _, b := range branches {
		known := b.condition == nil || b.condition.code == nil
		if known && b.condition != nil && !b.condition.literal {
			continue
		}
		if known {
			list = append(list, alternative{nil, build(b.list, base)})
			break
		}
		list = append(list, alternative{b.condition, build(b.list, base)})
	}
	switch {
	case len(list) == 0:
		return nil
	case list[0].condition == nil:
		return list[0].then
	}
	return func(ex *Exchange) outcome {
		for i := range list {
			a := &list[i]
			if a.condition != nil {
				holds, err := a.condition.get(ex)
				if err != nil {
					return at.fail(ex, err)
				}
				if !holds {
					continue
				}
			}
			return run(a.then, ex)
		}
		return next
	}
}
