package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

// errCutShort: bbolt maps the file into memory, and reading beyond its end would end the process.
var errCutShort = errors.New("the file is cut short")

// openOrCreate opens the file, or makes it. A new file gets its name when it is whole, so that
// a full disk or a crash while it is made leaves none behind.
func openOrCreate(path string, o *bbolt.Options) (*bbolt.DB, error) {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return openWhole(path, o)
	}
	temp, err := makeTemp(path)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp)
	db, err := bbolt.Open(temp, 0o600, o) // it makes what is empty
	if err != nil {
		return nil, err
	}
	err = os.Link(temp, path)
	if errors.Is(err, os.ErrExist) || errors.Is(err, os.ErrNotExist) { // another process was faster, and cleaned up
		db.Close()
		return openWhole(path, o)
	}
	if err != nil { // some file systems have no second names
		err = os.Rename(temp, path)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	removeTemps(path)
	syncDir(filepath.Dir(path)) // or a crash may lose the new file's name
	return db, nil
}

func openWhole(path string, o *bbolt.Options) (*bbolt.DB, error) {
	if err := checkLength(path); err != nil {
		return nil, err
	}
	return bbolt.Open(path, 0o600, o)
}

func makeTemp(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// removeTemps removes what crashes left, and what slower processes make now that path is there.
func removeTemps(path string) {
	left, err := filepath.Glob(escapeGlob(path) + ".new-*")
	if err != nil {
		return
	}
	for _, name := range left {
		os.Remove(name)
	}
}

// escapeGlob takes the meaning from the characters of filepath.Match.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// The layout of bbolt's meta pages (go.etcd.io/bbolt, internal/common/meta.go): two copies, a page
// apart, each after a page header.
const (
	metaOffset   = 16
	metaMagic    = 0xED0CDAED
	metaPageSize = metaOffset + 8
	metaPages    = metaOffset + 40 // how many pages the file has
	metaTxID     = metaOffset + 48
	metaSum      = metaOffset + 56 // FNV-1a of what stands before it
	metaEnd      = metaOffset + 64
)

// checkLength compares the file's size with what its newest meta page says. What is no bbolt
// file at all is left to bbolt, which says so.
func checkLength(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	first, ok := readMeta(f, 0)
	if !ok {
		return nil // the second copy is looked for by bbolt, at every size that a page may have
	}
	pageSize := int64(binary.NativeEndian.Uint32(first[metaPageSize:]))
	newest := first
	if second, ok := readMeta(f, pageSize); ok && binary.NativeEndian.Uint64(second[metaTxID:]) > binary.NativeEndian.Uint64(first[metaTxID:]) {
		newest = second
	}
	pages := binary.NativeEndian.Uint64(newest[metaPages:])
	info, err := f.Stat() // after the pages were read: a process that has the file open may let it grow meanwhile
	if err != nil {
		return err
	}
	if pages > uint64(info.Size()/max(pageSize, 1)) {
		return fmt.Errorf("%w: it has %d bytes of %d", errCutShort, info.Size(), pages*uint64(pageSize))
	}
	return nil
}

// readMeta reads the meta page at offset; ok says that it is one, and whole.
func readMeta(f io.ReaderAt, offset int64) (meta []byte, ok bool) {
	meta = make([]byte, metaEnd)
	if _, err := f.ReadAt(meta, offset); err != nil {
		return nil, false
	}
	sum := fnv.New64a()
	sum.Write(meta[metaOffset:metaSum])
	return meta, binary.NativeEndian.Uint32(meta[metaOffset:]) == metaMagic && binary.NativeEndian.Uint64(meta[metaSum:]) == sum.Sum64()
}

// syncDir is best effort: some systems cannot sync a folder.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
