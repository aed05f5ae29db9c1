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

// hash is what the next line holds of line.
func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// chained is the line of a record: its JSON with a last member "prev", the hash of the
// line before, "" for the first.
func chained(body []byte, prev string) []byte {
	line := make([]byte, 0, len(body)+len(prev)+16)
	line = append(line, bytes.TrimSuffix(body, []byte("}"))...)
	line = append(line, `,"prev":"`...)
	line = append(line, prev...)
	return append(line, `"}`...)
}

// Verify reads a log and checks that every line holds the hash of the one before it; prev
// is that of the line before the first: "" for the first file of an instance. It returns
// the number of lines and the hash of the last. Lines cut from the end leave a chain that
// verifies: who has to rule that out keeps the last hash elsewhere.
func Verify(r io.Reader, prev string) (lines int, last string, err error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxRecord+4096)
	for scanner.Scan() {
		var link struct {
			Prev *string `json:"prev"`
		}
		if err := json.Unmarshal(scanner.Bytes(), &link); err != nil || link.Prev == nil {
			return lines, prev, fmt.Errorf("%w: line %d is not a record", ErrBroken, lines+1)
		}
		if *link.Prev != prev {
			return lines, prev, fmt.Errorf("%w: line %d does not follow the one before it", ErrBroken, lines+1)
		}
		prev = hash(scanner.Bytes())
		lines++
	}
	if err := scanner.Err(); err != nil {
		return lines, prev, fmt.Errorf("%w: line %d: %w", ErrBroken, lines+1, err)
	}
	return lines, prev, nil
}

// tail finds the size of file without an unfinished last line, and the hash of the last
// whole one. It reads backwards, since a log is long.
func tail(file *os.File) (size int64, last string, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, "", err
	}
	size, err = afterNewline(file, info.Size())
	if err != nil || size == 0 {
		return 0, "", err
	}
	start, err := afterNewline(file, size-1)
	if err != nil {
		return 0, "", err
	}
	line := make([]byte, size-1-start)
	if _, err := file.ReadAt(line, start); err != nil {
		return 0, "", err
	}
	return size, hash(line), nil
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
