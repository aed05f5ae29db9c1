package upstream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/policy"
)

// DefaultQuiet is how long a backend may be silent in the middle of a body.
const DefaultQuiet = time.Minute

// unsizedPatience times Quiet is what a body of unknown length may be silent: it is often made while it
// is sent. By default that are the four minutes after which Azure ends silent connections.
// https://learn.microsoft.com/azure/api-management/how-to-server-sent-events
const unsizedPatience = 4

// Client is the other end of an exchange while its response's body streams.
type Client interface {
	// Left reports whether the client has gone. It is asked after each Quiet of silence.
	Left() bool
	// CutOff says that the body ended before its end.
	CutOff(err error)
}

// patience says how long a response's body may be silent.
type patience struct {
	quiet   time.Duration
	endless bool   // silence is no fault as long as the client is there
	client  Client // nil: nobody, who waits for no events either
}

// patienceFor is the one with a response whose body has this length, -1 when it is not known.
func patienceFor(q *Request, resp *policy.Response, length int64) patience {
	p := patience{quiet: quietOf(q), client: q.Client}
	if length < 0 {
		p.quiet *= unsizedPatience
		p.endless = q.Client != nil && staysOpen(resp.Header.Get("Content-Type"))
	}
	return p
}

func quietOf(q *Request) time.Duration {
	if q.Quiet == 0 {
		return DefaultQuiet
	}
	return q.Quiet
}

// staysOpen reports whether a body of this media type is one of events, which may be hours apart. A
// backend that is gone ends it all the same: TCP's keep-alive finds out, over HTTP/2 a ping.
func staysOpen(mediaType string) bool {
	for _, of := range []string{"text/event-stream", "application/grpc", "multipart/x-mixed-replace"} {
		if len(mediaType) >= len(of) && strings.EqualFold(mediaType[:len(of)], of) {
			return true
		}
	}
	return false
}

// goesOn reports whether silence of p.quiet is no reason to end the exchange.
func (p *patience) goesOn() bool { return p.endless && !p.client.Left() }

// patienceOfUpload is how long the response's head may take after a piece of the request's body, and after its end.
func patienceOfUpload(timeout time.Duration, end error) time.Duration {
	if end != nil {
		return timeout
	}
	return max(timeout, DefaultTimeout) // the client may be slow: its own limit is elsewhere
}

// stalled is the end of a body of which nothing more came.
type stalled struct{ quiet time.Duration }

func (s stalled) Error() string {
	return fmt.Sprintf("the backend stopped in the middle of its response's body: nothing more came for %v", s.quiet)
}
func (stalled) Timeout() bool { return true }

// clock ends an exchange over HTTP/2 when a wait of it takes too long.
type clock struct {
	mu     sync.Mutex
	timer  *time.Timer
	limit  time.Duration
	waits  bool
	late   bool
	goesOn func() bool // of the body, asked when the time is over; nil: there is none yet
}

func newClock(cancel context.CancelFunc) *clock {
	k := &clock{}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = time.AfterFunc(time.Hour, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		switch {
		case !k.waits:
		case k.goesOn != nil && k.goesOn():
			k.timer.Reset(k.limit)
		default:
			k.late = true
			cancel()
		}
	})
	k.timer.Stop()
	return k
}

// start begins a wait of at most d.
func (k *clock) start(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waits, k.limit = true, d
	k.timer.Reset(d)
}

// moved begins the wait anew, if one for a response's header is under way.
func (k *clock) moved(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waits && !k.late && k.goesOn == nil {
		k.limit = d
		k.timer.Reset(d)
	}
}

// stop ends the wait, and reports whether it took too long.
func (k *clock) stop() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waits = false
	k.timer.Stop()
	return k.late
}
