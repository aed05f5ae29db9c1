package pki_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"gatehouse/internal/pki"
)

func TestDecodePEM(t *testing.T) {
	for _, name := range []string{"sec1", "encrypted-aes-256", "encrypted-aes-128-sha512"} {
		t.Run(name, func(t *testing.T) {
			data := read(t, "pem", name+".pem")
			b, err := pki.DecodePEM(data, password, false)
			wantBundle(t, b, err)
			b, err = pki.Decode(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), password, false)
			wantBundle(t, b, err)
			if !strings.HasPrefix(name, "encrypted") {
				return
			}
			_, err = pki.DecodePEM(data, "wrong", false)
			if err == nil {
				t.Fatal("a wrong password was taken")
			}
			_, err = pki.DecodePEM(data, "", false)
			wantReason(t, err, pki.WrongPassword, "no password was given")
		})
	}
}

func TestPEMRoundTrip(t *testing.T) {
	good, err := pki.DecodePEM(read(t, "pem", "sec1.pem"), "", false)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pki.EncodePEM(good)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte("-----BEGIN PRIVATE KEY-----\n")) {
		t.Fatalf("the file begins with %.40q, want the PKCS #8 key", data)
	}
	b, err := pki.DecodePEM(data, "", true) // the order that EncodePEM wrote
	wantBundle(t, b, err)
}

func TestDecodePEMRefuses(t *testing.T) {
	sec1 := read(t, "pem", "sec1.pem")
	begin := bytes.Index(sec1, []byte("-----BEGIN CERT"))
	key, certs := sec1[:begin], sec1[begin:]
	for name, c := range map[string]struct {
		data   []byte
		reason pki.Reason
		part   string
	}{
		"nothing":           {nil, pki.NotPEM, ""},
		"text":              {[]byte("hello"), pki.NotPEM, ""},
		"a key alone":       {key, pki.NoCertificate, "no certificate"},
		"two keys":          {append(bytes.Clone(key), sec1...), pki.Malformed, "more than one private key"},
		"cut":               {sec1[:60], pki.Truncated, "cut short"},
		"DEK-Info":          {read(t, "pem", "bad-dek-info.pem"), pki.UnsupportedEncryption, "DEK-Info: AES-128-CBC"},
		"a damaged cert":    {[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), pki.Malformed, "damaged"},
		"a damaged key":     {append([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), certs...), pki.UnsupportedKey, "private key"},
		"a damaged enc key": {append([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), certs...), pki.Malformed, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pki.DecodePEM(c.data, password, false)
			wantReason(t, err, c.reason, c.part)
		})
	}
	b, err := pki.DecodePEM(certs, "", false)
	if err != nil || b.Leaf.Subject.CommonName != "client 01" || b.Key != nil {
		t.Fatalf("certificates alone: %+v, %v", b, err)
	}
	wantReason(t, b.RequireKey(), pki.NoKey)
}

func TestDecodeCertificate(t *testing.T) {
	b, err := pki.DecodePEM(read(t, "pem", "sec1.pem"), "", false)
	if err != nil {
		t.Fatal(err)
	}
	want := b.Leaf
	bare := base64.StdEncoding.EncodeToString(want.Raw)
	for name, data := range map[string][]byte{
		"DER": want.Raw, "PEM": pki.EncodeCER(want, true), "lines without markers": pki.EncodeCER(want, false), "one line": []byte(bare),
		"a byte order mark": []byte("\ufeff" + string(pki.EncodeCER(want, true))), "text before": append([]byte("subject=x\n"), pki.EncodeCER(want, true)...),
		"spaces around": []byte("\r\n " + bare + "\r\n"),
	} {
		got, err := pki.DecodeCertificate(data)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		data   string
		reason pki.Reason
	}{
		"nothing": {" \n", pki.NotCertificate}, "text": {"hello!", pki.NotCertificate}, "half": {bare[:100], pki.NotCertificate},
		"a key": {string(read(t, "pem", "sec1.pem")[:200]), pki.Truncated}, "zero": {"0", pki.NotCertificate}, "cut DER": {string(want.Raw[:50]), pki.NotCertificate},
	} {
		_, err := pki.DecodeCertificate([]byte(c.data))
		t.Run(name, func(t *testing.T) { wantReason(t, err, c.reason) })
	}
}

func TestThumbprint(t *testing.T) {
	c := &x509.Certificate{Raw: []byte("abc")} // SHA-1("abc") of FIPS 180
	if got := pki.Thumbprint(c); got != "A9993E364706816ABA3E25717850C26C9CD0D89D" {
		t.Errorf("Thumbprint: %s", got)
	}
	if got := pki.X5T(c); got != "qZk-NkcGgWq6PiVxeFDCbJzQ2J0" {
		t.Errorf("X5T: %s", got)
	}
}

func FuzzDecodePEM(f *testing.F) {
	for _, name := range []string{"sec1", "encrypted-aes-256", "bad-dek-info"} {
		f.Add(read(f, "pem", name+".pem"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := pki.DecodePEM(data, password, false)
		checkDecoded(t, b, err)
	})
}

func FuzzDecodeCertificate(f *testing.F) {
	f.Add(read(f, "pem", "sec1.pem"))
	f.Add([]byte("MIIB"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := pki.DecodeCertificate(data); (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
	})
}
