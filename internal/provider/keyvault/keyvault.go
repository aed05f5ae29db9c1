// Package keyvault is the provider Microsoft.KeyVault: vaults as resources, their
// soft deletion, access policies, and secrets and keys as Resource Manager shows them. What
// is inside of a vault (certificates, secrets, keys) is package vault's, which finds
// the vaults through this package's Directory. Start at New.
package keyvault

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// The types of this provider.
const (
	TypeVault         = "Microsoft.KeyVault/vaults"
	typeSecret        = TypeVault + "/secrets"
	typeKey           = TypeVault + "/keys"
	typeKeyVersion    = typeKey + "/versions"
	typePolicies      = TypeVault + "/accessPolicies"
	typeDeleted       = "Microsoft.KeyVault/locations/deletedVaults"
	typeDeletedList   = "Microsoft.KeyVault/deletedVaults"
	vaultDeleteOrder  = 10 // after the API Management services that read from them
	defaultRetention  = 90
	smallestRetention = 7
)

var apiVersions = []string{"2024-11-01", "2023-07-01", "2023-02-01", "2022-07-01", "2021-10-01", "2019-09-01", "2018-02-14", "2016-10-01"}

// Contents is what the provider needs of *vault.Service.
type Contents interface {
	SecretProperties(ctx context.Context, vault, name string) (vault.SecretProperties, error)
	ListSecretProperties(ctx context.Context, vault string, o vault.ListOptions) (vault.Page[vault.SecretProperties], error)
	PutSecretFromARM(ctx context.Context, caller identity.Caller, vault, name string, in vault.SetSecret) (vault.SecretProperties, error)
	CheckSecretFromARM(ctx context.Context, vault, name string, in vault.SetSecret) error
	KeyForARM(ctx context.Context, vault, name, version string) (vault.ARMKey, error)
	ListKeysForARM(ctx context.Context, vault string, o vault.ListOptions) (vault.Page[vault.ARMKey], error)
	ListKeyVersionsForARM(ctx context.Context, vault, name string, o vault.ListOptions) (vault.Page[vault.ARMKey], error)
	CheckKeyFromARM(ctx context.Context, vault, name string, in vault.KeyFromARM) error
	PutKeyFromARM(ctx context.Context, caller identity.Caller, vault, name string, in vault.KeyFromARM) (vault.ARMKey, error)
	Purge(ctx context.Context, vault string) error
}

// Options of New.
type Options struct {
	ARM    *arm.Service
	Suffix string // DNS suffix of vaults; vault.azure.net when empty
	Logger *slog.Logger
}

// Provider is Microsoft.KeyVault. It implements vault.Directory.
type Provider struct {
	arm    *arm.Service
	suffix string
	log    *slog.Logger
	cache  directoryCache

	mu       sync.RWMutex
	contents Contents
}

// New makes the provider and registers its types. SetVault must follow before requests are served.
func New(o Options) *Provider {
	p := &Provider{arm: o.ARM, suffix: o.Suffix, log: o.Logger}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.suffix == "" {
		p.suffix = "vault.azure.net"
	}
	p.cache.known = map[string]*vault.Config{}
	p.arm.Register(p.vaultType(), p.policiesType(), p.secretType(), p.keyType(), p.keyVersionType(), p.deletedType(), p.deletedListType(), hsmType("managedHSMs"), hsmType("deletedManagedHSMs"))
	p.arm.RegisterCalls("Microsoft.KeyVault", map[string]*arm.Action{
		"checkNameAvailability":     {Name: "Microsoft.KeyVault/checkNameAvailability/read", Run: p.checkNameAvailability, Quiet: true},
		"checkMhsmNameAvailability": {Name: "Microsoft.KeyVault/checkMhsmNameAvailability/read", Run: checkHSMName, Quiet: true},
	})
	return p
}

// SetVault gives the service of the vaults' contents, which in its turn needs this provider as its Directory.
func (p *Provider) SetVault(v Contents) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contents = v
}

func (p *Provider) inside() Contents {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.contents
}

