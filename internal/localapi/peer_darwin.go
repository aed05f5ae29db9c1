package localapi

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerUID is the user of the process at the other end (LOCAL_PEERCRED).
func peerUID(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	var cred *unix.Xucred
	var optErr error
	if err := raw.Control(func(fd uintptr) {
		cred, optErr = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	}); err != nil {
		return -1, err
	}
	if optErr != nil {
		return -1, optErr
	}
	return int(cred.Uid), nil
}
