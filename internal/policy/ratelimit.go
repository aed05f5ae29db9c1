package policy

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/csharp/types"
)

// rateNames are the attributes that say where a rate limit reports to.
const rateNames = "retry-after-header-name retry-after-variable-name remaining-calls-header-name remaining-calls-variable-name total-calls-header-name"

// maxRenewal is the longest period of a rate, in seconds.
const maxRenewal = 300

// rateReport is where a rate limit reports to; empty names: nowhere.
type rateReport struct{ retryHeader, retryVariable, leftHeader, leftVariable, totalHeader string }

func (c *compiler) rateReport(e *element) (r rateReport) {
	r.retryHeader = "Retry-After"
	for name, to := range map[string]*string{"retry-after-header-name": &r.retryHeader, "retry-after-variable-name": &r.retryVariable,
		"remaining-calls-header-name": &r.leftHeader, "remaining-calls-variable-name": &r.leftVariable, "total-calls-header-name": &r.totalHeader} {
		text, ok := c.literal(e, name)
		if !ok {
			continue
		}
		if strings.Contains(name, "header") && !IsToken(text) {
			c.badValue(e, name, "a header name")
		}
		*to = text
	}
	return r
}

// limited is a part of the service that has a rate or quota of its own inside of a product's.
type limited struct {
	api, operation         string // names or ids; empty: all
	calls, bytes           int64
	period                 time.Duration
	rank                   int // 0: the policy itself, 1: an API, 2: an operation
	hasCalls, hasBandwidth bool
}

// parts reads <api> and <operation> inside of rate-limit and quota.
func (c *compiler) parts(e *element, read func(e *element, l *limited), attributes string) (list []limited) {
	for _, api := range c.children(e, "api") {
		l := limited{rank: 1, api: c.nameOrID(api, attributes)}
		read(api, &l)
		list = append(list, l)
		for _, op := range c.children(api, "operation") {
			o := limited{rank: 2, api: l.api, operation: c.nameOrID(op, attributes)}
			read(op, &o)
			c.noChildren(op)
			list = append(list, o)
		}
	}
	return list
}

func (c *compiler) nameOrID(e *element, attributes string) string {
	c.checkAttributes(e, definition{attributes: "name id " + attributes})
	id, ok := c.literal(e, "id")
	if !ok {
		id, ok = c.literal(e, "name")
	}
	if !ok {
		c.reportElement(codeRequired, e, e.name, "the attribute 'name' or 'id'")
	}
	return id
}

// holds reports whether l is about the exchange.
func (l *limited) holds(ex *Exchange) bool {
	if l.rank >= 1 && (ex.API == nil || !equalFold(ex.API.ID, l.api) && ex.API.Name != l.api) {
		return false
	}
	return l.rank < 2 || ex.Operation != nil && (equalFold(ex.Operation.ID, l.operation) || ex.Operation.Name == l.operation)
}

func (l *limited) key(ex *Exchange, at *origin, kind string) string {
	k := at.entity(ex) + "\x00"
	if l.rank > 0 {
		k += ex.API.ID
	}
	if l.rank > 1 {
		k += "/" + ex.Operation.ID
	}
	return at.key(ex, kind, k+"\x00"+ex.Subscription.ID)
}

// rateLimit compiles <rate-limit>: so many calls of a subscription in a sliding window.
// https://learn.microsoft.com/azure/api-management/rate-limit-policy
func (c *compiler) rateLimit(e *element) builder {
	report := c.rateReport(e)
	read := func(e *element, l *limited) {
		l.calls, _ = c.needFixedNumber(e, "calls", 1, maxNumber)
		seconds, _ := c.needFixedNumber(e, "renewal-period", 1, maxRenewal)
		l.period = time.Duration(seconds) * time.Second
	}
	whole := limited{}
	read(e, &whole)
	list := append([]limited{whole}, c.parts(e, read, "calls renewal-period")...)
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
			if err := takeRate(ex, l.key(ex, at, "rate "+l.period.String()), 1, l.calls, l.period, &report); err != nil {
				return err
			}
		}
		return nil
	})
}

