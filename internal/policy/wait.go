package policy

import (
	"context"
	"errors"
	"sync"
)

// wait compiles <wait>: its children run side by side until all, or the first, have ended.
// https://learn.microsoft.com/azure/api-management/wait-policy
//
// Each child is a strand, with a goroutine. An exchange belongs to one goroutine at a time, so a
// strand holds the exchange's baton while it runs, and gives it away while it waits for something
// outside (Exchange.aside).
func (c *compiler) wait(e *element) builder {
	which := c.option(e, "for", "all", "any")
	c.children(e, "send-request cache-lookup-value choose")
	list := c.block(e)
	at := c.origin(e)
	return func(base step) step {
		var children []step
		for _, b := range list {
			if s := b(base); s != nil {
				children = append(children, s)
			}
		}
		return func(ex *Exchange) outcome {
			all, err := which.is(ex, "all")
			if err != nil {
				return at.fail(ex, err)
			}
			return waitFor(ex, children, all)
		}
	}
}

// strand is one child of wait.
type strand struct {
	gang    *gang
	context context.Context
	begun   chan struct{} // closed when the strand waits for the first time, or ends
	once    sync.Once
}

// gang are the strands of one wait. The baton guards it.
type gang struct {
	outer    *strand // that the wait stands in; nil: none
	all      bool
	ended    bool // what still runs stops
	finished int  // strands that came to their end without an error
	outcome  outcome
	err      Error
	panicked any
}

// errEnded ends a strand that is no longer waited for.
var errEnded = errors.New("another policy of 'wait' has ended it")

func waitFor(ex *Exchange, children []step, all bool) outcome {
	outer, saved, lastError := ex.strand, ex.Context, ex.LastError
	if outer == nil {
		ex.baton = &sync.Mutex{}
		ex.baton.Lock()
	}
	ctx, cancel := context.WithCancel(ex.context())
	defer cancel()
	g := &gang{outer: outer, all: all}
	var running sync.WaitGroup
	for _, child := range children {
		b := &strand{gang: g, context: ctx, begun: make(chan struct{})}
		running.Add(1)
		go func() {
			defer running.Done()
			b.run(ex, child, cancel)
		}()
		ex.aside(func() { <-b.begun })
	}
	ex.aside(running.Wait)
	if ex.strand, ex.Context = outer, saved; outer == nil {
		ex.baton = nil
	}
	if g.panicked != nil {
		panic(g.panicked)
	}
	ex.LastError = lastError
	switch {
	case ex.ended():
		return failed
	case g.outcome == failed && !g.all && g.finished > 0:
		return next
	case g.outcome == failed:
		ex.LastError = g.err
	}
	return g.outcome
}

func (b *strand) run(ex *Exchange, s step, cancel func()) {
	ex.baton.Lock()
	defer ex.baton.Unlock()
	defer b.begin()
	g := b.gang
	if ex.strand, ex.Context = b, b.context; ex.ended() {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			g.panicked, g.ended = p, true
			cancel()
		}
	}()
	o := s(ex)
	switch {
	case ex.ended():
		return
	case o == next:
		g.finished++
		g.ended = !g.all
	case o == failed && !g.all: // another one may do
		g.outcome, g.err = o, ex.LastError
	default:
		g.outcome, g.err, g.ended = o, ex.LastError, true
	}
	if g.ended {
		cancel()
	}
}

func (b *strand) begin() { b.once.Do(func() { close(b.begun) }) }

// aside runs f, which waits for something outside; other strands of a wait run meanwhile.
func (ex *Exchange) aside(f func()) {
	if ex.baton == nil {
		f()
		return
	}
	b, ctx := ex.strand, ex.Context
	if b != nil {
		b.begin()
	}
	ex.baton.Unlock()
	f()
	ex.baton.Lock()
	ex.strand, ex.Context = b, ctx
}

// ended reports whether the strand that runs is no longer waited for.
func (ex *Exchange) ended() bool {
	for b := ex.strand; b != nil; b = b.gang.outer {
		if b.gang.ended {
			return true
		}
	}
	return false
}
