package edge

import "syscall"

// What Accept returns for reasons that pass: no descriptors left, or a connection that
// its client gave up while it waited.
const (
	errTooManyFiles = syscall.EMFILE
	errAborted      = syscall.ECONNABORTED
)
