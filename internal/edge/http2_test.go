package edge

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2conn is an HTTP/2 client that may send anything.
type h2conn struct {
	net.Conn
	*http2.Framer
	t    *testing.T
	text bytes.Buffer
	hp   *hpack.Encoder
}

func (b *bench) h2(sni string) *h2conn {
	b.t.Helper()
	c, err := tls.Dial("tcp", b.addr, &tls.Config{RootCAs: b.ca.Pool(), ServerName: sni, NextProtos: []string{"h2"}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	h := &h2conn{Conn: c, Framer: http2.NewFramer(c, c), t: b.t}
	h.Framer.AllowIllegalWrites, h.Framer.AllowIllegalReads = true, true
	h.hp = hpack.NewEncoder(&h.text)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, http2.ClientPreface)
	h.WriteSettings()
	return h
}

// fields encodes a header list given as name, value, ...
func (h *h2conn) fields(list ...string) []byte {
	h.text.Reset()
	for i := 0; i+1 < len(list); i += 2 {
		h.hp.WriteField(hpack.HeaderField{Name: list[i], Value: list[i+1]})
	}
	return bytes.Clone(h.text.Bytes())
}

func (h *h2conn) get(stream uint32, more ...string) {
	h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, EndStream: true, EndHeaders: true,
		BlockFragment: h.fields(append([]string{":method", "GET", ":scheme", "https", ":path", "/", ":authority", "contoso.azure-api.net"}, more...)...)})
}

// end reads until the server ends the connection or the stream, or answers; it says how.
func (h *h2conn) end() string {
	for {
		f, err := h.ReadFrame()
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			return "GOAWAY " + f.ErrCode.String()
		case *http2.RSTStreamFrame:
			return "RST " + f.ErrCode.String()
		case *http2.HeadersFrame:
			list, _ := hpack.NewDecoder(4096, nil).DecodeFull(f.HeaderBlockFragment())
			if len(list) > 0 {
				return "status " + list[0].Value
			}
		case *http2.PingFrame:
			if f.IsAck() {
				return "PONG " + string(f.Data[:])
			}
		}
		if err != nil {
			if isTimeout(err) {
				return "silence"
			}
			return "closed"
		}
	}
}

