package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/policy"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/resourceid"
)

// gatewayTokens gives the policies of an API Management service tokens of its identity.
func (s *server) gatewayTokens(service string) policy.Tokens {
	return &serviceTokens{identity: s.identity, providers: s.gateways, service: service}
}

type serviceTokens struct {
	identity  *identity.Service
	providers *apim.Provider // has the authorization providers
	service   string         // resource id
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

// Authorization implements policy.Tokens.
func (t *serviceTokens) Authorization(ctx context.Context, provider, authorization, identityType, who string) (policy.Authorization, error) {
	id, err := resourceid.Parse(t.service)
	if err != nil {
		return policy.Authorization{}, err
	}
	if identityType != "jwt" {
		who = ""
	}
	token, err := t.providers.Token(ctx, id, provider, authorization, who)
	if err != nil {
		return policy.Authorization{}, err
	}
	return policy.Authorization{AccessToken: token.AccessToken, Claims: token.Claims}, nil
}

// tokenClient asks the token endpoints of authorization providers, which may be this server's own; it
// follows no redirect with a secret.
func (s *server) tokenClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{DialContext: s.dialBackend, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second, MaxIdleConns: 16, IdleConnTimeout: time.Minute,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.trusted(s.set.roots, s.set.systemRoots)}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
