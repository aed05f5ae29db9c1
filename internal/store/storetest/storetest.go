// Package storetest is the one suite that every store.Store must pass: store/bolt,
// the etcd implementation, and package seal in front of either. It is not a test of how
// one of them keeps its data; that stands beside it. Start at Run.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/store"
)

// Harness says how to open the implementation under test.
type Harness struct {
	// Open opens a store that keeps its data in dir; a second Open after Close finds it again.
	Open func(t *testing.T, dir string) store.Store
	// MaxValue is the largest value; 0: store.MaxValue.
	MaxValue int
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	if h.MaxValue == 0 {
		h.MaxValue = store.MaxValue
	}
	for _, c := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"get and put", getAndPut},
		{"created and revision", createdAndRevision},
		{"conditions", conditions},
		{"a conflict changes nothing", conflictChangesNothing},
		{"delete", deletes},
		{"no change, no revision", noChange},
		{"many keys, one revision", oneRevision},
		{"limits", limits},
		{"values are copies", copies},
		{"range", ranges},
		{"range pages", rangePages},
		{"range keys only", rangeKeysOnly},
		{"watch from now", watchFromNow},
		{"watch from a revision", watchFromRevision},
		{"watch a prefix", watchPrefix},
		{"range then watch misses nothing", rangeThenWatch},
		{"watch ends with its context", watchEnds},
		{"compare and swap under contention", contention},
		{"contexts", contexts},
		{"closed", closed},
		{"found again after a restart", reopen},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := &suite{Harness: h, t: t, dir: dir, ctx: t.Context()}
			s.st = h.Open(t, dir)
			t.Cleanup(func() { _ = s.st.Close() })
			c.run(t, s)
		})
	}
}

// suite holds one open store and the small steps that the tests are made of.
type suite struct {
	Harness
	t   *testing.T
	ctx context.Context
	dir string
	st  store.Store
}

func (s *suite) txn(conditions []store.Condition, ops ...store.Op) int64 {
	s.t.Helper()
	revision, err := s.st.Txn(s.ctx, conditions, ops)
	if err != nil {
		s.t.Fatalf("Txn: %v", err)
	}
	return revision
}

func (s *suite) put(key, value string) int64 {
	s.t.Helper()
	return s.txn(nil, store.Put(key, []byte(value)))
}

func (s *suite) get(key string) store.Record {
	s.t.Helper()
	record, err := s.st.Get(s.ctx, key)
	if err != nil {
		s.t.Fatalf("Get %s: %v", key, err)
	}
	return record
}

func (s *suite) missing(key string) {
	s.t.Helper()
	if _, err := s.st.Get(s.ctx, key); !errors.Is(err, store.ErrNotFound) {
		s.t.Fatalf("Get %s: error %v, want ErrNotFound", key, err)
	}
}

func (s *suite) refused(want error, conditions []store.Condition, ops ...store.Op) {
	s.t.Helper()
	if _, err := s.st.Txn(s.ctx, conditions, ops); !errors.Is(err, want) {
		s.t.Fatalf("Txn: error %v, want %v", err, want)
	}
}

func (s *suite) revision() int64 {
	s.t.Helper()
	revision, err := s.st.Revision(s.ctx)
	if err != nil {
		s.t.Fatalf("Revision: %v", err)
	}
	return revision
}

func (s *suite) page(o store.RangeOptions) store.Page {
	s.t.Helper()
	page, err := s.st.Range(s.ctx, o)
	if err != nil {
		s.t.Fatalf("Range %+v: %v", o, err)
	}
	return page
}

func (s *suite) wantKeys(page store.Page, want ...string) {
	s.t.Helper()
	var got []string
	for _, r := range page.Records {
		got = append(got, r.Key)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		s.t.Fatalf("keys %q, want %q", got, want)
	}
}

func at(key string, revision int64) []store.Condition {
	return []store.Condition{{Key: key, Revision: revision}}
}

func getAndPut(t *testing.T, s *suite) {
	s.missing("a")
	revision := s.put("a", "one")
	if revision < 1 {
		t.Fatalf("revision %d of a write, want at least 1", revision)
	}
	if got := s.get("a"); string(got.Value) != "one" || got.Revision != revision || got.Key != "a" {
		t.Fatalf("got %+v, want the value one at %d", got, revision)
	}
	s.put("empty", "")
	if got := s.get("empty"); len(got.Value) != 0 {
		t.Fatalf("an empty value came back as %q", got.Value)
	}
}

func createdAndRevision(t *testing.T, s *suite) {
	first := s.put("a", "1")
	second := s.put("a", "2")
	if second != first+1 {
		t.Fatalf("revisions %d then %d, want consecutive", first, second)
	}
	if got := s.get("a"); got.Created != first || got.Revision != second {
		t.Fatalf("created %d at %d, want %d at %d", got.Created, got.Revision, first, second)
	}
	s.txn(nil, store.Delete("a"))
	again := s.put("a", "3")
	if got := s.get("a"); got.Created != again {
		t.Fatalf("created %d after delete and put, want %d", got.Created, again)
	}
	if s.revision() != again {
		t.Fatalf("the store's revision is %d, want %d", s.revision(), again)
	}
}

func conditions(t *testing.T, s *suite) {
	first := s.txn(at("a", 0), store.Put("a", []byte("1")))
	s.refused(store.ErrConflict, at("a", 0), store.Put("a", []byte("x")))
	s.refused(store.ErrConflict, at("a", first+1), store.Put("a", []byte("x")))
	s.refused(store.ErrConflict, at("b", first), store.Put("a", []byte("x")))
	second := s.txn(at("a", first), store.Put("a", []byte("2")))
	s.refused(store.ErrConflict, at("a", first), store.Delete("a"))
	s.txn(at("a", second), store.Delete("a"))
	s.txn(at("a", 0), store.Put("b", nil))
}

