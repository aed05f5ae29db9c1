package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
)

func newBackupCommand(env *Env) *cobra.Command {
	var data, out, recipientsFile string
	var recipients []string
	var passphrase passphraseFlags
	cmd := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "Copy the whole instance to one encrypted file",
		Long: `Copy everything that makes this instance (the store, the root key, the audit log) as it is at one
moment to one file, encrypted by age under a passphrase or for recipients. The server goes on
serving; without a running one the data folder is read directly.

Whoever opens the backup has all secrets, unless the root key file has a passphrase of its own.`,
		Example: `  gatehouse backup --out site.age --passphrase-file FILE
  gatehouse backup --out site.age --recipient age1...`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return &ExitError{Code: 2, Err: errors.New("name the file to write with --out FILE")}
			}
			to, err := backupRecipients(env, recipients, recipientsFile, &passphrase)
			if err != nil {
				return err
			}
			size, err := backup(cmd.Context(), env.dataFolder(data), env.path(out), to)
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%s: %d bytes\n", out, size)
			return nil
		},
	}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&out, "out", "", "`file` to write, which must not exist")
	cmd.Flags().StringArrayVar(&recipients, "recipient", nil, "age `recipient` (age1...) who can open it; may be repeated")
	cmd.Flags().StringVar(&recipientsFile, "recipients-file", "", "`file` of recipients, one a line")
	passphrase.register(cmd, "the backup")
	return cmd
}

func backupRecipients(env *Env, list []string, file string, p *passphraseFlags) ([]age.Recipient, error) {
	how, err := p.of(env)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 && file == "" {
		text, err := how.Ask(true)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(string(text))
		return []age.Recipient{r}, err
	}
	if how.Required {
		return nil, &ExitError{Code: 2, Err: errors.New("encrypt for recipients or under a passphrase, not both")}
	}
	var all []age.Recipient
	for _, text := range list {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, fmt.Errorf("--recipient: %w", err)
		}
		all = append(all, r)
	}
	if file == "" {
		return all, nil
	}
	f, err := os.Open(env.path(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	more, err := age.ParseRecipients(f)
	if err != nil {
		return nil, fmt.Errorf("--recipients-file %s: %w", file, err)
	}
	return append(all, more...), nil
}

// backup writes to a file of another name first, so that out is whole or not there.
func backup(ctx context.Context, data, out string, to []age.Recipient) (size int64, err error) {
	if _, err := os.Lstat(out); err == nil {
		return 0, fmt.Errorf("%s exists; choose another file", out)
	}
	f, err := os.CreateTemp(filepath.Dir(out), ".backup-*") // mode 0600
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	w, err := datafolder.Encrypt(f, to...)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(archive(ctx, data, w), w.Close(), f.Sync()); err != nil {
		return 0, err
	}
	if size, err = f.Seek(0, io.SeekCurrent); err != nil {
		return 0, err
	}
	if err := os.Link(f.Name(), out); err != nil { // unlike Rename, it never replaces a file
		return 0, err
	}
	return size, nil
}

// archive asks the server of the folder, or reads the folder when none runs.
func archive(ctx context.Context, data string, w io.Writer) error {
	err := client.NewKeeper(data).Archive(ctx, w)
	var none *client.NotFoundError
	if errors.As(err, &none) {
		return datafolder.Archive(ctx, data, w)
	}
	return err
}

func newRestoreCommand(env *Env) *cobra.Command {
	var data, identityFile string
	var passphrase passphraseFlags
	cmd := &cobra.Command{
		Use:   "restore FILE --data DIR",
		Short: "Make a data folder from a backup",
		Long: `Make a data folder from a backup, on this machine or a new one. The folder must not exist, or be
empty. The whole backup is checked before anything is written, and the folder gets its name
when it is complete. Then start it with: gatehouse up --data DIR`,
		Example: `  gatehouse restore site.age --data /srv/gatehouse --passphrase-file FILE
  gatehouse restore site.age --data /srv/gatehouse --identity FILE`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if data == "" {
				return &ExitError{Code: 2, Err: errors.New("name the folder to make with --data DIR")}
			}
			identities, err := backupIdentities(env, identityFile, &passphrase)
			if err != nil {
				return err
			}
			dir := env.dataFolder(data)
			if err := datafolder.Restore(cmd.Context(), env.path(args[0]), dir, identities...); err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "restored %s\nnext: gatehouse up --data %s\n", dir, shellWord(data))
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "data `folder` to make")
	cmd.Flags().StringVar(&identityFile, "identity", "", "`file` of an age identity (AGE-SECRET-KEY-1...) that the backup was made for")
	passphrase.register(cmd, "the backup")
	return cmd
}

func backupIdentities(env *Env, file string, p *passphraseFlags) ([]age.Identity, error) {
	how, err := p.of(env)
	if err != nil {
		return nil, err
	}
	if file == "" {
		text, err := how.Ask(false)
		if err != nil {
			return nil, err
		}
		id, err := age.NewScryptIdentity(string(text))
		return []age.Identity{id}, err
	}
	if how.Required {
		return nil, &ExitError{Code: 2, Err: errors.New("open the backup with an identity or a passphrase, not both")}
	}
	f, err := os.Open(env.path(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("--identity %s: %w", file, err)
	}
	return ids, nil
}
