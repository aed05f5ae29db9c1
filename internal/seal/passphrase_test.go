package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/store/bolt"
)

func saying(passphrase string) Passphrase {
	return Passphrase{Required: true, Ask: func(bool) ([]byte, error) { return []byte(passphrase), nil }}
}

// TestPassphrase: a root key under a passphrase opens with it alone, also after a rotation.
func TestPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	root, err := OpenRootKey(path, saying("correct horse battery"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain := base64.StdEncoding.EncodeToString(root.keys[0].secret); bytes.Contains(text, []byte(plain)) || !bytes.Contains(text, []byte(lockLabel)) {
		t.Fatal("the root key stands in the file")
	}
	below, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { below.Close() })
	s, err := Open(t.Context(), below, root)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "vault/kv/a", "before")
	if _, err := Rotate(t.Context(), s, root); err != nil {
		t.Fatal(err)
	}
	again, err := OpenRootKey(path, saying("correct horse battery"))
	if err != nil || again.ID() != root.ID() {
		t.Fatalf("after a rotation: %v", err)
	}
	if s, err = Open(t.Context(), below, again); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "vault/kv/a", "before")

	if _, err := OpenRootKey(path, saying("wrong horse battery")); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := OpenRootKey(path, Passphrase{}); !errors.Is(err, ErrPassphrase) {
		t.Errorf("no passphrase: %v", err)
	}
	refused := errors.New("no terminal")
	if _, err := OpenRootKey(path, Passphrase{Ask: func(bool) ([]byte, error) { return nil, refused }}); !errors.Is(err, refused) {
		t.Errorf("a passphrase that can't be asked for: %v", err)
	}
}

// TestProtect gives a plain file a passphrase, then another.
func TestProtect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	root, err := LoadOrCreateRootKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRootKey(path, saying("long enough")); !errors.Is(err, ErrNoPassphrase) || !strings.Contains(err.Error(), "rotate-keys") {
		t.Errorf("a passphrase for a plain file: %v, want the remedy", err)
	}
	if err := root.Protect([]byte("short")); err == nil {
		t.Error("a short passphrase was taken")
	}
	for _, passphrase := range []string{"the first passphrase", "the second passphrase"} {
		if err := root.Protect([]byte(passphrase)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenRootKey(path, saying(passphrase)); err != nil {
			t.Error(err)
		}
	}
	if _, err := OpenRootKey(path, saying("the first passphrase")); !errors.Is(err, ErrPassphrase) {
		t.Errorf("the passphrase before: %v", err)
	}
}

func TestDamagedLock(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "root.key")
	if _, err := OpenRootKey(path, saying("correct horse battery")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"no parameters":   {"t=3", "x=3"},
		"too much memory": {"m=65536", "m=99999999"},
		"other cost":      {"t=3", "t=4"},
		"no salt":         {"p=4 ", "p=4 !"},
		"short key":       {rootKeyLabel + " ", rootKeyLabel + " AAAA\n#"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(text), change[0], change[1], 1)
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenRootKey(path, saying("correct horse battery")); err == nil {
				t.Error("a damaged file opened")
			}
		})
	}
}
