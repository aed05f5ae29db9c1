package bicep_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
	"gatehouse/internal/diag"
)

// TestCorpus compiles every main.bicep below GATEHOUSE_BICEP_CORPUS that has a
// main.json of the official compiler beside it, and compares them as JSON values.
// GATEHOUSE_BICEP_CORPUS_CACHE is a module cache of the official tool; without it, there
// are the extensions of the corpus' own registry. GATEHOUSE_BICEP_CORPUS_MIN is the percentage that must be equal (100 unless set);
// GATEHOUSE_BICEP_CORPUS_HASH=1 also compares template hashes. Pairs that refer to
// a registry are not counted, since nothing is downloaded here.
func TestCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_CORPUS is not set: give it a folder with pairs of main.bicep and main.json")
		return
	}
	cache := os.Getenv("GATEHOUSE_BICEP_CORPUS_CACHE")
	if cache == "" {
		cache = corpusCache(t)
	}
	var equal, all int
	reasons := map[string]int{}
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "main.bicep" {
			return err
		}
		want, err := os.ReadFile(filepath.Join(filepath.Dir(path), "main.json"))
		if err != nil {
			return nil
		}
		diff := compare(path, cache, want)
		if strings.Contains(diff, "BCP190") {
			return nil
		}
		all++
		if diff == "" {
			equal++
			return nil
		}
		reasons[kind(diff)]++
		if len(reasons) < 400 {
			t.Log(strings.TrimPrefix(path, root), diff)
		}
		return nil
	})
	var lines []string
	for k, n := range reasons {
		lines = append(lines, fmt.Sprintf("%5d %s", n, k))
	}
	sort.Sort(sort.Reverse(sort.StringSlice(lines)))
	t.Logf("%d of %d are equal\n%s", equal, all, strings.Join(lines, "\n"))
	least := 100
	fmt.Sscan(os.Getenv("GATEHOUSE_BICEP_CORPUS_MIN"), &least)
	if equal*100 < least*all {
		t.Errorf("%d of %d are equal, less than %d%%", equal, all, least)
	}
}

var digits = regexp.MustCompile(`"[^"]*"|\d+`)

// kind shortens a difference so that equal causes are counted together.
func kind(diff string) string {
	if _, after, ok := strings.Cut(diff, " : "); ok {
		diff = after
	}
	diff = digits.ReplaceAllString(diff, "_")
	return diff[:min(len(diff), 100)]
}

func compare(path, cache string, want []byte) string {
	var w map[string]any
	if err := json.Unmarshal(want, &w); err != nil {
		return err.Error()
	}
	version := "0"
	if md, ok := w["metadata"].(map[string]any); ok {
		if g, ok := md["_generator"].(map[string]any); ok {
			version, _ = g["version"].(string)
		}
	}
	r, diags := bicep.Compile(context.Background(), path, bicep.Options{GeneratorVersion: version, CacheDir: cache})
	if r == nil {
		return firstError(diags)
	}
	var g map[string]any
	if err := json.Unmarshal(r.Template, &g); err != nil {
		return "invalid JSON: " + err.Error()
	}
	if os.Getenv("GATEHOUSE_BICEP_CORPUS_HASH") == "" {
		strip(w)
		strip(g)
	}
	return difference("$", w, g)
}

// firstError is the first error, or before it that a registry has not been restored,
// of which others may be consequences.
func firstError(diags diag.List) string {
	first := "no template and no error"
	for _, d := range diags {
		switch {
		case d.Code == "BCP190":
			return d.String()
		case d.Severity == diag.Error && strings.HasPrefix(first, "no template"):
			first = d.String()
		}
	}
	return first
}

// strip removes what may differ: the hash, and the versions of nested templates,
// which are those of the time when they were compiled.
func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		if g, ok := v["_generator"].(map[string]any); ok {
			delete(g, "templateHash")
			delete(g, "version")
		}
		for _, x := range v {
			strip(x)
		}
	case []any:
		for _, x := range v {
			strip(x)
		}
	}
}

// difference describes the first place where two JSON values differ.
func difference(at string, want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		keys := map[string]bool{}
		for k := range w {
			keys[k] = true
		}
		for k := range g {
			keys[k] = true
		}
		var sorted []string
		for k := range keys {
			sorted = append(sorted, k)
		}
		sort.Slice(sorted, func(i, j int) bool { // what the hash follows from comes before it
			if x, y := sorted[i] == "metadata", sorted[j] == "metadata"; x != y {
				return y
			}
			return sorted[i] < sorted[j]
		})
		for _, k := range sorted {
			x, inW := w[k]
			y, inG := g[k]
			if !inG {
				return fmt.Sprintf("%s.%s : missing: %.200v", at, k, x)
			}
			if !inW {
				return fmt.Sprintf("%s.%s : too much: %.200v", at, k, y)
			}
			if d := difference(at+"."+k, x, y); d != "" {
				return d
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			break
		}
		for i := range w {
			if d := difference(fmt.Sprintf("%s[%d]", at, i), w[i], g[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%s : differs\n\twant %.700v\n\tgot  %.700v", at, want, got)
	}
	return ""
}
