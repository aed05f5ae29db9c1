package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"gatehouse/internal/cli/source"
	"gatehouse/internal/client"
)

// isFile finds mistakes in a file's name before anything is compiled.
func (d *deployCommand) isFile(name string) error {
	info, err := os.Stat(inFolder(d.env, name))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return mistake("there is no file %s here", name)
	case err == nil && info.IsDir():
		return mistake("%s is a folder: name the .bicep, .bicepparam or .json file in it", name)
	}
	return nil // what else is wrong with it shows when it is read
}

// read compiles the file and reads the parameters.
func (d *deployCommand) read(ctx context.Context, file string) (err error) {
	given, err := d.arguments()
	if err != nil {
		return err
	}
	r := source.Reader{Path: func(name string) string { return inFolder(d.env, name) }, File: d.open, Getenv: d.env.Getenv, Bicep: bicepOptions(d.env),
		Usage: func(_, text string) error { return mistake("%s", text) }, Input: given.input(d.env.Getenv)}
	if d.deployment, err = r.Read(ctx, file, d.params); err != nil {
		return err
	}
	if _, err := fmt.Fprint(d.env.Stderr, d.deployment.Warnings.Text()); err != nil {
		return err
	}
	if len(given.unused) > 0 {
		return mistake("--arg %s: no parameters file asks for it", strings.Join(slices.Sorted(maps.Keys(given.unused)), ", "))
	}
	return nil
}

// cliArguments are the values of --arg.
type cliArguments struct {
	values map[string]string
	unused map[string]bool
}

func (d *deployCommand) arguments() (cliArguments, error) {
	a := cliArguments{map[string]string{}, map[string]bool{}}
	for _, text := range d.args {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return a, mistake("--arg %s: want NAME=VALUE", text)
		}
		a.values[name], a.unused[name] = value, true
	}
	return a, nil
}

// input gives the external inputs that the official tool gives, too: arguments and environment variables.
func (a cliArguments) input(getenv func(string) string) func(kind string, config any) (any, error) {
	return func(kind string, config any) (any, error) {
		name, _ := config.(string)
		switch {
		case kind == "sys.cliArg" && name != "":
			v, ok := a.values[name]
			if !ok {
				return nil, mistake("the parameters file needs the argument %s: give --arg %s=VALUE", name, name)
			}
			delete(a.unused, name)
			return v, nil
		case kind == "sys.envVar" && name != "":
			if v := getenv(name); v != "" {
				return v, nil
			}
			return nil, mistake("the parameters file needs the environment variable %s, which is not set", name)
		}
		return nil, mistake("the parameters file needs an external input of the kind %s with the configuration %s; this program gives 'sys.cliArg' and 'sys.envVar' with a name", kind, compact(config))
	}
}

// checkParameters finds what is missing or does not belong, with names, before a server is asked.
func (d *deployCommand) checkParameters() error {
	var t struct {
		Parameters map[string]struct {
			Type     string          `json:"type"`
			Ref      string          `json:"$ref"`
			Default  json.RawMessage `json:"defaultValue"`
			Nullable bool            `json:"nullable"`
			Metadata struct {
				Description string `json:"description"`
			} `json:"metadata"`
		} `json:"parameters"`
	}
	if json.Unmarshal(d.deployment.Template, &t) != nil {
		return nil // the server says what is wrong with the template
	}
	var lacks []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		if len(p.Default) > 0 || p.Nullable || p.Ref != "" || hasFold(d.deployment.Parameters, name) {
			continue
		}
		text := name + " (" + p.Type + ")"
		if p.Metadata.Description != "" {
			text += ": " + p.Metadata.Description
		}
		lacks = append(lacks, text)
	}
	if len(lacks) > 0 {
		return mistake("the template needs values that were not given; give each as NAME=VALUE or in a .bicepparam file:\n  %s", strings.Join(lacks, "\n  "))
	}
	for _, name := range slices.Sorted(maps.Keys(d.deployment.Parameters)) {
		if !hasFold(t.Parameters, name) {
			known := slices.Sorted(maps.Keys(t.Parameters))
			return mistake("the template has no parameter %s; it has: %s", name, listed(known))
		}
	}
	return nil
}

func hasFold[V any](m map[string]V, name string) bool {
	for k := range m {
		if strings.EqualFold(k, name) {
			return true
		}
	}
	return false
}

// ask wants a yes. The end of the input, and an interrupt, are a no.
func (d *deployCommand) ask(ctx context.Context) error {
	if d.yes {
		return nil
	}
	fmt.Fprint(d.env.Stderr, "\nDeploy this? [y/N] ")
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(d.env.Stdin).ReadString('\n') // its end is a no
		line <- text
	}()
	var answer string
	select {
	case answer = <-line:
	case <-ctx.Done():
	}
	if !strings.HasSuffix(answer, "\n") {
		fmt.Fprintln(d.env.Stderr)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &ExitError{Code: 1, Err: errors.New("not deployed: it was not confirmed (-y confirms without a question)")}
}

// refused says why nothing was deployed, each reason once and with what it is about.
func (d *deployCommand) refused(err error) error {
	before := "nothing was changed: "
	if d.made {
		before = "the resource group " + d.group + " was made, and nothing else was changed: "
	}
	var wire *client.Error
	if !errors.As(err, &wire) {
		return fmt.Errorf("%s%w", before, err)
	}
	text := before + reasons(wire)
	if wire.Code == "ResourceGroupNotFound" && d.location == "" {
		text += " With -l LOCATION it is made."
	}
	return &ExitError{Code: 1, Err: errors.New(text)}
}
