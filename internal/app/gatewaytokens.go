package app

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/identity"
	"gatehouse/internal/policy"
	"gatehouse/internal/resourceid"
)

// gatewayTokens gives the policies of an API Management service tokens of its identity.
func (s *server) gatewayTokens(service string) policy.Tokens {
	return &serviceTokens{identity: s.identity, service: service}
}

type serviceTokens struct {
	identity *identity.Service
	service  string // resource id
}

// ManagedIdentity implements policy.Tokens.
func (t *serviceTokens) ManagedIdentity(ctx context.Context, resource, clientID string) (string, error) {
	id, err := resourceid.Parse(t.service)
	if err != nil {
		return "", err
	}
	who, err := t.identity.SystemAssigned(ctx, id)
	if err != nil {
		return "", fmt.Errorf("the service has no system-assigned identity: %w", err)
	}
	if clientID != "" && clientID != who.AppID {
		return "", errors.New("the service has no user-assigned identities")
	}
	token, _, err := t.identity.IssueToken(ctx, who, resource)
	return token, err
}

// errNoAuthorizations: there are no credential providers.
var errNoAuthorizations = errors.New("this server has no authorization providers")

// Authorization implements policy.Tokens.
func (t *serviceTokens) Authorization(context.Context, string, string, string, string) (policy.Authorization, error) {
	return policy.Authorization{}, errNoAuthorizations
}
