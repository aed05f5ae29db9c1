// Package libraryapi serves the library of pipelines as dev.azure.com does: the
// Azure DevOps REST shapes of secure files, variable groups, service connections,
// pipeline permissions and runs, and the OIDC token endpoint of service connections.
// Start at New. The rules are package library's; here is only HTTP.
//
// https://learn.microsoft.com/rest/api/azure/devops
package libraryapi

import (
	"context"
	"log/slog"
	"net/http"

	"gatehouse/internal/identity"
	"gatehouse/internal/library"
)

// Identity verifies tokens; *identity.Service has it.
type Identity interface {
	TenantID() string
	VerifyToken(ctx context.Context, token string, audiences ...string) (identity.Caller, error)
}

// Options of New.
type Options struct {
	Library  *library.Service
	Identity Identity
	Logger   *slog.Logger // nil: slog.Default
}

// New makes the handler for dev.azure.com.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	a := &api{lib: o.Library, ids: o.Identity, log: o.Logger}
	return a.routes()
}
