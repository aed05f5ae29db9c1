package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"gatehouse/internal/vault"
)

// The defaults of `gatehouse up`. DefaultData is below the working directory.
const (
	DefaultListen = "127.0.0.1:8443"
	DefaultProxy  = "127.0.0.1:8480"
	DefaultData   = ".gatehouse"
)

func newUpCommand(env *Env) *cobra.Command {
	var o UpOptions
	var tickets bool
	var passphrase passphraseFlags
	var limits string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start all services in the foreground",
		Long: `Start the vault, Resource Manager, the identity service, the gateway and the library, until
Ctrl-C or SIGTERM. All state is in the data folder; a second start goes on where the first ended.
The first line on standard output begins with "ready" when everything serves.`,
		Example: `  gatehouse up
  gatehouse up --data /srv/gatehouse --listen 127.0.0.1:9443 --proxy 127.0.0.1:9480`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Passphrase, err = passphrase.of(env); err != nil {
				return err
			}
			if o.VaultLimits, err = vault.ParseLimits(limits); err != nil {
				return &ExitError{Code: 2, Err: fmt.Errorf("--vault-limits: %w", err)}
			}
			given := o.Data
			o.Data = env.dataFolder(given)
			o.Log, o.Stdout, o.NoSessionTickets = env.Stderr, env.Stdout, !tickets
			o.Ready = func(r Ready) {
				next := "gatehouse env"
				if given != "" {
					next += " --data " + shellWord(given)
				}
				fmt.Fprintf(env.Stdout, "ready https://%s (proxy http://%s, data %s)\nnext: eval \"$(%s)\" in another shell\n", r.Listen, r.Proxy, r.Data, next)
			}
			return env.Up(cmd.Context(), o)
		},
	}
	dataFlag(cmd, &o.Data)
	cmd.Flags().StringVar(&o.AccessLog, "access-log", "", "where a JSON line for each request of the gateway goes: stdout, off or a `file` (default access.jsonl in the data folder)")
	cmd.Flags().StringVar(&o.Events, "events", "", "where the events of log-to-eventhub go as JSON lines: stdout, off, a `file` or a URL that gets them by POST (default events.jsonl in the data folder)")
	cmd.Flags().BoolVar(&tickets, "session-tickets", true, "let TLS clients resume sessions")
	cmd.Flags().StringVar(&o.Listen, "listen", DefaultListen, "`address` of the TLS listener; port 0 chooses one")
	cmd.Flags().StringVar(&o.Proxy, "proxy", DefaultProxy, "`address` of the CONNECT proxy and the managed identity endpoint")
	cmd.Flags().StringVar(&limits, "vault-limits", "azure", "requests that each key vault takes: azure, off, or what differs, as in `key-create=20,secret-set=300,other=4000,per=10s`")
	passphrase.register(cmd, "the root key file, which a new data folder gets with one; without one, the file's mode alone protects it")
	return cmd
}

func dataFlag(cmd *cobra.Command, p *string) {
	cmd.Flags().StringVar(p, "data", "", "data `folder` (default GATEHOUSE_DATA, then ./"+DefaultData+")")
}

// dataFolder is the absolute data folder: --data, GATEHOUSE_DATA or ./.gatehouse.
func (env *Env) dataFolder(given string) string {
	if given == "" {
		given = env.Getenv("GATEHOUSE_DATA")
	}
	if given == "" {
		given = DefaultData
	}
	if !filepath.IsAbs(given) {
		given = filepath.Join(env.Dir, given)
	}
	return given
}
