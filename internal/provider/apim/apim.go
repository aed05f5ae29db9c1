// Package apim is the resource provider Microsoft.ApiManagement: services with
// their certificates, backends, named values, APIs, operations, policies, products
// and subscriptions. It checks what is deployed as strictly as it can, so that a
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
	"log/slog"
	"net/http"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// The resource types.
const (
	TypeService           = "Microsoft.ApiManagement/service"
	TypeCertificates      = TypeService + "/certificates"
	TypeBackends          = TypeService + "/backends"
	TypeNamedValues       = TypeService + "/namedValues"
	TypePolicies          = TypeService + "/policies"
	TypeAPIs              = TypeService + "/apis"
	TypeAPIPolicies       = TypeAPIs + "/policies"
	TypeOperations        = TypeAPIs + "/operations"
	TypeOperationPolicies = TypeOperations + "/policies"
	TypeSubscriptions     = TypeService + "/subscriptions"
	TypeProducts          = TypeService + "/products"
	TypeProductAPIs       = TypeProducts + "/apis"
	TypeProductGroups     = TypeProducts + "/groups"
	TypeProductPolicies   = TypeProducts + "/policies"
	TypeFragments         = TypeService + "/policyFragments"
	TypeGroups            = TypeService + "/groups"
	TypeVersionSets       = TypeService + "/apiVersionSets"
	TypeReleases          = TypeAPIs + "/releases"
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
}

// New makes the provider. Run must be started for references to be refreshed.
func New(o Options) *Provider {
	p := &Provider{arm: o.ARM, id: o.Identity, vault: o.Vault, now: o.Now, logger: o.Logger, retry: o.Retry, refs: newReferences()}
	p.suffix, p.vaults = cmp.Or(o.Suffix, Suffix), "."+cmp.Or(o.Vaults, "vault.azure.net")
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

// Types are what the app registers with arm.
func (p *Provider) Types() []*arm.Type {
	versions := []string{"2024-05-01", "2023-05-01-preview", "2022-08-01", "2021-08-01", "2020-12-01", "2020-06-01-preview"}
	policy := func(name string) *arm.Type {
		return &arm.Type{Name: name, Singleton: "policy", Put: p.putPolicy}
	}
	types := []*arm.Type{
		{Name: TypeService, NeedsLocation: true, Tracked: true, BodyETag: true, NameRule: serviceName, DeleteOrder: -1,
			Put: p.putService, Stored: p.serviceStored, Delete: p.deleteService, Deleted: p.serviceDeleted},
		{Name: TypeCertificates, NameRule: entityName(80), Put: p.putCertificate, Delete: p.deleteCertificate, Stored: p.refs.stored, Deleted: p.refs.deleted,
			Actions: map[string]*arm.Action{"refreshSecret": {Run: p.refreshAction}}},
		{Name: TypeBackends, NameRule: entityName(80), Put: p.putBackend},
		{Name: TypeNamedValues, NameRule: entityName(256), Put: p.putNamedValue, View: hideNamedValue, Delete: p.deleteNamedValue, Stored: p.refs.stored, Deleted: p.refs.deleted,
			Actions: map[string]*arm.Action{"listValue": {Run: p.listValue}, "refreshSecret": {Run: p.refreshAction}}},
		policy(TypePolicies),
		{Name: TypeFragments, NameRule: entityName(80), Put: p.putFragment, Delete: p.deleteFragment},
		{Name: TypeAPIs, NameRule: apiName, Put: p.putAPI, Stored: p.apiStored, MayDelete: p.mayDeleteAPI, Delete: p.deleteAPI, DeleteStatus: http.StatusAccepted}, // the SDKs take 202 and 204 only
		policy(TypeAPIPolicies),
		{Name: TypeOperations, NameRule: entityName(80), Put: p.putOperation, Delete: p.deleteOperation},
		policy(TypeOperationPolicies),
		{Name: TypeSubscriptions, NameRule: entityName(256), Put: p.putSubscription, Delete: p.deleteSubscription, Actions: map[string]*arm.Action{
			"listSecrets":            {Run: p.listSecrets},
			"regeneratePrimaryKey":   {Run: p.regenerate("primaryKey")},
			"regenerateSecondaryKey": {Run: p.regenerate("secondaryKey")}}},
		{Name: TypeProducts, NameRule: entityName(256), Put: p.putProduct},
		{Name: TypeProductAPIs, Put: p.putProductAPI},
		{Name: TypeProductGroups, Put: p.putProductGroup},
		policy(TypeProductPolicies),
		{Name: TypeGroups, NameRule: entityName(256), Put: p.putGroup, Delete: p.deleteGroup},
		{Name: TypeVersionSets, NameRule: entityName(80), Put: p.putVersionSet, Delete: p.deleteVersionSet},
		{Name: TypeReleases, NameRule: entityName(80), Put: p.putRelease, Stored: p.releaseStored},
	}
	for _, t := range types {
		t.APIVersions = versions
		t.CountInList = t.Name != TypeService
		if t.CountInList {
			t.HeadStatus = 200
		}
	}
	return types
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
