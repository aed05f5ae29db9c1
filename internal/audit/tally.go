package audit

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"
)

// maxSources is how many sources a Tally keeps apart; the others share one record.
const maxSources = 256

// Tally is a Writer for what anyone may cause as often as they like: requests without a good token, or over a limit.
// The first of a source is written at once. What follows from it is counted, and written as one record each
// Every, whose Extra has "count". It is safe for concurrent use.
type Tally struct {
	To    Writer
	Every time.Duration
	// Failed is told when a record that nobody waits for can't be written; may be nil.
	Failed func(error)

	mu      sync.Mutex
	sources map[string]*source
}

// source is one that a record was written of; last stands for those that count counts.
type source struct {
	last  Record
	count int
}

// Write writes r, or counts it where its address, caller, action, resource and result were written lately.
func (t *Tally) Write(ctx context.Context, r Record) error {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	if r, first := t.count(r); first {
		return t.To.Write(ctx, r)
	}
	return nil
}

func (t *Tally) count(r Record) (Record, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sources == nil {
		t.sources = make(map[string]*source)
	}
	key := r.Address + " " + r.Caller + " " + r.Action + " " + r.Resource + " " + r.Result
	s := t.sources[key]
	if s == nil && len(t.sources) >= maxSources {
		key, r = "", r.ofMany()
		s = t.sources[key]
	}
	if s != nil {
		s.last = r
		s.count++
		return r, false
	}
	t.sources[key] = &source{}
	time.AfterFunc(t.Every, func() { t.flush(key) })
	return r, true
}

// ofMany leaves out who it was: one of many.
func (r Record) ofMany() Record {
	r.Address, r.Caller, r.CallerName, r.AppID, r.Resource, r.RequestID = "", "", "", "", "", ""
	r.Extra = maps.Clone(r.Extra)
	if r.Extra == nil {
		r.Extra = make(map[string]string)
	}
	r.Extra["sources"] = "many"
	return r
}

// flush writes what was counted, or forgets a source that has become quiet.
func (t *Tally) flush(key string) {
	t.mu.Lock()
	s := t.sources[key]
	r, count := s.last, s.count
	s.count = 0
	if count == 0 {
		delete(t.sources, key)
	} else {
		time.AfterFunc(t.Every, func() { t.flush(key) })
	}
	t.mu.Unlock()
	if count == 0 {
		return
	}
	extra := map[string]string{"count": strconv.Itoa(count)}
	maps.Copy(extra, r.Extra)
	r.Extra = extra
	if err := t.To.Write(context.Background(), r); err != nil && t.Failed != nil {
		t.Failed(err)
	}
}
