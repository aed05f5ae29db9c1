package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

const quiet = 100 * time.Millisecond // a backend's, in these tests

// staller is a backend that says a part of its answer, and the rest when it is let go on. Ended hears of each
// exchange that was ended from outside.
type staller struct{ goOn, ended chan struct{} }

func (s *staller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/takes-nothing" {
		<-s.goOn
		return
	}
	if r.URL.Path == "/says-nothing" {
		s.wait(r)
		return
	}
	first := "data: first\n\n"
	switch r.URL.Path {
	case "/small":
		w.Header().Set("Content-Length", "1000")
	case "/large":
		w.Header().Set("Content-Length", "1000000")
		first = strings.Repeat("x", 50_000)
	case "/chunks":
		first = strings.Repeat("x", 50_000)
	case "/events":
		w.Header().Set("Content-Type", "text/event-stream")
	}
	io.WriteString(w, first)
	w.(http.Flusher).Flush()
	s.wait(r)
	io.WriteString(w, "data: last\n\n")
}

func (s *staller) wait(r *http.Request) {
	select {
	case <-s.goOn:
	case <-r.Context().Done():
		s.ended <- struct{}{}
		panic(http.ErrAbortHandler) // not a word more
	}
}

// stalling is a bench whose backend stalls, over HTTP/1.1 and over HTTP/2, with a service for each.
func stalling(t *testing.T) (*bench, *staller, map[string]*snapshot.Service) {
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.BackendBodyTimeout = quiet })
	s := &staller{make(chan struct{}), make(chan struct{}, 100)}
	url := b.backendURL(true, s.ServeHTTP)
	return b, s, map[string]*snapshot.Service{"1": forwardingBy(url, `http-version="1"`), "2": forwardingBy(url, `http-version="2"`)}
}

// TestStalledBodies: a backend that stops in the middle of a body does not hold its client, nor does the client take
// what it has for the whole; the log says why.
func TestStalledBodies(t *testing.T) {
	b, s, services := stalling(t)
	for version, service := range services {
		b.apply(service)
		for _, e := range engines {
			for _, c := range []struct {
				path  string
				least time.Duration
			}{{"/small", quiet}, {"/large", quiet}, {"/chunks", 4 * quiet}} {
				begin := time.Now()
				resp, err := b.client(e, nil).Get("https://" + clientHost + c.path)
				status := 0
				if err == nil { // else it is cut off before its head is on the wire
					status = resp.StatusCode
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				<-s.ended
				// A small body is read before the answer begins, where the backend speaks HTTP/1.1: the failure is clean.
				clean := version == "1" && c.path == "/small"
				if took := time.Since(begin); took < c.least || clean && status != 500 || !clean && err == nil {
					t.Errorf("%s to a backend of HTTP/%s, %s: %d %v after %v", e.name, version, c.path, status, err, took)
				}
			}
		}
	}
	if n := strings.Count(b.logs.String(), "gateway: a backend's response ended early"); n != 10 {
		t.Errorf("the log tells of %d responses that ended early:\n%s", n, b.logs)
	}
	if want := "the backend stopped in the middle of its response's body: nothing more came for 400ms"; !strings.Contains(b.logs.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, b.logs)
	}
}

