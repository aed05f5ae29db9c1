package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/seal"
	"gatehouse/internal/store/bolt"
)

// killRounds is how often TestKill kills: make soak says 50.
func killRounds(t *testing.T) int {
	text := os.Getenv("GATEHOUSE_SOAK_KILLS")
	if text == "" {
		return 2
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKill kills a server in the middle of 1,000 writes to a vault, again and again on the
// same folder, without warning: every acknowledged write is there with its audit record,
// and no write in part.
func TestKill(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	k := &killing{t: t, data: data}
	for round := range killRounds(t) {
		k.round(round)
		if t.Failed() {
			t.Fatalf("after %d kills", round+1)
		}
	}
	t.Logf("%d writes were acknowledged, %d kills", k.total, killRounds(t))
	if _, err := datafolder.VerifyAudit(t.Context(), data, seal.Passphrase{}); err != nil {
		t.Error(err)
	}
	if err := bolt.Check(filepath.Join(data, datafolder.StoreFile)); err != nil {
		t.Error(err)
	}
}

type killing struct {
	t     *testing.T
	data  string
	c     *client.Client
	total int
}

const (
	killURL     = "https://kv-kill.vault.azure.net"
	killVersion = "?api-version=7.4"
	killWrites  = 1000
	killWorkers = 8
)

// round writes until it kills the server, starts it again and compares.
func (k *killing) round(round int) {
	t := k.t
	server, said := startChild(t, k.data, "")
	if said != "" {
		t.Fatal(said)
	}
	k.c = open(t, k.data)
	if round == 0 {
		k.vault()
	}
	acknowledged := k.write(round, server)
	_ = server.Wait() // it was killed: its status says so
	k.total += len(acknowledged)

	server, said = startChild(t, k.data, "")
	if said != "" {
		t.Fatalf("after the kill: %s", said)
	}
	k.c = open(t, k.data)
	k.compare(round, acknowledged)
	server.stop(t)
	k.audited(acknowledged)
}

func (k *killing) vault() {
	if err := k.c.ARM(k.t.Context(), "PUT", group(k.c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		k.t.Fatal(err)
	}
	if err := k.c.ARM(k.t.Context(), "PUT", group(k.c, "rg")+"/providers/Microsoft.KeyVault/vaults/kv-kill", "2023-07-01", vaultBody(k.c), nil); err != nil {
		k.t.Fatal(err)
	}
}

// write makes secrets, and every tenth time a new version of one that all write to, and
// kills the server at some moment on the way. It returns what was acknowledged, by ID.
func (k *killing) write(round int, server *child) map[string]string {
	last := int64(rand.IntN(killWrites*8/10) + killWrites/10)
	var next, done atomic.Int64
	var mu sync.Mutex
	acknowledged := map[string]string{}
	var workers sync.WaitGroup
	for range killWorkers {
		workers.Go(func() {
			for n := next.Add(1); n <= killWrites; n = next.Add(1) {
				name, value := fmt.Sprintf("r%d-%d", round, n), fmt.Sprintf("value %d of round %d", n, round)
				if n%10 == 0 {
					name = "shared"
				}
				var secret struct{ ID string }
				if k.c.JSON(k.t.Context(), "PUT", killURL+"/secrets/"+name+killVersion, client.VaultAudience, map[string]any{"value": value}, &secret) != nil {
					return // killed
				}
				mu.Lock()
				acknowledged[secret.ID] = value
				mu.Unlock()
				if done.Add(1) == last {
					_ = server.Process.Kill()
				}
			}
		})
	}
	workers.Wait()
	if len(acknowledged) < int(last) || len(acknowledged) == killWrites {
		k.t.Errorf("%d writes were acknowledged; the kill was to come in the middle, after %d", len(acknowledged), last)
	}
	return acknowledged
}

// compare reads every acknowledged version, and whatever else the round left: it must be whole.
func (k *killing) compare(round int, acknowledged map[string]string) {
	read := func(id string) string {
		var secret struct{ Value string }
		if err := k.c.JSON(k.t.Context(), "GET", id+killVersion, client.VaultAudience, nil, &secret); err != nil {
			k.t.Errorf("%s: %v", id, err)
		}
		return secret.Value
	}
	var readers errgroup.Group
	readers.SetLimit(killWorkers)
	for id, value := range acknowledged {
		readers.Go(func() error {
			if got := read(id); got != value {
				k.t.Errorf("%s: got %q, acknowledged was %q", id, got, value)
			}
			return nil
		})
	}
	_ = readers.Wait()                                                        // what failed is told above
	for n := max(1, len(acknowledged)-10*killWorkers); n <= killWrites; n++ { // also what was on its way: there, and then whole, or not there
		id := fmt.Sprintf("%s/secrets/r%d-%d", killURL, round, n)
		var versions struct{ Value []struct{ ID string } }
		if n%10 == 0 || n > len(acknowledged)+2*killWorkers {
			continue
		}
		err := k.c.JSON(k.t.Context(), "GET", id+"/versions"+killVersion, client.VaultAudience, nil, &versions)
		if wire := new(client.Error); err != nil && (!errors.As(err, &wire) || wire.Status != http.StatusNotFound) {
			k.t.Error(err)
		}
		for _, v := range versions.Value {
			if want := fmt.Sprintf("value %d of round %d", n, round); acknowledged[v.ID] == "" && read(id) != want {
				k.t.Errorf("%s: a write that was not acknowledged is there in part", id)
			}
		}
	}
}

// audited looks for the record of every acknowledged write.
func (k *killing) audited(acknowledged map[string]string) {
	text, err := os.ReadFile(filepath.Join(k.data, datafolder.AuditFile))
	if err != nil {
		k.t.Fatal(err)
	}
	records := map[string]bool{}
	for line := range bytes.Lines(text) {
		var r struct{ Action, Resource, Result string }
		if err := json.Unmarshal(line, &r); err != nil {
			k.t.Errorf("a line of the audit log: %v", err)
		}
		if r.Action == "Microsoft.KeyVault/vaults/secrets/setSecret/action" && r.Result == "Succeeded" {
			records[filepath.Base(r.Resource)] = true
		}
	}
	for id := range acknowledged {
		if name := filepath.Base(filepath.Dir(id)); !records[name] {
			k.t.Errorf("%s has no audit record", id)
		}
	}
}
