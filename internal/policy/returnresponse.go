package policy

import "net/http"

// returnResponse compiles <return-response>: a new response, 200 and empty unless its
// children say otherwise, or one that send-request left in a variable, ends the run.
func (c *compiler) returnResponse(e *element) builder {
	variable, _ := c.literal(e, "response-variable-name")
	list := c.messagePolicies(e, returnMessage, "set-status set-header set-body", "set-status set-body")
	children := build(list, nil)
	at := c.origin(e)
	s := func(ex *Exchange) outcome {
		ex.phase = responsePhase
		var from *Response
		if variable != "" {
			v, _ := ex.Variable(variable)
			var ok bool
			if from, ok = responseOf(v); !ok {
				return at.fail(ex, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The variable '" + variable + "' does not hold a response."})
			}
		}
		ex.Response.Reset()
		ex.Response.Status = http.StatusOK
		if from != nil {
			ex.Response.copy(from)
		}
		if o := run(children, ex); o != next {
			return o
		}
		return finish
	}
	return func(step) step { return s }
}

// copy makes r what from is. The body of from stays readable.
func (r *Response) copy(from *Response) {
	r.Status, r.Reason = from.Status, from.Reason
	for _, f := range from.Header.fields {
		if !isFramingHeader(f.Name) {
			r.Header.Add(f.Name, f.Value)
		}
	}
	r.Body.Set(from.Body.Data)
}

// messagePolicies compiles children of e that change the message m; names are those allowed,
// once those that may stand only once.
func (c *compiler) messagePolicies(e *element, m message, names, once string) []builder {
	was := c.message
	c.message = m
	defer func() { c.message = was }()
	seen := map[string]int{}
	var list []builder
	for _, child := range c.children(e, names) {
		if seen[child.name]++; seen[child.name] > 1 && hasWord(once, child.name) {
			c.reportElement(codeTwice, child, child.name, "<"+e.name+">")
		}
		c.path = append(c.path, pathStep{child.name, seen[child.name]})
		if b := c.policy(child); b != nil {
			list = append(list, b)
		}
		c.path = c.path[:len(c.path)-1]
	}
	return list
}
