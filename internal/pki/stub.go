package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"
)

var errStub = errors.New("pki: not built yet")

// DecodePFX reads a PFX file.
func DecodePFX(data []byte, password string, keepOrder bool) (*Bundle, error) { return nil, errStub }

// DecodePEM reads certificates and a key.
func DecodePEM(data []byte, password string, keepOrder bool) (*Bundle, error) { return nil, errStub }

// Decode reads a PFX or PEM file.
func Decode(data []byte, password string, keepOrder bool) (*Bundle, error) { return nil, errStub }

// DecodeCertificate reads one certificate: DER, PEM, or base64 without markers.
func DecodeCertificate(data []byte) (*x509.Certificate, error) { return nil, errStub }

// EncodePFX writes b as a PFX.
func EncodePFX(b *Bundle, password string) ([]byte, error) { return nil, errStub }

// EncodePEM writes the key as PKCS#8, then the leaf, then the chain.
func EncodePEM(b *Bundle) ([]byte, error) { return nil, errStub }

// Thumbprint is the SHA-1 of the certificate in upper-case hexadecimal.
func Thumbprint(c *x509.Certificate) string { return "" }

// X5T is the SHA-1 of the certificate in base64url.
func X5T(c *x509.Certificate) string { return "" }

// DistinguishedName shows a DER name as .NET does: "CN=..., O=...".
func DistinguishedName(raw []byte) string { return "" }

// CAOptions configure NewCA.
type CAOptions struct {
	CommonName   string
	PermittedDNS []string
	PermittedIPs []*net.IPNet
	Now          func() time.Time
}

// CA is a private certificate authority.
type CA struct{}

// NewCA makes a CA with a new key.
func NewCA(o CAOptions) (*CA, error) { return nil, errStub }

// LoadCA reads a CA that CertificatePEM and KeyPEM wrote.
func LoadCA(certPEM, keyPEM []byte) (*CA, error) { return nil, errStub }

// CertificatePEM is the CA's certificate.
func (ca *CA) CertificatePEM() []byte { return nil }

// KeyPEM is the CA's private key, PKCS#8: a secret.
func (ca *CA) KeyPEM() []byte { return nil }

// Leaf returns the certificate for a host name or address.
func (ca *CA) Leaf(name string) (*tls.Certificate, error) { return nil, errStub }

// LeafFor returns one certificate for several names and addresses.
func (ca *CA) LeafFor(names []string, ips []net.IP) (*tls.Certificate, error) { return nil, errStub }

// Pool holds the CA's certificate alone.
func (ca *CA) Pool() *x509.CertPool { return nil }
