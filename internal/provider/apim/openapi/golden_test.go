package openapi

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected parts of the cases")

// TestGolden reads the cases of testdata: a definition, and what an import makes of it or what is wrong.
// The first line of a case may say: queries, for required query parameters that stay in the query.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil || len(a.Files) != 2 {
				t.Fatalf("%d files, %v", len(a.Files), err)
			}
			got := outcome(string(a.Files[0].Data), Options{SchemaID: "s1", QueryInTemplate: !strings.HasPrefix(string(a.Comment), "queries")})
			if *update {
				a.Files[1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := string(a.Files[1].Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func outcome(text string, o Options) string {
	api, err := Read(text, o)
	if err != nil {
		return strings.ReplaceAll(err.Error(), ". ", ".\n") + "\n"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	_ = e.Encode(map[string]any{"title": api.Title, "description": api.Description, "serviceUrl": api.ServiceURL})
	for _, o := range api.Operations {
		b.WriteString(o.Name + " ")
		_ = e.Encode(o.Properties)
	}
	if api.Schema != nil {
		b.WriteString(api.Schema.ContentType + " ")
		_ = e.Encode(api.Schema.Document)
	}
	return b.String()
}

func FuzzRead(f *testing.F) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range cases {
		if a, err := txtar.ParseFile(name); err == nil {
			f.Add(string(a.Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		api, err := Read(text, Options{SchemaID: "s", QueryInTemplate: true})
		if (api == nil) == (err == nil) {
			t.Fatalf("%v, %v", api, err)
		}
	})
}
