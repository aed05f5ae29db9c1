package vault

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// ErrVaultNotFound is what a Directory answers for a name that no vault has.
var ErrVaultNotFound = errors.New("vault: there is no key vault of this name")

// Config is what the vault resource says. It is never changed after it is made.
type Config struct {
	Name            string
	ResourceID      resourceid.ID
	Location        string
	TenantID        string
	SKU             string // standard or premium
	RBAC            bool   // enableRbacAuthorization; false: AccessPolicies decide
	SoftDeleteDays  int    // 7 to 90; 0 means 90
	PurgeProtection bool
	Network         Network
	AccessPolicies  []AccessPolicy

	EnabledForDeployment         bool
	EnabledForDiskEncryption     bool
	EnabledForTemplateDeployment bool
}

// Network is the vault's firewall (networkAcls).
type Network struct {
	DefaultAction string // Allow or Deny; "" is Allow
	Bypass        string // AzureServices or None; "" is AzureServices
	IPRules       []netip.Prefix
}

// AccessPolicy gives one principal permissions, named as in Resource Manager
// (get, list, ..., all), where RBAC is off.
type AccessPolicy struct {
	TenantID      string
	ObjectID      string
	ApplicationID string
	Certificates  []string
	Keys          []string
	Secrets       []string
}

// Directory finds vaults by name, without regard to case. It is asked for every call.
type Directory interface {
	Vault(ctx context.Context, name string) (*Config, error)
}

// Options are what a Service works with; those before Now are required.
type Options struct {
	Store      store.Store
	Directory  Directory
	Authorizer rbac.Authorizer
	Audit      audit.Writer
	Now        func() time.Time          // nil: time.Now
	Suffix     string                    // DNS suffix of identifiers; "": vault.azure.net
	Limits     Limits                    // of requests to each vault; zero: none
	Hash       func(value []byte) string // how audit records name secret values; nil: not at all
	Notify     func(Notice)              // told of what nears its end, has ended, or could not be renewed; may be nil
}

// Service is the vault of an instance, for all its key vaults. It is safe for concurrent use.
type Service struct {
	store store.Store
	dir   Directory
	auth  rbac.Authorizer
	audit audit.Writer
	hash  func([]byte) string
	keys  *keyCache

	// Anyone may cause these records as often as they like.
	strangers *audit.Tally // requests without a good token
	throttled *audit.Tally // requests over the limits

	throttle *throttle
	writing  stripes
	now      func() time.Time
	suffix   string
	notify   func(Notice)

	backupMu  sync.Mutex
	backupKey []byte
}

// tallyEvery is how often one source of refused requests gets a record.
const tallyEvery = time.Minute

// New makes a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	if o.Hash == nil {
		o.Hash = func([]byte) string { return "" }
	}
	if o.Suffix == "" {
		o.Suffix = "vault.azure.net"
	}
	return &Service{store: o.Store, dir: o.Directory, auth: o.Authorizer, audit: o.Audit, hash: o.Hash,
		strangers: &audit.Tally{To: o.Audit, Every: tallyEvery}, throttled: &audit.Tally{To: o.Audit, Every: tallyEvery}, keys: newKeyCache(1024),
		now: o.Now, suffix: o.Suffix, notify: o.Notify, throttle: newThrottle(o.Limits)}
}

// Kind is a kind of object, as it stands in identifiers.
type Kind string

// The kinds of objects.
const (
	Certificates Kind = "certificates"
	Keys         Kind = "keys"
	Secrets      Kind = "secrets"
)

// singular is how errors and events name one object of the kind.
func (k Kind) singular() string {
	switch k {
	case Certificates:
		return "certificate"
	case Keys:
		return "key"
	}
	return "secret"
}

// title is singular with a capital, as Azure's messages begin.
func (k Kind) title() string {
	switch k {
	case Certificates:
		return "Certificate"
	case Keys:
		return "Key"
	}
	return "Secret"
}
