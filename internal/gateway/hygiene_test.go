package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
)

// raw sends bytes over one TLS connection and returns all responses until the gateway
// closes it or is silent.
func (b *bench) raw(sni, text string) string {
	b.t.Helper()
	conn, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: sni})
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	go io.WriteString(conn, text) // the gateway may answer and close before it has all
	all, _ := io.ReadAll(conn)
	return string(all)
}

// TestSmuggling: what two readers could take for different requests is answered by 400
// and the end of the connection, and the backend sees none of it.
func TestSmuggling(t *testing.T) {
	var seen atomic.Int64
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { seen.Add(1) })
	const hidden = "GET /backend/hidden HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n"
	head := "POST /backend/a HTTP/1.1\r\nHost: " + clientHost + "\r\n"
	for name, text := range map[string]string{
		"CL and TE":             head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE and CL":             head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + hidden,
		"two CL":                head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + hidden,
		"equal CL twice":        head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" + hidden,
		"CL list":               head + "Content-Length: 4, 4\r\n\r\nabcd" + hidden,
		"CL plus":               head + "Content-Length: +4\r\n\r\nabcd" + hidden,
		"CL minus":              head + "Content-Length: -4\r\n\r\nabcd" + hidden,
		"CL hex":                head + "Content-Length: 0x4\r\n\r\nabcd" + hidden,
		"CL empty":              head + "Content-Length:\r\n\r\n" + hidden,
		"TE unknown":            head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE list":               head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE twice":              head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
		"TE space before colon": head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE folded":             head + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE control":            head + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + hidden,
		"TE in HTTP/1.0":        strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"folded":                head + "X-A: b\r\n c\r\n\r\n" + hidden,
		"two Host":              head + "Host: other.azure-api.net\r\n\r\n" + hidden,
		"no Host":               "GET /backend/a HTTP/1.1\r\n\r\n" + hidden,
		"bare CR in value":      head + "X-A: b\rContent-Length: 5\r\n\r\n" + hidden,
		"NUL in value":          head + "X-A: b\x00\r\n\r\n" + hidden,
		"name with space":       head + "X A: b\r\n\r\n" + hidden,
		"empty name":            head + ": b\r\n\r\n" + hidden,
		"CONNECT":               "CONNECT example.com:443 HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n" + hidden,
		"space in URL":          "GET /backend/a b HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n" + hidden,
		"control in URL":        "GET /backend/\x01 HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n" + hidden,
		"method with bracket":   "GE(T /backend/a HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n" + hidden,
		"garbage":               "\x16\x03\x01 nonsense\r\n\r\n" + hidden,
		"huge header":           head + "X-A: " + strings.Repeat("a", 70<<10) + "\r\n\r\n" + hidden,
		"many headers":          head + strings.Repeat("A: b\r\n", 300) + "\r\n" + hidden,
		"huge URL":              "GET /" + strings.Repeat("a", 70<<10) + " HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n" + hidden,
	} {
		seen.Store(0)
		got := b.raw(clientHost, text)
		if strings.Count(got, "HTTP/1.1 ") > 1 || seen.Load() > 0 || got != "" && !strings.HasPrefix(got, "HTTP/1.1 4") {
			t.Errorf("%s: the backend saw %d requests, the answer is %.300q", name, seen.Load(), got)
		}
	}
}

// TestUnreadBody: a request body that nobody reads is not taken for the next request.
func TestUnreadBody(t *testing.T) {
	var seen atomic.Int64
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { seen.Add(1) })
	inner := "GET /backend/hidden HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n"
	for _, size := range []int{len(inner), 20 << 10, 400 << 10} {
		body := inner + strings.Repeat("x", size-len(inner))
		text := fmt.Sprintf("POST /nowhere HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%sGET /nowhere2 HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", clientHost, len(body), body, clientHost)
		got := b.raw(clientHost, text)
		if n := strings.Count(got, "HTTP/1.1 404"); seen.Load() != 0 || n != 2 && size < 64<<10 || n < 1 || n > 2 {
			t.Errorf("size %d: the backend saw %d requests, %d answers: %.400q", size, seen.Load(), n, got)
		}
	}
}

