package vault

import (
	"testing"
	"time"

	"gatehouse/internal/azerr"
)

func TestThrottle(t *testing.T) {
	f := newFixture(t)
	f.set("s", "v")
	f.throttle = newThrottle(Limit{Requests: 5, Per: 10 * time.Second})
	get := func() error {
		_, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "s", "")
		return err
	}
	for range 5 {
		f.must(get())
	}
	err := get()
	code(t, err, azerr.KVThrottled)
	if wait := azerr.From(err).RetryAfter; wait < time.Second || wait > 2*time.Second {
		t.Errorf("Retry-After: got %s, want the time of one request, 2s", wait)
	}
	f.pass(2 * time.Second)
	f.must(get())
	code(t, get(), azerr.KVThrottled)
	f.pass(time.Minute)
	for range 5 {
		f.must(get())
	}
}
