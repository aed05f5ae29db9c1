package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

func open(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(filepath.Join(dir, "data.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Harness{Open: func(t *testing.T, dir string) store.Store {
		return open(t, dir, Options{NoSync: true})
	}})
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	_, err := Open(filepath.Join(dir, "data.db"), Options{})
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("a second Open: %v, want ErrLocked", err)
	}
}

func TestFileMode(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	info, err := os.Stat(filepath.Join(dir, "data.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestOtherVersion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(metaBucket).Put(formatKey, appendUint(nil, formatVersion+1))
	}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(filepath.Join(dir, "data.db"), Options{}); !errors.Is(err, store.ErrVersion) {
		t.Fatalf("Open: %v, want ErrVersion", err)
	}
}

func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(foreign, Options{}); !errors.Is(err, store.ErrVersion) {
		t.Fatalf("another program's bbolt file: %v, want ErrVersion", err)
	}
	text := filepath.Join(dir, "text.db")
	content := []byte(fmt.Sprintf("%10000s", "not a database"))
	if err := os.WriteFile(text, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, Options{}); err == nil {
		t.Fatal("a text file was opened as a store")
	}
	if after, _ := os.ReadFile(text); string(after) != string(content) {
		t.Fatal("Open changed a file that is not ours")
	}
}

func TestWatchCompacted(t *testing.T) {
	s := open(t, t.TempDir(), Options{NoSync: true, HistoryCount: 4})
	var last int64
	for i := range 10 {
		last = put(t, s, "a", fmt.Sprint(i))
	}
	if _, err := s.Watch(t.Context(), "", last-4); !errors.Is(err, store.ErrCompacted) {
		t.Fatalf("Watch from beyond the history: %v, want ErrCompacted", err)
	}
	watch, err := s.Watch(t.Context(), "", last-3)
	if err != nil {
		t.Fatal(err)
	}
	if b := <-watch; b.Revision != last-3 {
		t.Fatalf("the first batch is %d, want %d", b.Revision, last-3)
	}
}

func TestWatchHistoryBytes(t *testing.T) {
	s := open(t, t.TempDir(), Options{NoSync: true, HistoryBytes: 10_000})
	var last int64
	for range 10 {
		last = put(t, s, "a", string(make([]byte, 4000)))
	}
	if _, err := s.Watch(t.Context(), "", last-2); !errors.Is(err, store.ErrCompacted) {
		t.Fatalf("Watch: %v, want ErrCompacted", err)
	}
	if _, err := s.Watch(t.Context(), "", last); err != nil {
		t.Fatal(err)
	}
}

func TestWatchRestartIsCompacted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{NoSync: true})
	last := put(t, s, "a", "1")
	s.Close()
	s = open(t, dir, Options{NoSync: true})
	if _, err := s.Watch(t.Context(), "", last); !errors.Is(err, store.ErrCompacted) {
		t.Fatalf("Watch: %v, want ErrCompacted", err)
	}
	if _, err := s.Watch(t.Context(), "", last+1); err != nil {
		t.Fatalf("Watch of what comes next: %v", err)
	}
}

func TestSlowWatcherEnds(t *testing.T) {
	s := open(t, t.TempDir(), Options{NoSync: true, HistoryCount: 4})
	watch, err := s.Watch(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		put(t, s, "a", fmt.Sprint(i))
	}
	last := int64(0)
	for b := range watch { // it ends: what lay between was dropped
		if b.Revision != last+1 {
			t.Fatalf("%d came after %d: a gap instead of an end", b.Revision, last)
		}
		last = b.Revision
	}
}

// TestGroup commits many transactions at once; each keeps its own revision and refusal.
func TestGroup(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var mu sync.Mutex
	seen := map[int64]bool{}
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			conditions := []store.Condition{{Key: "first", Revision: 0}}
			ops := []store.Op{store.Put("first", nil), store.Put(fmt.Sprint("k", i), nil)}
			if i%2 == 0 {
				conditions, ops = nil, ops[1:]
			}
			revision, err := s.Txn(t.Context(), conditions, ops)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[revision] {
				t.Errorf("two transactions have revision %d", revision)
			}
			seen[revision] = true
		})
	}
	group.Wait()
	if len(seen) != 101 {
		t.Fatalf("%d transactions went through, want the 100 without a condition and one of the others", len(seen))
	}
}

func put(t *testing.T, s *Store, key, value string) int64 {
	t.Helper()
	revision, err := s.Txn(t.Context(), nil, []store.Op{store.Put(key, []byte(value))})
	if err != nil {
		t.Fatal(err)
	}
	return revision
}
