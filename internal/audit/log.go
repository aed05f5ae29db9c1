package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrClosed: Write after Close.
var ErrClosed = errors.New("audit: the log is closed")

const (
	maxGroup  = 256      // records that share one sync of the disk
	maxRecord = 64 << 10 // bytes of one
)

// Log is a Writer to a file. Records that arrive while the disk is busy are written and
// synced together. Each line ends with the hash of the one before it (see Verify). Make
// it with Open; it is safe for concurrent use.
type Log struct {
	file    *os.File
	size    int64  // of what is known to be whole
	last    string // hash of the last line
	queue   chan *entry
	closing chan struct{}
	written chan struct{}
	once    sync.Once
}

// entry is one record on its way through the writer.
type entry struct {
	body []byte // the record as JSON
	done chan error
}

var _ Writer = (*Log)(nil)

// Open opens or creates the file at path, with mode 0600, to append to it. A last line
// that a crash left unfinished was never acknowledged, and is cut off.
func Open(path string) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	size, last, err := tail(file)
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("audit: %s: %w", path, err)
	}
	l := &Log{file: file, size: size, last: last, queue: make(chan *entry, maxGroup), closing: make(chan struct{}), written: make(chan struct{})}
	go l.write()
	return l, nil
}

// Write appends r and returns when it is on the disk. A zero Time becomes now. An error
// means that the action must not go on; the file is then as it was before.
func (l *Log) Write(ctx context.Context, r Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Time = r.Time.UTC()
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if len(body) > maxRecord {
		return fmt.Errorf("audit: a record of %d bytes, at most %d", len(body), maxRecord)
	}
	e := &entry{body: body, done: make(chan error, 1)}
	select {
	case <-l.closing:
		return ErrClosed
	default:
	}
	select {
	case l.queue <- e:
	case <-ctx.Done():
		return ctx.Err()
	case <-l.closing:
		return ErrClosed
	}
	select {
	case err := <-e.done:
		return err
	case <-l.written: // the writer ended: it may have answered, or never taken it
		select {
		case err := <-e.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// write is the only writer of the file.
func (l *Log) write() {
	defer close(l.written)
	var group []*entry
	for {
		select {
		case <-l.closing:
			return
		case first := <-l.queue:
			group = l.collect(append(group[:0], first))
			err := l.append(group)
			for _, e := range group {
				e.done <- err
			}
		}
	}
}

func (l *Log) collect(group []*entry) []*entry {
	for len(group) < maxGroup {
		select {
		case e := <-l.queue:
			group = append(group, e)
		default:
			return group
		}
	}
	return group
}

// append writes the group at the end of what is whole and syncs it; when that fails, it
// cuts off what was written, so that no record of a refused action is left in part.
func (l *Log) append(group []*entry) error {
	var lines []byte
	last := l.last
	for _, e := range group {
		line := chained(e.body, last)
		last = hash(line)
		lines = append(append(lines, line...), '\n')
	}
	_, err := l.file.WriteAt(lines, l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		_ = l.file.Truncate(l.size)
		return fmt.Errorf("audit: the record could not be written, so the action is refused: %w", err)
	}
	l.size += int64(len(lines))
	l.last = last
	return nil
}

// Close waits for what is being written and closes the file.
func (l *Log) Close() error {
	var err error
	l.once.Do(func() {
		close(l.closing)
		<-l.written
		err = l.file.Close()
	})
	return err
}
