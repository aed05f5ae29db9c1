package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gatehouse/internal/bicep"
)

// newBicepRestoreCommand is restore without a network: what a file refers to must
// be in the module cache already.
func newBicepRestoreCommand(env *Env) *cobra.Command {
	var in bicepInput
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Check that all modules of registries are in the module cache",
		Long: `Restore reports the modules of registries that a file refers to and that are not in
the module cache: ~/.bicep, or the folder in BICEP_CACHE_DIRECTORY. Nothing is ever
downloaded. The cache is that of the official tool: fill it with that one's restore
on a machine that reaches the registry, and copy the folder.`,
		Example: "  gatehouse bicep restore main.bicep\n  BICEP_CACHE_DIRECTORY=/srv/modules gatehouse bicep restore --pattern 'src/**/*.bicep'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if force {
				return errors.New("bicep restore --force downloads modules again, and this program downloads nothing: leave --force out")
			}
			missing := false
			err := in.each(env, args, func(f bicepFile) error {
				if err := bicepOrParams(f.name); err != nil {
					return err
				}
				diags := bicep.Restore(cmd.Context(), f.path, bicepOptions(env))
				missing = missing || diags.HasErrors()
				_, err := io.WriteString(env.Stderr, diags.Text())
				return err
			})
			if err == nil && missing {
				return &ExitError{Code: 1, Err: fmt.Errorf("not all references can be resolved from the module cache %q: run the official tool's restore on a machine that reaches the registry, and copy its cache there", bicepOptions(env).CacheDir)}
			}
			return err
		},
	}
	in.flag(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "refused: nothing is ever downloaded")
	return cmd
}
