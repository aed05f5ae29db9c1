package cli

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

func newCertCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Make test certificates: roots, intermediates, clients and servers",
		Long: `Make test certificates, on any machine: roots, intermediates, clients (valid, expired or
not yet valid) and servers. Without naming a file, each makes a family of files:

  NAME.pem        private key (PKCS #8), certificate, chain; mode 0600
  NAME.cer        the certificate between markers (PEM)
  NAME.bare.cer   the certificate as bare base64, without markers
  NAME.pfx        clients and servers: certificate, key and chain; mode 0600

The password of a PFX is read from a file, from standard input or from a variable.`,
		Example: `  gatehouse cert set certs                             a whole set for tests of mutual TLS
  gatehouse cert root --name "Contoso Root CA" --out root
  gatehouse cert intermediate --name "Contoso Intermediate CA" --issuer root --out intermediate
  gatehouse cert client --name client-01 --issuer intermediate --password-file password.txt
  gatehouse cert client --name client-02 --issuer intermediate --expired --pfx expired.pfx
  gatehouse cert server --name api.contoso.com --issuer intermediate --ip 127.0.0.1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newCertKindCommand(env, certKind{use: "root", short: "Make a self-signed root", authority: true, issue: issueRoot}),
		newCertKindCommand(env, certKind{use: "intermediate", short: "Make a certificate authority below another", authority: true, issued: true, issue: issueIntermediate}),
		newCertKindCommand(env, certKind{use: "client", short: "Make a certificate for client authentication", issued: true, issue: (*testca.Authority).Client}),
		newCertKindCommand(env, certKind{use: "server", short: "Make a certificate for server authentication", issued: true, hosts: true, issue: (*testca.Authority).Server}),
		newCertSetCommand(env),
	)
	return cmd
}

// certKind is what the four kinds of certificates differ in.
type certKind struct {
	use, short string
	authority  bool // it can issue; a PFX is made on request only
	issued     bool // it needs an issuer
	hosts      bool // it takes DNS names and addresses
	issue      func(*testca.Authority, testca.Options) (*pki.Bundle, error)
}

func issueRoot(_ *testca.Authority, o testca.Options) (*pki.Bundle, error) {
	root, err := testca.NewRoot(o)
	if err != nil {
		return nil, err
	}
	return root.Bundle(), nil
}

func issueIntermediate(issuer *testca.Authority, o testca.Options) (*pki.Bundle, error) {
	a, err := issuer.Intermediate(o)
	if err != nil {
		return nil, err
	}
	return a.Bundle(), nil
}

// certFlags are the flags of one certificate.
type certFlags struct {
	name, keyType            string
	subject, dns, ips        []string
	issuer                   string
	issuerPassword           passwordFlags
	notBefore, notAfter      string
	days                     int
	expired, notYetValid     bool
	out, pem, cer, bare, pfx string
	password                 passwordFlags
	legacy, force            bool
	output                   string
}

func newCertKindCommand(env *Env, kind certKind) *cobra.Command {
	f := &certFlags{issuerPassword: passwordFlags{prefix: "issuer-"}}
	cmd := &cobra.Command{
		Use:     kind.use,
		Short:   kind.short,
		Example: certExamples[kind.use],
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			bundle, err := f.issue(env, kind)
			if err != nil {
				return fmt.Errorf("cert %s: %w", kind.use, err)
			}
			return f.finish(env, kind, bundle)
		},
	}
	f.register(cmd, kind)
	return cmd
}

var certExamples = map[string]string{
	"root":         `  gatehouse cert root --name "Contoso Root CA" --out root`,
	"intermediate": `  gatehouse cert intermediate --name "Contoso Intermediate CA" --issuer root --out intermediate`,
	"client": `  gatehouse cert client --name client-01 --issuer intermediate --password-file password.txt
  gatehouse cert client --name client-01 --issuer intermediate --pfx client.pfx --password-env PFX_PASSWORD
  gatehouse cert client --name client-02 --issuer intermediate --expired --out expired
  gatehouse cert client --name client-03 --issuer intermediate --not-before 2030-01-01 --days 30`,
	"server": `  gatehouse cert server --name api.contoso.com --issuer intermediate --dns www.contoso.com --ip 127.0.0.1`,
}

func (f *certFlags) register(cmd *cobra.Command, kind certKind) {
	flags := cmd.Flags()
	flags.StringVarP(&f.name, "name", "n", "", "common name (required)")
	flags.StringArrayVar(&f.subject, "subject", nil, `a further part of the subject, as "O=Contoso"; may be repeated`)
	flags.StringVar(&f.keyType, "key", "rsa", "kind of key: "+strings.Join(testca.KeyTypes(), ", ")+" (rsa is RSA 2048, ec is P-256)")
	flags.StringVar(&f.notBefore, "not-before", "", "beginning of validity, as 2030-01-31 or 2030-01-31T12:00:00Z (default: an hour ago)")
	flags.StringVar(&f.notAfter, "not-after", "", "end of validity (default: a year later, ten for authorities)")
	flags.IntVar(&f.days, "days", 0, "length of validity in days, instead of --not-after")
	flags.StringVar(&f.out, "out", "", "beginning of the names of the files (default: made of the name)")
	flags.StringVar(&f.pem, "pem", "", "write only the files named: key, certificate and chain as PEM")
	flags.StringVar(&f.cer, "cer", "", "write only the files named: the certificate with markers")
	flags.StringVar(&f.bare, "bare-cer", "", "write only the files named: the certificate as base64 without markers")
	flags.StringVar(&f.pfx, "pfx", "", "write only the files named: certificate, key and chain as PFX")
	f.password.register(cmd, "the PFX")
	flags.BoolVar(&f.legacy, "legacy", false, "encrypt the PFX with 3DES and SHA-1, for readers older than 2019")
	flags.BoolVar(&f.force, "force", false, "replace files that exist")
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	if kind.issued {
		flags.StringVar(&f.issuer, "issuer", "", "the authority that signs: its PEM or PFX file with the key; .pem may be left out (required)")
		f.issuerPassword.register(cmd, "the issuer's file")
	}
	if !kind.authority {
		flags.BoolVar(&f.expired, "expired", false, "make it expired since yesterday")
		flags.BoolVar(&f.notYetValid, "not-yet-valid", false, "make it valid from tomorrow on")
	}
	if kind.hosts {
		flags.StringArrayVar(&f.dns, "dns", nil, "DNS name; may be repeated (default: the name)")
		flags.StringArrayVar(&f.ips, "ip", nil, "IP address; may be repeated")
	}
}

// issue makes the certificate that the flags ask for.
func (f *certFlags) issue(env *Env, kind certKind) (*pki.Bundle, error) {
	if f.output != "text" && f.output != "json" {
		return nil, fmt.Errorf("--output %s: want text or json", f.output)
	}
	if f.name == "" {
		return nil, errors.New("--name is missing: the common name of the certificate")
	}
	options, err := f.options(time.Now())
	if err != nil {
		return nil, err
	}
	var issuer *testca.Authority
	if kind.issued {
		if issuer, err = f.readIssuer(env); err != nil {
			return nil, err
		}
	}
	return kind.issue(issuer, options)
}

func (f *certFlags) options(now time.Time) (testca.Options, error) {
	o := testca.Options{CommonName: f.name, Subject: f.subject, KeyType: f.keyType, DNS: f.dns}
	for _, text := range f.ips {
		ip := net.ParseIP(text)
		if ip == nil {
			return o, fmt.Errorf("--ip %s: this is not an IP address", text)
		}
		o.IPs = append(o.IPs, ip)
	}
	if len(f.ips) > 0 && len(f.dns) == 0 {
		o.DNS = []string{f.name}
	}
	return o, f.validity(&o, now)
}

func (f *certFlags) validity(o *testca.Options, now time.Time) (err error) {
	if f.expired && f.notYetValid {
		return errors.New("--expired and --not-yet-valid exclude each other")
	}
	if (f.expired || f.notYetValid) && (f.notBefore != "" || f.notAfter != "" || f.days != 0) {
		return errors.New("--expired and --not-yet-valid set the dates themselves; leave --not-before, --not-after and --days out")
	}
	switch {
	case f.expired:
		o.NotBefore, o.NotAfter = now.AddDate(-1, 0, -1), now.AddDate(0, 0, -1)
		return nil
	case f.notYetValid:
		o.NotBefore, o.NotAfter = now.AddDate(0, 0, 1), now.AddDate(1, 0, 1)
		return nil
	}
	if o.NotBefore, err = parseDate("not-before", f.notBefore); err != nil {
		return err
	}
	if o.NotAfter, err = parseDate("not-after", f.notAfter); err != nil {
		return err
	}
	if f.days == 0 {
		return nil
	}
	if f.days < 0 || f.notAfter != "" {
		return errors.New("--days must be positive, and excludes --not-after")
	}
	from := o.NotBefore
	if from.IsZero() {
		from = now
	}
	o.NotAfter = from.AddDate(0, 0, f.days)
	return nil
}

func parseDate(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s %s: write a date as 2030-01-31, or 2030-01-31T12:00:00Z", flag, text)
}
