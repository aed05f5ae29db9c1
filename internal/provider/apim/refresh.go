package apim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/vault"
)

// fullRefresh is how often all references are read again, as in Azure; changes in the vault come at once.
const fullRefresh = 4 * time.Hour

// references knows which resources refer to which secret.
type references struct {
	mu       sync.Mutex
	bySecret map[string]map[string]resourceid.ID // vault/secret, then ID.Key()
	of       map[string]string                   // ID.Key() to vault/secret
	failing  map[string]resourceid.ID            // to be read again at the next retry

	// A secret may change between the moment when a PUT reads it and the one when the resource is
	// stored and known here. events counts the changes; began is the count when a PUT began to read.
	events uint64
	began  map[string]uint64
	wake   chan struct{} // read the failing ones now
}

func newReferences() *references {
	return &references{bySecret: map[string]map[string]resourceid.ID{}, of: map[string]string{}, failing: map[string]resourceid.ID{},
		began: map[string]uint64{}, wake: make(chan struct{}, 1)}
}

// begin notes that a PUT is about to read its secret; end that it failed to. stored ends it, too.
func (x *references) begin(r *arm.PutRequest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !r.ValidateOnly {
		x.began[r.ID.Key()] = x.events
	}
}

func (x *references) end(r *arm.PutRequest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.began, r.ID.Key())
}

func (x *references) event() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.events++
}

func secretKey(vault, name string) string { return strings.ToLower(vault + "/" + name) }

func (x *references) stored(_ context.Context, r *arm.Resource) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(r.ID)
	ref := storedReference(r)
	if ref == nil {
		return
	}
	k := secretKey(ref.Vault, ref.Secret)
	if x.bySecret[k] == nil {
		x.bySecret[k] = map[string]resourceid.ID{}
	}
	x.bySecret[k][r.ID.Key()] = r.ID
	x.of[r.ID.Key()] = k
	if failedStatus(r) {
		x.failing[r.ID.Key()] = r.ID
	}
	if count, ok := x.began[r.ID.Key()]; ok && count != x.events {
		x.failing[r.ID.Key()] = r.ID
		select {
		case x.wake <- struct{}{}:
		default: // a wake-up is on its way
		}
	}
	delete(x.began, r.ID.Key())
}

func (x *references) succeeded(id resourceid.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.failing, id.Key())
}

func (x *references) deleted(_ context.Context, id resourceid.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(id)
}

func (x *references) forget(id resourceid.ID) {
	key := id.Key()
	if k, ok := x.of[key]; ok {
		delete(x.bySecret[k], key)
		if len(x.bySecret[k]) == 0 {
			delete(x.bySecret, k)
		}
	}
	delete(x.of, key)
	delete(x.failing, key)
}

// to are the resources that refer to the secret; all of them for "".
func (x *references) to(secret string) []resourceid.ID {
	x.mu.Lock()
	defer x.mu.Unlock()
	var ids []resourceid.ID
	for k, m := range x.bySecret {
		if secret == "" || k == secret {
			for _, id := range m {
				ids = append(ids, id)
			}
		}
	}
	slices.SortFunc(ids, func(a, b resourceid.ID) int { return strings.Compare(a.Key(), b.Key()) })
	return ids
}

func (x *references) failed() []resourceid.ID {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := make([]resourceid.ID, 0, len(x.failing))
	for _, id := range x.failing {
		ids = append(ids, id)
	}
	return ids
}

// Run follows the vaults until ctx ends: each change of a secret that is referred to is read
// at once, failed references every Options.Retry, all of them every four hours.
func (p *Provider) Run(ctx context.Context) error {
	if err := p.loadReferences(ctx); err != nil {
		return err
	}
	retry, full := time.NewTicker(p.retry), time.NewTicker(fullRefresh)
	defer retry.Stop()
	defer full.Stop()
	for ctx.Err() == nil {
		events, err := p.vault.Watch(ctx)
		if err != nil {
			p.logger.Error("the vaults can't be followed; trying again", "error", err)
		}
		p.refreshAll(ctx, p.refs.to("")) // what changed while nobody was watching
		p.follow(ctx, events, retry.C, full.C)
	}
	return nil
}

// follow returns when the events end: then all is read again. Without events it returns at the next tick.
func (p *Provider) follow(ctx context.Context, events <-chan vault.Event, retry, full <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			p.refs.event()
			p.warn(e)
			if e.Type == vault.Secrets || e.Type == vault.Certificates {
				p.refreshAll(ctx, p.refs.to(secretKey(e.Vault, e.Name)))
			}
		case <-retry:
			if events == nil {
				return
			}
			p.refreshAll(ctx, p.refs.failed())
		case <-p.refs.wake:
			p.refreshAll(ctx, p.refs.failed())
		case <-full:
			p.refreshAll(ctx, p.refs.to(""))
		}
	}
}

// warn logs what gateways use that nears its end, or has ended. A certificate tells of its
// secret too, which is what is referred to.
func (p *Provider) warn(e vault.Event) {
	if e.Type != vault.Secrets || e.Change != vault.NearExpiry && e.Change != vault.Expired {
		return
	}
	for _, id := range p.refs.to(secretKey(e.Vault, e.Name)) {
		p.logger.Warn("what a gateway uses of a key vault ends", "event", e.Change, "resource", id.String(), "vault", e.Vault, "name", e.Name, "version", e.Version)
	}
}

