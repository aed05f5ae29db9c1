package pki

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
)

// DecodeCertificate reads one certificate as a .cer file or an API field holds it: DER,
// PEM, or the base64 of the DER with or without line breaks. Of a PEM file with several
// it takes the first.
func DecodeCertificate(data []byte) (*x509.Certificate, error) {
	der, err := certificateDER(bytes.TrimPrefix(data, byteOrderMark))
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fail(NotCertificate, err, "this is not an X.509 certificate, or it is damaged: %v", err)
	}
	return cert, nil
}

func certificateDER(data []byte) ([]byte, error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, fail(NotCertificate, nil, "the certificate is empty")
	case looksLikePEM(data) && data[0] != 0x30:
		return firstCertificateBlock(data)
	case data[0] == 0x30 && !isBase64(data): // "0" is a base64 letter too, but DER is never all letters
		return data, nil
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
	if err != nil {
		return nil, fail(NotCertificate, err, "this is not a certificate: neither DER, nor PEM, nor base64")
	}
	return der, nil
}

func firstCertificateBlock(data []byte) ([]byte, error) {
	var found []string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == pemCertificate || block.Type == pemTrusted {
			return block.Bytes, nil
		}
		found = append(found, block.Type)
	}
	if len(found) == 0 {
		return nil, fail(Truncated, nil, "the PEM file is cut short or damaged: it has a BEGIN line without a whole block; copy the file again")
	}
	return nil, fail(NoCertificate, nil, "the PEM file holds no certificate, only %s", strings.Join(found, ", "))
}

func isBase64(data []byte) bool {
	for _, b := range data {
		letter := b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
		if !letter && !strings.ContainsRune("+/=\r\n\t ", rune(b)) {
			return false
		}
	}
	return true
}

// EncodeCER writes a certificate as a .cer file: base64 in lines of 64, between the
// markers of PEM or, for fields that want the bare text, without.
func EncodeCER(c *x509.Certificate, markers bool) []byte {
	text := EncodeCertificatesPEM(c)
	if markers {
		return text
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return []byte(strings.Join(lines[1:len(lines)-1], "\n") + "\n")
}

// Thumbprint is the SHA-1 of the certificate in upper-case hexadecimal, as Azure and
// .NET name a certificate. It names; it proves nothing.
func Thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// SerialNumber is the certificate's serial number in upper-case hexadecimal as .NET writes it:
// the bytes of the DER integer, with a zero first when the top bit is set.
func SerialNumber(c *x509.Certificate) string {
	b := c.SerialNumber.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// X5T is the same SHA-1 in base64url, as JOSE and Key Vault write it (RFC 7515 4.1.7).
func X5T(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
