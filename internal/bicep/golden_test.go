package bicep_test

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/*.txt")

const dashes = "----------------------------------------\n"

// TestGolden compiles testdata/*.txt. A case is main.bicep (or main.bicepparam), then
// other files as -- NAME -- sections, those of an archive as -- X.tgz/NAME --; after a line of dashes, the diagnostics and
// the template.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(data), dashes)
			got := compileCase(input)
			if *update {
				if err := os.WriteFile(file, []byte(input+dashes+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// compileCase compiles the input part of a case.
func compileCase(input string) string {
	ar := txtar.Parse([]byte(input))
	files := map[string][]byte{"main.bicep": ar.Comment}
	for _, f := range ar.Files {
		files[f.Name] = f.Data
	}
	packed(files)
	read := func(path string) ([]byte, error) {
		if data, ok := files[filepath.ToSlash(path)]; ok {
			return data, nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	list := func(path string) ([]fs.DirEntry, error) {
		prefix := filepath.ToSlash(path) + "/"
		var out []fs.DirEntry
		for _, f := range ar.Files {
			if name, ok := strings.CutPrefix(f.Name, prefix); ok && !strings.Contains(name, "/") {
				out = append(out, entry(name))
			}
		}
		if out == nil {
			return nil, fs.ErrNotExist
		}
		return out, nil
	}
	o := bicep.Options{ReadFile: read, ReadDir: list, GeneratorVersion: "1.2.3.4", CacheDir: "cache"}
	if _, ok := files["main.bicepparam"]; ok {
		r, diags := bicep.CompileParams(context.Background(), "main.bicepparam", bicep.ParamsOptions{Options: o, Evaluate: source.Evaluate, Getenv: func(name string) string {
			return map[string]string{"COLOUR": "blue"}[name]
		}})
		if r == nil {
			return diags.Text()
		}
		return diags.Text() + string(r.Parameters) + "\n"
	}
	r, diags := bicep.Compile(context.Background(), "main.bicep", o)
	if r == nil {
		return diags.Text()
	}
	return diags.Text() + string(r.Template) + "\n"
}

// entry is a file of a case as a folder lists it.
type entry string

func (e entry) Name() string               { return string(e) }
func (e entry) IsDir() bool                { return false }
func (e entry) Type() fs.FileMode          { return 0 }
func (e entry) Info() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