// loadReferences finds the references of before the start.
func (p *Provider) loadReferences(ctx context.Context) error {
	o := store.RangeOptions{Prefix: arm.Prefix + "/", KeysOnly: true, Limit: 1000}
	for {
		page, err := p.arm.Store().Range(ctx, o)
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			if err := p.loadReferenceAt(ctx, rec.Key); err != nil {
				return err
			}
		}
		if !page.More || len(page.Records) == 0 {
			return nil
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
}

// loadReferenceAt finds the references of what is stored under a key.
func (p *Provider) loadReferenceAt(ctx context.Context, key string) error {
	if !strings.Contains(key, "/providers/microsoft.apimanagement/service/") {
		return nil
	}
	id, err := resourceid.Parse(strings.TrimPrefix(key, arm.Prefix))
	if err != nil || !id.IsType(TypeCertificates) && !id.IsType(TypeNamedValues) && !id.IsType(TypeService) {
		return nil
	}
	return p.loadReference(ctx, id)
}

// loadReference finds those of one resource; once more when it was put meanwhile, whose references are not to be
// replaced by older ones.
func (p *Provider) loadReference(ctx context.Context, id resourceid.ID) error {
	seen := int64(0)
	for {
		r, err := p.arm.Stored(ctx, id)
		if err != nil || r == nil || r.Revision == seen {
			return err
		}
		seen = r.Revision
		if id.IsType(TypeService) {
			p.hostReferences(p.renamed(ctx, r))
		} else {
			p.refs.stored(ctx, r)
		}
	}
}

func (p *Provider) refreshAll(ctx context.Context, ids []resourceid.ID) {
	for _, id := range ids {
		if err := p.refresh(ctx, id); err != nil && ctx.Err() == nil {
			p.logger.Warn("a Key Vault reference was not refreshed; its last value stays in use", "resource", id.String(), "error", err)
		}
	}
}

// errSame ends an Update that would change nothing.
var errSame = errors.New("apim: nothing to change")

// refresh reads the reference again. When that fails, the last value stays and lastStatus says why.
func (p *Provider) refresh(ctx context.Context, id resourceid.ID) error {
	if id.IsType(hostType) {
		return p.refreshHost(ctx, id)
	}
	r, err := p.arm.Stored(ctx, id)
	if err != nil || r == nil {
		return err
	}
	ref := storedReference(r)
	if ref == nil {
		return nil
	}
	apply, failed := p.resolve(ctx, r, ref)
	_, err = p.arm.Update(ctx, id, func(now *arm.Resource) error {
		if current := storedReference(now); current == nil || current.Identifier != ref.Identifier {
			return errSame // it was put meanwhile, and resolved by that
		}
		same := failed == nil && !failedStatus(now) || failed != nil && sameFailure(now, p.status(failed))
		changed, err := apply(now)
		if err != nil {
			return err
		}
		if same && !changed {
			return errSame
		}
		now.Properties["keyVault"] = ref.view(p.status(failed))
		return nil
	})
	if errors.Is(err, errSame) || errors.Is(err, azerr.ResourceNotFound) {
		err = nil
	}
	if failed == nil && err == nil {
		p.refs.succeeded(id)
	}
	return errors.Join(failed, err)
}

func sameFailure(r *arm.Resource, status map[string]any) bool {
	kv, _ := r.Properties["keyVault"].(map[string]any)
	last, _ := kv["lastStatus"].(map[string]any)
	return last["code"] == status["code"] && last["message"] == status["message"]
}

// resolve reads the secret and returns what puts it into the resource, and says whether that changed anything.
func (p *Provider) resolve(ctx context.Context, r *arm.Resource, ref *reference) (apply func(*arm.Resource) (bool, error), failed error) {
	nothing := func(*arm.Resource) (bool, error) { return false, nil }
	if r.ID.IsType(TypeNamedValues) {
		s, err := p.readSecret(ctx, serviceOf(r.ID), ref, "")
		if err != nil {
			return nothing, err
		}
		return func(r *arm.Resource) (bool, error) {
			changed := ValueOf(r) != s.Value
			setNamedValue(r, s.Value)
			return changed, nil
		}, nil
	}
	b, err := p.readCertificate(ctx, r.ID, ref, "")
	if err != nil {
		return nothing, err
	}
	return func(r *arm.Resource) (bool, error) {
		before := r.Private["certificate"]
		err := showCertificate(r, b)
		return r.Private["certificate"] != before, err
	}, nil
}

// refreshAction is POST .../refreshSecret.
func (p *Provider) refreshAction(ctx context.Context, r *arm.ActionRequest) (any, error) {
	if storedReference(r.Resource) == nil {
		return nil, fieldError("keyVault", "'"+r.ID.Name()+"' does not refer to a Key Vault.")
	}
	if err := p.refresh(ctx, r.ID); err != nil {
		return nil, err
	}
	return p.arm.Lookup(ctx, r.ID)
}
