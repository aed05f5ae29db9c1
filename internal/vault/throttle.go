package vault

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/azerr"
)

// Limits are how many requests each vault takes in Per, by the class of the operation; 0
// is no limit. What is over gets 429 with Retry-After.
type Limits struct {
	KeyCreate int // keys and certificates that are made
	SecretSet int // secrets that are set
	Other     int // all else
	Per       time.Duration
}

// AzureLimits are those of one vault in one region:
// https://learn.microsoft.com/azure/key-vault/general/service-limits
// They are weighted: a request for a key in hardware or a long RSA key counts as several (weight).
func AzureLimits() Limits {
	return Limits{KeyCreate: 20, SecretSet: 300, Other: 4000, Per: 10 * time.Second}
}

// ParseLimits reads "azure", "off", or what differs from Azure's, such as
// "key-create=100,secret-set=0,other=9000,per=10s".
func ParseLimits(text string) (Limits, error) {
	switch text {
	case "azure":
		return AzureLimits(), nil
	case "off":
		return Limits{}, nil
	}
	l := AzureLimits()
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		number := map[string]*int{"key-create": &l.KeyCreate, "secret-set": &l.SecretSet, "other": &l.Other}[name]
		var err error
		switch {
		case number != nil:
			if *number, err = strconv.Atoi(value); err == nil && *number < 0 {
				err = fmt.Errorf("it is below 0")
			}
		case name == "per":
			if l.Per, err = time.ParseDuration(value); err == nil && l.Per <= 0 {
				err = fmt.Errorf("it is not above 0")
			}
		default:
			err = fmt.Errorf("want azure, off, or key-create=N, secret-set=N, other=N and per=DURATION with commas between")
		}
		if err != nil {
			return Limits{}, fmt.Errorf("limits of vaults: %q: %w", part, err)
		}
	}
	return l, nil
}

// class is what is counted apart.
type class uint8

const (
	others class = iota
	keyCreates
	secretSets
	classes
)

func (o *Operation) class() class {
	switch o {
	case OpCreateKey, OpCreateCertificate, OpRotateKey:
		return keyCreates
	case OpSetSecret:
		return secretSets
	}
	return others
}

// throttle counts by the generic cell rate algorithm: for each vault and class only the
// time at which it would be idle again.
type throttle struct {
	each [classes]time.Duration // that one request takes; 0: no limit
	per  time.Duration
	mu   sync.Mutex
	idle map[string]*[classes]time.Time
}

func newThrottle(l Limits) *throttle {
	t := &throttle{per: l.Per, idle: make(map[string]*[classes]time.Time)}
	for c, n := range map[class]int{others: l.Other, keyCreates: l.KeyCreate, secretSets: l.SecretSet} {
		if n > 0 {
			t.each[c] = l.Per / time.Duration(n)
		}
	}
	return t
}

// weight is as how many requests one for such a key counts: the limits of the page divide so. Making a key
// counts by hardware alone.
func weight(typ string, bits int, making bool) int {
	n := 1
	if strings.HasSuffix(typ, "-HSM") {
		n = 2
	}
	switch {
	case making || !strings.HasPrefix(typ, TypeRSA):
	case bits > 3072:
		n *= 8
	case bits > 2048:
		n *= 4
	}
	return n
}

// weight is that of a request which reads or uses the key.
func (m *material) weight() int { return weight(m.Type, len(m.N)*8, false) }

// weigh counts the call as n requests, when it is known for which key it is.
func (c *call) weigh(n int) error { return c.s.throttle.weigh(c.cfg.Name, c.op, n, c.now) }

// admit counts one request of the vault, or says when to come back.
func (t *throttle) admit(vault string, op *Operation, now time.Time) error {
	return t.count(vault, op, 1, 0, now)
}

// weigh counts a request that was admitted as n, when it is known for which key it is. One that is refused
// counts as none.
func (t *throttle) weigh(vault string, op *Operation, n int, now time.Time) error {
	if n == 1 {
		return nil
	}
	return t.count(vault, op, n-1, 1, now)
}

// count adds n requests; where they are too many, it takes back what was counted before.
func (t *throttle) count(vault string, op *Operation, n, before int, now time.Time) error {
	c := op.class()
	each := t.each[c]
	if each == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	times := t.idle[vault]
	if times == nil {
		times = new([classes]time.Time)
		t.idle[vault] = times
	}
	idle := times[c]
	if idle.Before(now) {
		idle = now
	}
	took := time.Duration(n) * each
	if over := idle.Add(took).Sub(now) - t.per; over > 0 {
		times[c] = idle.Add(-time.Duration(before) * each)
		e := azerr.KVThrottled.New()
		e.RetryAfter = max(over, time.Second)
		return e
	}
	times[c] = idle.Add(took)
	return nil
}
