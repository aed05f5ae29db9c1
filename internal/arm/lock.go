package arm

import (
	"context"
	"sync"

	"gatehouse/internal/resourceid"
)

// treeLock holds a lock for each resource in use: shared by what goes on below it, exclusive for what
// changes it.
type treeLock struct {
	mu   sync.Mutex
	held map[string]*heldLock
}

type heldLock struct {
	sync.RWMutex
	users int
}

type heldKey struct{}

// lock takes id exclusively and everything above it shared, so that a parent can't be deleted
// under a child that is being written. What ctx holds already is not taken again: a provider's Put may
// write children through the Service with the ctx it was given.
func (l *treeLock) lock(ctx context.Context, id resourceid.ID) (context.Context, func()) {
	before, _ := ctx.Value(heldKey{}).(map[string]bool)
	now := make(map[string]bool, len(before)+4)
	for k := range before {
		now[k] = true
	}
	var undo []func()
	chain := []resourceid.ID{id}
	for p := id; !p.IsTenant(); {
		p = p.Parent()
		chain = append(chain, p)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		key := chain[i].Key()
		if now[key] || chain[i].IsTenant() && i > 0 {
			continue
		}
		now[key] = true
		undo = append(undo, l.take(key, i == 0))
	}
	return context.WithValue(ctx, heldKey{}, now), func() {
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
	}
}

func (l *treeLock) take(key string, exclusive bool) (release func()) {
	l.mu.Lock()
	h := l.held[key]
	if h == nil {
		h = new(heldLock)
		l.held[key] = h
	}
	h.users++
	l.mu.Unlock()
	unlock := h.RUnlock
	if exclusive {
		h.Lock()
		unlock = h.Unlock
	} else {
		h.RLock()
	}
	return func() {
		unlock()
		l.mu.Lock()
		if h.users--; h.users == 0 {
			delete(l.held, key)
		}
		l.mu.Unlock()
	}
}

// changeSignal wakes those who wait for a resource to change (long polls of operations).
type changeSignal struct {
	mu      sync.Mutex
	waiting map[string]*waiter
}

type waiter struct {
	ch    chan struct{}
	users int
}

// wait returns a channel that closes at the next change of key, and what to call when done with it.
func (c *changeSignal) wait(key string) (<-chan struct{}, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[key]
	if w == nil {
		w = &waiter{ch: make(chan struct{})}
		c.waiting[key] = w
	}
	w.users++
	return w.ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if w.users--; w.users == 0 && c.waiting[key] == w {
			delete(c.waiting, key)
		}
	}
}

func (c *changeSignal) wake(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.waiting[key]; w != nil {
		close(w.ch)
		delete(c.waiting, key)
	}
}
