//go:build unix

package app

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWebSocketAPI: an API of the type websocket, put as resources; the policies of onHandshake decide about
// the handshake and change it, and then bytes go both ways.
func TestWebSocketAPI(t *testing.T) {
	s := serve(t, "")
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			http.Error(w, "a WebSocket is wanted", http.StatusUpgradeRequired)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nX-Seen: %s %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]), r.URL.Path, r.Header.Get("X-Caller"))
		rw.Flush()
		io.Copy(conn, rw)
	}))
	defer backend.Close()
	s.deploy(backend.URL)
	service := group(s.c, "rg") + "/providers/Microsoft.ApiManagement/service/orders"
	put := func(path string, properties map[string]any) {
		t.Helper()
		if err := s.c.ARM(t.Context(), "PUT", service+path, "2023-05-01-preview", map[string]any{"properties": properties}, nil); err != nil {
			t.Fatal(path, err)
		}
	}
	put("/apis/ws", map[string]any{"displayName": "Live", "path": "live", "type": "websocket", "protocols": []any{"wss"}, "serviceUrl": "ws" + strings.TrimPrefix(backend.URL, "http") + "/feed", "subscriptionRequired": false})
	put("/apis/ws/operations/onHandshake/policies/policy", map[string]any{"format": "rawxml", "value": `<policies><inbound><base />
		<check-header name="X-Pass" failed-check-httpcode="401" failed-check-error-message="no pass" ignore-case="true"><value>open</value></check-header>
		<set-header name="X-Caller" exists-action="override"><value>@(context.Operation.Id + " of " + context.Api.Path)</value></set-header>
		</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`})
	talk := func(header string) (string, *bufio.Reader, *tls.Conn) {
		conn, err := tls.Dial("tcp", s.ready.Listen[0], &tls.Config{RootCAs: s.root.Pool(), ServerName: "orders.gateway.contoso.example", NextProtos: []string{"http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: orders.gateway.contoso.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", header)
		r := bufio.NewReader(conn)
		var head strings.Builder
		for {
			line, err := r.ReadString('\n')
			head.WriteString(line)
			if err != nil || line == "\r\n" {
				return head.String(), r, conn
			}
		}
	}
	until(t, "the API", func() bool {
		head, _, _ := talk("")
		return strings.HasPrefix(head, "HTTP/1.1 401 ")
	})
	head, r, conn := talk("X-Pass: open\r\n")
	for _, want := range []string{"HTTP/1.1 101 ", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "X-Seen: /feed onHandshake of live\r\n"} {
		if !strings.Contains(head, want) {
			t.Fatalf("the answer lacks %q:\n%s", want, head)
		}
	}
	frame := []byte{0x81, 0x85, 1, 2, 3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1} // which the gateway does not read
	for range 3 {
		got := make([]byte, len(frame))
		if _, err := conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, got); err != nil || string(got) != string(frame) {
			t.Fatalf("%x %v", got, err)
		}
	}
}
