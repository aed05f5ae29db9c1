package testca

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
)

func TestHierarchy(t *testing.T) {
	root, err := NewRoot(Options{CommonName: "Root", Subject: []string{"O=Contoso", "c=NL"}, KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := root.Intermediate(Options{CommonName: "Intermediate", KeyType: "ec384"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := sub.Client(Options{CommonName: "client", KeyType: "ec521"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := sub.Server(Options{CommonName: "api.contoso.com", IPs: []net.IP{net.IPv6loopback}, DNS: []string{"api.contoso.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := pki.DistinguishedName(root.Certificate.RawSubject); got != "CN=Root, O=Contoso, C=NL" {
		t.Errorf("the root's subject is %s", got)
	}
	if len(client.Chain) != 2 || client.Chain[0] != sub.Certificate || client.Chain[1] != root.Certificate {
		t.Errorf("the client's chain is %v", client.Chain)
	}
	intermediates := x509.NewCertPool()
	intermediates.AddCert(sub.Certificate)
	for name, c := range map[string]struct {
		cert  *x509.Certificate
		host  string
		usage x509.ExtKeyUsage
		ok    bool
	}{
		"client":           {client.Leaf, "", x509.ExtKeyUsageClientAuth, true},
		"client as server": {client.Leaf, "", x509.ExtKeyUsageServerAuth, false},
		"server":           {server.Leaf, "api.contoso.com", x509.ExtKeyUsageServerAuth, true},
		"server address":   {server.Leaf, "::1", x509.ExtKeyUsageServerAuth, true},
		"another host":     {server.Leaf, "contoso.com", x509.ExtKeyUsageServerAuth, false},
	} {
		_, err := c.cert.Verify(x509.VerifyOptions{Roots: sub.Pool(), Intermediates: intermediates, DNSName: c.host, KeyUsages: []x509.ExtKeyUsage{c.usage}})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := FromBundle(client); err == nil || !strings.Contains(err.Error(), "not a certificate authority") {
		t.Errorf("a client became an authority: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		options Options
		part    string
	}{
		"no name":         {Options{}, "needs a common name"},
		"unknown key":     {Options{CommonName: "x", KeyType: "dsa"}, "choose one of rsa"},
		"unknown subject": {Options{CommonName: "x", Subject: []string{"X=y"}}, "not understood"},
		"ends first":      {Options{CommonName: "x", NotBefore: now, NotAfter: now.Add(-time.Hour)}, "before it begins"},
	} {
		if _, err := NewRoot(c.options); err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: %v, want %q", name, err, c.part)
		}
	}
}
