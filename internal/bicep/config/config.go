// Package config reads bicepconfig.json, the settings of the Bicep tools, from
// the folder of a file or the nearest one above it. It gives settings as they
// stand there; what they mean is for those who ask: lint (analyzers.core) and
// format (formatting). Start at Find.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the name of the file that is looked for.
const FileName = "bicepconfig.json"

// Config is what a file says. The zero value is what holds without one.
type Config struct {
	Path string // of the file; empty without one
	root map[string]any
}

// Error is a file that can't be used.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("Failed to parse the contents of the Bicep configuration file \"%s\" as valid JSON: %v.", e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Find reads the configuration that applies to the file at path. ReadFile nil
// means os.ReadFile.
func Find(path string, readFile func(string) ([]byte, error)) (*Config, error) {
	if readFile == nil {
		readFile = os.ReadFile
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, FileName)
		data, err := readFile(file)
		switch {
		case err == nil:
			return Parse(file, data)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return nil, &Error{file, err}
		case filepath.Dir(dir) == dir:
			return &Config{}, nil
		}
	}
}

// Parse reads the content of a configuration file, which may hold comments and
// commas after last members.
func Parse(path string, data []byte) (*Config, error) {
	c := &Config{Path: path}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if err := json.Unmarshal(plain(text), &c.root); err != nil {
		return nil, &Error{path, err}
	}
	return c, nil
}

// plain removes comments, and commas before closing brackets.
func plain(s string) []byte {
	out := make([]byte, 0, len(s))
	comma := -1 // where the last comma is, when only blanks followed
	for i := 0; i < len(s); {
		n := 1
		switch {
		case s[i] == '"':
			n = stringEnd(s[i:])
			comma = -1
		case strings.HasPrefix(s[i:], "//"):
			i += lineEnd(s[i:])
			continue
		case strings.HasPrefix(s[i:], "/*"):
			i += blockEnd(s[i:])
			continue
		case s[i] == ',':
			comma = len(out)
		case (s[i] == '}' || s[i] == ']') && comma >= 0:
			out[comma] = ' '
			comma = -1
		case s[i] != ' ' && s[i] != '\t' && s[i] != '\r' && s[i] != '\n':
			comma = -1
		}
		out = append(out, s[i:i+n]...)
		i += n
	}
	return out
}

func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

func blockEnd(s string) int {
	if i := strings.Index(s[2:], "*/"); i >= 0 {
		return i + 4
	}
	return len(s)
}

// Get returns the value at the path of member names, compared without regard to
// case, or nil.
func (c *Config) Get(names ...string) any {
	if c == nil {
		return nil
	}
	var v any = c.root
	for _, name := range names {
		m, _ := v.(map[string]any)
		v = member(m, name)
	}
	return v
}

func member(m map[string]any, name string) any {
	if v, ok := m[name]; ok {
		return v
	}
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// Under is the object at the path as a configuration of its own, empty when there is none.
func (c *Config) Under(names ...string) *Config {
	m, _ := c.Get(names...).(map[string]any)
	return &Config{root: m}
}

// String is the string at the path, or otherwise.
func (c *Config) String(otherwise string, names ...string) string {
	if s, ok := c.Get(names...).(string); ok {
		return s
	}
	return otherwise
}

// Bool is the boolean at the path, or otherwise.
func (c *Config) Bool(otherwise bool, names ...string) bool {
	if b, ok := c.Get(names...).(bool); ok {
		return b
	}
	return otherwise
}

// Int is the integer at the path, or otherwise.
func (c *Config) Int(otherwise int, names ...string) int {
	if f, ok := c.Get(names...).(float64); ok {
		return int(f)
	}
	return otherwise
}

// Strings is the list of strings at the path, or otherwise.
func (c *Config) Strings(otherwise []string, names ...string) []string {
	list, ok := c.Get(names...).([]any)
	if !ok {
		return otherwise
	}
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
