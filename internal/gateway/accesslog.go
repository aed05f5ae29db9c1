package gateway

import (
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// accessLog writes one JSON line for each request, collected for a moment so that a
// busy gateway does not make a system call for each. Query strings are left out:
// they may hold keys.
type accessLog struct {
	w     io.Writer
	mu    sync.Mutex
	buf   []byte
	timer *time.Timer
	armed bool
}

const (
	logDelay  = 200 * time.Millisecond
	logBuffer = 64 << 10
)

func newAccessLog(w io.Writer) *accessLog { return &accessLog{w: w} }

func (l *accessLog) enabled() bool { return l.w != nil }

func (l *accessLog) write(c *call, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := append(l.buf, `{"time":"`...)
	b = c.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = text(b, "requestId", c.ID)
	if c.service != nil {
		b = text(b, "service", c.service.snap.Name)
	}
	if c.api != nil {
		b = text(b, "api", c.api.snap.ID)
	}
	if c.Operation != nil {
		b = text(b, "operation", c.Operation.ID)
	}
	b = text(b, "client", c.client)
	if c.Request.Certificate != nil {
		b = text(b, "clientCertificate", c.Request.Certificate.Subject.CommonName)
	}
	b = text(b, "method", c.Request.Method)
	b = text(b, "host", c.Request.Host)
	b = text(b, "path", c.Request.Path)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(c.Response.Status), 10)
	b = append(b, `,"ms":`...)
	b = strconv.AppendFloat(b, elapsed(d), 'f', 3, 64)
	if c.target != nil {
		b = text(b, "backend", c.target.key.addr)
	}
	if c.LastError.Reason != "" {
		b = text(b, "reason", c.LastError.Reason)
	}
	if c.failure != nil {
		b = text(b, "error", c.failure.Error())
	}
	l.buf = append(b, "}\n"...)
	if len(l.buf) > logBuffer {
		l.out()
	} else if !l.armed {
		l.arm()
	}
}

func (l *accessLog) arm() {
	l.armed = true
	if l.timer == nil {
		l.timer = time.AfterFunc(logDelay, l.flush)
		return
	}
	l.timer.Reset(logDelay)
}

func (l *accessLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	l.out()
}

func (l *accessLog) out() {
	if len(l.buf) > 0 {
		_, _ = l.w.Write(l.buf) // a log that can't be written must not stop the traffic
		l.buf = l.buf[:0]
	}
}

// text appends ,"name":"value" as JSON.
func text(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	for i := 0; i < len(value); {
		c := value[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(value[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
