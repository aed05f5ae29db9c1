package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// process is a program to run.
type process struct {
	argv           []string
	dir            string
	env            []string
	stdout, stderr io.Writer
}

// errNoProgram says that a program is not on the PATH of the step.
var errNoProgram = errors.New("there is no such program on PATH")

// execute runs a program and gives its exit code. When ctx ends, it and all that it
// started are killed.
func execute(ctx context.Context, p process) (int, error) {
	path := lookPath(p.argv[0], p.dir, envValue(p.env, "PATH"))
	if path == "" {
		return 0, fmt.Errorf("%s: %w", p.argv[0], errNoProgram)
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Args, cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.argv, p.dir, p.env, p.stdout, p.stderr
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return 1, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitCode(exit), nil
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return cmd.ProcessState.ExitCode(), nil // it ended, and something that it started holds its output
	}
	return 0, err
}

// ArgumentsVariable holds the arguments of our own az, as a JSON array, where one of them holds a
// secret: other users of the machine can read an argument list, but no environment.
const ArgumentsVariable = "GATEHOUSE_AZ_ARGUMENTS"

// Arguments gives the arguments that our own az was started with, by its list or by its environment.
func Arguments(list []string, getenv func(string) string) ([]string, error) {
	text := getenv(ArgumentsVariable)
	if text == "" {
		return list, nil
	}
	var hidden []string
	if err := json.Unmarshal([]byte(text), &hidden); err != nil {
		return nil, fmt.Errorf("%s holds no JSON array of strings; unset it", ArgumentsVariable)
	}
	return hidden, nil
}

// withoutSecrets takes the secrets out of the argument list of our own az. What any other program gets is
// the script's to decide.
func (s *stepRun) withoutSecrets(p process) (process, error) {
	if s.job.run.o.Executable == "" || lookPath(p.argv[0], p.dir, envValue(p.env, "PATH")) != filepath.Join(s.job.bin, "az") {
		return p, nil
	}
	shown := make([]string, len(p.argv))
	for i, a := range p.argv {
		shown[i] = s.job.run.secrets.Text(a)
	}
	if slices.Equal(shown, p.argv) {
		return p, nil
	}
	hidden, err := json.Marshal(p.argv[1:])
	if err != nil {
		return p, err
	}
	p.argv, p.env = shown, append(slices.Clip(p.env), ArgumentsVariable+"="+string(hidden))
	return p, nil
}

func exitCode(e *exec.ExitError) int {
	if c := e.ExitCode(); c >= 0 {
		return c
	}
	return 128 // ended by a signal
}

func envValue(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(env[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}

// arguments splits the arguments of a script as the agent's tool runner does: double
// quotes group, a backslash escapes a quote within them.
func arguments(text string) []string {
	var out []string
	var b strings.Builder
	quoted, any, escaped := false, false, false
	for _, r := range text {
		switch {
		case r == ' ' && !quoted:
			if any {
				out = append(out, b.String())
			}
			b.Reset()
			any = false
			continue
		case r == '"' && !escaped:
			quoted = !quoted
			any = true
			continue
		case r == '\\' && quoted && !escaped:
			escaped = true
			continue
		case escaped && r != '"':
			b.WriteByte('\\')
		}
		escaped = false
		any = true
		b.WriteRune(r)
	}
	if any {
		out = append(out, b.String())
	}
	return out
}
