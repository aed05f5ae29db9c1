package app

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// sink is a place that lines are written to: a stream, or a file that is opened again when
// somebody has moved it away (Reopen), and that is moved away itself when it grows beyond limit.
type sink struct {
	path  string
	limit int64 // bytes; 0: none

	mu   sync.Mutex
	to   io.Writer
	file *os.File
	size int64
}

// openSink opens stdout, stderr or a file; nil for off.
func openSink(to string, stdout, stderr io.Writer, limit int64) (*sink, error) {
	switch to {
	case "", "off":
		return nil, nil
	case "stdout":
		return &sink{to: stdout}, nil
	case "stderr":
		return &sink{to: stderr}, nil
	}
	s := &sink{path: to, limit: limit}
	return s, s.Reopen()
}

// Write appends p, which is whole lines.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit > 0 && s.size+int64(len(p)) > s.limit && s.size > 0 {
		if err := os.Rename(s.path, s.path+".1"); err == nil {
			_ = s.open() // the old file goes on when there is no new one
		}
	}
	n, err := s.to.Write(p)
	s.size += int64(n)
	return n, err
}

// Reopen opens the file under its name again; streams stay.
func (s *sink) Reopen() error {
	if s == nil || s.path == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open()
}

func (s *sink) open() error {
	f, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.to, s.size = f, f, info.Size()
	return nil
}

// Close closes the file.
func (s *sink) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
	}
}

// writer is s, nil when it is off.
func (s *sink) writer() io.Writer {
	if s == nil {
		return nil
	}
	return s
}
