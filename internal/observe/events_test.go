package observe

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEvents(t *testing.T) {
	var mu sync.Mutex
	var got strings.Builder
	answers := []int{503, 204}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		status := 204
		if len(answers) > 0 {
			status, answers = answers[0], answers[1:]
		}
		if status == 204 {
			_, _ = io.Copy(&got, r.Body)
		}
		w.WriteHeader(status)
	}))
	defer receiver.Close()
	lost := 0
	e := NewEvents(receiver.URL, receiver.Client(), func(n int, _ error) { lost += n })
	e.pause = time.Millisecond
	want := ""
	for range 100 {
		line := strings.Repeat("x", 30_000) + "\n"
		want += line
		if _, err := e.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got.String() != want || lost != 0 {
		t.Errorf("%d bytes arrived of %d, %d lost", got.Len(), len(want), lost)
	}
	if _, err := e.Write([]byte("late\n")); err == nil {
		t.Error("a line after the end is taken")
	}
}

func TestEventsLost(t *testing.T) {
	release := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-release
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer receiver.Close()
	lost := make(chan int, 100)
	e := NewEvents(receiver.URL, receiver.Client(), func(n int, _ error) { lost <- n })
	line := make([]byte, maxBatch)
	var err error
	for i := 0; i < 100 && err == nil; i++ {
		_, err = e.Write(line)
	}
	if !errors.Is(err, ErrEventsFull) {
		t.Errorf("a receiver that hangs: %v", err)
	}
	close(release)
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := <-lost; n != maxBatch { // refused once, and not sent again
		t.Errorf("%d bytes lost", n)
	}
}
