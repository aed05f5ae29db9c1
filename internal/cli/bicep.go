package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
	"gatehouse/internal/diag"
)

// newBicepCommand is `gatehouse bicep`, which also runs under the name bicep, so
// that an unmodified az finds it. Its words, outputs and exit codes are those of
// the official command.
func newBicepCommand(env *Env) *cobra.Command {
	var version bool
	cmd := &cobra.Command{
		Use:     "bicep",
		Short:   "Compile, check and format Bicep files",
		Example: "  gatehouse bicep build main.bicep\n  gatehouse bicep build --stdout main.bicep\n  gatehouse bicep build --pattern 'src/**/*.bicep'\n  gatehouse bicep build-params main.bicepparam\n  gatehouse bicep lint main.bicep\n  gatehouse bicep restore main.bicep\n  gatehouse bicep format main.bicep",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !version {
				return cmd.Help()
			}
			_, err := fmt.Fprintf(env.Stdout, "Bicep CLI version %s\n", bicepVersion(generatorVersion(env)))
			return err
		},
	}
	cmd.Flags().BoolVarP(&version, "version", "v", false, "print the version")
	cmd.AddCommand(newBicepBuildCommand(env), newBicepBuildParamsCommand(env), newBicepFormatCommand(env), newBicepLintCommand(env), newBicepRestoreCommand(env), newBicepTestCommand(env))
	cmd.AddCommand(newRefusedBicepCommands()...)
	return cmd
}

// generatorVersion is what metadata._generator.version says.
func generatorVersion(env *Env) string {
	if v := env.Getenv("BICEP_GENERATOR_VERSION"); v != "" {
		return v
	}
	return bicep.DefaultGeneratorVersion
}

// bicepOptions are those of every compilation. The module cache is where the
// official tool has it.
func bicepOptions(env *Env) bicep.Options {
	cache := env.Getenv("BICEP_CACHE_DIRECTORY")
	if home := env.Getenv("HOME"); cache == "" && home != "" {
		cache = filepath.Join(home, ".bicep")
	}
	return bicep.Options{GeneratorVersion: generatorVersion(env), CacheDir: cache, Lint: true}
}

// bicepVersion is X.Y.Z (hash), where the hash is this program's commit.
func bicepVersion(generator string) string {
	parts := strings.SplitN(generator, ".", 4)
	hash := commit()
	if len(hash) > 10 {
		hash = hash[:10]
	}
	if hash == "" {
		hash = "gatehouse"
	}
	return strings.Join(parts[:min(3, len(parts))], ".") + " (" + hash + ")"
}

// bicepOutput says where a build goes.
type bicepOutput struct {
	in              bicepInput
	stdout          bool
	outfile, outdir string
	format          string
	noRestore       bool
}

func (o *bicepOutput) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.stdout, "stdout", false, "write the result to standard output")
	f.StringVar(&o.outfile, "outfile", "", "write the result to this file")
	f.StringVar(&o.outdir, "outdir", "", "write the result to this folder")
	f.StringVar(&o.format, "diagnostics-format", "default", "default or sarif")
	f.BoolVar(&o.noRestore, "no-restore", false, "accepted for compatibility; nothing is ever downloaded")
	cmd.MarkFlagsMutuallyExclusive("stdout", "outfile", "outdir")
	o.in.flag(cmd, "stdout", "outfile")
}

// check reports an unusable combination before anything is read.
func (o *bicepOutput) check(env *Env) error {
	switch strings.ToLower(o.format) {
	case "default", "sarif":
	default:
		return fmt.Errorf("unrecognized diagnostics format %q: use default or sarif", o.format)
	}
	if o.outdir != "" {
		if st, err := os.Stat(inFolder(env, o.outdir)); err != nil || !st.IsDir() {
			return fmt.Errorf("The specified output directory %q does not exist.", o.outdir)
		}
	}
	return nil
}

