package vault

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// BenchmarkSign compares a P-256 signature by the vault with one by crypto/ecdsa.
func BenchmarkSign(b *testing.B) {
	digest := digestOf("256")
	b.Run("bare", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("vault", func(b *testing.B) {
		f := newFixture(b)
		f.key("k", CreateKey{Type: TypeEC})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.Sign(f.ctx, f.admin, "kv-contoso", "k", "", "ES256", digest); err != nil {
				b.Fatal(err)
			}
			f.log.take()
		}
	})
}

// BenchmarkListPage reads pages of a vault of growing size: the cost must not grow.
func BenchmarkListPage(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFixture(b)
			for i := range n {
				f.set(fmt.Sprintf("s%06d", i), "v")
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.ListSecrets(f.ctx, f.admin, "kv-contoso", ListOptions{Token: token(fmt.Sprintf("s%06d", n/2))}); err != nil {
					b.Fatal(err)
				}
				f.log.take()
			}
		})
	}
}

// BenchmarkImportPFX compares the import of a PFX with the key derivations alone that it
// cannot do without: two to open the file (of its MAC and its encryption), with the
// 2,048 rounds that OpenSSL and Windows write.
func BenchmarkImportPFX(b *testing.B) {
	f := newFixture(b)
	valid := testca.Options{NotBefore: f.now().Add(-time.Hour), NotAfter: f.now().AddDate(1, 0, 0)} // RSA
	valid.CommonName = "Root"
	root, err := testca.NewRoot(valid)
	f.must(err)
	valid.CommonName = "client"
	bundle, err := root.Client(valid)
	f.must(err)
	file, err := pki.EncodePFX(bundle, "password")
	f.must(err)
	b.Run("import", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, err := f.ImportCertificate(f.ctx, f.admin, "kv-contoso", "c", ImportCertificate{Value: base64.StdEncoding.EncodeToString(file), Password: "password"})
			if err != nil {
				b.Fatal(err)
			}
			f.log.take()
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := pki.DecodePFX(file, "password", false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("derivation", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := pbkdf2.Key(sha256.New, "password", make([]byte, 16), 2048, 32); err != nil {
				b.Fatal(err)
			}
		}
	})
}
