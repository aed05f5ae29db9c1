package policy

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/counter"
)

// quotaLimit is one quota for an exchange.
type quotaLimit struct {
	key        string
	calls, kib int64 // meant when the flags below are set
	hasCalls   bool
	hasKiB     bool
	start      time.Time
	period     time.Duration
}

// quota compiles <quota>: so many calls or kilobytes of a subscription in a period.
// https://learn.microsoft.com/azure/api-management/quota-policy
func (c *compiler) quota(e *element) builder {
	var whole limited
	read := func(e *element, l *limited) {
		l.calls, l.hasCalls = c.fixedNumber(e, "calls", 1, maxNumber)
		l.bytes, l.hasBandwidth = c.fixedNumber(e, "bandwidth", 1, maxNumber)
		if e.attribute("calls") == nil && e.attribute("bandwidth") == nil {
			c.reportElement(codeRequired, e, e.name, "the attribute 'calls' or 'bandwidth'")
		}
		l.period = whole.period
		if seconds, ok := c.fixedNumber(e, "renewal-period", 0, maxNumber); ok {
			l.period = time.Duration(seconds) * time.Second
		}
	}
	c.need(e, "renewal-period") // those inside may leave it to this one
	read(e, &whole)
	list := append([]limited{whole}, c.parts(e, read, "calls bandwidth renewal-period")...)
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		if ex.Subscription == nil {
			return nil // the reference: it is only applied to calls with a subscription's key
		}
		for i := range list {
			l := &list[i]
			if !l.holds(ex) {
				continue
			}
			q := &quotaLimit{key: l.key(ex, at, "quota "+l.period.String()), calls: l.calls, kib: l.bytes, hasCalls: l.hasCalls, hasKiB: l.hasBandwidth, period: l.period}
			if err := q.take(ex, 1); err != nil {
				return err
			}
		}
		return nil
	})
}

// minQuota is the shortest period of quota-by-key, in seconds.
const minQuota = 300

// quotaByKey compiles <quota-by-key>.
// https://learn.microsoft.com/azure/api-management/quota-by-key-policy
func (c *compiler) quotaByKey(e *element) builder {
	c.noChildren(e)
	proto := quotaLimit{}
	proto.calls, proto.hasCalls = c.fixedNumber(e, "calls", 1, maxNumber)
	proto.kib, proto.hasKiB = c.fixedNumber(e, "bandwidth", 1, maxNumber)
	if e.attribute("calls") == nil && e.attribute("bandwidth") == nil {
		c.reportElement(codeRequired, e, e.name, "the attribute 'calls' or 'bandwidth'")
	}
	if seconds, ok := c.needFixedNumber(e, "renewal-period", 0, maxNumber); ok {
		if seconds > 0 && seconds < minQuota {
			c.badValue(e, "renewal-period", "0 for an infinite period, or "+wholeNumber(minQuota, maxNumber))
		}
		proto.period = time.Duration(seconds) * time.Second
	}
	key := c.needText(e, "counter-key")
	if text, ok := c.literal(e, "first-period-start"); ok {
		var err error
		if proto.start, err = time.Parse(time.RFC3339, text); err != nil {
			c.badValue(e, "first-period-start", "a time as 2024-01-01T00:00:00Z")
		}
	}
	inc := c.increment(e)
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		q := proto
		k, err := key.get(ex)
		if err != nil {
			return err
		}
		q.key = at.key(ex, "quota "+q.period.String(), k)
		return inc.count(ex, func(n int64) error { return q.take(ex, n) },
			func(n int64) { _, _ = ex.Env.Counters.Quota(ex.context(), q.key, n, 0, q.start, q.period) })
	})
}

// take counts n calls, and the bytes of both messages as they pass. With n 0 it looks whether
// there is room for one.
func (q *quotaLimit) take(ex *Exchange, n int64) error {
	if ex.Env == nil || ex.Env.Counters == nil {
		return missing("counters")
	}
	p, err := ex.Env.Counters.Quota(ex.context(), q.key, n, 0, q.start, q.period)
	if err != nil {
		return err
	}
	if q.hasCalls && p.Calls-n+max(n, 1) > q.calls {
		return quotaExceeded("call volume", p)
	}
	if !q.hasKiB {
		return nil
	}
	if p.Bytes >= q.kib<<10 {
		return quotaExceeded("bandwidth", p)
	}
	env, ctx := ex.Env, ex.context()
	add := func(bytes int64) { _, _ = env.Counters.Quota(ctx, q.key, 0, bytes, q.start, q.period) }
	countBody(&ex.Request.Body, add)
	ex.finally(func(ex *Exchange) { countBody(&ex.Response.Body, add) })
	return nil
}

func quotaExceeded(what string, p counter.Period) error {
	seconds := int64(math.Ceil(p.Left.Seconds()))
	message := fmt.Sprintf("Out of %s quota. Quota will be replenished in %02d:%02d:%02d.", what, seconds/3600, seconds/60%60, seconds%60)
	e := &Error{Reason: "QuotaExceeded", Status: http.StatusForbidden, Message: message}
	if seconds > 0 {
		e.Headers = []Field{{"Retry-After", strconv.FormatInt(seconds, 10)}}
	}
	return e
}

// countBody calls add with the bytes of b, at once or as they are read.
func countBody(b *Body, add func(int64)) {
	if b.Stream == nil {
		if len(b.Data) > 0 {
			add(int64(len(b.Data)))
		}
		return
	}
	b.Stream = &countingReader{Reader: b.Stream, add: add}
}

type countingReader struct {
	io.Reader
	add func(int64)
	n   int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	if err != nil {
		r.report()
	}
	return n, err
}

// Close reports what was read and closes the stream.
func (r *countingReader) Close() error {
	r.report()
	if c, ok := r.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (r *countingReader) report() {
	if r.n > 0 {
		r.add(r.n)
		r.n = 0
	}
}