func newBicepBuildCommand(env *Env) *cobra.Command {
	var o bicepOutput
	cmd := &cobra.Command{
		Use:     "build FILE",
		Short:   "Compile a .bicep file",
		Example: "  gatehouse bicep build main.bicep\n  gatehouse bicep build main.bicep --stdout | jq .parameters\n  gatehouse bicep build --pattern 'src/**/main.bicep' --outdir out",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(env); err != nil {
				return err
			}
			return o.in.each(env, args, func(f bicepFile) error { return o.build(cmd.Context(), env, f) })
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *bicepOutput) build(ctx context.Context, env *Env, f bicepFile) error {
	if !strings.EqualFold(filepath.Ext(f.name), ".bicep") {
		return fmt.Errorf("The specified input %q was not recognized as a Bicep file. Bicep files must use the .bicep extension.", f.name)
	}
	r, diags := bicep.Compile(ctx, f.path, bicepOptions(env))
	var out []byte
	if r != nil {
		out = r.Template
	}
	return o.finish(env, f, out, diags)
}

func newBicepBuildParamsCommand(env *Env) *cobra.Command {
	var o bicepOutput
	var template string
	cmd := &cobra.Command{
		Use:     "build-params FILE",
		Short:   "Compile a .bicepparam file to a parameters file",
		Example: "  gatehouse bicep build-params main.bicepparam --stdout\n  gatehouse bicep build-params --pattern 'env/*.bicepparam' --outdir out",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(env); err != nil {
				return err
			}
			return o.in.each(env, args, func(f bicepFile) error { return o.buildParams(cmd.Context(), env, f, template) })
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&template, "bicep-file", "", "the .bicep file, which must be the one that the file's using declaration names")
	cmd.MarkFlagsMutuallyExclusive("pattern", "bicep-file")
	return cmd
}

func (o *bicepOutput) buildParams(ctx context.Context, env *Env, f bicepFile, template string) error {
	if !strings.EqualFold(filepath.Ext(f.name), ".bicepparam") {
		return fmt.Errorf("The specified input %q was not recognized as a Bicep Parameters file. Bicep parameters files must use the .bicepparam extension.", f.name)
	}
	r, diags := bicep.CompileParams(ctx, f.path, bicep.ParamsOptions{
		Options: bicepOptions(env), Getenv: env.Getenv, Template: inFolder(env, template), Evaluate: source.Evaluate,
	})
	switch {
	case r == nil:
		return o.finish(env, f, nil, diags)
	case o.stdout:
		return o.finish(env, f, r.Combined(), diags)
	}
	return o.finish(env, f, r.Parameters, diags)
}

// finish prints the diagnostics on standard error and writes the result. There
// is no result when there are errors; the exit code is then 1.
func (o *bicepOutput) finish(env *Env, f bicepFile, out []byte, diags diag.List) error {
	if err := o.diagnostics(env.Stderr, diags, generatorVersion(env)); err != nil {
		return err
	}
	if diags.HasErrors() || out == nil {
		return &ExitError{Code: 1}
	}
	if o.stdout {
		_, err := env.Stdout.Write(append(out, '\n'))
		return err
	}
	target := strings.TrimSuffix(f.path, filepath.Ext(f.path)) + ".json"
	switch {
	case o.outfile != "":
		target = inFolder(env, o.outfile)
	case o.outdir != "":
		target = filepath.Join(inFolder(env, o.outdir), f.folder, filepath.Base(target))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("cannot make the folder of the compiled file: %w", err)
		}
	}
	if err := os.WriteFile(target, out, 0o644); err != nil {
		return fmt.Errorf("cannot write the compiled file: %w", err)
	}
	return nil
}

func (o *bicepOutput) diagnostics(w io.Writer, diags diag.List, version string) error {
	if !strings.EqualFold(o.format, "sarif") {
		_, err := io.WriteString(w, diags.Text())
		return err
	}
	out, err := diags.SARIF("bicep", version)
	if err != nil {
		return err
	}
	_, err = w.Write(append(out, '\n'))
	return err
}

// inFolder makes path absolute in the command's working directory; "" stays.
func inFolder(env *Env, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(env.Dir, path)
}
