package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
)

const (
	pemCertificate  = "CERTIFICATE"
	pemTrusted      = "TRUSTED CERTIFICATE"
	pemPKCS8        = "PRIVATE KEY"
	pemPKCS1        = "RSA PRIVATE KEY"
	pemSEC1         = "EC PRIVATE KEY"
	pemEncryptedKey = "ENCRYPTED PRIVATE KEY"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

func looksLikePEM(data []byte) bool { return bytes.Contains(data, []byte("-----BEGIN ")) }

// Decode reads a certificate with its key from a PFX or a PEM file, whichever data is.
func Decode(data []byte, password string, keepOrder bool) (*Bundle, error) {
	if looksLikePEM(data) && data[0] != 0x30 {
		return DecodePEM(data, password, keepOrder)
	}
	return DecodePFX(data, password, keepOrder)
}

// DecodePEM reads certificates and at most one private key: PKCS #8 (also encrypted,
// PBES2), PKCS #1 or SEC 1. Other blocks are passed over. Bundle.Key is nil when there
// is no key: a caller that needs one calls RequireKey.
func DecodePEM(data []byte, password string, keepOrder bool) (*Bundle, error) {
	var certs []*x509.Certificate
	var key crypto.Signer
	blocks := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		blocks++
		cert, signer, err := readBlock(block, password)
		switch {
		case err != nil:
			return nil, err
		case cert != nil:
			certs = append(certs, cert)
		case signer != nil && key != nil:
			return nil, fail(Malformed, nil, "the PEM file holds more than one private key; keep one, with its certificate and chain")
		case signer != nil:
			key = signer
		}
	}
	if blocks == 0 {
		if looksLikePEM(data) {
			return nil, fail(Truncated, nil, "the PEM file is cut short or damaged: it has a BEGIN line without a whole block; copy the file again")
		}
		return nil, fail(NotPEM, nil, "this is not a PEM file: there is no -----BEGIN line")
	}
	return assemble(certs, key, keepOrder)
}

// RequireKey returns an Error of reason NoKey when b has no private key.
func (b *Bundle) RequireKey() error {
	if b.Key == nil {
		return fail(NoKey, nil, "the file holds no private key; add the key of the certificate, as PKCS #8")
	}
	return nil
}

func readBlock(block *pem.Block, password string) (*x509.Certificate, crypto.Signer, error) {
	switch block.Type {
	case pemCertificate, pemTrusted:
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fail(Malformed, err, "a certificate in the PEM file is damaged: %v", err)
		}
		return cert, nil, nil
	case pemPKCS8, pemPKCS1, pemSEC1, pemEncryptedKey:
		key, err := readKey(block, password)
		return nil, key, err
	}
	return nil, nil, nil
}

func readKey(block *pem.Block, password string) (crypto.Signer, error) {
	der := block.Bytes
	if block.Headers["DEK-Info"] != "" {
		return nil, fail(UnsupportedEncryption, nil, "the private key is encrypted in OpenSSL's old way (DEK-Info: %s), which is not supported; convert it: openssl pkcs8 -topk8 -in FILE -out NEW", block.Headers["DEK-Info"])
	}
	var key any
	var err error
	switch block.Type {
	case pemPKCS1:
		key, err = x509.ParsePKCS1PrivateKey(der)
	case pemSEC1:
		key, err = x509.ParseECPrivateKey(der)
	case pemEncryptedKey:
		if der, err = decryptPKCS8(der, password); err != nil {
			return nil, err
		}
		fallthrough
	default:
		key, err = x509.ParsePKCS8PrivateKey(der)
	}
	if err != nil {
		return nil, fail(UnsupportedKey, err, "the private key cannot be read: %v; use an RSA key, or an EC key on P-256, P-384 or P-521", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fail(UnsupportedKey, nil, "the private key is of type %T, which cannot sign; use an RSA or EC key", key)
	}
	return signer, nil
}

// EncodePEM writes the key as PKCS #8 (when there is one), then the leaf, then the chain.
func EncodePEM(b *Bundle) ([]byte, error) {
	var out bytes.Buffer
	if b.Key != nil {
		key, err := EncodeKeyPEM(b.Key)
		if err != nil {
			return nil, err
		}
		out.Write(key)
	}
	out.Write(EncodeCertificatesPEM(append([]*x509.Certificate{b.Leaf}, b.Chain...)...))
	return out.Bytes(), nil
}

// EncodeKeyPEM writes a private key as PKCS #8.
func EncodeKeyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fail(UnsupportedKey, err, "the private key cannot be written as PKCS #8: %v", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPKCS8, Bytes: der}), nil
}

// EncodeCertificatesPEM writes certificates one after the other.
func EncodeCertificatesPEM(certs ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, c := range certs {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw}))
	}
	return out.Bytes()
}
