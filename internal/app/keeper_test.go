package app

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
	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
)

// loadedVault is a vault under load: workers set secrets and read them back.
type loadedVault struct {
	t       *testing.T
	c       *client.Client
	at      string
	mu      sync.Mutex
	written map[string]string // what was acknowledged, by name
}

func newLoadedVault(t *testing.T, c *client.Client) *loadedVault {
	t.Helper()
	if err := c.ARM(t.Context(), "PUT", group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.ARM(t.Context(), "PUT", group(c, "rg")+"/providers/Microsoft.KeyVault/vaults/kv-load", "2023-07-01", vaultBody(c), nil); err != nil {
		t.Fatal(err)
	}
	return &loadedVault{t: t, c: c, at: "https://kv-load.vault.azure.net/secrets/", written: map[string]string{}}
}

func (v *loadedVault) set(ctx context.Context, name, value string) error {
	err := v.c.JSON(ctx, "PUT", v.at+name+"?api-version=7.4", client.VaultAudience, map[string]any{"value": value}, nil)
	if err == nil {
		v.mu.Lock()
		v.written[name] = value
		v.mu.Unlock()
	}
	return err
}

func (v *loadedVault) get(ctx context.Context, c *client.Client, name string) (string, error) {
	var secret struct{ Value string }
	err := c.JSON(ctx, "GET", v.at+name+"?api-version=7.4", client.VaultAudience, nil, &secret)
	return secret.Value, err
}

// load writes and reads until stop, which waits; any error fails the test.
func (v *loadedVault) load() (stop func()) {
	ctx, cancel := context.WithCancel(v.t.Context())
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name, value := fmt.Sprintf("w%d-%d", w, n), fmt.Sprintf("value %d of %d", n, w)
				if err := v.set(v.t.Context(), name, value); err != nil {
					v.t.Errorf("a write under load: %v", err)
					return
				}
				if got, err := v.get(v.t.Context(), v.c, name); err != nil || got != value {
					v.t.Errorf("a read under load: %q, %v", got, err)
					return
				}
			}
		})
	}
	return func() { cancel(); workers.Wait() }
}

func (v *loadedVault) snapshot() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := map[string]string{}
	for name, value := range v.written {
		out[name] = value
	}
	return out
}

func (v *loadedVault) compare(c *client.Client, want map[string]string) {
	v.t.Helper()
	for name, value := range want {
		if got, err := v.get(v.t.Context(), c, name); err != nil || got != value {
			v.t.Errorf("%s: %q, %v; want %q", name, got, err, value)
		}
	}
}

// TestKeeperUnderLoad rotates the keys, checks the audit log and makes a backup while a
// vault is used; the backup, restored elsewhere, has everything that was acknowledged
// before it began.
func TestKeeperUnderLoad(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	server := up(t, data)
	v := newLoadedVault(t, open(t, data))
	if err := v.set(t.Context(), "old", "from before"); err != nil {
		t.Fatal(err)
	}
	rootBefore, err := os.ReadFile(filepath.Join(data, datafolder.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	keeper := client.NewKeeper(data)
	stop := v.load()
	for range 3 {
		if n, err := keeper.RotateKeys(t.Context(), nil); err != nil || n < 2 {
			t.Errorf("rotate: %d keyspaces, %v", n, err)
		}
		head, err := keeper.AuditHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.VerifyFiles(filepath.Join(data, datafolder.AuditFile), &head, true); err != nil {
			t.Error(err)
		}
	}
	acknowledged := v.snapshot()
	file := encrypted(t, func(w *bytes.Buffer) error { return keeper.Archive(t.Context(), w) })
	stop()
	v.compare(v.c, map[string]string{"old": "from before"})
	if root, err := os.ReadFile(filepath.Join(data, datafolder.RootFile)); err != nil || bytes.Equal(root, rootBefore) {
		t.Errorf("the root key is the same as before (%v)", err)
	}
	text, err := os.ReadFile(filepath.Join(data, datafolder.AuditFile))
	if err != nil || strings.Count(string(text), `"Gatehouse/keys/rotate/action"`) != 3 || strings.Count(string(text), `"Gatehouse/backup/action"`) != 1 {
		t.Errorf("the audit log does not tell of 3 rotations and a backup (%v)", err)
	}
	if !strings.Contains(string(text), `"valueHash":"hmac-sha256:`) || strings.Contains(string(text), "from before") {
		t.Error("the audit log has values other than as hashes")
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	identity, err := age.NewScryptIdentity(backupPhrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := datafolder.Restore(t.Context(), file, copied, identity); err != nil {
		t.Fatal(err)
	}
	up(t, copied)
	v.compare(open(t, copied), acknowledged)
}

const backupPhrase = "correct horse battery staple"

func encrypted(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	recipient, err := age.NewScryptRecipient(backupPhrase)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(10)
	var plain, out bytes.Buffer
	w, err := datafolder.Encrypt(&out, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(&plain); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.age")
	if err := errors.Join(w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVaultEventsAreLogged: a new version shows in the log.
func TestVaultEventsAreLogged(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	log := &lines{want: `"event":"NewVersion","vault":"kv-load","kind":"secrets","name":"s"`, found: make(chan struct{})}
	upLogging(t, data, "127.0.0.1:0", log)
	v := newLoadedVault(t, open(t, data))
	if err := v.set(t.Context(), "s", "v"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-log.found:
	case <-t.Context().Done():
		t.Error("the event was not logged")
	}
}

// lines waits for a text in what is written to it.
type lines struct {
	want  string
	once  sync.Once
	found chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.want) {
		l.once.Do(func() { close(l.found) })
	}
	return len(p), nil
}
