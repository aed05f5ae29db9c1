package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/seal"
	"gatehouse/internal/vault"
)

// manySecrets is how many TestManySecrets stores: make soak says 100,000.
func manySecrets(t *testing.T) int {
	text := os.Getenv("GATEHOUSE_SOAK_SECRETS")
	if text == "" {
		return 3000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// one is the Directory of a single vault, and an Authorizer that allows all: what fills it
// is no caller.
type one struct{ vault.Config }

func (o one) Vault(context.Context, string) (*vault.Config, error) { return &o.Config, nil }
func (o one) Authorize(context.Context, identity.Caller, string, bool, resourceid.ID) rbac.Decision {
	return rbac.Decision{Allowed: true}
}

// TestManySecrets starts a server on a vault of many secrets: the start, the memory and
// the pages of lists stay within what a small vault needs, or near it.
func TestManySecrets(t *testing.T) {
	n := manySecrets(t)
	data := filepath.Join(t.TempDir(), "data")
	first := up(t, data)
	c := open(t, data)
	id := group(c, "rg") + "/providers/Microsoft.KeyVault/vaults/kv-many"
	if err := c.ARM(t.Context(), "PUT", group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.ARM(t.Context(), "PUT", id, "2023-07-01", vaultBody(c), nil); err != nil {
		t.Fatal(err)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	fillVault(t, data, one{vault.Config{Name: "kv-many", ResourceID: resourceid.MustParse(id), RBAC: true}}, n)

	begin := time.Now()
	server, said := startChild(t, data, "")
	if said != "" {
		t.Fatal(said)
	}
	start := time.Since(begin)
	c = open(t, data)
	early, late := listAll(t, c, n)
	memory := status(t, server.Process.Pid)
	t.Logf("%d secrets: start in %v, page of a list %v early and %v late, memory %v", n, start.Round(time.Millisecond), early.Round(time.Microsecond), late.Round(time.Microsecond), memory)
	if start > time.Second+raceTime {
		t.Errorf("the start took %v, want less than 1s", start)
	}
	if memory["VmHWM"] > 150<<10 {
		t.Errorf("it uses up to %d KiB of memory, want less than 150 MiB", memory["VmHWM"])
	}
	if late > 2*early+5*time.Millisecond {
		t.Errorf("a page at the end takes %v, one at the beginning %v", late, early)
	}
}

// raceTime is what a busy machine may add.
const raceTime = time.Second

// fillVault stores n secrets without the network and the waiting.
func fillVault(t *testing.T, data string, o one, n int) {
	t.Helper()
	folder, err := datafolder.Open(t.Context(), data, seal.Passphrase{})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	s := vault.New(vault.Options{Store: folder.Store, Directory: o, Authorizer: o, Audit: audit.Discard{}})
	var g errgroup.Group
	g.SetLimit(256)
	for i := range n {
		g.Go(func() error {
			_, err := s.SetSecret(t.Context(), identity.Caller{}, o.Name, fmt.Sprintf("secret-%06d", i), vault.SetSecret{Value: fmt.Sprintf("value %d", i)})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// listAll walks the pages of the list; it returns the median time of a page among the
// first and the last tenth.
func listAll(t *testing.T, c *client.Client, n int) (early, late time.Duration) {
	t.Helper()
	var times []time.Duration
	total := 0
	for next := "https://kv-many.vault.azure.net/secrets?api-version=7.4&maxresults=25"; next != ""; {
		var page struct {
			Value    []struct{ ID string }
			NextLink string
		}
		begin := time.Now()
		if err := c.JSON(t.Context(), "GET", next, client.VaultAudience, nil, &page); err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Since(begin))
		total, next = total+len(page.Value), page.NextLink
	}
	if total != n {
		t.Errorf("the list has %d secrets, want %d", total, n)
	}
	tenth := len(times) / 10
	return median(times[:tenth]), median(times[len(times)-tenth:])
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// status reads what the kernel says of a process's memory, in KiB.
func status(t *testing.T, pid int) map[string]int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmHWM", "VmRSS", "RssAnon", "RssFile":
			n, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				t.Fatal(err)
			}
			out[name] = n
		}
	}
	return out
}
