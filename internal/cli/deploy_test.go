package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/client"
)

func TestTree(t *testing.T) {
	items := []*item{
		{id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", state: done, took: "0.10 s"},
		{id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/secrets/s", state: "Failed", took: "0.20 s", depth: 1, cause: "(Conflict) no\nway"},
		{id: "/subscriptions/s/resourceGroups/made", state: waiting},
	}
	tr := &tree{title: "main -> rg"}
	want := []string{
		"main -> rg",
		"├─ done      Microsoft.KeyVault/vaults kv              0.10 s",
		"├─ failed      Microsoft.KeyVault/vaults/secrets kv/s  0.20 s  (Conflict) no way",
		"└─ waiting   Microsoft.Resources/resourceGroups made",
	}
	if got := tr.rows(items, 200); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, row := range tr.rows(items, 20) {
		if n := len([]rune(row)); n > 20 {
			t.Errorf("%q is longer than 20 characters", row)
		}
	}

	var b bytes.Buffer
	tr = &tree{w: &b, title: "main", size: func() (int, int) { return 80, 24 }, color: true}
	tr.show(items, false)
	tr.show(items, true)
	if s := b.String(); strings.Count(s, "\x1b[4A\x1b[J") != 1 || !strings.Contains(s, "\x1b[31mfailed\x1b[0m") {
		t.Errorf("drawn twice: %q", s)
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	l := &lines{w: &b, told: map[string]string{}}
	it := &item{id: "/subscriptions/s/resourceGroups/rg/providers/A.B/c/d", state: waiting}
	for _, state := range []string{waiting, running, running, done} {
		it.state, it.took = state, "0.10 s"
		l.show([]*item{it}, false)
	}
	if want := "running   A.B/c d\ndone      A.B/c d  0.10 s\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestReasons(t *testing.T) {
	e := &client.Error{Code: "DeploymentFailed", Message: "outer", Details: []client.Error{
		{Code: "Conflict", Message: "taken", Target: "/subscriptions/s/resourceGroups/rg/providers/A.B/c/d/e/f"},
		{Code: "DeploymentIncomplete", Message: "Resources that were changed: none."},
	}}
	if got, want := reasons(e), "A.B/c/e d/f (Conflict) taken"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := reasons(&client.Error{Code: "Canceled", Message: "stopped", Details: e.Details[1:]}), "(Canceled) stopped"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for iso, want := range map[string]string{"PT1M2.5S": "62.50 s", "PT0S": "0.00 s", "": "", "x": ""} {
		if got := seconds(iso); got != want {
			t.Errorf("seconds(%q) = %q, want %q", iso, got, want)
		}
	}
}

// TestTallTree: what is higher than the terminal shows what is going on, and all of it at the end.
func TestTallTree(t *testing.T) {
	var items []*item
	for i := range 40 {
		items = append(items, &item{id: fmt.Sprintf("/subscriptions/s/resourceGroups/rg/providers/A.B/c/d%d", i), state: []string{done, running, waiting, "Failed"}[i%4]})
	}
	var b bytes.Buffer
	tr := &tree{w: &b, title: "main", size: func() (int, int) { return 60, 10 }}
	tr.show(items, false)
	if s := b.String(); strings.Count(s, "\n") != 9 || !strings.HasPrefix(s, "main: 10 failed, 10 running, 10 done, 10 waiting\n") || strings.Contains(s, "d0 ") {
		t.Errorf("%q", s)
	}
	b.Reset()
	tr.note("canceling")
	tr.show(items, true)
	if s := b.String(); !strings.HasPrefix(s, "\x1b[9A\x1b[Jmain (canceling)\n") || strings.Count(s, "\n") != 41 {
		t.Errorf("%q", s)
	}
}
