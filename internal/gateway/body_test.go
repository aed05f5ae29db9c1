package gateway_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestBodies(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		n, err := io.Copy(w, r.Body)
		if err != nil {
			t.Errorf("the backend read %d bytes: %v", n, err)
		}
	})
	for _, e := range engines {
		c := b.client(e, nil)
		for _, size := range []int{0, 1, 8 << 10, 8<<10 + 1, 100 << 10, 5 << 20} {
			for _, chunked := range []bool{false, true} {
				data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
				var body io.Reader = bytes.NewReader(data)
				if chunked {
					body = struct{ io.Reader }{body}
				}
				r, _ := http.NewRequest("POST", "https://"+clientHost+"/backend/a", body)
				resp, err := c.Do(r)
				if err != nil {
					t.Fatalf("%s %d %v: %v\n%s", e.name, size, chunked, err, b.logs)
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s %d chunked=%v: got %d bytes, %v", e.name, size, chunked, len(got), err)
				}
			}
		}
	}
}

// TestMemoryStaysFlat while 128 MiB go up and come down.
func TestMemoryStaysFlat(t *testing.T) {
	const size = 128 << 20
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != size || err != nil {
			t.Errorf("the backend read %d bytes: %v", n, err)
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.CopyN(w, zeros{}, size)
	})
	for _, e := range engines {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, _ := http.NewRequest("POST", "https://"+clientHost+"/backend/a", io.LimitReader(zeros{}, size))
		c := b.client(e, nil)
		c.Timeout = 0 // a busy machine takes its time
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		runtime.ReadMemStats(&after)
		if n != size || err != nil {
			t.Errorf("%s: %d bytes, %v", e.name, n, err)
		}
		if grown := int64(after.Sys) - int64(before.Sys); grown > 32<<20 {
			t.Errorf("%s: the process grew by %d MiB", e.name, grown>>20)
		}
	}
}

func TestEarlyAnswerToUpload(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(413)
		io.WriteString(w, "too much")
	})
	for _, e := range engines {
		c := b.client(e, nil)
		for range 3 {
			r, _ := http.NewRequest("PUT", "https://"+clientHost+"/backend/a", io.LimitReader(zeros{}, 64<<20))
			resp, err := c.Do(r)
			if err != nil && !e.h2 {
				continue // a client of HTTP/1.1 may see the connection close while it still writes
			} else if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 413 || string(body) != "too much" {
				t.Errorf("%s: %d %s", e.name, resp.StatusCode, body)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestStreamsEvents(t *testing.T) {
	release := make(chan struct{})
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		<-release
		io.WriteString(w, "data: 2\n\n")
	})
	for _, e := range engines {
		resp, err := b.client(e, nil).Get("https://" + clientHost + "/backend/events")
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 9)
		if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "data: 1\n\n" {
			t.Errorf("%s: %q %v", e.name, first, err)
		}
		release <- struct{}{}
		rest, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(rest) != "data: 2\n\n" {
			t.Errorf("%s: %q %v", e.name, rest, err)
		}
	}
}

func TestUpgrade(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" {
			w.WriteHeader(400)
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Sub: y\r\n\r\nhello ")
		rw.Flush()
		io.Copy(conn, rw)
	})
	for _, sni := range []string{clientHost, "localhost"} {
		conn, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: sni})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "GET /backend/ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly", clientHost)
		want := "hello early"
		got := ""
		for !strings.HasSuffix(got, want) {
			buf := make([]byte, 1024)
			n, err := conn.Read(buf)
			got += string(buf[:n])
			if err != nil {
				t.Fatalf("%s: %q %v\n%s", sni, got, err, b.logs)
			}
		}
		if !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.Contains(got, "X-Sub: y\r\n") {
			t.Errorf("%s: %q", sni, got)
		}
	}
}

// TestNoClearTextHTTP2: an upgrade to h2c would carry requests past the gateway.
func TestNoClearTextHTTP2(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "upgrade=%q settings=%q", r.Header.Get("Upgrade"), r.Header.Get("HTTP2-Settings"))
	})
	for _, sni := range []string{clientHost, "localhost"} {
		got := b.raw(sni, "GET /backend/a HTTP/1.1\r\nHost: "+clientHost+"\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n")
		if !strings.HasSuffix(got, `upgrade="" settings=""`) {
			t.Errorf("%s: %q", sni, got)
		}
	}
}
