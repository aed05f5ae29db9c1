package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline"
	"gatehouse/internal/pwsh"
)

func checkout(ctx context.Context, s *stepRun) (int, error) {
	if strings.EqualFold(s.inputs["repository"], "none") {
		s.print("The sources are not checked out.")
		return 0, nil
	}
	n, size, err := copySources(ctx, s.job.run.o.Dir, filepath.Join(s.job.dir, "s"), s.job.run.root)
	if err != nil {
		return 0, fmt.Errorf("copy the sources of %s: %w", s.job.run.o.Dir, err)
	}
	s.print(fmt.Sprintf("Copied %d files and folders (%.1f MB) of %s", n, float64(size)/1e6, s.job.run.o.Dir))
	return 0, nil
}

// start runs a program of the step with its output shown live.
func (s *stepRun) start(ctx context.Context, dir string, env []string, argv ...string) (int, error) {
	stdout, stderr := s.streams()
	code, err := execute(ctx, process{argv: argv, dir: dir, env: env, stdout: stdout, stderr: stderr})
	stdout.flush()
	stderr.flush()
	s.stderr = s.stderr || stderr.any
	return code, err
}

func (s *stepRun) streams() (stdout, stderr *lines) {
	secrets := s.job.run.secrets
	show := s.synchronised()
	return &lines{each: show, secrets: secrets}, &lines{each: show, secrets: secrets}
}

// folder is where a script runs: the input, relative to the sources.
func (s *stepRun) folder(input string) (string, error) {
	dir := s.inputs[input]
	base := filepath.Join(s.job.dir, "s")
	if dir == "" {
		return base, nil
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(base, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("the working directory '%s' does not exist", s.inputs[input])
	}
	return dir, nil
}

// path is a file of the sources.
func (s *stepRun) path(input string) string {
	p := s.inputs[input]
	if !filepath.IsAbs(p) {
		p = filepath.Join(s.job.dir, "s", p)
	}
	return p
}

// script writes a script to a file that only this user can read, and removes it with the step.
func (s *stepRun) script(extension, text string, run func(path string) (int, error)) (int, error) {
	f, err := os.CreateTemp(s.job.temp, "script-*"+extension)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	code, err := run(f.Name())
	return code, errors.Join(err, os.Remove(f.Name()))
}

// unix gives a script the line ends that shells want.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func cmdLine(ctx context.Context, s *stepRun) (int, error) {
	dir, err := s.folder("workingDirectory")
	if err != nil {
		return 0, err
	}
	return s.script(".sh", unix(s.inputs["script"]), func(path string) (int, error) {
		return s.start(ctx, dir, s.env, "bash", "--noprofile", "--norc", path)
	})
}

func bash(ctx context.Context, s *stepRun) (int, error) {
	dir, err := s.folder("workingDirectory")
	if err != nil {
		return 0, err
	}
	argv := []string{"bash"}
	if s.flag("noProfile") {
		argv = append(argv, "--noprofile")
	}
	if s.flag("noRc") {
		argv = append(argv, "--norc")
	}
	env := s.env
	if v := s.inputs["bashEnvValue"]; v != "" {
		env = append(env, "BASH_ENV="+v)
	}
	if !strings.EqualFold(s.inputs["targetType"], "inline") {
		return s.start(ctx, dir, env, append(append(argv, s.path("filePath")), arguments(s.inputs["arguments"])...)...)
	}
	return s.script(".sh", unix(s.inputs["script"]), func(path string) (int, error) {
		return s.start(ctx, dir, env, append(argv, path)...)
	})
}

func powerShell(ctx context.Context, s *stepRun) (int, error) {
	dir, err := s.folder("workingDirectory")
	if err != nil {
		return 0, err
	}
	p := psScript{dir: dir, env: s.env, preference: s.inputs["errorActionPreference"], ignoreExit: s.flag("ignoreLASTEXITCODE"), arguments: s.inputs["arguments"], text: s.step.Inputs["script"]}
	p.script = s.inputs["script"]
	if !strings.EqualFold(s.inputs["targetType"], "inline") {
		p.file = s.path("filePath")
	}
	return s.powershell(ctx, p)
}

// psScript is a script for PowerShell: file, or else script.
type psScript struct {
	dir, file, script, preference, arguments string
	ignoreExit                               bool
	env                                      []string
	text                                     pipeline.Text // where script is written
}

// powershell runs a script by pwsh, or where there is none by the built-in part of the language.
func (s *stepRun) powershell(ctx context.Context, p psScript) (int, error) {
	if p.preference == "" || strings.EqualFold(p.preference, "default") {
		p.preference = "stop"
	}
	if s.job.run.pwsh == "" {
		return s.builtin(ctx, p)
	}
	body := p.script
	if p.file != "" {
		body = ". '" + strings.ReplaceAll(p.file, "'", "''") + "' " + p.arguments
	}
	text := "$ErrorActionPreference = '" + p.preference + "'\n" + body + "\n"
	if !p.ignoreExit {
		text += "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }\n"
	}
	return s.script(".ps1", text, func(path string) (int, error) {
		return s.start(ctx, p.dir, p.env, s.job.run.pwsh, "-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-Command", ". '"+strings.ReplaceAll(path, "'", "''")+"'")
	})
}

// afterMacros takes the words out of diagnostics of a script in which macros were
// replaced: a word may be a part of a secret, which masking would not find.
func afterMacros(list diag.List, asWritten bool) diag.List {
	if !asWritten {
		for i := range list {
			list[i].Message = "With the values of its variables in it, the script is not understood by the built-in PowerShell."
			list[i].Hint = "Is a value that has a quote, a '$' or a blank in it outside of single quotes? Pass such a value by 'env' and write $env:NAME."
		}
	}
	return list
}

func (s *stepRun) builtin(ctx context.Context, p psScript) (int, error) {
	name, text := p.text.Node, p.script
	file := "script"
	if name != nil {
		file = name.File
	}
	if p.file != "" {
		var err error
		if text, err = readScript(p.file); err != nil {
			return 0, err
		}
		file, p.text = p.file, pipeline.Text{Value: text}
	}
	script, list := pwsh.Parse(file, text)
	if list.HasErrors() {
		return 0, afterMacros(place(list, p.text), text == p.text.Value).Err()
	}
	stdout, stderr := s.streams()
	code, err := script.Run(ctx, pwsh.Options{
		Getenv: func(name string) string { return envValue(p.env, name) },
		Stdout: stdout, Stderr: stderr, IgnoreExitCode: p.ignoreExit, Continue: !strings.EqualFold(p.preference, "stop"),
		Exec: func(ctx context.Context, argv []string) (int, error) {
			native, err := s.withoutSecrets(process{argv: argv, dir: p.dir, env: p.env, stdout: stdout, stderr: stderr})
			if err != nil {
				return 0, err
			}
			code, err := execute(ctx, native)
			if errors.Is(err, errNoProgram) {
				return 0, fmt.Errorf("%w: %s", pwsh.ErrNotFound, argv[0])
			}
			return code, err
		}})
	stdout.flush()
	stderr.flush()
	s.stderr = s.stderr || stderr.any
	return code, err
}
