package handshake

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/pki"
)

// JudgeOptions say what a chain is checked against.
type JudgeOptions struct {
	Name          string              // that the leaf must be for; "": any
	Roots         *x509.CertPool      // may be nil
	RootList      []*x509.Certificate // beside Roots
	System        bool                // the system's roots are trusted too
	Intermediates []*x509.Certificate // known beside those that were sent
	Usage         x509.ExtKeyUsage    // 0: any
	Now           time.Time           // zero: now
	Whose         string              // "the client's", "the backend's": for the words
}

// Judge builds the chain of a leaf from what was sent with it and says which check it
// fails first; a Finding without Check says that it fails none.
func Judge(sent []*x509.Certificate, o JudgeOptions) (chain []*x509.Certificate, f Finding) {
	if len(sent) == 0 {
		return nil, Finding{CheckClientCertificate, "no certificate was presented", "present one; a client sends it only when the server asks for it in the handshake"}
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Usage == 0 {
		o.Usage = x509.ExtKeyUsageAny
	}
	leaf := sent[0]
	pool := x509.NewCertPool()
	for _, c := range slices.Concat(sent[1:], o.Intermediates) {
		pool.AddCert(c)
	}
	chains, err := o.verify(leaf, x509.VerifyOptions{Intermediates: pool, CurrentTime: o.Now, KeyUsages: []x509.ExtKeyUsage{o.Usage}})
	if err == nil {
		chain = chains[0]
	} else {
		chain = walk(leaf, slices.Concat(sent[1:], o.Intermediates, o.RootList))
	}
	return chain, o.finding(leaf, chain, err)
}

// verify tries the sets of roots one after the other; the error is that of the first.
func (o *JudgeOptions) verify(leaf *x509.Certificate, v x509.VerifyOptions) ([][]*x509.Certificate, error) {
	own := x509.NewCertPool()
	for _, c := range o.RootList {
		own.AddCert(c)
	}
	sets := []*x509.CertPool{own}
	if o.Roots != nil {
		sets = append(sets, o.Roots)
	}
	if o.System {
		sets = append(sets, nil)
	}
	var first error
	for _, v.Roots = range sets {
		chains, err := leaf.Verify(v)
		if err == nil {
			return chains, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// walk follows issuers from leaf as far as the certificates at hand go.
func walk(leaf *x509.Certificate, known []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{leaf}
	for _, c := range pki.OrderChain(leaf, known) {
		last := chain[len(chain)-1]
		if isSelfIssued(last) || !bytes.Equal(last.RawIssuer, c.RawSubject) || len(chain) > 10 {
			break
		}
		chain = append(chain, c)
	}
	return chain
}

func isSelfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// finding names the first check that fails, in the order in which people fix them: time,
// trust, usage, name.
func (o *JudgeOptions) finding(leaf *x509.Certificate, chain []*x509.Certificate, err error) Finding {
	for _, c := range chain {
		if f := o.time(c); f.Check != "" {
			return f
		}
	}
	if err != nil {
		return o.untrusted(chain, err)
	}
	if o.Name != "" {
		if leaf.VerifyHostname(o.Name) != nil {
			return Finding{CheckName, fmt.Sprintf("%s certificate '%s' is for %s and not for '%s'", o.whose(), subject(leaf), names(leaf), o.Name),
				"use a name that the certificate has, or get one for '" + o.Name + "'"}
		}
	}
	return Finding{}
}

func (o *JudgeOptions) whose() string {
	if o.Whose == "" {
		return "the"
	}
	return o.Whose
}

func (o *JudgeOptions) time(c *x509.Certificate) Finding {
	switch {
	case o.Now.After(c.NotAfter):
		return Finding{CheckTime, fmt.Sprintf("the certificate '%s' expired %s ago, on %s", subject(c), span(o.Now.Sub(c.NotAfter)), c.NotAfter.UTC().Format(time.DateTime+" UTC")),
			"renew it at its issuer '" + pki.DistinguishedName(c.RawIssuer) + "'"}
	case o.Now.Before(c.NotBefore):
		return Finding{CheckTime, fmt.Sprintf("the certificate '%s' is valid only from %s on, in %s", subject(c), c.NotBefore.UTC().Format(time.DateTime+" UTC"), span(c.NotBefore.Sub(o.Now))),
			"wait, or check the clocks of both machines"}
	}
	return Finding{}
}

func (o *JudgeOptions) untrusted(chain []*x509.Certificate, err error) Finding {
	if f := o.weak(chain); f.Check != "" {
		return f
	}
	last := chain[len(chain)-1]
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return Finding{CheckUsage, fmt.Sprintf("%s certificate '%s' may be used for %s only", o.whose(), subject(chain[0]), usages(chain[0])),
			"get one whose extended key usage has " + usageName(o.Usage)}
	case errors.As(err, &invalid):
		return Finding{CheckChain, fmt.Sprintf("the certificate '%s' can't stand in this chain: %v", subject(invalid.Cert), err), "get the chain issued anew"}
	case errors.As(err, &unknown) && isSelfIssued(last) && len(chain) == 1:
		return Finding{CheckChain, fmt.Sprintf("the certificate '%s' is self-signed and not trusted here", subject(last)), "add it to the trusted roots, or use one of a trusted issuer"}
	case errors.As(err, &unknown) && isSelfIssued(last):
		return Finding{CheckChain, fmt.Sprintf("the chain ends at the root '%s', which is not trusted here", subject(last)), "add that root to the trusted ones"}
	case errors.As(err, &unknown):
		return Finding{CheckChain, fmt.Sprintf("the chain ends at '%s': its issuer '%s' was not sent, and is not known here", subject(last), pki.DistinguishedName(last.RawIssuer)),
			"send the intermediates with the certificate, or add '" + pki.DistinguishedName(last.RawIssuer) + "' to the trusted certificates"}
	}
	return Finding{CheckChain, fmt.Sprintf("%s certificate '%s' was not accepted: %v", o.whose(), subject(chain[0]), err), ""}
}

// weak finds a certificate whose signature proves nothing any more; a root's own is not looked at.
func (o *JudgeOptions) weak(chain []*x509.Certificate) Finding {
	for _, c := range chain {
		switch c.SignatureAlgorithm {
		case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
			if !isSelfIssued(c) {
				return Finding{CheckSignature, fmt.Sprintf("the certificate '%s' is signed by %s, which nobody accepts any more", subject(c), c.SignatureAlgorithm),
					"have it issued anew with SHA-256 by '" + pki.DistinguishedName(c.RawIssuer) + "'"}
			}
		}
	}
	return Finding{}
}

func names(c *x509.Certificate) string {
	list := Describe(c)[0].Names
	if len(list) == 0 {
		return "no name (it has no subject alternative names)"
	}
	return "'" + strings.Join(list, "', '") + "'"
}

func usages(c *x509.Certificate) string {
	var list []string
	for _, u := range c.ExtKeyUsage {
		list = append(list, usageName(u))
	}
	if len(list) == 0 {
		return "what its issuer allows"
	}
	return strings.Join(list, ", ")
}

func usageName(u x509.ExtKeyUsage) string {
	switch u {
	case x509.ExtKeyUsageClientAuth:
		return "client authentication"
	case x509.ExtKeyUsageServerAuth:
		return "server authentication"
	case x509.ExtKeyUsageCodeSigning:
		return "code signing"
	case x509.ExtKeyUsageEmailProtection:
		return "e-mail protection"
	}
	return fmt.Sprintf("usage %d", u)
}

// span is a duration as people say it.
func span(d time.Duration) string {
	n, unit := int(d.Hours()/24), "day"
	switch {
	case d < time.Minute:
		n, unit = int(d.Seconds()), "second"
	case d < time.Hour:
		n, unit = int(d.Minutes()), "minute"
	case d < 48*time.Hour:
		n, unit = int(d.Hours()), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
