package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
)

// selfIssued reports whether c ends a chain: its issuer is its own subject.
func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// publicKey is what every public key of the standard library implements.
type publicKey interface{ Equal(crypto.PublicKey) bool }

// leafIndex finds the certificate of key; -1 when none of certs has it.
func leafIndex(certs []*x509.Certificate, key crypto.Signer) int {
	public, ok := key.Public().(publicKey)
	if !ok {
		return -1
	}
	for i, c := range certs {
		if public.Equal(c.PublicKey) {
			return i
		}
	}
	return -1
}

// assemble makes a Bundle of what a file held. With a key, the leaf is the certificate
// of that key, wherever it stands (Key Vault does so too); without one it is the first
// that issued no other.
func assemble(certs []*x509.Certificate, key crypto.Signer, keepOrder bool) (*Bundle, error) {
	if len(certs) == 0 {
		return nil, fail(NoCertificate, nil, "the file holds no certificate; export the certificate together with its key")
	}
	leaf := 0
	if key != nil {
		if leaf = leafIndex(certs, key); leaf < 0 {
			return nil, fail(KeyMismatch, nil, "the private key in the file belongs to none of its %d certificate(s); export the certificate that was issued for this key", len(certs))
		}
	} else {
		leaf = issuesNone(certs)
	}
	rest := make([]*x509.Certificate, 0, len(certs)-1)
	for i, c := range certs {
		if i != leaf && !c.Equal(certs[leaf]) {
			rest = append(rest, c)
		}
	}
	if !keepOrder {
		rest = OrderChain(certs[leaf], rest)
	}
	return &Bundle{Leaf: certs[leaf], Chain: rest, Key: key}, nil
}

// issuesNone is the index of the first certificate that is not the issuer of another.
func issuesNone(certs []*x509.Certificate) int {
	for i, c := range certs {
		issuer := false
		for j, other := range certs {
			issuer = issuer || (i != j && !selfIssued(other) && bytes.Equal(other.RawIssuer, c.RawSubject))
		}
		if !issuer {
			return i
		}
	}
	return 0
}

// OrderChain returns certs in the order leaf's issuer, its issuer, and so on; those
// that do not belong to the chain follow in the order given.
func OrderChain(leaf *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	left := append([]*x509.Certificate(nil), certs...)
	out := make([]*x509.Certificate, 0, len(certs))
	for at := leaf; at != nil && !selfIssued(at); {
		i := issuerOf(at, left)
		if i < 0 {
			break
		}
		at = left[i]
		out = append(out, at)
		left = append(left[:i], left[i+1:]...)
	}
	return append(out, left...)
}

// issuerOf finds the certificate that signed c; where names agree and no signature
// does (an unknown algorithm), the first with the name.
func issuerOf(c *x509.Certificate, among []*x509.Certificate) int {
	named := -1
	for i, candidate := range among {
		if !bytes.Equal(c.RawIssuer, candidate.RawSubject) {
			continue
		}
		if candidate.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil {
			return i
		}
		if named < 0 {
			named = i
		}
	}
	return named
}
