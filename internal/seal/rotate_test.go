package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

func wantValue(t *testing.T, s store.Store, key, want string) {
	t.Helper()
	if r, err := s.Get(t.Context(), key); err != nil || string(r.Value) != want {
		t.Fatalf("%s: %q, %v; want %q", key, r.Value, err, want)
	}
}

func rootOf(s *Store) *RootKey { return s.keys.root.(*RootKey) }

// TestRotate rotates while others write; the old and the new stay readable, now and
// after a restart, and the old root key opens nothing any more.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	s, below := openBoth(t, dir)
	path := filepath.Join(dir, "root.key")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "vault/kv/old", "written before")
	put(t, s, "arm/res/old", "written before")
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 50 {
				put(t, s, fmt.Sprintf("vault/kv%d/%d", w, i), "meanwhile")
			}
		})
	}
	for range 3 {
		if _, err := Rotate(t.Context(), s, rootOf(s)); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	put(t, s, "vault/kv/new", "written after")
	check := func(s *Store) {
		t.Helper()
		wantValue(t, s, "vault/kv/old", "written before")
		wantValue(t, s, "arm/res/old", "written before")
		wantValue(t, s, "vault/kv/new", "written after")
		wantValue(t, s, "vault/kv3/49", "meanwhile")
	}
	check(s)
	below.Close()
	if text, _ := os.ReadFile(path); strings.Count(string(text), rootKeyLabel) != 1 {
		t.Fatal("the file still holds old root keys")
	}
	s, below = openBoth(t, dir)
	check(s)
	below.Close()
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := LoadOrCreateRootKey(path)
	if err != nil {
		t.Fatal(err)
	}
	reopened, err := bolt.Open(filepath.Join(dir, "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reopened.Close()
	if _, err := Open(t.Context(), reopened, root); !errors.Is(err, ErrRootKey) {
		t.Fatalf("the old root key: %v, want ErrRootKey", err)
	}
}

// TestRotateInterrupted: a rotation that ends half way leaves everything readable after a
// restart, and the next one completes it.
func TestRotateInterrupted(t *testing.T) {
	dir := t.TempDir()
	s, below := openBoth(t, dir)
	put(t, s, "vault/a/x", "a")
	put(t, s, "vault/b/x", "b")
	if err := rootOf(s).add(); err != nil {
		t.Fatal(err)
	}
	if err := s.keys.rotate(t.Context(), "vault/a"); err != nil {
		t.Fatal(err)
	}
	below.Close()
	s, _ = openBoth(t, dir)
	wantValue(t, s, "vault/a/x", "a")
	wantValue(t, s, "vault/b/x", "b")
	if n, err := Rotate(t.Context(), s, rootOf(s)); n != 3 || err != nil {
		t.Fatalf("the next rotation: %d keyspaces, %v; want main and two vaults", n, err)
	}
	if len(rootOf(s).all()) != 1 {
		t.Fatal("old root keys are left")
	}
	wantValue(t, s, "vault/a/x", "a")
	wantValue(t, s, "vault/b/x", "b")
}

// TestRotateElsewhere: a second replica on the same store reads what is sealed under keys
// that the first has rotated.
func TestRotateElsewhere(t *testing.T) {
	s, below := openBoth(t, t.TempDir())
	put(t, s, "vault/kv/a", "before")
	replica, err := Open(t.Context(), below, rootOf(s))
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, replica, "vault/kv/a", "before")
	if _, err := Rotate(t.Context(), s, rootOf(s)); err != nil {
		t.Fatal(err)
	}
	put(t, s, "vault/kv/a", "after")
	wantValue(t, replica, "vault/kv/a", "after")
}

func TestRotateFails(t *testing.T) {
	s, _ := openBoth(t, t.TempDir())
	put(t, s, "vault/kv/a", "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Rotate(ctx, s, rootOf(s)); !errors.Is(err, context.Canceled) {
		t.Fatalf("Rotate: %v, want context.Canceled", err)
	}
	wantValue(t, s, "vault/kv/a", "a")
	other, err := LoadOrCreateRootKey(filepath.Join(t.TempDir(), "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Rotate(t.Context(), s, other); err == nil {
		t.Fatal("another root key was rotated for this store")
	}
}