func TestOldAndOddRequests(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Method+" "+r.RequestURI)
		if strings.HasSuffix(r.URL.Path, "chunked") {
			w.(http.Flusher).Flush()
			io.WriteString(w, strings.Repeat("x", 20000))
		}
	})
	for _, tc := range []struct{ request, want string }{
		{"GET /backend/a HTTP/1.0\r\nHost: " + clientHost + "\r\n\r\n", "GET /base/a"},
		{"GET /backend/chunked HTTP/1.0\r\nHost: " + clientHost + "\r\n\r\n", "GET /base/chunked" + strings.Repeat("x", 20000)},
		{"GET https://" + clientHost + "/backend/a?x HTTP/1.1\r\nHost: " + clientHost + "\r\nConnection: close\r\n\r\n", "GET /base/a?x"},
		{"POST /backend/a HTTP/1.1\r\nHost: " + clientHost + ":8443\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", "POST /base/a"},
		{"GET /backend/x/%2e%2e/a/./b HTTP/1.1\r\nHost: " + clientHost + "\r\nConnection: close\r\n\r\n", "GET /base/a/b"},
		{"GET /backend/a%2Fb HTTP/1.1\r\nHost: " + strings.ToUpper(clientHost) + ".\r\nConnection: close\r\n\r\n", "GET /base/a%2Fb"},
	} {
		got := b.raw(clientHost, tc.request)
		got = strings.TrimPrefix(got, "HTTP/1.1 100 Continue\r\n\r\n")
		_, body, _ := strings.Cut(got, "\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || body != tc.want {
			t.Errorf("%.80q: %.300q", tc.request, got)
		}
	}
}

// TestHead: the length that a GET would have, and no body.
func TestHead(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "1234") })
	for _, e := range engines {
		resp, err := b.client(e, nil).Head("https://" + clientHost + "/backend/a")
		if err != nil || resp.StatusCode != 200 || resp.ContentLength != 1234 {
			t.Errorf("%s: %v %v", e.name, resp, err)
		}
	}
}

// TestBackendMisbehaves: each gives 500 with Azure's body, and the gateway goes on.
func TestBackendMisbehaves(t *testing.T) {
	replies := map[string]string{
		"nothing":           "",
		"no HTTP":           "SSH-2.0-x\r\n\r\n",
		"bad status":        "HTTP/1.1 2x0 OK\r\n\r\n",
		"bad field":         "HTTP/1.1 200 OK\r\nbad field: x\r\n\r\n",
		"field without end": "HTTP/1.1 200 OK\r\nA: b",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"CL and TE":         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"bad chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"short body":        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"huge head":         "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 100<<10) + "\r\n\r\n",
		"many informal":     strings.Repeat("HTTP/1.1 103 Early\r\n\r\n", 20),
		"unasked upgrade":   "HTTP/1.1 101 Switching\r\n\r\n",
	}
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, replies[r.Header.Get("Case")])
		conn.Close()
	})
	for _, e := range engines {
		c := b.client(e, nil)
		for name := range replies {
			resp, body := get(t, c, "/backend/a", "Case", name)
			if resp.StatusCode != 500 || !strings.HasPrefix(body, `{ "statusCode": 500, "message": "Internal server error"`) {
				t.Errorf("%s %s: %d %.100s", e.name, name, resp.StatusCode, body)
			}
		}
	}
}

// TestTruncatedStream: a body that the backend cuts off never looks complete.
func TestTruncatedStream(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		head := "Content-Length: 100000"
		if r.Header.Get("Case") == "chunked" {
			head = "Transfer-Encoding: chunked"
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n9000\r\n%s", head, strings.Repeat("x", 0x9000))
		conn.Close()
	})
	for _, e := range engines {
		for _, name := range []string{"chunked", "length"} {
			r, _ := http.NewRequest("GET", "https://"+clientHost+"/backend/a", nil)
			r.Header.Set("Case", name)
			resp, err := b.client(e, nil).Do(r)
			if err != nil {
				continue
			}
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if err == nil {
				t.Errorf("%s %s: a truncated body looks complete", e.name, name)
			}
		}
	}
}

