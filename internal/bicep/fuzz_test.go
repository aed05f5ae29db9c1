package bicep_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
	"gatehouse/internal/template"
)

// seeds gives the golden cases to a fuzz target.
func seeds(f *testing.F) {
	cases, _ := filepath.Glob("testdata/*.txt")
	for _, file := range cases {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(data), dashes)
		f.Add(input)
	}
	for _, s := range []string{"", "\xef\xbb\xbfparam a int", "var a = '\x00'\r\n", "var a = '\xff'", strings.Repeat("(", 3000), "var x = " + strings.Repeat("[", 900), strings.Repeat("var a = '${", 400), "extension AZ"} {
		f.Add(s)
	}
}

// FuzzCompile: any text gives either a template that the template engine reads, or
// refuses for the extensions in it, or errors, and never panics.
func FuzzCompile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		read := func(path string) ([]byte, error) {
			if path == "main.bicep" {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
		r, diags := bicep.Compile(context.Background(), "main.bicep", bicep.Options{ReadFile: read})
		switch {
		case r == nil && !diags.HasErrors():
			t.Fatal("no template and no error")
		case r != nil:
			if _, err := template.Parse("main.json", r.Template); err != nil && !strings.Contains(err.Error(), "extensions are not supported") {
				t.Fatalf("%v: %s", err, r.Template)
			}
		}
	})
}

// FuzzParams is FuzzCompile for parameter files.
func FuzzParams(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		read := func(path string) ([]byte, error) {
			switch path {
			case "main.bicepparam":
				return []byte(text), nil
			case "template.bicep":
				return []byte("param name string\nparam o object = {}\n"), nil
			}
			return nil, fs.ErrNotExist
		}
		r, diags := bicep.CompileParams(context.Background(), "main.bicepparam", bicep.ParamsOptions{Options: bicep.Options{ReadFile: read}})
		switch {
		case r == nil && !diags.HasErrors():
			t.Fatal("no result and no error")
		case r != nil && !json.Valid(r.Parameters):
			t.Fatalf("invalid JSON: %s", r.Parameters)
		}
	})
}
