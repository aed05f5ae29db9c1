package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
)

func newAuditCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Check the audit log"}
	cmd.AddCommand(newAuditVerifyCommand(env))
	return cmd
}

func newAuditVerifyCommand(env *Env) *cobra.Command {
	var data string
	var passphrase passphraseFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no record of the audit log was changed or removed",
		Long: `Check the chain of the audit log over all of its files: each record holds the hash of the one
before it, and the store holds, sealed, how far the log reached. The first line that is wrong
is named, and the exit status is 1. It works with a running server and without one.

Whole files may be moved away, oldest first; the check then begins with the oldest that is left.
What it can't find: records of the last two seconds before a crash that were cut off, a data
folder put back as a whole to an older state, and what someone who has the root key made anew.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			how, err := passphrase.of(env)
			if err != nil {
				return err
			}
			dir := env.dataFolder(data)
			report, err := audit.Report{}, error(nil)
			head, headErr := client.NewKeeper(dir).AuditHead(cmd.Context())
			var none *client.NotFoundError
			switch {
			case headErr == nil:
				report, err = audit.VerifyFiles(filepath.Join(dir, datafolder.AuditFile), &head, true)
			case errors.As(headErr, &none):
				how.Required = false // whether it is needed, the file says
				report, err = datafolder.VerifyAudit(cmd.Context(), dir, how)
			default:
				return headErr
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%d records in %d files: the chain is whole\n", report.Lines, report.Files)
			if report.After != "" {
				fmt.Fprintln(env.Stdout, "it begins after older files, which are not here")
			}
			return nil
		},
	}
	dataFlag(cmd, &data)
	passphrase.register(cmd, "the root key file, needed when no server runs")
	return cmd
}
