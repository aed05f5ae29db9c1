//go:build !linux

package cli_test

import "github.com/rogpeppe/go-internal/testscript"

// terminal needs Linux's pseudo terminals; the scripts that use it say [linux].
func terminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminals are made on Linux only")
}
