package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/config"
	"gatehouse/internal/diag"
	"gatehouse/internal/vault"
)

func newServeCommand(env *Env) *cobra.Command {
	var file, output string
	var check, ready bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run as a site's own gateway and vault, under names of its own",
		Long: `Run all services in the foreground as a configuration file says: addresses, domain, server
certificates from files or a vault, trusted roots, logs, limits, metrics and traces. There is no
proxy and none of Azure's names. examples/serve/gatehouse.yaml documents each key.

The file, and the files that it names, are checked before anything starts; --check does only that.
SIGHUP reads it again: certificates, roots, the log level and limits change at once, log files are
opened again, and what needs a restart is named in the log. SIGTERM drains: readiness ends, running
requests finish, then the process.

The operator signs in on the same machine, as the user that the server runs as, by the socket in
the data folder; no secret needs to be on the disk for it:

  sudo -u gatehouse gatehouse az --data /var/lib/gatehouse group list   # or GATEHOUSE_DATA`,
		Example: `  gatehouse serve --config /etc/gatehouse/gatehouse.yaml --check
  gatehouse serve --config /etc/gatehouse/gatehouse.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return &ExitError{Code: 2, Err: errors.New("--config FILE is needed; examples/serve/gatehouse.yaml is one to begin with")}
			}
			if check {
				return checkConfig(env, env.path(file), output)
			}
			if ready {
				return askReady(cmd.Context(), env.path(file))
			}
			return env.Serve(cmd.Context(), ServeOptions{Config: env.path(file), Stdout: env.Stdout, Stderr: env.Stderr, Ready: func(r ServeReady) {
				fmt.Fprintf(env.Stdout, "ready %s%s\n", strings.Join(r.Listen, " "), prefixed(" (health and metrics http://", r.Operations+map[bool]string{true: ")"}[r.Operations != ""]))
			}})
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "configuration `file`")
	cmd.Flags().BoolVar(&check, "check", false, "check the file and what it names, and start nothing")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask the server that runs with the file whether it is ready; the exit status tells")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "of --check: text, json or sarif")
	return cmd
}

// askReady asks /readyz of the operations listener.
func askReady(ctx context.Context, file string) error {
	c, found := LoadConfig(file)
	if err := found.Err(); err != nil {
		return err
	}
	if c.Operations.Listen == "" {
		return errors.New("operations.listen is empty: there is nothing to ask")
	}
	host, port, _ := net.SplitHostPort(c.Operations.Listen) // config checked it
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	token, err := c.Operations.Token()
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Timeout: 3 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: %s", resp.Status)
	}
	return nil
}

// LoadConfig reads the file of `gatehouse serve` with the checks of all rooms.
func LoadConfig(file string) (*config.Config, diag.List) {
	return config.Load(file, config.Check{Key: "limits.vaults", Fault: func(c *config.Config) error {
		_, err := vault.ParseLimits(c.Limits.Vaults)
		return err
	}})
}

// checkConfig prints what is wrong and odd; errors end with status 1.
func checkConfig(env *Env, file, output string) error {
	c, found := LoadConfig(file)
	switch output {
	case "json", "sarif":
		render := found.JSON
		if output == "sarif" {
			render = func() ([]byte, error) { return found.SARIF("gatehouse serve", Version) }
		}
		b, err := render()
		if err != nil {
			return err
		}
		fmt.Fprintln(env.Stdout, string(b))
	case "text":
		fmt.Fprint(env.Stderr, found.Text())
		if c != nil {
			fmt.Fprintf(env.Stdout, "%s is valid: %s on %s\n", file, strings.Join(c.Names.All(), ", "), strings.Join(c.Listen, ", "))
		}
	default:
		return &ExitError{Code: 2, Err: fmt.Errorf("--output %s: want text, json or sarif", output)}
	}
	if c == nil {
		return &ExitError{Code: 1}
	}
	return nil
}
