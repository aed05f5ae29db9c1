// Package identity is the tenant: its users, applications, service principals
// and managed identities, their credentials, and the tokens that it signs and
// verifies. Start at Open and Service; Caller is what every other domain takes.
//
// It is not a front end (loginapi translates HTTP to it) and decides nothing about
// access to resources (package rbac does). Secrets of applications are kept as
// salted hashes; what must be kept whole (the signing key, the secret that
// `gatehouse env` prints) relies on package seal in front of the store.
package identity

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"gatehouse/internal/store"
)

// PrincipalType is what a role assignment calls principalType.
type PrincipalType string

// The types of principals.
const (
	User             PrincipalType = "User"
	ServicePrincipal PrincipalType = "ServicePrincipal"
	Group            PrincipalType = "Group"
)

// The kinds of service principals, as Microsoft Graph's servicePrincipalType names them.
const (
	KindApplication     = "Application"
	KindManagedIdentity = "ManagedIdentity"
)

// AzureCLI is the application ID under which users sign in, as in Entra.
const AzureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// Audiences of the services that this program runs. Compare with SameAudience.
const (
	AudienceManagement     = "https://management.azure.com"
	AudienceManagementCore = "https://management.core.windows.net"
	AudienceVault          = "https://vault.azure.net"
	AudienceGraph          = "https://graph.microsoft.com"
	AudienceDevOps         = "499b84ac-1321-427f-aa17-267ca6975798"
	AudienceTokenExchange  = "api://AzureADTokenExchange"
)

// Principal is one user or service principal of the tenant. It holds no secret.
type Principal struct {
	ObjectID    string
	AppID       string // client ID; empty for users
	DisplayName string
	UPN         string // users only
	Mail        string
	Type        PrincipalType
	Kind        string // service principals only: KindApplication or KindManagedIdentity
	ResourceID  string // the resource that a system-assigned identity belongs to

	ApplicationObjectID string // of the application object behind the service principal
	Registered          bool   // false for an application that has no service principal yet
	Owners              []string
	Created             time.Time
	Secrets             []SecretInfo
	Certificates        []CertificateInfo
	Federated           []FederatedCredential
}

// SecretInfo describes a client secret without telling it.
type SecretInfo struct {
	KeyID       string
	DisplayName string
	Hint        string // its first three characters, as Entra shows
	Start, End  time.Time
}

// CertificateInfo describes a certificate that an application signs in with. DER is public.
type CertificateInfo struct {
	KeyID      string
	X5T        string // base64url SHA-1 of DER, unpadded
	DER        []byte
	Start, End time.Time
}

// FederatedCredential lets a token of Issuer with Subject and Audience sign in as the application.
type FederatedCredential struct{ ID, Name, Issuer, Subject, Audience string }

// Caller is who makes a request. The zero value is nobody and has no rights.
type Caller struct {
	TenantID       string
	ObjectID       string
	AppID          string // the client application, also for users
	Name           string // display name, or UPN of a user
	Type           PrincipalType
	Issuer         string // https://sts.windows.net/TENANT/
	Address        netip.Addr
	RequestID      string
	TrustedService bool // an identity that this program itself uses; set by no token
}

// Options of Open.
type Options struct {
	Now func() time.Time // nil: time.Now
}

// Service is the tenant. It is safe for concurrent use.
type Service struct {
	st     store.Store
	now    func() time.Time
	tenant tenantRecord
	user   Principal
	noRole Principal
	keys   signingKeys
	seen   tokenCache
}

// Open loads the tenant from st, or makes it on first start: its ID, one
// subscription, the built-in user, the application of `gatehouse env`, and an
// identity without roles for the managed identity endpoint. The signing key of
// a new tenant is generated in the background, so that the start is not delayed;
// what needs it waits.
func Open(ctx context.Context, st store.Store, o Options) (*Service, error) {
	s := &Service{st: st, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.loadTenant(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.user, err = s.Principal(ctx, s.tenant.User); err != nil {
		return nil, err
	}
	if s.noRole, err = s.Principal(ctx, s.tenant.ManagedIdentity); err != nil {
		return nil, err
	}
	s.keys.ready = make(chan struct{})
	go s.loadSigningKey(context.WithoutCancel(ctx), sync.OnceFunc(func() { close(s.keys.ready) }))
	return s, nil
}

// TenantID is the tenant's GUID.
func (s *Service) TenantID() string { return s.tenant.Tenant }

// SubscriptionID is the GUID of the one subscription.
func (s *Service) SubscriptionID() string { return s.tenant.Subscription }

// Issuer is the iss claim of the tokens, https://sts.windows.net/TENANT/.
func (s *Service) Issuer() string { return "https://sts.windows.net/" + s.tenant.Tenant + "/" }

// User is the built-in user, the subscription's owner.
func (s *Service) User() Principal { return s.user }

// ManagedIdentity is what the managed identity endpoint signs in; it starts without roles.
func (s *Service) ManagedIdentity() Principal { return s.noRole }

// Caller is p as a caller of other domains, for requests that this program makes itself.
func (s *Service) Caller(p Principal) Caller {
	c := Caller{TenantID: s.tenant.Tenant, ObjectID: p.ObjectID, AppID: p.AppID, Name: p.DisplayName, Type: p.Type, Issuer: s.Issuer()}
	if p.Type == User {
		c.AppID, c.Name = AzureCLI, p.UPN
	}
	return c
}
