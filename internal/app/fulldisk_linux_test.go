package app

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
)

// limit bounds the files of the process, which fails its writes much as a full disk does.
func limit(t *testing.T, c *child, bytes uint64) {
	t.Helper()
	if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
}

// TestFullDiskAtStart: nothing starts, the error says why, and the same folder serves once there is room.
func TestFullDiskAtStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if _, said := startChild(t, data, "ulimit -S -f 16;"); !strings.Contains(said, "the disk of the data folder "+data+" is full; free some space") {
		t.Fatalf("got %q, want the reason and the remedy", said)
	}
	if _, said := startChild(t, data, ""); said != "" {
		t.Fatalf("with room: %s", said)
	}
	open(t, data)
}

// TestFullDisk fills the disk of a running server: writes are refused by name, what is
// there stays and is read, and all goes on when there is room again.
func TestFullDisk(t *testing.T) {
	for name, size := range map[string]func(data string) uint64{
		"no room in the store":     func(data string) uint64 { return fileSize(t, filepath.Join(data, datafolder.StoreFile)) },
		"no room in the audit log": func(data string) uint64 { return fileSize(t, filepath.Join(data, datafolder.AuditFile)) },
		"no room at all":           func(string) uint64 { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			if strings.Contains(name, "audit") {
				longLog(t, filepath.Join(data, datafolder.AuditFile)) // longer than the store, which then has room
			}
			fullDisk(t, data, size, name == "no room in the store")
		})
	}
}

func fileSize(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Size())
}

func longLog(t *testing.T, path string) {
	log, err := audit.Open(t.Context(), path, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for range 100 {
		if err := log.Write(t.Context(), audit.Record{Action: strings.Repeat("long", 10_000)}); err != nil {
			t.Fatal(err)
		}
	}
}

// fill is what the test of a full disk writes.
type fill struct {
	t       *testing.T
	c       *client.Client
	secrets int // versions of the secret that were acknowledged
	groups  []string
}

func (f *fill) group(name string) error {
	err := f.c.ARM(f.t.Context(), "PUT", group(f.c, name), "2022-09-01", map[string]any{"location": "westeurope", "tags": map[string]any{"filler": strings.Repeat("x", 250)}}, nil)
	if err == nil {
		f.groups = append(f.groups, name)
		slices.Sort(f.groups)
	}
	return err
}

const vaultURL = "https://kv-full.vault.azure.net"

func (f *fill) secret(size int) error {
	err := f.c.JSON(f.t.Context(), "PUT", vaultURL+"/secrets/s?api-version=7.4", client.VaultAudience, map[string]any{"value": strings.Repeat("x", size)}, nil)
	if err == nil {
		f.secrets++
	}
	return err
}

// untilFull writes until something is refused: free pages of the store take some writes yet.
func (f *fill) untilFull(write func(i int) error) {
	f.t.Helper()
	for i := range 2000 {
		if err := write(i); err != nil {
			wantFull(f.t, err)
			return
		}
	}
	f.t.Fatal("2000 writes went through")
}

// check compares what is there with what was acknowledged.
func (f *fill) check() {
	f.t.Helper()
	var groups struct{ Value []struct{ Name string } }
	if err := f.c.ARM(f.t.Context(), "GET", strings.TrimSuffix(group(f.c, ""), "/"), "2022-09-01", nil, &groups); err != nil {
		f.t.Fatal(err)
	}
	var names []string
	for _, g := range groups.Value {
		names = append(names, g.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, f.groups) {
		f.t.Errorf("the groups are %v, %v were acknowledged", names, f.groups)
	}
	secrets := 0
	for next := vaultURL + "/secrets/s/versions?api-version=7.4&maxresults=25"; next != ""; {
		var page struct {
			Value    []struct{ ID string }
			NextLink string
		}
		if err := f.c.JSON(f.t.Context(), "GET", next, client.VaultAudience, nil, &page); err != nil {
			f.t.Fatal(err)
		}
		secrets, next = secrets+len(page.Value), page.NextLink
	}
	if secrets != f.secrets {
		f.t.Errorf("%d versions of the secret, %d were acknowledged", secrets, f.secrets)
	}
}

// read reads the secret while the disk is full, as long as the audit log has room: it keeps some.
func (f *fill) read() error {
	return f.c.JSON(f.t.Context(), "GET", vaultURL+"/secrets/s?api-version=7.4", client.VaultAudience, nil, nil)
}

func fullDisk(t *testing.T, data string, size func(data string) uint64, readable bool) {
	server, said := startChild(t, data, "")
	if said != "" {
		t.Fatal(said)
	}
	f := &fill{t: t, c: open(t, data)}
	vault := func() error {
		return f.c.ARM(t.Context(), "PUT", group(f.c, "rg")+"/providers/Microsoft.KeyVault/vaults/kv-full", "2023-07-01", vaultBody(f.c), nil)
	}
	if err := errors.Join(f.group("rg"), vault(), f.secret(1)); err != nil {
		t.Fatal(err)
	}

	limit(t, server, size(data))
	f.untilFull(func(int) error { return f.secret(20_000) })
	f.untilFull(func(i int) error { return f.group(fmt.Sprintf("rg-%04d", i)) })

	if err := f.read(); readable && err != nil {
		t.Errorf("a read while the store is full: %v", err)
	} else if !readable {
		wantFull(t, err)
	}
	limit(t, server, unix.RLIM_INFINITY)
	f.check()
	if err := errors.Join(f.group("rg-room"), f.secret(1)); err != nil {
		t.Fatal(err)
	}
	server.stop(t)
	log, err := os.Open(filepath.Join(data, datafolder.AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, _, err := audit.Verify(log, ""); err != nil {
		t.Errorf("the audit log: %v", err)
	}
	startChild(t, data, "")
	f.c = open(t, data)
	f.check()
}

// wantFull wants an error that names the reason and the remedy.
func wantFull(t *testing.T, err error) {
	t.Helper()
	var wire *client.Error
	if !errors.As(err, &wire) || wire.Status != http.StatusServiceUnavailable && wire.Status != http.StatusInsufficientStorage ||
		!strings.Contains(err.Error(), "Make room ") && !strings.Contains(err.Error(), "Free space") {
		t.Errorf("on a full disk: got %v, want the reason and the remedy", err)
	}
}
