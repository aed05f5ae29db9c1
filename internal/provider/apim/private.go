package apim

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/pki"
)

// What the provider keeps in Resource.Private, which is sealed in the store and never
// on the wire. snapshotbuild reads it through the functions of this file.

// Stored is a certificate as service/certificates keeps it: DER, so that reading it
// costs no key derivation, as a PFX's does.
type Stored struct {
	Leaf  []byte   `json:"leaf"`
	Chain [][]byte `json:"chain,omitempty"`
	Key   []byte   `json:"key,omitempty"` // PKCS#8; none for a public certificate
}

// StoreBundle makes of a bundle what is kept of it.
func StoreBundle(b *pki.Bundle) (*Stored, error) {
	s := &Stored{Leaf: b.Leaf.Raw}
	for _, c := range b.Chain {
		s.Chain = append(s.Chain, c.Raw)
	}
	if b.Key == nil {
		return s, nil
	}
	var err error
	s.Key, err = x509.MarshalPKCS8PrivateKey(b.Key)
	return s, err
}

// Bundle parses what is stored. TLS has no private key for a public certificate.
func (s *Stored) Bundle() (*x509.Certificate, *tls.Certificate, error) {
	leaf, err := x509.ParseCertificate(s.Leaf)
	if err != nil || s.Key == nil {
		return leaf, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(s.Key)
	if err != nil {
		return nil, nil, err
	}
	out := &tls.Certificate{Leaf: leaf, PrivateKey: key, Certificate: [][]byte{s.Leaf}}
	for _, der := range s.Chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, err
		}
		if string(c.RawIssuer) != string(c.RawSubject) { // a root may be left out (RFC 8446 section 4.4.2)
			out.Certificate = append(out.Certificate, der)
		}
	}
	return leaf, out, nil
}

// CertificateOf is what a service/certificates resource holds.
func CertificateOf(r *arm.Resource) (*Stored, error) {
	var s Stored
	if err := fromPrivate(r, "certificate", &s); err != nil {
		return nil, err
	}
	if len(s.Leaf) == 0 {
		return nil, fmt.Errorf("apim: %s holds no certificate", r.ID)
	}
	return &s, nil
}

// SetCertificate keeps s in the resource.
func SetCertificate(r *arm.Resource, s *Stored) { setPrivate(r, "certificate", s) }

// ValueOf is the value of a named value.
func ValueOf(r *arm.Resource) string {
	if s, ok := r.Private["value"].(string); ok {
		return s
	}
	s, _ := r.Properties["value"].(string)
	return s
}

// KeysOf are the keys of a subscription.
func KeysOf(r *arm.Resource) (primary, secondary string) {
	primary, _ = r.Private["primaryKey"].(string)
	secondary, _ = r.Private["secondaryKey"].(string)
	return primary, secondary
}

// Authority is a CA certificate of a service, in one of its two stores.
type Authority struct {
	Store string `json:"store"` // Root or CertificateAuthority
	DER   []byte `json:"der"`
}

// Authorities are the CA certificates of a service.
func Authorities(r *arm.Resource) []Authority {
	if r == nil {
		return nil
	}
	var list []Authority
	if err := fromPrivate(r, "authorities", &list); err != nil {
		return nil // none were stored
	}
	return list
}

func (a Authority) thumbprint() string {
	c, err := x509.ParseCertificate(a.DER)
	if err != nil {
		return ""
	}
	return pki.Thumbprint(c)
}

func (a Authority) view() map[string]any {
	return map[string]any{"storeName": a.Store, "certificate": a.info()}
}

// info is CertificateInformation.
func (a Authority) info() map[string]any {
	c, err := x509.ParseCertificate(a.DER)
	if err != nil {
		return map[string]any{}
	}
	return map[string]any{"expiry": wireTime(c.NotAfter), "thumbprint": pki.Thumbprint(c), "subject": pki.DistinguishedName(c.RawSubject)}
}

func setAuthorities(r *arm.Resource, list []Authority) {
	if len(list) == 0 {
		delete(r.Private, "authorities")
		return
	}
	setPrivate(r, "authorities", list)
}

// setPrivate stores v as JSON would.
func setPrivate(r *arm.Resource, name string, v any) {
	if r.Private == nil {
		r.Private = map[string]any{}
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("apim: private values are plain structs: " + err.Error())
	}
	r.Private[name] = base64.StdEncoding.EncodeToString(b)
}

func fromPrivate(r *arm.Resource, name string, v any) error {
	s, _ := r.Private[name].(string)
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("apim: %s: private %s: %w", r.ID, name, err)
	}
	return nil
}

func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
