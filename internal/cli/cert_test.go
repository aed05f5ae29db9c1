package cli_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/cli"
	"gatehouse/internal/pki"
)

// TestCertSet checks with crypto/x509 what the files of `cert set` are said to be.
func TestCertSet(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	env := &cli.Env{Stdin: strings.NewReader("pässword\r\n"), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Dir: dir}
	if code := env.Run(context.Background(), []string{"gatehouse", "cert", "set", ".", "--key", "ec", "--password-stdin"}); code != 0 {
		t.Fatalf("exit %d: %s", code, &out)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	root, err := pki.DecodeCertificate(read("root.bare.cer"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for name, want := range map[string]struct {
		usage   x509.ExtKeyUsage
		problem string
	}{
		"client":               {x509.ExtKeyUsageClientAuth, ""},
		"client-expired":       {x509.ExtKeyUsageClientAuth, "is after"},
		"client-not-yet-valid": {x509.ExtKeyUsageClientAuth, "is before"},
		"client-untrusted":     {x509.ExtKeyUsageClientAuth, "unknown authority"},
		"server":               {x509.ExtKeyUsageServerAuth, ""},
	} {
		b, err := pki.DecodePFX(read(name+".pfx"), "pässword", true)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		intermediates := x509.NewCertPool()
		for _, c := range b.Chain {
			intermediates.AddCert(c)
		}
		_, err = b.Leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{want.usage}, CurrentTime: time.Now()})
		if (err == nil) != (want.problem == "") || err != nil && !strings.Contains(err.Error(), want.problem) {
			t.Errorf("%s: %v, want %q", name, err, want.problem)
		}
		for _, secret := range []string{".pem", ".pfx"} {
			if info, err := os.Stat(filepath.Join(dir, name+secret)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s%s: mode %v, %v; want 0600", name, secret, info.Mode(), err)
			}
		}
	}
}
