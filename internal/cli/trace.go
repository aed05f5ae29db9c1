package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/client"
	"gatehouse/internal/gateway"
	"gatehouse/internal/localapi"
)

func newTraceCommand(env *Env) *cobra.Command {
	var data, output string
	var f gateway.TraceFilter
	var count int
	var failed bool
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Follow requests through the gateway live, policy by policy",
		Long: `Follow requests through the gateway of a running instance: each policy that ran, its time, and
the values that it changed. Secret named values, subscription keys, Authorization and cookies are
masked before they leave the server. It ends with Ctrl-C, or after --count requests.

Requests that nobody follows cost nothing; those that are followed are a little slower.`,
		Example: `  gatehouse trace
  gatehouse trace --host contoso-client.azure-api.net --path /backend --failed
  gatehouse trace --count 1 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show, ok := map[string]func(io.Writer, *gateway.Trace){"text": printTrace, "json": printTraceJSON}[output]
			if !ok {
				return &ExitError{Code: 2, Err: fmt.Errorf("--output %s: want text or json", output)}
			}
			c, err := client.Open(cmd.Context(), client.Options{Data: data, Dir: env.Dir, Getenv: env.Getenv})
			if err != nil {
				return err
			}
			defer c.Close()
			return followTraces(cmd.Context(), env, c, f, func(t *gateway.Trace) bool {
				if failed && t.Status < 400 {
					return true
				}
				show(env.Stdout, t)
				count--
				return count != 0
			})
		},
	}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&f.Host, "host", "", "follow requests for this host name only")
	cmd.Flags().StringVar(&f.Path, "path", "", "follow requests whose path begins so")
	cmd.Flags().StringVar(&f.Client, "client", "", "follow the connection from this `ADDRESS:PORT` only")
	cmd.Flags().BoolVar(&failed, "failed", false, "show answers of status 400 and above only")
	cmd.Flags().IntVarP(&count, "count", "n", 0, "end after so many requests (0: never)")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json (one object a line)")
	return cmd
}

func followTraces(ctx context.Context, env *Env, c *client.Client, f gateway.TraceFilter, each func(*gateway.Trace) bool) error {
	return c.Traces(ctx, f, func() { fmt.Fprintln(env.Stderr, "following; Ctrl-C ends") }, func(e localapi.TraceEvent) bool {
		if e.Dropped > 0 {
			fmt.Fprintf(env.Stderr, "%d requests came faster than they could be shown\n", e.Dropped)
		}
		return e.Trace == nil || each(e.Trace)
	})
}

func printTraceJSON(w io.Writer, t *gateway.Trace) {
	b, err := json.Marshal(t)
	if err == nil {
		fmt.Fprintln(w, string(b))
	}
}

func printTrace(w io.Writer, t *gateway.Trace) {
	fmt.Fprintf(w, "%s %s https://%s%s  %d in %.1f ms\n", t.Time.Local().Format("15:04:05.000"), t.Method, t.Host, t.Path, t.Status, t.Milliseconds)
	fmt.Fprintf(w, "  request %s from %s", t.RequestID, t.Client)
	for _, x := range []struct{ name, value string }{{"certificate", t.Certificate}, {"service", t.Service}, {"API", t.API}, {"operation", t.Operation}, {"subscription", t.Subscription}, {"backend", t.Backend}} {
		if x.value != "" {
			fmt.Fprintf(w, ", %s %s", x.name, x.value)
		}
	}
	fmt.Fprintln(w)
	for _, s := range t.Steps {
		result := ""
		if s.Result != "continued" {
			result = ", " + s.Result
		}
		fmt.Fprintf(w, "  %-9s %-9s %s%s  %.0f µs%s\n", s.Section, s.Scope, strings.Repeat("  ", s.Depth), s.Path, s.Microseconds, result)
		for _, c := range s.Changes {
			fmt.Fprintf(w, "%26s%s: %s -> %s\n", "", c.What, orNothing(c.From), orNothing(c.To))
		}
	}
	if e := t.Error; e != nil {
		fmt.Fprintf(w, "  error     %s: %s%s\n", e.Reason, e.Message, prefixed("; ", e.Cause))
	}
	if x := t.Explanation; x != nil {
		fmt.Fprintf(w, "  because   %s%s\n", x.Reason, prefixed("; ", x.Remedy))
	}
	fmt.Fprintln(w)
}

func orNothing(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