// rateLimitByKey compiles <rate-limit-by-key>.
// https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy
func (c *compiler) rateLimitByKey(e *element) builder {
	c.noChildren(e)
	report := c.rateReport(e)
	calls, period := c.needNumber(e, "calls", 1, maxNumber), c.needNumber(e, "renewal-period", 1, maxRenewal)
	key := c.needText(e, "counter-key")
	inc := c.increment(e)
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		limit, err := calls.get(ex)
		window, errWindow := period.seconds(ex, 0)
		k, errKey := key.get(ex)
		if err := firstError(err, errWindow, errKey); err != nil {
			return err
		}
		full := at.key(ex, "rate "+window.String(), k)
		return inc.count(ex, func(n int64) error { return takeRate(ex, full, n, limit, window, &report) },
			func(n int64) { _, _ = ex.Env.Counters.Rate(ex.context(), full, n, math.MaxInt64, window) })
	})
}

// takeRate counts n calls, or looks whether one would be allowed.
func takeRate(ex *Exchange, key string, n, limit int64, window time.Duration, report *rateReport) error {
	if ex.Env == nil || ex.Env.Counters == nil {
		return missing("counters")
	}
	u, err := ex.Env.Counters.Rate(ex.context(), key, n, limit, window)
	if err != nil {
		return err
	}
	if !u.Allowed {
		wait := int64(math.Ceil(u.RetryAfter.Seconds()))
		seconds := strconv.FormatInt(wait, 10)
		if report.retryVariable != "" {
			ex.SetVariable(report.retryVariable, types.Int(int32(wait)))
		}
		return &Error{Reason: "RateLimitExceeded", Status: http.StatusTooManyRequests, Message: "Rate limit is exceeded",
			Answer:  "Rate limit is exceeded. Try again in " + seconds + " seconds.",
			Headers: []Field{{report.retryHeader, seconds}}}
	}
	if report.leftVariable != "" {
		ex.SetVariable(report.leftVariable, types.Int(int32(u.Remaining)))
	}
	if report.leftHeader != "" || report.totalHeader != "" {
		ex.finally(func(ex *Exchange) {
			if report.leftHeader != "" {
				ex.Response.Header.Set(report.leftHeader, strconv.FormatInt(u.Remaining, 10))
			}
			if report.totalHeader != "" {
				ex.Response.Header.Set(report.totalHeader, strconv.FormatInt(limit, 10))
			}
		})
	}
	return nil
}

// increment says whether and by how much a call counts.
type increment struct {
	condition *Flag // nil: always
	by        *Number
	after     bool // when the response is there
}

func (c *compiler) increment(e *element) (i increment) {
	if e.attribute("increment-condition") != nil {
		i.condition = c.flag(e, "increment-condition", true)
	}
	i.by = c.number(e, "increment-count", 0, maxNumber)
	i.after = c.fixedFlag(e, "increment-after-response", false)
	return i
}

// count takes the call now, unless a condition decides about it: that may ask for the response,
// so it is looked at when there is one.
func (i increment) count(ex *Exchange, take func(n int64) error, later func(n int64)) error {
	if i.condition == nil && !i.after && (i.by == nil || i.by.code == nil) {
		n := int64(1)
		if i.by != nil {
			n = i.by.literal
		}
		return take(n)
	}
	if err := take(0); err != nil {
		return err
	}
	ex.finally(func(ex *Exchange) {
		n := int64(1)
		if i.condition != nil {
			if holds, err := i.condition.get(ex); err != nil || !holds {
				return
			}
		}
		if i.by != nil {
			var err error
			if n, err = i.by.get(ex); err != nil {
				return
			}
		}
		later(n)
	})
	return nil
}

// key is a key of counters and caches: service, kind, name. Policies of all scopes that count by
// the same name share it, as Azure's do.
func (o *origin) key(ex *Exchange, kind, name string) string {
	service := ""
	if ex.Env != nil {
		service = ex.Env.Name
	}
	return service + "\x00" + kind + "\x00" + name
}

// entity is the resource that the policy's document belongs to.
func (o *origin) entity(ex *Exchange) string {
	s := o.scope.String()
	switch {
	case o.scope == ProductScope && ex.Product != nil:
		s += " " + ex.Product.ID
	case o.scope == APIScope && ex.API != nil:
		s += " " + ex.API.ID
	case o.scope == OperationScope && ex.API != nil && ex.Operation != nil:
		s += " " + ex.API.ID + "/" + ex.Operation.ID
	}
	return s
}
