package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/client"
	"gatehouse/internal/pipeline"
	"gatehouse/internal/pipeline/runner"
	"gatehouse/internal/pipeline/syntax"
)

// newPipelineCommand is `gatehouse pipeline`.
func newPipelineCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pipeline",
		Short: "Run Azure Pipelines files on this machine",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newPipelineRunCommand(env), newPipelineExpandCommand(env))
	return cmd
}

// pipelineFlags are what the subcommands share.
type pipelineFlags struct {
	vars, secretVars, params []string
}

func (f *pipelineFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.vars, "var", nil, "a variable, `K=V`; it wins over the file's (repeatable)")
	cmd.Flags().StringArrayVar(&f.params, "param", nil, "a parameter of the file, `K=V`; lists and mappings as YAML (repeatable)")
}

func newPipelineExpandCommand(env *Env) *cobra.Command {
	var f pipelineFlags
	cmd := &cobra.Command{
		Use:     "expand FILE",
		Short:   "Print a pipeline with all of its ${{ }} and templates replaced",
		Example: "  gatehouse pipeline expand azure-pipelines.yml --param environment=test",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, o, err := env.pipelineText(args[0], f)
			if err != nil {
				return err
			}
			n, list := pipeline.Expand(args[0], text, o)
			if err := list.Err(); err != nil {
				return err
			}
			_, err = io.WriteString(env.Stdout, syntax.Write(n))
			return err
		},
	}
	f.add(cmd)
	return cmd
}

// runFlags are those of `pipeline run` alone.
type runFlags struct {
	pipelineFlags
	data, name, output               string
	secureFiles, connections, groups []string
}

func newPipelineRunCommand(env *Env) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a pipeline; its sources are the current folder",
		Long: `Run a pipeline on this machine. Its sources are the current folder, copied for each
job. Steps get none of this shell's AZURE_*, IDENTITY_*, MSI_* and GATEHOUSE_* variables:
they act as the service connection that a task names.

What is given here is put into the server's library and permitted for this run; what is
in the library already needs a permission of the pipeline, or its name given here.`,
		Example: `  gatehouse pipeline run azure-pipelines.yml \
      --secure-file client.pfx=./client.pfx --service-connection contoso=APP_ID \
      --var keyVaultName=kv-contoso --secret-var password=PFX_PASSWORD`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return env.runPipeline(cmd.Context(), args[0], f) },
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.secretVars, "secret-var", nil, "a secret variable, `K=ENV`: its value is read from this environment variable (repeatable)")
	flags.StringArrayVar(&f.secureFiles, "secure-file", nil, "a secure file for this run, `NAME[=PATH]`; without a path, the library's (repeatable)")
	flags.StringArrayVar(&f.connections, "service-connection", nil, "a service connection for this run, `NAME[=CLIENT_ID]`; without an id, the library's (repeatable)")
	flags.StringArrayVar(&f.groups, "variable-group", nil, "a variable group of the library that this run may use, `NAME` (repeatable)")
	flags.StringVar(&f.name, "name", "", "the pipeline's `NAME`, by which permissions are kept (default: the file's name)")
	flags.StringVar(&f.data, "data", "", "data `DIR` of the server (default: $GATEHOUSE_DATA, or ./.gatehouse)")
	flags.StringVarP(&f.output, "output", "o", "", "`FORMAT` of the summary on standard output: json; the live output then goes to standard error")
	return cmd
}

// maxPipelineFile bounds what is read of a pipeline or template.
const maxPipelineFile = syntax.MaxSize + 1

// pipelineText reads the file and makes the options with which it is expanded.
func (env *Env) pipelineText(file string, f pipelineFlags) ([]byte, pipeline.LoadOptions, error) {
	vars, err := pairs("--var", f.vars)
	if err != nil {
		return nil, pipeline.LoadOptions{}, err
	}
	params, err := pairs("--param", f.params)
	if err != nil {
		return nil, pipeline.LoadOptions{}, err
	}
	open := func(name string) ([]byte, error) {
		in, err := os.Open(absolutePath(env.Dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		defer in.Close()
		return io.ReadAll(io.LimitReader(in, maxPipelineFile))
	}
	text, err := open(file)
	o := pipeline.LoadOptions{ReadFile: open, Parameters: params, Variables: vars, Predefined: runner.Git(env.Dir)}
	if path.IsAbs(filepath.ToSlash(file)) {
		o.Root = filepath.ToSlash(env.Dir)
	}
	return text, o, err
}

func absolutePath(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// pairs reads K=V arguments.
func pairs(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		k, v, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return nil, fmt.Errorf("%s %s: write it as NAME=VALUE", flag, s)
		}
		out[k] = v
	}
	return out, nil
}

// secretVariables reads the values of --secret-var from the environment, never from the arguments.
func (env *Env) secretVariables(list []string) (map[string]string, error) {
	names, err := pairs("--secret-var", list)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for k, name := range names {
		if out[k] = env.Getenv(name); out[k] == "" {
			return nil, fmt.Errorf("--secret-var %s=%s: the environment variable %s is empty; it must hold the value", k, name, name)
		}
	}
	return out, nil
}

func (env *Env) runPipeline(ctx context.Context, file string, f runFlags) error {
	if f.output != "" && f.output != "json" {
		return fmt.Errorf("-o %s: the only other format is json", f.output)
	}
	secrets, err := env.secretVariables(f.secretVars)
	if err != nil {
		return err
	}
	text, o, err := env.pipelineText(file, f.pipelineFlags)
	if err != nil {
		return err
	}
	graph, list := pipeline.Load(file, text, o)
	if err := list.Err(); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	live := env.Stdout
	if f.output == "json" {
		live = env.Stderr
	}
	summary, err := runner.Run(ctx, graph, runner.Options{Dir: env.Dir, Environ: os.Environ(), Output: live, Executable: exe, SecretVariables: secrets,
		Request: f.request(env, file),
		Library: func(ctx context.Context) (pipeline.Library, error) {
			c, err := client.Open(ctx, client.Options{Data: f.data, Dir: env.Dir, Getenv: env.Getenv})
			if err != nil {
				return nil, err
			}
			return c.Library(), nil
		}})
	if summary != nil {
		err = errors.Join(err, env.showSummary(summary, f.output))
	}
	if err == nil && summary.Result != runner.Succeeded && summary.Result != runner.SucceededWithIssues && summary.Result != runner.Skipped {
		return &ExitError{Code: 1}
	}
	return err
}

// request is what the command line gives to the run.
func (f runFlags) request(env *Env, file string) pipeline.RunRequest {
	r := pipeline.RunRequest{Pipeline: f.name, Groups: f.groups}
	if r.Pipeline == "" {
		r.Pipeline = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".yml"), ".yaml")
	}
	for _, s := range f.secureFiles {
		name, path, given := strings.Cut(s, "=")
		if given {
			path = absolutePath(env.Dir, path)
		}
		r.SecureFiles = append(r.SecureFiles, pipeline.GivenFile{Name: name, Path: path})
	}
	for _, s := range f.connections {
		name, id, _ := strings.Cut(s, "=")
		r.Connections = append(r.Connections, pipeline.GivenConnection{Name: name, ClientID: id})
	}
	return r
}

func (env *Env) showSummary(s *runner.Summary, format string) error {
	if format != "json" {
		s.Write(env.Stdout)
		return nil
	}
	e := json.NewEncoder(env.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(s)
}
