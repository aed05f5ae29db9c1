package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// maxPassword bounds what is read as one.
const maxPassword = 4096

// passwordFlags are the ways to give a password: --password-file, --password-stdin,
// --password-env, and --password for those who know it from the Azure CLI.
type passwordFlags struct {
	prefix   string // of the flags' names
	literal  string
	file     string
	variable string
	stdin    bool
}

func (p *passwordFlags) register(cmd *cobra.Command, of string) {
	flags := cmd.Flags()
	flags.StringVar(&p.literal, p.prefix+"password", "", "password of "+of+"; other users of this machine can see it, so prefer the next ones")
	flags.StringVar(&p.file, p.prefix+"password-file", "", "file that holds the password of "+of)
	flags.StringVar(&p.variable, p.prefix+"password-env", "", "environment variable that holds the password of "+of)
	flags.BoolVar(&p.stdin, p.prefix+"password-stdin", false, "read the password of "+of+" from standard input")
}

// read returns the password without the line's end, and whether one was given.
func (p *passwordFlags) read(env *Env) (password string, given bool, err error) {
	ways := 0
	for _, used := range []bool{p.literal != "", p.file != "", p.variable != "", p.stdin} {
		if used {
			ways++
		}
	}
	switch {
	case ways == 0:
		return "", false, nil
	case ways > 1:
		return "", false, fmt.Errorf("give the password one way: --%[1]spassword-file, --%[1]spassword-env, --%[1]spassword-stdin or --%[1]spassword", p.prefix)
	case p.literal != "":
		return p.literal, true, nil
	case p.variable != "":
		if password = env.Getenv(p.variable); password == "" {
			return "", false, fmt.Errorf("--%spassword-env: the variable %s is not set or empty", p.prefix, p.variable)
		}
		return password, true, nil
	case p.stdin:
		password, err = readPassword(env.Stdin)
		return password, true, err
	}
	file, err := os.Open(env.path(p.file))
	if err != nil {
		return "", false, fmt.Errorf("--%spassword-file: %w", p.prefix, err)
	}
	defer file.Close()
	password, err = readPassword(file)
	return password, true, err
}

func readPassword(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	if len(data) > maxPassword {
		return "", errors.New("the password is longer than 4096 bytes; is this the right file?")
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if password == "" {
		return "", errors.New("the password is empty")
	}
	return password, nil
}
