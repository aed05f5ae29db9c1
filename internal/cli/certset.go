package cli

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// certSetMember is one certificate of `cert set`. Issuer names an earlier member.
type certSetMember struct {
	kind, file, name, issuer string
	expired, notYetValid     bool
}

// certSet is what tests of mutual TLS need: a chain of two authorities, clients in each
// state, one that nobody trusts, and a server.
var certSet = []certSetMember{
	{kind: "root", file: "root", name: "Test Root CA"},
	{kind: "intermediate", file: "intermediate", name: "Test Intermediate CA", issuer: "root"},
	{kind: "client", file: "client", name: "client", issuer: "intermediate"},
	{kind: "client", file: "client-expired", name: "client-expired", issuer: "intermediate", expired: true},
	{kind: "client", file: "client-not-yet-valid", name: "client-not-yet-valid", issuer: "intermediate", notYetValid: true},
	{kind: "root", file: "untrusted-root", name: "Untrusted Root CA"},
	{kind: "client", file: "client-untrusted", name: "client", issuer: "untrusted-root"},
	{kind: "server", file: "server", name: "localhost", issuer: "intermediate"},
}

func newCertSetCommand(env *Env) *cobra.Command {
	f := &certFlags{}
	cmd := &cobra.Command{
		Use:   "set FOLDER",
		Short: "Make a whole set: authorities, clients valid, expired, not yet valid and untrusted, a server",
		Example: `  gatehouse cert set certs
  gatehouse cert set certs --key ec --password-env PFX_PASSWORD -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.makeSet(env, args[0]); err != nil {
				return fmt.Errorf("cert set: %w", err)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.keyType, "key", "rsa", "kind of the keys, as in cert root")
	flags.StringArrayVar(&f.subject, "subject", nil, `a further part of the subjects, as "O=Contoso"; may be repeated`)
	f.password.register(cmd, "the PFX files")
	flags.BoolVar(&f.legacy, "legacy", false, "encrypt the PFX files with 3DES and SHA-1, for readers older than 2019")
	flags.BoolVar(&f.force, "force", false, "replace files that exist")
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	return cmd
}

func (f *certFlags) makeSet(env *Env, folder string) error {
	if f.output != "text" && f.output != "json" {
		return fmt.Errorf("--output %s: want text or json", f.output)
	}
	password, given, err := f.password.read(env)
	if err != nil {
		return err
	}
	bundles := map[string]*pki.Bundle{}
	var all []certFile
	var reports []certReport
	for _, m := range certSet {
		b, err := f.issueMember(m, bundles)
		if err != nil {
			return err
		}
		bundles[m.file] = b
		member := certFlags{out: filepath.Join(folder, m.file), legacy: f.legacy}
		files, err := member.files(certKind{authority: b.Leaf.IsCA}, b, password)
		if err != nil {
			return err
		}
		all = append(all, files...)
		reports = append(reports, report(m.kind, b, files))
	}
	if err := writeCertFiles(env, all, f.force); err != nil {
		return err
	}
	if f.output == "json" {
		return printJSON(env, reports)
	}
	return printReports(env, reports, given)
}

func (f *certFlags) issueMember(m certSetMember, made map[string]*pki.Bundle) (*pki.Bundle, error) {
	flags := certFlags{name: m.name, subject: f.subject, keyType: f.keyType, expired: m.expired, notYetValid: m.notYetValid}
	if m.kind == "server" {
		flags.ips = []string{"127.0.0.1", "::1"}
	}
	o, err := flags.options(time.Now())
	if err != nil {
		return nil, err
	}
	var issuer *testca.Authority
	if m.issuer != "" {
		if issuer, err = testca.FromBundle(made[m.issuer]); err != nil {
			return nil, err
		}
	}
	issue := map[string]func(*testca.Authority, testca.Options) (*pki.Bundle, error){
		"root": issueRoot, "intermediate": issueIntermediate, "client": (*testca.Authority).Client, "server": (*testca.Authority).Server,
	}
	return issue[m.kind](issuer, o)
}
