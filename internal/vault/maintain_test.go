package vault

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

const day = 24 * time.Hour

// notices collects what Notify is told.
func (f *fixture) notices() *[]Notice {
	var list []Notice
	f.notify = func(n Notice) { list = append(list, n) }
	return &list
}

func (f *fixture) certificateVersions(name string) int {
	f.t.Helper()
	p, err := f.ListCertificateVersions(f.ctx, f.admin, "kv-contoso", name, ListOptions{})
	f.must(err)
	return len(p.Items)
}

// TestRenewal: at 80 percent of its life, a self-signed certificate gets a new
// version; the old one stays what it was.
func TestRenewal(t *testing.T) {
	f := newFixture(t)
	first := f.selfSigned("client")
	f.must(f.Maintain(f.ctx))
	f.pass(200 * day)
	f.must(f.Maintain(f.ctx))
	if n := f.certificateVersions("client"); n != 1 {
		t.Fatalf("after 200 of 365 days there are %d versions, want 1", n)
	}
	f.log.take()
	f.pass(100 * day)
	f.must(f.Maintain(f.ctx))
	f.must(f.Maintain(f.ctx))
	if n := f.certificateVersions("client"); n != 2 {
		t.Fatalf("after 300 of 365 days there are %d versions, want 2", n)
	}
	old, err := f.GetCertificate(f.ctx, f.admin, "kv-contoso", "client", first.Version)
	f.must(err)
	now, err := f.GetCertificate(f.ctx, f.admin, "kv-contoso", "client", "")
	f.must(err)
	if string(old.DER) != string(first.DER) || now.Version == first.Version || *now.Attributes.Expires <= *first.Attributes.Expires {
		t.Error("the renewal changed the old version, or is not the current one")
	}
	if r := f.log.take()[0]; r.CallerName != "Gatehouse" || r.Extra["operation"] != "CreateCertificate" || r.Status != 200 {
		t.Errorf("audit: got %+v", r)
	}
}

// TestRenewalFails: it is tried again with growing waits, visible and audited,
// and the working version stays.
func TestRenewalFails(t *testing.T) {
	f := newFixture(t)
	policy := ecPolicy()
	policy.Key.Type = TypeECHSM
	policy.Lifetime = []LifetimeAction{{&LifetimeTrigger{DaysBefore: 60}, &LifetimeType{"AutoRenew"}}}
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "client", CreateCertificate{Policy: policy})
	f.must(err)
	f.cfg.SKU = "standard" // no HSM keys any more
	heard := f.notices()
	f.log.take()
	f.pass(310 * day)
	tries := func(rounds int, step time.Duration) int {
		before := len(*heard)
		for range rounds {
			f.must(f.Maintain(f.ctx))
			f.pass(step)
		}
		return len(*heard) - before
	}
	if n := tries(24, 5*time.Minute); n != 2 { // at once, and an hour later
		t.Errorf("got %d tries in two hours, want 2", n)
	}
	o, err := f.GetCertificateOperation(f.ctx, f.admin, "kv-contoso", "client")
	f.must(err)
	if o.Status != statusFailed || o.ErrorCode != "BadParameter" || !strings.Contains(o.ErrorMessage, "premium") {
		t.Errorf("operation: got %+v", o)
	}
	n := (*heard)[0]
	if n.Event != RenewalFailed || n.Name != "client" || n.Err == nil {
		t.Errorf("notice: got %+v", n)
	}
	failed := 0
	for _, r := range f.log.take() {
		if r.Extra["operation"] == "CreateCertificate" && r.Result == "BadParameter" {
			failed++
		}
		if r.Result == "Succeeded" && r.Extra["operation"] == "CreateCertificate" {
			t.Error("a failed renewal is audited as done")
		}
	}
	if failed != 2 {
		t.Errorf("got %d audit records of failures, want 2", failed)
	}
	if c, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "client", ""); err != nil || c.Value == "" {
		t.Errorf("the working version must stay: %v", err)
	}
	f.cfg.SKU = "premium"
	f.pass(day)
	f.must(f.Maintain(f.ctx))
	if n := f.certificateVersions("client"); n != 2 {
		t.Errorf("got %d versions, want 2", n)
	}
}

