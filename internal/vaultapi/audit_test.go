package vaultapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/store/bolt"
	"gatehouse/internal/vault"
)

// recorder keeps audit records, or refuses them.
type recorder struct {
	mu      sync.Mutex
	records []audit.Record
	broken  bool
}

func (r *recorder) Write(_ context.Context, rec audit.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return errors.New("disk full")
	}
	r.records = append(r.records, rec)
	return nil
}

func (r *recorder) take() []audit.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.records
	r.records = nil
	return out
}

func newRecorded(t *testing.T, limits vault.Limits) (http.Handler, *recorder) {
	t.Helper()
	st, err := bolt.Open(filepath.Join(t.TempDir(), "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w, log := &world{}, &recorder{}
	s := vault.New(vault.Options{Store: st, Directory: w, Authorizer: w, Audit: log, Limits: limits})
	return New(Options{Service: s, Identity: w}), log
}

// requests are one for each operation, with a body; what each finds is another matter.
func requests(version, body string, do func(r route, method, path, body string)) {
	for _, r := range routes {
		do(r, r.method, "/"+strings.NewReplacer("{name}", "n", "{version}", version).Replace(r.pattern), body)
	}
}

// TestOneRecordEach: each operation leaves one record, whether it succeeds, finds nothing,
// or is refused for its body or a name; it says who, what, where, how it ended, and under
// which request ID the caller was answered.
func TestOneRecordEach(t *testing.T) {
	h, log := newRecorded(t, vault.Limits{})
	const version = "0123456789abcdef0123456789abcdef"
	for name, body := range map[string]string{
		"good for some": `{"value":"v","kty":"EC","contacts":[{"email":"a@example.com"}],"provider":"Test","policy":{"x509_props":{"subject":"CN=a"},"key_props":{"kty":"EC"}}}`,
		"wrong types":   `{"value":{},"kty":{},"key":5,"policy":[],"contacts":5}`,
		"cut":           `{"value`,
	} {
		requests(version, body, func(r route, method, path, body string) {
			status, _, header := do(t, h, method, path, body)
			records := log.take()
			if len(records) != 1 {
				t.Errorf("%s, %s %s: %d records (status %d): %+v", name, method, path, len(records), status, records)
				return
			}
			rec := records[0]
			ok := rec.Status < 300 // what succeeds with 201, 202 or 204 is recorded as 200
			if rec.Caller != "oid" || rec.Action != r.op.FullAction() || rec.Extra["operation"] != r.op.Name || rec.RequestID != header.Get("X-Ms-Request-Id") || rec.RequestID == "" ||
				!strings.HasPrefix(rec.Resource, "/subscriptions/s/resourceGroups/r/providers/Microsoft.KeyVault/vaults/kv-contoso") || rec.Result == "" || rec.Decision == "" ||
				ok != (status < 300) || !ok && rec.Status != status {
				t.Errorf("%s, %s %s: status %d, record %+v", name, method, path, status, rec)
			}
		})
	}
	do(t, h, "GET", "/secrets/a_b", "")
	if records := log.take(); len(records) != 1 || records[0].Decision != audit.Refused || records[0].Status != 400 {
		t.Errorf("a bad name: %+v", records)
	}
}

// TestNoRecordNoAnswer: when the log can't be written, every operation is refused with 503
// and the reason, and nothing of what it would have answered leaves.
func TestNoRecordNoAnswer(t *testing.T) {
	h, log := newRecorded(t, vault.Limits{})
	if status, body, _ := do(t, h, "PUT", "/secrets/n", `{"value":"hidden"}`); status != 200 {
		t.Fatal(body)
	}
	log.broken = true
	requests("", `{"value":"v","kty":"EC"}`, func(_ route, method, path, body string) {
		status, answer, _ := do(t, h, method, path, body)
		code, message, inner := errorOf(answer)
		if status != 503 || code != "ServiceUnavailable" || inner != "AuditUnavailable" || !strings.Contains(message, "audit record") || len(answer) != 1 {
			t.Errorf("%s %s: got %d %v, want 503 and why", method, path, status, answer)
		}
	})
	log.broken = false
	if _, body, _ := do(t, h, "GET", "/secrets/n", ""); body["value"] != "hidden" {
		t.Errorf("the secret was changed: %v", body)
	}
}

func TestThrottled(t *testing.T) {
	h, log := newRecorded(t, vault.Limits{SecretSet: 1, Other: 3, Per: time.Hour})
	set := func() (int, map[string]any, http.Header) { return do(t, h, "PUT", "/secrets/n", `{"value":"v"}`) }
	set()
	log.take()
	status, body, header := set()
	for range 10 {
		set()
	}
	if records := log.take(); len(records) != 1 || records[0].Status != 429 || records[0].Result != "Throttled" || records[0].Caller != "oid" || records[0].Decision != audit.Refused {
		t.Errorf("records of requests over the limit: %+v", records)
	}
	code, _, _ := errorOf(body)
	if wait, err := strconv.Atoi(header.Get("Retry-After")); status != 429 || code != "Throttled" || err != nil || wait < 3500 || wait > 3600 {
		t.Errorf("got %d %v, Retry-After %q", status, body, header.Get("Retry-After"))
	}
	if status, body, _ := do(t, h, "GET", "/secrets/n", ""); status != 200 {
		t.Errorf("another class of requests: %d %v", status, body)
	}
}

// TestUnauthenticated: a request without a good token leaves a record with its address; a flood of them does not.
func TestUnauthenticated(t *testing.T) {
	h, log := newRecorded(t, vault.Limits{})
	ask := func(host string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://"+host+"/secrets/n?api-version=7.4", nil)
		r.RemoteAddr = "192.0.2.7:4711"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w := ask("kv-contoso.vault.azure.net")
	if w.Code != 401 {
		t.Fatal(w.Code)
	}
	records := log.take()
	if len(records) != 1 {
		t.Fatalf("%+v", records)
	}
	if r := records[0]; r.Address != "192.0.2.7" || r.Status != 401 || r.Decision != audit.Denied || r.Action != "Microsoft.KeyVault/vaults/authentication" || r.RequestID != w.Header().Get("X-Ms-Request-Id") ||
		!strings.HasSuffix(r.Resource, "/vaults/kv-contoso") || r.Caller != "" || r.Extra["operation"] != "Authentication" {
		t.Errorf("%+v", r)
	}
	for range 1000 {
		ask("kv-contoso.vault.azure.net")
	}
	if records := log.take(); len(records) != 0 {
		t.Errorf("%d records of a flood", len(records))
	}
	log.broken = true
	if w := ask("kv-nobody.vault.azure.net"); w.Code != 503 {
		t.Errorf("without a log: %d", w.Code)
	}
}
