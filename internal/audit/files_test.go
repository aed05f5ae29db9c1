package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// memory is an Anchor of a test.
type memory struct {
	mu    sync.Mutex
	head  Head
	known bool
}

func (m *memory) Load(context.Context) (Head, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.known, nil
}

func (m *memory) Save(_ context.Context, h Head) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.head, m.known = h, true
	return nil
}

// rotated makes a log of 60 records in several files, over two starts, and closes it.
func rotated(t *testing.T, anchor *memory) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	for start := range 2 {
		l, err := Open(t.Context(), path, Options{MaxBytes: 2000, Anchor: anchor})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			if err := l.Write(t.Context(), Record{Action: fmt.Sprintf("start %d record %d", start, i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRotation(t *testing.T) {
	anchor := &memory{}
	path := rotated(t, anchor)
	report, err := VerifyFiles(path, &anchor.head, false)
	if err != nil || report.Lines != 60 || report.Files < 4 || report.After != "" {
		t.Fatalf("got %+v, %v; want 60 lines in several files", report, err)
	}
	if anchor.head.File != report.Files {
		t.Errorf("the head is in file %d of %d", anchor.head.File, report.Files)
	}
	first := folder{path}.numbered(1)
	if err := os.Remove(first); err != nil { // moved away to an archive
		t.Fatal(err)
	}
	if report, err = VerifyFiles(path, &anchor.head, false); err != nil || report.After == "" {
		t.Errorf("without the oldest file: %+v, %v; want a chain that begins after it", report, err)
	}
	if err := os.Remove(folder{path}.numbered(3)); err != nil {
		t.Fatal(err)
	}
	if _, err = VerifyFiles(path, &anchor.head, false); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "line 1 ") {
		t.Errorf("a file from the middle is gone: %v", err)
	}
}

func TestTampering(t *testing.T) {
	cutLast := func(b []byte) []byte {
		lines := strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
		return []byte(strings.Join(lines[:len(lines)-1], ""))
	}
	for name, c := range map[string]struct {
		tamper func(t *testing.T, path string)
		want   string
	}{
		"a changed record": {func(t *testing.T, path string) {
			edit(t, folder{path}.numbered(2), func(b []byte) []byte { return []byte(strings.Replace(string(b), "record", "rec0rd", 1)) })
		}, "audit.000002.jsonl: audit: the chain is broken: line 2 "},
		"the last line":  {func(t *testing.T, path string) { edit(t, path, cutLast) }, "records are missing at the end"},
		"the whole file": {func(t *testing.T, path string) { _ = os.Remove(path) }, "records are missing at the end"},
		"the last line changed": {func(t *testing.T, path string) {
			edit(t, path, func(b []byte) []byte { return []byte(strings.Replace(string(b), "record 29", "record 92", 1)) })
		}, "records are missing at the end"},
	} {
		t.Run(name, func(t *testing.T) {
			anchor := &memory{}
			path := rotated(t, anchor)
			c.tamper(t, path)
			if _, err := VerifyFiles(path, &anchor.head, false); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if !strings.Contains(c.want, "missing") {
				return
			}
			// A server that starts on it goes on, and the gap stays visible.
			l, err := Open(t.Context(), path, Options{Anchor: anchor})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Write(t.Context(), Record{Action: "later"}); err != nil {
				t.Fatal(err)
			}
			l.Close()
			if _, err := VerifyFiles(path, &anchor.head, false); !errors.Is(err, ErrBroken) {
				t.Errorf("after a start: %v, want the gap", err)
			}
		})
	}
}

// TestNextFileCannotBegin: where the next file can't be made, the current one goes on.
func TestNextFileCannotBegin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.Mkdir(path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), path, Options{MaxBytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 10 {
		if err := l.Write(t.Context(), Record{Action: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	head := l.Head()
	if report, err := VerifyFiles(path, &head, true); err != nil || report.Files != 1 || report.Lines != 10 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// TestParts: what a backup copies is a chain that verifies, while others write.
func TestParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l, err := Open(t.Context(), path, Options{MaxBytes: 5000})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_ = l.Write(t.Context(), Record{Action: "a"}) // an error shows below as a chain without records
			}
		}
	}()
	lines := 0
	for lines < 200 {
		parts, err := l.Parts()
		if err != nil {
			t.Fatal(err)
		}
		v := verifier{}
		for _, p := range parts {
			content := make([]byte, p.Size)
			if _, err := p.File.ReadAt(content, 0); err != nil && p.Size > 0 {
				t.Fatal(err)
			}
			if err := v.read(strings.NewReader(string(content))); err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
			p.File.Close()
		}
		lines = max(lines, v.lines)
	}
	close(stop)
	<-ended
}

func TestHasher(t *testing.T) {
	a, b := NewHasher([]byte("key a")), NewHasher([]byte("key b"))
	first, again := a.Hash([]byte("v")), a.Hash([]byte("v"))
	if first != again || first == a.Hash([]byte("w")) || first == b.Hash([]byte("v")) {
		t.Error("a hash says which value under which key, and nothing else")
	}
	if (*Hasher)(nil).Hash([]byte("v")) != "" {
		t.Error("without a key there is no hash")
	}
}
