package upstream

import (
	"time"

	"gatehouse/internal/policy"
)

// waits reports whether the body of q is held back until the backend asks for it (RFC 9110 section 10.1.1).
func (c *conn) waits(q *Request) bool { return q.Continue > 0 && q.Body.Stream != nil }

// awaitContinue reads until 100 Continue, and then begins to send the body. Done says that the
// backend answered without it; the connection then carries nothing more.
func (c *conn) awaitContinue(q *Request, resp *policy.Response, b *Buffers) (done bool, err error) {
	c.deadline = time.Time{}
	if err := c.Conn.SetDeadline(time.Now().Add(q.Continue)); err != nil {
		return false, err
	}
	for range maxInformational {
		f, err := c.head(resp, b)
		switch {
		case err != nil:
			return false, err
		case resp.Status == 100:
			err := c.arm(time.Now(), timeoutOf(q))
			c.startBody(q) // which sets deadlines of its own
			return false, err
		case resp.Status == 101:
			return false, malformed("101 Switching Protocols without a request for it")
		case resp.Status > 199:
			c.keep = false
			return true, c.setBody(q, resp, f, b)
		}
	}
	return false, malformed("more than %d informational responses", maxInformational)
}
