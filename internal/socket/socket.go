// Package socket makes TCP connections cheaper to read and write: on Linux a system call on a
// socket that never blocks need not be announced to Go's scheduler, which costs a small exchange
// about as much as the kernel's own work. Deadlines, closing and waiting stay those of package net.
//
// Start at Fast. It knows no TLS and no HTTP.
package socket
