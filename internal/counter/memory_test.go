package counter

import (
	"context"
	"strings"
	"testing"
	"time"
)

func clocked(o MemoryOptions) (*Memory, *time.Time) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	return NewMemory(o), &now
}

func TestRateSlides(t *testing.T) {
	m, now := clocked(MemoryOptions{})
	ctx := context.Background()
	for i := range 3 {
		if u, _ := m.Rate(ctx, "k", 1, 3, 10*time.Second); !u.Allowed || u.Remaining != int64(2-i) {
			t.Fatalf("call %d: %+v", i, u)
		}
		*now = now.Add(time.Second)
	}
	u, _ := m.Rate(ctx, "k", 1, 3, 10*time.Second)
	if u.Allowed || u.RetryAfter < 7*time.Second || u.RetryAfter > 8*time.Second {
		t.Fatalf("the fourth call: %+v", u)
	}
	*now = now.Add(u.RetryAfter)
	if u, _ := m.Rate(ctx, "k", 1, 3, 10*time.Second); !u.Allowed {
		t.Fatalf("after the wait: %+v", u)
	}
	if u, _ := m.Rate(ctx, "k", 1, 3, 10*time.Second); u.Allowed {
		t.Fatalf("only one call had left the window: %+v", u)
	}
	if u, _ := m.Rate(ctx, "other", 0, 1, time.Second); !u.Allowed || u.Remaining != 1 {
		t.Fatalf("looking: %+v", u)
	}
}

func TestQuotaPeriods(t *testing.T) {
	m, now := clocked(MemoryOptions{})
	ctx := context.Background()
	start := now.Add(-90 * time.Second)
	m.Quota(ctx, "k", 1, 100, start, time.Minute)
	p, _ := m.Quota(ctx, "k", 1, 50, start, time.Minute)
	if p != (Period{Calls: 2, Bytes: 150, Left: 30 * time.Second}) {
		t.Fatalf("%+v", p)
	}
	*now = now.Add(30 * time.Second)
	if p, _ := m.Quota(ctx, "k", 1, 0, start, time.Minute); p.Calls != 1 || p.Left != time.Minute {
		t.Fatalf("the next period: %+v", p)
	}
	m.Quota(ctx, "ever", 1, 0, time.Time{}, 0)
	if p, _ := m.Quota(ctx, "ever", 1, 0, time.Time{}, 0); p.Calls != 2 || p.Left != 0 {
		t.Fatalf("without end: %+v", p)
	}
}

func TestEnter(t *testing.T) {
	m, _ := clocked(MemoryOptions{})
	leave, ok, _ := m.Enter(context.Background(), "k", 1)
	if !ok {
		t.Fatal("the first call was refused")
	}
	if _, ok, _ := m.Enter(context.Background(), "k", 1); ok {
		t.Fatal("two calls run")
	}
	leave()
	leave() // counts once
	if _, ok, _ := m.Enter(context.Background(), "k", 1); !ok {
		t.Fatal("the call that left is still counted")
	}
}

func TestCacheIsBounded(t *testing.T) {
	m, now := clocked(MemoryOptions{CacheBytes: 1000})
	ctx := context.Background()
	m.Set(ctx, "a", "1", time.Minute)
	m.Set(ctx, "b", strings.Repeat("x", 500), time.Minute)
	m.Get(ctx, "a")
	m.Set(ctx, "c", strings.Repeat("x", 500), time.Minute)
	if _, ok, _ := m.Get(ctx, "b"); ok {
		t.Error("the value used longest ago is still there")
	}
	if v, ok, _ := m.Get(ctx, "a"); !ok || v != "1" {
		t.Error("the value used last is gone")
	}
	m.Set(ctx, "d", strings.Repeat("x", 2000), time.Minute)
	if _, ok, _ := m.Get(ctx, "d"); ok {
		t.Error("a value larger than the cache was kept")
	}
	*now = now.Add(time.Minute)
	if _, ok, _ := m.Get(ctx, "a"); ok {
		t.Error("the value is there after its time")
	}
	m.Set(ctx, "e", "1", time.Minute)
	m.Delete(ctx, "e")
	if _, ok, _ := m.Get(ctx, "e"); ok || m.cache.size != m.cache.entries["c"].Value.(*entry).size() {
		t.Error("deleted values count")
	}
}
