package gateway_test

import (
	"context"
	"crypto/tls"
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
