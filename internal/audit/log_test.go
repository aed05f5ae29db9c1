package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func open(t testing.TB, path string) *Log {
	t.Helper()
	l, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func records(t *testing.T, path string) []Record {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []Record
	for line := range bytes.Lines(content) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("line %d: %v: %q", len(out)+1, err, line)
		}
		out = append(out, r)
	}
	return out
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.FixedZone("", 3600))
	want := Record{Time: at, RequestID: "r1", Caller: "oid", Action: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
		Resource: "line\nbreak", Decision: Denied, Status: 403, Result: "Forbidden", Extra: map[string]string{"version": "1"}}
	if err := l.Write(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got := records(t, path) // before Close: Write returned, so it is there
	if len(got) != 1 || !got[0].Time.Equal(at) || got[0].Resource != want.Resource || got[0].Extra["version"] != "1" {
		t.Fatalf("read back %+v", got)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	var group sync.WaitGroup
	for i := range 300 {
		group.Go(func() {
			if err := l.Write(t.Context(), Record{RequestID: fmt.Sprint(i), Action: "a"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	for _, r := range records(t, path) {
		if r.Time.IsZero() {
			t.Error("a record without a time")
		}
		seen[r.RequestID] = true
	}
	if len(seen) != 300 {
		t.Fatalf("%d records, want 300", len(seen))
	}
}

func TestReopenCutsAnUnfinishedLine(t *testing.T) {
	for name, tail := range map[string]string{"none": "", "short": `{"time":"20`, "long": string(bytes.Repeat([]byte("x"), 100_000))} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.log")
			l := open(t, path)
			if err := l.Write(t.Context(), Record{Action: "first"}); err != nil {
				t.Fatal(err)
			}
			l.Close()
			whole, _ := os.ReadFile(path)
			if err := os.WriteFile(path, append(whole, tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			l = open(t, path)
			if err := l.Write(t.Context(), Record{Action: "second"}); err != nil {
				t.Fatal(err)
			}
			if got := records(t, path); len(got) != 2 || got[1].Action != "second" {
				t.Fatalf("read back %+v", got)
			}
			if n, _, err := verify(t, path, ""); n != 2 || err != nil {
				t.Fatalf("Verify: %d, %v", n, err)
			}
		})
	}
}

// TestDiskFailure puts a file that cannot be written in the place of a failing disk.
func TestDiskFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	good := l.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	l.file = readOnly // every write to it fails
	if err := l.Write(t.Context(), Record{Action: "refused"}); err == nil {
		t.Fatal("a record that could not be written was acknowledged")
	}
	l.file = good
	if err := l.Write(t.Context(), Record{Action: "later"}); err != nil {
		t.Fatal(err)
	}
	if got := records(t, path); len(got) != 1 || got[0].Action != "later" {
		t.Fatalf("read back %+v", got)
	}
}

func TestEnds(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "audit.log"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Write(ctx, Record{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("an ended context: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(t.Context(), Record{}); !errors.Is(err, ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatalf("a second Close: %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "audit.log"))
	r := Record{RequestID: "8c5b6ee8-92a3-4f0c-8b0e-0d1a6a3f8d11", Caller: "5a1d7a4e-6f7f-4f0f-93d0-5a8c1f0c7b21", Action: "Microsoft.KeyVault/vaults/secrets/getSecret/action", Decision: Allowed, Status: 200}
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Write(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