func conflictChangesNothing(t *testing.T, s *suite) {
	s.put("a", "1")
	before := s.revision()
	s.refused(store.ErrConflict, at("a", 0), store.Put("b", []byte("x")), store.Delete("a"))
	s.missing("b")
	if got := s.get("a"); string(got.Value) != "1" {
		t.Fatalf("a is %q after a conflict", got.Value)
	}
	if s.revision() != before {
		t.Fatalf("a conflict took revision %d", s.revision())
	}
}

func deletes(t *testing.T, s *suite) {
	s.put("a", "1")
	s.put("b", "2")
	s.txn(nil, store.Delete("a"))
	s.missing("a")
	s.wantKeys(s.page(store.RangeOptions{}), "b")
}

// noChange holds for etcd: only a transaction that changes something takes a revision.
func noChange(t *testing.T, s *suite) {
	s.put("a", "1")
	before := s.revision()
	if got := s.txn(nil, store.Delete("absent")); got != before || s.revision() != before {
		t.Fatalf("deleting an absent key gave %d, the store %d, want %d", got, s.revision(), before)
	}
	if got := s.txn(at("a", before)); got != before {
		t.Fatalf("a transaction of conditions alone gave %d, want %d", got, before)
	}
}

func oneRevision(t *testing.T, s *suite) {
	revision := s.txn(nil, store.Put("c", []byte("3")), store.Put("a", []byte("1")), store.Put("b", []byte("2")))
	for _, key := range []string{"a", "b", "c"} {
		if got := s.get(key).Revision; got != revision {
			t.Fatalf("%s is at %d, want %d", key, got, revision)
		}
	}
}

func limits(t *testing.T, s *suite) {
	largest := make([]byte, s.MaxValue)
	s.txn(nil, store.Put("largest", largest))
	if got := len(s.get("largest").Value); got != s.MaxValue {
		t.Fatalf("%d bytes came back, want %d", got, s.MaxValue)
	}
	key := strings.Repeat("k", store.MaxKey)
	s.put(key, "x")
	s.get(key)
	var ops []store.Op
	for i := range store.MaxOps {
		ops = append(ops, store.Put(fmt.Sprintf("op/%03d", i), nil))
	}
	s.txn(nil, ops...)
	before := s.revision()
	s.refused(store.ErrTooLarge, nil, store.Put("v", make([]byte, s.MaxValue+1)))
	s.refused(store.ErrTooLarge, nil, store.Put(key+"k", nil))
	s.refused(store.ErrTooLarge, nil, append(ops, store.Put("one more", nil))...)
	s.refused(store.ErrTooLarge, make([]store.Condition, store.MaxOps+1))
	s.refused(store.ErrTooLarge, nil, store.Put("x", largest), store.Put("y", largest))
	for _, bad := range [][]store.Op{{store.Put("", nil)}, {store.Put("a", nil), store.Delete("a")}} {
		if _, err := s.st.Txn(s.ctx, nil, bad); err == nil {
			t.Fatalf("%v was accepted", bad)
		}
	}
	if s.revision() != before {
		t.Fatalf("a refused transaction took a revision")
	}
}

func copies(t *testing.T, s *suite) {
	value := []byte("mine")
	s.txn(nil, store.Put("a", value))
	copy(value, "xxxx")
	got := s.get("a")
	if string(got.Value) != "mine" {
		t.Fatalf("the store kept the caller's slice: %q", got.Value)
	}
	copy(got.Value, "yyyy")
	if again := s.get("a"); string(again.Value) != "mine" {
		t.Fatalf("the store gave its own slice: %q", again.Value)
	}
}

func contexts(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, err := s.st.Txn(ctx, nil, []store.Op{store.Put("a", nil)}); !errors.Is(err, context.Canceled) {
		t.Fatalf("Txn: %v, want context.Canceled", err)
	}
	s.missing("a")
	if _, err := s.st.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Fatalf("Get: %v, want context.Canceled", err)
	}
	if _, err := s.st.Watch(ctx, "", 0); !errors.Is(err, context.Canceled) {
		t.Fatalf("Watch: %v, want context.Canceled", err)
	}
}

func closed(t *testing.T, s *suite) {
	watch, err := s.st.Watch(s.ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-watch; open {
		t.Fatal("a batch came after Close")
	}
	if _, err := s.st.Get(s.ctx, "a"); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Get: %v, want ErrClosed", err)
	}
	s.refused(store.ErrClosed, nil, store.Put("a", nil))
	if _, err := s.st.Watch(s.ctx, "", 0); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Watch: %v, want ErrClosed", err)
	}
	if err := s.st.Close(); err != nil {
		t.Fatalf("a second Close: %v", err)
	}
}

func reopen(t *testing.T, s *suite) {
	created := s.put("a", "1")
	last := s.put("a", "2")
	s.put("b", "gone")
	gone := s.txn(nil, store.Delete("b"))
	if err := s.st.Close(); err != nil {
		t.Fatal(err)
	}
	s.st = s.Open(t, s.dir)
	if got := s.get("a"); string(got.Value) != "2" || got.Created != created || got.Revision != last {
		t.Fatalf("found %+v after a restart", got)
	}
	s.missing("b")
	if s.revision() != gone {
		t.Fatalf("revision %d after a restart, want %d", s.revision(), gone)
	}
	if next := s.put("c", "3"); next != gone+1 {
		t.Fatalf("the first write after a restart is %d, want %d", next, gone+1)
	}
}
