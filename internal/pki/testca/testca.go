// Package testca makes certificate hierarchies for tests and for the command
// `gatehouse cert`: roots, intermediates, servers and clients, valid, expired or not
// yet valid. It is not the private CA of the TLS listener: that is pki.CA. Start at
// NewRoot.
package testca

import (
	"crypto"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"gatehouse/internal/pki"
)

// Options say what to make. The zero value is an RSA 2048 certificate, valid from an hour ago for a year.
type Options struct {
	CommonName string
	Subject    []string // further parts of the name, "O=Contoso"
	DNS        []string
	IPs        []net.IP
	KeyType    string        // "rsa" (default), "rsa3072", "rsa4096", "ec" (P-256), "ec384", "ec521"
	Key        crypto.Signer // used instead of a new one
	NotBefore  time.Time
	NotAfter   time.Time
}

// Authority is a root or an intermediate that can issue.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Parent      *Authority // nil for a root
}

// NewRoot makes a self-signed root.
func NewRoot(o Options) (*Authority, error) { return nil, errors.New("testca: not built yet") }

// Intermediate makes a CA below a.
func (a *Authority) Intermediate(o Options) (*Authority, error) {
	return nil, errors.New("testca: not built yet")
}

// Client makes a certificate for client authentication, with the chain up to the root.
func (a *Authority) Client(o Options) (*pki.Bundle, error) {
	return nil, errors.New("testca: not built yet")
}

// Server makes a certificate for server authentication, with the chain up to the root.
func (a *Authority) Server(o Options) (*pki.Bundle, error) {
	return nil, errors.New("testca: not built yet")
}
