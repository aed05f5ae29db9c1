package pipeline

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/pipeline/syntax"
)

var update = flag.Bool("update", false, "rewrite the golden cases")

// A case is a txtar file: pipeline.yml, the templates that it uses, optionally
// params (K=V a line), and what is wanted: the expanded YAML, or the diagnostics.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := run(a, strings.Contains(file, "refuse"))
			for i := range a.Files {
				if a.Files[i].Name != "want" {
					continue
				}
				if *update {
					a.Files[i].Data = []byte(got)
					if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if want := string(a.Files[i].Data); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			}
		})
	}
}

func run(a *txtar.Archive, load bool) string {
	content := map[string][]byte{}
	o := LoadOptions{Parameters: map[string]string{}, Variables: map[string]string{}, Predefined: map[string]string{"Build.SourceBranch": "refs/heads/main"}}
	for _, f := range a.Files {
		content[f.Name] = f.Data
	}
	for _, line := range strings.Fields(string(content["params"])) {
		k, v, _ := strings.Cut(line, "=")
		o.Parameters[k] = v
	}
	o.ReadFile = func(path string) ([]byte, error) {
		if data, ok := content[path]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}
	if load {
		g, list := Load("pipeline.yml", content["pipeline.yml"], o)
		if g != nil {
			return "accepted\n"
		}
		return list.Text()
	}
	n, list := Expand("pipeline.yml", content["pipeline.yml"], o)
	if list.HasErrors() {
		return list.Text()
	}
	return syntax.Write(n)
}

func TestMacros(t *testing.T) {
	values := map[string]string{"a": "1", "b": "$(a)2", "loop": "x$(loop)", "a b": "space", "empty": ""}
	lookup := func(n string) (string, bool) { v, ok := values[strings.ToLower(n)]; return v, ok }
	for _, c := range [][2]string{
		{"$(a)$(A)", "11"}, {"$(b)", "12"}, {"$(loop)", "x$(loop)"}, {"$(nope) $(a)", "$(nope) 1"}, {"$($(a))", "$(1)"}, {"$(a", "$(a"}, {"$(a b)$(empty)", "space"},
		{"echo $(date +%s) $(a)", "echo $(date +%s) 1"},
	} {
		if got, _ := ReplaceMacros(c[0], lookup); got != c[1] {
			t.Errorf("%s: got %q, want %q", c[0], got, c[1])
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range a.Files {
			if x.Name == "pipeline.yml" {
				f.Add(string(x.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, list := Load("p.yml", []byte(text), LoadOptions{ReadFile: func(string) ([]byte, error) { return nil, fmt.Errorf("none") }})
		if (g == nil) != list.HasErrors() {
			t.Fatal("a graph with errors, or none without")
		}
	})
}
