// Package examples holds the files that the README and `gatehouse demo` use. They
// are ordinary files, deployed by the ordinary commands; Files carries them in the
// program, so that the demo runs anywhere.
package examples

import "embed"

// Files are the folders mtls and pipeline.
//
//go:embed mtls pipeline
var Files embed.FS
