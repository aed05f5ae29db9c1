// Package pki reads, writes and issues certificates: PFX, PEM and CER in and out,
// chains put in order, thumbprints and distinguished names as .NET shows them, and
// the private CA whose leaves the TLS listener presents. pki/testca makes test
// roots, intermediates and clients.
//
// It is not a trust policy: who may call whom is decided by the gateway, with the
// pools and bundles made here. It keeps nothing: the vault and the app store what it
// returns. Start at Bundle and Decode; CA for the listener's own certificates.
package pki

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
)

// Bundle is a leaf certificate with the chain above it and, where there is one, its
// private key. It is not changed after it is made.
type Bundle struct {
	Leaf  *x509.Certificate
	Chain []*x509.Certificate // without the leaf, ordered towards the root
	Key   crypto.Signer       // nil when absent
}

// TLS returns b in the form that crypto/tls presents: the leaf and its chain, without a root.
func (b *Bundle) TLS() tls.Certificate {
	out := tls.Certificate{Leaf: b.Leaf, Certificate: [][]byte{b.Leaf.Raw}}
	if b.Key != nil {
		out.PrivateKey = b.Key
	}
	for _, c := range b.Chain {
		if !selfIssued(c) { // RFC 8446 4.4.2: the root may be left out, the peer has it or does not trust it
			out.Certificate = append(out.Certificate, c.Raw)
		}
	}
	return out
}
