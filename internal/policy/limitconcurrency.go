package policy

import "net/http"

// limitConcurrency compiles <limit-concurrency>: at most max-count exchanges run its policies at
// once for a key; the next is answered with 429 at once.
func (c *compiler) limitConcurrency(e *element) builder {
	key := c.needText(e, "key")
	limit, _ := c.needFixedNumber(e, "max-count", 1, maxNumber)
	list := c.block(e)
	at := c.origin(e)
	return func(base step) step {
		inner := build(list, base)
		return func(ex *Exchange) outcome {
			leave, err := enter(ex, key, limit, at)
			if err != nil {
				return at.fail(ex, err)
			}
			defer leave()
			return run(inner, ex)
		}
	}
}

func enter(ex *Exchange, key *Text, limit int64, at *origin) (leave func(), err error) {
	if ex.Env == nil || ex.Env.Counters == nil {
		return nil, missing("counters")
	}
	k, err := key.get(ex)
	if err != nil {
		return nil, err
	}
	leave, ok, err := ex.Env.Counters.Enter(ex.context(), at.key(ex, "concurrency", k), limit)
	if err == nil && !ok {
		err = &Error{Reason: "ConcurrencyLimitExceeded", Status: http.StatusTooManyRequests, Message: "Concurrency limit is exceeded."}
	}
	return leave, err
}
