package pwsh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Options of Run. Exec runs a native command and gives its exit code; ErrNotFound
// (wrapped) says that there is none of that name.
type Options struct {
	Getenv func(string) string
	Exec   func(ctx context.Context, argv []string) (int, error)
	Stdout io.Writer
	Stderr io.Writer

	// IgnoreExitCode makes the script succeed whatever its last native command returned.
	IgnoreExitCode bool
	// Continue goes on after a command that does not exist ($ErrorActionPreference other than stop).
	Continue bool
}

// ErrNotFound says that no command has that name.
var ErrNotFound = errors.New("pwsh: command not found")

// Run runs the script and returns its exit code: that of the last native command,
// as `exit $LASTEXITCODE` at the end of it gives. A native command that fails does
// not stop the script, as in PowerShell.
func (s *Script) Run(ctx context.Context, o Options) (int, error) {
	last, ok := 0, true
	for _, c := range s.Commands {
		if c.Chain == AndAlso && !ok || c.Chain == OrElse && ok {
			continue
		}
		argv := make([]string, len(c.Words))
		for i, w := range c.Words {
			argv[i] = w.Expand(o.Getenv)
		}
		if strings.EqualFold(argv[0], "Write-Host") {
			fmt.Fprintln(o.Stdout, strings.Join(argv[1:], " "))
			ok = true
			continue
		}
		code, err := o.Exec(ctx, argv)
		if errors.Is(err, ErrNotFound) {
			fmt.Fprintf(o.Stderr, "%s: line %d: The term '%s' is not recognized as a name of a cmdlet, function, script file, or executable program.\n", argv[0], c.Line, argv[0])
			if ok = false; o.Continue {
				continue
			}
			return 1, nil
		}
		if err != nil {
			return 1, err
		}
		last, ok = code, code == 0
	}
	if o.IgnoreExitCode {
		return 0, nil
	}
	return last, nil
}
