package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Fast is c with cheaper reads and writes, or c itself where it is no TCP connection of package
// net.
func Fast(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	f := &conn{TCPConn: tcp, raw: raw}
	f.in.try, f.out.try = f.in.receive, f.out.send // made once: method values allocate
	return f
}

// conn is a TCP connection. All but Read and Write is package net's.
type conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out transfer
}

// transfer is one direction: the read or write under way, one at a time.
type transfer struct {
	mu  sync.Mutex
	p   []byte // what is left of the caller's buffer
	n   int    // bytes moved
	err syscall.Errno
	try func(fd uintptr) bool
}

// maxTransfer is what one call moves at most, as in package net: some systems take no more.
const maxTransfer = 1 << 30

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	t := &c.in
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(p)
	err := c.raw.Read(t.try)
	t.p = nil
	switch {
	case err != nil:
		return 0, renamed(err, "read")
	case t.err != 0:
		return 0, c.failed("read", "recvfrom", t.err)
	case t.n == 0:
		return 0, io.EOF
	}
	return t.n, nil
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	t := &c.out
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(p)
	err := c.raw.Write(t.try)
	t.p = nil
	if err != nil {
		return t.n, renamed(err, "write")
	}
	if t.err != 0 {
		return t.n, c.failed("write", "sendto", t.err)
	}
	return t.n, nil
}

func (t *transfer) begin(p []byte) { t.p, t.n, t.err = p, 0, 0 }

// receive is one attempt at a read; false asks to wait until the socket is readable.
func (t *transfer) receive(fd uintptr) bool {
	for {
		n, e := call(syscall.SYS_RECVFROM, fd, t.p, syscall.MSG_DONTWAIT)
		switch e {
		case 0:
			t.n = n
			return true
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
		default:
			t.err = e
			return true
		}
	}
}

// send writes what it can; false asks to wait until the socket takes more.
func (t *transfer) send(fd uintptr) bool {
	for len(t.p) > 0 {
		n, e := call(syscall.SYS_SENDTO, fd, t.p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
		switch e {
		case 0:
			t.n += n
			t.p = t.p[n:]
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
		default:
			t.err = e
			return true
		}
	}
	return true
}

// call is recvfrom(2) or sendto(2) without an address; p is not empty.
//
// RawSyscall6 tells the scheduler nothing, so that the call must not block: MSG_DONTWAIT sees to
// that for this call alone, whatever the socket's own mode. p's pointer becomes a uintptr in the
// argument list of a call of package syscall, where the compiler keeps what it points to alive and
// in place (rule 4 of unsafe.Pointer). fd stays open: syscall.RawConn holds it for the callback.
func call(trap, fd uintptr, p []byte, flags uintptr) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(min(len(p), maxTransfer)), flags, 0, 0)
	return int(n), e
}

// failed is an error as package net writes it.
func (c *conn) failed(op, call string, e syscall.Errno) error {
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(call, e)}
}

// renamed is an error of syscall.RawConn, which calls its operations raw-read and raw-write.
func renamed(err error, op string) error {
	var e *net.OpError
	if errors.As(err, &e) {
		e.Op = op // made for this call
	}
	return err
}
