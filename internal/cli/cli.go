// Package cli is the command line: the gatehouse commands, one file each, and
// (in az) the client with Azure CLI's grammar. Commands parse, call client or a
// compiler, and print; rules live below. Start at Main.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/cli/az"
	"gatehouse/internal/pipeline/runner"
	"gatehouse/internal/seal"
	"gatehouse/internal/vault"
)

// Env is the process as commands see it, so that tests can give another one.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Dir    string // the working directory
	Services
}

// Services start servers; package app has them.
type Services struct {
	Up    func(ctx context.Context, o UpOptions) error    // runs all services until ctx ends
	Serve func(ctx context.Context, o ServeOptions) error // the same, as a configuration says
}

// ServeOptions is what `gatehouse serve` passes to the services.
type ServeOptions struct {
	Config         string // the file
	Stdout, Stderr io.Writer
	Ready          func(ServeReady)
	Reloaded       func(error) // is told of each SIGHUP; may be nil
}

// ServeReady says where the services answer.
type ServeReady struct {
	Listen     []string
	Operations string // "": nowhere
}

// UpOptions is what `gatehouse up` passes to the services.
type UpOptions struct {
	Data             string // folder of all state
	Listen           string // address of the TLS listener
	Proxy            string // address of the CONNECT proxy and the managed identity endpoint
	Ready            func(Ready)
	NoSessionTickets bool   // each TLS connection makes a full handshake
	AccessLog        string // stdout, off or a file; "": in the data folder
	Events           string // of log-to-eventhub: as AccessLog, or a URL
	Stdout           io.Writer
	Log              io.Writer // structured logs

	Passphrase  seal.Passphrase // of the root key file
	VaultLimits vault.Limits    // of requests to each key vault
}

// Ready says where the services answer.
type Ready struct{ Listen, Proxy, Data string }

// ExitError ends the process with Code; Err is printed unless nil.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// Main runs the command that argv names and returns the exit status. Under the
// names az and bicep the program is those commands.
func Main(argv []string, services Services) int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if serves := len(argv) > 1 && argv[1] == "serve"; !serves && !signal.Ignored(syscall.SIGHUP) { // as under nohup; serve reads its file again
		signals = append(signals, syscall.SIGHUP) // the terminal was closed
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatehouse:", err)
		return 1
	}
	env := &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Dir: dir, Services: services}
	return env.Run(ctx, argv)
}

// Run is Main in an environment of the caller's.
func (env *Env) Run(ctx context.Context, argv []string) int {
	args := argv[1:]
	name := strings.TrimSuffix(filepath.Base(argv[0]), ".exe")
	if name == "az" {
		var err error
		if args, err = runner.Arguments(args, env.Getenv); err != nil {
			fmt.Fprintf(env.Stderr, "gatehouse: %v\n", err)
			return 1
		}
	}
	if name == "az" || name == "bicep" {
		args = append([]string{name}, args...)
	}
	root := newRoot(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := 1
	var exit *ExitError
	if errors.As(err, &exit) {
		code = exit.Code
		if exit.Err == nil {
			return code
		}
	}
	fmt.Fprintf(env.Stderr, "gatehouse: %v\n", err)
	return code
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "gatehouse",
		Short: "A self-hosted, Azure-compatible home for APIs secured with mutual TLS",
		Long: `Gatehouse is an API Management gateway, a Key Vault, the Resource Manager and Bicep
engine that deploys both, and an Azure Pipelines runner, in one program that needs no
Azure subscription and no internet.`,
		Example: `  gatehouse demo                     walk the whole road, from a Bicep file to a call over mutual TLS
  gatehouse up                       start all services here
  eval "$(gatehouse env)"            point this shell's curl, az and SDKs at them
  gatehouse az group create -n rg -l westeurope`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.AddCommand(newUpCommand(env), newServeCommand(env), newExplainCommand(env), newTraceCommand(env), newEnvCommand(env), newAzCommand(env), newDemoCommand(env), newCertCommand(env), newVersionCommand(env), newBicepCommand(env), newDeployCommand(env), newPolicyCommand(env), newPipelineCommand(env),
		newVaultCommand(env), newAuditCommand(env), newBackupCommand(env), newRestoreCommand(env))
	root.SetFlagErrorFunc(nearestFlag)
	for _, c := range root.Commands() {
		refuseUnknownWords(c)
	}
	return root
}

// refuseUnknownWords makes a word that a group of commands does not know an error that names the nearest
// it knows; cobra itself shows the group's help, with status 0.
func refuseUnknownWords(c *cobra.Command) {
	if !c.HasSubCommands() {
		return
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath())
		c.SuggestionsMinimumDistance = 2
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			text += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return &ExitError{Code: 2, Err: errors.New(text)}
	}
	if !c.Runnable() {
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
}

// nearestFlag adds to the error of an unknown flag which one may be meant.
func nearestFlag(c *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := az.Nearest(name, known); near != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}
