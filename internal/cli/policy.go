package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
)

// newPolicyCommand is `gatehouse policy`: the local test loop for policy documents.
func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check, run and format API Management policies",
		Example: `  gatehouse policy check api.xml operations/*.xml --named-values values.txt
  gatehouse policy run api.xml --request request.http
  gatehouse policy fmt --write api.xml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyCheckCommand(env), newPolicyRunCommand(env), newPolicyFmtCommand(env))
	return cmd
}

// policyInput is what documents are compiled with.
type policyInput struct {
	format, scope, values, fragments, operation string

	named map[string]string
	env   *Env
}

func (p *policyInput) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.format, "format", "auto", "xml (escaped), rawxml, or auto: the one that fits")
	f.StringVar(&p.scope, "scope", "api", "where the document is attached: global, workspace, product, api or operation")
	f.StringVar(&p.operation, "operation", "", "the URL template of the operation, e.g. /orders/{id}")
	f.StringVar(&p.values, "named-values", "", "a file with a line name=value for each named value")
	f.StringVar(&p.fragments, "fragments", "", "a folder with a file ID.xml for each policy fragment")
}

var policyScopes = map[string]policy.Scope{"global": policy.GlobalScope, "workspace": policy.WorkspaceScope, "product": policy.ProductScope, "api": policy.APIScope, "operation": policy.OperationScope}

func (p *policyInput) load(env *Env) error {
	p.env, p.named = env, map[string]string{}
	if _, ok := policyScopes[p.scope]; !ok {
		return fmt.Errorf("there is no scope %q; choose global, workspace, product, api or operation", p.scope)
	}
	if p.format != "auto" && p.format != policy.FormatXML && p.format != policy.FormatRawXML {
		return fmt.Errorf("there is no format %q; choose auto, xml or rawxml", p.format)
	}
	if p.fragments != "" {
		if info, err := os.Stat(inFolder(env, p.fragments)); err != nil || !info.IsDir() {
			return fmt.Errorf("--fragments %s: there is no such folder", p.fragments)
		}
	}
	if p.values == "" {
		return nil
	}
	text, err := p.read(p.values)
	if err != nil {
		return fmt.Errorf("reading the named values: %w", err)
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("the named values in %s: a line must be name=value", p.values)
		}
		p.named[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return nil
}

// maxPolicyFile bounds what is read: documents and messages are much shorter.
const maxPolicyFile = 8 << 20

// read is the document in a file; "-" is standard input.
func (p *policyInput) read(name string) (string, error) {
	in := p.env.Stdin
	if name != "-" {
		f, err := os.Open(inFolder(p.env, name))
		if err != nil {
			return "", err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return "", fmt.Errorf("%s is a folder; name the files in it, e.g. %s", name, filepath.Join(name, "*.xml"))
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPolicyFile+1))
	if err == nil && len(data) > maxPolicyFile {
		err = fmt.Errorf("%s is longer than %d MiB", name, maxPolicyFile>>20)
	}
	return string(data), err
}

func (p *policyInput) options(file, format string) policy.Options {
	return policy.Options{File: file, Scope: policyScopes[p.scope], Format: format, URLTemplate: p.operation,
		NamedValues: func(name string) (string, bool, bool) {
			v, ok := p.named[strings.ToLower(name)]
			return v, true, ok
		},
		Fragments: func(id string) (string, string, bool) {
			if p.fragments == "" || id != filepath.Base(id) {
				return "", "", false
			}
			data, err := os.ReadFile(filepath.Join(inFolder(p.env, p.fragments), id+".xml"))
			return string(data), formatOf(string(data)), err == nil
		}}
}

// formatOf guesses a format: a document with escaped expressions is xml.
func formatOf(text string) string {
	if _, diags := policy.Format(text, policy.Options{Format: policy.FormatXML}); !diags.HasErrors() && strings.Contains(text, "&quot;") {
		return policy.FormatXML
	}
	return policy.FormatRawXML
}

func (p *policyInput) formatFor(text string) string {
	if p.format == "auto" {
		return formatOf(text)
	}
	return p.format
}

// check is what is wrong with a document or fragment.
func (p *policyInput) check(file, text string) diag.List {
	o := p.options(file, p.formatFor(text))
	if strings.Contains(text, "<fragment") && !strings.Contains(text, "<policies") {
		return policy.CheckFragment(text, o)
	}
	_, diags := policy.Compile(text, o)
	return diags
}

func newPolicyCheckCommand(env *Env) *cobra.Command {
	var in policyInput
	var output string
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Compile policy documents and fragments and report what is wrong with them",
		Example: `  gatehouse policy check api.xml
  gatehouse policy check policies/*.xml -o sarif > policies.sarif`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := in.load(env); err != nil {
				return err
			}
			var all diag.List
			var unread []error // what can be read is checked
			for _, name := range args {
				text, err := in.read(name)
				if err != nil {
					unread = append(unread, fmt.Errorf("reading a policy: %w", err))
					continue
				}
				all = append(all, in.check(name, text)...)
			}
			if err := writeDiagnostics(env.Stdout, all, output); err != nil {
				return err
			}
			if unread != nil {
				return errors.Join(unread...)
			}
			if all.HasErrors() {
				return &ExitError{Code: 1}
			}
			return nil
		},
	}
	in.flags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or sarif")
	return cmd
}

func writeDiagnostics(w io.Writer, all diag.List, output string) error {
	text := []byte(all.Text())
	var err error
	switch output {
	case "text":
	case "json":
		if all == nil {
			all = diag.List{}
		}
		text, err = all.JSON()
		text = append(text, '\n')
	case "sarif":
		text, err = all.SARIF("gatehouse policy", Version)
		text = append(text, '\n')
	default:
		return fmt.Errorf("there is no output %q; choose text, json or sarif", output)
	}
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

func newPolicyFmtCommand(env *Env) *cobra.Command {
	var write, list bool
	in := policyInput{env: env, format: "auto"}
	cmd := &cobra.Command{
		Use:     "fmt FILE...",
		Short:   "Lay policy documents out; values, expressions, bodies and comments stay as they are",
		Example: "  gatehouse policy fmt api.xml\n  gatehouse policy fmt --write policies/*.xml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				text, err := in.read(name)
				if err != nil {
					return fmt.Errorf("reading a policy: %w", err)
				}
				out, diags := policy.Format(text, policy.Options{File: name, Format: formatOf(text)})
				if diags.HasErrors() {
					return diags.Err()
				}
				switch {
				case write && name != "-":
					if out != text {
						err = os.WriteFile(inFolder(env, name), []byte(out), 0o644)
					}
				case list:
					if out != text {
						_, err = fmt.Fprintln(env.Stdout, name)
					}
				default:
					_, err = io.WriteString(env.Stdout, out)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the files instead of printing them")
	cmd.Flags().BoolVarP(&list, "list", "l", false, "print the names of files that would change")
	return cmd
}
