package emit

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// loadDirectory is the value of loadDirectoryFileInfo: the files of a folder, not of
// those in it, whose names match the pattern.
func (c *converter) loadDirectory(args []syntax.Expr, folder string) (any, bool) {
	pattern := "*"
	if len(args) > 1 {
		text, ok := c.constantString(args, 1)
		if !ok {
			return nil, false
		}
		if text != "" {
			pattern = text
		}
	}
	full, ok := c.localPath(args[0], folder)
	if !ok {
		return nil, false
	}
	entries, err := c.readDir(full)
	if err != nil {
		c.directoryError(args[0], folder, full, err)
		return nil, false
	}
	out := []any{}
	for _, name := range names(entries, pattern) {
		relative := path.Join(folder, name)
		out = append(out, obj("relativePath", relative, "baseName", name, "extension", path.Ext(name)))
	}
	return out, true
}

var errNoFolders = errors.New("This compiler was given files, not folders.")

func (c *converter) readDir(full string) ([]fs.DirEntry, error) {
	if c.t.s.o.ReadDir == nil {
		return nil, errNoFolders
	}
	return c.t.s.o.ReadDir(full)
}

func (c *converter) directoryError(at syntax.Expr, folder, full string, err error) {
	if _, isFile := c.t.s.o.ReadFile(full); isFile == nil {
		c.fail(at, "BCP430", fmt.Sprintf("Unable to open directory at path \"%s\". Found a file instead.", folder))
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		c.fail(at, "BCP428", fmt.Sprintf("Directory \"%s\" does not exist or additional permissions are necessary to access it.", folder))
		return
	}
	c.fail(at, "BCP429", "An error occured browsing directory. "+err.Error())
}

// names are those of the files that match, without regard to case and in that order.
func names(entries []fs.DirEntry, pattern string) []string {
	var out []string
	for _, e := range entries {
		if !e.IsDir() && wildcard(strings.ToUpper(pattern), strings.ToUpper(e.Name())) {
			out = append(out, e.Name())
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return strings.ToUpper(out[i]) < strings.ToUpper(out[j]) })
	return out
}

// wildcard matches * and ?, as the search pattern of Directory.EnumerateFiles does.
func wildcard(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// localPath is the file or folder that a load function names, beside the Bicep file.
func (c *converter) localPath(at syntax.Expr, text string) (string, bool) {
	if code, message := sema.WrongPath(text); code != "" {
		c.fail(at, code, message)
		return "", false
	}
	return filepath.Join(filepath.Dir(c.m.Path), filepath.FromSlash(text)), true
}
