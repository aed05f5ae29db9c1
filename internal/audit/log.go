package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed: Write after Close.
var ErrClosed = errors.New("audit: the log is closed")

const (
	maxGroup  = 256      // records that share one sync of the disk
	maxRecord = 64 << 10 // bytes of one
)

// Options configure Open; the zero value has no anchor and is otherwise right.
type Options struct {
	MaxBytes int64  // of a file, before the next begins; 0: 64 MiB
	Reserve  int64  // bytes kept free for records on the disk; 0: 8 MiB
	Anchor   Anchor // nil: lines cut from the end go unnoticed
}

func (o *Options) reserve() int64 { return orDefault(o.Reserve, 8<<20) }

func (o *Options) maxBytes() int64 { return orDefault(o.MaxBytes, 64<<20) }

func orDefault(n, otherwise int64) int64 {
	if n == 0 {
		return otherwise
	}
	return n
}

// rotateAgain is how long a log waits before it tries again to begin the next file.
const rotateAgain = time.Minute

// Log is a Writer to a file. Records that arrive while the disk is busy are written and
// synced together. Each line ends with the hash of the one before it (see Verify), also
// where a file is full and the next one begins (files.go). Make it with Open; it is safe
// for concurrent use.
type Log struct {
	options Options
	dir     folder
	loaded  Head // what the anchor held at Open

	// The writer's own.
	file     *os.File
	number   int    // of the file
	size     int64  // of what is known to be whole
	reserved int64  // up to where the disk has room for certain
	last     string // hash of the last line
	lines    []byte // what is about to be written; kept for its room
	full     time.Time

	head    atomic.Pointer[Head] // what of the above others may see
	files   sync.Mutex           // held while files change their names
	queue   chan *entry
	closing chan struct{}
	written chan struct{} // closed when the writer has ended
	saved   chan struct{} // closed when the anchor has been told of the end
	once    sync.Once
}

// entry is one record on its way through the writer.
type entry struct {
	body []byte // the record as JSON
	done chan error
}

var _ Writer = (*Log)(nil)

// Open opens or creates the file at path, with mode 0600, to append to it. A last line
// that a crash left unfinished was never acknowledged, and is cut off. Where lines that
// the anchor knows of are gone, it writes a record that says so, and goes on.
func Open(ctx context.Context, path string, o Options) (*Log, error) {
	l := &Log{options: o, dir: folder{path}, queue: make(chan *entry, maxGroup), closing: make(chan struct{}), written: make(chan struct{}), saved: make(chan struct{})}
	intact, err := l.open(ctx)
	if err != nil {
		if l.file != nil {
			l.file.Close()
		}
		return nil, fmt.Errorf("audit: %s: %w", path, err)
	}
	l.publish()
	go l.write()
	if o.Anchor == nil {
		close(l.saved)
	} else {
		go l.save()
	}
	if !intact {
		if err := l.Write(ctx, discontinuity(l.loaded)); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// open finds where the chain ends; intact is false when the anchor knows of more.
func (l *Log) open(ctx context.Context) (intact bool, err error) {
	intact = true
	if l.options.Anchor != nil {
		known := false
		if l.loaded, known, err = l.options.Anchor.Load(ctx); err != nil {
			return false, err
		}
		if known {
			if intact, err = l.loaded.holds(l.dir); err != nil {
				return false, err
			}
		}
	}
	numbers, err := l.dir.numbers()
	if err != nil {
		return false, err
	}
	l.number = max(1, l.loaded.File)
	if len(numbers) > 0 {
		l.number = max(l.number, numbers[len(numbers)-1]+1)
	}
	if l.file, err = os.OpenFile(l.dir.current(), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return false, err
	}
	if l.size, l.last, err = tail(l.file); err != nil {
		return false, err
	}
	if err := errors.Join(l.file.Truncate(l.size), l.file.Chmod(0o600)); err != nil {
		return false, err
	}
	switch { // a file that just began goes on with the chain of the one before it
	case l.size > 0:
	case len(numbers) > 0:
		l.last, err = lastOf(l.dir.numbered(numbers[len(numbers)-1]))
	case intact && l.loaded.File == l.number:
		l.last = l.loaded.Hash
	}
	l.reserve(0)
	return intact, err
}

// lastOf is the hash of a file's last line.
func lastOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, last, err := tail(file)
	return last, err
}

// reserve keeps at least half of what is to be free after more bytes.
func (l *Log) reserve(more int64) {
	if l.size+more+l.options.reserve()/2 <= l.reserved {
		return
	}
	if up, err := reserve(l.file, l.size, l.options.reserve()+more); err == nil {
		l.reserved = up
	}
}

// publish shows others where the log ends.
func (l *Log) publish() {
	l.head.Store(&Head{File: l.number, Size: l.size, Hash: l.last})
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
	body := r.append(make([]byte, 0, 1024))
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
	if l.size >= l.options.maxBytes() && time.Since(l.full) > rotateAgain {
		if err := l.rotate(); err != nil {
			l.full = time.Now()
		}
	}
	lines, last := l.lines[:0], l.last
	for _, e := range group {
		begin := len(lines)
		lines = appendChained(lines, e.body, last)
		last = hashOf(lines[begin:])
		lines = append(lines, '\n')
	}
	l.lines = lines
	l.reserve(int64(len(lines)))
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
	l.publish()
	return nil
}

// Close waits for what is being written, tells the anchor and closes the file.
func (l *Log) Close() error {
	var err error
	l.once.Do(func() {
		close(l.closing)
		<-l.written
		<-l.saved
		err = l.file.Close()
	})
	return err
}
