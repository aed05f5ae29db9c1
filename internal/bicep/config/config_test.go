package config

import (
	"errors"
	"io/fs"
	"testing"
)

func TestFindUpwards(t *testing.T) {
	files := map[string]string{"/a/bicepconfig.json": "\ufeff// settings\n{ \"analyzers\": { \"core\": { /* x */ \"verbose\": true, }, }, \"url\": \"http://example.com,]\", \"list\": [\"a\", \"b\",], }"}
	read := func(path string) ([]byte, error) {
		if s, ok := files[path]; ok {
			return []byte(s), nil
		}
		return nil, fs.ErrNotExist
	}
	c, err := Find("/a/b/c/main.bicep", read)
	if err != nil {
		t.Fatal(err)
	}
	if c.Path != "/a/bicepconfig.json" || !c.Bool(false, "Analyzers", "core", "VERBOSE") || c.String("", "url") != "http://example.com,]" || len(c.Strings(nil, "list")) != 2 {
		t.Errorf("read %+v", c)
	}
	if c, err := Find("/z/main.bicep", read); err != nil || c.Path != "" || c.Bool(true, "x") != true {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	files["/bad/bicepconfig.json"] = "{"
	var wrong *Error
	if _, err := Find("/bad/main.bicep", read); !errors.As(err, &wrong) || wrong.Path != "/bad/bicepconfig.json" {
		t.Errorf("a broken file gives %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"a": [1, /* c */ 2,], // x
}`)
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := Parse("bicepconfig.json", []byte(s)); err == nil {
			c.Get("a", "b")
		}
	})
}
