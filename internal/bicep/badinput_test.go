package bicep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
)

// TestBadInput: each kind of bad input is a diagnostic with its code at its place.
// Line ends and a byte order mark do not move it.
func TestBadInput(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"200 MB as text", "var a = loadTextContent('big')", "1:25 BCP184"},
		{"200 MB as Base64", "var a = loadFileAsBase64('big')", "1:26 BCP184"},
		{"200 MB as JSON", "var a = loadJsonContent('big')", "1:25 BCP184"},
		{"a folder", "var a = loadTextContent('folder')", "1:25 BCP275"},
		{"an absolute path", "var a = loadTextContent('/etc/hostname')", "1:25 BCP051"},
		{"outside, and not there", "var a = loadTextContent('../../absent')", "1:25 BCP091"},
		{"a JSONPath without a match", "var a = loadJsonContent('x.json', '$.b')", "1:35 BCP235"},
		{"a byte order mark", "\ufeffoutput a int = b", "1:16 BCP057"},
		{"CRLF", "var x = 1\r\noutput a int = b\r\n", "2:16 BCP057"},
		{"NUL", "var a = \x00", "1:9 BCP001"},
		{"invalid UTF-8", "var a = \xff", "1:9 BCP001"},
		{"deep nesting", "var a = " + strings.Repeat("(", 3000), "BCP001"},
		{"arrays of arrays", "type t = string" + strings.Repeat("[]", 20_000), "BCP001"},
		{"an integer of more than 64 bits", "output a int = 99999999999999999999", "1:16 BCP010"},
		{"an integer of 64 bits and a sign", "output a int = 9223372036854775808", "1:16 BCP010"},
		{"a negative one", "output a int = -9223372036854775809", "1:17 BCP010"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			badInputFiles(t, dir, c.text)
			_, diags := bicep.Compile(context.Background(), filepath.Join(dir, "main.bicep"), bicep.Options{})
			var got []string
			for _, d := range diags {
				got = append(got, fmt.Sprintf("%d:%d %s", d.Range.Start.Line, d.Range.Start.Column, d.Code))
			}
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

func badInputFiles(t *testing.T, dir, text string) {
	t.Helper()
	for name, data := range map[string]string{"main.bicep": text, "x.json": `{"a": 1}`, "big": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "big"), 200<<20); err != nil { // takes no room
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
}
