package pki_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

type chain struct {
	root, middle *testca.Authority
	client       *pki.Bundle
}

func newChain(t testing.TB) chain {
	t.Helper()
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	middle, err := root.Intermediate(testca.Options{CommonName: "Contoso Dev CA", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := middle.Client(testca.Options{CommonName: "Client 01", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	return chain{root, middle, client}
}

func TestTrust(t *testing.T) {
	c := newChain(t)
	other := newChain(t)
	ctx := context.Background()
	roots, middles := []*x509.Certificate{c.root.Certificate}, []*x509.Certificate{c.middle.Certificate}
	now, late := time.Now(), c.root.Certificate.NotAfter.Add(time.Hour)
	for name, test := range map[string]struct {
		o    pki.TrustOptions
		sent []*x509.Certificate
		want error
	}{
		"both stores":            {pki.TrustOptions{Roots: roots, Intermediates: middles}, nil, nil},
		"intermediate sent":      {pki.TrustOptions{Roots: roots}, middles, nil},
		"no intermediate":        {pki.TrustOptions{Roots: roots}, nil, pki.ErrNotTrusted},
		"no root":                {pki.TrustOptions{Intermediates: middles}, nil, pki.ErrNotTrusted},
		"a root that is sent":    {pki.TrustOptions{}, append(middles, roots...), pki.ErrNotTrusted},
		"another root":           {pki.TrustOptions{Roots: []*x509.Certificate{other.root.Certificate}}, middles, pki.ErrNotTrusted},
		"authorities expired":    {pki.TrustOptions{Roots: roots, Intermediates: middles}, nil, pki.ErrChainDates},
		"the system's roots too": {pki.TrustOptions{System: c.root.Pool(), Intermediates: middles}, nil, nil},
	} {
		trust, at := pki.NewTrust(test.o), now
		if test.want == pki.ErrChainDates {
			at = late
		}
		for range 2 { // the second result is a kept one
			if err := trust.Verify(ctx, at, c.client.Leaf, test.sent, false); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("%s: %v; want %v", name, err, test.want)
			}
		}
		if err := trust.Verify(ctx, at, c.client.Leaf, test.sent, true); err == nil {
			t.Errorf("%s: revocation is not known, and the certificate is trusted", name)
		}
	}
	facts := pki.NewTrust(pki.TrustOptions{Intermediates: middles}).Facts(c.client.Leaf, nil)
	if facts.Subject != "CN=Client 01" || facts.Issuer != "CN=Contoso Dev CA" || facts.IssuerThumbprint != pki.Thumbprint(c.middle.Certificate) {
		t.Errorf("%+v", facts)
	}
}

// TestRevocation asks a list for the intermediate and a responder for the client.
func TestRevocation(t *testing.T) {
	c := newChain(t)
	var asked, revokedClient, revokedMiddle, down atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/root.crl", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
		if revokedMiddle.Load() == 1 {
			list.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(77), RevocationTime: time.Now()}}
		}
		der, err := x509.CreateRevocationList(rand.Reader, list, c.root.Certificate, c.root.Key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	})
	mux.HandleFunc("/ocsp", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if down.Load() == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer := ocsp.Response{Status: ocsp.Good, SerialNumber: big.NewInt(78), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
		if revokedClient.Load() == 1 {
			answer.Status, answer.RevokedAt = ocsp.Revoked, time.Now()
		}
		der, err := ocsp.CreateResponse(c.middle.Certificate, c.middle.Certificate, answer, c.middle.Key)
		if err != nil {
			t.Error(err)
		}
		w.Write(der)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	now := time.Now()
	middle := sign(t, &x509.Certificate{SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Contoso Dev CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, CRLDistributionPoints: []string{server.URL + "/root.crl"}}, c.root, c.middle)
	c.middle.Certificate = middle
	client := sign(t, &x509.Certificate{SerialNumber: big.NewInt(78), Subject: pkix.Name{CommonName: "Client"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		OCSPServer: []string{server.URL + "/ocsp"}}, c.middle, c.middle)
	check := func() error {
		r := pki.NewRevocation(pki.RevocationOptions{})
		trust := pki.NewTrust(pki.TrustOptions{Roots: []*x509.Certificate{c.root.Certificate}, Intermediates: []*x509.Certificate{middle}, Revocation: r})
		err := trust.Verify(context.Background(), time.Now(), client, nil, true)
		if again := r.Check(context.Background(), []*x509.Certificate{client, middle, c.root.Certificate}); errors.Is(again, pki.ErrRevoked) != errors.Is(err, pki.ErrRevoked) {
			t.Errorf("a kept answer says %v, the first %v", again, err)
		}
		return err
	}
	if err := check(); err != nil || asked.Load() != 2 {
		t.Errorf("good: %v after %d questions", err, asked.Load())
	}
	revokedClient.Store(1)
	if err := check(); !errors.Is(err, pki.ErrRevoked) {
		t.Errorf("a revoked client: %v", err)
	}
	revokedClient.Store(0)
	revokedMiddle.Store(1)
	if err := check(); !errors.Is(err, pki.ErrRevoked) {
		t.Errorf("a revoked authority: %v", err)
	}
	revokedMiddle.Store(0)
	down.Store(1)
	if err := check(); !errors.Is(err, pki.ErrRevocation) {
		t.Errorf("a responder that is down: %v", err)
	}
}

func sign(t *testing.T, template *x509.Certificate, by, key *testca.Authority) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, key.Key.Public(), by.Key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func BenchmarkTrustVerify(b *testing.B) {
	c := newChain(b)
	trust := pki.NewTrust(pki.TrustOptions{Roots: []*x509.Certificate{c.root.Certificate}, Intermediates: []*x509.Certificate{c.middle.Certificate}})
	b.ReportAllocs()
	for b.Loop() {
		if err := trust.Verify(context.Background(), time.Now(), c.client.Leaf, nil, false); err != nil {
			b.Fatal(err)
		}
	}
}
