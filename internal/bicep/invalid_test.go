package bicep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
	"gatehouse/internal/diag"
)

// A note of the official compiler's; the linter's end otherwise.
var baselineNote = regexp.MustCompile(`^//@\[0*(\d+):0*(\d+)\) \[([\w-]+) \((Error|Warning|Info)\)\] (.*) \(bicep https`)

// TestInvalid compares the errors of every Invalid*/main.bicep below
// GATEHOUSE_BICEP_INVALID with those that the official compiler noted in
// main.diagnostics.bicep: the same codes on the same lines. It lists what is
// missing and what is too much, and how often each code is. GATEHOUSE_BICEP_INVALID_MIN is the
// number of files that must agree. With GATEHOUSE_BICEP_INVALID_EXACT=1 columns and
// messages are compared as well, with GATEHOUSE_BICEP_INVALID_ALL=1 also warnings, and also
// in the files that are valid.
func TestInvalid(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_INVALID")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_INVALID is not set: give it a folder with Invalid*/main.bicep and main.diagnostics.bicep")
		return
	}
	pattern := "Invalid*"
	if everything() {
		pattern = "*"
	}
	found, err := filepath.Glob(filepath.Join(root, pattern, "main.diagnostics.bicep"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no baselines: %v", err)
	}
	equal, cache := 0, corpusCache(t)
	often := map[string]int{}
	for _, path := range found {
		dir := filepath.Dir(path)
		want := expectedErrors(t, path)
		_, diags := bicep.Compile(context.Background(), filepath.Join(dir, "main.bicep"), bicep.Options{CacheDir: cache})
		got := errorsOf(diags, filepath.Join(dir, "main.bicep"))
		missing, extra := without(want, got), without(got, want)
		if len(missing)+len(extra) == 0 {
			equal++
			continue
		}
		t.Logf("%s: of %d missing %d, too much %d\n  - %s\n  + %s", filepath.Base(dir), len(want), len(missing), len(extra), strings.Join(missing, "\n  - "), strings.Join(extra, "\n  + "))
		for _, m := range missing {
			often["missing "+m[5:]]++
		}
		for _, m := range extra {
			often["too much "+m[5:]]++
		}
	}
	var lines []string
	for k, n := range often {
		lines = append(lines, fmt.Sprintf("%5d %s", n, k))
	}
	sort.Sort(sort.Reverse(sort.StringSlice(lines)))
	t.Logf("%d of %d files have the same errors\n%s", equal, len(found), strings.Join(lines, "\n"))
	least := 0
	fmt.Sscan(os.Getenv("GATEHOUSE_BICEP_INVALID_MIN"), &least)
	if equal < least {
		t.Errorf("%d files have the same errors, less than %d", equal, least)
	}
}

// everything reports whether warnings count too.
func everything() bool { return os.Getenv("GATEHOUSE_BICEP_INVALID_ALL") != "" }

// errorsOf are the errors in a file.
func errorsOf(diags diag.List, path string) map[string]bool {
	got := map[string]bool{}
	for _, d := range diags {
		if (d.Severity == diag.Error || everything()) && d.File == path {
			got[errorKey(d.Range.Start.Line, d.Code, d.Range.Start.Column-1, d.Message)] = true
		}
	}
	return got
}

// sameErrors says which errors in a file are missing and which are too much.
func sameErrors(want map[string]bool, diags diag.List, path string) string {
	got := errorsOf(diags, path)
	missing, extra := without(want, got), without(got, want)
	if len(missing)+len(extra) == 0 {
		return ""
	}
	return fmt.Sprintf(": errors missing %q, too much %q", missing, extra)
}

// expectedErrors reads the errors that are noted below each line.
func expectedErrors(t *testing.T, path string) map[string]bool {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newLine := "\n"
	if strings.HasSuffix(filepath.Dir(path), "_CRLF") {
		newLine = "\r\n" // a line of a string may end otherwise
	}
	out := map[string]bool{}
	line := 0
	for _, s := range strings.Split(string(data), newLine) {
		if !strings.HasPrefix(s, "//@[") {
			line++
		} else if m := baselineNote.FindStringSubmatch(s); m != nil && (m[4] == "Error" || everything()) {
			var column int
			if _, err := fmt.Sscan(m[1], &column); err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(m[5], "${TEST_OUTPUT_DIR}", filepath.Dir(path))
			out[errorKey(line, m[3], column, text)] = true
		}
	}
	return out
}

// errorKey is what must be the same of an error.
func errorKey(line int, code string, column int, message string) string {
	if os.Getenv("GATEHOUSE_BICEP_INVALID_EXACT") == "" {
		return fmt.Sprintf("%04d %s", line, code)
	}
	return fmt.Sprintf("%04d %s %d %s", line, code, column, strings.ReplaceAll(message, "\n", "\\n"))
}

// without lists what is in a and not in b.
func without(a, b map[string]bool) []string {
	var out []string
	for k := range a {
		if !b[k] {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}
