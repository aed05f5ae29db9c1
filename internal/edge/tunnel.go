package edge

import (
	"io"
	"net"
	"sync"
	"time"
)

// tunnel is one CONNECT that was accepted: two connections and the bytes between them.
type tunnel struct {
	client, upstream net.Conn
	idle             time.Duration
}

// run copies both ways until both sides have ended, one fails, or neither has sent
// anything for the idle time.
func (t *tunnel) run() {
	timer := time.AfterFunc(t.idle, t.close)
	defer timer.Stop()
	var both sync.WaitGroup
	both.Go(func() { t.pass(t.upstream, t.client, timer) })
	both.Go(func() { t.pass(t.client, t.upstream, timer) })
	both.Wait()
	t.close()
}

// pass copies one way. An end of src is passed on as such, so that the other direction
// may still finish; an error ends both.
func (t *tunnel) pass(dst, src net.Conn, timer *time.Timer) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := src.Read(buffer)
		if n > 0 {
			timer.Reset(t.idle)
			if _, writeErr := dst.Write(buffer[:n]); writeErr != nil {
				t.close()
				return
			}
		}
		if err == io.EOF {
			if half, ok := dst.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			t.close()
			return
		}
	}
}

func (t *tunnel) close() {
	t.client.Close()
	t.upstream.Close()
}
