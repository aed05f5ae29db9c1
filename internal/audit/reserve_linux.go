package audit

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve takes room on the disk for bytes after size, without changing the file's size:
// when the disk is full, secrets can still be read, each read with its record, for as long
// as the room lasts. It returns up to where the room reaches.
func reserve(f *os.File, size, bytes int64) (int64, error) {
	err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, size, bytes)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return size, nil // this file system has no such thing
	}
	if err != nil {
		return size, err
	}
	return size + bytes, nil
}
