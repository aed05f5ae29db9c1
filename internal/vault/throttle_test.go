package vault

import (
	"testing"
	"time"

	"gatehouse/internal/azerr"
)

func TestThrottle(t *testing.T) {
	f := newFixture(t)
	f.set("s", "v")
	f.throttle = newThrottle(Limits{Other: 5, SecretSet: 2, Per: 10 * time.Second})
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
	f.set("s", "v") // another class
	f.set("s", "v")
	_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "s", SetSecret{Value: "v"})
	code(t, err, azerr.KVThrottled)
	f.pass(2 * time.Second)
	f.must(get())
	code(t, get(), azerr.KVThrottled)
	f.pass(time.Minute)
	for range 5 {
		f.must(get())
	}
}

// TestThrottleIsPerVault: what one vault used up, another still has.
func TestThrottleIsPerVault(t *testing.T) {
	th := newThrottle(AzureLimits())
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for op, limit := range map[*Operation]int{OpGetSecret: 4000, OpSetSecret: 300, OpCreateKey: 20} {
		for _, vault := range []string{"a", "b"} {
			n := 0
			for ; th.admit(vault, op, now) == nil; n++ {
			}
			if n != limit {
				t.Errorf("%s in %s: %d were admitted at once, want %d", op.Name, vault, n, limit)
			}
		}
	}
	free := newThrottle(Limits{})
	for range 100_000 {
		if err := free.admit("a", OpCreateKey, now); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParseLimits(t *testing.T) {
	ten := 10 * time.Second
	for text, want := range map[string]Limits{
		"azure": {20, 300, 4000, ten}, "off": {}, "key-create=1": {1, 300, 4000, ten}, "secret-set=0, other=9, per=1s": {20, 0, 9, time.Second},
	} {
		if got, err := ParseLimits(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "many", "other", "other=-1", "other=x", "per=0s", "per=soon", "key-create=1;other=2"} {
		if l, err := ParseLimits(text); err == nil || l != (Limits{}) {
			t.Errorf("%q was taken as %+v", text, l)
		}
	}
}
