package pki

import (
	"crypto"
	"crypto/x509"
	"errors"
	"strings"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

// DecodePFX reads a PFX (PKCS #12) file in any encryption that go-pkcs12 reads: RC2-40,
// RC2-128, 3DES, and PBES2 with AES. The leaf is the certificate of the private key,
// wherever it stands; the chain is put in order unless keepOrder.
func DecodePFX(data []byte, password string, keepOrder bool) (*Bundle, error) {
	data, err := wholePFX(data)
	if err != nil {
		return nil, err
	}
	layout, err := inspectPFX(data)
	if err != nil {
		return nil, err
	}
	key, first, rest, err := pkcs12.DecodeChain(data, password)
	if err != nil {
		return nil, layout.explain(err, password)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fail(UnsupportedKey, nil, "the PFX holds a private key of type %T, which cannot sign; use an RSA or EC key", key)
	}
	return assemble(append([]*x509.Certificate{first}, rest...), signer, keepOrder)
}

// wholePFX checks the outer length, so that a cut file is told from a damaged one, and
// drops what follows the file's end.
func wholePFX(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, fail(NotPFX, nil, "the file is empty")
	}
	if data[0] != 0x30 { // SEQUENCE
		if looksLikePEM(data) {
			return nil, fail(NotPFX, nil, "this is a PEM file, not a PFX")
		}
		return nil, fail(NotPFX, nil, "this is not a PFX file: it does not begin as one")
	}
	header, length, err := outerLength(data)
	if err != nil {
		return nil, err
	}
	if total := header + length; total <= len(data) {
		return data[:total], nil
	}
	return nil, fail(Truncated, nil, "the PFX is cut short: it says it has %d bytes, but only %d are there; copy the file again, in binary", header+length, len(data))
}

// outerLength reads the length of the outermost DER element (X.690 8.1.3).
func outerLength(data []byte) (header, length int, err error) {
	if len(data) < 2 {
		return 0, 0, fail(Truncated, nil, "the PFX is cut short after %d byte(s); copy the file again, in binary", len(data))
	}
	first := data[1]
	if first < 0x80 {
		return 2, int(first), nil
	}
	if first == 0x80 {
		return 0, 0, fail(UnsupportedEncryption, nil, "the PFX is encoded as BER with indefinite lengths; write it again, for example with: openssl pkcs12 -in FILE -out all.pem -nodes && openssl pkcs12 -export -in all.pem -out NEW")
	}
	octets := int(first & 0x7f)
	if octets > 4 {
		return 0, 0, fail(NotPFX, nil, "this is not a PFX file: its length makes no sense")
	}
	if len(data) < 2+octets {
		return 0, 0, fail(Truncated, nil, "the PFX is cut short after %d byte(s); copy the file again, in binary", len(data))
	}
	for _, b := range data[2 : 2+octets] {
		length = length<<8 | int(b)
	}
	return 2 + octets, length, nil
}

// explain turns go-pkcs12's error into one that says what to do.
func (l *pfxLayout) explain(err error, password string) error {
	message := err.Error()
	var missing pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return wrongPassword(err, password)
	case strings.Contains(message, "private key missing"):
		return fail(NoKey, err, "the PFX holds no private key; export the certificate together with its private key")
	case strings.Contains(message, "certificate missing"):
		return fail(NoCertificate, err, "the PFX holds a private key but no certificate; export both together")
	case strings.Contains(message, "no MAC in data"):
		return fail(UnsupportedEncryption, err, "the PFX has no integrity check (MAC) but a password was given; export it with one (openssl pkcs12 -export without -nomac), or leave the password empty if it is not encrypted")
	case strings.Contains(message, "exactly one key bag"):
		return fail(Malformed, err, "the PFX holds more than one private key; export one certificate with its key and chain")
	case errors.As(err, &missing):
		return fail(UnsupportedEncryption, err, "the PFX cannot be read: %s; export it with AES-256 and SHA-256 (openssl pkcs12 -export does so by default)", strings.TrimPrefix(message, "pkcs12: "))
	}
	return fail(Malformed, err, "the PFX is damaged: %s; export it again", strings.TrimPrefix(message, "pkcs12: "))
}

func wrongPassword(err error, password string) error {
	if password == "" {
		return fail(WrongPassword, err, "the PFX needs a password and none was given")
	}
	return fail(WrongPassword, err, "the password of the PFX is not the one given")
}

// EncodePFX writes b encrypted as PBES2, AES-256 and SHA-256 with the password, which
// may be empty: what OpenSSL 3, Windows Server 2019, macOS and Java read. Without a key it
// holds the certificates alone.
func EncodePFX(b *Bundle, password string) ([]byte, error) {
	return encodePFX(pkcs12.Modern2023, b, password)
}

// EncodeLegacyPFX writes b encrypted as 3DES and SHA-1, for readers older than 2019.
func EncodeLegacyPFX(b *Bundle, password string) ([]byte, error) {
	return encodePFX(pkcs12.LegacyDES, b, password)
}

func encodePFX(encoder *pkcs12.Encoder, b *Bundle, password string) (data []byte, err error) {
	if b.Key == nil {
		data, err = encoder.EncodeTrustStore(append([]*x509.Certificate{b.Leaf}, b.Chain...), password)
	} else {
		data, err = encoder.Encode(b.Key, b.Leaf, b.Chain, password)
	}
	if err != nil {
		return nil, fail(Malformed, err, "the PFX could not be written: %v", err)
	}
	return data, nil
}
