package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/cobra"

	"gatehouse/internal/policy/policytest"
)

// policyRun is one `gatehouse policy run`.
type policyRun struct {
	policyInput
	request, backend, certificate, trust, remote, subscription string
	services                                                   []string // URL=FILE
	quiet                                                      bool
}

func newPolicyRunCommand(env *Env) *cobra.Command {
	var r policyRun
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a policy document against a request in memory, and show each step",
		Long: `Run compiles FILE and runs it against one request, in memory. It shows each policy that
runs with what its attributes and expressions came to and the variables that it set, the
request that goes to the backend, the response, and the last error.

The request's file has a line METHOD PATH, header lines, an empty line and the body. The
backend's file has STATUS [REASON], header lines, an empty line and the body, or: error
MESSAGE; without one the backend answers 200. Services that send-request calls answer from
files of the same form. A FILE that ends in .txtar is a whole case, with all documents,
services and several requests.`,
		Example: `  gatehouse policy run api.xml --request request.http --backend reply.http
  gatehouse policy run api.xml --named-values values.txt --fragments fragments
  gatehouse policy run get.xml --scope operation --operation /orders/{id} --request request.http
  gatehouse policy run api.xml --certificate client.pem --trust root.pem
  gatehouse policy run api.xml --service https://tokens.example.com/check=reply.http`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return r.run(env, args[0]) },
	}
	r.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&r.request, "request", "", "the file with the request (default GET /)")
	f.StringVar(&r.backend, "backend", "", "the file with the backend's answer")
	f.StringArrayVar(&r.services, "service", nil, "URL=FILE: what a service that send-request calls answers; may be repeated")
	f.StringVar(&r.certificate, "certificate", "", "the client's certificate in PEM, with its intermediates behind it")
	f.StringVar(&r.trust, "trust", "", "certificate authorities of the service, in PEM")
	f.StringVar(&r.remote, "remote", "", "the client's IP address")
	f.StringVar(&r.subscription, "subscription", "", "the id of the subscription whose key the client sent")
	f.BoolVarP(&r.quiet, "quiet", "q", false, "leave the steps out")
	return cmd
}

func (r *policyRun) run(env *Env, name string) error {
	if err := r.load(env); err != nil {
		return err
	}
	text, err := r.read(name)
	if err != nil {
		return fmt.Errorf("reading the policy: %w", err)
	}
	if !isCase(name) {
		if diags := r.check(name, text); diags.HasErrors() {
			return cmp.Or(writeDiagnostics(env.Stdout, diags, "text"), error(&ExitError{Code: 1}))
		}
	}
	c, err := r.archive(name, text)
	if err != nil {
		return err
	}
	result, err := policytest.Run(c)
	if err != nil {
		return err
	}
	_, err = io.WriteString(env.Stdout, result)
	if err == nil && strings.Contains(result, ") : Error ") && !strings.Contains(result, "response ") {
		return &ExitError{Code: 1}
	}
	return err
}

// isCase reports whether a file is a whole case.
func isCase(name string) bool { return strings.HasSuffix(name, ".txtar") }

// archive makes a case of the files.
func (r *policyRun) archive(name, text string) (*txtar.Archive, error) {
	c := &txtar.Archive{}
	add := func(part, text string) { c.Files = append(c.Files, txtar.File{Name: part, Data: []byte(text)}) }
	if isCase(name) {
		c = txtar.Parse([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	} else {
		r.documents(add, text)
	}
	if !r.quiet {
		add("trace", "")
	}
	for part, value := range map[string]string{"remote": r.remote, "subscription": r.subscription} {
		if value != "" {
			add(part, value)
		}
	}
	files := map[string]string{"request": r.request, "backend": r.backend, "client certificate": r.certificate, "trust": r.trust}
	for _, s := range r.services {
		i := strings.LastIndexByte(s, '=')
		if i < 0 || !strings.Contains(s[:i], "://") {
			return nil, fmt.Errorf("--service %s must be URL=FILE", s)
		}
		files["service "+s[:i]] = s[i+1:]
	}
	for part, file := range files {
		if file == "" {
			continue
		}
		text, err := r.read(file)
		if err != nil {
			return nil, fmt.Errorf("reading the %s: %w", part, err)
		}
		text = strings.ReplaceAll(text, "\r\n", "\n")
		add(part, text)
		files[part] = text
	}
	if err := r.operationParts(add, files["request"]); err != nil {
		return nil, err
	}
	return c, r.fragmentParts(add)
}

// operationParts adds the operation and the parameters that the request has for its URL template.
func (r *policyRun) operationParts(add func(part, text string), request string) error {
	if r.operation == "" {
		return nil
	}
	line, _, _ := strings.Cut(cmp.Or(request, "GET /"), "\n")
	words := strings.Fields(line)
	if len(words) < 2 {
		return nil // the run says what is wrong
	}
	path, _, _ := strings.Cut(words[1], "?")
	template, query, _ := strings.Cut(r.operation, "?")
	values, ok := matchTemplate(template, path)
	if !ok {
		return fmt.Errorf("the request's path %s does not match --operation %s", path, r.operation)
	}
	add("operation", r.operation)
	add("parameters", values)
	var names []string
	for part := range strings.SplitSeq(query, "&") {
		if name, _, ok := strings.Cut(part, "="); ok {
			names = append(names, name)
		}
	}
	add("operation query", strings.Join(names, "\n"))
	return nil
}

// matchTemplate finds the values of a template's parameters in a path, as lines of name=value.
func matchTemplate(template, path string) (values string, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, t := range strings.Split(strings.Trim(template, "/"), "/") {
		name, isParameter := strings.CutPrefix(strings.TrimSuffix(t, "}"), "{")
		switch {
		case strings.HasPrefix(name, "*"):
			return values + name[1:] + "=" + strings.Join(parts[min(i, len(parts)):], "/") + "\n", true
		case i >= len(parts), !isParameter && t != "*" && !strings.EqualFold(t, parts[i]):
			return "", false
		case t == "*":
			return values, true
		case isParameter:
			values += name + "=" + parts[i] + "\n"
		}
	}
	return values, len(parts) == len(strings.Split(strings.Trim(template, "/"), "/"))
}

// documents adds the policy and, where it has none, what forwards the request.
func (r *policyRun) documents(add func(part, text string), text string) {
	part := r.scope + ".xml"
	if r.scope == "workspace" {
		part = "global.xml"
	}
	add(part, text)
	if r.scope == "global" && !strings.Contains(text, "<forward-request") {
		add("api.xml", `<policies><inbound><base /></inbound><backend><forward-request /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`)
	}
	add("format", r.formatFor(text))
	var values strings.Builder
	for n, v := range r.named {
		values.WriteString(n + "=" + v + "\n")
	}
	add("named values", values.String())
}

func (r *policyRun) fragmentParts(add func(part, text string)) error {
	if r.fragments == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(inFolder(r.env, r.fragments), "*.xml"))
	if err != nil {
		return err
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		add("fragment "+strings.TrimSuffix(filepath.Base(f), ".xml"), string(data))
	}
	return nil
}
