package main

import (
	"os"
	"runtime"
	"slices"
	"syscall"
)

// The numbers of prctl(2), and the slack that Linux gives by default.
const (
	prSetTimerSlack = 29
	prGetTimerSlack = 30
	defaultSlack    = 50_000  // ns
	serverSlack     = 250_000 // ns
)

// coarseTimers starts a server again with coarser timers. Go's sysmon thread sleeps for 20 µs at
// a time while a busy gateway now and then waits, so that it wakes up some 14,000 times a second:
// a tenth of the CPU time of each request. The slack of a thread is its creator's, and survives
// exec; sysmon is there before main, hence the second start. Timers are a quarter of a
// millisecond late at most. A slack that someone has chosen stays.
func coarseTimers(argv []string) {
	if len(argv) < 2 || !slices.Contains([]string{"up", "serve"}, argv[1]) || slices.Contains(argv, "--help") {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if now, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0); e != 0 || now != defaultSlack {
		return
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, serverSlack, 0); e != 0 {
		return
	}
	_ = syscall.Exec("/proc/self/exe", argv, os.Environ()) // without it all works as well, at a higher cost
}
