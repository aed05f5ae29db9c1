package vault

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/pki"
)

// maxImport bounds a certificate file with its chain and key.
const maxImport = 128 << 10

// ImportCertificate is a certificate that a caller brings.
type ImportCertificate struct {
	Value         string // base64 of a PFX, or PEM
	Password      string
	Policy        *Policy
	Attributes    *AttributesPatch
	Tags          Tags
	PreserveOrder *bool
}

// ImportCertificate makes a version from a PFX or PEM file with its private key.
func (s *Service) ImportCertificate(ctx context.Context, caller identity.Caller, vault, name string, in ImportCertificate) (*Certificate, error) {
	return run(ctx, s, caller, OpImportCertificate, vault, name, func(c *call) (*Certificate, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		keep := in.PreserveOrder != nil && *in.PreserveOrder
		bundle, content, err := c.decodeImport(in, keep)
		if err != nil {
			return nil, err
		}
		m, err := materialOf(bundle.Key, "")
		if err != nil {
			return nil, err
		}
		policy, err := importPolicy(in.Policy, m, content).complete()
		if err != nil {
			return nil, err
		}
		policy.X509 = x509PropertiesOf(bundle.Leaf) // as it is, also where no policy could ask for it
		if hsm := policy.Key.Type; strings.HasSuffix(hsm, "-HSM") {
			if err := c.premium(hsm); err != nil {
				return nil, err
			}
			m.Type = hsm
		}
		r, err := c.newCertificate(policy, bundle, m, keep, in.Attributes, in.Tags)
		if err != nil {
			return nil, err
		}
		var out *Certificate
		err = c.commit(func(t *txn) (err error) {
			h, err := t.claimCertificate(c)
			if err != nil {
				return err
			}
			h.setPolicy(c, policy)
			out, err = t.putCertificate(c, h, newVersion(), r, bundle.Leaf)
			return err
		})
		return out, err
	})
}

// decodeImport reads the file and refuses what Key Vault refuses: wrong
// passwords, missing keys, expired certificates.
func (c *call) decodeImport(in ImportCertificate, keep bool) (*pki.Bundle, string, error) {
	if in.Value == "" {
		return nil, "", badParameter("value is missing: it must be the base64 of a PFX file, or a PEM text.")
	}
	data, content := []byte(in.Value), ContentPEM
	if !strings.Contains(in.Value, "-----BEGIN ") {
		var err error
		if data, err = decodeBase64(in.Value); err != nil {
			return nil, "", badParameter("value is neither base64 nor PEM: %v.", err)
		}
		if !bytes.Contains(data, []byte("-----BEGIN ")) {
			content = ContentPFX
		}
	}
	if len(data) > maxImport {
		return nil, "", badParameter("The certificate file has %d bytes; the limit is %d.", len(data), maxImport)
	}
	if in.Policy != nil && in.Policy.Secret != nil && in.Policy.Secret.ContentType != "" && in.Policy.Secret.ContentType != content {
		return nil, "", badParameter("The value is of type %s, and policy.secret_props.contentType says %s.", content, clip(in.Policy.Secret.ContentType))
	}
	decode := pki.DecodePFX
	if content == ContentPEM {
		decode = pki.DecodePEM
	}
	bundle, err := decode(data, in.Password, keep)
	if err != nil {
		return nil, "", badCertificate(content, err)
	}
	if bundle.Key == nil {
		return nil, "", badParameter("The specified X.509 certificate content has no private key. Import the certificate together with its private key.")
	}
	if err := checkChain(bundle.Leaf, bundle.Chain); err != nil {
		return nil, "", err
	}
	return bundle, content, c.unexpired(bundle.Leaf)
}

// checkChain refuses a chain in which a certificate carries the name of an issuer
// whose signature is not there. Certificates that do not belong to it are kept, as
// Key Vault keeps them.
func checkChain(leaf *x509.Certificate, chain []*x509.Certificate) error {
	for at, steps := leaf, 0; at != nil && steps <= len(chain) && !bytes.Equal(at.RawIssuer, at.RawSubject); steps++ {
		var issuer, named *x509.Certificate
		for _, c := range chain {
			if !bytes.Equal(c.RawSubject, at.RawIssuer) {
				continue
			}
			var weak x509.InsecureAlgorithmError
			err := c.CheckSignature(at.SignatureAlgorithm, at.RawTBSCertificate, at.Signature)
			if err == nil || errors.As(err, &weak) || errors.Is(err, x509.ErrUnsupportedAlgorithm) {
				issuer = c // what can't be checked here is for those who trust it to check
				break
			}
			named = c
		}
		if issuer == nil && named != nil {
			return badParameter("The certificate chain does not verify: '%s' did not sign '%s'.", clip(pki.DistinguishedName(named.RawSubject)), clip(pki.DistinguishedName(at.RawSubject)))
		}
		at = issuer
	}
	return nil
}

