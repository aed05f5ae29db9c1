package policy_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/policy/policytest"
)

var update = flag.Bool("update", false, "write the golden cases' expected parts")

// TestGolden runs testdata/*.txtar: policies, request and backend's reply in one file,
// with what must come of them in its last part, "expected".
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			c, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := policytest.Run(c)
			if err != nil {
				t.Fatal(err)
			}
			last := len(c.Files) - 1
			if c.Files[last].Name != "expected" {
				t.Fatal(`the last part must be "expected"`)
			}
			if want := string(c.Files[last].Data); got == want {
				return
			} else if !*update {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
			c.Files[last].Data = []byte(got)
			if err := os.WriteFile(name, txtar.Format(c), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}
