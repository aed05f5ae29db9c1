// Package apim is the resource provider Microsoft.ApiManagement: services with their
// certificates, backends, named values, APIs, operations, policies, products, users,
// subscriptions, loggers and what else a gateway or a template needs (types.go). It checks what is deployed as strictly as it can, so that a
// fault shows at the PUT and not at a request, and it is the only owner of Key
// Vault references: it resolves them as the service's managed identity, at the PUT
// and within moments of each change in the vault (refresh.go). Start at New and Types.
//
// It serves no API: snapshotbuild makes a gateway's snapshot of what it leaves in
// the store. What it leaves in Private is in private.go.
package apim

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// Suffix ends the names of gateways in Azure.
const Suffix = ".azure-api.net"

// Vault is what the provider needs of vault.Service.
type Vault interface {
	GetSecret(ctx context.Context, caller identity.Caller, vault, name, version string) (*vault.Secret, error)
	Watch(ctx context.Context) (<-chan vault.Event, error)
}

// Options of New. ARM, Identity and Vault are required.
type Options struct {
	ARM      *arm.Service
	Identity *identity.Service
	Vault    Vault
	Now      func() time.Time
	Logger   *slog.Logger
	Retry    time.Duration // how often failed references are tried again; 0: a minute

	Suffix string // of gateways' names, with the dot; "": Suffix
	Vaults string // domain of vaults; "": vault.azure.net

	// Links reads what the -link formats of policies and APIs name; nil: they are refused.
	Links func(ctx context.Context, url string) ([]byte, error)
	// Client asks the token endpoints of authorization providers; nil: there are no tokens.
	Client *http.Client
}

// Provider is Microsoft.ApiManagement.
type Provider struct {
	arm    *arm.Service
	id     *identity.Service
	vault  Vault
	now    func() time.Time
	logger *slog.Logger
	retry  time.Duration
	refs   *references
	suffix string
	vaults string // with the dot before it

	links  func(ctx context.Context, url string) ([]byte, error)
	client *http.Client
	tokens tokens

	exportKey [32]byte // signs the links of exports
}

// New makes the provider. Run must be started for references to be refreshed.
func New(o Options) *Provider {
	p := &Provider{arm: o.ARM, id: o.Identity, vault: o.Vault, now: o.Now, logger: o.Logger, retry: o.Retry, refs: newReferences(), links: o.Links, client: o.Client}
	p.suffix, p.vaults = cmp.Or(o.Suffix, Suffix), "."+cmp.Or(o.Vaults, "vault.azure.net")
	_, _ = rand.Read(p.exportKey[:]) // never fails (crypto/rand)
	if p.now == nil {
		p.now = time.Now
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	if p.retry == 0 {
		p.retry = time.Minute
	}
	return p
}

// Calls are the POSTs on the provider itself.
func (p *Provider) Calls() map[string]*arm.Action {
	return map[string]*arm.Action{"checkNameAvailability": {Name: "Microsoft.ApiManagement/checkNameAvailability/read", Run: p.checkName, Quiet: true}}
}

// serviceOf is the ID of the service that a resource below it belongs to.
func serviceOf(id resourceid.ID) resourceid.ID {
	for len(id.Names()) > 1 {
		id = id.Parent()
	}
	return id
}
