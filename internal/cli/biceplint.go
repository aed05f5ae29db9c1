package cli

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
	"gatehouse/internal/diag"
)

func newBicepLintCommand(env *Env) *cobra.Command {
	var o bicepOutput
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Check a .bicep or .bicepparam file",
		Long: `Lint compiles a file without writing anything, and prints what the compiler and the
linter find: text on standard error, SARIF on standard output. A bicepconfig.json
beside the file or above it sets the levels of rules; #disable-next-line and
#disable-diagnostics silence single findings. The exit code is 1 when there are errors.`,
		Example: "  gatehouse bicep lint main.bicep\n  gatehouse bicep lint main.bicep --diagnostics-format sarif > main.sarif\n  gatehouse bicep lint --pattern 'src/**/*.bicep'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(env); err != nil {
				return err
			}
			return o.in.each(env, args, func(f bicepFile) error { return o.lint(cmd.Context(), env, f) })
		},
	}
	cmd.Flags().StringVar(&o.format, "diagnostics-format", "default", "default or sarif")
	cmd.Flags().BoolVar(&o.noRestore, "no-restore", false, "accepted for compatibility; nothing is ever downloaded")
	o.in.flag(cmd)
	return cmd
}

func (o *bicepOutput) lint(ctx context.Context, env *Env, f bicepFile) error {
	if err := bicepOrParams(f.name); err != nil {
		return err
	}
	diags := lintFile(ctx, env, f.path)
	w := env.Stderr
	if strings.EqualFold(o.format, "sarif") {
		w = env.Stdout
	}
	if err := o.diagnostics(w, diags, generatorVersion(env)); err != nil {
		return err
	}
	if diags.HasErrors() {
		return &ExitError{Code: 1}
	}
	return nil
}

// lintFile is all that compiling a file finds.
func lintFile(ctx context.Context, env *Env, path string) diag.List {
	if !strings.EqualFold(filepath.Ext(path), ".bicepparam") {
		_, diags := bicep.Compile(ctx, path, bicepOptions(env))
		return diags
	}
	_, diags := bicep.CompileParams(ctx, path, bicep.ParamsOptions{Options: bicepOptions(env), Getenv: env.Getenv, Evaluate: source.Evaluate})
	return diags
}
