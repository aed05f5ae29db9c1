// Package az is a client with the grammar, output and exit codes of Azure CLI for
// the commands that a site of ours needs. Each noun has its file with a table of
// its commands; parse.go holds the grammar, output.go what is printed. Start at
// Run.
//
// It is not Azure CLI: a word or flag that it does not know is an error that
// names the nearest one that it does.
package az

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gatehouse/internal/client"
)

// Exit statuses, as Azure CLI's.
const (
	exitError    = 1
	exitUsage    = 2
	exitNotFound = 3
)

// Env is the process as the commands see it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Dir            string
	Version        string
	Bicep          func(ctx context.Context, args []string) int // runs the Bicep tool
}

// call is one command with its parsed arguments.
type call struct {
	*Env
	cmd          *command
	values       map[string][]string // by the first long name of the argument, without dashes
	client       *client.Client
	subscription string
}

// usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// notFoundError makes a command end with exitNotFound.
type notFoundError struct{ text string }

func (e *notFoundError) Error() string { return e.text }

// exitCode ends with the status of another tool, which has said why.
type exitCode struct{ code int }

func (e *exitCode) Error() string { return fmt.Sprintf("the tool ended with status %d", e.code) }

// Run runs `az ARGS...` and returns the exit status.
func Run(ctx context.Context, env *Env, args []string) int {
	err := run(ctx, env, args)
	if err == nil {
		return 0
	}
	var tool *exitCode
	if errors.As(err, &tool) {
		return tool.code
	}
	fmt.Fprintf(env.Stderr, "ERROR: %v\n", err)
	var usage *usageError
	var missing *notFoundError
	var wire *client.Error
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &missing), errors.As(err, &wire) && wire.Status == 404:
		return exitNotFound
	}
	return exitError
}

func run(ctx context.Context, env *Env, args []string) error {
	if len(args) == 1 && (args[0] == "--version" || args[0] == "-v") {
		_, err := fmt.Fprintf(env.Stdout, "azure-cli %26s\n\ngatehouse %26s\n", azureCLIVersion, env.Version)
		return err
	}
	cmd, rest, err := find(args)
	if err != nil {
		return err
	}
	if cmd == nil || wantsHelp(rest) {
		return help(env.Stdout, args, cmd)
	}
	values, err := parse(cmd, rest, env)
	if err != nil {
		return err
	}
	c := &call{Env: env, cmd: cmd, values: values}
	format, query, err := c.outputOptions()
	if err != nil {
		return err
	}
	if !cmd.offline {
		if c.client, err = client.Open(ctx, client.Options{Data: c.get("data"), Dir: env.Dir, Getenv: env.Getenv}); err != nil {
			return err
		}
		defer c.client.Close()
		c.subscription = c.chosenSubscription()
	}
	result, err := cmd.run(ctx, c)
	if err != nil {
		return err
	}
	return print(env.Stdout, result, format, query, cmd.table)
}

func (c *call) chosenSubscription() string {
	if s := c.get("subscription"); s != "" {
		return s
	}
	return c.client.Info.SubscriptionID
}

// get is the value of the argument, "" when it was not given.
func (c *call) get(name string) string {
	if v := c.values[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

func (c *call) has(name string) bool { _, ok := c.values[name]; return ok }

// list is all values of an argument that takes several.
func (c *call) list(name string) []string { return c.values[name] }

// either returns the value, or other when the argument was not given.
func (c *call) either(name, other string) string {
	if v := c.get(name); v != "" {
		return v
	}
	return other
}

// verbose writes a line to standard error under --verbose and --debug.
func (c *call) verbose(format string, args ...any) {
	if c.has("verbose") || c.has("debug") {
		fmt.Fprintf(c.Stderr, "INFO: "+format+"\n", args...)
	}
}

func (c *call) warn(format string, args ...any) {
	if !c.has("only-show-errors") {
		fmt.Fprintf(c.Stderr, "WARNING: "+format+"\n", args...)
	}
}

// commands is every command, in the order of help.
func commands() []*command {
	var all []*command
	for _, list := range [][]*command{accountCommands(), adCommands(), bicepCommands(), deploymentCommands(), groupCommands(), keyvaultCommands(),
		certificateCommands(), secretCommands(), resourceCommands(), restCommands(), roleCommands()} {
		all = append(all, list...)
	}
	return all
}

// CommandNames lists every command, for completion and tests.
func CommandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, strings.Join(c.path, " "))
	}
	return names
}
