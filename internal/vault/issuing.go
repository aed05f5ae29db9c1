package vault

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/pki"
)

// CreateCertificate is what a caller asks a new version to be. A nil policy is
// the one that the certificate has.
type CreateCertificate struct {
	Policy        *Policy
	Attributes    *AttributesPatch
	Tags          Tags
	PreserveOrder *bool
}

// CreateCertificate begins a new version with a generated key. Issuer Self signs
// at once; Unknown, or none, leaves a signing request for MergeCertificate.
func (s *Service) CreateCertificate(ctx context.Context, caller identity.Caller, vault, name string, in CreateCertificate) (*CertificateOperation, error) {
	return run(ctx, s, caller, OpCreateCertificate, vault, name, func(c *call) (*CertificateOperation, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		return c.createCertificate(in)
	})
}

func (c *call) createCertificate(in CreateCertificate) (*CertificateOperation, error) {
	h, err := (&txn{s: c.s, ctx: c.ctx}).claimCertificate(c)
	if err != nil {
		return nil, err
	}
	policy, err := c.policyFor(h, in.Policy)
	if err != nil {
		return nil, err
	}
	if _, err := newAttributes(c.now, in.Attributes); err != nil {
		return nil, err
	}
	m, err := c.certificateKey(h, policy)
	if err != nil {
		return nil, err
	}
	p := &pendingRecord{Version: newVersion(), RequestID: strings.ReplaceAll(uuid.NewString(), "-", ""), Issuer: *policy.Issuer,
		Status: statusInProgress, Details: detailsInProgress, Key: m, Policy: policy, Attributes: in.Attributes, Tags: in.Tags,
		PreserveOrder: in.PreserveOrder != nil && *in.PreserveOrder, Created: c.now.Unix()}
	signer, err := m.signer()
	if err != nil {
		return nil, err
	}
	if p.CSR, err = signingRequest(policy, signer); err != nil {
		return nil, err
	}
	if policy.self() {
		return c.selfSign(p, signer)
	}
	err = c.commit(func(t *txn) error {
		h, err := t.claimCertificate(c)
		if err != nil {
			return err
		}
		h.setPolicy(c, policy)
		if h.Current == "" {
			h.Tags = in.Tags
		}
		if err := t.put(c.keys.head(Certificates, c.name), h); err != nil {
			return err
		}
		return t.put(c.keys.pending(c.name), p)
	})
	return p.view(c.name), err
}

// policyFor is the policy that a new version is made by.
func (c *call) policyFor(h *head, in *Policy) (*Policy, error) {
	if in == nil {
		in = h.Policy
	}
	if in == nil {
		return nil, badParameter("policy is missing: a certificate needs one for its first version.")
	}
	p, err := in.complete()
	if err == nil {
		err = p.issuable()
	}
	if err == nil {
		err = c.premium(p.Key.Type)
	}
	if err != nil {
		return nil, err
	}
	if p.Issuer == nil {
		p.Issuer = &IssuerParameters{Name: "Unknown"}
	}
	if p.self() || p.unknown() {
		return p, nil
	}
	return nil, c.refuseIssuer(p.Issuer.Name)
}

// refuseIssuer tells why a named issuer can't sign.
func (c *call) refuseIssuer(name string) error {
	var r issuerRecord
	_, found, err := c.s.read(c.ctx, c.keys.issuer(name), &r)
	if err != nil {
		return err
	}
	if !found {
		return badParameter("policy.issuer.name '%s' is not an issuer of this key vault. Use Self, Unknown, or the name of an issuer that was set before.", clip(name))
	}
	return notSupported("The issuer '%s' has the provider '%s', which is not reached from here. Use Self, or Unknown and merge the certificate that the provider signs.", clip(name), clip(r.Provider))
}

