package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/store"
)

// TestCutShort: a file of any length short of its own is refused, and does not end the process.
func TestCutShort(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{NoSync: true})
	for _, key := range []string{"a", "b", "c"} {
		if _, err := s.Txn(t.Context(), nil, []store.Op{store.Put(key, make([]byte, 100_000))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "data.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 15, 79, 80, 100, 4095, 4096, 4200, 8191, 8192, 8193, 12288, 16383, 16384, 100_000, 300_000} {
		path := filepath.Join(t.TempDir(), "data.db")
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(path, Options{}); err == nil {
			s.Close()
			t.Errorf("a file cut to %d bytes was opened", size)
		} else if !strings.Contains(err.Error(), "damaged; restore it from a backup") {
			t.Errorf("a file cut to %d bytes: %v", size, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(size) {
			t.Errorf("a file cut to %d bytes was changed: %v, %v", size, info.Size(), err)
		}
	}
}

// TestHalfMade: what a crash left of a file in the making is thrown away.
func TestHalfMade(t *testing.T) {
	for name, content := range map[string]string{"data.db.new-123": "half", "data.db": ""} { // an empty file is one to make
		dir := filepath.Join(t.TempDir(), "a [data] folder*")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, Options{})
		if _, err := s.Txn(t.Context(), nil, []store.Op{store.Put("a", nil)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 1 || files[0].Name() != "data.db" {
			t.Errorf("%s: the folder holds %v (%v), want data.db alone", name, files, err)
		}
	}
}

// TestMadeByOne: of many that make the file at once, one has it.
func TestMadeByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var opened []*Store
	for range 8 {
		wg.Go(func() {
			s, err := Open(path, Options{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				opened = append(opened, s)
			} else if !errors.Is(err, store.ErrLocked) {
				t.Errorf("%v, want ErrLocked", err)
			}
		})
	}
	wg.Wait()
	if len(opened) != 1 {
		t.Errorf("%d have the file", len(opened))
	}
	for _, s := range opened {
		s.Close()
	}
}
