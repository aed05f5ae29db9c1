package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func verify(t *testing.T, path, prev string) (int, string, error) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Verify(bytes.NewReader(content), prev)
}

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for _, actions := range [][]string{{"a", "b"}, {"c"}} { // over a restart
		l := open(t, path)
		for _, action := range actions {
			if err := l.Write(t.Context(), Record{Action: action}); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n")
	n, last, err := Verify(bytes.NewReader(content), "")
	if n != 3 || err != nil || last != hashOf([]byte(lines[2])) {
		t.Fatalf("Verify: %d, %s, %v", n, last, err)
	}
	if _, _, err := Verify(strings.NewReader(lines[1]+lines[2]), hashOf([]byte(strings.TrimSuffix(lines[0], "\n")))); err != nil {
		t.Fatalf("from the second line on: %v", err)
	}
	for name, c := range map[string]struct {
		text string
		line string
	}{
		"changed":   {strings.Replace(string(content), `"action":"a"`, `"action":"x"`, 1), "line 2"},
		"removed":   {lines[0] + lines[2], "line 2"},
		"first cut": {lines[1] + lines[2], "line 1"},
		"swapped":   {lines[1] + lines[0] + lines[2], "line 1"},
		"put in":    {lines[0] + `{"action":"forged","prev":""}` + "\n" + lines[1], "line 2"},
		"no chain":  {`{"action":"a"}` + "\n", "line 1"},
		"text":      {"hello\n", "line 1"},
		"too long":  {strings.Repeat("x", 1<<20), "line 1"},
	} {
		if _, _, err := Verify(strings.NewReader(c.text), ""); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.line) {
			t.Errorf("%s: %v, want ErrBroken at %s", name, err, c.line)
		}
	}
}

func TestTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	if err := l.Write(t.Context(), Record{Resource: strings.Repeat("x", maxRecord)}); err == nil {
		t.Fatal("a record that Verify cannot read was written")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"action":"a","prev":""}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, _, err := Verify(bytes.NewReader(data), "")
		if err == nil && n != len(bytes.FieldsFunc(data, func(r rune) bool { return r == '\n' })) {
			t.Fatalf("%d lines of %q verified", n, data)
		}
	})
}
