package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// What an Events holds and sends at most.
const (
	maxQueued     = 16 << 20 // bytes that wait
	maxBatch      = 1 << 20  // bytes of a request
	eventAttempts = 4
	eventTimeout  = 30 * time.Second
)

// ErrEventsFull is the error of a line that finds no room: the receiver is too slow, or gone.
var ErrEventsFull = fmt.Errorf("observe: %d bytes of events wait already", maxQueued)

// Events sends lines to an HTTP endpoint: a POST of application/x-ndjson for what has gathered. A request
// that fails is made again, a few times. Make it with NewEvents; Shutdown sends the rest.
type Events struct {
	url    string
	client *http.Client
	lost   func(bytes int, err error)
	pause  time.Duration // after the first failure; doubled each time

	mu     sync.Mutex
	queue  [][]byte
	size   int
	closed bool
	wake   chan struct{}
	done   chan struct{}
}

// NewEvents starts sending. lost hears of lines that did not arrive.
func NewEvents(url string, client *http.Client, lost func(bytes int, err error)) *Events {
	e := &Events{url: url, client: client, lost: lost, pause: time.Second, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go e.run()
	return e
}

// Write takes whole lines and returns at once.
func (e *Events) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return 0, io.ErrClosedPipe
	case e.size+len(p) > maxQueued:
		return 0, ErrEventsFull
	}
	e.queue, e.size = append(e.queue, bytes.Clone(p)), e.size+len(p)
	select {
	case e.wake <- struct{}{}:
	default: // a wake-up is on its way
	}
	return len(p), nil
}

// Shutdown sends what waits, until ctx ends.
func (e *Events) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.wake)
	}
	e.mu.Unlock()
	select {
	case <-e.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Events) run() {
	defer close(e.done)
	for range e.wake {
		e.sendAll()
	}
	e.sendAll()
}

func (e *Events) sendAll() {
	for {
		batch := e.take()
		if len(batch) == 0 {
			return
		}
		if err := e.send(batch); err != nil && e.lost != nil {
			e.lost(len(batch), err)
		}
	}
}

// take is the next request's body. What it holds no longer waits.
func (e *Events) take() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	var batch []byte
	for len(e.queue) > 0 && (batch == nil || len(batch)+len(e.queue[0]) <= maxBatch) {
		batch = append(batch, e.queue[0]...)
		e.size -= len(e.queue[0])
		e.queue[0] = nil
		e.queue = e.queue[1:]
	}
	return batch
}

// send tries some times; a receiver that refuses the lines is not asked again.
func (e *Events) send(batch []byte) (err error) {
	pause := e.pause
	for try := 1; ; try++ {
		var again bool
		if again, err = e.post(batch); err == nil || !again || try == eventAttempts {
			return err
		}
		time.Sleep(pause)
		pause *= 2
	}
}

func (e *Events) post(batch []byte) (again bool, err error) {
	ctx, stop := context.WithTimeout(context.Background(), eventTimeout)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(batch))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := e.client.Do(req)
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, errors.New("the receiver of events answered " + resp.Status)
	}
	return false, err
}
