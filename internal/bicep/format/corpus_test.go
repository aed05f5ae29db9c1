package format

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpus compares with the official formatter's own baselines. The folder
// GATEHOUSE_BICEP_FORMAT_CORPUS has one folder a case, with main.bicep and
// main.formatted.bicep, or parameters.bicepparam and parameters.formatted.bicepparam.
func TestCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_FORMAT_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_FORMAT_CORPUS is not set: give it a folder of formatter baselines")
		return
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "*.formatted.*"))
	if err != nil {
		t.Fatal(err)
	}
	equal := 0
	for _, path := range found {
		want := read(t, path)
		source := read(t, strings.Replace(path, ".formatted", "", 1))
		got := Source(path, source, Default())
		if got == want {
			equal++
			continue
		}
		name := filepath.Base(filepath.Dir(path))
		t.Logf("%s: %s", name, firstDifference(got, want))
	}
	t.Logf("%d of %d are equal", equal, len(found))
	if len(found) == 0 {
		t.Error("no baselines were found")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) {
			return "got more: " + g[i]
		}
		if g[i] != w[i] {
			return "got  " + g[i] + "\n      want " + w[i]
		}
	}
	return "got less"
}
