package runner

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"gatehouse/internal/pipeline/mask"
)

// output is where everything of a run is shown, with secrets masked.
type output struct {
	mu      sync.Mutex
	w       io.Writer
	secrets *mask.Set
}

// line shows one line.
func (o *output) line(indent, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// Output that nobody reads any more must not end the run.
	_, _ = io.WriteString(o.w, indent+o.secrets.Text(text)+"\n")
}

// maxLine is how long a line may grow before it is shown in pieces.
const maxLine = 64 << 10

// lines cuts what a process writes into lines.
type lines struct {
	mu      sync.Mutex
	buffer  []byte
	each    func(line string)
	secrets *mask.Set
	any     bool
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.any = l.any || len(bytes.TrimSpace(p)) > 0
	l.buffer = append(l.buffer, p...)
	for {
		i := bytes.IndexByte(l.buffer, '\n')
		if i < 0 {
			break
		}
		l.each(strings.TrimRight(string(l.buffer[:i]), "\r"))
		l.buffer = l.buffer[i+1:]
	}
	// A piece of a long line must not end within a secret: mask first, then keep back as much as a secret may still need.
	if keep := l.secrets.Longest(); len(l.buffer) > maxLine+2*keep {
		masked := l.secrets.Text(string(l.buffer))
		cut := max(0, len(masked)-keep)
		l.each(masked[:cut])
		l.buffer = []byte(masked[cut:])
	}
	return len(p), nil
}

// flush shows a last line that has no end.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buffer) > 0 {
		l.each(strings.TrimRight(string(l.buffer), "\r"))
		l.buffer = nil
	}
}
