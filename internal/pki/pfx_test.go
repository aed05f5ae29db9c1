package pki_test

import (
	"crypto"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

const password = "correct-password"

func read(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantBundle checks what every file of testdata holds: client 01, its intermediate, its
// root, in this order although the files have the root first.
func wantBundle(t *testing.T, b *pki.Bundle, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got := commonNames(append([]*x509.Certificate{b.Leaf}, b.Chain...)); got != "client 01, Contoso Test Intermediate, Contoso Test Root" {
		t.Fatalf("the chain is %s", got)
	}
	if b.Key == nil || !b.Leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(b.Key.Public()) {
		t.Fatal("the key is not the leaf's")
	}
}

func commonNames(certs []*x509.Certificate) string {
	var names []string
	for _, c := range certs {
		names = append(names, c.Subject.CommonName)
	}
	return strings.Join(names, ", ")
}

// wantReason checks the reason of a refusal, and that its message has the parts given.
func wantReason(t *testing.T, err error, reason pki.Reason, parts ...string) {
	t.Helper()
	var refused *pki.Error
	if !errors.As(err, &refused) || refused.Reason != reason {
		t.Fatalf("error %v, want reason %s", err, reason)
	}
	for _, part := range parts {
		if !strings.Contains(refused.Message, part) {
			t.Errorf("the message %q does not say %q", refused.Message, part)
		}
	}
	if strings.Contains(err.Error(), password) {
		t.Errorf("the message holds the password: %v", err)
	}
}

func TestDecodePFX(t *testing.T) {
	for _, name := range []string{"rc2-40", "rc2-128", "rc2-40-3des", "3des", "aes-128", "aes-192", "aes-256", "mac-sha512", "one-iteration", "csp", "certs-in-clear"} {
		t.Run(name, func(t *testing.T) {
			data := read(t, "pfx", name+".pfx")
			b, err := pki.DecodePFX(data, password, false)
			wantBundle(t, b, err)
			_, err = pki.DecodePFX(data, "wrong", false)
			wantReason(t, err, pki.WrongPassword, "not the one given")
			_, err = pki.DecodePFX(data, "", false)
			wantReason(t, err, pki.WrongPassword, "none was given")
			b, err = pki.DecodePFX(append(data, "\r\n"...), password, false)
			wantBundle(t, b, err)
		})
	}
	for _, name := range []string{"empty-password", "plain"} {
		b, err := pki.DecodePFX(read(t, "pfx", name+".pfx"), "", false)
		wantBundle(t, b, err)
	}
}

func TestDecodePFXRefuses(t *testing.T) {
	for name, want := range map[string]struct {
		reason pki.Reason
		part   string
	}{
		"bad-2des":           {pki.UnsupportedEncryption, "two-key 3DES"},
		"bad-rc4-128":        {pki.UnsupportedEncryption, "RC4 with 128 bits"},
		"bad-rc4-40":         {pki.UnsupportedEncryption, "RC4 with 40 bits"},
		"bad-mac-sha384":     {pki.UnsupportedEncryption, "SHA-384"},
		"bad-no-mac":         {pki.UnsupportedEncryption, "no integrity check"},
		"bad-no-key":         {pki.NoKey, "no private key"},
		"bad-no-certificate": {pki.NoCertificate, "no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pki.DecodePFX(read(t, "pfx", name+".pfx"), password, false)
			wantReason(t, err, want.reason, want.part)
		})
	}
}

func TestDecodePFXDamaged(t *testing.T) {
	whole := read(t, "pfx", "aes-256.pfx")
	for _, n := range []int{1, 2, 3, 4, 100, len(whole) / 2, len(whole) - 1} {
		_, err := pki.DecodePFX(whole[:n], password, false)
		wantReason(t, err, pki.Truncated, "cut short")
	}
	_, err := pki.DecodePFX(nil, password, false)
	wantReason(t, err, pki.NotPFX, "empty")
	_, err = pki.DecodePFX([]byte("hello"), password, false)
	wantReason(t, err, pki.NotPFX)
	_, err = pki.DecodePFX(read(t, "pem", "sec1.pem"), password, false)
	wantReason(t, err, pki.NotPFX, "PEM")
	_, err = pki.DecodePFX([]byte{0x30, 0x80, 0, 0}, password, false)
	wantReason(t, err, pki.UnsupportedEncryption, "BER")
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	if _, err = pki.DecodePFX(flipped, password, false); err == nil {
		t.Fatal("a flipped byte went unnoticed")
	}
}

// TestLeafByKey: the leaf is the certificate of the key, though it stands last.
func TestLeafByKey(t *testing.T) {
	good, err := pki.DecodePFX(read(t, "pfx", "aes-256.pfx"), password, false)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pkcs12.Modern2023.Encode(good.Key, good.Chain[1], []*x509.Certificate{good.Chain[0], good.Leaf}, password)
	if err != nil {
		t.Fatal(err)
	}
	b, err := pki.DecodePFX(data, password, false)
	wantBundle(t, b, err)
	b, err = pki.DecodePFX(data, password, true)
	if err != nil || b.Leaf.Subject.CommonName != "client 01" || commonNames(b.Chain) != "Contoso Test Root, Contoso Test Intermediate" {
		t.Fatalf("order kept: %v, %s", err, commonNames(b.Chain))
	}
}

func TestKeyMismatch(t *testing.T) {
	good, err := pki.DecodePFX(read(t, "pfx", "aes-256.pfx"), password, false)
	if err != nil {
		t.Fatal(err)
	}
	other, err := testca.NewKey("ec")
	if err != nil {
		t.Fatal(err)
	}
	data, err := pki.EncodePFX(&pki.Bundle{Leaf: good.Leaf, Chain: good.Chain, Key: other}, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pki.DecodePFX(data, password, false)
	wantReason(t, err, pki.KeyMismatch)
}

func TestEncodePFX(t *testing.T) {
	good, err := pki.DecodePFX(read(t, "pfx", "aes-256.pfx"), password, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, pass := range []string{"", password, "pässwörd ✓"} {
		for name, encode := range map[string]func(*pki.Bundle, string) ([]byte, error){"modern": pki.EncodePFX, "legacy": pki.EncodeLegacyPFX} {
			data, err := encode(good, pass)
			if err != nil {
				t.Fatalf("%s, %q: %v", name, pass, err)
			}
			b, err := pki.DecodePFX(data, pass, false)
			wantBundle(t, b, err)
		}
	}
	data, err := pki.EncodePFX(&pki.Bundle{Leaf: good.Leaf, Chain: good.Chain}, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pki.DecodePFX(data, password, false)
	wantReason(t, err, pki.NoKey)
}

func FuzzDecodePFX(f *testing.F) {
	files, err := filepath.Glob("testdata/pfx/*.pfx")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := pki.Decode(data, password, false)
		checkDecoded(t, b, err)
	})
}

// checkDecoded: a bundle or one of our errors, never both or neither.
func checkDecoded(t *testing.T, b *pki.Bundle, err error) {
	t.Helper()
	var refused *pki.Error
	switch {
	case err == nil && (b == nil || b.Leaf == nil):
		t.Fatal("neither a bundle nor an error")
	case err != nil && !errors.As(err, &refused):
		t.Fatalf("an error of another kind: %v", err)
	}
}
