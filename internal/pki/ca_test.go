package pki_test

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

func newCA(t testing.TB, now func() time.Time) *pki.CA {
	t.Helper()
	ca, err := pki.NewCA(pki.CAOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func TestCALeaf(t *testing.T) {
	ca := newCA(t, nil)
	for _, name := range []string{"kv.vault.azure.net", "KV.Vault.Azure.Net.", "a.azure-api.net", "management.azure.com", "localhost", "127.0.0.1", "::1", "127.1.2.3"} {
		leaf, err := ca.Leaf(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		host := strings.TrimSuffix(name, ".")
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: host}); err != nil {
			t.Errorf("%s does not verify: %v", name, err)
		}
	}
	for _, name := range []string{"", "example.com", "vault.azure.net.example.com", "notazure-api.net", "*.azure-api.net", "a b.azure-api.net", "8.8.8.8", "a..azure-api.net", strings.Repeat("x", 64) + ".azure-api.net"} {
		if _, err := ca.Leaf(name); err == nil {
			t.Errorf("a certificate for %q was made", name)
		}
	}
}

// TestCAConstraints: the constraints hold for who trusts the CA, not only for its own code.
func TestCAConstraints(t *testing.T) {
	ca := newCA(t, nil)
	if !ca.Certificate().PermittedDNSDomainsCritical {
		t.Fatal("the name constraints are not critical")
	}
	key, err := pki.DecodePEM(append(ca.CertificatePEM(), ca.KeyPEM()...), "", false)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := testca.FromBundle(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []testca.Options{
		{CommonName: "x", KeyType: "ec", DNS: []string{"www.example.com"}},
		{CommonName: "x", KeyType: "ec", IPs: []net.IP{net.IPv4(8, 8, 8, 8)}},
	} {
		b, err := thief.Server(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool()}); err == nil {
			t.Errorf("%v %v signed with the CA's key is trusted", o.DNS, o.IPs)
		}
	}
}

func TestCALoad(t *testing.T) {
	ca := newCA(t, nil)
	again, err := pki.LoadCA(ca.CertificatePEM(), ca.KeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := again.Leaf("kv.vault.azure.net")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool()}); err != nil {
		t.Fatal(err)
	}
	other := newCA(t, nil)
	if _, err := pki.LoadCA(ca.CertificatePEM(), other.KeyPEM()); err == nil {
		t.Fatal("a CA with another's key was loaded")
	}
	if ca.Certificate().Subject.CommonName == other.Certificate().Subject.CommonName {
		t.Fatal("two CAs share a name")
	}
}

func TestCALeafCache(t *testing.T) {
	now := time.Now()
	ca := newCA(t, func() time.Time { return now })
	leaf := func() string {
		l, err := ca.Leaf("kv.vault.azure.net")
		if err != nil {
			t.Fatal(err)
		}
		return l.Leaf.SerialNumber.String()
	}
	first := leaf()
	now = now.AddDate(0, 0, 50)
	if leaf() != first {
		t.Fatal("a leaf with time left was replaced")
	}
	now = now.AddDate(0, 0, 20)
	renewed := leaf()
	if renewed == first {
		t.Fatal("a leaf was not renewed before it expired")
	}
	now = now.AddDate(-1, 0, 0) // a clock that was wrong and has been put right
	if _, err := ca.Leaf("kv.vault.azure.net"); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkNewCA(b *testing.B) {
	for b.Loop() {
		newCA(b, nil)
	}
}

func BenchmarkLeaf(b *testing.B) {
	ca := newCA(b, nil)
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ca.Leaf("kv.vault.azure.net"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