// certificateKey is a new key, or that of the version before when the policy
// says reuse_key and the shape is the same.
func (c *call) certificateKey(h *head, p *Policy) (*material, error) {
	shape, err := p.shape().normal()
	if err != nil {
		return nil, err
	}
	if h.Current != "" && p.Key.Reuse != nil && *p.Key.Reuse {
		r, err := c.certificateVersion(h, h.Current, Certificates)
		if err != nil {
			return nil, err
		}
		if r.Key.Type == shape.Type && r.Key.Curve == shape.Curve && (!r.Key.rsa() || 8*len(r.Key.N) == shape.Size) {
			return r.Key, nil
		}
	}
	return generate(shape)
}

// selfSign completes the operation in the transaction that begins it. The answer
// is the operation as it began, as Azure gives it; asking again shows it complete.
func (c *call) selfSign(p *pendingRecord, signer crypto.Signer) (*CertificateOperation, error) {
	leaf, err := selfSigned(p.Policy, signer, c.now)
	if err != nil {
		return nil, err
	}
	r, err := c.newCertificate(p.Policy, &pki.Bundle{Leaf: leaf, Key: signer}, p.Key, p.PreserveOrder, p.Attributes, p.Tags)
	if err != nil {
		return nil, err
	}
	begun, policy := p.view(c.name), p.Policy
	p.complete()
	err = c.commit(func(t *txn) error {
		h, err := t.claimCertificate(c)
		if err != nil {
			return err
		}
		h.setPolicy(c, policy)
		if _, err := t.putCertificate(c, h, p.Version, r, leaf); err != nil {
			return err
		}
		return t.put(c.keys.pending(c.name), p)
	})
	return begun, err
}

// template has what the request and the self-signed certificate have in common.
func template(p *Policy) (subject []byte, extensions []pkix.Extension, err error) {
	if subject, err = parseName(p.X509.Subject); err != nil {
		return nil, nil, badParameter("policy.x509_props.subject: %v.", err)
	}
	san, err := p.X509.SANs.extension(p.X509.Subject == "")
	if err != nil {
		return nil, nil, err
	}
	if san != nil {
		extensions = append(extensions, *san)
	}
	if usage, err := keyUsageExtension(p.X509.KeyUsage); err != nil {
		return nil, nil, err
	} else if usage != nil {
		extensions = append(extensions, *usage)
	}
	ekus, err := ekuExtension(p.X509.EKUs)
	if ekus != nil {
		extensions = append(extensions, *ekus)
	}
	return subject, extensions, err
}

// keyUsageExtension is RFC 5280, 4.2.1.3: a bit string, the first usage in the highest bit.
func keyUsageExtension(usages []string) (*pkix.Extension, error) {
	var bits asn1.BitString
	bits.Bytes = make([]byte, 2)
	for _, u := range usages {
		i := slices.Index(keyUsages, u)
		bits.Bytes[i/8] |= 0x80 >> (i % 8)
		bits.BitLength = max(bits.BitLength, i+1)
	}
	if bits.BitLength == 0 {
		return nil, nil
	}
	bits.Bytes = bits.Bytes[:(bits.BitLength+7)/8]
	value, err := asn1.Marshal(bits)
	return &pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: value}, err
}

func ekuExtension(oids []string) (*pkix.Extension, error) {
	if len(oids) == 0 {
		return nil, nil
	}
	list := make([]asn1.ObjectIdentifier, 0, len(oids))
	for _, s := range oids {
		oid, err := parseOID(s)
		if err != nil {
			return nil, badParameter("policy.x509_props.ekus: %v.", err)
		}
		list = append(list, oid)
	}
	value, err := asn1.Marshal(list)
	return &pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: value}, err
}

func signingRequest(p *Policy, signer crypto.Signer) ([]byte, error) {
	subject, extensions, err := template(p)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: subject, ExtraExtensions: extensions}, signer)
	if err != nil {
		return nil, badParameter("The signing request cannot be made from the policy: %v.", err)
	}
	return der, nil
}

