package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// folder names the files of a log: the one that is written to at the path that Open was
// given, say audit.jsonl, and full ones beside it, audit.000001.jsonl and so on. Full ones
// are never changed, and may be moved away, oldest first.
type folder struct{ path string }

func (d folder) current() string { return d.path }

func (d folder) stem() (stem, ext string) {
	ext = filepath.Ext(d.path)
	return strings.TrimSuffix(d.path, ext) + ".", ext
}

func (d folder) numbered(n int) string {
	stem, ext := d.stem()
	return fmt.Sprintf("%s%06d%s", stem, n, ext)
}

// numbers are those of the full files, in order.
func (d folder) numbers() ([]int, error) {
	entries, err := os.ReadDir(filepath.Dir(d.path))
	if err != nil {
		return nil, err
	}
	stem, ext := d.stem()
	stem = filepath.Base(stem)
	var list []int
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), stem)
		digits, whole := strings.CutSuffix(rest, ext)
		if n, err := strconv.Atoi(digits); ours && whole && err == nil && len(digits) >= 6 && n > 0 {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// rotate ends the current file, which becomes a full one, and begins the next; its first
// line goes on with the chain. On a full disk the current file goes on.
func (l *Log) rotate() error {
	next, err := os.OpenFile(l.dir.current()+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	reserved, err := reserve(next, 0, l.options.reserve())
	if err == nil {
		l.files.Lock()
		defer l.files.Unlock()
		err = errors.Join(os.Rename(l.dir.current(), l.dir.numbered(l.number)))
	}
	if err != nil {
		return errors.Join(err, next.Close(), os.Remove(next.Name()))
	}
	if err := os.Rename(next.Name(), l.dir.current()); err != nil {
		return errors.Join(err, os.Rename(l.dir.numbered(l.number), l.dir.current()), next.Close())
	}
	syncFolder(filepath.Dir(l.dir.current()))
	old := l.file
	l.file, l.size, l.reserved, l.number = next, 0, reserved, l.number+1
	l.publish()
	return old.Close()
}

// syncFolder is best effort: some systems cannot sync a folder.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// Part is a file of the log, open for reading, of which the first Size bytes are whole.
type Part struct {
	Name string // without the folder
	Size int64
	File *os.File
}

// Parts opens the files of the log, oldest first, as they are now. Records that are
// written meanwhile are not part of them. The caller closes the files.
func (l *Log) Parts() (parts []Part, err error) {
	l.files.Lock()
	defer l.files.Unlock()
	return Parts(l.dir.path, l.Head().Size)
}

// Parts is for a log that nobody writes to; size is how much of the current file counts,
// -1 for all but a last line that a crash left unfinished.
func Parts(path string, size int64) (parts []Part, err error) {
	dir := folder{path}
	numbers, err := dir.numbers()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			for _, p := range parts {
				p.File.Close()
			}
		}
	}()
	paths := make([]string, 0, len(numbers)+1)
	for _, n := range numbers {
		paths = append(paths, dir.numbered(n))
	}
	for _, path := range append(paths, dir.current()) {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) && path == dir.current() {
			break
		}
		if err != nil {
			return parts, err
		}
		parts = append(parts, Part{Name: filepath.Base(path), File: file})
		p := &parts[len(parts)-1]
		if path == dir.current() && size >= 0 {
			p.Size = size
			continue
		}
		info, err := file.Stat()
		if err != nil {
			return parts, err
		}
		if p.Size, err = afterNewline(file, info.Size()); err != nil {
			return parts, err
		}
	}
	return parts, nil
}
