package audit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// kept is a Writer in memory.
type kept struct {
	mu      sync.Mutex
	records []Record
}

func (k *kept) Write(_ context.Context, r Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.records = append(k.records, r)
	return nil
}

func (k *kept) take() []Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.records
	k.records = nil
	return out
}

func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &kept{}
		tally := &Tally{To: to, Every: time.Minute}
		note := func(address, id string) {
			if err := tally.Write(t.Context(), Record{Address: address, RequestID: id, Action: "a", Result: "Unauthorized", Extra: map[string]string{"operation": "o"}}); err != nil {
				t.Fatal(err)
			}
		}
		note("10.0.0.1", "1")
		note("10.0.0.2", "2")
		for i := range 1000 {
			note("10.0.0.1", fmt.Sprint(i))
		}
		if r := to.take(); len(r) != 2 || r[0].Address != "10.0.0.1" || r[1].Address != "10.0.0.2" || r[0].Extra["count"] != "" {
			t.Errorf("at once: %+v", r)
		}
		time.Sleep(time.Minute + time.Second)
		if r := to.take(); len(r) != 1 || r[0].Extra["count"] != "1000" || r[0].Extra["operation"] != "o" || r[0].RequestID != "999" || r[0].Address != "10.0.0.1" {
			t.Errorf("after a minute: %+v", r)
		}
		time.Sleep(time.Minute)
		note("10.0.0.1", "again")
		if r := to.take(); len(r) != 1 || r[0].Extra["count"] != "" {
			t.Errorf("after it was quiet: %+v", r)
		}
		time.Sleep(2 * time.Minute)
	})
}

// TestTallyOfMany: a flood from many addresses leaves a bounded number of records, and none goes uncounted.
func TestTallyOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &kept{}
		tally := &Tally{To: to, Every: time.Minute}
		for range 3 {
			for i := range 10_000 {
				if err := tally.Write(t.Context(), Record{Address: fmt.Sprint("2001:db8::", i), Action: "a"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(2*time.Minute + time.Second)
		total := 0
		records := to.take()
		for _, r := range records {
			n := 1
			if c := r.Extra["count"]; c != "" {
				fmt.Sscan(c, &n)
			}
			total += n
		}
		if len(records) != 2*(maxSources+1) || total != 30_000 {
			t.Errorf("%d records of %d", len(records), total)
		}
	})
}