func (p *Provider) vaultType() *arm.Type {
	return &arm.Type{Name: TypeVault, APIVersions: apiVersions, NeedsLocation: true, Tracked: true, NameRule: checkVaultName,
		Put: p.putVault, Misfit: misfit, View: p.viewVault, Delete: p.deleteVault, DeleteOrder: vaultDeleteOrder,
		Stored:  func(_ context.Context, r *arm.Resource) { p.cache.forget(r.Name) },
		Deleted: func(_ context.Context, id resourceid.ID) { p.cache.forget(id.Name()) }}
}

func (p *Provider) viewVault(_ context.Context, r *arm.Resource) (*arm.Resource, error) {
	v := r.Clone()
	v.Properties["vaultUri"] = "https://" + r.Name + "." + p.suffix + "/"
	return v, nil
}

// sweep is how often vaults are purged whose time has come.
const sweep = 10 * time.Minute

// Run purges deleted vaults when their time has come, and follows what other replicas write, until ctx ends.
func (p *Provider) Run(ctx context.Context) error {
	events, err := p.arm.Store().Watch(ctx, arm.Prefix, 0)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(sweep)
	defer ticker.Stop()
	p.purgeDue(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case batch, ok := <-events:
			if ok {
				p.forgetChanged(batch)
				continue
			}
			if ctx.Err() != nil {
				return nil
			}
			// It fell behind: watch anew, and forget all that was read before.
			if events, err = p.arm.Store().Watch(ctx, arm.Prefix, 0); err != nil {
				return err
			}
			p.cache.clear()
		case <-ticker.C:
			p.purgeDue(ctx)
		}
	}
}

// purgeDue purges what it can; what fails (a full disk, say) is tried again at the next sweep.
func (p *Provider) purgeDue(ctx context.Context) {
	if err := p.purgeExpired(ctx); err != nil && ctx.Err() == nil {
		p.log.Warn("deleted vaults whose time has come could not be purged; it is tried again", "error", err)
	}
}

// checkNameAvailability answers for POST /subscriptions/S/providers/Microsoft.KeyVault/checkNameAvailability.
func (p *Provider) checkNameAvailability(ctx context.Context, r *arm.ActionRequest) (any, error) {
	name, _ := r.Body["name"].(string)
	if typ, _ := r.Body["type"].(string); name == "" || typ == "" {
		return nil, azerr.ARMBadRequest.New("The members 'name' and 'type' ('Microsoft.KeyVault/vaults') are required.")
	}
	if err := checkVaultName(name); err != nil {
		return map[string]any{"nameAvailable": false, "reason": "AccountNameInvalid", "message": azerr.From(err).Message}, nil
	}
	holder, err := p.holder(ctx, name)
	if err != nil {
		return nil, err
	}
	switch {
	case holder == nil:
		return map[string]any{"nameAvailable": true}, nil
	case holder.deleted():
		return map[string]any{"nameAvailable": false, "reason": "AlreadyExists", "message": azerr.VaultSoftDeleted.New().Message}, nil
	}
	return map[string]any{"nameAvailable": false, "reason": "AlreadyExists", "message": azerr.VaultAlreadyExists.New(name).Message}, nil
}

// hsmType is a list that is always empty: clients look through managed HSMs together with vaults. To make one is refused.
func hsmType(name string) *arm.Type {
	return &arm.Type{Name: "Microsoft.KeyVault/" + name, APIVersions: apiVersions, Scopes: arm.GroupScope | arm.SubscriptionScope, NoDelete: true,
		List: func(context.Context, *arm.ListRequest) ([]*arm.Resource, error) { return nil, nil },
		Put: func(context.Context, *arm.PutRequest) (*arm.Resource, error) {
			return nil, azerr.ARMNotSupported.New("Managed HSMs are not supported by this server. Use a vault (Microsoft.KeyVault/vaults); with the sku premium it has HSM key types.")
		}}
}

func checkHSMName(context.Context, *arm.ActionRequest) (any, error) {
	return map[string]any{"nameAvailable": true}, nil
}
