package keyvault

import (
	"context"
	"strings"
	"sync"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/vault"
)

// directoryCache holds the vaults asked for since they changed last. generation counts changes, so that
// what was read before a change is not kept after it.
type directoryCache struct {
	mu         sync.RWMutex
	known      map[string]*vault.Config
	generation int64
}

func (c *directoryCache) get(name string) (*vault.Config, int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known[name], c.generation
}

func (c *directoryCache) keep(name string, v *vault.Config, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation == generation {
		c.known[name] = v
	}
}

func (c *directoryCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	delete(c.known, strings.ToLower(name))
}

func (c *directoryCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.known)
}

// Vault implements vault.Directory.
func (p *Provider) Vault(ctx context.Context, name string) (*vault.Config, error) {
	key := strings.ToLower(name)
	v, generation := p.cache.get(key)
	if v != nil {
		return v, nil
	}
	if checkVaultName(name) != nil {
		return nil, vault.ErrVaultNotFound
	}
	holder, err := p.holder(ctx, name)
	if err != nil {
		return nil, err
	}
	if holder == nil || holder.deleted() {
		return nil, vault.ErrVaultNotFound
	}
	r, err := p.arm.Stored(ctx, holder.id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, vault.ErrVaultNotFound
	}
	v = config(r)
	p.cache.keep(key, v, generation)
	return v, nil
}

// config is a stored vault as its contents' service sees it.
func config(r *arm.Resource) *vault.Config {
	p := r.Properties
	flag := func(name string) bool { b, _ := p[name].(bool); return b }
	days, _ := integer(p["softDeleteRetentionInDays"])
	tenant, _ := p["tenantId"].(string)
	sku, _ := p["sku"].(map[string]any)
	name, _ := sku["name"].(string)
	return &vault.Config{Name: r.Name, ResourceID: r.ID, Location: r.Location, TenantID: tenant, SKU: name, RBAC: flag("enableRbacAuthorization"),
		SoftDeleteDays: days, PurgeProtection: flag("enablePurgeProtection"), Network: network(p), AccessPolicies: accessPolicies(p),
		EnabledForDeployment: flag("enabledForDeployment"), EnabledForDiskEncryption: flag("enabledForDiskEncryption"),
		EnabledForTemplateDeployment: flag("enabledForTemplateDeployment")}
}

// forgetChanged drops what another replica, or this one, has changed.
func (p *Provider) forgetChanged(b store.Batch) {
	for _, e := range b.Events {
		id, err := resourceid.Parse(strings.TrimPrefix(e.Record.Key, arm.Prefix))
		if err == nil && id.IsType(TypeVault) {
			p.cache.forget(id.Name())
		}
	}
}
