package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrBroken: a line of the log was changed, removed or put in.
var ErrBroken = errors.New("audit: the chain is broken")

// hashOf is what the next line holds of line.
func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// appendChained adds the line of a record: its JSON with a last member "prev", the hash of
// the line before, "" for the first.
func appendChained(to, body []byte, prev string) []byte {
	to = append(to, bytes.TrimSuffix(body, []byte("}"))...)
	to = append(to, `,"prev":"`...)
	to = append(to, prev...)
	return append(to, `"}`...)
}

// Verify reads a log and checks that every line holds the hash of the one before it; prev
// is that of the line before the first: "" for the first file of an instance. It returns
// the number of lines and the hash of the last. Lines cut from the end leave a chain that
// verifies: VerifyFiles compares it with the anchor's head.
func Verify(r io.Reader, prev string) (lines int, last string, err error) {
	v := verifier{prev: prev, began: true}
	err = v.read(r)
	return v.lines, v.prev, err
}

// Report is what VerifyFiles found.
type Report struct {
	Files, Lines int
	After        string // the hash of a line before the first: older files were moved away
}

// VerifyFiles checks the whole log at path, over all its files, and, where head is not
// nil, that it reaches at least to there. With live, a server is writing to it, and what
// comes after head is left out. The error names the file and the first line that is wrong.
func VerifyFiles(path string, head *Head, live bool) (Report, error) {
	size := int64(-1)
	if live && head != nil {
		size = head.Size
		if _, err := os.Stat(folder{path}.numbered(head.File)); err == nil {
			size = 0 // the server has begun another file meanwhile
		}
	}
	parts, err := Parts(path, size)
	if err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	defer func() {
		for _, p := range parts {
			p.File.Close()
		}
	}()
	var report Report
	v := verifier{}
	for _, p := range parts {
		v.lines = 0
		err := v.read(io.NewSectionReader(p.File, 0, p.Size))
		report.Lines += v.lines
		report.After = v.first
		if err != nil {
			return report, fmt.Errorf("%s: %w", p.Name, err)
		}
		report.Files++
	}
	if head == nil {
		return report, nil
	}
	if whole, err := head.holds(folder{path}); err != nil {
		return report, err
	} else if !whole {
		return report, fmt.Errorf("%w: records are missing at the end: the log once reached %s", ErrBroken, head)
	}
	return report, nil
}

// verifier follows a chain over one file or more.
type verifier struct {
	began bool
	first string // prev of the first line
	prev  string
	lines int // of this file
}

func (v *verifier) read(r io.Reader) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxRecord+4096)
	for scanner.Scan() {
		if err := v.line(scanner.Bytes()); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("%w: line %d: %w", ErrBroken, v.lines+1, err)
	}
	return nil
}

func (v *verifier) line(line []byte) error {
	var link struct {
		Action string  `json:"action"`
		Prev   *string `json:"prev"`
	}
	if err := json.Unmarshal(line, &link); err != nil || link.Prev == nil {
		return fmt.Errorf("%w: line %d is not a record", ErrBroken, v.lines+1)
	}
	if !v.began {
		v.began, v.first, v.prev = true, *link.Prev, *link.Prev
	}
	if *link.Prev != v.prev {
		return fmt.Errorf("%w: line %d does not follow the one before it", ErrBroken, v.lines+1)
	}
	if link.Action == Discontinuity {
		return fmt.Errorf("%w: before line %d records were removed; the server noticed when it started", ErrBroken, v.lines+1)
	}
	v.prev = hashOf(line)
	v.lines++
	return nil
}

// tail finds the size of file without an unfinished last line, and the hash of the last
// whole one. It reads backwards, since a log is long.
func tail(file *os.File) (size int64, last string, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, "", err
	}
	return lastLine(file, info.Size())
}

// lastLine is tail for a file that ends at end.
func lastLine(file *os.File, end int64) (size int64, last string, err error) {
	size, err = afterNewline(file, end)
	if err != nil || size == 0 {
		return 0, "", err
	}
	start, err := afterNewline(file, size-1)
	if err != nil {
		return 0, "", err
	}
	line := make([]byte, min(size-1-start, maxRecord+4096))
	if _, err := file.ReadAt(line, start); err != nil {
		return 0, "", err
	}
	return size, hashOf(line), nil
}

// afterNewline is the place after the last line end before end; 0 when there is none.
func afterNewline(file *os.File, end int64) (int64, error) {
	buffer := make([]byte, 4096)
	for end > 0 {
		start := max(0, end-int64(len(buffer)))
		part := buffer[:end-start]
		if _, err := file.ReadAt(part, start); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return 0, nil
}
