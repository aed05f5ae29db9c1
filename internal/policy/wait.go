package policy

import (
	"context"
	"sync"

	"gatehouse/internal/csharp/types"
)

// wait compiles <wait>: the requests of its send-request policies, also those inside of choose,
// are made in order and then sent together; their variables are set when all, or any,
// have answered.
func (c *compiler) wait(e *element) builder {
	which := c.option(e, "for", "all", "any")
	c.children(e, "send-request cache-lookup-value choose")
	list := c.block(e)
	at := c.origin(e)
	return func(base step) step {
		inner := build(list, base)
		return func(ex *Exchange) outcome {
			if ex.pending != nil {
				return run(inner, ex)
			}
			all, err := which.is(ex, "all")
			if err != nil {
				return at.fail(ex, err)
			}
			var pending []pendingRequest
			ex.pending = &pending
			o := run(inner, ex)
			ex.pending = nil
			if o != next {
				return o
			}
			if err := waitFor(ex, pending, all); err != nil {
				return at.fail(ex, err)
			}
			return next
		}
	}
}

// pendingRequest is a request that wait is going to send.
type pendingRequest struct {
	message     *Message
	variable    string
	ignoreError bool
}

// waitFor sends all requests and takes the answers of all, or of the first; the others are
// then ended.
func waitFor(ex *Exchange, list []pendingRequest, all bool) error {
	if len(list) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ex.context())
	defer cancel()
	type answer struct {
		response *Response
		err      error
	}
	answers := make([]answer, len(list))
	var running sync.WaitGroup
	var first sync.Once
	winner := -1
	for i := range list {
		running.Add(1)
		go func() {
			defer running.Done()
			r, err := ex.Env.send(ctx, list[i].message)
			answers[i] = answer{r, err}
			if err == nil && !all {
				first.Do(func() { winner = i; cancel() })
			}
		}()
	}
	running.Wait()
	for i, p := range list {
		if !all && winner >= 0 && winner != i {
			ex.SetVariable(p.variable, types.Null)
			continue
		}
		if err := takeAnswer(ex, p.variable, p.ignoreError, answers[i].response, answers[i].err); err != nil {
			return err
		}
	}
	return nil
}
