package vault

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"gatehouse/internal/seal"
	"gatehouse/internal/store/bolt"
)

// TestNothingInTheClear searches all files of a used data folder for what must
// not be there: values, private keys, passwords.
func TestNothingInTheClear(t *testing.T) {
	f := newFixture(t)
	dir := t.TempDir()
	below, err := bolt.Open(filepath.Join(dir, "data.db"), bolt.Options{})
	f.must(err)
	root, err := seal.LoadOrCreateRootKey(filepath.Join(dir, "root.key"))
	f.must(err)
	sealed, err := seal.Open(f.ctx, below, root)
	f.must(err)
	f.store.Store, f.Service.store = sealed, sealed

	const value, password = "a-value-to-look-for", "a-password-to-look-for"
	f.set("s", value)
	files := newFiles(t, f)
	c, err := f.load("c", ImportCertificate{Value: pfx(t, files.client, password), Password: password})
	f.must(err)
	_, err = f.SetIssuer(f.ctx, f.admin, "kv-contoso", "i", SetIssuer{Provider: ptr("Test"), Password: ptr(password)})
	f.must(err)
	k := f.key("k", CreateKey{Type: TypeEC, Curve: CurveP256K})
	call := f.ownCall(f.ctx, f.cfg, OpGetKey, "k")
	loaded, err := call.loadKey(k.Version)
	f.must(err)
	r, err := call.certificateVersion(&head{Name: "c"}, c.Version, Certificates)
	f.must(err)
	_, err = f.BackupSecret(f.ctx, f.admin, "kv-contoso", "s")
	f.must(err)
	f.must(below.Close())

	for what, secret := range map[string][]byte{"the value": []byte(value), "the password": []byte(password), "a P-256K key": loaded.material.Private,
		"a PKCS#8 key": r.Key.Private, "the managed secret": []byte(r.Secret), "the backup key": f.backupKey} {
		for form, text := range map[string][]byte{"": secret, " in base64": []byte(base64.StdEncoding.EncodeToString(secret))} {
			for _, file := range allFiles(t, dir) {
				if bytes.Contains(file, text) {
					t.Errorf("%s%s stands on the disk in the clear", what, form)
				}
			}
		}
	}
}

func allFiles(t *testing.T, dir string) (out [][]byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}
