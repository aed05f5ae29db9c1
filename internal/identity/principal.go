package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Errors about principals, wrapped with what was asked.
var (
	ErrUnknownPrincipal = errors.New("identity: no such principal in the tenant")
	ErrForbidden        = errors.New("identity: the caller may not do this to the principal")
	ErrInUse            = errors.New("identity: the principal belongs to a resource; delete the resource instead")
)

// EnvApplication is the application of `gatehouse env` with its secret.
func (s *Service) EnvApplication(ctx context.Context) (Principal, string, error) {
	p, err := s.Principal(ctx, s.tenant.EnvironmentApp)
	if err != nil {
		return Principal{}, "", err
	}
	r, err := s.st.Get(ctx, keyEnvSecret)
	return p, string(r.Value), err
}

// EndpointSecret is what X-IDENTITY-HEADER must say at the managed identity endpoint.
func (s *Service) EndpointSecret(ctx context.Context) (string, error) {
	r, err := s.st.Get(ctx, keyEndpoint)
	return string(r.Value), err
}

// Administrators are the object IDs of those who own the tenant: the built-in user and the env application.
func (s *Service) Administrators() []string { return []string{s.tenant.User, s.tenant.EnvironmentApp} }

// Principal returns the user or service principal with that object ID, or ErrUnknownPrincipal.
func (s *Service) Principal(ctx context.Context, objectID string) (Principal, error) {
	var p principalRecord
	_, err := s.get(ctx, prefixPrinc+key(objectID), &p)
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, fmt.Errorf("%w: object id %q", ErrUnknownPrincipal, objectID)
	}
	return p.Principal, err
}

// PrincipalByAppID returns the application or managed identity with that client ID.
func (s *Service) PrincipalByAppID(ctx context.Context, appID string) (Principal, error) {
	return s.byIndex(ctx, prefixByApp, appID)
}

// ByApplicationObject returns the principal of an application object.
func (s *Service) ByApplicationObject(ctx context.Context, objectID string) (Principal, error) {
	return s.byIndex(ctx, prefixByAppOb, objectID)
}

func (s *Service) byIndex(ctx context.Context, prefix, id string) (Principal, error) {
	r, err := s.st.Get(ctx, prefix+key(id))
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, fmt.Errorf("%w: %q", ErrUnknownPrincipal, id)
	}
	if err != nil {
		return Principal{}, err
	}
	return s.Principal(ctx, string(r.Value))
}

// Filter selects principals; empty fields select all. Text is compared without regard to case.
type Filter struct {
	Type              PrincipalType
	AppID             string
	DisplayName       string
	DisplayNamePrefix string
	UPN               string
	Mail              string
	Unregistered      bool // include applications that have no service principal
}

func (f Filter) selects(p Principal) bool {
	same := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	return (f.Type == "" || f.Type == p.Type) && same(f.AppID, p.AppID) && same(f.DisplayName, p.DisplayName) && same(f.UPN, p.UPN) && same(f.Mail, p.Mail) &&
		len(p.DisplayName) >= len(f.DisplayNamePrefix) && strings.EqualFold(p.DisplayName[:len(f.DisplayNamePrefix)], f.DisplayNamePrefix) &&
		(p.Registered || f.Unregistered)
}

// Find returns the principals that f selects, in the order of their object IDs.
func (s *Service) Find(ctx context.Context, f Filter) ([]Principal, error) {
	page, err := s.st.Range(ctx, store.RangeOptions{Prefix: prefixPrinc})
	if err != nil {
		return nil, err
	}
	var found []Principal
	for _, r := range page.Records {
		p, err := decodePrincipal(r)
		if err != nil {
			return nil, err
		}
		if f.selects(p) {
			found = append(found, p)
		}
	}
	return found, nil
}

// CreateApplication makes an application with its service principal and a first secret.
// The tenant's administrators and users may (Entra's default for users).
func (s *Service) CreateApplication(ctx context.Context, caller Caller, displayName string) (Principal, string, error) {
	p, err := s.newOwned(caller, displayName)
	if err != nil {
		return Principal{}, "", err
	}
	secret := p.addSecret("", p.Created, p.Created.AddDate(1, 0, 0))
	conditions, ops := creation(p)
	_, err = s.st.Txn(ctx, conditions, ops)
	return p.Principal, secret, err
}

// RegisterApplication makes an application object only: no credentials, no service principal yet.
func (s *Service) RegisterApplication(ctx context.Context, caller Caller, displayName string) (Principal, error) {
	p, err := s.newOwned(caller, displayName)
	if err != nil {
		return Principal{}, err
	}
	p.Registered = false
	conditions, ops := creation(p)
	_, err = s.st.Txn(ctx, conditions, ops)
	return p.Principal, err
}

