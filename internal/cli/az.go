package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gatehouse/internal/cli/az"
)

func newAzCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "az COMMAND...",
		Short: "Azure CLI's commands for this server; also under the name az",
		Example: `  gatehouse az group create -n rg-mtls -l westeurope
  gatehouse az deployment group create -g rg-mtls -f main.bicep -p name=value
  gatehouse az keyvault certificate import --vault-name kv-mtls -n client --file client.pfx --password @password.txt`,
		DisableFlagParsing: true, // the grammar is Azure CLI's
		RunE: func(cmd *cobra.Command, args []string) error {
			code := az.Run(cmd.Context(), &az.Env{Stdin: env.Stdin, Stdout: env.Stdout, Stderr: env.Stderr, Getenv: env.Getenv, Dir: env.Dir, Version: Version,
				Bicep: func(ctx context.Context, args []string) int { return env.Run(ctx, append([]string{"bicep"}, args...)) }}, args)
			if code != 0 {
				return &ExitError{Code: code}
			}
			return nil
		},
	}
}
