package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/store/storetest"
)

func openBoth(t testing.TB, dir string) (*Store, *bolt.Store) {
	t.Helper()
	below, err := bolt.Open(filepath.Join(dir, "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = below.Close() })
	root, err := LoadOrCreateRootKey(filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), below, root)
	if err != nil {
		t.Fatal(err)
	}
	return s, below
}

func put(t testing.TB, s store.Store, key, value string) {
	t.Helper()
	if _, err := s.Txn(t.Context(), nil, []store.Op{store.Put(key, []byte(value))}); err != nil {
		t.Fatal(err)
	}
}

func TestSuite(t *testing.T) {
	storetest.Run(t, storetest.Harness{MaxValue: MaxValue, Open: func(t *testing.T, dir string) store.Store {
		s, _ := openBoth(t, dir)
		return s
	}})
}

func TestKeyspaceOf(t *testing.T) {
	for key, want := range map[string]string{
		"arm/res/x": "main", "vault/kv1/secret/a": "vault/kv1", "vault/kv1": "main", "vault//x": "main", "": "main",
	} {
		if got := KeyspaceOf(key); got != want {
			t.Errorf("KeyspaceOf(%q) = %q, want %q", key, got, want)
		}
	}
}

// TestTampering changes the file behind the sealed store in each way that its owner could.
func TestTampering(t *testing.T) {
	cases := []struct {
		name   string
		tamper func(t *testing.T, below store.Store)
	}{
		{"a flipped byte", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func(v []byte) []byte { v[len(v)-1] ^= 1; return v })
		}},
		{"a flipped byte of the key id", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func(v []byte) []byte { v[2] ^= 1; return v })
		}},
		{"swapped records of one keyspace", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func([]byte) []byte { return value(t, below, "vault/kv/b") })
		}},
		{"a record of another keyspace", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func([]byte) []byte { return value(t, below, "vault/other/a") })
		}},
		{"truncated", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func(v []byte) []byte { return v[:10] })
		}},
		{"emptied", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func([]byte) []byte { return nil })
		}},
		{"plain text put in its place", func(t *testing.T, below store.Store) {
			change(t, below, "vault/kv/a", func([]byte) []byte { return []byte("plain") })
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, below := openBoth(t, t.TempDir())
			put(t, s, "vault/kv/a", "secret a")
			put(t, s, "vault/kv/b", "secret b")
			put(t, s, "vault/other/a", "secret of another vault")
			c.tamper(t, below)
			if _, err := s.Get(t.Context(), "vault/kv/a"); !errors.Is(err, ErrTampered) {
				t.Fatalf("Get: %v, want ErrTampered", err)
			}
			if _, err := s.Range(t.Context(), store.RangeOptions{Prefix: "vault/"}); !errors.Is(err, ErrTampered) {
				t.Fatalf("Range: %v, want ErrTampered", err)
			}
			if r, err := s.Get(t.Context(), "vault/kv/b"); err != nil || string(r.Value) != "secret b" {
				t.Fatalf("the untouched record: %q, %v", r.Value, err)
			}
		})
	}
}

func value(t *testing.T, st store.Store, key string) []byte {
	t.Helper()
	r, err := st.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return r.Value
}

func change(t *testing.T, st store.Store, key string, f func([]byte) []byte) {
	t.Helper()
	put(t, st, key, string(f(value(t, st, key))))
}

