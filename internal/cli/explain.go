package cli

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/client"
	"gatehouse/internal/edge"
	"gatehouse/internal/explain"
	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/localapi"
	"gatehouse/internal/pki"
)

func newExplainCommand(env *Env) *cobra.Command {
	var data, cert, method, output string
	var password passwordFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "explain [URL]",
		Short: "Make a request and say of each step what happened and why",
		Long: `Make one request and explain the whole path: names, TCP, TLS versions, the server's chain, who asks
for a client certificate and whose it accepts, the HTTP answer, and what the gateway itself recorded
of the same connection, its call to the backend included. Any https URL will do; names of a running
instance are found there, through the socket in its data folder.

Without a URL it lists the failed handshakes and refused certificates that the instance has recorded,
of clients and of backends, the newest first. The exit status is 1 when something failed.`,
		Example: `  gatehouse explain https://contoso-backend.azure-api.net/orders --cert client.pfx --password-file password.txt
  gatehouse explain -o json https://api.contoso.example/
  gatehouse explain`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return &ExitError{Code: 2, Err: fmt.Errorf("--output %s: want text or json", output)}
			}
			if len(args) == 0 {
				return listFailures(cmd.Context(), env, data, output)
			}
			o := explain.Options{URL: args[0], Method: strings.ToUpper(method), Timeout: timeout}
			var err error
			if o.Certificate, err = clientBundle(env, cert, &password); err != nil {
				return err
			}
			server, done, err := explainServer(cmd.Context(), env, data)
			if err != nil {
				return err
			}
			defer done()
			o.Server = server
			report, err := explain.Run(cmd.Context(), o)
			if err != nil {
				return &ExitError{Code: 2, Err: err}
			}
			return printReport(env, report, output)
		},
	}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&cert, "cert", "", "client certificate with its key: a PFX or PEM `file`")
	password.register(cmd, "--cert")
	cmd.Flags().StringVarP(&method, "request", "X", "GET", "HTTP method")
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "for all of it")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// clientBundle reads --cert; nil without one.
func clientBundle(env *Env, file string, password *passwordFlags) (*pki.Bundle, error) {
	secret, given, err := password.read(env)
	switch {
	case err != nil:
		return nil, err
	case file == "" && given:
		return nil, &ExitError{Code: 2, Err: errors.New("a password needs --cert FILE")}
	case file == "":
		return nil, nil
	}
	text, err := os.ReadFile(env.path(file))
	if err != nil {
		return nil, fmt.Errorf("--cert: %w", err)
	}
	b, err := pki.Decode(text, secret, false)
	if err == nil {
		err = b.RequireKey()
	}
	if err != nil {
		return nil, fmt.Errorf("--cert %s: %w", file, err)
	}
	return b, nil
}

// explainServer is the running instance, nil without one, when none was named.
func explainServer(ctx context.Context, env *Env, data string) (*explain.Server, func(), error) {
	c, err := client.Open(ctx, client.Options{Data: data, Dir: env.Dir, Getenv: env.Getenv})
	if err != nil || c.Data() == "" {
		if data != "" {
			return nil, nil, err
		}
		return nil, func() {}, nil
	}
	azure := edge.AzureNames()
	s := &explain.Server{Listen: c.Info.Listen, Failures: c.Failures, Roots: certificatesOf(c.Info.CA)}
	s.Ours = func(host string) bool {
		if len(c.Info.Names) == 0 {
			return azure.Reserved(host)
		}
		for _, own := range c.Info.Names {
			if host == own || strings.HasPrefix(own, ".") && strings.HasSuffix(host, own) {
				return true
			}
		}
		return false
	}
	s.Watch = func(ctx context.Context, address string, ready func()) (found *gateway.Trace, err error) {
		err = c.Traces(ctx, gateway.TraceFilter{Client: address}, ready, func(e localapi.TraceEvent) bool { found = e.Trace; return false })
		return found, err
	}
	return s, c.Close, nil
}

func certificatesOf(text string) (list []*x509.Certificate) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return list
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			list = append(list, c)
		}
	}
}

func printReport(env *Env, r *explain.Report, output string) error {
	if output == "json" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(env.Stdout, string(b))
	} else {
		fmt.Fprintf(env.Stdout, "%s\n\n", r.URL)
		for _, s := range r.Steps {
			fmt.Fprintf(env.Stdout, "  %-10s %-7s %s\n", s.Name, s.Outcome, s.Text)
			for _, d := range s.Details {
				fmt.Fprintf(env.Stdout, "%21s%s\n", "", d)
			}
		}
		printVerdict(env, r)
	}
	if !r.OK() {
		return &ExitError{Code: 1}
	}
	return nil
}

func printVerdict(env *Env, r *explain.Report) {
	if r.OK() {
		fmt.Fprintf(env.Stdout, "\n  all is well: %d\n", r.Status)
		return
	}
	fmt.Fprintf(env.Stdout, "\n  why        %s\n", r.Verdict.Reason)
	if r.Verdict.Remedy != "" {
		fmt.Fprintf(env.Stdout, "  what to do %s\n", r.Verdict.Remedy)
	}
}

// listFailures prints what an instance has recorded.
func listFailures(ctx context.Context, env *Env, data, output string) error {
	c, err := client.Open(ctx, client.Options{Data: data, Dir: env.Dir, Getenv: env.Getenv})
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := c.Failures(ctx, handshake.Filter{})
	if err != nil {
		return err
	}
	if output == "json" {
		b, err := json.MarshalIndent(list, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Stdout, string(b))
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(env.Stdout, "no failed handshake and no refused certificate since the start")
	}
	for _, r := range list {
		fmt.Fprintf(env.Stdout, "%s %-8s %s %s  %s: %s\n", r.Time.UTC().Format("2006-01-02 15:04:05"), r.Direction, r.Address, r.Host, r.Check, r.Reason)
		if r.Remedy != "" {
			fmt.Fprintf(env.Stdout, "%29s%s\n", "", r.Remedy)
		}
	}
	return nil
}