// TestQuietEvents: a stream of events may be silent for long, until its client leaves.
func TestQuietEvents(t *testing.T) {
	b, s, services := stalling(t)
	for version, service := range services {
		b.apply(service)
		for _, e := range engines {
			name := fmt.Sprintf("%s to a backend of HTTP/%s", e.name, version)
			open := func() *http.Response {
				resp, err := b.client(e, nil).Get("https://" + clientHost + "/events")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(resp.Body, make([]byte, len("data: first\n\n"))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				return resp
			}
			resp := open()
			select {
			case <-s.ended:
				t.Errorf("%s: a quiet stream was ended", name)
			case <-time.After(6 * quiet):
				s.goOn <- struct{}{}
			}
			if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "data: last\n\n" {
				t.Errorf("%s: %q %v", name, rest, err)
			}
			resp.Body.Close()
			open().Body.Close()
			select {
			case <-s.ended:
			case <-time.After(20 * time.Second):
				t.Fatalf("%s: the backend still serves a client that left", name)
			}
		}
	}
	if strings.Contains(b.logs.String(), "ended early") {
		t.Errorf("a client that leaves is nobody's fault:\n%s", b.logs)
	}
}

// TestBackendTakesNothing: an upload that its backend does not read ends.
func TestBackendTakesNothing(t *testing.T) {
	b, s, services := stalling(t)
	defer close(s.goOn)
	b.apply(services["1"])
	for _, e := range engines {
		r, _ := http.NewRequest("PUT", "https://"+clientHost+"/takes-nothing", io.LimitReader(zeros{}, 1<<30))
		resp, err := b.client(e, nil).Do(r)
		if err != nil {
			if e.h2 {
				t.Errorf("%s: %v", e.name, err)
			}
			continue // a client of HTTP/1.1 may see the connection close while it still writes
		}
		resp.Body.Close()
		if resp.StatusCode != 500 {
			t.Errorf("%s: %d", e.name, resp.StatusCode)
		}
	}
	if !strings.Contains(b.logs.String(), "reason=Timeout") {
		t.Errorf("the log does not say why:\n%s", b.logs)
	}
}

// TestTimeoutIsForTheHead: forward-request's timeout ends the wait for a response's head, not that for its body.
// https://learn.microsoft.com/azure/api-management/forward-request-policy#attributes
func TestTimeoutIsForTheHead(t *testing.T) {
	b := newBench(t, echo)
	s := &staller{make(chan struct{}), make(chan struct{}, 100)}
	url := b.backendURL(true, s.ServeHTTP)
	for i, version := range []string{"1", "2"} {
		e := engines[i]
		b.apply(forwardingBy(url, `timeout-ms="100" http-version="`+version+`"`))
		if resp, _ := get(t, b.client(e, nil), "/says-nothing"); resp.StatusCode != 500 {
			t.Errorf("HTTP/%s: %d", version, resp.StatusCode)
		}
		<-s.ended
		b.apply(forwardingBy(url, `timeout-ms="1000" http-version="`+version+`"`))
		resp, err := b.client(e, nil).Get("https://" + clientHost + "/chunks")
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.ended:
			t.Errorf("HTTP/%s: the body's time was that of the head", version)
		case <-time.After(1500 * time.Millisecond):
			s.goOn <- struct{}{}
		}
		if body, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(body), "data: last\n\n") {
			t.Errorf("HTTP/%s: %d bytes, %v", version, len(body), err)
		}
		resp.Body.Close()
	}
}

// TestSendRequestTimeout: send-request's timeout is for the whole of the call.
// https://learn.microsoft.com/azure/api-management/send-request-policy#attributes
func TestSendRequestTimeout(t *testing.T) {
	b := newBench(t, echo)
	s := &staller{make(chan struct{}), make(chan struct{}, 100)}
	url := b.backendURL(false, s.ServeHTTP)
	for _, path := range []string{"/says-nothing", "/chunks"} {
		service := b.service()
		service.APIs[0].Policy.Text = `<policies><inbound><base /><send-request mode="new" response-variable-name="v" timeout="1"><set-url>` + url + path + `</set-url></send-request>` +
			`<return-response /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><return-response><set-body>@(context.LastError.Reason)</set-body></return-response></on-error></policies>`
		b.apply(service)
		if _, body := get(t, b.client(engines[0], nil), "/backend/x"); body != "Timeout" {
			t.Errorf("%s: %s\n%s", path, body, b.logs)
		}
		<-s.ended
	}
}

// TestClientTakesNothing: a client that grants no window for what it asked for frees its backend.
func TestClientTakesNothing(t *testing.T) {
	ended := make(chan struct{}, 1)
	b := newBenchWith(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				ended <- struct{}{}
				return
			}
		}
	}, func(o *gateway.Options) { o.BodyTimeout = quiet })
	resp, err := b.client(engines[1], nil).Get("https://" + clientHost + "/backend/a")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the backend still waits")
	}
}