func (c *call) unexpired(leaf *x509.Certificate) error {
	if !c.now.Before(leaf.NotAfter) {
		return badParameter("The specified X.509 certificate has expired: its notAfter is %s. Import one that is still valid.", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// badCertificate tells Azure's first sentence, and what is really wrong.
func badCertificate(content string, err error) error {
	form := "PKCS#12"
	if content == ContentPEM {
		form = "PEM"
	}
	var known *pki.Error
	if errors.As(err, &known) {
		return badParameter("The specified %s X.509 certificate content can not be read. Please check if certificate is in valid %s format. %s", form, form, sentence(known.Message))
	}
	return badParameter("The specified %s X.509 certificate content can not be read. Please check if certificate is in valid %s format.", form, form)
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// decodeBase64 accepts both alphabets, with and without padding, and line ends.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/").Replace(strings.TrimSpace(s))
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil, errors.New("it is not valid base64")
	}
	return b, nil
}

// importPolicy describes what was imported. Of the caller's policy count what
// the file does not say: whether the key may leave, renewal, the issuer.
func importPolicy(in *Policy, m *material, content string) *Policy {
	p := &Policy{Key: &KeyProperties{Type: m.Type, Curve: m.Curve, Size: 8 * len(m.N)}, Secret: &SecretShape{content},
		Issuer: &IssuerParameters{Name: "Unknown"}}
	if in == nil {
		return p
	}
	if in.Key != nil {
		p.Key.Exportable, p.Key.Reuse = in.Key.Exportable, in.Key.Reuse
		if strings.HasSuffix(in.Key.Type, "-HSM") {
			p.Key.Type = m.Type + "-HSM"
		}
	}
	if in.Lifetime != nil {
		p.Lifetime = in.Lifetime
	}
	if in.Issuer != nil && in.Issuer.Name != "" {
		p.Issuer = in.Issuer
	}
	p.Enabled = in.Enabled
	return p
}

func x509PropertiesOf(leaf *x509.Certificate) *X509Properties {
	x := &X509Properties{Subject: pki.DistinguishedName(leaf.RawSubject), SANs: altNamesOf(leaf), EKUs: []string{}, KeyUsage: []string{}}
	if leaf.BasicConstraintsValid {
		x.Basic = &BasicConstraints{CA: leaf.IsCA}
	}
	for _, u := range leaf.ExtKeyUsage {
		if oid := u.OID(); len(oid.String()) > 0 {
			x.EKUs = append(x.EKUs, oid.String())
		}
	}
	for _, oid := range leaf.UnknownExtKeyUsage {
		x.EKUs = append(x.EKUs, oid.String())
	}
	for i, name := range keyUsages {
		if leaf.KeyUsage&(1<<i) != 0 {
			x.KeyUsage = append(x.KeyUsage, name)
		}
	}
	x.Months = months(leaf.NotBefore, leaf.NotAfter)
	return x
}

// months rounds a validity to the nearest month, at least one.
func months(from, to time.Time) int {
	n := int(to.Sub(from).Hours()/24/30.4375 + 0.5)
	return min(max(n, 1), 1200)
}

// newCertificate makes the record of a version with what its secret will hold.
func (c *call) newCertificate(p *Policy, b *pki.Bundle, m *material, keep bool, patch *AttributesPatch, tags Tags) (*certificateRecord, error) {
	attributes, err := newAttributes(c.now, patch)
	if err != nil {
		return nil, err
	}
	if attributes.NotBefore == nil {
		attributes.NotBefore = unix(b.Leaf.NotBefore)
	}
	if attributes.Expires == nil {
		attributes.Expires = unix(b.Leaf.NotAfter)
	}
	r := &certificateRecord{Leaf: b.Leaf.Raw, Key: m, Exportable: p.exportable(), ContentType: p.Secret.ContentType,
		Attributes: attributes, Tags: tags, PreserveOrder: keep}
	for _, link := range b.Chain {
		r.Chain = append(r.Chain, link.Raw)
	}
	r.Secret, err = secretContent(b, r.ContentType, r.Exportable)
	return r, err
}

func unix(t time.Time) *int64 {
	n := t.Unix()
	return &n
}

// secretContent is the managed secret's value; without the private key when that
// must not leave: https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#exportable-or-non-exportable-key
func secretContent(b *pki.Bundle, content string, exportable bool) (string, error) {
	if !exportable {
		b = &pki.Bundle{Leaf: b.Leaf, Chain: b.Chain}
	}
	if content == ContentPEM {
		out, err := pki.EncodePEM(b)
		return string(out), err
	}
	out, err := pki.EncodePFX(b, "")
	return base64.StdEncoding.EncodeToString(out), err
}

// claimCertificate is claim for a new version: the name must be free of keys and
// secrets, and no operation may be making one already.
func (t *txn) claimCertificate(c *call) (*head, error) {
	h, err := t.claim(c.keys, Certificates, c.name)
	if err != nil {
		return nil, err
	}
	var p pendingRecord
	if found, err := t.get(c.keys.pending(c.name), &p); err != nil {
		return nil, err
	} else if found && p.Status == statusInProgress {
		return nil, errPendingInProgress()
	}
	if h == nil {
		h = &head{Name: c.name, Attributes: Attributes{Created: c.now.Unix(), Updated: c.now.Unix()}}
	}
	return h, nil
}

// putCertificate makes r the current version. The one before stays as it is.
func (t *txn) putCertificate(c *call, h *head, version string, r *certificateRecord, leaf *x509.Certificate) (*Certificate, error) {
	r.Previous = h.Current
	h.Current, h.Renewal = version, nil
	r.show(h, leaf)
	if err := t.put(c.keys.head(Certificates, c.name), h); err != nil {
		return nil, err
	}
	return r.view(c, h, version), t.put(c.keys.version(Certificates, c.name, version), r)
}
