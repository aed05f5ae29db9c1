package vault

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"testing"
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
