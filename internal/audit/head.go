package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// Head is the end of the chain at some moment: the file that was written to, how much of
// it was whole, and the hash of its last line.
type Head struct {
	File int    `json:"file"` // its number: see files.go
	Size int64  `json:"size"`
	Hash string `json:"hash"`
}

// Anchor keeps the head where who can change the files can't change it unseen. It is told
// lazily: what was written since, at most saveEvery of a log that is in use, can be cut
// off unnoticed after a crash; after a Close, nothing.
type Anchor interface {
	// Load returns the head that was saved last; false when there is none yet.
	Load(ctx context.Context) (Head, bool, error)
	Save(ctx context.Context, h Head) error
}

// saveEvery is how long a head may be older than the log.
const saveEvery = 2 * time.Second

// Discontinuity is the action of the record that Open writes when lines that the anchor
// knows of are gone. It stays in the chain, and Verify stops at it.
const Discontinuity = "Gatehouse/audit/discontinuity"

// holds reports whether the files in dir still hold the end of the chain that h tells of.
func (h Head) holds(dir folder) (bool, error) {
	file, err := os.Open(dir.numbered(h.File))
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.Open(dir.current())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return h.Size == 0, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	if h.Size == 0 {
		return true, nil // nothing of this file was written yet
	}
	info, err := file.Stat()
	if err != nil || info.Size() < h.Size {
		return false, err
	}
	_, last, err := lastLine(file, h.Size)
	return last == h.Hash, err
}

// discontinuity is the record of a head that is gone.
func discontinuity(h Head) Record {
	return Record{Action: Discontinuity, Result: "RecordsMissing", CallerName: "Gatehouse",
		Extra: map[string]string{"file": strconv.Itoa(h.File), "size": strconv.FormatInt(h.Size, 10), "hash": h.Hash}}
}

// save tells the anchor of the head from time to time, and last at Close.
func (l *Log) save() {
	defer close(l.saved)
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	told := l.loaded
	tell := func() {
		if h := l.Head(); h != told {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if l.options.Anchor.Save(ctx, h) == nil { // a full disk: the next tick tries again
				told = h
			}
		}
	}
	for {
		select {
		case <-ticker.C:
			tell()
		case <-l.written:
			tell()
			return
		}
	}
}

// Head is the end of the chain now.
func (l *Log) Head() Head { return *l.head.Load() }

func (h Head) String() string { return fmt.Sprintf("byte %d of file %d", h.Size, h.File) }
