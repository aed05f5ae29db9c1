package datafolder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"gatehouse/internal/audit"
	"gatehouse/internal/seal"
	"gatehouse/internal/store"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(t.Context(), dir, seal.Passphrase{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func (f *Folder) put(t *testing.T, key, value string) int64 {
	t.Helper()
	if err := f.Audit.Write(t.Context(), audit.Record{Action: "put", Resource: key}); err != nil {
		t.Fatal(err)
	}
	revision, err := f.Store.Txn(t.Context(), nil, []store.Op{store.Put(key, []byte(value))})
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

func (f *Folder) all(t *testing.T) map[string]string {
	t.Helper()
	page, err := f.Store.Range(t.Context(), store.RangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range page.Records {
		if r.Key != headKey {
			out[r.Key] = string(r.Value)
		}
	}
	return out
}

// cheap is a passphrase with little work, so that tests are quick.
func cheap(t *testing.T, passphrase string) *age.ScryptRecipient {
	t.Helper()
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(10)
	return r
}

func identity(t *testing.T, passphrase string) age.Identity {
	t.Helper()
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const phrase = "correct horse battery staple"

// backup encrypts what write gives to a file.
func backup(t *testing.T, to age.Recipient, write func(w *bytes.Buffer) error) string {
	t.Helper()
	var plain, out bytes.Buffer
	if err := write(&plain); err != nil {
		t.Fatal(err)
	}
	w, err := Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.age")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBackupWhileServing copies a folder that is written to, with keys that rotate, and
// compares: each writer's numbers are in the copy without a gap, both of its keys agree,
// and each write in it has its audit record.
func TestBackupWhileServing(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "data"))
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("vault/kv%d/log/%06d", w, n)
				if f.Audit.Write(ctx, audit.Record{Action: "put", Resource: key}) != nil {
					return
				}
				_, err := f.Store.Txn(context.WithoutCancel(ctx), nil, []store.Op{store.Put(key, []byte("v")),
					store.Put(fmt.Sprintf("vault/kv%d/a", w), fmt.Append(nil, n)), store.Put(fmt.Sprintf("vault/kv%d/b", w), fmt.Append(nil, n))})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Go(func() {
		for ctx.Err() == nil {
			if _, err := f.RotateKeys(context.WithoutCancel(ctx), nil); err != nil {
				t.Error(err)
			}
		}
	})
	var backups []string
	for range 5 {
		backups = append(backups, backup(t, cheap(t, phrase), func(w *bytes.Buffer) error { return f.Archive(t.Context(), w) }))
	}
	stop()
	writers.Wait()
	entries := 0
	for _, file := range backups {
		dir := filepath.Join(t.TempDir(), "new machine", "data")
		if err := Restore(t.Context(), file, dir, identity(t, phrase)); err != nil {
			t.Fatal(err)
		}
		entries += checkCopy(t, dir)
	}
	if entries == 0 {
		t.Error("nothing was written while the backups were made")
	}
}

func checkCopy(t *testing.T, dir string) (entries int) {
	t.Helper()
	log := auditText(t, dir)
	f := open(t, dir)
	defer f.Close()
	values := f.all(t)
	for w := range 3 {
		a, b := values[fmt.Sprintf("vault/kv%d/a", w)], values[fmt.Sprintf("vault/kv%d/b", w)]
		if a != b {
			t.Errorf("writer %d: a is %s, b is %s", w, a, b)
		}
		for n := 0; a != "" && fmt.Sprint(n-1) != a; n++ {
			key := fmt.Sprintf("vault/kv%d/log/%06d", w, n)
			if values[key] != "v" || !strings.Contains(log, `"`+key+`"`) {
				t.Fatalf("writer %d is at %s; %s is %q, in the log %v", w, a, key, values[key], strings.Contains(log, key))
			}
			entries++
		}
	}
	return entries
}

func auditText(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// stopped makes a folder with a few values, in use by nobody.
func stopped(t *testing.T) (dir string, values map[string]string) {
	dir = filepath.Join(t.TempDir(), "data")
	f := open(t, dir)
	for i := range 20 {
		f.put(t, fmt.Sprintf("vault/kv/%d", i), strings.Repeat("secret ", 1000))
	}
	values = f.all(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, values
}

func offline(dir string) func(*bytes.Buffer) error {
	return func(w *bytes.Buffer) error { return Archive(context.Background(), dir, w) }
}

func TestBackupOffline(t *testing.T) {
	dir, values := stopped(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := backup(t, key.Recipient(), offline(dir))
	to := t.TempDir() // exists, and is empty
	if err := Restore(t.Context(), file, to, key); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v; want 0700", info.Mode(), err)
	}
	if report, err := VerifyAudit(t.Context(), to, seal.Passphrase{}); err != nil || report.Lines != 20 {
		t.Errorf("the log: %+v, %v", report, err)
	}
	f := open(t, to)
	got := f.all(t)
	for k, v := range values {
		if got[k] != v {
			t.Errorf("%s differs", k)
		}
	}
	if len(got) != len(values) {
		t.Errorf("%d values, want %d", len(got), len(values))
	}
	if err := Archive(t.Context(), to, new(bytes.Buffer)); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a folder in use: %v", err)
	}
	if err := Archive(t.Context(), t.TempDir(), new(bytes.Buffer)); err == nil {
		t.Error("an empty folder was backed up")
	}
}

// TestRestoreRefused: what is wrong is said, and nothing is written.
func TestRestoreRefused(t *testing.T) {
	dir, _ := stopped(t)
	whole, err := os.ReadFile(backup(t, cheap(t, phrase), offline(dir)))
	if err != nil {
		t.Fatal(err)
	}
	tampered := func(change func(plain []byte) []byte) []byte {
		out, err := os.ReadFile(backup(t, cheap(t, phrase), func(w *bytes.Buffer) error {
			err := Archive(t.Context(), dir, w)
			changed := change(bytes.Clone(w.Bytes()))
			w.Reset()
			w.Write(changed)
			return err
		}))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, c := range map[string]struct {
		content    []byte
		passphrase string
		want       string
	}{
		"wrong passphrase": {whole, "wrong horse battery staple", "passphrase or identity is not that of this backup"},
		"truncated":        {whole[:len(whole)-100_000], phrase, ErrBackup.Error()},
		"cut by one byte":  {whole[:len(whole)-1], phrase, ErrBackup.Error()},
		"longer":           {append(bytes.Clone(whole), 0), phrase, ErrBackup.Error()},
		"only a header":    {whole[:200], phrase, ErrBackup.Error()},
		"empty":            {nil, phrase, ErrBackup.Error()},
		"text":             {[]byte("hello"), phrase, ErrBackup.Error()},
		"flipped byte":     {flip(whole, len(whole)/2), phrase, ErrBackup.Error()},
		"flipped at end":   {flip(whole, len(whole)-1), phrase, ErrBackup.Error()},
		"another format":   {tampered(func(b []byte) []byte { return bytes.Replace(b, []byte(`"format":1`), []byte(`"format":9`), 1) }), phrase, "use the version that wrote it"},
		"a changed file": {tampered(func(b []byte) []byte {
			return bytes.Replace(b, []byte("gatehouse-root-key-1"), []byte("gatehouse-root-key-2"), 1)
		}), phrase, "root.key was changed"},
		"no manifest": {tampered(func(b []byte) []byte { return b[1024:] }), phrase, ErrBackup.Error()},
		"a path outside": {tampered(func(b []byte) []byte {
			return bytes.Replace(b, []byte(RootFile), []byte("../evil\x00"), 1)
		}), phrase, ErrBackup.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			file := filepath.Join(t.TempDir(), "backup.age")
			if err := os.WriteFile(file, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			err := Restore(t.Context(), file, filepath.Join(parent, "data"), identity(t, c.passphrase))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %v, want %q and the file", err, c.want)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("%s was left behind", left[0].Name())
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func TestRestoreNotEmpty(t *testing.T) {
	dir, values := stopped(t)
	file := backup(t, cheap(t, phrase), offline(dir))
	if err := Restore(t.Context(), file, dir, identity(t, phrase)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
	if got := open(t, dir).all(t); len(got) != len(values) {
		t.Error("the folder was changed")
	}
}

// TestPassphraseFolder: the folder, its backup and the check of its log need the passphrase
// of its root key.
func TestPassphraseFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	saying := func(s string) seal.Passphrase {
		return seal.Passphrase{Required: true, Ask: func(bool) ([]byte, error) { return []byte(s), nil }}
	}
	f, err := Open(t.Context(), dir, saying(phrase))
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, "k", "v")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "data")
	if err := Restore(t.Context(), backup(t, cheap(t, "another passphrase"), offline(dir)), to, identity(t, "another passphrase")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, to} {
		if _, err := Open(t.Context(), dir, saying("wrong horse")); !errors.Is(err, seal.ErrPassphrase) {
			t.Errorf("a wrong passphrase: %v", err)
		}
		if _, err := VerifyAudit(t.Context(), dir, seal.Passphrase{}); !errors.Is(err, seal.ErrPassphrase) {
			t.Errorf("a check without it: %v", err)
		}
		if _, err := VerifyAudit(t.Context(), dir, saying(phrase)); err != nil {
			t.Error(err)
		}
		f, err := Open(t.Context(), dir, saying(phrase))
		if err != nil {
			t.Fatal(err)
		}
		if f.all(t)["k"] != "v" {
			t.Error("the value is gone")
		}
		f.Close()
	}
}

// TestCutLog: records that are cut off the end are missed, with the head that the store holds.
func TestCutLog(t *testing.T) {
	dir, _ := stopped(t)
	lines := strings.SplitAfter(auditText(t, dir), "\n")
	if err := os.WriteFile(filepath.Join(dir, AuditFile), []byte(strings.Join(lines[:10], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyAudit(t.Context(), dir, seal.Passphrase{}); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), "missing at the end") {
		t.Fatalf("got %v, want what is missing", err)
	}
	f := open(t, dir)
	f.Close()
	if _, err := VerifyAudit(t.Context(), dir, seal.Passphrase{}); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), "line 11") {
		t.Fatalf("after a start: %v, want the place", err)
	}
	if _, err := VerifyAudit(t.Context(), t.TempDir(), seal.Passphrase{}); err == nil {
		t.Error("an empty folder has a whole log")
	}
}