func TestKeyRotationByPolicy(t *testing.T) {
	f := newFixture(t)
	first := f.key("k", CreateKey{Type: TypeEC})
	_, err := f.UpdateRotationPolicy(f.ctx, f.admin, "kv-contoso", "k", RotationPolicy{ExpiryTime: "P90D", Actions: []RotationAction{{Type: "Rotate", TimeAfterCreate: "P30D"}}})
	f.must(err)
	f.pass(29 * day)
	f.must(f.Maintain(f.ctx))
	same, err := f.GetKey(f.ctx, f.admin, "kv-contoso", "k", "")
	f.must(err)
	f.pass(2 * day)
	f.must(f.Maintain(f.ctx))
	next, err := f.GetKey(f.ctx, f.admin, "kv-contoso", "k", "")
	f.must(err)
	if same.Version != first.Version || next.Version == first.Version {
		t.Errorf("versions %s, %s, %s", first.Version, same.Version, next.Version)
	}
}

// TestNotices: near its end and at its end, each once.
func TestNotices(t *testing.T) {
	f := newFixture(t)
	files := newFiles(t, f)
	_, err := f.load("client", ImportCertificate{Value: pfx(t, files.client, "")}) // issuer Unknown: EmailContacts at 80 percent
	f.must(err)
	_, err = f.SetContacts(f.ctx, f.admin, "kv-contoso", []Contact{{Email: "ops@contoso.com"}})
	f.must(err)
	_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "s", SetSecret{Value: "v", Attributes: &AttributesPatch{Expires: ptr(f.now().Add(40 * day).Unix())}})
	f.must(err)
	heard := f.notices()
	for range 400 {
		f.must(f.Maintain(f.ctx))
		f.pass(day)
	}
	var got []string
	for _, n := range *heard {
		got = append(got, fmt.Sprintf("%s %s %d", n.Event, n.Name, len(n.Contacts)))
	}
	want := "NearExpiry s 0, Expired s 0, NearExpiry client 1, Expired client 0"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

// TestSweep: at the end of its retention an object goes, also under purge
// protection; what a crash left half purged goes too.
func TestSweep(t *testing.T) {
	f := newFixture(t)
	f.cfg.SoftDeleteDays, f.cfg.PurgeProtection = 7, true
	f.set("old", "v")
	f.set("kept", "v")
	for _, name := range []string{"old", "kept"} {
		_, err := f.DeleteSecret(f.ctx, f.admin, "kv-contoso", name)
		f.must(err)
		if name == "old" {
			f.pass(2 * day)
		}
	}
	f.pass(5*day + time.Hour)
	f.must(f.Maintain(f.ctx))
	f.nothingLeft("old")
	_, err := f.RecoverSecret(f.ctx, f.admin, "kv-contoso", "kept")
	f.must(err)

	f.cfg.PurgeProtection = false
	for i := range store.MaxOps + 2 {
		f.set("half", fmt.Sprint(i))
	}
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "half")
	f.must(err)
	c := f.ownCall(f.ctx, f.cfg, OpPurgeSecret, "half")
	f.must(c.commit(func(tx *txn) error { // the first step of a purge, and then a crash
		h, err := c.gone(tx, Secrets)
		h.Purging, h.PurgeBegan = true, c.now.Unix()
		if err != nil {
			return err
		}
		return tx.put(c.keys.deletedHead(Secrets, "half"), h)
	}))
	_, err = f.GetDeletedSecret(f.ctx, f.admin, "kv-contoso", "half")
	code(t, err, azerr.KVDeletedSecNotFound)
	_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "half", SetSecret{Value: "x"})
	code(t, err, azerr.KVBeingDeleted)
	f.pass(time.Hour)
	f.must(f.Maintain(f.ctx))
	f.nothingLeft("half")
}

// TestLargeRestore needs several transactions.
func TestLargeRestore(t *testing.T) {
	f := newFixture(t)
	value := strings.Repeat("x", 10<<10)
	for i := range restoreOps + 20 {
		f.set("many", fmt.Sprint(i, value))
	}
	blob, err := f.BackupSecret(f.ctx, f.admin, "kv-contoso", "many")
	f.must(err)
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "many")
	f.must(err)
	f.must(f.PurgeSecret(f.ctx, f.admin, "kv-contoso", "many"))
	_, err = f.RestoreSecret(f.ctx, f.admin, "kv-contoso", blob)
	f.must(err)
	page, err := f.store.Range(f.ctx, store.RangeOptions{Prefix: keyspaceOf("kv-contoso").versions(Secrets, "many"), KeysOnly: true})
	f.must(err)
	if len(page.Records) != restoreOps+20 {
		t.Errorf("got %d versions, want %d", len(page.Records), restoreOps+20)
	}
	s, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "many", "")
	f.must(err)
	if s.Value != fmt.Sprint(restoreOps+19, value) {
		t.Error("the current version is another")
	}
}
