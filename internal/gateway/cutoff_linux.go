package gateway

import "golang.org/x/sys/unix"

// peerClosed looks for a FIN or RST without taking what came before it: a TLS client says goodbye first. HTTP/1.1 over
// TLS knows no half-closed connections.
func peerClosed(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}
