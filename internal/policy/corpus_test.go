package policy_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/counter"
	"gatehouse/internal/policy"
)

// TestCorpus compiles and runs the policy documents below GATEHOUSE_POLICY_CORPUS and reports
// how many are accepted, with the codes of those that are not. Named values, which such a
// folder does not have, stand for numbers or addresses; fragments are looked for by file name.
func TestCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_POLICY_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_POLICY_CORPUS names no folder of policies")
		return
	}
	documents := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".xml", ".policy", ".cshtml", ".tpl", ".tftpl", ".tmpl":
			text, err := os.ReadFile(path)
			if s := string(text); err == nil && (strings.Contains(s, "<policies") || strings.Contains(s, "<fragment")) {
				documents[path] = s
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	accepted, ran := 0, 0
	var refused []string
	for path, text := range documents {
		var best corpusResult
		first := true
		for _, format := range []string{policy.FormatRawXML, policy.FormatXML} {
			for _, named := range []func(string) string{numbers, addresses, byName} {
				if r := corpusCompile(text, format, named); first || len(r.problems) < len(best.problems) {
					best, first = r, false
				}
			}
		}
		if len(best.problems) > 0 {
			refused = append(refused, strings.TrimPrefix(path, root)+": "+best.problems[0])
			continue
		}
		accepted++
		if best.document == nil || corpusRun(best.document) {
			ran++
		}
	}
	sort.Strings(refused)
	t.Logf("%d documents, %d accepted, %d ran\n%s", len(documents), accepted, ran, strings.Join(refused, "\n"))
}

type corpusResult struct {
	document *policy.Document
	problems []string
}

// What named values may stand for: the folder does not say.
func numbers(string) string   { return "60" }
func addresses(string) string { return "https://example.com" }
func byName(name string) string {
	for _, part := range []string{"url", "uri", "server", "endpoint", "host", "authority", "service"} {
		if strings.Contains(strings.ToLower(name), part) {
			return addresses(name)
		}
	}
	return numbers(name)
}

func corpusCompile(text, format string, named func(string) string) (r corpusResult) {
	o := policy.Options{Format: format, Scope: policy.APIScope,
		NamedValues: func(name string) (string, bool, bool) { return named(name), false, true },
		Fragments:   func(string) (string, string, bool) { return "<fragment></fragment>", format, true }}
	if !strings.Contains(text, "<policies") {
		for _, d := range policy.CheckFragment(text, o) {
			r.problems = append(r.problems, d.String())
		}
		return r
	}
	for _, o.Scope = range []policy.Scope{policy.APIScope, policy.ProductScope, policy.GlobalScope} { // quota stands at products only, cross-domain at the top
		d, diags := policy.Compile(text, o)
		if r = (corpusResult{document: d}); !diags.HasErrors() {
			return r
		}
		for _, x := range diags {
			r.problems = append(r.problems, x.String())
		}
	}
	return r
}

// corpusRun reports whether a document runs to an answer.
func corpusRun(d *policy.Document) bool {
	memory := counter.NewMemory(counter.MemoryOptions{})
	ex := &policy.Exchange{ID: "00000000-0000-4000-8000-000000000000", Services: nowhere{}, Time: time.Now(), Context: context.Background(),
		Env: &policy.Environment{Counters: memory, Cache: memory, Sleep: func(context.Context, time.Duration) error { return nil }, Go: func(func()) {}}}
	ex.Request.Method, ex.Request.Host, ex.Request.Path, ex.Request.Target = "GET", "contoso.azure-api.net", "/a/b", "/b"
	ex.API = &policy.APIInfo{ID: "a", Name: "a", Path: "a", ServiceURL: "https://backend.example"}
	ex.Operation = &policy.OperationInfo{ID: "b", Name: "b", Method: "GET", URLTemplate: "/b"}
	policy.Link(policy.DefaultGlobal(), d).Run(ex)
	return ex.Response.Status != 0
}
