package socket_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/socket"
)

// pair is a TCP connection with both ends made by way.
func pair(tb testing.TB, way func(net.Conn) net.Conn) (a, b net.Conn) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	x, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	y, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	a, b = way(x), way(y)
	tb.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// TestMovesAll: more than the kernel's buffers hold goes through in both directions at once.
func TestMovesAll(t *testing.T) {
	a, b := pair(t, socket.Fast)
	want := make([]byte, 16<<20)
	rand.Read(want)
	var all sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		all.Add(2)
		go func() {
			defer all.Done()
			if n, err := way[0].Write(want); n != len(want) || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		}()
		go func() {
			defer all.Done()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(way[1], got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("what was read is not what was written: %v", err)
			}
		}()
	}
	all.Wait()
}

// TestWritersTakeTurns: writes of several goroutines stay whole.
func TestWritersTakeTurns(t *testing.T) {
	a, b := pair(t, socket.Fast)
	const size, writers = 1 << 20, 4
	for i := range writers {
		go func() {
			if _, err := a.Write(bytes.Repeat([]byte{byte('a' + i)}, size)); err != nil {
				t.Error(err)
			}
		}()
	}
	got := make([]byte, size)
	for range writers {
		if _, err := io.ReadFull(b, got); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(got, got[:1]) != size {
			t.Error("two writes are mixed")
		}
	}
}

// TestEnds: ends and errors are those of package net.
func TestEnds(t *testing.T) {
	p := make([]byte, 8)
	a, b := pair(t, socket.Fast)
	if n, err := a.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
	if n, err := a.Write(nil); n != 0 || err != nil {
		t.Errorf("writing nothing: %d, %v", n, err)
	}
	_ = a.SetReadDeadline(time.Unix(1, 0))
	_, err := a.Read(p)
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || !strings.HasPrefix(err.Error(), "read tcp ") {
		t.Errorf("after its deadline: %v", err)
	}
	_ = a.SetReadDeadline(time.Time{})
	_ = a.SetWriteDeadline(time.Unix(1, 0))
	if _, err = a.Write(p); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.HasPrefix(err.Error(), "write tcp ") {
		t.Errorf("after its deadline: %v", err)
	}
	waiting := make(chan error)
	go func() { _, err := a.Read(p); waiting <- err }()
	_ = a.SetReadDeadline(time.Now().Add(time.Millisecond)) // ends a read under way, or one to come
	if err := <-waiting; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline set while reading: %v", err)
	}
	_ = a.SetDeadline(time.Time{})
	_ = b.(interface{ CloseWrite() error }).CloseWrite()
	if n, err := a.Read(p); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
	_ = a.Close()
	if _, err := a.Read(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading after Close: %v", err)
	}
	if _, err := a.Write(p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
}

// TestCloseEndsWaiting: Close from elsewhere ends a read and a write that wait.
func TestCloseEndsWaiting(t *testing.T) {
	a, _ := pair(t, socket.Fast)
	ended := make(chan error, 2)
	go func() { _, err := a.Read(make([]byte, 1)); ended <- err }()
	go func() { _, err := a.Write(make([]byte, 64<<20)); ended <- err }()
	_ = a.Close()
	for range 2 {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close while waiting: %v", err)
		}
	}
}

// TestReset: a connection that the peer cut says so.
func TestReset(t *testing.T) {
	a, b := pair(t, socket.Fast)
	_ = b.(interface{ SetLinger(int) error }).SetLinger(0)
	_ = b.Close()
	if _, err := a.Read(make([]byte, 1)); err == nil || err == io.EOF || !strings.Contains(err.Error(), "reset") {
		t.Errorf("after a reset: %v", err)
	}
}

// TestOthersStay: a connection that is not TCP is left alone.
func TestOthersStay(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if socket.Fast(a) != a {
		t.Error("a pipe was wrapped")
	}
}

// BenchmarkExchange is a write and a read of 1,200 bytes, by package net and fast.
func BenchmarkExchange(b *testing.B) {
	run := func(b *testing.B, x, y net.Conn) {
		out, in := make([]byte, 1200), make([]byte, 4096)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := x.Write(out); err != nil {
				b.Fatal(err)
			}
			for n := 0; n < len(out); {
				m, err := y.Read(in)
				if err != nil {
					b.Fatal(err)
				}
				n += m
			}
		}
	}
	b.Run("fast", func(b *testing.B) { x, y := pair(b, socket.Fast); run(b, x, y) })
	b.Run("net", func(b *testing.B) { x, y := pair(b, func(c net.Conn) net.Conn { return c }); run(b, x, y) })
}
