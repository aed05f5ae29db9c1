package policytest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/pki"
	"gatehouse/internal/policy"
)

// certificatesIn reads the certificates of a part in PEM.
func certificatesIn(part, text string) (list []*x509.Certificate, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the %s: %w", part, err)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("the " + part + " holds no certificate in PEM")
	}
	return list, nil
}

// trust is whom client certificates are checked against: those that sign themselves are roots.
func trust(parts map[string]string) (*pki.Trust, error) {
	var o pki.TrustOptions
	if text, ok := parts["trust"]; ok {
		list, err := certificatesIn("trust", text)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if c.CheckSignatureFrom(c) == nil {
				o.Roots = append(o.Roots, c)
			} else {
				o.Intermediates = append(o.Intermediates, c)
			}
		}
	}
	return pki.NewTrust(o), nil
}

// serviceCertificates are the parts "certificate ID": with a key, it can be shown to a backend.
func serviceCertificates(parts map[string]string) (list []*policy.Certificate, err error) {
	for name, text := range parts {
		id, ok := strings.CutPrefix(name, "certificate ")
		if !ok {
			continue
		}
		chain, err := certificatesIn(name, text)
		if err != nil {
			return nil, err
		}
		c := &policy.Certificate{ID: id, Thumbprint: pki.Thumbprint(chain[0]), Leaf: chain[0]}
		if strings.Contains(text, "PRIVATE KEY") {
			pair, err := tls.X509KeyPair([]byte(text), []byte(text))
			if err != nil {
				return nil, fmt.Errorf("the %s: %w", name, err)
			}
			c.TLS = &pair
		}
		list = append(list, c)
	}
	return list, nil
}
