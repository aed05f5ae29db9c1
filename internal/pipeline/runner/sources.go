package runner

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Limits of what is copied as the sources of a job.
const (
	maxSourceFiles = 100_000
	maxSourceBytes = 2 << 30
)

// copySources copies the sources into a job's folder: everything but .git, a server's data folder
// and what is neither a file, a folder nor a link.
func copySources(ctx context.Context, from, to, except string) (files int, bytes int64, err error) {
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == "." {
			return err
		}
		if d.Name() == ".git" || path == except || d.IsDir() && isDataFolder(path) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if files++; files > maxSourceFiles || bytes > maxSourceBytes {
			return fmt.Errorf("the sources have more than %d files or %d bytes; run in a smaller folder", maxSourceFiles, int64(maxSourceBytes))
		}
		n, err := copyEntry(path, filepath.Join(to, rel), d)
		bytes += n
		return err
	})
	return files, bytes, err
}

// isDataFolder knows the state of a server by its name or by what is in it: its root key is no business of a job.
func isDataFolder(path string) bool {
	if filepath.Base(path) == ".gatehouse" {
		return true
	}
	for _, name := range []string{"root.key", "data.db"} {
		if _, err := os.Lstat(filepath.Join(path, name)); err != nil {
			return false
		}
	}
	return true
}

func copyEntry(from, to string, d fs.DirEntry) (int64, error) {
	switch {
	case d.IsDir():
		return 0, os.Mkdir(to, 0o755)
	case d.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return 0, err
		}
		return 0, os.Symlink(target, to)
	case !d.Type().IsRegular():
		return 0, nil
	}
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm()|0o200)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(in, maxSourceBytes+1))
	if e := out.Close(); err == nil {
		err = e
	}
	return n, err
}
