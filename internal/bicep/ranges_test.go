package bicep_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
)

// TestRanges: the codes that people meet most, with their exact ranges and words. A
// case of testdata/ranges/cases is a text and, after =>, what is found in it;
// cases are parted by a line of dashes.
func TestRanges(t *testing.T) {
	const file = "testdata/ranges/cases"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n----\n") {
		text, want, _ := strings.Cut(c, "\n=>\n")
		got := rangesOf(text)
		out = append(out, text+"\n=>\n"+got)
		if got != want && !*update {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", text, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n----\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rangesOf lists what is found in text, with Go's escapes resolved in it.
func rangesOf(text string) string {
	text = strings.NewReplacer(`\r`, "\r", `\0`, "\x00", `\xff`, "\xff", `\ufeff`, "\ufeff").Replace(text)
	read := func(path string) ([]byte, error) {
		switch path {
		case "main.bicep":
			return []byte(text), nil
		case "mod.bicep":
			return []byte("@secure()\nparam secret string = ''\nparam count int\nparam tier 'basic' | 'premium' = 'basic'\noutput url string = '${count}${secret}${tier}'\n"), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	_, diags := bicep.Compile(context.Background(), "main.bicep", bicep.Options{ReadFile: read})
	var lines []string
	for _, d := range diags {
		lines = append(lines, fmt.Sprintf("%d:%d-%d:%d %s %s: %s", d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column, d.Severity, d.Code, d.Message))
	}
	return strings.Join(lines, "\n")
}
