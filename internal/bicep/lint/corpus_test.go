package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/sema"
)

// baselineConfig turns on what the official baselines are made with.
const baselineConfig = `{"analyzers": {"core": {"rules": {
	"use-user-defined-types": {"level": "warning"}, "use-resource-id-functions": {"level": "warning"}, "what-if-short-circuiting": {"level": "warning"}
}}}, "experimentalFeaturesEnabled": {"moduleExtensionConfigs": true}}`

var baselineLine = regexp.MustCompile(`^//@\[0*(\d+):0*(\d+)\) \[([a-z-]+) \((Warning|Info|Error)\)\] (.*) \(bicep core linter `)

// TestCorpus compares with the official compiler's own baselines: every
// main.diagnostics.bicep below GATEHOUSE_BICEP_LINT_CORPUS.
func TestCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_LINT_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_LINT_CORPUS is not set: give it a folder of diagnostics baselines")
		return
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "main.diagnostics.bicep"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no baselines: %v", err)
	}
	equal, files := 0, 0
	missing, extra := map[string]int{}, map[string]int{}
	for _, path := range found {
		want := baseline(t, path)
		got := map[string]bool{}
		w := &sema.Workspace{}
		m, err := w.Load(filepath.Join(filepath.Dir(path), "main.bicep"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := config.Parse("", []byte(baselineConfig))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range Run(m, c, today) {
			got[fmt.Sprintf("%d:%d %s %s %s", d.Range.Start.Line, d.Range.Start.Column, d.Code, d.Severity, d.Message)] = true
		}
		files++
		same := true
		for _, k := range keys(want) {
			if !got[k] {
				same = false
				missing[strings.Fields(k)[1]]++
				t.Logf("%s: missing %s", filepath.Base(filepath.Dir(path)), k)
			}
		}
		for _, k := range keys(got) {
			if !want[k] {
				same = false
				extra[strings.Fields(k)[1]]++
				t.Logf("%s: extra   %s", filepath.Base(filepath.Dir(path)), k)
			}
		}
		if same {
			equal++
		}
	}
	t.Logf("%d of %d files have the same findings; missing %v, extra %v", equal, files, missing, extra)
}

func keys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// baseline reads the findings under each line of an annotated file.
func baseline(t *testing.T, path string) map[string]bool {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	line := 0
	for _, s := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(s, "//@[") {
			line++
			continue
		}
		if m := baselineLine.FindStringSubmatch(s); m != nil {
			var column int
			if _, err := fmt.Sscan(m[1], &column); err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprintf("%d:%d %s %s %s", line, column+1, m[3], m[4], m[5])] = true
		}
	}
	return out
}
