package lib

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/csharp/types"
	"gatehouse/internal/pki"
)

// trusting is a context that trusts every chain, and finds none revoked unless asked.
type trusting struct{ revoked bool }

func (t trusting) VerifyCertificate(_ *x509.Certificate, revocation bool) error {
	if revocation && t.revoked {
		return errors.New("revoked")
	}
	return nil
}

func TestCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0xA1B2), Subject: pkix.Name{CommonName: "client.contoso.com", Organization: []string{"Contoso"}},
		DNSNames: []string{"client.contoso.com"}, NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	x := w.make(certificateType, types.Ref(w.run.Types.Bytes(der)))
	thumbprint := w.text(w.on(x, "Thumbprint"))
	if len(thumbprint) != 40 || strings.ToUpper(thumbprint) != thumbprint {
		t.Errorf("thumbprint %q", thumbprint)
	}
	w.is(w.on(x, "SerialNumber"), "00A1B2")
	w.is(w.on(x, "GetNameInfo", types.Of(certificateNameType, 0), false), "client.contoso.com")
	w.is(w.on(x, "NotBefore"), "01/02/2026 03:04:05")
	w.is(w.on(w.on(x, "SignatureAlgorithm"), "FriendlyName"), "sha256ECDSA")
	subject := w.text(w.on(x, "Subject"))
	want := "[Subject]\r\n  " + subject + "\r\n\r\n[Issuer]\r\n  " + subject + "\r\n\r\n[Serial Number]\r\n  00A1B2\r\n\r\n[Not Before]\r\n  01/02/2026 03:04:05\r\n\r\n[Not After]\r\n  01/02/2027 03:04:05\r\n\r\n[Thumbprint]\r\n  " + thumbprint + "\r\n"
	w.is(x, want)
	w.is(w.on(x, "Verify"), "False")
	w.run.Context = trusting{revoked: true}
	w.is(w.on(x, "Verify"), "False")
	w.is(w.static("CertificateExtensions", "VerifyNoRevocation", x), "True")
	w.run.Context = trusting{}
	w.is(w.on(x, "Verify"), "True")
	w.throws("System.Security.Cryptography.CryptographicException", "Cannot find the requested object.", func() {
		w.make(certificateType, types.Ref(w.run.Types.Bytes([]byte("x"))))
	})
}

// TestKeptCertificate: who keeps a certificate gets the same object of it, whose names are made once.
func TestKeptCertificate(t *testing.T) {
	w := newWorld(t)
	kept := NewCertificate(&x509.Certificate{SerialNumber: big.NewInt(7)})
	x := types.Ref(kept)
	if first, again := w.on(x, "SubjectName"), w.on(x, "SubjectName"); first.Ref() != again.Ref() {
		t.Error("the name is made anew for each that asks")
	}
	w.is(w.on(x, "SerialNumber"), "07")
}

// TestCertificateKey: a certificate of the service signs with its private key, and tells more when asked.
func TestCertificateKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0xF00D), Subject: pkix.Name{CommonName: "signer.contoso.com"}, DNSNames: []string{"signer.contoso.com"},
		NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	bare, keyed := types.Ref(NewCertificate(parsed)), types.Ref(NewCertificate(parsed).withKey(key))
	w.is(w.on(bare, "HasPrivateKey"), "False")
	w.is(w.on(keyed, "HasPrivateKey"), "True")
	if w.text(w.on(bare, "SerialNumber")) != pki.SerialNumber(parsed) || pki.SerialNumber(parsed) != "00F00D" {
		t.Errorf("the serial number is %s", pki.SerialNumber(parsed))
	}
	if v := w.static("RSACertificateExtensions", "GetRSAPrivateKey", bare); !v.IsNull() {
		t.Error("a certificate without a key gives one")
	}
	data, sha := w.run.Types.Bytes([]byte("payload")), w.static("HashAlgorithmName", "SHA256")
	padding := w.static("RSASignaturePadding", "Pkcs1")
	private, public := w.static("RSACertificateExtensions", "GetRSAPrivateKey", keyed), w.static("RSACertificateExtensions", "GetRSAPublicKey", keyed)
	signature := w.on(private, "SignData", types.Ref(data), sha, padding)
	w.is(w.on(public, "VerifyData", types.Ref(data), signature, sha, padding), "True")
	text := w.text(w.on(keyed, "ToString", true))
	for _, part := range []string{"[Version]\r\n  V3\r\n\r\n[Subject]\r\n  CN=signer.contoso.com\r\n  Simple Name: signer.contoso.com\r\n  DNS Name: signer.contoso.com\r\n\r\n[Issuer]",
		"[Serial Number]\r\n  00F00D\r\n", "[Signature Algorithm]\r\n  sha256RSA(1.2.840.113549.1.1.11)\r\n\r\n[Public Key]\r\n  Algorithm: RSA\r\n  Length: 2048\r\n  Key Blob: 30 82 01 0a", "[Extensions]\r\n  * Subject Alternative Name(2.5.29.17):"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
