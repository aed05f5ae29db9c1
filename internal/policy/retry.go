package policy

import (
	"math"
	"math/rand/v2"
	"time"
)

// retry compiles <retry>: its policies run once, and again while the condition holds, up to
// count times. https://learn.microsoft.com/azure/api-management/retry-policy
//
// An error of its policies is looked at by the condition like a response (context.LastError
// says what it was, context.Response is null); when no retry follows, it stands.
func (c *compiler) retry(e *element) builder {
	r := &retrying{condition: c.condition(e), count: c.needNumber(e, "count", 1, 50), interval: c.needNumber(e, "interval", 0, maxNumber),
		longest: c.number(e, "max-interval", 0, maxNumber), delta: c.number(e, "delta", 0, maxNumber), fast: c.flag(e, "first-fast-retry", false), at: c.origin(e)}
	list := c.block(e)
	return func(base step) step {
		inner := build(list, base)
		return func(ex *Exchange) outcome { return r.run(ex, inner) }
	}
}

type retrying struct {
	condition                       *Flag
	count, interval, longest, delta *Number
	fast                            *Flag
	at                              *origin
}

func (r *retrying) run(ex *Exchange, inner step) outcome {
	wasPhase := ex.phase
	count, err := r.count.get(ex)
	if err != nil {
		return r.at.fail(ex, err)
	}
	if err := ex.keepRequestBody(); err != nil {
		return r.at.fail(ex, err)
	}
	body := ex.Request.Body.Data
	for n := int64(1); ; n++ {
		o := run(inner, ex)
		if o == finish || n > count || ex.ended() {
			return o
		}
		problem := ex.LastError
		again, err := r.condition.get(ex)
		switch {
		case o == failed && (err != nil || !again):
			ex.LastError = problem
			return failed
		case err != nil:
			return r.at.fail(ex, err)
		case !again:
			return next
		}
		if err := r.pause(ex, n); err != nil {
			return r.at.fail(ex, err)
		}
		ex.LastError, ex.phase = Error{}, wasPhase
		if wasPhase == requestPhase {
			ex.Response.Reset()
			ex.Request.Body.Set(body)
		}
	}
}

// pause waits before retry n: after interval, or growing from it by delta, in steps without
// max-interval and doubling with it.
func (r *retrying) pause(ex *Exchange, n int64) error {
	fast, err := r.fast.get(ex)
	if err != nil || fast && n == 1 {
		return err
	}
	interval, err := r.interval.get(ex)
	if err != nil {
		return err
	}
	longest, err := r.longest.get(ex)
	if err != nil {
		return err
	}
	delta, err := r.delta.get(ex)
	if err != nil {
		return err
	}
	seconds := float64(interval)
	switch {
	case r.delta != nil && r.longest != nil:
		random := float64(delta) * (0.8 + 0.4*rand.Float64())
		seconds = math.Min(seconds+(math.Pow(2, float64(n-1))-1)*random, float64(longest))
	case r.delta != nil:
		seconds += float64(n-1) * float64(delta)
	}
	ctx := ex.context()
	ex.aside(func() { err = ex.Env.sleep(ctx, time.Duration(seconds*float64(time.Second))) })
	return err
}
