package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestShutdownDoesNotWaitForUnusedConnections: clients open connections in advance;
// one that has sent nothing holds nobody up.
func TestShutdownDoesNotWaitForUnusedConnections(t *testing.T) {
	b := newBench(t, func(http.ResponseWriter, *http.Request) {})
	c, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: clientHost})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.raw(clientHost, "GET /status-0123456789abcdef HTTP/1.1\r\nHost: "+clientHost+"\r\nConnection: close\r\n\r\n") // by then the first is being served
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := b.g.Shutdown(ctx); err != nil {
		t.Errorf("the shutdown waited for an unused connection: %v", err)
	}
}

// TestShutdownCutsHalfSentHeaders: a client that stops in the middle of a header is given a moment,
// one whose header then ends is answered.
func TestShutdownCutsHalfSentHeaders(t *testing.T) {
	b := newBench(t, echo)
	serve := func(pieces ...string) net.Conn {
		near, far := net.Pipe() // a write returns when it was read: after the last but one the gateway has seen that one
		go b.g.ServeConn(far)
		t.Cleanup(func() { near.Close() })
		near.SetDeadline(time.Now().Add(10 * time.Second))
		for _, text := range pieces {
			if _, err := io.WriteString(near, text); err != nil {
				t.Fatal(err)
			}
		}
		return near
	}
	late := serve("GET /status-0123456789abcdef HTTP/1.1\r\n", "Host: ")
	serve("GET ", "/")
	serve("POST /backend/a HTTP/1.1\r\nHost: ", clientHost+"\r\nContent-Le")
	began := time.Now()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		done <- b.g.Shutdown(ctx)
	}()
	io.WriteString(late, clientHost+"\r\n\r\n")
	if resp, err := http.ReadResponse(bufio.NewReader(late), nil); err != nil || resp.StatusCode != 200 {
		t.Errorf("the header that ended in time: %v %v", resp, err)
	}
	late.Close()
	if err := <-done; err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("Shutdown took %v: %v", time.Since(began), err)
	}
}