func (s *Service) newOwned(caller Caller, displayName string) (principalRecord, error) {
	if caller.Type != User && !mayManage(caller, s.tenant, Principal{}) {
		return principalRecord{}, fmt.Errorf("%w: %s may not create applications", ErrForbidden, caller.ObjectID)
	}
	p := newApplication(displayName, s.now().UTC())
	p.Owners = []string{caller.ObjectID}
	return p, nil
}

// RegisterServicePrincipal gives an application its service principal; one that has it stays as it is.
func (s *Service) RegisterServicePrincipal(ctx context.Context, caller Caller, appID string) (Principal, error) {
	return s.manage(ctx, caller, appID, func(p *principalRecord) error { p.Registered = true; return nil })
}

// manage changes the application appID, if the caller may.
func (s *Service) manage(ctx context.Context, caller Caller, appID string, change func(*principalRecord) error) (Principal, error) {
	found, err := s.PrincipalByAppID(ctx, appID)
	if err != nil {
		return Principal{}, err
	}
	if !mayManage(caller, s.tenant, found) || found.Kind != KindApplication {
		return Principal{}, fmt.Errorf("%w: %s may not change application %s", ErrForbidden, caller.ObjectID, appID)
	}
	return s.update(ctx, found.ObjectID, change)
}

// Delete removes an application with its service principal. Identities of resources go
// with their resource; the built-in principals stay.
func (s *Service) Delete(ctx context.Context, caller Caller, objectID string) error {
	p, err := s.Principal(ctx, objectID)
	if err != nil {
		return err
	}
	if p.Kind != KindApplication || objectID == s.tenant.EnvironmentApp {
		return fmt.Errorf("%w: %s", ErrInUse, objectID)
	}
	if !mayManage(caller, s.tenant, p) {
		return fmt.Errorf("%w: %s may not delete %s", ErrForbidden, caller.ObjectID, objectID)
	}
	return s.remove(ctx, p)
}

func (s *Service) remove(ctx context.Context, p Principal) error {
	ops := []store.Op{store.Delete(prefixPrinc + key(p.ObjectID))}
	for _, k := range indexes(p) {
		ops = append(ops, store.Delete(k))
	}
	_, err := s.st.Txn(ctx, nil, ops)
	return err
}

// EnsureSystemAssigned returns the identity of a resource, making it when there is none.
func (s *Service) EnsureSystemAssigned(ctx context.Context, resource resourceid.ID, displayName string) (Principal, error) {
	for {
		p, err := s.byIndex(ctx, prefixByRes, resource.Key())
		if !errors.Is(err, ErrUnknownPrincipal) {
			return p, err
		}
		made := newApplication(displayName, s.now().UTC())
		made.Kind, made.ApplicationObjectID, made.ResourceID = KindManagedIdentity, "", resource.String()
		conditions, ops := creation(made)
		if _, err = s.st.Txn(ctx, conditions, ops); !errors.Is(err, store.ErrConflict) {
			return made.Principal, err
		}
	}
}

// SystemAssigned returns the identity of a resource, or ErrUnknownPrincipal.
func (s *Service) SystemAssigned(ctx context.Context, resource resourceid.ID) (Principal, error) {
	return s.byIndex(ctx, prefixByRes, resource.Key())
}

// DeleteSystemAssigned removes the identity of a resource; none is no error.
func (s *Service) DeleteSystemAssigned(ctx context.Context, resource resourceid.ID) error {
	p, err := s.byIndex(ctx, prefixByRes, resource.Key())
	if errors.Is(err, ErrUnknownPrincipal) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.remove(ctx, p)
}

// AddFederatedCredential lets tokens of another issuer sign in as the application. The
// caller must be an administrator of the tenant, the application itself or its owner.
func (s *Service) AddFederatedCredential(ctx context.Context, caller Caller, appID string, f FederatedCredential) error {
	if f.Issuer == "" || f.Subject == "" {
		return errors.New("identity: a federated credential needs an issuer and a subject")
	}
	if f.Audience == "" {
		f.Audience = AudienceTokenExchange
	}
	_, err := s.manage(ctx, caller, appID, func(p *principalRecord) error {
		for i, old := range p.Federated {
			if old.Issuer == f.Issuer && old.Subject == f.Subject {
				p.Federated[i].Audience = f.Audience
				return nil
			}
		}
		f.ID = uuid.NewString()
		p.Federated = append(p.Federated, f)
		return nil
	})
	return err
}
