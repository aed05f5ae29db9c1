package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
)

// newBicepTestCommand is the official test command, in whose words the results are.
func newBicepTestCommand(env *Env) *cobra.Command {
	var o bicepOutput
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Run the tests of a .bicep file",
		Long: `Test evaluates the assertions of the files that FILE has test declarations for, with
the parameters of those. Nothing is deployed; a test whose assertions need a deployed
resource is skipped, which counts as a failure. The bicepconfig.json of FILE must turn
on the experimental feature testFramework, and that of the tested files assertions.`,
		Example: "  gatehouse bicep test tests.bicep",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(env); err != nil {
				return err
			}
			return o.test(cmd.Context(), env, args[0])
		},
	}
	cmd.Flags().StringVar(&o.format, "diagnostics-format", "default", "default or sarif")
	cmd.Flags().BoolVar(&o.noRestore, "no-restore", false, "accepted for compatibility; nothing is ever downloaded")
	return cmd
}

func (o *bicepOutput) test(ctx context.Context, env *Env, file string) error {
	if !strings.EqualFold(filepath.Ext(file), ".bicep") {
		return fmt.Errorf("The specified input %q was not recognized as a Bicep file. Bicep files must use the .bicep extension.", file)
	}
	tests, enabled, diags := bicep.Tests(ctx, inFolder(env, file), bicepOptions(env))
	if !enabled {
		return errors.New("TestFrameWork not enabled: set experimentalFeaturesEnabled.testFramework to true in the bicepconfig.json beside the file or above it")
	}
	if err := o.diagnostics(env.Stderr, diags, generatorVersion(env)); err != nil {
		return err
	}
	passed, skipped := 0, 0
	for _, t := range tests {
		results, err := source.Assertions(ctx, t.Template, t.Parameters)
		switch {
		case err != nil:
			skipped++
			fmt.Fprintf(env.Stderr, "[-] Evaluation %s Skipped!\nReason: %s\n", t.Name, err)
		case reportAssertions(env, t.Name, results):
			passed++
		}
	}
	if passed < len(tests) || diags.HasErrors() {
		fmt.Fprintf(env.Stderr, "Evaluation Summary: Failure!\nTotal: %d - Success: %d - Skipped: %d - Failed: %d\n", len(tests), passed, skipped, len(tests)-passed-skipped)
		return &ExitError{Code: 1}
	}
	fmt.Fprintf(env.Stdout, "All %d evaluations passed!\n", len(tests))
	return nil
}

// reportAssertions prints what came of one test, and reports whether all holds.
func reportAssertions(env *Env, name string, results []source.Assertion) bool {
	var failed []string
	for _, r := range results {
		if !r.Holds {
			failed = append(failed, r.Name)
		}
	}
	if failed == nil {
		fmt.Fprintf(env.Stdout, "[✓] Evaluation %s Passed!\n", name)
		return true
	}
	fmt.Fprintf(env.Stderr, "[✗] Evaluation %s Failed at %d / %d assertions!\n", name, len(failed), len(results))
	for _, f := range failed {
		fmt.Fprintf(env.Stderr, "\t[✗] Assertion %s failed!\n", f)
	}
	return false
}
