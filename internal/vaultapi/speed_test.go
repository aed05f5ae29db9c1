package vaultapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/seal"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/vault"
)

// directory has one vault in the tenant's own subscription.
type directory struct{ config vault.Config }

func (d *directory) Vault(context.Context, string) (*vault.Config, error) { return &d.config, nil }

// whole is the vault with all that stands before and behind it, but the network: routing,
// token check, RBAC, encryption at rest and an audit log on the disk.
type whole struct {
	b       *testing.B
	handler http.Handler
	token   string
}

func newWhole(b *testing.B) *whole {
	ctx, dir := context.Background(), b.TempDir()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	below, err := bolt.Open(filepath.Join(dir, "data.db"), bolt.Options{NoSync: true})
	must(err)
	b.Cleanup(func() { below.Close() })
	root, err := seal.LoadOrCreateRootKey(filepath.Join(dir, "root.key"))
	must(err)
	st, err := seal.Open(ctx, below, root)
	must(err)
	tenant, err := identity.Open(ctx, st, identity.Options{})
	must(err)
	roles, err := authorization.Open(ctx, authorization.Options{Store: st, Identity: tenant})
	must(err)
	log, err := audit.Open(ctx, filepath.Join(dir, "audit.jsonl"), audit.Options{})
	must(err)
	b.Cleanup(func() { log.Close() })
	d := &directory{vault.Config{Name: "kv-contoso", Location: "westeurope", RBAC: true, SKU: "standard", TenantID: tenant.TenantID(),
		ResourceID: resourceid.MustParse("/subscriptions/" + tenant.SubscriptionID() + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-contoso")}}
	service := vault.New(vault.Options{Store: st, Directory: d, Authorizer: roles, Audit: log, Hash: audit.NewHasher([]byte("key")).Hash})
	w := &whole{b: b, handler: New(Options{Service: service, Identity: tenant})}
	w.token, _, err = tenant.IssueToken(ctx, tenant.User(), identity.AudienceVault)
	must(err)
	return w
}

func (w *whole) request(method, path string) *http.Request {
	r := httptest.NewRequest(method, "https://kv-contoso.vault.azure.net/"+path+"?api-version=7.4", nil)
	r.Header.Set("Authorization", "Bearer "+w.token)
	return r
}

func (w *whole) do(r *http.Request, body string) { w.doInto(&written{header: http.Header{}}, r, body) }

func (w *whole) doInto(a *written, r *http.Request, body string) {
	clear(a.header)
	a.body = a.body[:0]
	r.Body = io.NopCloser(strings.NewReader(body))
	if w.handler.ServeHTTP(a, r); a.status != 200 {
		w.b.Errorf("%d %s", a.status, a.body)
	}
}

// written takes what the handler writes.
type written struct {
	header http.Header
	status int
	body   []byte
}

func (a *written) Header() http.Header    { return a.header }
func (a *written) WriteHeader(status int) { a.status = status }
func (a *written) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// run does it many times.
func (w *whole) run(method, path, body string) {
	measure(w.b, func() func() {
		r, a := w.request(method, path), &written{header: http.Header{}}
		return func() { w.doInto(a, r, body) }
	})
}

// measure does what prepare makes many times at once, as a server does, and reports the
// CPU of each: the wait for the disk, which the audit records of requests at the same time
// share, is none.
func measure(b *testing.B, prepare func() func()) {
	b.ReportAllocs()
	b.SetParallelism(64)
	runtime.GC() // what came before is not counted
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		once := prepare()
		for pb.Next() {
			once()
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

// cpu is what this process has used, in user space and in the kernel.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkGetSecretWhole is a GET of a secret through routing, token check, RBAC,
// decryption and audit. What it must not cost more than: 40 µs of CPU.
func BenchmarkGetSecretWhole(b *testing.B) {
	w := newWhole(b)
	w.do(w.request("PUT", "secrets/s"), `{"value":"0123456789abcdef"}`)
	w.run("GET", "secrets/s", "")
}

// BenchmarkSignBare is what BenchmarkSignWhole is compared with: crypto/ecdsa alone.
func BenchmarkSignBare(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	measure(b, func() func() {
		return func() {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkSignWhole is a P-256 signature over the same way as a secret. What it must not
// cost more than: 2.5 times BenchmarkSignBare.
func BenchmarkSignWhole(b *testing.B) {
	w := newWhole(b)
	w.do(w.request("POST", "keys/k/create"), `{"kty":"EC"}`)
	w.run("POST", "keys/k//sign", `{"alg":"ES256","value":"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"}`)
}