// selfSigned makes the certificate as Key Vault does: from ten minutes ago, for
// so many months, not a CA.
func selfSigned(p *Policy, signer crypto.Signer, now time.Time) (*x509.Certificate, error) {
	subject, extensions, err := template(p)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{SerialNumber: serial, RawSubject: subject, ExtraExtensions: extensions, BasicConstraintsValid: true,
		NotBefore: now.Add(-10 * time.Minute), NotAfter: now.AddDate(0, p.X509.Months, 0)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, signer.Public(), signer)
	if err != nil {
		return nil, badParameter("The certificate cannot be made from the policy: %v.", err)
	}
	return x509.ParseCertificate(der)
}

// MergeCertificate is a certificate that someone signed for a pending operation,
// with its chain, in DER.
type MergeCertificate struct {
	Certificates [][]byte
	Attributes   *AttributesPatch
	Tags         Tags
}

// MergeCertificate completes the pending operation. A leaf that begins in the
// future is taken; one with another key is not.
func (s *Service) MergeCertificate(ctx context.Context, caller identity.Caller, vault, name string, in MergeCertificate) (*Certificate, error) {
	return run(ctx, s, caller, OpMergeCertificate, vault, name, func(c *call) (*Certificate, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		chain, err := parseChain(in.Certificates)
		if err != nil {
			return nil, err
		}
		var out *Certificate
		err = c.commit(func(t *txn) (err error) {
			out, err = c.merge(t, in, chain)
			return err
		})
		return out, err
	})
}

func parseChain(ders [][]byte) ([]*x509.Certificate, error) {
	if len(ders) == 0 {
		return nil, badParameter("x5c is missing: it must hold the signed certificate, and may hold its chain.")
	}
	if len(ders) > 20 {
		return nil, badParameter("x5c holds %d certificates; the limit is 20.", len(ders))
	}
	var out []*x509.Certificate
	for i, der := range ders {
		cert, err := pki.DecodeCertificate(der)
		if err != nil {
			return nil, badParameter("x5c[%d] is not an X.509 certificate: %v.", i, err)
		}
		out = append(out, cert)
	}
	return out, nil
}

func (c *call) merge(t *txn, in MergeCertificate, chain []*x509.Certificate) (*Certificate, error) {
	h, p, err := c.pendingOf(t)
	if err != nil {
		return nil, err
	}
	if p.Status != statusInProgress || p.Key == nil {
		return nil, azerr.KVPendingConflict.New(fmt.Sprintf("The operation of certificate '%s' is %s; only one in progress can be merged.", c.name, p.Status))
	}
	signer, err := p.Key.signer()
	if err != nil {
		return nil, err
	}
	leaf := slices.IndexFunc(chain, func(cert *x509.Certificate) bool { return samePublicKey(signer, cert) })
	if leaf < 0 {
		return nil, badParameter("The public key of the end-entity certificate in the specified X.509 certificate content does not match the public part of the specified private key. Please check if certificate is valid.")
	}
	if err := c.unexpired(chain[leaf]); err != nil {
		return nil, err
	}
	rest := slices.Concat(chain[:leaf], chain[leaf+1:])
	if err := checkChain(chain[leaf], rest); err != nil {
		return nil, err
	}
	if !p.PreserveOrder {
		rest = pki.OrderChain(chain[leaf], rest)
	}
	attributes, tags := p.Attributes, p.Tags
	if in.Attributes != nil {
		attributes = in.Attributes
	}
	if in.Tags != nil {
		tags = in.Tags
	}
	r, err := c.newCertificate(p.Policy, &pki.Bundle{Leaf: chain[leaf], Chain: rest, Key: signer}, p.Key, p.PreserveOrder, attributes, tags)
	if err != nil {
		return nil, err
	}
	p.complete()
	if err := t.put(c.keys.pending(c.name), p); err != nil {
		return nil, err
	}
	return t.putCertificate(c, h, p.Version, r, chain[leaf])
}

func samePublicKey(signer crypto.Signer, cert *x509.Certificate) bool {
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}
