package gateway

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// member is a backend of a pool.
type member struct {
	target   *target
	weight   int
	priority int
}

// poolOf makes the target of a pool from those of its members.
// https://learn.microsoft.com/azure/api-management/backends#load-balanced-pool
func (b *builder) poolOf(snap *snapshot.Backend) *target {
	t := &target{key: poolKey{addr: "pool " + snap.ID}}
	for _, m := range snap.Pool {
		if of := b.s.backends[m.Backend]; of != nil && of.members == nil {
			t.members = append(t.members, member{of, max(m.Weight, 1), m.Priority})
		}
	}
	slices.SortStableFunc(t.members, func(x, y member) int { return x.priority - y.priority })
	return t
}

// unavailable is the answer where a breaker is open, or all of a pool are.
var unavailable = policy.Error{Reason: "BackendUnavailable", Status: http.StatusServiceUnavailable, Message: "The backend service is unavailable."}

// pick is the target itself, or one of a pool's members: of those that are well, one of the
// lowest priority, by weight.
func (t *target) pick(now time.Time) (*target, error) {
	if t.members == nil {
		if t.breaker.open(now) {
			return nil, &unavailable
		}
		return t, t.err
	}
	total, priority := 0, 0
	for i := range t.members {
		m := &t.members[i]
		if total > 0 && m.priority != priority {
			break
		}
		if m.well(now) {
			total, priority = total+m.weight, m.priority
		}
	}
	if total == 0 {
		return nil, &unavailable
	}
	n := rand.IntN(total)
	for i := range t.members {
		m := &t.members[i]
		if m.priority != priority || !m.well(now) {
			continue
		}
		if n -= m.weight; n < 0 {
			return m.target, nil
		}
	}
	return nil, &unavailable // one fell ill meanwhile
}

func (m *member) well(now time.Time) bool { return m.target.err == nil && !m.target.breaker.open(now) }

// breaker keeps requests from a backend that fails. It outlives snapshots that leave its rule as
// it is. https://learn.microsoft.com/azure/api-management/backends#circuit-breaker
type breaker struct {
	rule *snapshot.Breaker

	mu       sync.Mutex
	began    time.Time // of the interval
	requests int
	failures int
	until    time.Time // open until then
}

// open reports whether the backend must be left alone. Nil: never.
func (b *breaker) open(now time.Time) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.until)
}

// note counts how an exchange ended: with an error of some reason, or with the response's status.
func (b *breaker) note(now time.Time, reason string, r *policy.Response) {
	if b == nil {
		return
	}
	failed := reason != "" && (b.rule.Errors == nil || slices.Contains(b.rule.Errors, reason))
	if reason == "" {
		failed = b.fails(r.Status)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.began) > b.rule.Interval {
		b.began, b.requests, b.failures = now, 0, 0
	}
	b.requests++
	if !failed {
		return
	}
	b.failures++
	if b.rule.Count > 0 && b.failures < b.rule.Count || b.rule.Percentage > 0 && b.failures*100 < b.requests*b.rule.Percentage {
		return
	}
	trip := b.rule.TripFor
	if b.rule.AcceptRetryAfter && reason == "" {
		if d, ok := retryAfter(r.Header.Get("Retry-After"), now); ok {
			trip = d
		}
	}
	b.until, b.began = now.Add(trip), time.Time{}
}

func (b *breaker) fails(status int) bool {
	return slices.ContainsFunc(b.rule.Statuses, func(s snapshot.StatusRange) bool { return status >= s.Min && status <= s.Max })
}

// retryAfter reads the field of RFC 9110 section 10.2.3.
func retryAfter(s string, now time.Time) (time.Duration, bool) {
	const most = time.Hour
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, most), true
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return min(at.Sub(now), most), true
	}
	return 0, false
}

// breaker is the one of a backend: the last state's when its rule is the same.
func (b *builder) breaker(id string, rule *snapshot.Breaker) *breaker {
	if rule == nil {
		return nil
	}
	if b.was != nil {
		if t := b.was.backends[strings.ToLower(id)]; t != nil && t.breaker != nil && reflect.DeepEqual(t.breaker.rule, rule) {
			return t.breaker
		}
	}
	return &breaker{rule: rule}
}