func TestTamperedKeyset(t *testing.T) {
	for name, tamper := range map[string]func(t *testing.T, below store.Store){
		"flipped": func(t *testing.T, below store.Store) {
			change(t, below, keysetPrefix+"vault/kv", func(v []byte) []byte {
				var wrapped wrappedKeyset
				if err := json.Unmarshal(v, &wrapped); err != nil {
					t.Fatal(err)
				}
				wrapped.Keyset[20] ^= 1 // in the ciphertext, which comes first
				v, _ = json.Marshal(wrapped)
				return v
			})
		},
		"swapped": func(t *testing.T, below store.Store) {
			change(t, below, keysetPrefix+"vault/kv", func([]byte) []byte { return value(t, below, keysetPrefix+"main") })
		},
		"deleted": func(t *testing.T, below store.Store) {
			if _, err := below.Txn(t.Context(), nil, []store.Op{store.Delete(keysetPrefix + "vault/kv")}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, below := openBoth(t, dir)
			put(t, s, "vault/kv/a", "secret a")
			tamper(t, below)
			below.Close()
			s, _ = openBoth(t, dir)
			if _, err := s.Get(t.Context(), "vault/kv/a"); !errors.Is(err, ErrTampered) {
				t.Fatalf("Get: %v, want ErrTampered", err)
			}
		})
	}
}

func TestOtherRootKey(t *testing.T) {
	dir := t.TempDir()
	_, below := openBoth(t, dir)
	other, err := LoadOrCreateRootKey(filepath.Join(t.TempDir(), "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), below, other); !errors.Is(err, ErrRootKey) {
		t.Fatalf("Open: %v, want ErrRootKey", err)
	}
}

func TestRootKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	first, err := LoadOrCreateRootKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreateRootKey(path)
	if err != nil || again.ID() != first.ID() {
		t.Fatalf("read again: %v, %v; want the same key", again, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateRootKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("a file that the group may read: %v", err)
	}
	for _, bad := range []string{"", "# only a comment\n", "something else\n", rootKeyLabel + " AAAA\n", rootKeyLabel + " !!\n"} {
		path := filepath.Join(t.TempDir(), "root.key")
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreateRootKey(path); err == nil {
			t.Errorf("%q was read as a root key", bad)
		}
		if after, _ := os.ReadFile(path); string(after) != bad {
			t.Errorf("%q was overwritten", bad)
		}
	}
}

// TestNothingInTheClear searches every file of a used folder for what was stored.
func TestNothingInTheClear(t *testing.T) {
	dir := t.TempDir()
	s, below := openBoth(t, dir)
	secrets := []string{"correct horse battery staple", "-----BEGIN PRIVATE KEY-----", `{"password":"p4ssw0rd-of-a-pfx"}`}
	for i := range 50 {
		for _, secret := range secrets {
			put(t, s, fmt.Sprintf("vault/kv/secret/%d", i), secret)
			put(t, s, "arm/res/x", secret)
			put(t, s, "gone", secret)
		}
	}
	if _, err := s.Txn(t.Context(), nil, []store.Op{store.Delete("gone")}); err != nil {
		t.Fatal(err)
	}
	below.Close()
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, secret := range secrets {
			for _, form := range forms(secret) {
				if bytes.Contains(content, []byte(form)) {
					t.Errorf("%s holds %q in the clear", filepath.Base(path), form)
				}
			}
		}
		found["a key"] = found["a key"] || bytes.Contains(content, []byte("vault/kv/secret/7"))
		return err
	})
	if err != nil || !found["a key"] {
		t.Fatalf("the search read nothing: %v", err)
	}
}

func forms(secret string) []string {
	return []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))[:16], hex.EncodeToString([]byte(secret))}
}

func TestReservedKeys(t *testing.T) {
	s, _ := openBoth(t, t.TempDir())
	if _, err := s.Txn(t.Context(), nil, []store.Op{store.Delete(keysetPrefix + "main")}); err == nil {
		t.Fatal("a caller deleted a keyset")
	}
	if _, err := s.Get(t.Context(), keysetPrefix+"main"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("a caller read a keyset: %v", err)
	}
	for _, prefix := range []string{"", reserved, keysetPrefix} {
		if page, err := s.Range(t.Context(), store.RangeOptions{Prefix: prefix}); err != nil || len(page.Records) != 0 {
			t.Fatalf("a range over %q of an empty store: %v, %v", prefix, page.Records, err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s, _ := openBoth(b, b.TempDir())
	put(b, s, "vault/kv/secret/a", strings.Repeat("x", 2000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(b.Context(), "vault/kv/secret/a"); err != nil {
			b.Fatal(err)
		}
	}
}
