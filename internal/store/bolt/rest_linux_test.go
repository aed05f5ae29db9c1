package bolt_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

// TestRest: what was read is given back, and there all the same.
func TestRest(t *testing.T) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const count, size = 64, 256 << 10 // 16 MiB
	for i := range count {
		if _, err := s.Txn(t.Context(), nil, []store.Op{{Key: fmt.Sprintf("/k/%03d", i), Value: bytes.Repeat([]byte{byte(i)}, size)}}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() {
		page, err := s.Range(t.Context(), store.RangeOptions{Prefix: "/k/"})
		if err != nil || len(page.Records) != count {
			t.Fatal(len(page.Records), err)
		}
		for i, r := range page.Records {
			if !bytes.Equal(r.Value, bytes.Repeat([]byte{byte(i)}, size)) {
				t.Errorf("%s has changed", r.Key)
			}
		}
	}
	read()
	before := mapped(t)
	if err := s.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := mapped(t); before-after < 12<<10 {
		t.Errorf("%d KiB of files were mapped, and %d KiB are", before, after)
	}
	read()
	if _, err := s.Txn(t.Context(), nil, []store.Op{{Key: "/k/000", Value: bytes.Repeat([]byte{0}, size)}}); err != nil {
		t.Error(err)
	}
	read()
}

// mapped is RssFile of this process in KiB.
func mapped(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssFile:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no RssFile")
	return 0
}