// TestSlowClients: a header or body that does not come ends its connection.
func TestSlowClients(t *testing.T) {
	b := newBenchWith(t, echo, func(o *gateway.Options) {
		o.HeaderTimeout, o.IdleTimeout, o.BodyTimeout = 200*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
	})
	for name, text := range map[string]string{
		"nothing":    "",
		"slow head":  "GET /backend/a HTTP/1.1\r\nHost: ",
		"slow body":  "POST /backend/a HTTP/1.1\r\nHost: " + clientHost + "\r\nContent-Length: 100000\r\n\r\nabc",
		"small body": "POST /backend/a HTTP/1.1\r\nHost: " + clientHost + "\r\nContent-Length: 10\r\n\r\nabc",
		"idle":       "GET /nowhere HTTP/1.1\r\nHost: " + clientHost + "\r\n\r\n",
	} {
		begin := time.Now()
		got := b.raw(clientHost, text)
		if d := time.Since(begin); d > 3*time.Second || strings.Contains(got, "HTTP/1.1 200") {
			t.Errorf("%s: %v %.200q", name, d, got)
		}
	}
}

// TestSlowBodiesOverHTTP2: a body that stops to come ends its request, whether a policy or the backend waits for it.
func TestSlowBodiesOverHTTP2(t *testing.T) {
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.BodyTimeout = 200 * time.Millisecond })
	for name, policy := range map[string]string{"the backend waits": "", "a policy waits": `<set-variable name="v" value="@(context.Request.Body.As&lt;string&gt;(true))" />`} {
		s := b.service()
		s.APIs[0].Policy.Text = strings.Replace(s.APIs[0].Policy.Text, "</inbound>", policy+"</inbound>", 1)
		b.apply(s)
		in, out := io.Pipe()
		r, _ := http.NewRequest("POST", "https://"+clientHost+"/backend/a", in)
		began := time.Now()
		done := make(chan string, 1)
		go func() {
			resp, err := b.client(engines[1], nil).Do(r)
			if err != nil {
				done <- err.Error()
				return
			}
			defer resp.Body.Close()
			done <- resp.Status
		}()
		for range 8 { // a slow one that goes on is not cut off
			io.WriteString(out, "piece")
			time.Sleep(60 * time.Millisecond)
		}
		if got := <-done; strings.HasPrefix(got, "200") || time.Since(began) < 450*time.Millisecond || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %s after %v", name, got, time.Since(began))
		}
		out.Close()
	}
}

// TestShutdown: a request under way is answered, then its connection ends; a WebSocket
// does not hold Shutdown up.
func TestShutdown(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			io.Copy(io.Discard, conn)
			return
		}
		arrived <- struct{}{}
		<-release
		io.WriteString(w, "finished")
	})
	ws, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: clientHost})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	fmt.Fprintf(ws, "GET /backend/ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", clientHost)
	if line, err := bufio.NewReader(ws).ReadString('\n'); err != nil || !strings.Contains(line, "101") {
		t.Fatal(line, err)
	}
	got := make(chan string)
	go func() {
		got <- b.raw(clientHost, "GET /backend/a HTTP/1.1\r\nHost: "+clientHost+"\r\n\r\n")
	}()
	<-arrived
	done := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		done <- b.g.Shutdown(ctx)
	}()
	close(release)
	if s := <-got; !strings.HasSuffix(s, "finished") {
		t.Errorf("the request under way got %.200q", s)
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestKeepsConnections(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) })
	conn, err := tls.Dial("tcp", b.gateway, &tls.Config{RootCAs: b.ca.pool, ServerName: clientHost})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	br := bufio.NewReader(conn)
	remote := map[string]bool{}
	for range 5 {
		fmt.Fprintf(conn, "GET /backend/a HTTP/1.1\r\nHost: %s\r\n\r\n", clientHost)
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		remote[string(body)] = true
	}
	if len(remote) != 1 {
		t.Errorf("%d connections to the backend for 5 requests in a row", len(remote))
	}
}

// TestAccessLog has one JSON line a request and no query string, which may hold a key.
func TestAccessLog(t *testing.T) {
	b := newBench(t, echo)
	c := b.client(engines[0], nil)
	get(t, c, "/backend/a?subscription-key=key-one&x=\"")
	get(t, c, "/backend/closed")
	deadline := time.Now().Add(5 * time.Second)
	for strings.Count(b.access.String(), "\n") < 2 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	log := b.access.String()
	for _, want := range []string{`"api":"backend","operation":"any","client":"127.0.0.1","method":"GET","host":"` + clientHost + `","path":"/backend/a","status":200,"ms":`, `"reason":"BackendConnectionFailure","error":"connect to 127.0.0.1:1`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "key-one") {
		t.Errorf("the log shows a key:\n%s", log)
	}
}
