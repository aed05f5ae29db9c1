package counter

import (
	"container/list"
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// Memory is Counters and Cache in the process. Its size is bounded: counters that ended are
// swept, and the cache gives up what was used longest ago.
type Memory struct {
	now    func() time.Time
	seed   maphash.Seed
	shards [16]shard
	cache  cache
}

// MemoryOptions are what a Memory may be told; zero values have a meaning.
type MemoryOptions struct {
	Now        func() time.Time
	CacheBytes int64 // 0: 64 MiB
}

// NewMemory makes an empty one.
func NewMemory(o MemoryOptions) *Memory {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 64 << 20
	}
	m := &Memory{now: o.Now, seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i] = shard{rates: map[string]*rate{}, quotas: map[string]*quota{}, running: map[string]int64{}}
	}
	m.cache = cache{limit: o.CacheBytes, entries: map[string]*list.Element{}}
	return m
}

// shard holds the counters of some keys.
type shard struct {
	mu      sync.Mutex
	rates   map[string]*rate
	quotas  map[string]*quota
	running map[string]int64
	adds    int
}

func (m *Memory) shard(key string) *shard {
	return &m.shards[maphash.String(m.seed, key)%uint64(len(m.shards))]
}

// grains is how finely a window slides: calls that follow each other within a 64th of the
// window leave it together, when the last of them does.
const grains = 64

// rate is a sliding window: the calls of now back to now less window.
type rate struct {
	window  time.Duration
	grains  []grain // oldest first
	expires time.Time
}

type grain struct {
	first, last time.Time
	n           int64
}

// Rate implements Counters.
func (m *Memory) Rate(_ context.Context, key string, n, limit int64, window time.Duration) (Usage, error) {
	now := m.now()
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rates[key]
	if r == nil || r.window != window {
		s.sweep(now)
		r = &rate{window: window}
		s.rates[key] = r
	}
	r.expires = now.Add(2 * window)
	return r.take(now, n, limit), nil
}

func (r *rate) take(now time.Time, n, limit int64) Usage {
	gone := 0
	for gone < len(r.grains) && !now.Before(r.grains[gone].last.Add(r.window)) {
		gone++
	}
	r.grains = append(r.grains[:0], r.grains[gone:]...)
	var sum int64
	for _, g := range r.grains {
		sum += g.n
	}
	if excess := sum + max(n, 1) - limit; excess > 0 { // n 0 looks whether one more would fit
		return Usage{Remaining: max(0, limit-sum), RetryAfter: r.wait(excess, now)}
	}
	if n > 0 {
		r.add(now, n)
	}
	return Usage{Allowed: true, Remaining: limit - sum - n}
}

func (r *rate) add(now time.Time, n int64) {
	if i := len(r.grains) - 1; i >= 0 && now.Sub(r.grains[i].first) < r.window/grains {
		r.grains[i].last, r.grains[i].n = now, r.grains[i].n+n
		return
	}
	r.grains = append(r.grains, grain{now, now, n})
}

// wait is how long it takes until excess has left the window.
func (r *rate) wait(excess int64, now time.Time) time.Duration {
	for _, g := range r.grains {
		if excess -= g.n; excess <= 0 {
			return g.last.Add(r.window).Sub(now)
		}
	}
	return r.window
}

// quota is one period.
type quota struct {
	calls, bytes int64
	number       int64     // of the period since start
	expires      time.Time // zero: never
}

// Quota implements Counters.
func (m *Memory) Quota(_ context.Context, key string, calls, bytes int64, start time.Time, period time.Duration) (Period, error) {
	now := m.now()
	var number int64
	var left time.Duration
	var expires time.Time
	if period > 0 {
		// Seconds since 0001-01-01 do not fit into a Duration, so whole seconds are counted.
		seconds := now.Unix() - start.Unix()
		each := max(int64(period/time.Second), 1)
		number = seconds / each
		left = time.Duration(each-seconds%each) * time.Second
		expires = now.Add(left)
	}
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.quotas[key]
	if q == nil || q.number != number {
		s.sweep(now)
		q = &quota{number: number}
		s.quotas[key] = q
	}
	q.calls, q.bytes, q.expires = q.calls+calls, q.bytes+bytes, expires
	return Period{Calls: q.calls, Bytes: q.bytes, Left: left}, nil
}

// Enter implements Counters.
func (m *Memory) Enter(_ context.Context, key string, limit int64) (leave func(), ok bool, err error) {
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[key] >= limit {
		return nil, false, nil
	}
	s.running[key]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.running[key]--; s.running[key] <= 0 {
			delete(s.running, key)
		}
	}), true, nil
}

// sweep drops what has ended, each time the shard has grown by half.
func (s *shard) sweep(now time.Time) {
	if s.adds++; s.adds < 64+(len(s.rates)+len(s.quotas))/2 {
		return
	}
	s.adds = 0
	for k, r := range s.rates {
		if now.After(r.expires) {
			delete(s.rates, k)
		}
	}
	for k, q := range s.quotas {
		if !q.expires.IsZero() && now.After(q.expires) {
			delete(s.quotas, k)
		}
	}
}

// cache is a map bounded by size, least recently used first out.
type cache struct {
	mu      sync.Mutex
	limit   int64
	size    int64
	entries map[string]*list.Element
	recent  list.List // of *entry, newest first
}

type entry struct {
	key, value string
	expires    time.Time
}

func (e *entry) size() int64 { return int64(len(e.key)+len(e.value)) + 128 }

// Get implements Cache.
func (m *Memory) Get(_ context.Context, key string) (string, bool, error) {
	c := &m.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.entries[key]
	if el == nil {
		return "", false, nil
	}
	e := el.Value.(*entry)
	if !m.now().Before(e.expires) {
		c.remove(el)
		return "", false, nil
	}
	c.recent.MoveToFront(el)
	return e.value, true, nil
}

// Set implements Cache. A value that is larger than the whole cache is not kept.
func (m *Memory) Set(_ context.Context, key, value string, d time.Duration) error {
	e := &entry{key: key, value: value, expires: m.now().Add(d)}
	c := &m.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.entries[key]; el != nil {
		c.remove(el)
	}
	if e.size() > c.limit || d <= 0 {
		return nil
	}
	c.entries[key] = c.recent.PushFront(e)
	for c.size += e.size(); c.size > c.limit; {
		c.remove(c.recent.Back())
	}
	return nil
}

// Delete implements Cache.
func (m *Memory) Delete(_ context.Context, key string) error {
	c := &m.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.entries[key]; el != nil {
		c.remove(el)
	}
	return nil
}

func (c *cache) remove(el *list.Element) {
	e := c.recent.Remove(el).(*entry)
	c.size -= e.size()
	delete(c.entries, e.key)
}
