package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gatehouse/internal/seal"
)

// passphraseFlags are the ways to give a passphrase: --passphrase-file, --passphrase-env,
// or --passphrase to be asked at the terminal. It is never an argument.
type passphraseFlags struct {
	prefix   string // of the flags' names, and of the prompt
	file     string
	variable string
	prompt   bool
}

func (p *passphraseFlags) register(cmd *cobra.Command, of string) {
	flags := cmd.Flags()
	flags.StringVar(&p.file, p.prefix+"passphrase-file", "", "`file`, with mode 0600, that holds the passphrase of "+of)
	flags.StringVar(&p.variable, p.prefix+"passphrase-env", "", "`name` of the environment variable that holds the passphrase")
	flags.BoolVar(&p.prompt, p.prefix+"passphrase", false, "ask for the passphrase at the terminal")
}

// of checks the flags. Without any, a passphrase that turns out to be needed is asked for
// at the terminal.
func (p *passphraseFlags) of(env *Env) (seal.Passphrase, error) {
	ways := 0
	for _, used := range []bool{p.file != "", p.variable != "", p.prompt} {
		if used {
			ways++
		}
	}
	if ways > 1 {
		return seal.Passphrase{}, &ExitError{Code: 2, Err: fmt.Errorf("give the passphrase one way: --%[1]spassphrase-file, --%[1]spassphrase-env or --%[1]spassphrase", p.prefix)}
	}
	return seal.Passphrase{Required: ways == 1, Ask: func(create bool) ([]byte, error) { return p.read(env, create) }}, nil
}

func (p *passphraseFlags) read(env *Env, create bool) ([]byte, error) {
	switch {
	case p.file != "":
		return readSecretFile(env.path(p.file))
	case p.variable != "":
		value := env.Getenv(p.variable)
		if value == "" {
			return nil, fmt.Errorf("--%spassphrase-env: the variable %s is not set or empty", p.prefix, p.variable)
		}
		return []byte(value), nil
	}
	return p.ask(env, create)
}

// readSecretFile reads a file that nobody else may read, without its line's end.
func readSecretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read %s (mode %04o); run: chmod 600 %[1]s", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return nil, err
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 || len(text) > maxPassword {
		return nil, fmt.Errorf("%s holds no passphrase of 1 to %d bytes", path, maxPassword)
	}
	return text, nil
}

func (p *passphraseFlags) ask(env *Env, create bool) ([]byte, error) {
	in, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil, fmt.Errorf("%w, and there is no terminal to ask at; give it with --%[2]spassphrase-file FILE or --%[2]spassphrase-env NAME", seal.ErrPassphrase, p.prefix)
	}
	first, err := askOnce(env, in, p.prefix+"passphrase: ")
	if err != nil || !create {
		return first, err
	}
	again, err := askOnce(env, in, p.prefix+"passphrase again: ")
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passphrases differ")
	}
	return first, err
}

// askOnce reads a line that is not shown. Ctrl-C ends it and leaves the terminal as it was.
func askOnce(env *Env, in *os.File, prompt string) ([]byte, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)
	fmt.Fprint(env.Stderr, prompt)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		fmt.Fprintln(env.Stderr)
		if l.err != nil {
			return nil, fmt.Errorf("reading the passphrase: %w", l.err)
		}
		return l.text, nil
	case <-interrupted: // the read ends with the process
		fmt.Fprintln(env.Stderr)
		return nil, errors.Join(errors.New("interrupted"), term.Restore(fd, before))
	}
}
