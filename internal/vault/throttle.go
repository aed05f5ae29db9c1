package vault

import (
	"sync"
	"time"

	"gatehouse/internal/azerr"
)

// Limit is how many requests a vault takes; the zero value is no limit. What is
// over it gets 429 with Retry-After.
type Limit struct {
	Requests int
	Per      time.Duration
}

// AzureLimit is that of one vault in one region, for secrets and software keys:
// https://learn.microsoft.com/azure/key-vault/general/service-limits
func AzureLimit() Limit { return Limit{Requests: 4000, Per: 10 * time.Second} }

// throttle counts by the generic cell rate algorithm: for each vault only the
// time at which it would be idle again.
type throttle struct {
	limit Limit
	mu    sync.Mutex
	idle  map[string]time.Time
}

func newThrottle(l Limit) *throttle {
	if l.Requests <= 0 || l.Per <= 0 {
		return nil
	}
	return &throttle{limit: l, idle: make(map[string]time.Time)}
}

// admit counts one request of the vault, or says when to come back.
func (t *throttle) admit(vault string, now time.Time) error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	each := t.limit.Per / time.Duration(t.limit.Requests)
	idle := t.idle[vault]
	if idle.Before(now) {
		idle = now
	}
	if over := idle.Add(each).Sub(now) - t.limit.Per; over > 0 {
		e := azerr.KVThrottled.New()
		e.RetryAfter = max(over, time.Second)
		return e
	}
	t.idle[vault] = idle.Add(each)
	return nil
}
