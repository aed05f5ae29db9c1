package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	caLifetime   = 10 * 365 * 24 * time.Hour
	leafLifetime = 90 * 24 * time.Hour
	leafRenewal  = 30 * 24 * time.Hour // before expiry
	clockSkew    = time.Hour           // by which certificates are valid early
	maxLeaves    = 4096                // kept; names come from clients
)

// DefaultPermittedDNS are the names that the private CA may sign for, with all below
// them: those that Gatehouse answers for, and no other.
func DefaultPermittedDNS() []string {
	return []string{"vault.azure.net", "azure-api.net", "management.azure.com", "login.microsoftonline.com",
		"graph.microsoft.com", "dev.azure.com", "localhost"}
}

// DefaultPermittedIPs are the loopback addresses.
func DefaultPermittedIPs() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}

// CAOptions configure NewCA. Without permitted names and addresses the defaults hold: a
// CA without constraints cannot be made.
type CAOptions struct {
	CommonName   string // "": "Gatehouse private CA" and its thumbprint's beginning
	PermittedDNS []string
	PermittedIPs []*net.IPNet
	Now          func() time.Time // nil: time.Now
}

// CA is the private certificate authority of an instance. Its certificate carries
// critical name constraints (RFC 5280 4.2.1.10), so that who trusts it trusts it for
// our names only. It is safe for concurrent use.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	now         func() time.Time

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// NewCA makes a CA with a new P-256 key.
func NewCA(o CAOptions) (*CA, error) {
	now := clock(o.Now)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("pki: a key for the private CA: %w", err)
	}
	template := caTemplate(o, now())
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("pki: making the private CA: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("pki: making the private CA: %w", err)
	}
	return &CA{certificate: certificate, key: key, now: now, leaves: map[string]*tls.Certificate{}}, nil
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func caTemplate(o CAOptions, now time.Time) *x509.Certificate {
	if len(o.PermittedDNS) == 0 && len(o.PermittedIPs) == 0 {
		o.PermittedDNS, o.PermittedIPs = DefaultPermittedDNS(), DefaultPermittedIPs()
	}
	serial := NewSerial()
	if o.CommonName == "" {
		// Of its own, since trust stores find a root by its name.
		o.CommonName = fmt.Sprintf("Gatehouse private CA %x", serial.Bytes()[:4])
	}
	return &x509.Certificate{
		SerialNumber:                serial,
		Subject:                     pkix.Name{CommonName: o.CommonName},
		NotBefore:                   now.Add(-clockSkew),
		NotAfter:                    now.Add(caLifetime),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         o.PermittedDNS,
		PermittedIPRanges:           o.PermittedIPs,
	}
}

// NewSerial is a random serial number of 128 bits, its first byte never zero.
func NewSerial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b) // never fails (crypto/rand)
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}

// LoadCA reads a CA from what CertificatePEM and KeyPEM gave.
func LoadCA(certPEM, keyPEM []byte) (*CA, error) {
	b, err := DecodePEM(append(slices.Clone(certPEM), keyPEM...), "", false)
	if err != nil {
		return nil, fmt.Errorf("pki: the private CA: %w", err)
	}
	key, ok := b.Key.(*ecdsa.PrivateKey)
	if !ok || !b.Leaf.IsCA {
		return nil, errors.New("pki: the private CA: the stored certificate is not a CA with an EC key")
	}
	return &CA{certificate: b.Leaf, key: key, now: time.Now, leaves: map[string]*tls.Certificate{}}, nil
}

// SetClock gives ca another clock, for tests of renewal. Call it before use.
func (ca *CA) SetClock(now func() time.Time) { ca.now = clock(now) }

// Certificate is the CA's own certificate.
func (ca *CA) Certificate() *x509.Certificate { return ca.certificate }

// CertificatePEM is the CA's certificate, for trust stores.
func (ca *CA) CertificatePEM() []byte { return EncodeCertificatesPEM(ca.certificate) }

// KeyPEM is the CA's private key as PKCS #8: a secret, to be stored sealed.
func (ca *CA) KeyPEM() []byte {
	text, err := EncodeKeyPEM(ca.key)
	if err != nil {
		panic(err) // a P-256 key can always be written
	}
	return text
}

// Pool holds the CA's certificate alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	return pool
}

// Leaf returns the certificate for one host name or address.
func (ca *CA) Leaf(name string) (*tls.Certificate, error) {
	if ip := net.ParseIP(strings.Trim(name, "[]")); ip != nil {
		return ca.LeafFor(nil, []net.IP{ip})
	}
	return ca.LeafFor([]string{name}, nil)
}

// LeafFor returns one certificate for several names and addresses: from the cache, or
// new when there is none or it expires within 30 days. It refuses names outside the CA's
// constraints, since no client would accept them.
func (ca *CA) LeafFor(names []string, ips []net.IP) (*tls.Certificate, error) {
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.ToLower(name), ".")
	}
	id := strings.Join(names, " ")
	for _, ip := range ips {
		id += " " + ip.String()
	}
	now := ca.now()
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if leaf := ca.leaves[id]; leaf != nil && now.Add(leafRenewal).Before(leaf.Leaf.NotAfter) && !now.Before(leaf.Leaf.NotBefore) {
		return leaf, nil
	}
	if err := ca.permits(names, ips); err != nil {
		return nil, err
	}
	leaf, err := ca.issue(names, ips, now)
	if err != nil {
		return nil, err
	}
	if len(ca.leaves) >= maxLeaves {
		clear(ca.leaves) // minting again is cheap, and so many names are no honest use
	}
	ca.leaves[id] = leaf
	return leaf, nil
}

func (ca *CA) permits(names []string, ips []net.IP) error {
	if len(names)+len(ips) == 0 {
		return errors.New("pki: a certificate needs a name or an address")
	}
	for _, name := range names {
		if !validHost(name) || !slices.ContainsFunc(ca.certificate.PermittedDNSDomains, func(domain string) bool { return within(name, domain) }) {
			return fmt.Errorf("pki: the private CA may not sign for %q; it may for %s", name, strings.Join(ca.certificate.PermittedDNSDomains, ", "))
		}
	}
	for _, ip := range ips {
		if !slices.ContainsFunc(ca.certificate.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) }) {
			return fmt.Errorf("pki: the private CA may not sign for the address %s", ip)
		}
	}
	return nil
}

// within reports whether name is domain or lies below it (RFC 5280 4.2.1.10).
func within(name, domain string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

// validHost reports whether name can stand in a certificate: letters, digits, hyphens
// and underscores in labels of 1 to 63, 253 in all.
func validHost(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func (ca *CA) issue(names []string, ips []net.IP, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("pki: a key for %v: %w", names, err)
	}
	template := &x509.Certificate{
		SerialNumber:          NewSerial(),
		NotBefore:             later(now.Add(-clockSkew), ca.certificate.NotBefore),
		NotAfter:              earlier(now.Add(leafLifetime), ca.certificate.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              names,
		IPAddresses:           ips,
	}
	if len(names) > 0 && len(names[0]) <= 64 { // ub-common-name of RFC 5280
		template.Subject.CommonName = names[0]
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("pki: a certificate for %v: %w", names, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("pki: a certificate for %v: %w", names, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// KeyID is a subject key identifier: the first 20 bytes of the SHA-256 of the public
// key (RFC 7093 2, method 1).
func KeyID(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	sum := sha256.Sum256(der)
	return sum[:20], nil
}
