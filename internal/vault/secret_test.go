package vault

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

func TestSecretLifecycle(t *testing.T) {
	f := newFixture(t)
	first := f.set("Db-Password", "one")
	f.pass(time.Second)
	second := f.set("db-password", "two")
	if second.Name != "Db-Password" || second.Version == first.Version {
		t.Errorf("got %s/%s, want a new version under the name first written", second.Name, second.Version)
	}
	current, err := f.GetSecret(f.ctx, f.admin, "KV-CONTOSO", "DB-PASSWORD", "")
	f.must(err)
	old, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "db-password", first.Version)
	f.must(err)
	if current.Value != "two" || old.Value != "one" {
		t.Errorf("got %q and %q, want two and one", current.Value, old.Value)
	}
	if got := current.Recovery; got != (Recovery{"Recoverable+Purgeable", 90}) {
		t.Errorf("recovery: got %+v", got)
	}
	updated, err := f.UpdateSecret(f.ctx, f.admin, "kv-contoso", "db-password", "", UpdateSecret{ContentType: ptr("text/plain"),
		Attributes: &AttributesPatch{Enabled: ptr(false)}, Tags: Tags{"team": "api"}})
	f.must(err)
	if updated.Value != "" || updated.ContentType != "text/plain" || updated.Version != second.Version {
		t.Errorf("update: got %+v", updated)
	}
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "db-password", "")
	code(t, err, azerr.KVSecretDisabled, "get")

	deleted, err := f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "db-password")
	f.must(err)
	if deleted.Deletion == nil || deleted.Deletion.Purge-deleted.Deletion.Date != 90*24*3600 {
		t.Errorf("deletion: got %+v, want 90 days", deleted.Deletion)
	}
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "db-password", first.Version)
	code(t, err, azerr.KVSecretNotFound)
	_, err = f.SetSecret(f.ctx, f.admin, "kv-contoso", "db-password", SetSecret{Value: "x"})
	code(t, err, azerr.KVDeletedButRecoverable, "Secret db-password is currently in a deleted but recoverable state")
	recovered, err := f.RecoverSecret(f.ctx, f.admin, "kv-contoso", "db-password")
	f.must(err)
	if recovered.Version != second.Version || recovered.Deletion != nil {
		t.Errorf("recover: got %+v", recovered)
	}
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "db-password")
	f.must(err)
	f.must(f.PurgeSecret(f.ctx, f.admin, "kv-contoso", "db-password"))
	_, err = f.RecoverSecret(f.ctx, f.admin, "kv-contoso", "db-password")
	code(t, err, azerr.KVDeletedSecNotFound)
	f.nothingLeft("db-password")
	f.set("db-password", "three")
}

// nothingLeft checks that purging took every record of a name.
func (f *fixture) nothingLeft(name string) {
	f.t.Helper()
	page, err := f.store.Range(f.ctx, store.RangeOptions{Prefix: "vault/", KeysOnly: true})
	f.must(err)
	for _, r := range page.Records {
		if strings.Contains(r.Key, "/"+name) {
			f.t.Errorf("the record %s is left", r.Key)
		}
	}
}

func TestSecretInput(t *testing.T) {
	f := newFixture(t)
	many := Tags{}
	for i := range 16 {
		many[fmt.Sprint(i)] = "x"
	}
	for name, test := range map[string]struct {
		secret string
		in     SetSecret
		want   string
	}{
		"name":         {"no_underscores", SetSecret{Value: "x"}, "invalid name: no_underscores"},
		"empty name":   {strings.Repeat("a", 128), SetSecret{Value: "x"}, "1 to 127"},
		"value":        {"s", SetSecret{Value: strings.Repeat("x", 25<<10+1)}, "the limit is 25600"},
		"content type": {"s", SetSecret{ContentType: strings.Repeat("x", 256)}, "contentType"},
		"tags":         {"s", SetSecret{Tags: many}, "15 tags"},
		"times":        {"s", SetSecret{Attributes: &AttributesPatch{NotBefore: ptr(int64(9)), Expires: ptr(int64(8))}}, "must be before"},
	} {
		_, err := f.SetSecret(f.ctx, f.admin, "kv-contoso", test.secret, test.in)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	_, err := f.SetSecret(f.ctx, f.admin, "kv-contoso", "edge", SetSecret{Value: strings.Repeat("x", 25<<10)})
	f.must(err)
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "edge", "nonsense")
	code(t, err, azerr.KVBadParameter, "32 hexadecimal digits")
	_, err = f.GetSecret(f.ctx, f.admin, "kv-contoso", "edge", strings.Repeat("0", 32))
	code(t, err, azerr.KVSecretNotFound)
	_, err = f.GetSecret(f.ctx, f.admin, "kv-nobody", "edge", "")
	code(t, err, azerr.KVVaultNotFound, "az keyvault create --name kv-nobody")
}

