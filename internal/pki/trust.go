package pki

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Trust decides whether a certificate chains to a trusted root, as .NET's X509Chain does: the
// roots are those of the Root store and of the system, intermediates come from the
// CertificateAuthority store and from the peer. A Trust never changes; a change of
// the stores makes a new one, which knows no result of the old.
type Trust struct {
	roots, intermediates *x509.CertPool
	revocation           *Revocation

	known []*x509.Certificate // Roots and Intermediates, in which issuers are looked for

	mu      sync.RWMutex
	results map[resultKey]result
	facts   map[*x509.Certificate]*Facts
}

// TrustOptions say whom a Trust trusts.
type TrustOptions struct {
	Roots, Intermediates []*x509.Certificate
	System               *x509.CertPool // trusted beside Roots; nil: none
	Revocation           *Revocation    // nil: revocation can't be checked, so that asking for it fails
}

// The reasons why a certificate is not trusted; errors of Verify wrap one.
var (
	ErrNotTrusted = errors.New("the certificate does not chain to a trusted root")
	ErrRevoked    = errors.New("the certificate is revoked")
	ErrRevocation = errors.New("whether the certificate is revoked can't be found out")
	ErrChainDates = errors.New("a certificate of the chain is expired or not yet valid")
)

// NewTrust makes a Trust.
func NewTrust(o TrustOptions) *Trust {
	t := &Trust{roots: x509.NewCertPool(), intermediates: x509.NewCertPool(), revocation: o.Revocation, results: map[resultKey]result{}, facts: map[*x509.Certificate]*Facts{}}
	t.known = append(append(t.known, o.Intermediates...), o.Roots...)
	if o.System != nil {
		t.roots = o.System.Clone()
	}
	for _, c := range o.Roots {
		t.roots.AddCert(c)
	}
	for _, c := range o.Intermediates {
		t.intermediates.AddCert(c)
	}
	return t
}

// resultKey is a certificate as one connection brought it: looking a result up costs no hash
// of the certificate, and all requests of a connection have the same pointer.
type resultKey struct {
	leaf       *x509.Certificate
	revocation bool
}

type result struct {
	err     error
	expires time.Time
}

// Results are kept for a minute, so that a revocation list that has come since counts, and up
// to this many.
const (
	maxResults = 4096
	keepResult = time.Minute
)

// Verify checks leaf's chain as of now; sent is what the peer sent after it. The dates of
// leaf itself are not looked at: who asks checks them apart.
func (t *Trust) Verify(ctx context.Context, now time.Time, leaf *x509.Certificate, sent []*x509.Certificate, revocation bool) error {
	key := resultKey{leaf, revocation}
	t.mu.RLock()
	r, ok := t.results[key]
	t.mu.RUnlock()
	if ok && now.Before(r.expires) {
		return r.err
	}
	r = result{err: t.verify(ctx, leaf, sent, revocation, now), expires: now.Add(keepResult)}
	if ctx.Err() != nil {
		return r.err // a client that goes must not decide for others
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.results) >= maxResults {
		clear(t.results)
	}
	t.results[key] = r
	return r.err
}

func (t *Trust) verify(ctx context.Context, leaf *x509.Certificate, sent []*x509.Certificate, revocation bool, now time.Time) error {
	intermediates := t.intermediates
	if len(sent) > 0 {
		intermediates = intermediates.Clone()
		for _, c := range sent {
			intermediates.AddCert(c)
		}
	}
	at := now
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	} else if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: t.roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotTrusted, err)
	}
	err = ErrChainDates
	for _, chain := range chains {
		if !datesHold(chain[1:], now) {
			continue
		}
		if !revocation {
			return nil
		}
		if t.revocation == nil {
			return ErrRevocation
		}
		if err = t.revocation.Check(ctx, chain); err == nil || errors.Is(err, ErrRevoked) {
			return err
		}
	}
	return err
}

func datesHold(chain []*x509.Certificate, now time.Time) bool {
	for _, c := range chain {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return false
		}
	}
	return true
}

// Facts are the names of a certificate as policies compare them, made once a certificate.
type Facts struct {
	Thumbprint, Serial          string // upper-case hex
	Subject, Issuer, CommonName string // as .NET writes them
	IssuerThumbprint            string // of the certificate that signed it; empty: not known
}

// Facts are those of leaf; its issuer is looked for in sent and in the stores.
func (t *Trust) Facts(leaf *x509.Certificate, sent []*x509.Certificate) *Facts {
	t.mu.RLock()
	f := t.facts[leaf]
	t.mu.RUnlock()
	if f != nil {
		return f
	}
	f = &Facts{Thumbprint: Thumbprint(leaf), Serial: SerialNumber(leaf), CommonName: leaf.Subject.CommonName,
		Subject: DistinguishedName(leaf.RawSubject), Issuer: DistinguishedName(leaf.RawIssuer)}
	for _, c := range append(append([]*x509.Certificate{leaf}, sent...), t.known...) {
		if bytes.Equal(c.RawSubject, leaf.RawIssuer) && c.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil {
			f.IssuerThumbprint = Thumbprint(c)
			break
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.facts) >= maxResults {
		clear(t.facts)
	}
	t.facts[leaf] = f
	return f
}
