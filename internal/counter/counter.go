// Package counter keeps the state that policies share between requests: rates, quotas, running
// calls and cached values. Counters and Cache are the interfaces; Memory implements both
// in the process, and a Redis can implement them for a cluster. Start at Memory.
//
// It knows no policy: keys are made by policy from the service, the scope and what the policy
// counts by, so that state outlives a change of the policies.
package counter

import (
	"context"
	"time"
)

// Counters counts calls and bytes.
type Counters interface {
	// Rate adds n to what key counted in the sliding window that ends now, unless the sum would
	// exceed limit. With n 0 it only looks.
	Rate(ctx context.Context, key string, n, limit int64, window time.Duration) (Usage, error)
	// Quota adds calls and bytes to key's current period; periods follow each other from start,
	// one without length never ends. It adds always and says what is counted.
	Quota(ctx context.Context, key string, calls, bytes int64, start time.Time, period time.Duration) (Period, error)
	// Enter counts a running call of key unless limit run already; leave ends it.
	Enter(ctx context.Context, key string, limit int64) (leave func(), ok bool, err error)
}

// Usage is the state of a rate.
type Usage struct {
	Allowed    bool
	Remaining  int64         // calls left in the window
	RetryAfter time.Duration // when not allowed
}

// Period is the state of a quota.
type Period struct {
	Calls, Bytes int64
	Left         time.Duration // until the period ends; 0: it never does
}

// Cache keeps values for a time. A value is text, so that it can leave the process.
type Cache interface {
	Get(ctx context.Context, key string) (value string, ok bool, err error)
	Set(ctx context.Context, key, value string, d time.Duration) error
	Delete(ctx context.Context, key string) error
}
