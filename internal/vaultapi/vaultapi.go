// Package vaultapi is the HTTP face of package vault, as Azure Key Vault's data
// plane shows itself at NAME.vault.azure.net: routes, tokens and challenges, JSON
// in and out, paging. It holds no rule of the vault: it translates.
// Start at New and routes.
package vaultapi

import (
	"context"
	"log/slog"
	"net/http"

	"gatehouse/internal/identity"
	"gatehouse/internal/vault"
)

// TokenVerifier is what identity.Service offers.
type TokenVerifier interface {
	VerifyToken(ctx context.Context, token string, audiences ...string) (identity.Caller, error)
	TenantID() string
}

// Options are what New works with.
type Options struct {
	Service   *vault.Service
	Identity  TokenVerifier
	LoginHost string // "": login.microsoftonline.com
	Suffix    string // "": vault.azure.net
	Region    string // x-ms-keyvault-region when the vault has none
	Logger    *slog.Logger
}

// New makes the handler for all vaults: the first label of the Host names the vault.
func New(o Options) http.Handler { return http.NotFoundHandler() }
