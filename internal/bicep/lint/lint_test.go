package lint

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/*.txt")

// today is the day of all cases.
var today = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

const dashes = "----------------------------------------\n"

// TestGolden checks testdata/*.txt: a file, others as -- NAME -- sections, a line
// of dashes, and the findings in the first file. Every rule must be found
// somewhere; limits have a test of their own.
func TestGolden(t *testing.T) {
	seen := map[string]bool{"max-asserts": true, "max-outputs": true, "max-params": true, "max-resources": true, "max-variables": true}
	for _, path := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(data), dashes)
			found := lintCase(t, mainName(path), input)
			for _, d := range found {
				seen[d.Code] = true
			}
			got := found.Text()
			if *update {
				if err := os.WriteFile(path, []byte(input+dashes+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
	for _, r := range rules {
		if !seen[r.code] {
			t.Errorf("no case has a finding of %s", r.code)
		}
	}
}

func mainName(path string) string {
	if strings.HasSuffix(path, ".bicepparam.txt") {
		return "main.bicepparam"
	}
	return "main.bicep"
}

func cases(t testing.TB) []string {
	found, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(found) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return found
}

func lintCase(t testing.TB, name, input string) diag.List {
	ar := txtar.Parse([]byte(input))
	files := map[string][]byte{name: ar.Comment}
	for _, f := range ar.Files {
		files[f.Name] = f.Data
	}
	read := func(path string) ([]byte, error) {
		if data, ok := files[filepath.ToSlash(path)]; ok {
			return data, nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	w := &sema.Workspace{ReadFile: read}
	m, err := w.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Find(name, read)
	if err != nil {
		t.Fatal(err)
	}
	return Run(m, c, today)
}

// TestLimits checks the limits of templates, at and above.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		code, line string
		most       int
	}{
		{"max-asserts", "assert a%d = true\n", 32},
		{"max-outputs", "output o%d int = 1\n", 64},
		{"max-params", "param p%d int\n", 256},
		{"max-resources", "resource r%d 'Microsoft.KeyVault/vaults@2023-07-01' = { name: 'x' }\n", 800},
		{"max-variables", "var v%d = 1\n", 512},
	} {
		for _, n := range []int{c.most, c.most + 1} {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, c.line, i)
			}
			got := 0
			for _, d := range lintCase(t, "main.bicep", b.String()) {
				if d.Code == c.code {
					got++
					if d.Severity != diag.Error || d.Range.Start.Line != 1 {
						t.Errorf("%s: %v", c.code, d)
					}
				}
			}
			if got != n-c.most {
				t.Errorf("%s with %d: %d findings", c.code, n, got)
			}
		}
	}
}

func TestDisabled(t *testing.T) {
	off := `-- bicepconfig.json --
{"analyzers": {"core": {"enabled": false, "verbose": true}}}
`
	got := lintCase(t, "main.bicep", "param unused string\n"+off).Text()
	if want := "main.bicep(1,1) : Info Linter Disabled: Linter is disabled in settings file located at bicepconfig.json \n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzRun: no rule panics, whatever the file and the module that it may refer to.
func FuzzRun(f *testing.F) {
	for _, path := range cases(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(data), dashes)
		ar := txtar.Parse([]byte(input))
		module := ""
		if len(ar.Files) > 0 {
			module = string(ar.Files[0].Data)
		}
		f.Add(string(ar.Comment), module)
	}
	f.Fuzz(func(t *testing.T, text, module string) {
		if len(text)+len(module) > 4000 {
			return
		}
		all, err := config.Parse("", []byte(baselineConfig))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"main.bicep", "main.bicepparam"} {
			read := func(path string) ([]byte, error) {
				switch path {
				case name:
					return []byte(text), nil
				case "module.bicep", "shared.bicep", "main.bicep":
					return []byte(module), nil
				}
				return nil, fs.ErrNotExist
			}
			w := &sema.Workspace{ReadFile: read}
			m, err := w.Load(name)
			if err != nil {
				return
			}
			Run(m, all, today)
		}
	})
}
