package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newDemoCommand(env *Env) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Walk the whole road: from a Bicep file and a PFX to a call over mutual TLS",
		Long: `Start a server on free ports with a temporary data folder, and walk the road with the same
commands and calls that you would use: deploy a vault and two API Management services, import a
client certificate by a pipeline, call the backend over mutual TLS, and rotate the certificate
while requests run. Ends with status 0 when every step gave what it should.`,
		Example: "  gatehouse demo\n  gatehouse demo --keep   leave the folder with the data and the example files",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), env, keep)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the temporary folder")
	return cmd
}

// demoStep is one step of the road: run gives what to show under its title.
type demoStep struct {
	title string
	run   func(*demoRunner, context.Context) ([]string, error)
}

func demoSteps() []demoStep {
	return []demoStep{
		{"Start everything", (*demoRunner).start},
		{"Deploy a vault and two API Management services from Bicep", (*demoRunner).deployPrerequisites},
		{"Run the pipeline as a Contributor: the vault forbids the import", (*demoRunner).pipelineForbidden},
		{"Assign Key Vault Certificates Officer and run it again", (*demoRunner).pipelineSucceeds},
		{"Deploy the backend with its client certificate from Bicep", (*demoRunner).deployMain},
		{"Call the backend: without a certificate, then over mutual TLS", (*demoRunner).call},
		{"Import a new version of the certificate while requests run", (*demoRunner).rotate},
	}
}

func runDemo(ctx context.Context, env *Env, keep bool) error {
	d, err := newDemo(env)
	if err != nil {
		return err
	}
	defer d.close(keep)
	p := &demoPrinter{w: env.Stdout, color: isTerminal(env.Stdout)}
	p.line("")
	p.line("%s  from a Bicep file and a PFX to a call over mutual TLS", p.bold("gatehouse demo"))
	p.line("")
	start := time.Now()
	steps := demoSteps()
	for i, s := range steps {
		p.begin(i+1, s.title)
		began := time.Now()
		shown, err := s.run(d, ctx)
		p.end(i+1, s.title, time.Since(began), shown, err)
		if ctx.Err() != nil {
			return &ExitError{Code: 130, Err: fmt.Errorf("demo: stopped in step %d of %d (%s)", i+1, len(steps), s.title)}
		}
		if err != nil {
			return &ExitError{Code: 1, Err: fmt.Errorf("demo: step %d of %d (%s): %w", i+1, len(steps), s.title, err)}
		}
	}
	p.summary(d, time.Since(start))
	return nil
}

// demoPrinter writes the steps, in colour on a terminal.
type demoPrinter struct {
	w     io.Writer
	color bool
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p *demoPrinter) paint(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *demoPrinter) bold(s string) string  { return p.paint("1", s) }
func (p *demoPrinter) faint(s string) string { return p.paint("2", s) }

// line prints one line. What goes wrong with standard output ends the process anyway.
func (p *demoPrinter) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// begin shows on a terminal that the step runs; end writes over it.
func (p *demoPrinter) begin(n int, title string) {
	if p.color {
		fmt.Fprintf(p.w, "  %d  %s ...", n, title)
	}
}

func (p *demoPrinter) end(n int, title string, took time.Duration, shown []string, err error) {
	mark := p.paint("32", "ok")
	if err != nil {
		mark = p.paint("31", "FAILED")
	}
	if p.color {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.line("  %d  %-66s %6.2f s  %s", n, title, took.Seconds(), mark)
	for _, l := range shown {
		if strings.HasPrefix(l, "$ ") {
			p.line("     %s", p.bold(l))
		} else {
			p.line("     %s", p.faint(l))
		}
	}
	p.line("")
}

func (p *demoPrinter) summary(d *demoRunner, took time.Duration) {
	p.line("%s in %.1f s: 7 of 7 steps", p.paint("32", "The road is open"), took.Seconds())
	p.line("")
	p.line("  you ══ TLS ══▶ %s ══ mutual TLS ══▶ %s", host(d.clientURL), host(d.backendURL))
	p.line("                      ▲ certificate %q, version 2", d.certificate)
	p.line("                      └── %s, read with the service's own identity", host(d.vaultURL))
	p.line("")
	p.line("  presented       %s", d.subject)
	p.line("  during rotation %d requests, 0 failed; the new certificate was in use after %d ms", d.rotationRequests, d.rotationDelay.Milliseconds())
	p.line("")
	p.line("Next: `gatehouse up` in one shell, `eval \"$(gatehouse env)\"` in another, then your own files.")
}

func host(url string) string {
	return strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
}
