package bolt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gatehouse/internal/store"
)

const (
	defaultHistoryCount = 4096
	defaultHistoryBytes = 8 << 20
)

// history is the recent transactions, which watchers read at their own pace. One that
// falls behind what is kept ends.
type history struct {
	maxCount, maxBytes int

	mu      sync.Mutex
	batches []store.Batch // consecutive revisions, oldest first
	bytes   int
	last    int64         // revision of the newest, or the store's at Open
	more    chan struct{} // closed and replaced at every addition
	closed  bool
}

func newHistory(revision int64, o Options) *history {
	h := &history{maxCount: o.HistoryCount, maxBytes: o.HistoryBytes, last: revision, more: make(chan struct{})}
	if h.maxCount <= 0 {
		h.maxCount = defaultHistoryCount
	}
	if h.maxBytes <= 0 {
		h.maxBytes = defaultHistoryBytes
	}
	return h
}

func (h *history) add(batches []store.Batch) {
	if len(batches) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range batches {
		h.batches = append(h.batches, b)
		h.bytes += size(b)
		h.last = b.Revision
	}
	drop := 0
	for len(h.batches)-drop > h.maxCount || (h.bytes > h.maxBytes && len(h.batches)-drop > 1) {
		h.bytes -= size(h.batches[drop])
		drop++
	}
	h.batches = slices.Delete(h.batches, 0, drop) // Delete clears the tail, so that values are freed
	h.wake()
}

func (h *history) wake() {
	close(h.more)
	h.more = make(chan struct{})
}

func size(b store.Batch) int {
	n := 64
	for _, e := range b.Events {
		n += 64 + len(e.Record.Key) + len(e.Record.Value)
	}
	return n
}

func (h *history) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		h.wake()
	}
}

// first is the oldest revision kept; one beyond the newest when none is.
func (h *history) first() int64 {
	if len(h.batches) == 0 {
		return h.last + 1
	}
	return h.batches[0].Revision
}

// from returns the batches from revision on, and the channel that tells of more.
// ok is false when revision is no longer kept, or the store is closed.
func (h *history) from(revision int64) (batches []store.Batch, more chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || revision < h.first() {
		return nil, nil, false
	}
	if skip := revision - h.first(); skip < int64(len(h.batches)) {
		batches = slices.Clone(h.batches[skip:])
	}
	return batches, h.more, true
}

// start checks where a watch begins.
func (h *history) start(from int64) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, store.ErrClosed
	}
	if from == 0 {
		return h.last + 1, nil
	}
	if from < h.first() {
		return 0, fmt.Errorf("%w: %d, the oldest kept is %d", store.ErrCompacted, from, h.first())
	}
	return from, nil
}

// Watch delivers later transactions under prefix. The channel closes when ctx ends,
// the store closes, or the watcher is more than the history behind.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (<-chan store.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	next, err := s.history.start(from)
	if err != nil {
		return nil, err
	}
	out := make(chan store.Batch)
	go func() {
		defer close(out)
		s.history.deliver(ctx, prefix, next, out)
	}()
	return out, nil
}

func (h *history) deliver(ctx context.Context, prefix string, next int64, out chan<- store.Batch) {
	for {
		batches, more, ok := h.from(next)
		if !ok {
			return
		}
		for _, b := range batches {
			next = b.Revision + 1
			b.Events = under(prefix, b.Events)
			if len(b.Events) == 0 {
				continue
			}
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
		if len(batches) > 0 {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// under copies the events whose keys have prefix, with values of their own: a watcher
// may change what it gets.
func under(prefix string, events []store.Event) []store.Event {
	var out []store.Event
	for _, e := range events {
		if strings.HasPrefix(e.Record.Key, prefix) {
			e.Record.Value = slices.Clone(e.Record.Value)
			out = append(out, e)
		}
	}
	return out
}