// TestHTTP2Rules is what h2spec asks in sections 3 to 8 of RFC 9113, of the cases that a server
// must refuse: each ends the connection or the stream with the right code, and never in silence.
func TestHTTP2Rules(t *testing.T) {
	b := newBench(t, nil)
	raw := func(typ http2.FrameType, flags http2.Flags, stream uint32, payload string) func(*h2conn) {
		return func(h *h2conn) { h.WriteRawFrame(typ, flags, stream, []byte(payload)) }
	}
	setting := func(id uint16, v uint32) func(*h2conn) {
		var p [6]byte
		binary.BigEndian.PutUint16(p[:], id)
		binary.BigEndian.PutUint32(p[2:], v)
		return raw(http2.FrameSettings, 0, 0, string(p[:]))
	}
	headers := func(list ...string) func(*h2conn) {
		return func(h *h2conn) {
			h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndStream: true, EndHeaders: true, BlockFragment: h.fields(list...)})
		}
	}
	base := []string{":method", "GET", ":scheme", "https", ":path", "/", ":authority", "contoso.azure-api.net"}
	with := func(more ...string) func(*h2conn) { return headers(append(slices.Clone(base), more...)...) }
	for _, c := range []struct {
		name string
		send func(*h2conn)
		want string // of end, or several divided by |
	}{
		{"a request", func(h *h2conn) { h.get(1) }, "status 200"},
		{"a ping", func(h *h2conn) { h.WritePing(false, [8]byte{'p', 'i', 'n', 'g', 'p', 'o', 'n', 'g'}) }, "PONG pingpong"},
		{"an unknown frame", func(h *h2conn) { h.WriteRawFrame(0xbe, 0, 0, []byte("x")); h.get(1) }, "status 200"},
		{"an unknown setting", func(h *h2conn) { setting(0xbeef, 1)(h); h.get(1) }, "status 200"},
		{"DATA on stream 0", raw(http2.FrameData, 0, 0, "x"), "GOAWAY PROTOCOL_ERROR"},
		{"DATA on an idle stream", raw(http2.FrameData, 0, 1, "x"), "GOAWAY PROTOCOL_ERROR"},
		{"DATA with too much padding", raw(http2.FrameData, http2.FlagDataPadded, 1, "\x09x"), "GOAWAY PROTOCOL_ERROR"},
		{"HEADERS on stream 0", raw(http2.FrameHeaders, 4, 0, "\x82"), "GOAWAY PROTOCOL_ERROR"},
		{"HEADERS on an even stream", raw(http2.FrameHeaders, 5, 2, "\x82\x87\x84"), "GOAWAY PROTOCOL_ERROR"},
		{"a lower stream", func(h *h2conn) { h.get(5); h.end(); h.get(3) }, "GOAWAY PROTOCOL_ERROR|GOAWAY STREAM_CLOSED|closed"},
		{"a stream that depends on itself", func(h *h2conn) {
			h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, EndStream: true, BlockFragment: h.fields(base...), Priority: http2.PriorityParam{StreamDep: 1}})
		}, "RST PROTOCOL_ERROR|GOAWAY PROTOCOL_ERROR|status 200"}, // RFC 9113 section 5.3: priorities are to be ignored
		{"HEADERS between CONTINUATIONs", func(h *h2conn) {
			h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: h.fields(base...)})
			h.get(3)
		}, "GOAWAY PROTOCOL_ERROR"},
		{"CONTINUATION alone", raw(http2.FrameContinuation, 4, 1, "\x82"), "GOAWAY PROTOCOL_ERROR"},
		{"PUSH_PROMISE", raw(http2.FramePushPromise, 4, 1, "\x00\x00\x00\x02\x82"), "GOAWAY PROTOCOL_ERROR"},
		{"SETTINGS on a stream", raw(http2.FrameSettings, 0, 1, ""), "GOAWAY PROTOCOL_ERROR"},
		{"SETTINGS of 5 bytes", raw(http2.FrameSettings, 0, 0, "12345"), "GOAWAY FRAME_SIZE_ERROR"},
		{"an ACK with a payload", raw(http2.FrameSettings, 1, 0, "123456"), "GOAWAY FRAME_SIZE_ERROR"},
		{"ENABLE_PUSH of 2", setting(2, 2), "GOAWAY PROTOCOL_ERROR"},
		{"a window of 2^31", setting(4, 1<<31), "GOAWAY FLOW_CONTROL_ERROR"},
		{"frames of 16383", setting(5, 16383), "GOAWAY PROTOCOL_ERROR"},
		{"frames of 2^24", setting(5, 1<<24), "GOAWAY PROTOCOL_ERROR"},
		{"PING of 7 bytes", raw(http2.FramePing, 0, 0, "1234567"), "GOAWAY FRAME_SIZE_ERROR"},
		{"PING on a stream", raw(http2.FramePing, 0, 1, "12345678"), "GOAWAY PROTOCOL_ERROR"},
		{"GOAWAY on a stream", raw(http2.FrameGoAway, 0, 1, "\x00\x00\x00\x00\x00\x00\x00\x00"), "GOAWAY PROTOCOL_ERROR"},
		{"WINDOW_UPDATE of 0", raw(http2.FrameWindowUpdate, 0, 0, "\x00\x00\x00\x00"), "GOAWAY PROTOCOL_ERROR"},
		{"WINDOW_UPDATE of 3 bytes", raw(http2.FrameWindowUpdate, 0, 0, "\x00\x00\x01"), "GOAWAY FRAME_SIZE_ERROR"},
		{"a window that overflows", func(h *h2conn) { h.WriteWindowUpdate(0, 1<<31-1); h.WriteWindowUpdate(0, 1<<31-1) }, "GOAWAY FLOW_CONTROL_ERROR"},
		{"WINDOW_UPDATE on an idle stream", raw(http2.FrameWindowUpdate, 0, 1, "\x00\x00\x00\x01"), "GOAWAY PROTOCOL_ERROR"},
		{"RST_STREAM on an idle stream", raw(http2.FrameRSTStream, 0, 1, "\x00\x00\x00\x08"), "GOAWAY PROTOCOL_ERROR"},
		{"RST_STREAM of 3 bytes", raw(http2.FrameRSTStream, 0, 1, "\x00\x00\x08"), "GOAWAY FRAME_SIZE_ERROR"},
		{"PRIORITY of 4 bytes", raw(http2.FramePriority, 0, 1, "\x00\x00\x00\x03"), "GOAWAY FRAME_SIZE_ERROR|RST FRAME_SIZE_ERROR"},
		{"a frame over the limit", func(h *h2conn) { h.Write(append([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1}, make([]byte, 64)...)) }, "GOAWAY FRAME_SIZE_ERROR"},
		{"an index that is not there", raw(http2.FrameHeaders, 5, 1, "\xff\xff\xff\x0f"), "GOAWAY COMPRESSION_ERROR"},
		{"a table that grows too far", raw(http2.FrameHeaders, 5, 1, "\x3f\xe1\xff\x03\x82\x87\x84"), "GOAWAY COMPRESSION_ERROR"},
		{"an upper-case name", with("X-A", "b"), "RST PROTOCOL_ERROR"},
		{"a pseudo-header after a field", headers(":method", "GET", ":scheme", "https", ":authority", "contoso.azure-api.net", "a", "b", ":path", "/"), "RST PROTOCOL_ERROR"},
		{"an unknown pseudo-header", with(":x", "y"), "RST PROTOCOL_ERROR"},
		{":status in a request", with(":status", "200"), "RST PROTOCOL_ERROR"},
		{"no method", headers(":scheme", "https", ":path", "/", ":authority", "contoso.azure-api.net"), "RST PROTOCOL_ERROR"},
		{"no path", headers(":method", "GET", ":scheme", "https", ":authority", "contoso.azure-api.net"), "RST PROTOCOL_ERROR"},
		{"two methods", with(":method", "GET"), "RST PROTOCOL_ERROR"},
		{"an empty path", headers(":method", "GET", ":scheme", "https", ":path", "", ":authority", "contoso.azure-api.net"), "RST PROTOCOL_ERROR"},
		{"connection", with("connection", "close"), "RST PROTOCOL_ERROR|status 400"},
		{"transfer-encoding", with("transfer-encoding", "chunked"), "RST PROTOCOL_ERROR|status 400"},
		{"te", with("te", "gzip"), "RST PROTOCOL_ERROR|status 400"},
		{"a line break in a value", with("x-a", "b\r\nc: d"), "RST PROTOCOL_ERROR|status 400"},
		{"a NUL in a value", with("x-a", "b\x00"), "RST PROTOCOL_ERROR|status 400"},
		{"a space in a name", with("x a", "b"), "RST PROTOCOL_ERROR"},
		{"a length that lies", func(h *h2conn) {
			h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: h.fields(append(slices.Clone(base), "content-length", "2")...)})
			h.WriteData(1, true, []byte("long"))
		}, "RST PROTOCOL_ERROR|status 200"}, // after an early answer, too
	} {
		t.Run(c.name, func(t *testing.T) {
			h := b.h2("contoso.azure-api.net")
			c.send(h)
			if got := h.end(); !slices.Contains(strings.Split(c.want, "|"), got) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestHTTP2Floods: none of them takes memory or goroutines with it, or the server from others, on the names of
// services and on those of the control plane.
func TestHTTP2Floods(t *testing.T) {
	b := newBench(t, nil)
	b.do(call{sni: "contoso.azure-api.net", host: "contoso.azure-api.net", h2: true}) // what is made once
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	for name, flood := range map[string]func(h *h2conn, i int) error{
		"rapid reset": func(h *h2conn, i int) error {
			h.get(uint32(2*i + 1))
			return h.WriteRSTStream(uint32(2*i+1), http2.ErrCodeCancel)
		},
		"ping": func(h *h2conn, _ int) error { return h.WritePing(false, [8]byte{}) },
		"settings": func(h *h2conn, _ int) error {
			return h.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 4096})
		},
		"empty data": func(h *h2conn, i int) error {
			if i == 0 {
				h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: h.fields(":method", "POST", ":scheme", "https", ":path", "/", ":authority", "contoso.azure-api.net")})
			}
			return h.WriteData(1, false, nil)
		},
		"continuation": func(h *h2conn, i int) error {
			if i == 0 {
				h.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: h.fields(":method", "GET", ":scheme", "https", ":path", "/", ":authority", "contoso.azure-api.net")})
			}
			return h.WriteContinuation(1, false, h.fields("x-a", strings.Repeat("a", 1000)))
		},
		"priority":      func(h *h2conn, i int) error { return h.WritePriority(uint32(2*i+1), http2.PriorityParam{StreamDep: 3}) },
		"window update": func(h *h2conn, _ int) error { return h.WriteWindowUpdate(0, 1) },
	} {
		for i, sni := range []string{"contoso.azure-api.net", "contoso.azure-api.net", "management.azure.com", "management.azure.com"} {
			reads := i%2 == 0
			h := b.h2(sni)
			done := make(chan struct{})
			if reads {
				go func() { defer close(done); io.Copy(io.Discard, h.Conn) }()
			}
			end := time.Now().Add(200 * time.Millisecond)
			h.SetWriteDeadline(end)
			n := 0
			for ; n < 50_000 && time.Now().Before(end); n++ {
				if flood(h, n) != nil {
					break // refused
				}
			}
			if status, body, err := b.do(call{sni: sni, host: sni, h2: true}); status != 200 {
				t.Errorf("%s, %s: beside it: %d %q %v", name, sni, status, body, err)
			}
			h.Close()
			if reads {
				<-done
			}
		}
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines+5 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	runtime.GC()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if n := runtime.NumGoroutine(); n > goroutines+5 {
		t.Errorf("%d goroutines, before the floods %d", n, goroutines)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
}