// TestSecretPages lists plain secrets and those of certificates in one order.
func TestSecretPages(t *testing.T) {
	f := newFixture(t)
	want := map[string]bool{}
	for i := range 27 {
		name := fmt.Sprintf("s%02d", i)
		f.set(name, "x")
		want[name] = false
	}
	for i := range 4 {
		name := fmt.Sprintf("s%02dcert", i*7)
		f.selfSigned(name)
		want[name] = true
	}
	// A certificate that is being made has no secret yet.
	_, err := f.CreateCertificate(f.ctx, f.admin, "kv-contoso", "s99", CreateCertificate{Policy: &Policy{Key: ecPolicy().Key, X509: ecPolicy().X509}})
	f.must(err)
	got, last, pages := map[string]bool{}, "", 0
	for o := (ListOptions{Max: 7}); ; pages++ {
		page, err := f.ListSecrets(f.ctx, f.admin, "kv-contoso", o)
		f.must(err)
		for _, s := range page.Items {
			if s.Name <= last {
				t.Errorf("%s after %s: not in order", s.Name, last)
			}
			last = s.Name
			got[s.Name] = s.Managed
		}
		if page.Next == "" {
			break
		}
		o.Token = page.Next
	}
	if len(got) != len(want) || pages < 4 {
		t.Errorf("got %d secrets in %d pages, want %d", len(got), pages, len(want))
	}
	for name, managed := range want {
		if m, ok := got[name]; !ok || m != managed {
			t.Errorf("%s: listed %v, managed %v, want %v", name, ok, m, managed)
		}
	}
	for _, o := range []ListOptions{{Max: 26}, {Max: -1}, {Token: "!"}} {
		_, err := f.ListSecrets(f.ctx, f.admin, "kv-contoso", o)
		code(t, err, azerr.KVBadParameter)
	}
}

// TestSecretRace writes one name from many sides: no version is lost, none torn.
func TestSecretRace(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := f.SetSecret(f.ctx, f.admin, "kv-contoso", "hot", SetSecret{Value: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	page, err := f.ListSecretVersions(f.ctx, f.admin, "kv-contoso", "hot", ListOptions{})
	f.must(err)
	if len(page.Items) != 24 {
		t.Errorf("got %d versions, want 24", len(page.Items))
	}
}

func TestPurgeManyVersions(t *testing.T) {
	f := newFixture(t)
	for i := range store.MaxOps + 10 {
		f.set("many", fmt.Sprint(i))
	}
	_, err := f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "many")
	f.must(err)
	f.must(f.PurgeSecret(f.ctx, f.admin, "kv-contoso", "many"))
	f.nothingLeft("many")
}

func TestStoreFull(t *testing.T) {
	f := newFixture(t)
	f.set("kept", "one")
	f.store.fail = fmt.Errorf("write: %w", store.ErrNoSpace)
	_, err := f.SetSecret(f.ctx, f.admin, "kv-contoso", "kept", SetSecret{Value: "two"})
	code(t, err, azerr.KVNoSpace, "nothing was changed")
	s, err := f.GetSecret(f.ctx, f.admin, "kv-contoso", "kept", "")
	f.must(err)
	if s.Value != "one" {
		t.Errorf("got %q, want the old value", s.Value)
	}
}

func TestARM(t *testing.T) {
	f := newFixture(t)
	nobody := f.caller("deployer", "", "")
	p, err := f.PutSecretFromARM(f.ctx, nobody, "kv-contoso", "from-arm", SetSecret{Value: "v"})
	f.must(err)
	if p.URI != "https://kv-contoso.vault.azure.net/secrets/from-arm" || !strings.HasPrefix(p.URIWithVersion, p.URI+"/") {
		t.Errorf("got %+v", p)
	}
	f.selfSigned("client")
	p, err = f.SecretProperties(f.ctx, "kv-contoso", "client")
	f.must(err)
	if !p.Managed || p.ContentType != ContentPFX {
		t.Errorf("a certificate's secret: got %+v", p)
	}
	page, err := f.ListSecretProperties(f.ctx, "kv-contoso", ListOptions{})
	f.must(err)
	if len(page.Items) != 2 {
		t.Errorf("got %d secrets, want 2", len(page.Items))
	}
	f.must(f.Purge(f.ctx, "kv-contoso"))
	_, err = f.SecretProperties(f.ctx, "kv-contoso", "from-arm")
	code(t, err, azerr.KVSecretNotFound)
}

func TestWatch(t *testing.T) {
	f := newFixture(t)
	events, err := f.Watch(f.ctx)
	f.must(err)
	s := f.set("watched", "v")
	if e := <-events; e != (Event{"kv-contoso", Secrets, "watched", s.Version, false, NewVersion}) {
		t.Errorf("got %+v", e)
	}
	c := f.selfSigned("client")
	for _, kind := range []Kind{Certificates, Keys, Secrets} {
		if e := <-events; e != (Event{"kv-contoso", kind, "client", c.Version, false, NewVersion}) {
			t.Errorf("got %+v", e)
		}
	}
	ends := &AttributesPatch{Expires: ptr(f.now().Add(40 * day).Unix())}
	_, err = f.UpdateSecret(f.ctx, f.admin, "kv-contoso", "watched", "", UpdateSecret{Attributes: ends})
	f.must(err)
	var changes []string
	for range 3 {
		f.must(f.Maintain(f.ctx))
		f.pass(20 * day)
	}
	for range 3 {
		changes = append(changes, (<-events).Change)
	}
	if want := []string{"", NearExpiry, Expired}; !slices.Equal(changes, want) {
		t.Errorf("got the changes %q, want %q", changes, want)
	}
	_, err = f.DeleteSecret(f.ctx, f.admin, "kv-contoso", "watched")
	f.must(err)
	if e := <-events; e != (Event{"kv-contoso", Secrets, "watched", "", true, ""}) {
		t.Errorf("got %+v", e)
	}
}
