package bicep_test

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
	"gatehouse/internal/bicep/format"
)

// FuzzFormatted: a formatted file compiles to the template that it compiled to
// before, and formatting it again changes nothing.
func FuzzFormatted(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8000 {
			return
		}
		text = strings.ReplaceAll(text, "\r", "\n") // line ends in strings become those of the file
		before := compileText(text)
		if before == nil {
			return // the formatter's own target holds for files with errors
		}
		once := format.Source("main.bicep", text, format.Default())
		if after := compileText(once); !bytes.Equal(before, after) {
			t.Errorf("formatting changes the template\n%s\nto\n%s\nof %q", before, after, once)
		}
		if twice := format.Source("main.bicep", once, format.Default()); twice != once {
			t.Errorf("not stable: %q becomes %q", once, twice)
		}
	})
}

// compileText returns the template of a file that refers to no other, or nil.
func compileText(text string) []byte {
	read := func(path string) ([]byte, error) {
		if path == "main.bicep" {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	r, _ := bicep.Compile(context.Background(), "main.bicep", bicep.Options{ReadFile: read})
	if r == nil {
		return nil
	}
	return r.Template
}
