// Package testca makes certificate hierarchies for tests and for the command
// `gatehouse cert`: roots, intermediates, servers and clients, valid, expired or not
// yet valid. It is not the private CA of the TLS listener: that is pki.CA. Start at
// NewRoot.
package testca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"strings"
	"time"

	"gatehouse/internal/pki"
)

// Options say what to make. The zero value is an RSA 2048 certificate, valid from an
// hour ago for a year (ten for an authority).
type Options struct {
	CommonName string
	Subject    []string // further parts of the name, "O=Contoso": C, O, OU, L, S
	DNS        []string // of a server or client; a server without any gets its common name
	IPs        []net.IP
	KeyType    string        // one of KeyTypes; "": rsa
	Key        crypto.Signer // used instead of a new one
	NotBefore  time.Time
	NotAfter   time.Time
}

// KeyTypes are the kinds of keys that Options.KeyType names.
func KeyTypes() []string { return []string{"rsa", "rsa3072", "rsa4096", "ec", "ec384", "ec521"} }

// NewKey makes a key of one of KeyTypes.
func NewKey(keyType string) (crypto.Signer, error) {
	switch keyType {
	case "", "rsa":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "rsa3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	case "rsa4096":
		return rsa.GenerateKey(rand.Reader, 4096)
	case "ec":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ec384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ec521":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, fmt.Errorf("there is no key type %q; choose one of %s", keyType, strings.Join(KeyTypes(), ", "))
}

// Authority is a root or an intermediate that can issue.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Chain       []*x509.Certificate // above Certificate, up to the root
}

// Bundle is a in the form to be written to a file and read again.
func (a *Authority) Bundle() *pki.Bundle {
	return &pki.Bundle{Leaf: a.Certificate, Chain: a.Chain, Key: a.Key}
}

// FromBundle makes an authority of a certificate that was made earlier, which must be
// a CA with its key.
func FromBundle(b *pki.Bundle) (*Authority, error) {
	if err := b.RequireKey(); err != nil {
		return nil, err
	}
	if !b.Leaf.IsCA {
		return nil, fmt.Errorf("%s is not a certificate authority, so it cannot issue", pki.DistinguishedName(b.Leaf.RawSubject))
	}
	return &Authority{Certificate: b.Leaf, Key: b.Key, Chain: b.Chain}, nil
}

// NewRoot makes a self-signed root.
func NewRoot(o Options) (*Authority, error) { return makeAuthority(nil, o) }

// Intermediate makes a CA below a.
func (a *Authority) Intermediate(o Options) (*Authority, error) { return makeAuthority(a, o) }

// Client makes a certificate for client authentication, with the chain up to the root.
func (a *Authority) Client(o Options) (*pki.Bundle, error) {
	return a.leaf(o, x509.ExtKeyUsageClientAuth)
}

// Server makes a certificate for server authentication, with the chain up to the root.
func (a *Authority) Server(o Options) (*pki.Bundle, error) {
	if len(o.DNS)+len(o.IPs) == 0 {
		o.DNS = []string{o.CommonName}
	}
	return a.leaf(o, x509.ExtKeyUsageServerAuth)
}

// Pool holds the root above a, or a itself.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	root := a.Certificate
	if len(a.Chain) > 0 {
		root = a.Chain[len(a.Chain)-1]
	}
	pool.AddCert(root)
	return pool
}

func makeAuthority(parent *Authority, o Options) (*Authority, error) {
	template, key, err := prepare(o, 10)
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if parent == nil {
		parent = &Authority{Certificate: template, Key: key}
	}
	cert, err := parent.sign(template, key)
	if err != nil {
		return nil, err
	}
	a := &Authority{Certificate: cert, Key: key}
	if parent.Certificate != template {
		a.Chain = parent.withChain()
	}
	return a, nil
}

func (a *Authority) withChain() []*x509.Certificate {
	return append([]*x509.Certificate{a.Certificate}, a.Chain...)
}

func (a *Authority) leaf(o Options, usage x509.ExtKeyUsage) (*pki.Bundle, error) {
	template, key, err := prepare(o, 1)
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	if _, ok := key.(*rsa.PrivateKey); ok {
		template.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	template.DNSNames, template.IPAddresses = o.DNS, o.IPs
	cert, err := a.sign(template, key)
	if err != nil {
		return nil, err
	}
	return &pki.Bundle{Leaf: cert, Chain: a.withChain(), Key: key}, nil
}

func (a *Authority) sign(template *x509.Certificate, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, key.Public(), a.Key)
	if err != nil {
		return nil, fmt.Errorf("making %s: %w", template.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

// prepare fills what all kinds of certificates share.
func prepare(o Options, years int) (*x509.Certificate, crypto.Signer, error) {
	if o.CommonName == "" {
		return nil, nil, fmt.Errorf("a certificate needs a common name")
	}
	subject, err := subjectOf(o)
	if err != nil {
		return nil, nil, err
	}
	key := o.Key
	if key == nil {
		if key, err = NewKey(o.KeyType); err != nil {
			return nil, nil, err
		}
	}
	keyID, err := pki.KeyID(key.Public())
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	if o.NotBefore.IsZero() {
		o.NotBefore = now.Add(-time.Hour)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = later(now, o.NotBefore).AddDate(years, 0, 0)
	}
	if !o.NotBefore.Before(o.NotAfter) {
		return nil, nil, fmt.Errorf("%s would end (%s) before it begins (%s)", o.CommonName, o.NotAfter.Format(time.RFC3339), o.NotBefore.Format(time.RFC3339))
	}
	return &x509.Certificate{
		SerialNumber: pki.NewSerial(), Subject: subject, SubjectKeyId: keyID,
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, BasicConstraintsValid: true,
	}, key, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// subjectOf makes the name from the common name and parts such as "O=Contoso".
func subjectOf(o Options) (pkix.Name, error) {
	name := pkix.Name{CommonName: o.CommonName}
	fields := map[string]*[]string{"C": &name.Country, "O": &name.Organization, "OU": &name.OrganizationalUnit,
		"L": &name.Locality, "S": &name.Province, "ST": &name.Province}
	for _, part := range o.Subject {
		key, value, _ := strings.Cut(part, "=")
		field := fields[strings.ToUpper(strings.TrimSpace(key))]
		if field == nil || strings.TrimSpace(value) == "" {
			known := []string{"C", "L", "O", "OU", "S"}
			return name, fmt.Errorf("the part %q of the subject is not understood; write one of %s, an equals sign and a value", part, strings.Join(known, ", "))
		}
		*field = append(*field, strings.TrimSpace(value))
	}
	return name, nil
}
