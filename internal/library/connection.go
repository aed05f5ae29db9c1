package library

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/identity"
	"gatehouse/internal/store"
)

// assertionLife is how long a job may sign in by one assertion: a long step runs many commands.
const assertionLife = time.Hour

// Connection is a service connection: the right to act as an application, which trusts
// this library's tokens (workload identity federation). It holds no secret.
type Connection struct {
	ID               string    `json:"id"`
	Name             string    `json:"name"`
	Description      string    `json:"description,omitempty"`
	ClientID         string    `json:"clientId"`
	TenantID         string    `json:"tenantId"`
	SubscriptionID   string    `json:"subscriptionId"`
	SubscriptionName string    `json:"subscriptionName,omitempty"`
	Issuer           string    `json:"issuer"`
	Subject          string    `json:"subject"`
	CreatedBy        string    `json:"createdBy"`
	Created          time.Time `json:"created"`
}

// PutConnection creates a service connection to an application, or changes the one of
// that name when replace is set. The federated credential is added to the application
// by the right of the caller.
func (s *Service) PutConnection(ctx context.Context, c identity.Caller, n Connection, replace bool) (*Connection, error) {
	if err := checkName(Connections, n.Name); err != nil {
		return nil, err
	}
	if err := s.allow(ctx, c, "serviceConnections/write", n.Name); err != nil {
		return nil, err
	}
	if err := s.checkTarget(ctx, &n); err != nil {
		return nil, err
	}
	var old Connection
	revision, err := s.get(ctx, key(Connections, n.Name), &old)
	if err != nil {
		return nil, err
	}
	if revision != 0 && !replace {
		return nil, fail(Conflict, Connections, "A service connection named '%s' already exists.", old.Name)
	}
	n.ID, n.Created, n.CreatedBy = uuid.NewString(), s.now().UTC(), c.ObjectID
	if revision != 0 {
		n.ID, n.Name, n.Created, n.CreatedBy = old.ID, old.Name, old.Created, old.CreatedBy
		if n.Description == "" {
			n.Description = old.Description
		}
	}
	// https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
	n.Issuer = "https://vstoken.dev.azure.com/" + Organization
	n.Subject = "sc://" + Organization + "/" + Project + "/" + n.Name
	credential := identity.FederatedCredential{Issuer: n.Issuer, Subject: n.Subject, Audience: identity.AudienceTokenExchange}
	if err := s.ids.AddFederatedCredential(ctx, c, n.ClientID, credential); err != nil {
		return nil, fail(Forbidden, Connections, "The service connection '%s' cannot be federated to the application %s by the right of the caller: %v", n.Name, n.ClientID, err)
	}
	return &n, s.put(ctx, key(Connections, n.Name), revision, n)
}

func (s *Service) checkTarget(ctx context.Context, n *Connection) error {
	if n.TenantID == "" {
		n.TenantID = s.ids.TenantID()
	}
	if n.SubscriptionID == "" {
		n.SubscriptionID = s.ids.SubscriptionID()
	}
	if !same(n.TenantID, s.ids.TenantID()) || !same(n.SubscriptionID, s.ids.SubscriptionID()) {
		return fail(Invalid, Connections, "A service connection leads to this server's tenant %s and subscription %s only.", s.ids.TenantID(), s.ids.SubscriptionID())
	}
	p, err := s.ids.PrincipalByAppID(ctx, n.ClientID)
	if errors.Is(err, identity.ErrUnknownPrincipal) {
		return fail(Invalid, Connections, "There is no application with the client id '%s'. Make one by `az ad sp create-for-rbac`; its appId is the client id.", n.ClientID)
	}
	n.ClientID = p.AppID
	return err
}

func (s *Service) findConnection(ctx context.Context, nameOrID string) (*Connection, error) {
	all, err := list[Connection](ctx, s, prefix(Connections))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if same(all[i].Name, nameOrID) || same(all[i].ID, nameOrID) {
			return &all[i], nil
		}
	}
	return nil, fail(NotFound, Connections, "There is no service connection '%s'. Give one to the run by --service-connection NAME=CLIENT_ID, or create it first.", nameOrID)
}

// ListConnections lists all service connections.
func (s *Service) ListConnections(ctx context.Context, c identity.Caller) ([]Connection, error) {
	if err := s.allow(ctx, c, "serviceConnections/read", ""); err != nil {
		return nil, err
	}
	return list[Connection](ctx, s, prefix(Connections))
}

// Connection finds a service connection by name or id.
func (s *Service) Connection(ctx context.Context, c identity.Caller, nameOrID string) (*Connection, error) {
	if err := s.allow(ctx, c, "serviceConnections/read", nameOrID); err != nil {
		return nil, err
	}
	return s.findConnection(ctx, nameOrID)
}

// ConnectionForRun finds a service connection that a run may use.
func (s *Service) ConnectionForRun(ctx context.Context, c identity.Caller, run int64, nameOrID string) (*Connection, error) {
	n, err := s.findConnection(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	if err := s.permitted(ctx, c, run, Connections, n.ID, n.Name); err != nil {
		return nil, err
	}
	return n, nil
}

// DeleteConnection removes a service connection with its permissions. The application
// keeps its federated credential: it is the application's owner who removes that.
func (s *Service) DeleteConnection(ctx context.Context, c identity.Caller, nameOrID string) error {
	if err := s.allow(ctx, c, "serviceConnections/delete", nameOrID); err != nil {
		return err
	}
	n, err := s.findConnection(ctx, nameOrID)
	if err != nil {
		return err
	}
	_, err = s.st.Txn(ctx, nil, []store.Op{store.Delete(key(Connections, n.Name)), store.Delete(permissionKey(Connections, n.ID))})
	return err
}

// Assertion signs the token by which a run signs in as the connection's application.
func (s *Service) Assertion(ctx context.Context, c identity.Caller, plan, nameOrID string) (string, error) {
	r, err := s.runByPlan(ctx, plan)
	if err != nil {
		return "", err
	}
	n, err := s.ConnectionForRun(ctx, c, r.ID, nameOrID)
	if err != nil {
		return "", err
	}
	return s.ids.SignAssertion(ctx, n.Issuer, n.Subject, identity.AudienceTokenExchange, assertionLife)
}
