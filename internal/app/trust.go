package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/internal/pki"
	"gatehouse/internal/store"
)

// caKey is where the private CA lies in the store, sealed like all else.
const caKey = "app/ca"

type caRecord struct{ Certificate, Key []byte }

// loadCA reads the private CA, or makes it on the first start. Instances with domains of their own
// have another one, which is limited to those.
func loadCA(ctx context.Context, st store.Store, domains []string) (*pki.CA, error) {
	caKey, o := caKey, pki.CAOptions{}
	if domains != nil {
		domains = slices.Sorted(slices.Values(append(slices.Clone(domains), "localhost")))
		sum := sha256.Sum256([]byte(strings.Join(domains, " ")))
		caKey += "/" + hex.EncodeToString(sum[:8])
		o.PermittedDNS, o.PermittedIPs = domains, pki.DefaultPermittedIPs()
	}
	rec, err := st.Get(ctx, caKey)
	if err == nil {
		var r caRecord
		if err := json.Unmarshal(rec.Value, &r); err != nil {
			return nil, err
		}
		return pki.LoadCA(r.Certificate, r.Key)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	ca, err := pki.NewCA(o)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(caRecord{ca.CertificatePEM(), ca.KeyPEM()})
	if err != nil {
		return nil, err
	}
	_, err = st.Txn(ctx, []store.Condition{{Key: caKey}}, []store.Op{store.Put(caKey, value)})
	return ca, err
}

// systemBundles are where systems keep their CA certificates in one file, as crypto/x509 knows them.
var systemBundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// writeTrust writes the CA's certificate, and a bundle of the system's CAs and ours for
// clients that know one file only.
func (s *state) writeTrust() error {
	ours := s.ca.CertificatePEM()
	bundle := append([]byte{}, ours...)
	for _, path := range systemBundles {
		if b, err := os.ReadFile(path); err == nil {
			bundle = append(append(bundle, '\n'), b...)
			break
		}
	}
	return errors.Join(writeIfChanged(filepath.Join(s.Dir, caFile), ours), writeIfChanged(filepath.Join(s.Dir, bundleFile), bundle))
}

func writeIfChanged(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, content, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, path)
}
