package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// patience is how long a watch may take to deliver before the suite gives up.
const patience = 10 * time.Second

func (s *suite) watch(prefix string, from int64) <-chan store.Batch {
	s.t.Helper()
	watch, err := s.st.Watch(s.ctx, prefix, from)
	if err != nil {
		s.t.Fatalf("Watch: %v", err)
	}
	return watch
}

func (s *suite) next(watch <-chan store.Batch) store.Batch {
	s.t.Helper()
	select {
	case b, open := <-watch:
		if !open {
			s.t.Fatal("the watch ended")
		}
		return b
	case <-time.After(patience):
		s.t.Fatal("the watch delivered nothing")
	}
	panic("unreachable")
}

func show(b store.Batch) string {
	out := fmt.Sprint(b.Revision)
	for _, e := range b.Events {
		if e.Deleted {
			out += " -" + e.Record.Key
		} else {
			out += " " + e.Record.Key + "=" + string(e.Record.Value)
		}
		if e.Record.Revision != b.Revision {
			out += "@" + fmt.Sprint(e.Record.Revision)
		}
	}
	return out
}

func (s *suite) wantBatch(watch <-chan store.Batch, format string, args ...any) {
	s.t.Helper()
	if got, want := show(s.next(watch)), fmt.Sprintf(format, args...); got != want {
		s.t.Fatalf("the watch delivered %q, want %q", got, want)
	}
}

func watchFromNow(t *testing.T, s *suite) {
	s.put("before", "x")
	watch := s.watch("", 0)
	one := s.put("a", "1")
	two := s.txn(nil, store.Put("c", []byte("3")), store.Put("b", []byte("2")), store.Delete("a"))
	s.wantBatch(watch, "%d a=1", one)
	s.wantBatch(watch, "%d -a b=2 c=3", two)
}

func watchFromRevision(t *testing.T, s *suite) {
	one := s.put("a", "1")
	two := s.put("a", "2")
	three := s.txn(nil, store.Delete("a"))
	watch := s.watch("", two)
	s.wantBatch(watch, "%d a=2", two)
	s.wantBatch(watch, "%d -a", three)
	all := s.watch("", one)
	s.wantBatch(all, "%d a=1", one)
	later := s.watch("", three+1)
	four := s.put("b", "4")
	s.wantBatch(later, "%d b=4", four)
}

func watchPrefix(t *testing.T, s *suite) {
	watch := s.watch("in/", 0)
	s.put("out/a", "1")
	both := s.txn(nil, store.Put("out/b", nil), store.Put("in/b", []byte("2")))
	s.put("in", "3")
	last := s.txn(nil, store.Delete("in/b"))
	s.wantBatch(watch, "%d in/b=2", both)
	s.wantBatch(watch, "%d -in/b", last)
}

// rangeThenWatch is how every consumer starts: what the range shows and the watch
// delivers must together be what was written, while writing goes on.
func rangeThenWatch(t *testing.T, s *suite) {
	const total = 200
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range total {
			if _, err := s.st.Txn(s.ctx, nil, []store.Op{store.Put("n", []byte(strconv.Itoa(i)))}); err != nil {
				t.Errorf("Txn: %v", err)
				return
			}
		}
	})
	defer writer.Wait()
	page := s.page(store.RangeOptions{Prefix: "n"})
	last := -1
	if len(page.Records) == 1 {
		last, _ = strconv.Atoi(string(page.Records[0].Value))
	}
	watch := s.watch("n", page.Revision+1)
	for last < total-1 {
		for _, e := range s.next(watch).Events {
			if n, _ := strconv.Atoi(string(e.Record.Value)); n != last+1 {
				t.Fatalf("%d came after %d", n, last)
			}
			last++
		}
	}
}

func watchEnds(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	watch, err := s.st.Watch(ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case _, open := <-watch:
		if open {
			t.Fatal("a batch came from nowhere")
		}
	case <-time.After(patience):
		t.Fatal("the watch outlived its context")
	}
}

// contention: eight writers count one number up; none of the additions may be lost.
func contention(t *testing.T, s *suite) {
	const writers, each = 8, 10
	s.put("n", "0")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := s.increment("n"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if got := string(s.get("n").Value); got != strconv.Itoa(writers*each) {
		t.Fatalf("counted to %s, want %d", got, writers*each)
	}
}

func (s *suite) increment(key string) error {
	for {
		record, err := s.st.Get(s.ctx, key)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(record.Value))
		_, err = s.st.Txn(s.ctx, at(key, record.Revision), []store.Op{store.Put(key, []byte(strconv.Itoa(n+1)))})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}
