// Package bicep is the front door of the Bicep compiler: it reads a .bicep file
// and the files that it refers to, and returns the ARM template as the official
// compiler would write it, with the diagnostics that the official compiler would
// give. Start at Compile.
//
// The work is done by its sub-packages, in order: syntax (text to tree), sema
// (tree to symbols, types and diagnostics), emit (symbols to template JSON).
// None of them evaluates a template; that is package template.
package bicep

import (
	"context"
	"errors"
	"os"

	"gatehouse/internal/diag"
)

// Options says how Compile reads files and signs its output.
type Options struct {
	// ReadFile reads a file by its cleaned path; nil means os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// GeneratorVersion is written to metadata._generator.version; empty means DefaultGeneratorVersion.
	GeneratorVersion string
}

// DefaultGeneratorVersion is the version of the official compiler whose output this one equals.
const DefaultGeneratorVersion = "0.38.33.27573"

// Result is a compiled template.
type Result struct {
	// Template is the ARM template: JSON with ordered members, indented by two spaces.
	Template []byte
}

// Compile compiles the .bicep file at path. The result is nil when the list
// holds errors.
func Compile(ctx context.Context, path string, o Options) (*Result, diag.List) {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if err := ctx.Err(); err != nil {
		return nil, diag.List{{Code: "BCP000", Message: err.Error(), File: path}}
	}
	return nil, diag.List{{Code: "BCP000", Message: errors.ErrUnsupported.Error(), File: path}}
}
