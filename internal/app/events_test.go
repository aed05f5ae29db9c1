package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gatehouse/internal/config"
)

// TestEventPlaces: each logger's events go where the configuration says.
func TestEventPlaces(t *testing.T) {
	var mu sync.Mutex
	var posted bytes.Buffer
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&posted, r.Body)
	}))
	defer receiver.Close()
	file := filepath.Join(t.TempDir(), "events.jsonl")
	c := config.Events{To: file, Loggers: []config.EventLogger{{Service: "Contoso", Logger: "hub", To: receiver.URL}, {Service: "contoso", Logger: "quiet", To: "off"}, {Service: "contoso", Logger: "same", To: file}}}
	e, err := openEvents(c, eventOptions{log: slog.New(slog.DiscardHandler), open: func(to string) (*sink, error) { return openSink(to, io.Discard, io.Discard, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, logger := range []string{"HUB", "quiet", "same", "other"} {
		if _, err := e.writer("contoso", logger).Write([]byte(logger + "\n")); err != nil {
			t.Errorf("%s: %v", logger, err)
		}
	}
	e.close(context.Background())
	if data, err := os.ReadFile(file); err != nil || string(data) != "same\nother\n" || posted.String() != "HUB\n" {
		t.Errorf("the file has %q, the receiver %q, %v", data, posted.String(), err)
	}
	if _, err := openEvents(config.Events{To: filepath.Join(file, "none")}, eventOptions{open: func(to string) (*sink, error) { return openSink(to, nil, nil, 0) }}); err == nil {
		t.Error("a place that can't be opened is taken")
	}
}
