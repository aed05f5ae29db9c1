package policy

import (
	"net/http"
	"strings"
)

// crossDomain compiles <cross-domain>: its content answers requests for /crossdomain.xml.
func (c *compiler) crossDomain(e *element) builder {
	if len(c.children(e, "cross-domain-policy")) != 1 {
		c.reportElement(codeRequired, e, e.name, "one <cross-domain-policy>")
		return nil
	}
	body, ok := c.expand(value{at: e.text.at, end: e.text.end, text: strings.TrimSpace(e.inner)})
	if !ok {
		return nil
	}
	s := func(ex *Exchange) outcome {
		if !strings.HasSuffix(strings.ToLower(ex.Request.Path), "/crossdomain.xml") {
			return next
		}
		ex.emptyAnswer()
		ex.Response.Status = http.StatusOK
		ex.Response.Header.Add("Content-Type", "text/x-cross-domain-policy")
		ex.Response.Body.Set(body)
		return finish
	}
	return func(step) step { return s }
}
