package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/internal/client"
)

func newVaultCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "vault", Short: "Look after the keys that the data is encrypted under"}
	cmd.AddCommand(newRotateKeysCommand(env))
	return cmd
}

func newRotateKeysCommand(env *Env) *cobra.Command {
	var data string
	passphrase := passphraseFlags{prefix: "new-"}
	cmd := &cobra.Command{
		Use:   "rotate-keys",
		Short: "Make a new root key and new data keys while the server runs",
		Long: `Make a new root key, and a new data key for every vault and the rest, which encrypt what is
written from now on; what was written before stays readable. The server goes on serving. A copy
of the root key file from before does not open the data any more: copy the new one.
With a new passphrase, the root key file is protected by it from now on.`,
		Example: `  gatehouse vault rotate-keys
  gatehouse vault rotate-keys --new-passphrase-file FILE`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			how, err := passphrase.of(env)
			if err != nil {
				return err
			}
			var text []byte
			if how.Required {
				if text, err = how.Ask(true); err != nil {
					return err
				}
			}
			n, err := client.NewKeeper(env.dataFolder(data)).RotateKeys(cmd.Context(), text)
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "new root key, and %d new data keys\n", n)
			return nil
		},
	}
	dataFlag(cmd, &data)
	passphrase.register(cmd, "the root key file from now on")
	return cmd
}
