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

// TestWeights: the page's limits of each kind of key, and of two kinds together.
func TestWeights(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ask := func(th *throttle, op *Operation, n int) int {
		for done := 0; ; done++ {
			if th.admit("a", op, now) != nil || th.weigh("a", op, n, now) != nil {
				return done
			}
		}
	}
	for _, c := range []struct {
		typ            string
		bits           int
		create, others int
	}{
		{"RSA", 2048, 20, 4000}, {"RSA", 3072, 20, 1000}, {"RSA", 4096, 20, 500}, {"EC", 521, 20, 4000},
		{"RSA-HSM", 2048, 10, 2000}, {"RSA-HSM", 3072, 10, 500}, {"RSA-HSM", 4096, 10, 250}, {"EC-HSM", 256, 10, 2000},
	} {
		th := newThrottle(AzureLimits())
		create, others := ask(th, OpCreateKey, weight(c.typ, c.bits, true)), ask(th, OpSign, weight(c.typ, c.bits, false))
		if create != c.create || others != c.others {
			t.Errorf("%s %d: %d and %d, want %d and %d", c.typ, c.bits, create, others, c.create, c.others)
		}
	}
	th := newThrottle(AzureLimits())
	for range 248 {
		if th.admit("a", OpSign, now) != nil || th.weigh("a", OpSign, 16, now) != nil {
			t.Fatal("248 are too many")
		}
	}
	if n := ask(th, OpSign, 2); n != 16 {
		t.Errorf("beside 248 of 4,096 bits %d of 2,048 are admitted, want 16", n)
	}
}

// TestWeightOfKey: a key of 3,072 bits is read a quarter as often.
func TestWeightOfKey(t *testing.T) {
	f := newFixture(t)
	if _, err := f.CreateKey(f.ctx, f.admin, "kv-contoso", "k", CreateKey{Type: "RSA", Size: 3072}); err != nil {
		t.Fatal(err)
	}
	f.throttle = newThrottle(Limits{Other: 9, Per: 10 * time.Second})
	for i, want := range []bool{true, true, false, false} {
		if _, err := f.GetKey(f.ctx, f.admin, "kv-contoso", "k", ""); (err == nil) != want {
			t.Errorf("%d: %v", i, err)
		} else if err != nil {
			code(t, err, azerr.KVThrottled)
		}
	}
	if _, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "none", ""); err == nil || azerr.From(err).Kind == azerr.KVThrottled {
		t.Errorf("one more of weight 1: %v", err)
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
